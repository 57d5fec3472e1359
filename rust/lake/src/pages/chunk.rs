//! One column chunk of one row group, read row by row in pieces of any size.
//!
//! A chunk is a dictionary page, if it has one, and data pages. Only the dictionary and the page at hand are held. Rows that
//! nobody asks for are passed over: whole pages by their headers alone, without being decompressed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::ArrayRef;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::SerializedPageReader;

use super::kind::Kind;
use super::page::{DataPage, Dictionary, Stop};
use super::parts::Parts;
use super::source::Source;
use crate::blob::Blob;

/// A column chunk and how far it has been read.
pub(super) struct Chunk {
    pages: SerializedPageReader<Source>,
    kind: Kind,
    /// Whether rows may be null.
    optional: bool,
    dictionary: Option<Dictionary>,
    page: Option<DataPage>,
    /// Data pages that were begun or passed over.
    seen: usize,
    row: usize,
    rows: usize,
    /// Bytes of the pages that were decompressed.
    pub(super) bytes: u64,
}

impl Chunk {
    /// A reader over the chunk that `meta` describes, of `rows` rows.
    pub(super) fn open(
        file: Blob,
        size: u64,
        meta: &ColumnChunkMetaData,
        rows: usize,
        kind: Kind,
    ) -> Result<Self, Stop> {
        let start = meta.dictionary_page_offset().unwrap_or_else(|| meta.data_page_offset());
        let end = u64::try_from(start).ok().zip(u64::try_from(meta.compressed_size()).ok());
        let end = end.and_then(|(start, length)| start.checked_add(length)).filter(|end| *end <= size);
        let end = end.ok_or_else(|| "its place is not within the file".to_owned())?;
        let optional = meta.column_descr().max_def_level() > 0;
        let pages = SerializedPageReader::new(Arc::new(Source::new(file, end)), meta, rows, None)
            .map_err(|e| Stop::Damaged(reason(&e)))?;
        Ok(Self { pages, kind, optional, dictionary: None, page: None, seen: 0, row: 0, rows, bytes: 0 })
    }

    /// The next row.
    pub(super) fn row(&self) -> usize {
        self.row
    }

    /// Passes over all rows before `row`.
    pub(super) fn skip_to(&mut self, row: usize) -> Result<(), Stop> {
        while self.row < row {
            let wanted = row - self.row;
            match &mut self.page {
                Some(page) if page.rows > 0 => {
                    let rows = wanted.min(page.rows);
                    let skipped = page.skip(rows, &self.kind);
                    self.named(skipped)?;
                    self.row += rows;
                }
                _ => {
                    let rows = self.pass(wanted)?;
                    self.row += rows;
                }
            }
        }
        Ok(())
    }

    /// Appends the next `count` rows to `parts`. After `Unsupported`, those before [`Chunk::row`] have been appended.
    pub(super) fn read(&mut self, count: usize, parts: &mut Parts) -> Result<(), Stop> {
        let end = self.row + count;
        while self.row < end {
            let Some(page) = self.page.as_mut().filter(|page| page.rows > 0) else {
                self.load()?;
                continue;
            };
            let rows = (end - self.row).min(page.rows);
            let dictionary = self.dictionary.get_or_insert_with(|| Dictionary::empty(&self.kind));
            let read = parts.append(page, rows, &self.kind, dictionary);
            self.named(read)?;
            self.row += rows;
        }
        Ok(())
    }

    /// The finished parts.
    pub(super) fn finish(&self, parts: Parts) -> Vec<ArrayRef> {
        match &self.dictionary {
            Some(dictionary) => parts.finish(dictionary),
            None => parts.finish(&Dictionary::empty(&self.kind)),
        }
    }

    /// Passes over the next data page if it has at most `most` rows, and says how many; otherwise loads it, and says 0.
    fn pass(&mut self, most: usize) -> Result<usize, Stop> {
        let Some(next) = self.peek()? else {
            return Err(self.ended());
        };
        if !next.is_dict
            && let Some(rows) = next.num_levels.filter(|rows| *rows <= most)
        {
            let skipped = guarded(|| self.pages.skip_next_page());
            self.named(skipped)?;
            self.page = None;
            self.seen += 1;
            return Ok(rows);
        }
        self.load()?;
        Ok(0)
    }

    /// Loads the next data page, and a dictionary that comes before it.
    fn load(&mut self) -> Result<(), Stop> {
        self.page = None;
        loop {
            let page = guarded(|| self.pages.get_next_page());
            let Some(page) = self.named(page)? else {
                return Err(self.ended());
            };
            self.bytes += page.buffer().len() as u64;
            if let Page::DictionaryPage { buf, num_values, encoding, .. } = page {
                if self.dictionary.is_some() || self.seen > 0 {
                    return self.named(Err("a dictionary that is not at its beginning".to_owned()));
                }
                let read = Dictionary::read(&self.kind, buf.into(), num_values, encoding);
                self.dictionary = Some(self.located(read)?);
                continue;
            }
            let opened = DataPage::new(&page, self.optional);
            let page = self.located(opened)?;
            self.seen += 1;
            let left = self.rows - self.row;
            if page.rows > left {
                return self.named(Err(format!("{} rows, where its row group has {left} left", page.rows)));
            }
            if matches!(page.values, super::page::Values::Indices(_)) && self.dictionary.is_none() {
                // Without a dictionary there can be no value, only nulls.
                self.dictionary = Some(Dictionary::empty(&self.kind));
            }
            self.page = Some(page);
            return Ok(());
        }
    }

    fn peek(&mut self) -> Result<Option<PageMetadata>, Stop> {
        let peeked = guarded(|| self.pages.peek_next_page());
        self.named(peeked)
    }

    fn ended(&self) -> Stop {
        Stop::Damaged(format!("it ended after {} of {} rows", self.row, self.rows))
    }

    /// Puts the number of the page before a reason.
    fn named<T>(&self, result: Result<T, String>) -> Result<T, Stop> {
        self.located(result.map_err(Stop::Damaged))
    }

    fn located<T>(&self, result: Result<T, Stop>) -> Result<T, Stop> {
        result.map_err(|stop| match stop {
            Stop::Damaged(reason) => Stop::Damaged(format!("page {}: {reason}", self.seen)),
            Stop::Unsupported => Stop::Unsupported,
        })
    }
}

/// Calls the page reader, which trips over some damaged headers; that is the file's fault and not the scan's.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result.map_err(|e| reason(&e)),
        Err(_) => Err("its header is damaged".to_owned()),
    }
}

fn reason(error: &ParquetError) -> String {
    crate::file::parquet_reason(error)
}
