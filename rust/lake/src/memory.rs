//! Matching batches that are already in memory, or that some other program hands over one by one.
//!
//! The same as a scan of files, with the stream in the place of the row groups: workers take batches from it under a
//! lock, in order, several small ones at a time so that a producer of tiny batches does not make the machinery the main
//! cost. Rows are counted since the stream began; there is no file and no row group.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use arrow::array::{RecordBatch, RecordBatchReader};

use crate::engine::RuleSet;
use crate::error::Error;
use crate::group::{Halt, MATCH_ROWS, panic_text};
use crate::options::ScanOptions;
use crate::queue::{Jobs, Outlet, Queue, Worker};
use crate::scanners::Scanners;
use crate::stack::{Matcher, stacks};
use crate::stream::MatchStream;
use crate::tally::{Counts, Outcome, Tally};

/// Matches the rows of `reader`.
///
/// Fails with `Schema` if no mapping recognises the columns, or a user's own does not fit them. Where no rule can run the stream is empty and its report says
/// why. A failure of `reader` ends the stream with an `Input` error that repeats it. `reader` is read on other threads
/// than the caller's, one at a time.
pub fn match_reader(
    rules: &RuleSet,
    reader: Box<dyn RecordBatchReader + Send>,
    options: &ScanOptions,
) -> Result<MatchStream, Error> {
    let (threads, _) = options.shares()?;
    let schema = reader.schema();
    // One unit stands for the end of the stream; each piece of work adds its own.
    let matcher = Arc::new(Matcher::bind(rules, &schema, options, 1)?);
    let (result, tally) = (matcher.frame.schema().clone(), matcher.tally.clone());
    if !matcher.binding.runs_any() {
        return Ok(MatchStream::idle(result, tally));
    }
    let failure = Arc::new(Mutex::new(None));
    let pieces = Pieces { reader: Some(reader), next_row: 0, tally: tally.clone(), failure: failure.clone() };
    let (rule_count, engine, costs) = (rules.plan().rules.len(), options.engine, options.costs);
    let work_failure = failure.clone();
    let queue = Queue::start(threads, pieces, move || MemoryWorker {
        matcher: matcher.clone(),
        scanners: Scanners::new(engine, costs),
        counts: Counts::new(rule_count),
        failure: work_failure.clone(),
    })?;
    Ok(MatchStream::new(result, Some(queue), tally).with_failure(failure))
}

/// A run of batches to match.
struct Piece {
    first_row: u64,
    batches: Vec<RecordBatch>,
}

/// The stream, as a source of work.
struct Pieces {
    /// None once it has ended.
    reader: Option<Box<dyn RecordBatchReader + Send>>,
    next_row: u64,
    tally: Arc<Tally>,
    failure: Arc<Mutex<Option<String>>>,
}

impl Jobs for Pieces {
    type Job = Piece;

    fn next(&mut self) -> Option<Piece> {
        let reader = self.reader.as_mut()?;
        let mut batches = Vec::new();
        let mut rows = 0;
        let mut failure = None;
        while rows < MATCH_ROWS {
            match catch_unwind(AssertUnwindSafe(|| reader.next())) {
                Ok(Some(Ok(batch))) => {
                    rows += batch.num_rows();
                    batches.push(batch);
                    continue;
                }
                Ok(None) => {}
                Ok(Some(Err(error))) => failure = Some(error.to_string()),
                Err(panic) => failure = Some(panic_text(panic.as_ref()).to_owned()),
            }
            self.reader = None;
            self.end(failure);
            break;
        }
        if rows == 0 {
            return None;
        }
        self.tally.open(0);
        let first_row = self.next_row;
        self.next_row += rows as u64;
        Some(Piece { first_row, batches })
    }
}

impl Pieces {
    /// Reports the end of the stream, and leaves its failure for the caller.
    fn end(&self, failure: Option<String>) {
        if let Ok(mut slot) = self.failure.lock() {
            slot.clone_from(&failure);
        }
        let outcome = Outcome { failure, ..Outcome::default() };
        self.tally.record(outcome, &mut Counts::new(0));
    }
}

/// Matches pieces of the stream.
struct MemoryWorker {
    matcher: Arc<Matcher>,
    scanners: Scanners,
    counts: Counts,
    /// What the stream will end with: a caller with data in hand should not have to read the report to learn of it.
    failure: Arc<Mutex<Option<String>>>,
}

impl Worker for MemoryWorker {
    type Job = Piece;

    fn run(&mut self, piece: Piece, out: &Outlet) {
        let mut outcome = Outcome::default();
        let mut first_row = piece.first_row;
        for stack in stacks(&piece.batches) {
            let rows: usize = stack.iter().map(RecordBatch::num_rows).sum();
            let result = catch_unwind(AssertUnwindSafe(|| {
                self.matcher.run(&stack, first_row, &mut self.scanners, &mut self.counts, out)
            }));
            match result {
                Ok(Ok(())) => outcome.rows += rows as u64,
                Ok(Err(Halt::Gone)) => outcome.stopped = true,
                Ok(Err(Halt::Failed(reason))) => outcome.failure = Some(reason),
                Err(panic) => {
                    self.scanners.forget();
                    outcome.failure = Some(format!("internal error: {}", panic_text(panic.as_ref())));
                }
            }
            first_row += rows as u64;
            self.matcher.tally.add_rows(rows);
            if outcome.stopped {
                break;
            }
        }
        if let (Some(reason), Ok(mut failure)) = (&outcome.failure, self.failure.lock()) {
            failure.get_or_insert_with(|| reason.clone());
        }
        self.scanners.count(&mut self.counts);
        self.matcher.tally.record(outcome, &mut self.counts);
    }
}
