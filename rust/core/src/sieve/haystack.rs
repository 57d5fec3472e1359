//! Arrays of text as haystacks: runs of bytes in which values lie one after the other.
//!
//! `Utf8` and `LargeUtf8` are one haystack as they are. The views of `Utf8View` are one where they point into a buffer in
//! ascending order (those of a page of plain values do: four bytes of length stand between two of them); what lies between the
//! values that are wanted is passed over. Elsewhere — short values, which lie in the views themselves, repeated values — the
//! values are copied one behind the other, which costs less than looking at them one by one.

use arrow::array::{Array, ArrayRef, AsArray, ByteView, GenericStringArray, OffsetSizeTrait, StringViewArray};
use arrow::datatypes::DataType;

use super::grams::Span;

/// Values of a view array lie in the view up to this length.
const INLINE: u32 = 12;
/// So many values that lie in a buffer one after the other are searched where they lie.
const FEWEST: usize = 16;

/// Bytes that are copied before they are searched: one long value may be repeated on many rows.
const MOST_COPIED: usize = 16 << 20;

/// Scratch for [`search`].
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    spans: Vec<Span>,
    rows: Vec<u32>,
    /// What is copied, and whose it is.
    copied: Vec<u8>,
    copied_spans: Vec<Span>,
    copied_rows: Vec<u32>,
}

impl Scratch {
    fn clear(&mut self) {
        self.spans.clear();
        self.rows.clear();
        self.copied.clear();
        self.copied_spans.clear();
        self.copied_rows.clear();
    }

    /// Hands over what has been copied where `more` bytes would make too much of it.
    fn make_room<E>(&mut self, more: usize, visit: &mut impl FnMut(&Haystack<'_>) -> Result<(), E>) -> Result<(), E> {
        if !self.copied.is_empty() && self.copied.len() + more > MOST_COPIED {
            visit(&Haystack { bytes: &self.copied, spans: &self.copied_spans, rows: &self.copied_rows })?;
            self.copied.clear();
            self.copied_spans.clear();
            self.copied_rows.clear();
        }
        Ok(())
    }

    fn copy(&mut self, row: u32, value: &[u8]) {
        let start = self.copied.len() as u32;
        self.copied.extend_from_slice(value);
        self.copied_spans.push(Span { start, end: start + value.len() as u32 });
        self.copied_rows.push(row);
    }
}

/// Bytes, the spans of values in them, and the rows whose values they are.
pub(crate) struct Haystack<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) spans: &'a [Span],
    pub(crate) rows: &'a [u32],
}

/// Whether [`search`] reads arrays of this type.
pub(crate) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The value at a place that is not null, of an array of text.
pub(crate) fn text_at(array: &dyn Array, at: usize) -> &str {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(at),
        DataType::LargeUtf8 => array.as_string::<i64>().value(at),
        _ => array.as_string_view().value(at),
    }
}

/// Hands the values of `array` over as haystacks, without those of fewer bytes than `shortest`: all of them, or those at the places
/// in `only`. Values that are not ASCII, of any length, are in none of them: their places are appended to `others`.
///
/// # Errors
/// What `visit` returned.
pub(crate) fn search<E>(
    array: &ArrayRef,
    only: Option<&[u32]>,
    shortest: usize,
    scratch: &mut Scratch,
    others: &mut Vec<u32>,
    mut visit: impl FnMut(&Haystack<'_>) -> Result<(), E>,
) -> Result<(), E> {
    scratch.clear();
    match (only, array.data_type()) {
        (None, DataType::Utf8) => {
            offsets(array.as_string::<i32>(), 0..array.len(), shortest, scratch, others, &mut visit)?;
        }
        (None, DataType::LargeUtf8) => {
            offsets(array.as_string::<i64>(), 0..array.len(), shortest, scratch, others, &mut visit)?;
        }
        (None, DataType::Utf8View) => {
            views(array.as_string_view(), 0..array.len(), shortest, scratch, others, &mut visit)?;
        }
        (Some(only), data_type) => {
            let only = only.iter().map(|row| *row as usize);
            match data_type {
                DataType::Utf8 => offsets(array.as_string::<i32>(), only, shortest, scratch, others, &mut visit)?,
                DataType::LargeUtf8 => offsets(array.as_string::<i64>(), only, shortest, scratch, others, &mut visit)?,
                DataType::Utf8View => views(array.as_string_view(), only, shortest, scratch, others, &mut visit)?,
                _ => others.extend(only.filter(|&row| array.is_valid(row)).map(|row| row as u32)),
            }
        }
        // Whoever asks has asked `is_text` before.
        (None, _) => others.extend((0..array.len()).filter(|&row| array.is_valid(row)).map(|row| row as u32)),
    }
    if scratch.copied_spans.is_empty() {
        return Ok(());
    }
    visit(&Haystack { bytes: &scratch.copied, spans: &scratch.copied_spans, rows: &scratch.copied_rows })
}

fn offsets<O: OffsetSizeTrait, E>(
    array: &GenericStringArray<O>,
    rows: impl ExactSizeIterator<Item = usize>,
    shortest: usize,
    scratch: &mut Scratch,
    others: &mut Vec<u32>,
    visit: &mut impl FnMut(&Haystack<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let data = array.value_data();
    let at = array.value_offsets();
    let (Some(first), Some(last)) = (at.first(), at.last()) else { return Ok(()) };
    let (first, last) = (first.as_usize(), last.as_usize());
    // Few rows are better asked one by one.
    let ascii = rows.len() == array.len() && data[first..last].is_ascii();
    // Spans count in 32 bits; what goes beyond begins a new haystack.
    let mut base = first;
    for row in rows {
        let (start, end) = (at[row].as_usize(), at[row + 1].as_usize());
        if (end - start < shortest && ascii) || array.is_null(row) {
            continue;
        }
        if !(ascii || data[start..end].is_ascii()) || u32::try_from(end - start).is_err() {
            others.push(row as u32);
            continue;
        }
        if end - start < shortest {
            continue;
        }
        if u32::try_from(end - base).is_err() {
            visit(&Haystack { bytes: &data[base..], spans: &scratch.spans, rows: &scratch.rows })?;
            scratch.spans.clear();
            scratch.rows.clear();
            base = start;
        }
        scratch.spans.push(Span { start: (start - base) as u32, end: (end - base) as u32 });
        scratch.rows.push(row as u32);
    }
    visit(&Haystack { bytes: &data[base..], spans: &scratch.spans, rows: &scratch.rows })
}

fn views<E>(
    array: &StringViewArray,
    rows: impl Iterator<Item = usize>,
    shortest: usize,
    scratch: &mut Scratch,
    others: &mut Vec<u32>,
    visit: &mut impl FnMut(&Haystack<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let buffers = array.data_buffers();
    let views = array.views();
    let mut run = Run { buffer: u32::MAX, end: 0 };
    for row in rows {
        let raw = views[row];
        let view = ByteView::from(raw);
        if array.is_null(row) {
            continue;
        }
        if view.length <= INLINE {
            let bytes = raw.to_le_bytes();
            let value = &bytes[4..4 + view.length as usize];
            if !value.is_ascii() {
                others.push(row as u32);
            } else if value.len() >= shortest {
                scratch.copy(row as u32, value);
            }
            continue;
        }
        let (start, end) = (view.offset as usize, view.offset as usize + view.length as usize);
        let value = &buffers[view.buffer_index as usize][start..end];
        if !value.is_ascii() || u32::try_from(end).is_err() {
            others.push(row as u32);
            continue;
        }
        if view.buffer_index != run.buffer || view.offset < run.end {
            run.flush(buffers, scratch, visit)?;
            run = Run { buffer: view.buffer_index, end: view.offset };
        }
        if value.len() < shortest {
            continue;
        }
        run.end = end as u32;
        scratch.spans.push(Span { start: view.offset, end: end as u32 });
        scratch.rows.push(row as u32);
    }
    run.flush(buffers, scratch, visit)
}

/// Values that lie in one buffer, ascending.
struct Run {
    buffer: u32,
    end: u32,
}

impl Run {
    /// Searches the run where it lies if it holds more than a few values, else copies them.
    fn flush<E>(
        &self,
        buffers: &[arrow::buffer::Buffer],
        scratch: &mut Scratch,
        visit: &mut impl FnMut(&Haystack<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if scratch.spans.is_empty() {
            return Ok(());
        }
        let bytes = &buffers[self.buffer as usize];
        // A haystack costs a call: a few values are better off among the copied.
        if scratch.spans.len() >= FEWEST {
            visit(&Haystack { bytes, spans: &scratch.spans, rows: &scratch.rows })?;
        } else {
            let (spans, rows) = (std::mem::take(&mut scratch.spans), std::mem::take(&mut scratch.rows));
            for (span, row) in spans.iter().zip(&rows) {
                scratch.make_room((span.end - span.start) as usize, visit)?;
                scratch.copy(*row, &bytes[span.start as usize..span.end as usize]);
            }
            (scratch.spans, scratch.rows) = (spans, rows);
        }
        scratch.spans.clear();
        scratch.rows.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;

    use arrow::array::{LargeStringArray, StringArray, UInt32Array};
    use arrow::compute::take;

    use super::*;

    fn collected(array: &ArrayRef) -> (Vec<(u32, String)>, Vec<u32>) {
        let (mut scratch, mut others, mut seen) = (Scratch::default(), Vec::new(), Vec::new());
        let done = search::<Infallible>(array, None, 2, &mut scratch, &mut others, |hay| {
            assert_eq!(hay.spans.len(), hay.rows.len());
            assert!(hay.spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "spans ascend");
            for (span, row) in hay.spans.iter().zip(hay.rows) {
                let bytes = &hay.bytes[span.start as usize..span.end as usize];
                seen.push((*row, String::from_utf8(bytes.to_vec()).unwrap()));
            }
            Ok(())
        });
        assert!(done.is_ok());
        seen.sort();
        others.sort_unstable();
        (seen, others)
    }

    #[test]
    fn every_form_of_text_gives_the_same_values() {
        let long = "a value of more than twelve bytes";
        let texts = [Some("ab"), None, Some(long), Some(""), Some("x"), Some("grün"), Some(long), Some("twelve bytes")];
        let many: Vec<Option<String>> =
            (0..100).map(|n| texts[n % 8].map(|t| format!("{t}{}", "z".repeat(n / 8)))).collect();
        let expected: Vec<(u32, String)> = many
            .iter()
            .enumerate()
            .filter_map(|(row, text)| Some((row as u32, text.clone()?)))
            .filter(|(_, text)| text.len() >= 2 && text.is_ascii())
            .collect();
        let odd: Vec<u32> = (0..100).filter(|row| row % 8 == 5).collect();
        let arrays: [ArrayRef; 3] = [
            Arc::new(many.iter().cloned().collect::<StringArray>()),
            Arc::new(many.iter().cloned().collect::<LargeStringArray>()),
            Arc::new(many.iter().cloned().collect::<StringViewArray>()),
        ];
        for array in &arrays {
            assert_eq!(collected(array), (expected.clone(), odd.clone()), "{}", array.data_type());
            // Backwards: views no longer ascend.
            let backwards = UInt32Array::from_iter_values((0..100).rev());
            let turned = collected(&take(array, &backwards, None).unwrap());
            let mut expected: Vec<(u32, String)> = expected.iter().map(|(row, t)| (99 - row, t.clone())).collect();
            expected.sort();
            assert_eq!(turned.0, expected);
            // A slice keeps its buffers.
            let sliced = collected(&array.slice(10, 50));
            assert!(sliced.0.iter().all(|(row, text)| many[*row as usize + 10].as_deref() == Some(text)));
        }
    }
}
