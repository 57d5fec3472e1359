//! Which column, and which place inside it, a name means.
//!
//! `a.b` is first a flat column of that name, then the member `b` of a column `a`. Members are reached through structs,
//! through lists of structs (every element is asked) and through maps by key. `hashes[algorithm=SHA-256|SHA256].value`
//! asks only those elements of the list `hashes` whose member `algorithm` is one of the texts.

use arrow::datatypes::{DataType, Fields, Schema};

use crate::fold::fold;

/// A place in a table: a top-level column and the steps to follow inside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ColumnPath {
    /// Index of the top-level column in the table's schema.
    pub(crate) column: usize,
    /// The way inside it, outermost first.
    pub(crate) steps: Vec<Step>,
}

/// One step into a column.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A member of a struct, or a key of a map.
    Member(String),
    /// The elements of a list of structs of which a member has one of these texts, which are folded.
    Choose { member: Vec<Step>, texts: Vec<String> },
}

/// Dotted steps as they are written, and the choice among the elements to which they lead.
struct Part<'n> {
    name: &'n str,
    choice: Option<(&'n str, Vec<String>)>,
}

impl ColumnPath {
    /// Finds the place that `name` means in `schema`; names match exactly.
    pub(crate) fn resolve(schema: &Schema, name: &str) -> Option<Self> {
        if let Some(column) = schema.fields().iter().position(|field| field.name() == name) {
            return Some(Self { column, steps: Vec::new() });
        }
        let parts = parse(name).unwrap_or_else(|| vec![Part { name, choice: None }]);
        let (column, steps) = within(schema.fields(), parts[0].name, &parts)?;
        Some(Self { column, steps })
    }

    /// The same for a name as a mapping or a rule writes it: if nothing has it exactly, `ThreatName` is the column
    /// "Threat Name" and `Provider_Name` is "Provider@Name". Columns whose names begin with `_` say where an event came
    /// from; only what asks for the event's kind or time sees them (`provenance`).
    pub(crate) fn find(schema: &Schema, name: &str, provenance: bool) -> Option<Self> {
        let open = |column: usize| provenance || !schema.field(column).name().starts_with('_');
        Self::resolve(schema, name).filter(|path| open(path.column)).or_else(|| {
            let same = |column: &usize| normalised(schema.field(*column).name()).eq(normalised(name));
            let column = (0..schema.fields().len()).find(|column| open(*column) && same(column))?;
            Some(Self { column, steps: Vec::new() })
        })
    }
}

/// A name as the specification writes it: without spaces, attributes after an underscore.
fn normalised(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().filter(|c| *c != ' ').map(|c| if c == '@' { '_' } else { c })
}

/// Takes a name apart at its choices; `None` if it is malformed.
fn parse(name: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = name;
    loop {
        let Some((before, after)) = rest.split_once('[') else {
            let plain = !rest.is_empty() && !rest.contains(']');
            parts.push(Part { name: rest, choice: None });
            return plain.then_some(parts);
        };
        let (choice, after) = after.split_once(']')?;
        let (member, texts) = choice.split_once('=')?;
        let texts: Vec<String> = texts.split('|').map(fold).collect();
        let blank = |text: &str| text.is_empty() || text.trim() != text;
        let unclear = before.is_empty() || before.ends_with('.') || before.contains(']') || choice.contains('[');
        if unclear || blank(member) || texts.iter().any(|text| blank(text)) {
            return None;
        }
        parts.push(Part { name: before, choice: Some((member, texts)) });
        if after.is_empty() {
            return Some(parts);
        }
        rest = after.strip_prefix('.')?;
    }
}

/// The field among `fields` with which `name` begins, and the way on from there. The longest first: a column "a.b" with a
/// member "c" is nearer to "a.b.c" than "a" is. `parts` is what is looked for, `name` what is left of its first name.
fn within(fields: &Fields, name: &str, parts: &[Part<'_>]) -> Option<(usize, Vec<Step>)> {
    let named = |name: &str| fields.iter().position(|field| field.name() == name);
    let whole = named(name).and_then(|field| Some((field, chosen(fields[field].data_type(), parts)?)));
    whole.or_else(|| {
        name.rmatch_indices('.').find_map(|(dot, _)| {
            let field = named(&name[..dot])?;
            Some((field, below(fields[field].data_type(), &name[dot + 1..], parts)?))
        })
    })
}

/// The way from a column or member of this type along `name` and what follows it in `parts`.
fn below(parent: &DataType, name: &str, parts: &[Part<'_>]) -> Option<Vec<Step>> {
    let step = |name: &str, rest: Vec<Step>| [vec![Step::Member(name.to_owned())], rest].concat();
    match parent {
        DataType::Struct(fields) => within(fields, name, parts).map(|(field, rest)| step(fields[field].name(), rest)),
        DataType::Map(entries, _) => {
            let DataType::Struct(fields) = entries.data_type() else { return None };
            let value = fields.get(1)?.data_type();
            // Which keys a map holds only its rows tell: any name may be one. A nested value is reached by a longer path.
            if let Some((key, beyond)) = name.split_once('.')
                && let Some(rest) = below(value, beyond, parts)
            {
                return Some(step(key, rest));
            }
            Some(step(name, chosen(value, parts)?))
        }
        list => below(element(list)?, name, parts),
    }
}

/// The way on where the first name of `parts` has been followed to its end: its choice, and the parts after it.
fn chosen(data_type: &DataType, parts: &[Part<'_>]) -> Option<Vec<Step>> {
    let (first, rest) = parts.split_first()?;
    let Some((member, texts)) = &first.choice else { return Some(Vec::new()) };
    let mut inside = element(data_type)?;
    while let Some(deeper) = element(inside) {
        inside = deeper;
    }
    if !matches!(inside, DataType::Struct(_)) {
        return None;
    }
    let member = below(inside, member, &[Part { name: member, choice: None }])?;
    let mut steps = vec![Step::Choose { member, texts: texts.clone() }];
    if let Some(next) = rest.first() {
        steps.extend(below(inside, next.name, rest)?);
    }
    Some(steps)
}

/// The type of a list's elements; `None` for what is no list.
fn element(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => Some(item.data_type()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::Field;
    use std::sync::Arc;

    fn schema() -> Schema {
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let hash = DataType::Struct(vec![text("algorithm"), text("value")].into());
        let hashes = DataType::LargeList(Arc::new(Field::new("item", hash, true)));
        let file = DataType::Struct(vec![Field::new("hashes", hashes, true), text("a.b")].into());
        Schema::new(vec![Field::new("file", file, true), text("odd[a=b]"), text("Threat Name"), text("_raw")])
    }

    #[test]
    fn a_choice_is_a_step_where_the_list_has_the_members() {
        let path = ColumnPath::resolve(&schema(), "file.hashes[algorithm=SHA-256|SHA256].value").expect("a path");
        let member = vec![Step::Member("algorithm".to_owned())];
        let choose = Step::Choose { member, texts: vec!["sha-256".to_owned(), "sha256".to_owned()] };
        let member = |name: &str| Step::Member(name.to_owned());
        assert_eq!(path, ColumnPath { column: 0, steps: vec![member("hashes"), choose, member("value")] });
        assert!(ColumnPath::resolve(&schema(), "file.hashes[algorithm=MD5]").is_some());
        for name in [
            "file.hashes[algorithm=MD5].size",
            "file.hashes[kind=MD5].value",
            "file[hashes=MD5].value",
            "file.hashes[algorithm].value",
            "file.hashes[algorithm=].value",
            "file.hashes[algorithm=MD5]value",
            "file.hashes[algorithm=MD5].",
            "file.[algorithm=MD5].value",
            "file.hashes[algorithm=[MD5]].value",
        ] {
            assert_eq!(ColumnPath::resolve(&schema(), name), None, "{name}");
        }
    }

    #[test]
    fn a_flat_column_of_exactly_that_name_comes_first() {
        assert_eq!(ColumnPath::resolve(&schema(), "odd[a=b]").map(|path| path.column), Some(1));
        assert_eq!(ColumnPath::find(&schema(), "ThreatName", false).map(|path| path.column), Some(2));
        assert_eq!(ColumnPath::find(&schema(), "_raw", false), None);
        assert_eq!(ColumnPath::find(&schema(), "_raw", true).map(|path| path.column), Some(3));
    }
}
