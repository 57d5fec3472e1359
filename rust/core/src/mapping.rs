//! Schema mappings: which column answers which Sigma field, and which rows belong to which log source.
//!
//! The format is documented in `DESIGN.md`; the front end validates the files and hands them over as JSON. This module
//! reads that and recognises a table by its columns.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use arrow::datatypes::Schema;
use serde::Deserialize;

use crate::column::ColumnPath;
use crate::error::Error;
use crate::plan::LogSource;

/// One schema mapping.
#[derive(Clone, Debug, Deserialize)]
pub struct Mapping {
    /// Such as `windows`.
    pub name: String,
    /// How a table is known to have this schema.
    #[serde(default)]
    pub(crate) recognise: Recognise,
    /// Time columns, the first readable one answers.
    #[serde(default)]
    pub(crate) time: Vec<String>,
    /// Whether a field that is not listed is answered by the column of its own name.
    #[serde(default)]
    pub(crate) own_names: bool,
    /// Sigma field → answer.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Answer>,
    /// Further answers, laid over `fields` where a route names the view.
    #[serde(default)]
    pub(crate) views: BTreeMap<String, BTreeMap<String, Answer>>,
    /// Which rows are which log source.
    #[serde(default)]
    pub(crate) routes: Vec<Route>,
}

/// The columns by which a table is recognised.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Recognise {
    #[serde(default)]
    pub(crate) all: Vec<String>,
    #[serde(default)]
    pub(crate) any: Vec<String>,
}

/// What answers a field.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    One(String),
    FirstOf(Vec<String>),
    Rich(RichAnswer),
}

/// Columns with further readings of their values.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RichAnswer {
    #[serde(default)]
    pub(crate) columns: Vec<String>,
    #[serde(default)]
    pub(crate) values: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) hex: bool,
    #[serde(default)]
    pub(crate) bare: bool,
    #[serde(default)]
    pub(crate) hashes: BTreeMap<String, String>,
}

/// Rows of one log source.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Route {
    #[serde(default)]
    pub(crate) when: BTreeMap<String, Vec<Scalar>>,
    pub(crate) logsource: LogSource,
    #[serde(default)]
    pub(crate) view: Option<String>,
}

/// A value of a route's condition.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Null,
    Int(i64),
    Text(String),
}

impl Answer {
    /// The answer in its full form.
    pub(crate) fn rich(&self) -> RichAnswer {
        match self {
            Self::One(column) => RichAnswer { columns: vec![column.clone()], ..RichAnswer::default() },
            Self::FirstOf(columns) => RichAnswer { columns: columns.clone(), ..RichAnswer::default() },
            Self::Rich(rich) => rich.clone(),
        }
    }
}

impl Mapping {
    /// The columns that this mapping's recognition asks for and `schema` lacks; empty where it is recognised.
    fn lacks(&self, schema: &Schema) -> Vec<String> {
        let has = |name: &String| ColumnPath::resolve(schema, name).is_some();
        let mut lacks: Vec<String> = self.recognise.all.iter().filter(|name| !has(name)).cloned().collect();
        if !self.recognise.any.is_empty() && !self.recognise.any.iter().any(has) {
            lacks.push(format!("one of {}", self.recognise.any.join(", ")));
        }
        lacks
    }

    /// Why this mapping was recognised.
    fn reason(&self, schema: &Schema) -> String {
        let mut seen: Vec<&str> = self.recognise.all.iter().map(String::as_str).collect();
        seen.extend(
            self.recognise.any.iter().filter(|name| ColumnPath::resolve(schema, name).is_some()).map(String::as_str),
        );
        format!("has the columns {}", seen.join(", "))
    }
}

/// Finds the mapping that fits `schema` by its columns, with the reason. The one that asks for most columns wins.
pub(crate) fn recognise<'m>(mappings: &'m [Mapping], schema: &Schema) -> Result<(&'m Mapping, String), Error> {
    let asks = |m: &&Mapping| !m.recognise.all.is_empty() || !m.recognise.any.is_empty();
    let mut best: Option<&Mapping> = None;
    for mapping in mappings.iter().filter(asks).filter(|m| m.lacks(schema).is_empty()) {
        if best.is_none_or(|held| mapping.recognise.all.len() > held.recognise.all.len()) {
            best = Some(mapping);
        }
    }
    if let Some(mapping) = best {
        return Ok((mapping, mapping.reason(schema)));
    }
    let mut nearest: Vec<(usize, &Mapping, Vec<String>)> =
        mappings.iter().filter(asks).map(|m| (m.lacks(schema).len(), m, m.lacks(schema))).collect();
    nearest.sort_by_key(|(count, ..)| *count);
    let mut message = "no schema mapping recognises this table by its columns".to_owned();
    for (_, mapping, lacks) in nearest.iter().take(3) {
        let _ = write!(message, "; {} lacks {}", mapping.name, lacks.join(", "));
    }
    message.push_str(
        "; name the schema (schema=…, --schema NAME or FILE), say what log source the table is (logsource=…, \
         --logsource category=…,product=…), or take column names as Sigma's with schema \"none\"",
    );
    Err(Error::schema(message))
}
