//! Which column, and which place inside it, a field's name means.
//!
//! `a.b` is first a flat column of that name, then the member `b` of a column `a`. Members are reached through structs,
//! through lists of structs (every element is asked) and through maps by key.

use arrow::datatypes::{DataType, Fields, Schema};

/// A place in a table: a top-level column and the members to follow inside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ColumnPath {
    /// Index of the top-level column in the table's schema.
    pub(crate) column: usize,
    /// Members inside it, outermost first.
    pub(crate) members: Vec<String>,
}

impl ColumnPath {
    /// Finds the place that `name` means in `schema`; names match exactly.
    pub(crate) fn resolve(schema: &Schema, name: &str) -> Option<Self> {
        if let Some(column) = schema.fields().iter().position(|field| field.name() == name) {
            return Some(Self { column, members: Vec::new() });
        }
        // The longest flat prefix first: a column "a.b" with a member "c" is nearer to "a.b.c" than "a" is.
        name.rmatch_indices('.').find_map(|(dot, _)| {
            let column = schema.fields().iter().position(|field| field.name() == &name[..dot])?;
            let members = members(schema.field(column).data_type(), &name[dot + 1..])?;
            Some(Self { column, members })
        })
    }
}

fn members(parent: &DataType, name: &str) -> Option<Vec<String>> {
    match parent {
        DataType::Struct(fields) => struct_members(fields, name),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => members(item.data_type(), name),
        DataType::Map(entries, _) => {
            let DataType::Struct(fields) = entries.data_type() else { return None };
            let value = fields.get(1)?;
            // Which keys a map holds only its rows tell: any name may be one. A nested value is reached by a longer path.
            if let Some(dot) = name.find('.')
                && let Some(rest) = members(value.data_type(), &name[dot + 1..])
            {
                return Some([vec![name[..dot].to_owned()], rest].concat());
            }
            Some(vec![name.to_owned()])
        }
        _ => None,
    }
}

fn struct_members(fields: &Fields, name: &str) -> Option<Vec<String>> {
    if fields.iter().any(|field| field.name() == name) {
        return Some(vec![name.to_owned()]);
    }
    name.rmatch_indices('.').find_map(|(dot, _)| {
        let field = fields.iter().find(|field| field.name() == &name[..dot])?;
        let rest = members(field.data_type(), &name[dot + 1..])?;
        Some([vec![name[..dot].to_owned()], rest].concat())
    })
}
