//! Columns as a reader hands them over: on demand, and in parts.
//!
//! A Parquet chunk may change from dictionary to plain pages midway, and a column that no rule asks about in these rows need
//! not be read at all. So a scanner takes columns one by one, each as a list of arrays that follow each other.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::DataType;

use super::scanner::is_flat_text;
use super::signatures::same_array;
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
    let same = parts.windows(2).all(|pair| joinable(&pair[0], &pair[1]));
    // Binary, where what is text in one part is no text in another; both have the same text forms.
    let joined = if parts.iter().all(is_flat_text) {
        DataType::Utf8View
    } else if let Some(held) = held_by_all(&parts) {
        held
    } else {
        DataType::BinaryView
    };
    let cannot = |e: arrow::error::ArrowError| Error::batch(format!("the parts of a column cannot be joined: {e}"));
    if !same {
        for part in &mut parts {
            *part = spelled_out(part, &joined).map_err(cannot)?;
        }
    }
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    concat(&parts).map_err(cannot)
}

/// An array as one of this type, which is no dictionary. A dictionary's values are cast first and pointed to then: a cast of the whole
/// looks only at its keys for nulls, and takes a value that is null for the text that happens to lie under it.
fn spelled_out(part: &ArrayRef, joined: &DataType) -> Result<ArrayRef, arrow::error::ArrowError> {
    match part.as_any_dictionary_opt() {
        Some(dictionary) => take(&cast(dictionary.values(), joined)?, dictionary.keys(), None),
        None => cast(part, joined),
    }
}

/// Whether two arrays can be put together as they are: two dictionaries may hold more values together than keys can name.
fn joinable(a: &ArrayRef, b: &ArrayRef) -> bool {
    a.data_type() == b.data_type()
        && match (a.as_any_dictionary_opt(), b.as_any_dictionary_opt()) {
            (Some(a), Some(b)) => same_array(a.values(), b.values()),
            _ => true,
        }
}

/// The type of the values of dictionaries, if all are dictionaries of one type.
fn held_by_all(parts: &[ArrayRef]) -> Option<DataType> {
    let held = |part: &ArrayRef| Some(part.as_any_dictionary_opt()?.values().data_type().clone());
    let first = held(parts.first()?)?;
    parts.iter().all(|part| held(part).as_ref() == Some(&first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BinaryArray, DictionaryArray, Int8Array, Int64Array, StringArray, StringViewArray};
    use arrow::datatypes::{Int8Type, Int32Type, Int64Type};

    use super::*;

    /// A sample of what is no text would never be searched.
    #[test]
    fn parts_of_text_are_text_together() {
        let dictionary: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
        let plain = StringViewArray::from(vec![Some("c"), None]);
        let bytes = BinaryArray::from_vec(vec![b"\xff"]);
        let joined = whole(vec![Arc::new(dictionary), Arc::new(plain)]).unwrap();
        assert_eq!(*joined, StringViewArray::from(vec![Some("a"), Some("b"), Some("a"), Some("c"), None]));
        // More values than keys of one byte can name.
        let many = |first: i32| -> ArrayRef {
            let texts: Vec<String> = (first..first + 100).map(|n| n.to_string()).collect();
            Arc::new(texts.iter().map(String::as_str).collect::<DictionaryArray<Int8Type>>())
        };
        let numbers = |from: i64| -> ArrayRef {
            let keys = Int8Array::from_iter_values(0..100);
            Arc::new(DictionaryArray::new(keys, Arc::new(Int64Array::from_iter_values(from..from + 100))))
        };
        assert_eq!(whole(vec![many(0), many(100)]).unwrap().as_string_view().value(150), "150");
        assert_eq!(whole(vec![numbers(0), numbers(100)]).unwrap().as_primitive::<Int64Type>().value(150), 150);
        let joined = whole(vec![joined, Arc::new(bytes)]).unwrap();
        assert_eq!((joined.data_type(), joined.len(), joined.null_count()), (&DataType::BinaryView, 6, 1));
    }

    #[test]
    fn a_null_among_a_dictionarys_values_stays_one() {
        let of = |present: bool| -> ArrayRef {
            let texts = StringArray::from(vec!["secret", "other"]);
            let nulls = arrow::buffer::NullBuffer::from(vec![present, true]);
            let texts = StringArray::new(texts.offsets().clone(), texts.values().clone(), Some(nulls));
            Arc::new(DictionaryArray::new(Int8Array::from(vec![Some(0), Some(1), None]), Arc::new(texts)))
        };
        let joined = whole(vec![of(false), of(true)]).unwrap();
        let texts: Vec<_> = joined.as_string_view().iter().collect();
        assert_eq!(texts, [None, Some("other"), None, Some("secret"), Some("other"), None]);
        let bytes = |array: ArrayRef| -> ArrayRef {
            let dictionary = array.as_any_dictionary();
            let values = cast(dictionary.values(), &DataType::Binary).unwrap();
            Arc::new(DictionaryArray::new(dictionary.keys().as_primitive::<Int8Type>().clone(), values))
        };
        let joined = whole(vec![bytes(of(false)), bytes(of(true))]).unwrap();
        let nulls: Vec<_> = (0..joined.len()).map(|row| joined.is_null(row)).collect();
        assert_eq!(nulls, [true, false, true, false, false, true]);
    }
}
