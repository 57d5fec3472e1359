//! Arrays of which we know what Arrow would check again.
//!
//! The only unsafe code of this crate. Arrow's constructors look at each view, each text and each key a second time, which takes
//! longer than all that this reader does with a page (`benches/record/2026-11-24-page-reader.md`, `2026-11-30-engine.md`).

#![allow(unsafe_code)]

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryViewArray, DictionaryArray, Int32Array, StringArray, StringViewArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::Int32Type;

/// Texts as [`plain::views`](super::plain::views) gives them for `page`, in which it found text alone.
pub(super) fn text_views(views: Vec<u128>, page: Buffer, nulls: Option<NullBuffer>) -> ArrayRef {
    debug_assert!(StringViewArray::try_new(views.clone().into(), vec![page.clone()], nulls.clone()).is_ok());
    // SAFETY: `plain::views` makes each view from a value that lies within the page, its length and its first bytes included,
    // with the rest of short ones zero; it has checked that all values are UTF-8. Rows without a value have the view of an
    // empty text. `nulls` is as long as `views`: `parts::spread` made both from one bitmap.
    let array = unsafe { StringViewArray::new_unchecked(ScalarBuffer::from(views), vec![page], nulls) };
    Arc::new(array)
}

/// Values as [`plain::views`](super::plain::views) gives them for `page`, whatever is in them.
pub(super) fn binary_views(views: Vec<u128>, page: Buffer, nulls: Option<NullBuffer>) -> ArrayRef {
    debug_assert!(BinaryViewArray::try_new(views.clone().into(), vec![page.clone()], nulls.clone()).is_ok());
    // SAFETY: as above; binary values may be anything.
    let array = unsafe { BinaryViewArray::new_unchecked(ScalarBuffer::from(views), vec![page], nulls) };
    Arc::new(array)
}

/// The values of a dictionary page one behind the other, in which [`plain::views`](super::plain::views) found text alone.
pub(super) fn texts(offsets: OffsetBuffer<i32>, bytes: Vec<u8>) -> ArrayRef {
    debug_assert!(StringArray::try_new(offsets.clone(), bytes.clone().into(), None).is_ok());
    // SAFETY: the offsets were made of the lengths of the values that `bytes` consists of, each of which was found to be UTF-8.
    Arc::new(unsafe { StringArray::new_unchecked(offsets, bytes.into(), None) })
}

/// Rows by their keys, of which [`Hybrid::read`](super::hybrid::Hybrid::read) has let none through that is not below the number of
/// values.
pub(super) fn dictionary(keys: Int32Array, values: ArrayRef) -> ArrayRef {
    debug_assert!(DictionaryArray::<Int32Type>::try_new(keys.clone(), values.clone()).is_ok());
    // SAFETY: keys that were read are at least 0 and below the limit that `read` was given, which is the number of values; those of
    // rows without a value are null, and 0.
    Arc::new(unsafe { DictionaryArray::<Int32Type>::new_unchecked(keys, values) })
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use arrow::buffer::BooleanBuffer;

    use super::*;
    use crate::pages::parts::spread;
    use crate::pages::plain;

    /// Every length about the one where views change their form, every alignment, nulls at every place.
    #[test]
    fn what_arrow_would_check_holds() {
        for first in 0..20_usize {
            for nulls in 0..4 {
                let mut page = Vec::new();
                for length in first..first + 17 {
                    page.extend((length as u32).to_le_bytes());
                    page.extend("aüb".bytes().filter(u8::is_ascii).cycle().take(length));
                }
                let (page, mut views) = (Buffer::from(page), Vec::new());
                assert!(plain::views(&page, 0, 17, &mut views).unwrap().text);
                let present: BooleanBuffer = (0..17 * 2).map(|row| (row + nulls) % 2 == 0).collect();
                let views = spread(views, Some(&present), 0);
                let nulls = NullBuffer::new(present);
                for make in [text_views, binary_views] {
                    let array = make(views.clone(), page.clone(), Some(nulls.clone()));
                    assert_eq!((array.len(), array.null_count()), (34, 17));
                    array.to_data().validate_full().unwrap();
                }
            }
        }
    }
}
