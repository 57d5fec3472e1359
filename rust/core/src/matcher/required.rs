//! Literals that a value must contain for a regex to match it.
//!
//! The automaton looks for them in the folded value; the regex itself runs only where one occurs. The set may be larger
//! than needed (it only over-approximates), never smaller: every match of the regex contains, once folded, at least one
//! of the returned texts.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::fold;

/// At most so many alternatives are kept: more cost more in the automaton than the regex does on its own.
const MOST_ALTERNATIVES: usize = 64;

/// Folded literals of which each match contains at least one; `None` where no such set of useful texts exists.
pub(crate) fn required(hir: &Hir) -> Option<Vec<String>> {
    let set = analyse(hir).best?;
    set.iter().all(|text| !text.is_empty()).then_some(set)
}

/// What is known of an expression: its exact folded text where it is one literal, and the best set of required texts.
struct Known {
    exact: Option<String>,
    best: Option<Vec<String>>,
}

impl Known {
    fn nothing() -> Self {
        Self { exact: None, best: None }
    }

    fn literal(text: String) -> Self {
        let best = (!text.is_empty()).then(|| vec![text.clone()]);
        Self { exact: Some(text), best }
    }
}

fn analyse(hir: &Hir) -> Known {
    match hir.kind() {
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => Known::literal(fold::fold(text)),
            Err(_) => Known::nothing(),
        },
        // A class whose members all fold to one character is that character: `(?i)k` is [Kk\u{212A}].
        HirKind::Class(Class::Unicode(class)) => {
            let mut folded = None;
            let mut members = 0;
            for range in class.iter() {
                members += range.len();
                if members > 8 {
                    return Known::nothing();
                }
                for c in range.start()..=range.end() {
                    if *folded.get_or_insert(fold::fold_char(c)) != fold::fold_char(c) {
                        return Known::nothing();
                    }
                }
            }
            folded.map_or_else(Known::nothing, |c| Known::literal(c.to_string()))
        }
        // Assertions take no text, but what stands around them still touches.
        HirKind::Empty | HirKind::Look(_) => Known { exact: Some(String::new()), best: None },
        HirKind::Capture(capture) => analyse(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min >= 1 => {
            let once = analyse(&repetition.sub);
            if repetition.max == Some(repetition.min)
                && let Some(text) = &once.exact
                && text.len() * repetition.min as usize <= 256
            {
                return Known::literal(text.repeat(repetition.min as usize));
            }
            Known { exact: None, best: once.best }
        }
        HirKind::Repetition(_) | HirKind::Class(Class::Bytes(_)) => Known::nothing(),
        HirKind::Concat(parts) => concat(parts),
        HirKind::Alternation(parts) => alternation(parts),
    }
}

fn concat(parts: &[Hir]) -> Known {
    let mut best: Option<Vec<String>> = None;
    let mut run = String::new();
    let mut whole = true;
    for part in parts {
        let known = analyse(part);
        if let Some(text) = known.exact {
            run.push_str(&text);
        } else {
            whole = false;
            consider(&mut best, Known::literal(std::mem::take(&mut run)).best);
            consider(&mut best, known.best);
        }
    }
    if whole {
        return Known::literal(run);
    }
    consider(&mut best, Known::literal(run).best);
    Known { exact: None, best }
}

fn alternation(parts: &[Hir]) -> Known {
    let mut all = Vec::new();
    for part in parts {
        match analyse(part).best {
            Some(set) if all.len() + set.len() <= MOST_ALTERNATIVES => all.extend(set),
            _ => return Known::nothing(),
        }
    }
    all.sort_unstable();
    all.dedup();
    Known { exact: None, best: Some(all) }
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
        assert_eq!(of("ab+c"), texts(&["a"]));
        assert_eq!(of(r"foo\d+BarBaz"), texts(&["barbaz"]));
        assert_eq!(of("(?i)KILL"), texts(&["kill"]));
        assert_eq!(of("(cmd|powershell)\\.exe"), texts(&[".exe"]));
        assert_eq!(of("(?:abcdef|ghijkl)x"), texts(&["abcdef", "ghijkl"]));
        assert_eq!(of("^evil$"), texts(&["evil"]));
        assert_eq!(of("(abc){2}"), texts(&["abcabc"]));
        assert_eq!(of("a?b*"), None);
        assert_eq!(of("[a-z]+"), None);
        assert_eq!(of("(abc|[0-9])"), None);
    }
}
