//! Arrays of which we know what Arrow would check again.
//!
//! The only unsafe code of this crate. Arrow's own constructors look at every view, every text and every key a second time:
//! measured, that costs as much as all the rest of reading an uncompressed page (`benches/record/2026-11-24-page-reader.md`).

#![allow(unsafe_code)]

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryViewArray, DictionaryArray, Int32Array, StringViewArray};
use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::Int32Type;

/// Texts as [`plain::views`](super::plain::views) gives them for `page`, in which it found text alone.
pub(super) fn text_views(views: Vec<u128>, page: Buffer, nulls: Option<NullBuffer>) -> ArrayRef {
    debug_assert!(StringViewArray::try_new(views.clone().into(), vec![page.clone()], nulls.clone()).is_ok());
    // SAFETY: `plain::views` makes each view from a value that lies within the page, its length and its first bytes included,
    // with the rest of short ones zero; it has checked that all values are UTF-8. Rows without a value have the view of an
    // empty text. `nulls` is as long as `views`: both come from one call of `spread`.
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

/// A dictionary whose keys, where they are not null, are places in `values`: [`Hybrid::read`](super::hybrid::Hybrid::read)
/// refuses others.
pub(super) fn dictionary(keys: Vec<i32>, values: ArrayRef, nulls: Option<NullBuffer>) -> ArrayRef {
    let keys = Int32Array::new(keys.into(), nulls);
    debug_assert!(DictionaryArray::<Int32Type>::try_new(keys.clone(), values.clone()).is_ok());
    // SAFETY: each key was compared with the length of `values` when it was read.
    Arc::new(unsafe { DictionaryArray::<Int32Type>::new_unchecked(keys, values) })
}
