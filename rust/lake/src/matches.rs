//! The columns of a match (DESIGN.md, "Matches").
//!
//! What a rule says of itself is the same for all its matches, so those columns are laid out once, one row a rule, and a
//! batch takes from them by rule number. A rule without an id is named by its path, in the title's place, for want of
//! anything better to find it by.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int32Array, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder, UInt32Array, new_null_array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;

use crate::engine::{RuleEntry, RuleSet};
use crate::events::{Lifted, Shown};

/// Rows of a delivered batch at most: large enough that the cost of a batch vanishes, small enough that a few of them
/// with events of some kilobytes are no matter.
pub(crate) const BATCH_ROWS: usize = 8_192;

/// The columns of a match that are there in every result.
pub(crate) const OWN_COLUMNS: [&str; 7] = ["rule_id", "rule_title", "level", "author", "tags", "time", "event"];

/// A match before it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    /// The row, counted from the start of the unit of work.
    pub(crate) row: u32,
    /// The rule's place in the Plan.
    pub(crate) rule: u32,
}

/// Where the rows of a unit of work lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The file; `None` in memory.
    pub(crate) file: Option<&'a str>,
    /// The row group; `None` in memory.
    pub(crate) group: Option<i32>,
    /// The number of the unit's first row.
    pub(crate) first_row: i64,
}

/// The schema of a result, and the columns that rules bring to it.
pub(crate) struct Frame {
    schema: SchemaRef,
    /// `rule_id`, `rule_title`, `level`, `author`, `tags`, one row a rule.
    rules: Vec<ArrayRef>,
    /// Whether columns of the event say which row it is, instead of its place.
    keyed: bool,
    /// What a list of matching rules calls each.
    names: StringArray,
}

impl Frame {
    pub(crate) fn new(rules: &RuleSet, shown: &Shown) -> Self {
        Self {
            schema: Arc::new(schema(shown)),
            rules: rule_columns(rules),
            keyed: shown.key.is_some(),
            names: rules.plan().rules.iter().map(|rule| Some(name(rule))).collect(),
        }
    }

    /// The name of each rule: its id, or what a match shows as its title where it has none.
    pub(crate) fn names(&self) -> &StringArray {
        &self.names
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Matches as batches of at most [`BATCH_ROWS`]. `hits` are in order, and `rows` holds one event for each distinct
    /// row of them, in the same order.
    pub(crate) fn batches(
        &self,
        place: Place<'_>,
        hits: &[Hit],
        rows: &Lifted,
    ) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
        // Each row has one match, the common case: then there is nothing to repeat.
        let single = hits.len() == rows.time.len() && hits.len() <= BATCH_ROWS;
        let mut event = 0;
        let mut last = hits.first().map_or(0, |hit| hit.row);
        hits.chunks(BATCH_ROWS).map(move |hits| {
            let events = hits.iter().map(|hit| {
                event += u32::from(hit.row != last);
                last = hit.row;
                event
            });
            let events = UInt32Array::from_iter_values(events);
            self.batch(place, hits, (!single).then_some(&events), rows)
        })
    }

    fn batch(
        &self,
        place: Place<'_>,
        hits: &[Hit],
        events: Option<&UInt32Array>,
        rows: &Lifted,
    ) -> Result<RecordBatch, ArrowError> {
        let rules = UInt32Array::from_iter_values(hits.iter().map(|hit| hit.rule));
        let mut columns = self.rules.iter().map(|column| take(column, &rules, None)).collect::<Result<Vec<_>, _>>()?;
        if !self.keyed {
            columns.extend(place_columns(place, hits));
        }
        let (time, event): (ArrayRef, ArrayRef) = (Arc::new(rows.time.clone()), Arc::new(rows.event.clone()));
        for shown in rows.key.iter().chain([&time, &event]) {
            columns.push(match events {
                None => shown.clone(),
                Some(events) => take(shown, events, None)?,
            });
        }
        RecordBatch::try_new(self.schema.clone(), columns)
    }
}

/// `file`, `row_group` and `row`.
fn place_columns(place: Place<'_>, hits: &[Hit]) -> [ArrayRef; 3] {
    let count = hits.len();
    let numbers = hits.iter().map(|hit| place.first_row + i64::from(hit.row));
    [
        match place.file {
            Some(file) => Arc::new(StringArray::new_repeated(file, count)),
            None => new_null_array(&DataType::Utf8, count),
        },
        Arc::new(place.group.map_or_else(|| Int32Array::new_null(count), |group| Int32Array::from_value(group, count))),
        Arc::new(Int64Array::from_iter_values(numbers)),
    ]
}

fn schema(shown: &Shown) -> Schema {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let tags = DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)));
    let mut fields: Vec<FieldRef> =
        [text("rule_id"), text("rule_title"), text("level"), text("author"), Field::new("tags", tags, true)]
            .map(Arc::new)
            .into();
    match &shown.key {
        Some(key) => fields.extend(key.iter().cloned()),
        None => fields.extend(
            [text("file"), Field::new("row_group", DataType::Int32, true), Field::new("row", DataType::Int64, false)]
                .map(Arc::new),
        ),
    }
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    fields.push(Arc::new(Field::new("time", time, true)));
    fields.push(Arc::new(Field::new("event", DataType::Struct(shown.event.clone()), false)));
    Schema::new(fields)
}

/// What a match calls its rule; of one without an id the file tells more.
fn title(rule: &RuleEntry) -> &str {
    match (&rule.id, &rule.path) {
        (None, Some(path)) => path,
        _ => &rule.title,
    }
}

fn name(rule: &RuleEntry) -> &str {
    rule.id.as_deref().unwrap_or_else(|| title(rule))
}

fn rule_columns(rules: &RuleSet) -> Vec<ArrayRef> {
    let rules = &rules.plan().rules;
    let text = |of: &dyn Fn(usize) -> Option<String>| -> ArrayRef {
        Arc::new((0..rules.len()).map(of).collect::<StringArray>())
    };
    let mut tags = ListBuilder::new(StringBuilder::new());
    for rule in rules {
        for tag in &rule.tags {
            tags.values().append_value(tag);
        }
        tags.append(true);
    }
    vec![
        text(&|r| rules[r].id.clone()),
        text(&|r| Some(title(&rules[r]).to_owned())),
        text(&|r| rules[r].level.clone()),
        text(&|r| rules[r].author.clone()),
        Arc::new(tags.finish()),
    ]
}
