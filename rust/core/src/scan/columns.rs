//! Columns as a reader hands them over: on demand, and in parts.
//!
//! A Parquet chunk may change from dictionary to plain pages midway, and a column that no rule asks about in these rows need
//! not be read at all. So a scanner takes columns one by one, each as a list of arrays that follow each other.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::{cast, concat};
use arrow::datatypes::DataType;

use super::scanner::is_flat_text;
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
    // Binary, where what is text in one part is no text in another; both have the same text forms.
    let joined = if parts.iter().all(is_flat_text) { DataType::Utf8View } else { DataType::BinaryView };
    let cannot = |e: arrow::error::ArrowError| Error::batch(format!("the parts of a column cannot be joined: {e}"));
    if !same {
        for part in &mut parts {
            *part = cast(part, &joined).map_err(cannot)?;
        }
    }
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    concat(&parts).map_err(cannot)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BinaryArray, DictionaryArray, StringViewArray};
    use arrow::datatypes::Int32Type;

    use super::*;

    /// A sample of what is no text would never be searched.
    #[test]
    fn parts_of_text_are_text_together() {
        let dictionary: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
        let plain = StringViewArray::from(vec![Some("c"), None]);
        let bytes = BinaryArray::from_vec(vec![b"\xff"]);
        let joined = whole(vec![Arc::new(dictionary), Arc::new(plain)]).unwrap();
        assert_eq!(*joined, StringViewArray::from(vec![Some("a"), Some("b"), Some("a"), Some("c"), None]));
        let joined = whole(vec![joined, Arc::new(bytes)]).unwrap();
        assert_eq!((joined.data_type(), joined.len(), joined.null_count()), (&DataType::BinaryView, 6, 1));
    }
}
