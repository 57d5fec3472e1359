//! What a value must hold for a regex to match it: one of a few literals, and a run of bytes of one class.
//!
//! The automaton and the sieve look for these; the regex itself runs only where they occur. The sets may be larger than needed
//! (they only over-approximate), never smaller: every match contains, once folded, at least one of the returned texts.
//!
//! Literals are tracked through the expression as sets: what a part is exactly, how it begins and how it ends. So
//! `arp\s+-a` requires `arp` and one of the spaces, and `\.[ "']` one of three pairs.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::fold;

/// At most so many alternatives are kept: more cost more in the automaton than the regex does on its own.
const MOST_ALTERNATIVES: usize = 64;
/// At most so many bytes of a literal are tracked: more do not make it rarer.
const LONGEST: usize = 64;
/// Runs shorter than this are everywhere.
const SHORTEST_RUN: usize = 16;

/// Folded literals of which each match contains at least one; `None` where no such set of useful texts exists.
pub(crate) fn required(hir: &Hir) -> Option<Vec<String>> {
    analyse(hir).required
}

/// A run of consecutive ASCII bytes of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// By byte; in ASCII values no other bytes can stand.
    pub(crate) class: Box<[bool; 256]>,
    /// The fewest bytes.
    pub(crate) length: usize,
}

impl Run {
    /// Whether an ASCII value holds such a run. A run covers one of every `length` bytes, so only these are looked at.
    pub(crate) fn is_in(&self, value: &[u8]) -> bool {
        let mut at = self.length - 1;
        while at < value.len() {
            if self.class[usize::from(value[at])] {
                let before = value[..at].iter().rev().take_while(|b| self.class[usize::from(**b)]).count();
                let after = value[at..].iter().take_while(|b| self.class[usize::from(**b)]).count();
                if before + after >= self.length {
                    return true;
                }
                at += after;
            }
            at += self.length;
        }
        false
    }
}

/// The longest run that every ASCII match contains, if there is one worth looking for.
pub(crate) fn required_run(hir: &Hir) -> Option<Run> {
    match hir.kind() {
        HirKind::Capture(capture) => required_run(&capture.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(required_run).max_by_key(|run| run.length),
        HirKind::Repetition(repetition) if repetition.min >= 1 => {
            let HirKind::Class(class) = repetition.sub.kind() else { return required_run(&repetition.sub) };
            let length = repetition.min as usize;
            let mut members = Box::new([false; 256]);
            match class {
                Class::Unicode(class) => {
                    for range in class.iter() {
                        for c in range.start()..=range.end().min('\u{7f}') {
                            members[c as usize] = true;
                        }
                    }
                }
                Class::Bytes(_) => return None,
            }
            (length >= SHORTEST_RUN).then_some(Run { class: members, length })
        }
        _ => None,
    }
}

/// What is known of an expression. All sets are folded; those of beginnings and ends may hold the empty text, which says
/// nothing.
struct Known {
    /// Everything that it can be, if that is a small set.
    exact: Option<Vec<String>>,
    /// Each match begins with one of these, and ends with one of those.
    begins: Vec<String>,
    ends: Vec<String>,
    /// Each match contains one of these.
    required: Option<Vec<String>>,
}

fn anything() -> Vec<String> {
    vec![String::new()]
}

impl Known {
    fn nothing() -> Self {
        Self { exact: None, begins: anything(), ends: anything(), required: None }
    }

    fn exactly(mut texts: Vec<String>) -> Self {
        texts.sort_unstable();
        texts.dedup();
        if texts.len() > MOST_ALTERNATIVES || texts.iter().any(|text| text.len() > LONGEST * 4) {
            return Self { required: useful(texts), ..Self::nothing() };
        }
        Self { begins: texts.clone(), ends: texts.clone(), required: useful(texts.clone()), exact: Some(texts) }
    }
}

/// The set, if each of its texts says something and they are not too many.
fn useful(texts: Vec<String>) -> Option<Vec<String>> {
    (texts.len() <= MOST_ALTERNATIVES && texts.iter().all(|text| !text.is_empty())).then_some(texts)
}

fn analyse(hir: &Hir) -> Known {
    match hir.kind() {
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => Known::exactly(vec![fold::fold(text)]),
            Err(_) => Known::nothing(),
        },
        HirKind::Class(Class::Unicode(class)) => {
            let mut texts = Vec::new();
            for range in class.iter() {
                if range.len() + texts.len() > 2 * MOST_ALTERNATIVES {
                    return Known::nothing();
                }
                texts.extend((range.start()..=range.end()).map(|c| fold::fold_char(c).to_string()));
            }
            // A class without members matches nothing, which is no literal either.
            if texts.is_empty() { Known::nothing() } else { Known::exactly(texts) }
        }
        // Assertions take no text, but what stands around them still touches.
        HirKind::Empty | HirKind::Look(_) => Known::exactly(anything()),
        HirKind::Capture(capture) => analyse(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min >= 1 => {
            let once = analyse(&repetition.sub);
            if repetition.max == Some(repetition.min)
                && let Some([text]) = once.exact.as_deref()
                && text.len() * repetition.min as usize <= 256
            {
                return Known::exactly(vec![text.repeat(repetition.min as usize)]);
            }
            Known { exact: None, ..once }
        }
        HirKind::Repetition(_) | HirKind::Class(Class::Bytes(_)) => Known::nothing(),
        HirKind::Concat(parts) => concat(parts),
        HirKind::Alternation(parts) => alternation(parts),
    }
}

fn concat(parts: &[Hir]) -> Known {
    let mut whole = Known::exactly(anything());
    for part in parts {
        let next = analyse(part);
        let mut required = whole.required;
        consider(&mut required, next.required.clone());
        // What stands across the seam: how the one ends, and how the other begins.
        consider(&mut required, across(&whole.ends, &next.begins).and_then(useful));
        let begins = match &whole.exact {
            Some(exact) => joined(exact, &next.begins).unwrap_or_else(|| whole.begins.clone()),
            None => whole.begins,
        };
        let ends = match &next.exact {
            Some(exact) => joined(&whole.ends, exact).unwrap_or_else(|| next.ends.clone()),
            None => next.ends,
        };
        let exact = match (&whole.exact, &next.exact) {
            (Some(one), Some(other)) => joined(one, other),
            _ => None,
        };
        whole = Known { exact, begins, ends, required };
    }
    whole
}

/// What stands where two parts meet. If these are too many, less of the first part is taken: its ends repeat themselves.
fn across(ends: &[String], begins: &[String]) -> Option<Vec<String>> {
    let shorter = |characters: usize| {
        let cut = |text: &String| {
            let from = text.char_indices().rev().nth(characters.wrapping_sub(1)).map_or(0, |(at, _)| at);
            text[if characters == 0 { text.len() } else { from }..].to_owned()
        };
        let mut short: Vec<String> = ends.iter().map(cut).collect();
        short.sort_unstable();
        short.dedup();
        short
    };
    joined(ends, begins).or_else(|| joined(&shorter(2), begins)).or_else(|| joined(&shorter(1), begins))
}

/// Every text of the one followed by every text of the other; `None` if these are too many or too long.
fn joined(one: &[String], other: &[String]) -> Option<Vec<String>> {
    if one.len() * other.len() > MOST_ALTERNATIVES {
        return None;
    }
    let mut all: Vec<String> = one.iter().flat_map(|a| other.iter().map(move |b| format!("{a}{b}"))).collect();
    all.sort_unstable();
    all.dedup();
    all.iter().all(|text| text.len() <= LONGEST * 4).then_some(all)
}

fn alternation(parts: &[Hir]) -> Known {
    let known: Vec<Known> = parts.iter().map(analyse).collect();
    let union = |of: &dyn Fn(&Known) -> Option<Vec<String>>| {
        let mut all = Vec::new();
        for part in &known {
            all.extend(of(part)?);
        }
        all.sort_unstable();
        all.dedup();
        (all.len() <= MOST_ALTERNATIVES).then_some(all)
    };
    Known {
        exact: union(&|part| part.exact.clone()),
        begins: union(&|part| Some(part.begins.clone())).unwrap_or_else(anything),
        ends: union(&|part| Some(part.ends.clone())).unwrap_or_else(anything),
        required: union(&|part| part.required.clone()),
    }
}

/// Prefers the set whose shortest text is longest, then the smaller set.
fn consider(best: &mut Option<Vec<String>>, other: Option<Vec<String>>) {
    let shortest = |set: &Vec<String>| set.iter().map(String::len).min().unwrap_or(0);
    let Some(other) = other else { return };
    let better = best.as_ref().is_none_or(|held| {
        (shortest(&other), std::cmp::Reverse(other.len())) > (shortest(held), std::cmp::Reverse(held.len()))
    });
    if better {
        *best = Some(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Option<Vec<String>> {
        required(&regex_syntax::parse(pattern).expect(pattern))
    }

    fn texts(list: &[&str]) -> Option<Vec<String>> {
        list.iter().map(|t| Some((*t).to_owned())).collect()
    }

    #[test]
    fn takes_the_longest_certain_text() {
        assert_eq!(of("ab+c"), texts(&["ab"]));
        assert_eq!(of(r"foo\d+BarBaz"), texts(&["barbaz"]));
        assert_eq!(of("(?i)KILL"), texts(&["kill"]));
        assert_eq!(of("(cmd|powershell)\\.exe"), texts(&["cmd.exe", "powershell.exe"]));
        assert_eq!(of("(?:abcdef|ghijkl)x"), texts(&["abcdefx", "ghijklx"]));
        assert_eq!(of("^evil$"), texts(&["evil"]));
        assert_eq!(of("(abc){2}"), texts(&["abcabc"]));
        assert_eq!(of("(abc){2,}"), texts(&["abc"]));
        assert_eq!(of("a?b*"), None);
        assert_eq!(of("[a-z]+[0-9]"), texts(&["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]));
        assert_eq!(of("\\w+"), None);
        assert_eq!(of("(abc|\\w)"), None);
        assert_eq!(of(r#"\.[a-z]{1,6}\.[ "']{1}"#), texts(&[". ", ".\"", ".'"]));
        assert_eq!(of("a(b|c)*d"), texts(&["a"]));
    }

    #[test]
    fn a_class_between_literals_belongs_to_them() {
        let found = of(r"arp\s+-a").unwrap();
        assert!(found.contains(&"arp ".to_owned()) && found.contains(&"arp\t".to_owned()));
        assert!(found.iter().all(|text| text.starts_with("arp") && text.chars().count() == 4));
        assert_eq!(of("(?i)k[sS]"), texts(&["ks"]));
    }

    /// Whatever a regex matches holds one of its literals, and its run.
    #[test]
    fn every_match_holds_what_is_required() {
        let cases = [
            (r"ab+c[xy]?d", vec!["abcd", "abbbcxd", "zabcydz"]),
            (r"(?i)(foo|ba[rz])\s*=\s*\d{2}", vec!["FOO = 12", "baz=99", "xBAR\t=\n07"]),
            (r"(a|bc)+(d|e)f", vec!["adf", "bcaef", "aabcdf"]),
            (r"^\s[a-f0-9]{20}x", vec![" 0123456789abcdef0123x"]),
            (r"x{0,2}(yz)?w", vec!["w", "xxw", "yzw"]),
        ];
        for (pattern, matching) in cases {
            let hir = regex_syntax::parse(pattern).unwrap();
            let regex = regex::Regex::new(pattern).unwrap();
            for text in matching {
                assert!(regex.is_match(text), "{pattern} {text}");
                let folded = fold::fold(text);
                if let Some(set) = required(&hir) {
                    assert!(set.iter().any(|needle| folded.contains(needle)), "{pattern} {text} {set:?}");
                }
                if let Some(run) = required_run(&hir) {
                    assert!(run.is_in(text.as_bytes()), "{pattern} {text}");
                }
            }
        }
    }

    #[test]
    fn runs_are_found_wherever_they_stand() {
        let hir = regex_syntax::parse(r"\s[a-f0-9]{20}\s").unwrap();
        let run = required_run(&hir).unwrap();
        assert_eq!(run.length, 20);
        for before in 0..50 {
            for length in [19, 20, 21, 45] {
                let value = format!("{}{}{}", "x".repeat(before), "a".repeat(length), "y".repeat(7));
                assert_eq!(run.is_in(value.as_bytes()), length >= 20, "{before} {length}");
            }
        }
        assert!(!run.is_in(b""));
        assert_eq!(required_run(&regex_syntax::parse(".{1000,}").unwrap()).unwrap().length, 1_000);
        assert!(required_run(&regex_syntax::parse("[a-f]{3}").unwrap()).is_none());
    }
}
