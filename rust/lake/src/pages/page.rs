//! One page, told apart into levels and values.

use arrow::array::{ArrayRef, new_empty_array};
use arrow::buffer::{Buffer, OffsetBuffer};
use arrow::datatypes::DataType;
use parquet::basic::Encoding;
use parquet::column::page::Page;

use super::hybrid::{Hybrid, Levels};
use super::kind::{self, Kind};
use super::{plain, unchecked};

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
            return Ok(Self::Values(unchecked::texts(OffsetBuffer::from_lengths(lengths), bytes)));
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
mod tests;
