//! One row group: match, then read the events of the rows that matched.
//!
//! The first pass reads only the columns that rules ask for, the second reads the event's columns for the matching rows
//! alone; pages without such rows are passed over without being decompressed. Reading everything in one pass would
//! decode columns for rows that nobody will see, which on an archive with one match in a million rows is nearly all of it.
//!
//! Both passes go in batches, and matches are shown as soon as some have come together: memory does not grow
//! with the row group, even if every row matches a dozen rules. A failure of any kind ends this row group and no other;
//! what was delivered stays, and the count of rows says how far it reaches.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;
use parquet::arrow::arrow_reader::RowSelection;

use crate::engine::Binding;
use crate::events::{Lift, Lifted};
use crate::file::{Purpose, Table};
use crate::matches::{BATCH_ROWS, Frame, Hit, Place};
use crate::options::{ReaderChoice, Share, Work};
use crate::pass::Pass;
use crate::queue::{Gone, Outlet, Sink, Worker};
use crate::scanners::Scanners;
use crate::tally::{Counts, Outcome, Tally};

/// Rows that are matched at once. Large enough that what the matcher does once a batch vanishes beside what it does per
/// row, and small enough that what was decompressed is still near when it is matched: twice as many were never faster
/// (`benches/record/2026-11-30-engine.md`).
pub(crate) const MATCH_ROWS: usize = 32_768;

/// What all row groups of one file share.
pub(crate) struct Target {
    /// The file's place in the report.
    pub(crate) input: usize,
    pub(crate) name: String,
    pub(crate) table: Arc<Table>,
    pub(crate) binding: Arc<Binding>,
    pub(crate) lift: Lift,
}

/// One row group to scan.
pub(crate) struct Job {
    pub(crate) target: Arc<Target>,
    pub(crate) group: usize,
    /// The number of its first row in the file.
    pub(crate) first_row: i64,
}

/// Scans row groups.
pub(crate) struct GroupWorker {
    pub(crate) frame: Arc<Frame>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) scanners: Scanners,
    pub(crate) counts: Counts,
    /// What this worker may hold.
    pub(crate) share: Share,
    pub(crate) reader: ReaderChoice,
    pub(crate) work: Work,
}

/// Why a row group was not read to its end.
pub(crate) enum Halt {
    Gone,
    Failed(String),
}

impl From<Gone> for Halt {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<String> for Halt {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

impl Worker for GroupWorker {
    type Job = Job;

    fn run(&mut self, job: Job, out: &Outlet) {
        let mut settled = 0;
        let result = catch_unwind(AssertUnwindSafe(|| self.scan(&job, out, &mut settled)));
        let (failure, stopped) = match result {
            Ok(Ok(())) => (None, false),
            Ok(Err(Halt::Gone)) => (None, true),
            Ok(Err(Halt::Failed(reason))) => (Some(reason), false),
            Err(panic) => {
                self.scanners.forget();
                (Some(format!("internal error: {}", panic_text(panic.as_ref()))), false)
            }
        };
        self.scanners.count(&mut self.counts);
        let bytes = job.target.table.compressed(job.group, job.target.binding.columns());
        self.tally.bytes.fetch_add(bytes, Relaxed);
        let outcome = Outcome {
            input: job.target.input,
            rows: settled,
            failure: failure.map(|reason| format!("row group {}: {reason}", job.group)),
            stopped,
        };
        self.tally.record(outcome, &mut self.counts);
    }
}

impl GroupWorker {
    /// Scans a row group. `settled` is always the number of its first rows of which every match has been delivered.
    fn scan(&mut self, job: &Job, out: &Outlet, settled: &mut u64) -> Result<(), Halt> {
        let Target { table, binding, .. } = &*job.target;
        let columns = binding.columns();
        let rows = u32::try_from(table.group(job.group).num_rows())
            .map_err(|_| "more rows than a row group can have".to_owned())?;
        let size = batch_size(MATCH_ROWS, self.share.batch, table.row_bytes(job.group, columns));
        let mut hits: Vec<Hit> = Vec::new();
        let mut seen: u32 = 0;
        let mut failure = None;
        let mut pass = Pass::new(table, job.group, columns, size, self.reader)?;
        while let Some(scanned) = pass.next(self.scanners.get(binding), self.work, &mut self.counts) {
            out.check()?;
            let (count, found) = match scanned {
                Ok(scanned) => scanned,
                Err(reason) => {
                    failure = Some(reason);
                    break;
                }
            };
            hits.extend(found.into_iter().map(|(row, rule)| Hit { row: seen + row, rule }));
            seen += count as u32;
            self.tally.add_rows(count);
            if hits.len() >= self.share.held {
                self.show(job, &hits, out, settled)?;
                hits.clear();
            }
            if hits.is_empty() {
                *settled = u64::from(seen);
            }
        }
        if failure.is_none() && seen != rows {
            failure = Some(format!("it ended after {seen} of {rows} rows"));
        }
        self.show(job, &hits, out, settled)?;
        *settled = u64::from(seen);
        failure.map_or(Ok(()), |reason| Err(Halt::Failed(reason)))
    }

    /// Reads the events of `hits` and delivers them.
    fn show(&mut self, job: &Job, hits: &[Hit], out: &Outlet, settled: &mut u64) -> Result<(), Halt> {
        if hits.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let shown = self.emit(job, hits, out, settled);
        self.counts.spent.emit += started.elapsed();
        shown
    }

    fn emit(&mut self, job: &Job, hits: &[Hit], out: &Outlet, settled: &mut u64) -> Result<(), Halt> {
        let Target { table, lift, name, .. } = &*job.target;
        let place = Place { file: Some(name), group: i32::try_from(job.group).ok(), first_row: job.first_row };
        let mut rest = hits;
        if lift.columns().is_empty() {
            while !rest.is_empty() {
                let (now, later) = split(rest, BATCH_ROWS);
                let lifted = lift.lift(&columnless(distinct(now).count())?)?;
                self.deliver(place, now, &lifted, out)?;
                *settled = u64::from(now[now.len() - 1].row) + 1;
                rest = later;
            }
            return Ok(());
        }
        let Some(first) = rest.first() else {
            return Ok(());
        };
        *settled = u64::from(first.row);
        let rows = table.group(job.group).num_rows().max(0).unsigned_abs() as usize;
        let mut size = batch_size(BATCH_ROWS, self.share.delivery, table.row_bytes(job.group, lift.columns()));
        'reading: loop {
            let ranges = distinct(rest).map(|row| row as usize..row as usize + 1);
            let selection = RowSelection::from_consecutive_ranges(ranges, rows);
            for batch in table.read(job.group, lift.columns(), Purpose::Deliver, size, Some(selection))? {
                let read = batch.map_err(|reason| format!("the events of matching rows cannot be read: {reason}"));
                let (count, lifted) = match read.and_then(|batch| Ok((batch.num_rows(), lift.lift(&batch)?))) {
                    Ok(lifted) => lifted,
                    Err(_) if size > 1 => {
                        size = fewer(size);
                        continue 'reading;
                    }
                    Err(reason) => return Err(reason.into()),
                };
                let (now, later) = split(rest, count);
                self.deliver(place, now, &lifted, out)?;
                *settled = now.last().map_or(*settled, |hit| u64::from(hit.row) + 1);
                rest = later;
            }
            break;
        }
        if rest.is_empty() {
            return Ok(());
        }
        Err(Halt::Failed("it ended before its last matching row".to_owned()))
    }

    fn deliver(&mut self, place: Place<'_>, hits: &[Hit], rows: &Lifted, out: &Outlet) -> Result<(), Halt> {
        deliver(&self.frame, &self.tally, &mut self.counts, place, hits, rows, out)
    }
}

/// Sends matches and counts them.
pub(crate) fn deliver(
    frame: &Frame,
    tally: &Tally,
    counts: &mut Counts,
    place: Place<'_>,
    hits: &[Hit],
    rows: &Lifted,
    out: &dyn Sink,
) -> Result<(), Halt> {
    let mut left = hits;
    for batch in frame.batches(place, hits, rows) {
        let batch = batch.map_err(|e| e.to_string())?;
        let (now, later) = left.split_at(batch.num_rows());
        out.send(batch)?;
        for hit in now {
            counts.matches[hit.rule as usize] += 1;
        }
        tally.matches.fetch_add(now.len() as u64, Relaxed);
        left = later;
    }
    counts.unreadable_times += rows.unreadable_times;
    Ok(())
}

/// How many rows to try where so many could not be read: a few long values that a dictionary repeats can be more together than an
/// array of text can hold, and no figure in a file says so before.
pub(crate) fn fewer(rows: usize) -> usize {
    (rows / 16).max(1)
}

/// The distinct rows of `hits`, ascending.
pub(crate) fn distinct(hits: &[Hit]) -> impl Iterator<Item = u32> + '_ {
    hits.chunk_by(|a, b| a.row == b.row).map(|same| same[0].row)
}

/// Splits `hits` after their first `rows` distinct rows.
pub(crate) fn split(hits: &[Hit], rows: usize) -> (&[Hit], &[Hit]) {
    let length = hits.chunk_by(|a, b| a.row == b.row).take(rows).map(<[Hit]>::len).sum();
    hits.split_at(length)
}

/// A batch of rows without columns.
pub(crate) fn columnless(rows: usize) -> Result<RecordBatch, String> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).map_err(|e| e.to_string())
}

fn batch_size(rows: usize, bytes: usize, row_bytes: usize) -> usize {
    (bytes / row_bytes.max(1)).clamp(1, rows)
}

/// What a panic has to say.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_split_between_rows_only() {
        let hits: Vec<Hit> = [(1, 0), (1, 4), (3, 2), (9, 0), (9, 1)].map(|(row, rule)| Hit { row, rule }).into();
        assert_eq!(distinct(&hits).collect::<Vec<_>>(), [1, 3, 9]);
        assert_eq!(split(&hits, 0).0.len(), 0);
        assert_eq!(split(&hits, 1).0.len(), 2);
        assert_eq!(split(&hits, 2).0.len(), 3);
        assert_eq!(split(&hits, 9).1.len(), 0);
    }

    #[test]
    fn huge_rows_come_in_small_batches() {
        assert_eq!(batch_size(8_192, 8 << 20, 0), 8_192);
        assert_eq!(batch_size(8_192, 8 << 20, 1 << 20), 8);
        assert_eq!(batch_size(8_192, 8 << 20, usize::MAX), 1);
    }
}
