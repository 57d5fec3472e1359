//! "Did you mean": a column whose name is that of a missing one but for its case, for a space or an `@`.
//!
//! Names match exactly when rules are bound, because two columns may differ in case only. But a lake that writes
//! `commandline` most likely means the field, so the report of a missing field names that column. It is told and never used.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, FieldRef, Schema};

use crate::column::ColumnPath;
use crate::fold::fold;
use crate::mapping::Mapping;

/// The columns of a table, and the places inside them, by their loose names.
#[derive(Debug)]
pub(crate) struct Near {
    schema: Schema,
    names: BTreeMap<String, String>,
}

impl Near {
    /// Looks through the columns that rules may see; of several with one loose name the first counts.
    pub(crate) fn new(schema: &Schema) -> Self {
        let mut names = BTreeMap::new();
        for field in schema.fields().iter().filter(|field| !field.name().starts_with('_')) {
            gather(field, "", &mut names);
        }
        Self { schema: schema.clone(), names }
    }

    /// The column that was most likely meant by what answers `field` through `view`.
    /// Nothing, where the table has one of its columns as it is named: then that is not why nothing answers. Where it has
    /// the column of the field's own name, which the mapping does not take for the field, that one: whoever sees it there
    /// wonders. Not where the mapping says that nothing answers.
    pub(crate) fn column(&self, mapping: Option<&Mapping>, view: Option<&str>, field: &str) -> Option<&str> {
        let wanted = wanted(mapping, view, field)?;
        if wanted.iter().any(|name| ColumnPath::find(&self.schema, name, false).is_some()) {
            return None;
        }
        let loosely = wanted.iter().find_map(|name| self.names.get(&loose(name)).map(String::as_str));
        loosely.or_else(|| self.own(field))
    }

    /// The flat column of exactly this name, which rules may see.
    fn own(&self, field: &str) -> Option<&str> {
        let column = self.schema.field_with_name(field).ok()?;
        (!field.starts_with('_')).then_some(column.name().as_str())
    }
}

/// The columns that would answer `field` through `view`, if the table had them; `None` where nothing shall answer it.
fn wanted(mapping: Option<&Mapping>, view: Option<&str>, field: &str) -> Option<Vec<String>> {
    let listed = mapping.and_then(|mapping| {
        let laid_over = view.and_then(|view| mapping.views.get(view)).and_then(|answers| answers.get(field));
        laid_over.or_else(|| mapping.fields.get(field))
    });
    match listed {
        Some(answer) => {
            let rich = answer.rich();
            // A join is nothing without what it needs.
            let columns: Vec<String> =
                rich.columns.iter().chain(rich.needed()).chain(rich.hashes.values()).cloned().collect();
            (!columns.is_empty()).then_some(columns)
        }
        None if mapping.is_none_or(|mapping| mapping.own_names) => Some(vec![field.to_owned()]),
        None => Some(Vec::new()),
    }
}

fn gather(field: &FieldRef, above: &str, names: &mut BTreeMap<String, String>) {
    let name = if above.is_empty() { field.name().clone() } else { format!("{above}.{}", field.name()) };
    names.entry(loose(&name)).or_insert_with(|| name.clone());
    for member in members(field.data_type()) {
        gather(member, &name, names);
    }
}

/// The members of a struct, also inside lists; which keys a map has only its rows tell.
fn members(data_type: &DataType) -> &[FieldRef] {
    match data_type {
        DataType::Struct(fields) => fields,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => members(item.data_type()),
        _ => &[],
    }
}

/// A name without what people and tools write differently: case, spaces, and the `@` that the specification makes a `_`.
fn loose(name: &str) -> String {
    fold(name).chars().filter(|c| *c != ' ').map(|c| if c == '@' { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;

    use super::*;

    fn table() -> Schema {
        let inner = DataType::Struct(vec![Field::new("Executable", DataType::Utf8, true)].into());
        let list = DataType::List(Field::new("item", inner.clone(), true).into());
        Schema::new(vec![
            Field::new("_commandline", DataType::Utf8, true),
            Field::new("commandline", DataType::Utf8, true),
            Field::new("COMMANDLINE", DataType::Utf8, true),
            Field::new("Threat name", DataType::Utf8, true),
            Field::new("Process", inner, true),
            Field::new("parents", list, true),
        ])
    }

    #[test]
    fn finds_what_differs_in_case_spaces_and_signs() {
        let near = Near::new(&table());
        let find = |field| near.column(None, None, field);
        assert_eq!(find("CommandLine"), Some("commandline"));
        assert_eq!(find("ThreatName"), Some("Threat name"));
        assert_eq!(find("process.executable"), Some("Process.Executable"));
        assert_eq!(find("Parents.executable"), Some("parents.Executable"));
        assert_eq!(find("_commandline"), None);
        assert_eq!(find("CommandLin"), None);
    }

    #[test]
    fn asks_for_what_the_mapping_says() {
        let near = Near::new(&table());
        let mapping = |own_names: bool| -> Mapping {
            serde_json::from_value(serde_json::json!({
                "name": "m", "own_names": own_names,
                "fields": {"Image": ["gone", "process.executable"], "User": [], "Hashes": {"hashes": {"MD5": "CommandLine"}}},
                "views": {"v": {"Image": "THREATNAME", "Path": {"join": ["process.executable", "commandline"], "with": ""},
                    "parents": [], "Process": ["gone"],
                    "Split": {"hashes": {"MD5": "threatname", "SHA1": "commandline"}}}}
            }))
            .unwrap()
        };
        let (own, strict) = (mapping(true), mapping(false));
        assert_eq!(near.column(Some(&own), None, "Image"), Some("Process.Executable"));
        assert_eq!(near.column(Some(&own), Some("v"), "Image"), Some("Threat name"));
        assert_eq!(near.column(Some(&own), None, "Hashes"), Some("commandline"));
        assert_eq!(near.column(Some(&own), None, "User"), None);
        assert_eq!(near.column(Some(&own), None, "CommandLine"), Some("commandline"));
        assert_eq!(near.column(Some(&strict), None, "CommandLine"), None);
        assert_eq!(near.column(Some(&strict), None, "COMMANDLINE"), Some("COMMANDLINE"), "there, and not taken");
        assert_eq!(near.column(Some(&strict), Some("v"), "parents"), None, "nothing shall answer it");
        assert_eq!(near.column(Some(&strict), Some("v"), "Process"), Some("Process"), "what is listed is not there");
        assert_eq!(near.column(Some(&strict), None, "_commandline"), None);
        assert_eq!(near.column(Some(&own), Some("v"), "Path"), Some("Process.Executable"));
        assert_eq!(near.column(Some(&own), Some("v"), "Split"), None, "one of its columns is there");
    }
}
