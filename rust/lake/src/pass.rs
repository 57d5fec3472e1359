//! The match pass over one row group: the columns that rules ask for, a run of rows after the other.
//!
//! There are two ways to read them, which give the same matches: page by page, and through the Arrow reader, which stays
//! as the slow twin that tests compare with. There is a third thing to do with them, to read and not to match, against which
//! matching is measured.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::Array;

use crate::engine::{self, Columns, Scanner};
use crate::file::{Purpose, Reader, Table};
use crate::options::{ReaderChoice, Work};
use crate::pages::GroupColumns;
use crate::tally::Counts;

/// Rows that were matched, and what matched in them: (row of the run, rule).
pub(crate) type Scanned = (usize, Vec<(u32, u32)>);

/// The rows of a group that are still to be matched.
pub(crate) enum Pass {
    Pages(Box<GroupColumns>),
    Arrow(Box<Reader>),
}

impl Pass {
    /// All rows of a row group, `batch` at a time.
    pub(crate) fn new(
        table: &Arc<Table>,
        group: usize,
        columns: &[usize],
        batch: usize,
        reader: ReaderChoice,
    ) -> Result<Self, String> {
        Ok(match reader {
            ReaderChoice::Pages => Self::Pages(Box::new(GroupColumns::new(table, group, columns, batch))),
            ReaderChoice::Arrow => Self::Arrow(Box::new(table.read(group, columns, Purpose::Match, batch, None)?)),
        })
    }

    /// Matches the next rows; `None` if there are no more.
    pub(crate) fn next(
        &mut self,
        scanner: &mut Scanner,
        work: Work,
        counts: &mut Counts,
    ) -> Option<Result<Scanned, String>> {
        match self {
            Self::Pages(columns) => columns.advance().then(|| by_pages(columns, scanner, work, counts)),
            Self::Arrow(reader) => by_arrow(reader, scanner, work, counts),
        }
    }
}

fn by_pages(
    columns: &mut GroupColumns,
    scanner: &mut Scanner,
    work: Work,
    counts: &mut Counts,
) -> Result<Scanned, String> {
    let (started, read_before, bytes_before) = (Instant::now(), columns.time, columns.bytes());
    let found = match work {
        Work::Match => engine::scan_columns(scanner, columns),
        Work::Read => columns.read_all().map(|()| Vec::new()),
    };
    let read = columns.time.saturating_sub(read_before);
    counts.spent.read += read;
    counts.spent.matching += started.elapsed().saturating_sub(read);
    counts.decoded += columns.bytes() - bytes_before;
    Ok((columns.rows(), found?))
}

fn by_arrow(
    reader: &mut Reader,
    scanner: &mut Scanner,
    work: Work,
    counts: &mut Counts,
) -> Option<Result<Scanned, String>> {
    let started = Instant::now();
    let batch = reader.next();
    counts.spent.read += started.elapsed();
    let batch = match batch? {
        Ok(batch) => batch,
        Err(reason) => return Some(Err(reason)),
    };
    counts.decoded += batch.columns().iter().map(|column| column.get_array_memory_size() as u64).sum::<u64>();
    if work == Work::Read {
        return Some(Ok((batch.num_rows(), Vec::new())));
    }
    let started = Instant::now();
    let found = engine::scan(scanner, &batch);
    counts.spent.matching += started.elapsed();
    Some(found.map(|found| (batch.num_rows(), found)))
}
