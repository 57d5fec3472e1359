//! What answers a field through a view: columns, and further readings of a predicate's value.

use std::collections::BTreeMap;

use arrow::datatypes::Schema;

use crate::column::ColumnPath;
use crate::fold::fold;
use crate::mapping::{Mapping, RichAnswer};
use crate::matcher::Kind;
use crate::plan::Cmp;
use crate::rule_set::{Compiled, like};

/// The columns that answer a field here, and how its values may also read.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// The first that is not null in a row answers.
    pub(crate) paths: Vec<ColumnPath>,
    pub(crate) rich: RichAnswer,
    /// Columns by hash algorithm (upper case), where the mapping splits `Hashes`.
    pub(crate) hashes: BTreeMap<String, ColumnPath>,
}

/// Finds what answers `field` through `view`.
pub(crate) fn resolve(schema: &Schema, mapping: Option<&Mapping>, view: Option<&str>, field: &str) -> Resolved {
    let path = |name: &String| event_column(schema, name);
    let listed = mapping.and_then(|mapping| {
        view.and_then(|view| mapping.views.get(view))
            .and_then(|answers| answers.get(field))
            .or_else(|| mapping.fields.get(field))
    });
    match listed {
        Some(answer) => {
            let rich = answer.rich();
            Resolved {
                paths: rich.columns.iter().filter_map(path).collect(),
                hashes: rich.hashes.iter().filter_map(|(a, c)| Some((a.to_uppercase(), path(c)?))).collect(),
                rich,
            }
        }
        None => {
            let own = mapping.is_none_or(|mapping| mapping.own_names);
            Resolved {
                paths: if own { event_column(schema, field).into_iter().collect() } else { Vec::new() },
                rich: RichAnswer::default(),
                hashes: BTreeMap::new(),
            }
        }
    }
}

/// A column that rules may see: those whose names begin with `_` are provenance.
fn event_column(schema: &Schema, name: &str) -> Option<ColumnPath> {
    let of_event = |column: usize| !schema.field(column).name().starts_with('_');
    ColumnPath::resolve(schema, name).filter(|path| of_event(path.column)).or_else(|| {
        // Names as the specification writes them: `ThreatName` is "Threat Name", `Provider_Name` is "Provider@Name".
        let same = |column: &usize| normalised(schema.field(*column).name()).eq(normalised(name));
        let column = (0..schema.fields().len()).find(|column| of_event(*column) && same(column))?;
        Some(ColumnPath { column, members: Vec::new() })
    })
}

/// A name as the specification writes it: without spaces, attributes after an underscore.
fn normalised(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().filter(|c| *c != ' ').map(|c| if c == '@' { '_' } else { c })
}

/// Further readings of a predicate on a column with value maps: each is accepted beside the predicate itself.
pub(crate) fn readings(test: &Compiled, rich: &RichAnswer) -> Vec<Compiled> {
    let equals = |value: String, cased: bool| Compiled::Text { kind: Kind::Equals, value, cased };
    let mut out = Vec::new();
    if let Compiled::Text { kind: Kind::Equals, value, cased } = test {
        for (from, also) in &rich.values {
            if if *cased { from == value } else { fold(from) == fold(value) } {
                out.extend(also.iter().cloned().map(|also| equals(also, *cased)));
            }
        }
    }
    if rich.hex {
        let (number, cased) = match test {
            Compiled::Number { cmp: Cmp::Eq, value } => (whole_number(value), false),
            Compiled::Text { kind: Kind::Equals, value, cased } => (whole_number(value), *cased),
            _ => (None, false),
        };
        out.extend(number.map(|n| equals(format!("0x{n:x}"), cased)));
    }
    if rich.bare {
        out.extend(bare(test));
    }
    out
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
pub(crate) fn hash_tests(test: &Compiled, hashes: &BTreeMap<String, ColumnPath>) -> Vec<(ColumnPath, Compiled)> {
    let Compiled::Text { value, .. } = test else { return Vec::new() };
    let (columns, digest): (Vec<&ColumnPath>, &str) = match value.split_once('=') {
        Some((algorithm, digest)) => (hashes.get(&algorithm.to_uppercase()).into_iter().collect(), digest),
        None => (hashes.values().collect(), value.as_str()),
    };
    if digest.is_empty() || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Vec::new();
    }
    let test = Compiled::Text { kind: Kind::Equals, value: digest.to_owned(), cased: false };
    columns.into_iter().map(|path| (path.clone(), test.clone())).collect()
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
        assert!(of(&text(Kind::EndsWith, "\\nc.exe")).contains("\"nc.exe\""));
        assert_eq!(of(&text(Kind::EndsWith, "\\bin\\nc.exe")), "[]");
        assert_eq!(of(&text(Kind::Contains, "\\nc.exe")), "[]");
    }
}
