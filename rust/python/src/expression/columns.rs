//! Columns in chunks, as batches: each column has chunks of its own, and a batch has all of them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Field, Schema, SchemaRef};

/// A column, in chunks.
pub(super) struct Column {
    pub(super) field: Field,
    pub(super) chunks: Vec<ArrayRef>,
}

/// Batches of one schema.
pub(super) struct Batches {
    pub(super) schema: SchemaRef,
    pub(super) batches: Vec<RecordBatch>,
}

impl Column {
    fn rows(&self) -> usize {
        self.chunks.iter().map(Array::len).sum()
    }
}

/// Puts columns together, cut wherever one of them is. A column of one value stands for as many as the others have. The last
/// one is a constant, which is there so that the expression is evaluated without any other, and that is an error.
pub(super) fn batches(mut columns: Vec<Column>) -> Result<Batches, String> {
    columns.pop();
    if columns.is_empty() {
        return Err("the expression has no columns: none of those that the rules read is in the frame".to_owned());
    }
    let rows = columns.iter().map(Column::rows).find(|rows| *rows != 1).unwrap_or(1);
    for column in &mut columns {
        if column.rows() == 1 && rows != 1 {
            let value = column.chunks.iter().find(|chunk| !chunk.is_empty());
            let repeated = value.map(|value| take(value, &UInt32Array::from_value(0, rows), None)).transpose();
            column.chunks = repeated.map_err(|error| error.to_string())?.into_iter().collect();
        }
        if column.rows() != rows {
            return Err(format!(
                "the column {} has {} rows, and others have {rows}",
                column.field.name(),
                column.rows()
            ));
        }
    }
    let mut cuts: Vec<usize> = columns.iter().flat_map(|column| ends(&column.chunks)).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let schema = Arc::new(Schema::new(columns.iter().map(|column| column.field.clone()).collect::<Vec<_>>()));
    let pieces: Vec<Vec<ArrayRef>> = columns.iter().map(|column| cut(&column.chunks, &cuts)).collect();
    let mut start = 0;
    let mut batches = Vec::with_capacity(cuts.len());
    for (place, end) in cuts.iter().enumerate().filter(|(_, end)| **end > 0) {
        let options = RecordBatchOptions::new().with_row_count(Some(end - start));
        let arrays = pieces.iter().map(|pieces| pieces[place].clone()).collect();
        batches.push(
            RecordBatch::try_new_with_options(schema.clone(), arrays, &options).map_err(|error| error.to_string())?,
        );
        start = *end;
    }
    Ok(Batches { schema, batches })
}

/// The number of rows up to the end of each chunk.
fn ends(chunks: &[ArrayRef]) -> impl Iterator<Item = usize> + '_ {
    chunks.iter().scan(0, |end, chunk| {
        *end += chunk.len();
        Some(*end)
    })
}

/// The chunks, cut at these places, among which are their own ends.
fn cut(chunks: &[ArrayRef], cuts: &[usize]) -> Vec<ArrayRef> {
    let mut pieces = Vec::with_capacity(cuts.len());
    let mut cuts = cuts.iter().peekable();
    let mut start = 0;
    for (chunk, end) in chunks.iter().zip(ends(chunks)) {
        let first = end - chunk.len();
        while let Some(cut) = cuts.next_if(|cut| **cut <= end) {
            pieces.push(chunk.slice(start - first, cut - start));
            start = *cut;
        }
    }
    pieces
}
