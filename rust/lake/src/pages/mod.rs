//! The columns of a row group, read page by page and on demand.
//!
//! The Arrow reader of the parquet crate decodes all columns of a batch into one array each. This reader hands over what is in
//! the pages: a dictionary once for the whole chunk, with keys, so that its values are judged once; plain text as views into
//! the page, which is then one haystack. A column that nobody asks for in some rows is passed over there, page by page,
//! without being decompressed.
//!
//! | module | one idea |
//! |---|---|
//! | `source` | the bytes of a chunk, by positioned reads |
//! | `hybrid` | runs and packed bits: dictionary indices, definition levels |
//! | `plain` | text in a page as views into it |
//! | `kind` | which columns are read here, and as what |
//! | `page` | one page, told apart into levels and values |
//! | `parts` | rows put together as few arrays |
//! | `chunk` | one column chunk from page to page |
//! | `column` | a chunk, or what the Arrow reader has to read |
//! | `unchecked` | arrays of which we know what Arrow would check again |

mod chunk;
mod column;
mod hybrid;
mod kind;
mod page;
mod parts;
mod plain;
mod source;
mod unchecked;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, ArrayRef};
use sigtrawl_core::Columns;

use self::chunk::Chunk;
use self::column::{Column, Fallback};
use self::kind::Kind;
use self::page::Stop;
use crate::blob::Blob;
use crate::file::{self, Table};

/// The asked columns of one row group, a run of rows after the other.
pub(crate) struct GroupColumns {
    table: Arc<Table>,
    group: usize,
    /// Which columns of the table are asked, by position.
    asked: Vec<usize>,
    /// Opened when they are asked for the first time.
    columns: Vec<Option<Column>>,
    file: Option<Blob>,
    /// Rows of the group.
    total: usize,
    batch: usize,
    /// The rows at hand.
    start: usize,
    rows: usize,
    /// Time spent in reading.
    pub(crate) time: Duration,
}

impl GroupColumns {
    /// The columns `asked` of a row group, in runs of `batch` rows.
    pub(crate) fn new(table: &Arc<Table>, group: usize, asked: &[usize], batch: usize) -> Self {
        Self {
            table: table.clone(),
            group,
            asked: asked.to_vec(),
            columns: asked.iter().map(|_| None).collect(),
            file: None,
            total: usize::try_from(table.group(group).num_rows()).unwrap_or(0),
            batch,
            start: 0,
            rows: 0,
            time: Duration::ZERO,
        }
    }

    /// Moves to the next run of rows; false if there are no more.
    pub(crate) fn advance(&mut self) -> bool {
        self.start += self.rows;
        self.rows = self.batch.min(self.total - self.start);
        self.rows > 0
    }

    /// Reads all columns of these rows, and does nothing with them.
    pub(crate) fn read_all(&mut self) -> Result<(), String> {
        let started = Instant::now();
        let read = (0..self.asked.len()).try_for_each(|position| self.read(position).map(drop));
        self.time += started.elapsed();
        read
    }

    /// Bytes that were decompressed so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.columns.iter().flatten().map(Column::bytes).sum()
    }

    fn read(&mut self, position: usize) -> Result<Vec<ArrayRef>, String> {
        let column = self.asked[position];
        if let Some(one) = self.table.partition(column) {
            return Ok(vec![file::repeat(one, self.rows)]);
        }
        let name = || format!("column {}", self.table.schema().field(column).name());
        if self.columns[position].is_none() {
            let opened = match self.file.clone() {
                Some(file) => file,
                None => self.file.insert(self.table.reopen()?).clone(),
            };
            self.columns[position] = Some(self.open(column, opened).map_err(|reason| format!("{}: {reason}", name()))?);
        }
        let Some(reader) = &mut self.columns[position] else {
            return Err(format!("{} was not opened", name()));
        };
        let parts = reader.read(self.start, self.rows).map_err(|reason| format!("{}: {reason}", name()))?;
        let rows: usize = parts.iter().map(Array::len).sum();
        if rows != self.rows {
            return Err(format!("{}: {rows} rows where {} were asked for", name(), self.rows));
        }
        Ok(parts)
    }

    fn open(&self, column: usize, file: Blob) -> Result<Column, String> {
        let other = Fallback::new(self.table.clone(), self.group, column, self.total, self.batch);
        let Some((leaf, target)) = self.table.leaf(column) else {
            return Ok(Column::new(None, other));
        };
        let meta = self.table.group(self.group).column(leaf);
        let Some(kind) = Kind::of(meta.column_descr(), target) else {
            return Ok(Column::new(None, other));
        };
        match Chunk::open(file, self.table.size(), meta, self.total, kind) {
            Ok(chunk) => Ok(Column::new(Some(chunk), other)),
            Err(Stop::Unsupported) => Ok(Column::new(None, other)),
            Err(Stop::Damaged(reason)) => Err(reason),
        }
    }
}

impl Columns for GroupColumns {
    fn rows(&self) -> usize {
        self.rows
    }

    fn column(&mut self, position: usize) -> Result<Vec<ArrayRef>, sigtrawl_core::Error> {
        let started = Instant::now();
        let read = self.read(position);
        self.time += started.elapsed();
        read.map_err(sigtrawl_core::Error::batch)
    }
}

#[cfg(test)]
mod tests;
