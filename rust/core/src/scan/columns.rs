//! Columns as a reader hands them over: on demand, and in parts.
//!
//! A Parquet chunk may change from dictionary to plain pages midway, and a column that no rule asks about in these rows need
//! not be read at all. So a scanner takes columns one by one, each as a list of arrays that follow each other.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::{cast, concat};
use arrow::datatypes::DataType;

use crate::error::Error;

/// The columns of a run of rows, by their positions in [`Binding::columns`](crate::Binding::columns).
pub trait Columns {
    /// The number of rows.
    fn rows(&self) -> usize;

    /// The column at `position`: arrays that follow each other, together as long as there are rows. Text may come as any text
    /// or dictionary type, each part in its own; text that is no UTF-8 comes as binary. Asked once at most for each position.
    ///
    /// # Errors
    /// The column cannot be read.
    fn column(&mut self, position: usize) -> Result<Vec<ArrayRef>, Error>;
}

impl Columns for &RecordBatch {
    fn rows(&self) -> usize {
        self.num_rows()
    }

    fn column(&mut self, position: usize) -> Result<Vec<ArrayRef>, Error> {
        Ok(vec![RecordBatch::column(self, position).clone()])
    }
}

/// The parts of a column as one array.
pub(super) fn whole(mut parts: Vec<ArrayRef>) -> Result<ArrayRef, Error> {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return Ok(only);
    }
    let same = parts.windows(2).all(|pair| pair[0].data_type() == pair[1].data_type());
    // Binary, since what is text in one part may be no text in another; both have the same text forms.
    let cannot = |e: arrow::error::ArrowError| Error::batch(format!("the parts of a column cannot be joined: {e}"));
    if !same {
        for part in &mut parts {
            *part = cast(part, &DataType::BinaryView).map_err(cannot)?;
        }
    }
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    concat(&parts).map_err(cannot)
}
