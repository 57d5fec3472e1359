//! What a user's own mapping demands of the inputs: that each of its statements has a column in some of them.
//!
//! A built-in mapping speaks of more columns than one lake has. A mapping that somebody wrote for this lake does not, and a
//! mistyped column in it would make rules inert without a word. Only here are all inputs known.

use arrow::datatypes::{DataType, Fields, Schema};
use serde::Deserialize;

use crate::engine::has_column;
use crate::error::Error;
use crate::suggest;

/// Structs nested deeper than this are not searched for a name that may have been meant.
const DEEPEST: usize = 8;

/// One statement of a mapping's file.
#[derive(Debug, Clone, Deserialize)]
pub struct Demand {
    /// The mapping's name.
    pub schema: String,
    /// Its file, for the message.
    pub file: String,
    /// Where the statement stands in it.
    pub place: String,
    /// The columns that it names, one of which some table must have.
    pub columns: Vec<String>,
    /// It is demanded only where some table has all columns of one of these lists.
    pub needs: Vec<Vec<String>>,
}

/// Compares demands with the tables that are read with their mapping: pairs of a mapping's name and a table's schema.
///
/// Fails with `Schema` on the first demand that no table satisfies, and says what may have been meant.
pub(crate) fn check<'t>(
    demands: &[Demand],
    tables: impl IntoIterator<Item = (Option<&'t str>, &'t Schema)>,
) -> Result<(), Error> {
    let tables: Vec<(Option<&str>, &Schema)> = tables.into_iter().collect();
    for demand in demands {
        let here: Vec<&Schema> =
            tables.iter().filter(|(name, _)| *name == Some(&demand.schema)).map(|(_, schema)| *schema).collect();
        let has = |column: &String| here.iter().any(|schema| has_column(schema, column));
        let all = |needs: &Vec<String>| here.iter().any(|schema| needs.iter().all(|name| has_column(schema, name)));
        if here.is_empty() || !demand.needs.iter().any(all) || demand.columns.iter().any(has) {
            continue;
        }
        return Err(Error::schema(format!(
            "{}: {}: {}; {}",
            demand.file,
            demand.place,
            match demand.columns.as_slice() {
                [only] => format!("no input has a column {only}"),
                several => format!("no input has any of the columns {}", several.join(", ")),
            },
            hint(&demand.columns, &here)
        )));
    }
    Ok(())
}

fn hint(columns: &[String], tables: &[&Schema]) -> String {
    let mut known = Vec::new();
    for schema in tables {
        names(schema.fields(), "", DEEPEST, &mut known);
    }
    let near = |column: &String| suggest::nearest(column, known.iter().map(String::as_str)).map(str::to_owned);
    columns
        .iter()
        .find_map(near)
        .map_or_else(|| "correct the name, or leave the entry out".to_owned(), |near| format!("did you mean {near}?"))
}

/// The paths of all fields and of their members.
fn names(fields: &Fields, above: &str, deeper: usize, out: &mut Vec<String>) {
    for field in fields {
        let name = format!("{above}{}", field.name());
        if let (Some(members), Some(deeper)) = (members(field.data_type()), deeper.checked_sub(1)) {
            names(members, &format!("{name}."), deeper, out);
        }
        out.push(name);
    }
}

fn members(data_type: &DataType) -> Option<&Fields> {
    match data_type {
        DataType::Struct(fields) => Some(fields),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => members(item.data_type()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::Field;

    fn demand(columns: &[&str], needs: &[&[&str]]) -> Demand {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        Demand {
            schema: "own".into(),
            file: "own.yml".into(),
            place: "fields.Image".into(),
            columns: owned(columns),
            needs: needs.iter().map(|names| owned(names)).collect(),
        }
    }

    #[test]
    fn a_name_that_no_table_has_is_told_with_the_nearest() {
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let a = Schema::new(vec![Field::new("process", DataType::Struct(vec![text("path")].into()), true)]);
        let b = Schema::new(vec![text("image")]);
        let tables = [(Some("own"), &a), (Some("own"), &b), (Some("other"), &a), (None, &a)];
        let checked = |demand: Demand| check(&[demand], tables.iter().copied()).map_err(|error| error.to_string());
        assert_eq!(checked(demand(&["process.path"], &[&[]])), Ok(()));
        assert_eq!(checked(demand(&["absent", "image"], &[&[]])), Ok(()));
        let said = |text: &str| Err(format!("own.yml: fields.Image: {text}"));
        assert_eq!(
            checked(demand(&["process.pat"], &[&[]])),
            said("no input has a column process.pat; did you mean process.path?")
        );
        assert_eq!(
            checked(demand(&["Image", "xyz"], &[&[]])),
            said("no input has any of the columns Image, xyz; did you mean image?")
        );
        assert_eq!(
            checked(demand(&["xyz"], &[&["absent"], &["image"]])),
            said("no input has a column xyz; correct the name, or leave the entry out")
        );
        assert_eq!(checked(demand(&["xyz"], &[&["image", "process"]])), Ok(()), "no table has both");
    }
}
