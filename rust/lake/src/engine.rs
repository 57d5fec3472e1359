//! The seam to the matcher: everything that this crate asks of the core, and what it makes of the core's errors.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::Schema;

pub(crate) use sigtrawl_core::{
    BindOptions, Binding, Columns, Engine, ErrorKind, EventTimes, Lost, Mapping, RuleBinding, RuleEntry, RuleSet,
    Scanner, State, TimeColumn, has_column,
};

/// Why rules could not be tied to a table.
#[derive(Debug)]
pub(crate) struct BindFailure {
    /// It is this table: another one may well be of a known schema. Otherwise no table will do.
    pub(crate) unrecognised: bool,
    pub(crate) reason: String,
}

/// Ties rules to a table.
pub(crate) fn bind(rules: &RuleSet, schema: &Schema, options: &BindOptions) -> Result<Arc<Binding>, BindFailure> {
    Binding::new(rules, schema, options).map(Arc::new).map_err(|error| BindFailure {
        unrecognised: error.kind() == ErrorKind::Schema && options.schema.is_none(),
        reason: error.to_string(),
    })
}

/// The (row, rule) pairs of a batch that has exactly the binding's columns, in order.
pub(crate) fn scan(scanner: &mut Scanner, batch: &RecordBatch) -> Result<Vec<(u32, u32)>, String> {
    scanner.scan(batch).map_err(|error| error.to_string())
}

/// The (row, rule) pairs of the rows at hand, in order; only the columns that decide are read.
pub(crate) fn scan_columns(scanner: &mut Scanner, columns: &mut dyn Columns) -> Result<Vec<(u32, u32)>, String> {
    scanner.scan_columns(columns).map_err(|error| error.to_string())
}

/// The text form of a column, or `None` where its type has none.
pub(crate) fn text_form(array: &dyn Array) -> Option<ArrayRef> {
    sigtrawl_core::text_form(array).ok()
}

/// The instants of a time column's top-level column, and which rows hold a value at all.
pub(crate) fn times(column: &TimeColumn, array: &ArrayRef) -> Result<EventTimes, String> {
    column.read(array).map_err(|error| error.to_string())
}
