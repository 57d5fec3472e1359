//! One page, told apart into levels and values.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, new_empty_array};
use arrow::buffer::{Buffer, OffsetBuffer};
use arrow::datatypes::DataType;
use parquet::basic::Encoding;
use parquet::column::page::Page;

use super::hybrid::{Hybrid, Levels};
use super::kind::{self, Kind};
use super::plain;

/// Why this reader does not go on with a column.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A page is of a form that is left to the Arrow reader.
    Unsupported,
    /// A page is damaged.
    Damaged(String),
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self::Damaged(reason)
    }
}

/// The values that indices point to.
#[derive(Debug, Clone)]
pub(super) enum Dictionary {
    /// As an array, the same one for all pages of the chunk, by which a scanner recognises it.
    Values(ArrayRef),
    /// Some value is no text: views into the page, from which rows get theirs one by one.
    Views { page: Buffer, views: Vec<u128> },
}

impl Dictionary {
    /// What the indices of a chunk without dictionary point to: only nulls are possible.
    pub(super) fn empty(kind: &Kind) -> Self {
        Self::Values(new_empty_array(match kind {
            Kind::Text => &DataType::Utf8,
            Kind::Number { target, .. } => target,
        }))
    }

    /// Reads a dictionary page.
    pub(super) fn read(kind: &Kind, page: Buffer, count: u32, encoding: Encoding) -> Result<Self, Stop> {
        if !matches!(encoding, Encoding::PLAIN | Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY) {
            return Err(Stop::Unsupported);
        }
        let count = count as usize;
        match kind {
            Kind::Text => Ok(Self::of_texts(page, count)?),
            Kind::Number { wide, target } => {
                Ok(Self::Values(kind::numbers(&page, 0, count, *wide, target).map_err(Stop::Damaged)?.0))
            }
        }
    }

    fn of_texts(page: Buffer, count: usize) -> Result<Self, String> {
        let mut views = Vec::new();
        // Finds damage, and with it how many bytes the values take together.
        let walk = plain::views(&page, 0, count, &mut views)?;
        if walk.text {
            let mut bytes = Vec::with_capacity(walk.end - count * plain::LENGTH);
            let mut lengths = Vec::with_capacity(count);
            let mut at = 0;
            while let Some((value, next)) = plain::value_at(&page, at).filter(|_| lengths.len() < count) {
                bytes.extend_from_slice(value);
                lengths.push(value.len());
                at = next;
            }
            // A page has at most `i32::MAX` bytes.
            let texts = StringArray::try_new(OffsetBuffer::from_lengths(lengths), bytes.into(), None);
            return Ok(Self::Values(Arc::new(texts.map_err(|e| e.to_string())?)));
        }
        Ok(Self::Views { page, views })
    }

    /// The number of values, below which indices must be.
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::Values(values) => values.len() as u32,
            Self::Views { views, .. } => views.len() as u32,
        }
    }
}

/// A data page and how far it has been read.
#[derive(Debug)]
pub(super) struct DataPage {
    /// Rows that have not been read.
    pub(super) rows: usize,
    /// `None` where all rows hold a value.
    levels: Option<Levels>,
    pub(super) values: Values,
}

/// The values of a data page, as they are encoded.
#[derive(Debug)]
pub(super) enum Values {
    Indices(Hybrid),
    Plain { page: Buffer, at: usize },
}

impl DataPage {
    /// Tells a page apart. `optional`: its column may hold nulls.
    pub(super) fn new(page: &Page, optional: bool) -> Result<Self, Stop> {
        let buffer = Buffer::from(page.buffer().clone());
        let (levels, start) = match page {
            Page::DataPage { def_level_encoding, .. } if optional => {
                if *def_level_encoding != Encoding::RLE {
                    return Err(Stop::Unsupported);
                }
                let (length, rest) =
                    buffer.split_first_chunk().ok_or_else(|| "it ends within its definition levels".to_owned())?;
                let length = u32::from_le_bytes(*length) as usize;
                if length > rest.len() {
                    return Err(Stop::Damaged(format!(
                        "{length} bytes of definition levels, where {} are left",
                        rest.len()
                    )));
                }
                let levels = Levels::new(buffer.slice_with_length(4, length))?;
                (Some(levels), 4 + length)
            }
            Page::DataPage { .. } => (None, 0),
            Page::DataPageV2 { num_values, num_rows, num_nulls, def_levels_byte_len, rep_levels_byte_len, .. } => {
                if num_rows != num_values {
                    return Err(Stop::Damaged(format!("{num_values} values in {num_rows} rows of a flat column")));
                }
                let (repetition, definition) = (*rep_levels_byte_len as usize, *def_levels_byte_len as usize);
                let start = repetition.saturating_add(definition);
                if start > buffer.len() {
                    return Err(Stop::Damaged(format!("{start} bytes of levels in a page of {}", buffer.len())));
                }
                let all_there = !optional || (definition == 0 && *num_nulls == 0);
                let levels =
                    if all_there { None } else { Some(Levels::new(buffer.slice_with_length(repetition, definition))?) };
                (levels, start)
            }
            Page::DictionaryPage { .. } => return Err(Stop::Damaged("a dictionary in the place of data".to_owned())),
        };
        let values = match page.encoding() {
            Encoding::PLAIN => Values::Plain { page: buffer, at: start },
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                // Without values there may be nothing at all, not even the width.
                let width = buffer.get(start).copied().unwrap_or(0);
                Values::Indices(Hybrid::new(buffer.slice(buffer.len().min(start + 1)), width)?)
            }
            _ => return Err(Stop::Unsupported),
        };
        Ok(Self { rows: page.num_values() as usize, levels, values })
    }

    /// Which of the next `rows` rows hold a value; `None`: all of them.
    pub(super) fn present(&mut self, rows: usize) -> Result<Option<arrow::buffer::BooleanBuffer>, String> {
        self.rows -= rows;
        match &mut self.levels {
            None => Ok(None),
            Some(levels) => levels.take(rows),
        }
    }

    /// Passes over `rows` rows.
    pub(super) fn skip(&mut self, rows: usize, kind: &Kind) -> Result<(), String> {
        self.rows -= rows;
        if self.rows == 0 {
            return Ok(()); // what is left of the page is not looked at any more
        }
        let count = match &mut self.levels {
            None => rows,
            Some(levels) => levels.skip(rows)?,
        };
        match (&mut self.values, kind) {
            (Values::Indices(indices), _) => indices.skip(count),
            (Values::Plain { page, at }, Kind::Text) => {
                *at = plain::skip(page, *at, count)?;
                Ok(())
            }
            (Values::Plain { at, .. }, Kind::Number { wide, .. }) => {
                // Beyond the page there is nothing to read, which reading will find.
                *at = at.saturating_add(count.saturating_mul(if *wide { 8 } else { 4 }));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use bytes::Bytes;

    use super::*;
    use crate::pages::parts::Parts;

    /// Three rows, the second null: levels of the first kind, then the values.
    fn first(values: &[u8], encoding: Encoding) -> Page {
        let levels = [2, 0, 0, 0, 1 << 1 | 1, 0b101];
        v1([&levels, values].concat(), 3, encoding)
    }

    fn v1(bytes: Vec<u8>, num_values: u32, encoding: Encoding) -> Page {
        Page::DataPage {
            buf: Bytes::from(bytes),
            num_values,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        }
    }

    fn v2(bytes: Vec<u8>, rows: u32, values: u32, levels: (u32, u32)) -> Page {
        Page::DataPageV2 {
            buf: Bytes::from(bytes),
            num_values: values,
            encoding: Encoding::PLAIN,
            num_nulls: 1,
            num_rows: rows,
            def_levels_byte_len: levels.1,
            rep_levels_byte_len: levels.0,
            is_compressed: false,
            statistics: None,
        }
    }

    fn read(page: &Page, kind: &Kind, dictionary: &Dictionary) -> Result<usize, Stop> {
        let mut page = DataPage::new(page, true)?;
        let rows = page.rows;
        let mut parts = Parts::new();
        parts.append(&mut page, rows, kind, dictionary)?;
        Ok(parts.finish(dictionary).iter().map(Array::len).sum())
    }

    fn damage(page: &Page, kind: &Kind, dictionary: &Dictionary) -> String {
        match read(page, kind, dictionary) {
            Err(Stop::Damaged(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    fn number() -> Kind {
        Kind::Number { wide: true, target: DataType::Int64 }
    }

    fn texts(page: &[u8], count: u32) -> Result<Dictionary, Stop> {
        Dictionary::read(&Kind::Text, page.to_vec().into(), count, Encoding::PLAIN)
    }

    #[test]
    fn sound_pages_have_all_their_rows() {
        let dictionary = texts(b"\x02\0\0\0nc\0\0\0\0", 2).unwrap();
        assert_eq!(dictionary.len(), 2);
        assert_eq!(read(&first(&[1, 2 << 1, 1], Encoding::RLE_DICTIONARY), &Kind::Text, &dictionary), Ok(3));
        let plain = b"\x02\0\0\0nc\x03\0\0\0\xff\xff\xff";
        assert_eq!(read(&first(plain, Encoding::PLAIN), &Kind::Text, &dictionary), Ok(3));
        assert_eq!(read(&first(&[7; 16], Encoding::PLAIN), &number(), &Dictionary::empty(&number())), Ok(3));
        let second = v2([&[1 << 1 | 1, 0b101], &plain[..]].concat(), 3, 3, (0, 2));
        assert_eq!(read(&second, &Kind::Text, &dictionary), Ok(3));
        // All rows null, and neither dictionary nor values.
        let nulls = v1(vec![2, 0, 0, 0, 5 << 1, 0], 5, Encoding::RLE_DICTIONARY);
        assert_eq!(read(&nulls, &Kind::Text, &Dictionary::empty(&Kind::Text)), Ok(5));
    }

    #[test]
    fn other_encodings_are_left_to_others() {
        let dictionary = Dictionary::empty(&Kind::Text);
        let delta = first(&[0; 20], Encoding::DELTA_BYTE_ARRAY);
        assert_eq!(read(&delta, &Kind::Text, &dictionary), Err(Stop::Unsupported));
        let mut old = first(&[0; 20], Encoding::PLAIN);
        if let Page::DataPage { def_level_encoding, .. } = &mut old {
            #[allow(deprecated)]
            let bits = Encoding::BIT_PACKED;
            *def_level_encoding = bits;
        }
        assert_eq!(read(&old, &Kind::Text, &dictionary), Err(Stop::Unsupported));
        let read = Dictionary::read(&Kind::Text, Buffer::from(&[0_u8; 4]), 1, Encoding::DELTA_BYTE_ARRAY);
        assert_eq!(read.err(), Some(Stop::Unsupported));
    }

    #[test]
    fn counts_and_lengths_are_believed_as_far_as_there_are_bytes() {
        let empty = Dictionary::empty(&Kind::Text);
        let dictionary = texts(b"\x02\0\0\0nc\0\0\0\0", 2).unwrap();
        let text = |page: &Page| damage(page, &Kind::Text, &dictionary);
        assert!(text(&v1(vec![2, 0], 3, Encoding::PLAIN)).contains("definition levels"));
        assert!(text(&v1(vec![9, 0, 0, 0, 3, 5], 3, Encoding::PLAIN)).contains("9 bytes of definition levels"));
        assert!(text(&v1(vec![0, 0, 0, 0], 3, Encoding::PLAIN)).contains("end before"));
        assert!(text(&v1(vec![2, 0, 0, 0, 3, 5], u32::MAX, Encoding::PLAIN)).contains("end before"));
        assert!(text(&first(b"\x02\0\0\0nc", Encoding::PLAIN)).contains("it ends"));
        assert!(text(&first(b"\x02\0\0\0nc\xff\xff\xff\x7f", Encoding::PLAIN)).contains("2147483647 bytes"));
        assert!(text(&first(&[], Encoding::RLE_DICTIONARY)).contains("end before"));
        assert!(text(&first(&[33, 4, 0], Encoding::RLE_DICTIONARY)).contains("33 bits"));
        assert!(text(&first(&[2, 2 << 1, 2], Encoding::RLE_DICTIONARY)).contains("index 2 into a dictionary of 2"));
        assert!(
            damage(&first(&[1, 2 << 1, 0], Encoding::RLE_DICTIONARY), &Kind::Text, &empty).contains("dictionary of 0")
        );
        assert!(damage(&first(&[7; 15], Encoding::PLAIN), &number(), &empty).contains("it ends"));
        assert!(text(&v2(vec![3, 5], 2, 3, (0, 2))).contains("3 values in 2 rows"));
        assert!(text(&v2(vec![3, 5], 3, 3, (u32::MAX, 2))).contains("bytes of levels"));
        assert!(text(&v2(vec![3, 5], 3, 3, (0, 3))).contains("3 bytes of levels in a page of 2"));
        let page =
            Page::DictionaryPage { buf: Bytes::new(), num_values: 0, encoding: Encoding::PLAIN, is_sorted: false };
        assert!(text(&page).contains("in the place of data"));
    }

    #[test]
    fn a_dictionary_page_that_lies_is_refused() {
        let reason = |page: &[u8], count, kind: &Kind| match Dictionary::read(
            kind,
            page.to_vec().into(),
            count,
            Encoding::PLAIN,
        ) {
            Err(Stop::Damaged(reason)) => reason,
            other => panic!("{other:?}"),
        };
        let sound = b"\x02\0\0\0nc\0\0\0\0";
        assert!(reason(sound, 3, &Kind::Text).contains("it ends"));
        assert!(reason(sound, u32::MAX, &Kind::Text).contains("it ends"));
        assert!(reason(b"\x03\0\0\0nc", 1, &Kind::Text).contains("3 bytes"));
        assert!(reason(&[0; 15], 2, &number()).contains("it ends"));
        assert!(reason(&[0; 15], u32::MAX, &number()).contains("it ends"));
        assert!(matches!(texts(b"\x01\0\0\0\xff", 1), Ok(Dictionary::Views { .. })));
    }

    #[test]
    fn what_is_passed_over_is_not_looked_at() {
        let mut page = DataPage::new(&first(b"\x02\0\0\0nc\x01\0\0\0x", Encoding::PLAIN), true).unwrap();
        page.skip(2, &Kind::Text).unwrap();
        let mut parts = Parts::new();
        let dictionary = Dictionary::empty(&Kind::Text);
        parts.append(&mut page, 1, &Kind::Text, &dictionary).unwrap();
        let parts = parts.finish(&dictionary);
        assert_eq!(arrow::array::AsArray::as_string_view(&parts[0]).value(0), "x");
        let mut page = DataPage::new(&first(b"", Encoding::PLAIN), true).unwrap();
        assert!(page.skip(2, &Kind::Text).is_err());
        let mut page = DataPage::new(&first(b"", Encoding::PLAIN), true).unwrap();
        assert!(page.skip(3, &Kind::Text).is_ok());
    }
}
