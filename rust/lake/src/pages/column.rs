//! One column of a row group, by whichever reader can read it.
//!
//! The page reader is for flat columns of text and whole numbers, in the encodings that nearly all archives use. Everything
//! else goes through the Arrow reader, one column at a time: nested columns and other types from the start, other encodings
//! from the page on in which they turn up. So no file is refused that could be read before.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};

use super::chunk::Chunk;
use super::page::Stop;
use super::parts::{Parts, as_dictionary};
use crate::file::{Purpose, Reader, Table};

/// A column and how far it has been read.
pub(super) struct Column {
    /// None where this column, or the rest of it, is not for the page reader.
    pages: Option<Chunk>,
    other: Fallback,
    /// Bytes of pages that were decompressed before the page reader gave up.
    before: u64,
}

impl Column {
    pub(super) fn new(pages: Option<Chunk>, other: Fallback) -> Self {
        Self { pages, other, before: 0 }
    }

    /// The rows `row..row + count` in parts; rows before them that have not been read are passed over.
    pub(super) fn read(&mut self, row: usize, count: usize) -> Result<Vec<ArrayRef>, String> {
        let (mut parts, mut from) = (Vec::new(), row);
        if let Some(chunk) = &mut self.pages {
            let mut own = Parts::new();
            match chunk.skip_to(row).and_then(|()| chunk.read(count, &mut own)) {
                Ok(()) => return Ok(chunk.finish(own)),
                Err(Stop::Damaged(reason)) => return Err(reason),
                Err(Stop::Unsupported) => {
                    parts = chunk.finish(own);
                    from = row.max(chunk.row());
                    self.before = chunk.bytes;
                    self.pages = None;
                }
            }
        }
        let rest = self.other.read(from, row + count - from)?;
        // Numbers that began as dictionaries go on as such.
        let alike = parts.first().is_some_and(is_number_dictionary);
        for part in rest {
            parts.push(if alike { as_dictionary(&part)? } else { part });
        }
        Ok(parts)
    }

    /// Bytes that were decompressed or decoded.
    pub(super) fn bytes(&self) -> u64 {
        self.pages.as_ref().map_or(self.before, |chunk| chunk.bytes) + self.other.bytes
    }
}

fn is_number_dictionary(part: &ArrayRef) -> bool {
    matches!(part.data_type(), DataType::Dictionary(_, values) if values.is_integer())
}

/// A column that the Arrow reader reads.
pub(super) struct Fallback {
    table: Arc<Table>,
    group: usize,
    column: usize,
    rows: usize,
    /// Rows that the reader decodes at once.
    batch: usize,
    reader: Option<Reader>,
    /// The row that comes next, from `held` if there is any.
    row: usize,
    held: Option<ArrayRef>,
    bytes: u64,
}

impl Fallback {
    pub(super) fn new(table: Arc<Table>, group: usize, column: usize, rows: usize, batch: usize) -> Self {
        Self { table, group, column, rows, batch, reader: None, row: 0, held: None, bytes: 0 }
    }

    fn read(&mut self, row: usize, count: usize) -> Result<Vec<ArrayRef>, String> {
        let reader = match self.reader.take() {
            Some(reader) if self.row == row => self.reader.insert(reader),
            _ => {
                // Pages without rows that are selected are not decompressed.
                let selection = RowSelection::from(vec![
                    RowSelector::skip(row),
                    RowSelector::select(self.rows.saturating_sub(row)),
                ]);
                self.held = None;
                self.row = row;
                let columns = [self.column];
                let reader = self.table.read(
                    self.group,
                    &columns,
                    Purpose::Match,
                    self.batch,
                    (row > 0).then_some(selection),
                )?;
                self.reader.insert(reader)
            }
        };
        let (mut parts, mut left) = (Vec::new(), count);
        while left > 0 {
            let part = match self.held.take() {
                Some(part) => part,
                None => match reader.next() {
                    Some(batch) => batch?.column(0).clone(),
                    None => return Err(format!("it ended after {} of {} rows", self.row, self.rows)),
                },
            };
            let here = part.len().min(left);
            if here < part.len() {
                self.held = Some(part.slice(here, part.len() - here));
            }
            self.row += here;
            left -= here;
            let part = part.slice(0, here);
            self.bytes += part.get_array_memory_size() as u64;
            parts.push(part);
        }
        Ok(parts)
    }
}
