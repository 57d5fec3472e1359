//! Schema mappings: which column answers which Sigma field, and which rows belong to which log source.
//!
//! The format is documented in `DESIGN.md`; the front end validates the files and hands them over as JSON. This module
//! reads that and recognises a table by its columns.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use arrow::datatypes::Schema;
use serde::{Deserialize, Deserializer};

use crate::column::{ColumnPath, EpochUnit, TimeColumn};
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
    pub(crate) time: Vec<TimeEntry>,
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
    #[serde(default)]
    pub(crate) none: Vec<String>,
}

/// Where an event's time may stand.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum TimeEntry {
    Column(String),
    Counted { column: String, unit: Option<EpochUnit> },
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
    pub(crate) join: Vec<String>,
    #[serde(default)]
    pub(crate) with: String,
    /// The joined columns without which nothing answers; none stated: the first.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    #[serde(default)]
    pub(crate) values: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) prefixes: BTreeMap<String, Vec<String>>,
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
    #[serde(default)]
    pub(crate) needs: Vec<String>,
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

impl RichAnswer {
    /// The joined columns without which nothing answers.
    pub(crate) fn needed(&self) -> &[String] {
        if self.needs.is_empty() { self.join.get(..1).unwrap_or_default() } else { &self.needs }
    }
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

impl TimeEntry {
    /// The column in a table, if it has it.
    fn find(&self, schema: &Schema) -> Option<TimeColumn> {
        let (name, unit) = match self {
            Self::Column(name) => (name, None),
            Self::Counted { column, unit } => (column, *unit),
        };
        Some(TimeColumn { name: name.clone(), path: ColumnPath::find(schema, name, true)?, unit })
    }
}

/// What keeps a mapping from being recognised.
struct Lacks {
    missing: Vec<String>,
    excluding: Vec<String>,
}

impl Lacks {
    fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.excluding.is_empty()
    }
}

/// Whether a table has the column that `name` means: a flat one, or a place inside a nested one.
pub fn has_column(schema: &Schema, name: &str) -> bool {
    ColumnPath::find(schema, name, true).is_some()
}

impl Mapping {
    /// The time columns that a table has, the preferred first.
    pub(crate) fn time_columns(&self, schema: &Schema) -> Vec<TimeColumn> {
        self.time.iter().filter_map(|entry| entry.find(schema)).collect()
    }

    /// What this mapping's recognition asks for and `schema` does not satisfy; empty where it is recognised.
    fn lacks(&self, schema: &Schema) -> Lacks {
        let has = |name: &String| has_column(schema, name);
        let mut missing: Vec<String> = self.recognise.all.iter().filter(|name| !has(name)).cloned().collect();
        if !self.recognise.any.is_empty() && !self.recognise.any.iter().any(has) {
            missing.push(one_of(&self.recognise.any));
        }
        Lacks { missing, excluding: self.recognise.none.iter().filter(|name| has(name)).cloned().collect() }
    }

    /// The columns of its recognition that `schema` has.
    fn present(&self, schema: &Schema) -> Vec<&str> {
        let asked = self.recognise.all.iter().chain(&self.recognise.any);
        asked.filter(|name| has_column(schema, name)).map(String::as_str).collect()
    }
}

/// So many of the columns of which one would do are named in a message; whole families have dozens.
const NAMED: usize = 4;

fn one_of(names: &[String]) -> String {
    match names.len().saturating_sub(NAMED) {
        0 => format!("one of {}", names.join(", ")),
        more => format!("one of {} or {more} more", names[..NAMED].join(", ")),
    }
}

/// Reads a list of mappings, each to be shared.
pub(crate) fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Arc<Mapping>>, D::Error> {
    Ok(Vec::deserialize(deserializer)?.into_iter().map(Arc::new).collect())
}

/// Finds the mapping that fits `schema` by its columns, with the reason. The one of whose columns most are there wins, of
/// equal ones the first by name.
pub(crate) fn recognise<'m>(
    mappings: &'m [Arc<Mapping>],
    schema: &Schema,
) -> Result<(&'m Arc<Mapping>, String), Error> {
    let asks = |m: &&Arc<Mapping>| !m.recognise.all.is_empty() || !m.recognise.any.is_empty();
    let mut known: Vec<(&Arc<Mapping>, Vec<&str>, Lacks)> =
        mappings.iter().filter(asks).map(|m| (m, m.present(schema), m.lacks(schema))).collect();
    // Of those that do not fit, the one comes first of which most is there, then the one that lacks least.
    known.sort_by_key(|(mapping, present, lacks)| {
        (!lacks.is_empty(), Reverse(present.len()), lacks.missing.len() + lacks.excluding.len(), mapping.name.clone())
    });
    if let Some((mapping, present, lacks)) = known.first()
        && lacks.is_empty()
    {
        return Ok((mapping, format!("has the columns {}", present.join(", "))));
    }
    let mut message = "no schema mapping recognises this table by its columns".to_owned();
    for (mapping, _, lacks) in known.iter().take(3) {
        let missing = (!lacks.missing.is_empty()).then(|| format!("lacks {}", lacks.missing.join(", ")));
        let excluding =
            (!lacks.excluding.is_empty()).then(|| format!("is ruled out by {}", lacks.excluding.join(", ")));
        let reasons: Vec<String> = missing.into_iter().chain(excluding).collect();
        let _ = write!(message, "; {} {}", mapping.name, reasons.join(" and "));
    }
    message.push_str(
        "; name the schema (schema=…, --schema NAME or FILE), say what log source the table is (logsource=…, \
         --logsource category=…,product=…), or take column names as Sigma's with schema \"none\"",
    );
    Err(Error::schema(message))
}
