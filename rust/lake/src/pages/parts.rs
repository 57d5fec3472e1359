//! The rows of a column put together, as few arrays as their encodings allow.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, DictionaryArray, Int32Array, NullBufferBuilder};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow::datatypes::Int32Type;

use super::hybrid::Hybrid;
use super::kind::{self, Kind};
use super::page::{DataPage, Dictionary, Values};
use super::{plain, unchecked};

/// Parts of a column: finished arrays, and the keys of dictionary pages that may go on.
#[derive(Debug)]
pub(super) struct Parts {
    done: Vec<ArrayRef>,
    keys: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Parts {
    pub(super) fn new() -> Self {
        Self { done: Vec::new(), keys: Vec::new(), nulls: NullBufferBuilder::new(0) }
    }

    /// Appends the next `rows` rows of `page`, which has as many.
    pub(super) fn append(
        &mut self,
        page: &mut DataPage,
        rows: usize,
        kind: &Kind,
        dictionary: &Dictionary,
    ) -> Result<(), String> {
        let present = page.present(rows)?;
        let count = present.as_ref().map_or(rows, BooleanBuffer::count_set_bits);
        match (&mut page.values, kind) {
            (Values::Indices(indices), _) => self.append_indices(indices, count, present, dictionary),
            (Values::Plain { page, at }, Kind::Text) => {
                self.flush(dictionary);
                let mut views = Vec::new();
                let walk = plain::views(page, *at, count, &mut views)?;
                *at = walk.end;
                self.push_views(views, page.clone(), present, walk.text);
                Ok(())
            }
            (Values::Plain { page, at }, Kind::Number { wide, target }) => {
                self.flush(dictionary);
                let (values, end) = kind::numbers(page, *at, count, *wide, target)?;
                *at = end;
                // Numbers come as dictionaries throughout, so that the parts of a column are of one type.
                let keys: Vec<i32> = (0..).take(count).collect();
                let keys = spread(keys, present.as_ref(), 0);
                self.done.push(dictionary_of(keys, values, present.map(NullBuffer::new))?);
                Ok(())
            }
        }
    }

    fn append_indices(
        &mut self,
        indices: &mut Hybrid,
        count: usize,
        present: Option<BooleanBuffer>,
        dictionary: &Dictionary,
    ) -> Result<(), String> {
        if let Dictionary::Views { page, views } = dictionary {
            let mut places = Vec::new();
            indices.read(count, dictionary.len(), &mut places)?;
            let rows = places.into_iter().map(|place| views[place.cast_unsigned() as usize]).collect();
            self.push_views(rows, page.clone(), present, false);
            return Ok(());
        }
        match present {
            None => {
                indices.read(count, dictionary.len(), &mut self.keys)?;
                self.nulls.append_n_non_nulls(count);
            }
            Some(present) => {
                let mut keys = Vec::new();
                indices.read(count, dictionary.len(), &mut keys)?;
                self.keys.append(&mut spread(keys, Some(&present), 0));
                self.nulls.append_buffer(&NullBuffer::new(present));
            }
        }
        Ok(())
    }

    fn push_views(&mut self, views: Vec<u128>, page: Buffer, present: Option<BooleanBuffer>, text: bool) {
        let views = spread(views, present.as_ref(), 0);
        let nulls = present.map(NullBuffer::new);
        let make = if text { unchecked::text_views } else { unchecked::binary_views };
        self.done.push(make(views, page, nulls));
    }

    /// Ends the keys that may go on.
    fn flush(&mut self, dictionary: &Dictionary) {
        if let Dictionary::Values(values) = dictionary
            && !self.keys.is_empty()
        {
            let keys = std::mem::take(&mut self.keys);
            let keys = Int32Array::new(keys.into(), self.nulls.finish());
            self.done.push(unchecked::dictionary(keys, values.clone()));
        }
    }

    /// All parts, in the order of the rows.
    pub(super) fn finish(mut self, dictionary: &Dictionary) -> Vec<ArrayRef> {
        self.flush(dictionary);
        self.done
    }
}

/// An array as a dictionary of its own rows.
pub(super) fn as_dictionary(rows: &ArrayRef) -> Result<ArrayRef, String> {
    let keys = (0..).take(rows.len()).collect();
    dictionary_of(keys, rows.clone(), rows.nulls().cloned())
}

fn dictionary_of(keys: Vec<i32>, values: ArrayRef, nulls: Option<NullBuffer>) -> Result<ArrayRef, String> {
    let keys = Int32Array::new(keys.into(), nulls);
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values).map_err(|e| e.to_string())?))
}

/// Puts the values of present rows into their places, and `blank` into the others.
pub(super) fn spread<T: Copy>(mut values: Vec<T>, present: Option<&BooleanBuffer>, blank: T) -> Vec<T> {
    let Some(present) = present else {
        return values;
    };
    // One more, so that the place behind the last value may be read.
    values.push(blank);
    let mut next = 0;
    let mut rows = Vec::with_capacity(present.len());
    rows.extend(present.iter().map(|there| {
        let value = if there { values[next] } else { blank };
        next += usize::from(there);
        value
    }));
    rows
}
