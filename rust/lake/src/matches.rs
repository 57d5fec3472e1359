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
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;

use crate::engine::RuleSet;
use crate::events::Lifted;

/// Rows of a delivered batch at most: large enough that the cost of a batch vanishes, small enough that a few of them
/// with events of some kilobytes are no matter.
pub(crate) const BATCH_ROWS: usize = 8_192;

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
}

impl Frame {
    pub(crate) fn new(rules: &RuleSet, event: &Fields) -> Self {
        Self { schema: Arc::new(schema(event)), rules: rule_columns(rules) }
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
        let count = hits.len();
        let rules = UInt32Array::from_iter_values(hits.iter().map(|hit| hit.rule));
        let mut columns = self.rules.iter().map(|column| take(column, &rules, None)).collect::<Result<Vec<_>, _>>()?;
        columns.push(match place.file {
            Some(file) => Arc::new(StringArray::new_repeated(file, count)) as ArrayRef,
            None => new_null_array(&DataType::Utf8, count),
        });
        columns.push(Arc::new(match place.group {
            Some(group) => Int32Array::from_value(group, count),
            None => Int32Array::new_null(count),
        }));
        let numbers = hits.iter().map(|hit| place.first_row + i64::from(hit.row));
        columns.push(Arc::new(Int64Array::from_iter_values(numbers)));
        match events {
            None => {
                columns.push(Arc::new(rows.time.clone()));
                columns.push(Arc::new(rows.event.clone()));
            }
            Some(events) => {
                columns.push(take(&rows.time, events, None)?);
                columns.push(take(&rows.event, events, None)?);
            }
        }
        RecordBatch::try_new(self.schema.clone(), columns)
    }
}

fn schema(event: &Fields) -> Schema {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let tags = DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)));
    Schema::new(vec![
        text("rule_id"),
        text("rule_title"),
        text("level"),
        text("author"),
        Field::new("tags", tags, true),
        text("file"),
        Field::new("row_group", DataType::Int32, true),
        Field::new("row", DataType::Int64, false),
        Field::new("time", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("event", DataType::Struct(event.clone()), false),
    ])
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
        text(&|r| match (&rules[r].id, &rules[r].path) {
            (None, Some(path)) => Some(path.clone()),
            _ => Some(rules[r].title.clone()),
        }),
        text(&|r| rules[r].level.clone()),
        text(&|r| rules[r].author.clone()),
        Arc::new(tags.finish()),
    ]
}
