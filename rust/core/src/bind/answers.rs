//! What answers a field through a view: columns, and further readings of a predicate's value.

use std::collections::BTreeMap;

use arrow::datatypes::Schema;

use crate::column::{ColumnPath, Join, Source};
use crate::fold::fold;
use crate::mapping::{Mapping, RichAnswer};
use crate::matcher::Kind;
use crate::plan::Cmp;
use crate::rule_set::{Compiled, like};

/// The columns that answer a field here, and how its values may also read.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// The first that is not null in a row answers.
    pub(crate) sources: Vec<Source>,
    pub(crate) rich: RichAnswer,
    /// Columns by hash algorithm (folded), where the mapping splits `Hashes`.
    pub(crate) hashes: BTreeMap<String, Source>,
}

/// Finds what answers `field` through `view`.
pub(crate) fn resolve(schema: &Schema, mapping: Option<&Mapping>, view: Option<&str>, field: &str) -> Resolved {
    let path = |name: &String| ColumnPath::find(schema, name, false);
    let listed = mapping.and_then(|mapping| {
        view.and_then(|view| mapping.views.get(view))
            .and_then(|answers| answers.get(field))
            .or_else(|| mapping.fields.get(field))
    });
    let Some(answer) = listed else {
        let own = mapping.is_none_or(|mapping| mapping.own_names);
        let source = ColumnPath::find(schema, field, false).filter(|_| own).map(Source::Path);
        return Resolved {
            sources: source.into_iter().collect(),
            rich: RichAnswer::default(),
            hashes: BTreeMap::new(),
        };
    };
    let rich = answer.rich();
    let mut sources: Vec<Source> = rich.columns.iter().filter_map(path).map(Source::Path).collect();
    sources.extend(join(&rich, path).map(Source::Join));
    let hashes = rich.hashes.iter().filter_map(|(name, column)| Some((fold(name), Source::Path(path(column)?))));
    Resolved { sources, hashes: hashes.collect(), rich }
}

/// The join of an answer: nothing without the columns that it needs, of the others what there is.
fn join(rich: &RichAnswer, path: impl Fn(&String) -> Option<ColumnPath>) -> Option<Join> {
    let (names, parts): (Vec<&String>, Vec<ColumnPath>) =
        rich.join.iter().filter_map(|name| Some((name, path(name)?))).unzip();
    let needed = rich.needed();
    let places: Vec<usize> = (0..names.len()).filter(|&at| needed.contains(names[at])).collect();
    (!needed.is_empty() && places.len() == needed.len()).then(|| Join {
        parts,
        needed: places,
        with: rich.with.clone(),
    })
}

/// Further readings of a predicate on a column with value maps: each is accepted beside the predicate itself.
pub(crate) fn readings(test: &Compiled, rich: &RichAnswer) -> Vec<Compiled> {
    let equals = |value: String, cased: bool| Compiled::Text { kind: Kind::Equals, value, cased };
    let mut out = Vec::new();
    let equal = match test {
        Compiled::Text { kind: Kind::Equals, value, cased } => Some((value, *cased)),
        Compiled::Number { cmp: Cmp::Eq, value } => Some((value, false)),
        _ => None,
    };
    if let Some((value, cased)) = equal {
        for (from, also) in &rich.values {
            if if cased { from == value } else { fold(from) == fold(value) } {
                out.extend(also.iter().cloned().map(|also| equals(also, cased)));
            }
        }
    }
    for (from, others) in &rich.prefixes {
        out.extend(others.iter().filter_map(|other| respelled(test, from, other)));
    }
    if rich.hex {
        let (number, cased) = match test {
            Compiled::Number { cmp: Cmp::Eq, value } => (whole_number(value), false),
            Compiled::Text { kind: Kind::Equals, value, cased } => (whole_number(value), *cased),
            _ => (None, false),
        };
        out.extend(number.map(|n| equals(format!("0x{n:x}"), cased)));
        if let Compiled::Number { cmp, value } = test
            && *cmp != Cmp::Eq
        {
            out.push(Compiled::HexNumber { cmp: *cmp, value: value.clone() });
        }
    }
    if rich.bare {
        out.extend(bare(test));
    }
    out
}

/// The same test with another spelling of the beginning `from` of its literal.
fn respelled(test: &Compiled, from: &str, to: &str) -> Option<Compiled> {
    match test {
        Compiled::Text { kind, value, cased } => {
            let rest = after(value, from, *cased)?;
            Some(Compiled::Text { kind: *kind, value: format!("{to}{rest}"), cased: *cased })
        }
        Compiled::Pattern { escaped, cased, .. } => {
            // What a pattern contains begins behind its leading wildcards, as the text of a `contains` does.
            let literal = escaped.trim_start_matches('*');
            let rest = after(literal, &escape(from), *cased)?;
            let stars = &escaped[..escaped.len() - literal.len()];
            like(&format!("{stars}{}{rest}", escape(to)), *cased).ok()
        }
        _ => None,
    }
}

/// What follows `beginning` in `text`; `None` if the text does not begin so. Folding keeps the number of code points.
fn after<'t>(text: &'t str, beginning: &str, cased: bool) -> Option<&'t str> {
    let end = text.char_indices().nth(beginning.chars().count()).map_or(text.len(), |(end, _)| end);
    let (begins, rest) = text.split_at(end);
    (begins == beginning || (!cased && fold(begins) == fold(beginning))).then_some(rest)
}

/// A text as the literal part of a pattern.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if matches!(c, '*' | '?' | '\\') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// A number as it is written in decimal: without sign and leading zeros.
fn whole_number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// `\nc.exe` at the end of a path is also the whole of a bare name.
fn bare(test: &Compiled) -> Option<Compiled> {
    match test {
        Compiled::Text { kind: Kind::EndsWith, value, cased } => {
            let name = value.strip_prefix(['\\', '/'])?;
            let whole = !name.is_empty() && !name.contains(['\\', '/']);
            whole.then(|| Compiled::Text { kind: Kind::Equals, value: name.to_owned(), cased: *cased })
        }
        Compiled::Pattern { escaped, cased, .. } => {
            let name = escaped.strip_prefix("*\\\\").or_else(|| escaped.strip_prefix("*/"))?;
            (!name.contains("\\\\") && !name.contains('/')).then(|| like(name, *cased).ok()).flatten()
        }
        _ => None,
    }
}

/// `ALGO=hex` (or `hex` alone) asked of a table with one column per algorithm: the columns, and the equality that is asked
/// of each. Empty where the test has no such form or no column has the algorithm.
pub(crate) fn hash_tests(test: &Compiled, hashes: &BTreeMap<String, Source>) -> Vec<(Source, Compiled)> {
    let Compiled::Text { value, .. } = test else { return Vec::new() };
    let (columns, digest): (Vec<&Source>, &str) = match value.split_once('=') {
        Some((algorithm, digest)) => (hashes.get(&fold(algorithm)).into_iter().collect(), digest),
        None => (hashes.values().collect(), value.as_str()),
    };
    if digest.is_empty() || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Vec::new();
    }
    let test = Compiled::Text { kind: Kind::Equals, value: digest.to_owned(), cased: false };
    columns.into_iter().map(|column| (column.clone(), test.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: Kind, value: &str) -> Compiled {
        Compiled::Text { kind, value: value.to_owned(), cased: false }
    }

    #[test]
    fn readings_only_add() {
        let rich = RichAnswer {
            values: BTreeMap::from([("High".to_owned(), vec!["S-1-16-12288".to_owned()])]),
            hex: true,
            bare: true,
            ..RichAnswer::default()
        };
        let of = |test: &Compiled| format!("{:?}", readings(test, &rich));
        assert!(of(&text(Kind::Equals, "high")).contains("S-1-16-12288"));
        assert!(of(&Compiled::Number { cmp: Cmp::Eq, value: "4660".to_owned() }).contains("0x1234"));
        let more = Compiled::Number { cmp: Cmp::Gt, value: "4660".to_owned() };
        assert_eq!(of(&more), "[HexNumber { cmp: Gt, value: \"4660\" }]");
        assert!(of(&text(Kind::EndsWith, "\\nc.exe")).contains("\"nc.exe\""));
        assert_eq!(of(&text(Kind::EndsWith, "\\bin\\nc.exe")), "[]");
        assert_eq!(of(&text(Kind::Contains, "\\nc.exe")), "[]");
    }

    #[test]
    fn a_prefix_is_spelled_in_every_way() {
        let test = |test: Compiled| match respelled(&test, "HKLM\\", "\\REGISTRY\\MACHINE\\") {
            Some(Compiled::Text { value, .. }) => Some(value),
            Some(Compiled::Pattern { escaped, .. }) => Some(escaped),
            _ => None,
        };
        let pattern = |escaped: &str| like(escaped, false).expect("a pattern");
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(test(text(Kind::Contains, "hklm\\Run")), said("\\REGISTRY\\MACHINE\\Run"));
        assert_eq!(test(text(Kind::Equals, "HKLM\\")), said("\\REGISTRY\\MACHINE\\"));
        assert_eq!(test(text(Kind::Equals, "HKLM")), None);
        assert_eq!(test(text(Kind::Contains, "x\\HKLM\\Run")), None);
        assert_eq!(test(pattern("HKLM\\\\*\\\\Run")), said("\\\\REGISTRY\\\\MACHINE\\\\*\\\\Run"));
        assert_eq!(test(pattern("*hklm\\\\a?b*")), said("*\\\\REGISTRY\\\\MACHINE\\\\a?b*"));
        assert_eq!(test(pattern("?HKLM\\\\*")), None);
        let cased = Compiled::Text { kind: Kind::Equals, value: "hklm\\x".to_owned(), cased: true };
        assert_eq!(test(cased), None);
    }
}
