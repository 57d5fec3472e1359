//! Matching batches that are already in memory, or that some other program hands over one by one.
//!
//! The same as a scan of files, with the stream in the place of the row groups: workers take batches from it under a
//! lock, in order, several small ones at a time so that a producer of tiny batches does not make the machinery the main
//! cost. Rows are counted since the stream began; there is no file and no row group.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchReader, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, FieldRef};

use crate::demands;
use crate::drift;
use crate::engine::{self, Binding, Columns, RuleSet};
use crate::error::Error;
use crate::events::{self, Lift, Offer};
use crate::group::{self, Halt, MATCH_ROWS, panic_text};
use crate::matches::{BATCH_ROWS, Frame, Hit, Place};
use crate::options::ScanOptions;
use crate::prepare;
use crate::queue::{Jobs, Outlet, Queue, Worker};
use crate::report::{self, InputState};
use crate::scanners::Scanners;
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
    let binding = engine::bind(rules, &schema, &options.bind).map_err(|failure| Error::schema(failure.reason))?;
    demands::check(&options.demands, [(binding.schema_name(), &*schema)])?;
    let offer = Offer { schema: &schema, used: binding.columns(), partitions: Vec::new() };
    let fields = events::fix_with(&[offer], &options.columns, &options.also)?;
    let frame = Arc::new(Frame::new(rules, &fields));
    let mut input = prepare::blank(None, InputState::Whole);
    prepare::describe(&mut input, &binding);
    let runs = input.state == InputState::Whole;
    let states = report::best(rules, [binding.states()]);
    let drift = drift::alone(schema.fields(), &input, &binding);
    // One unit stands for the end of the stream; each piece of work adds its own.
    let tally = Arc::new(Tally::new(vec![input], &[1], states, drift, 0, 0).by(options));
    let result = frame.schema().clone();
    if !runs {
        return Ok(MatchStream::idle(result, tally));
    }
    let lift = Arc::new(Lift::new(&schema, binding.time_columns(), &fields));
    let failure = Arc::new(Mutex::new(None));
    let pieces = Pieces { reader: Some(reader), next_row: 0, tally: tally.clone(), failure: failure.clone() };
    let (rule_count, engine, costs) = (rules.plan().rules.len(), options.engine, options.costs);
    let (work_tally, work_failure) = (tally.clone(), failure.clone());
    let queue = Queue::start(threads, pieces, move || MemoryWorker {
        binding: binding.clone(),
        lift: lift.clone(),
        frame: frame.clone(),
        tally: work_tally.clone(),
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
    binding: Arc<Binding>,
    lift: Arc<Lift>,
    frame: Arc<Frame>,
    tally: Arc<Tally>,
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
            let result = catch_unwind(AssertUnwindSafe(|| self.scan(&stack, first_row, out)));
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
            self.tally.add_rows(rows);
            if outcome.stopped {
                break;
            }
        }
        if let (Some(reason), Ok(mut failure)) = (&outcome.failure, self.failure.lock()) {
            failure.get_or_insert_with(|| reason.clone());
        }
        self.scanners.count(&mut self.counts);
        self.tally.record(outcome, &mut self.counts);
    }
}

/// Batches that are matched in one go: as many of them as have [`MATCH_ROWS`] rows, larger ones in slices.
fn stacks(batches: &[RecordBatch]) -> Vec<Vec<RecordBatch>> {
    let mut stacks: Vec<Vec<RecordBatch>> = Vec::new();
    let mut room = 0;
    for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
        let apart = batch.columns().iter().any(|column| hides_dictionary(column.data_type()));
        for start in (0..batch.num_rows()).step_by(MATCH_ROWS) {
            let slice = batch.slice(start, MATCH_ROWS.min(batch.num_rows() - start));
            let rows = slice.num_rows();
            match stacks.last_mut() {
                Some(stack) if rows <= room && !apart => {
                    room -= rows;
                    stack.push(slice);
                }
                _ => {
                    room = if apart { 0 } else { MATCH_ROWS - rows };
                    stacks.push(vec![slice]);
                }
            }
        }
    }
    stacks
}

/// Whether a nested column holds a dictionary: two of them cannot always be joined, since the keys may not suffice.
fn hides_dictionary(data_type: &DataType) -> bool {
    let within =
        |field: &FieldRef| matches!(field.data_type(), DataType::Dictionary(..)) || hides_dictionary(field.data_type());
    match data_type {
        DataType::Struct(fields) => fields.iter().any(within),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::Map(item, _) => within(item),
        DataType::RunEndEncoded(_, values) => within(values),
        _ => false,
    }
}

/// Batches that follow each other, as one run of rows.
struct Stack<'a>(&'a [RecordBatch]);

impl Columns for Stack<'_> {
    fn rows(&self) -> usize {
        self.0.iter().map(RecordBatch::num_rows).sum()
    }

    fn column(&mut self, position: usize) -> Result<Vec<ArrayRef>, sigtrawl_core::Error> {
        Ok(self.0.iter().map(|batch| batch.column(position).clone()).collect())
    }
}

impl MemoryWorker {
    fn scan(&mut self, stack: &[RecordBatch], first_row: u64, out: &Outlet) -> Result<(), Halt> {
        out.check()?;
        let asked: Result<Vec<_>, _> = stack.iter().map(|batch| batch.project(self.binding.columns())).collect();
        let asked = asked.map_err(|e| e.to_string())?;
        let started = Instant::now();
        let found = engine::scan_columns(self.scanners.get(&self.binding), &mut Stack(&asked));
        self.counts.spent.matching += started.elapsed();
        let found = found?;
        let started = Instant::now();
        let mut left = found.as_slice();
        let mut before = 0;
        for batch in stack {
            let after = before + batch.num_rows() as u32;
            let (here, later) = left.split_at(left.partition_point(|(row, _)| *row < after));
            left = later;
            if !here.is_empty() {
                let hits: Vec<Hit> = here.iter().map(|(row, rule)| Hit { row: row - before, rule: *rule }).collect();
                self.show(batch, &hits, first_row + u64::from(before), out)?;
            }
            before = after;
        }
        self.counts.spent.emit += started.elapsed();
        Ok(())
    }

    fn show(&mut self, batch: &RecordBatch, hits: &[Hit], first_row: u64, out: &Outlet) -> Result<(), Halt> {
        let place = Place { file: None, group: None, first_row: first_row.cast_signed() };
        let shown = batch.project(self.lift.columns()).map_err(|e| e.to_string())?;
        let mut rest = hits;
        let mut size = BATCH_ROWS;
        while !rest.is_empty() {
            let (now, later) = group::split(rest, size);
            let rows = UInt32Array::from_iter_values(group::distinct(now));
            let events = if shown.num_columns() == 0 {
                group::columnless(rows.len())
            } else {
                take_record_batch(&shown, &rows).map_err(|e| e.to_string())
            };
            let lifted = match events.and_then(|events| self.lift.lift(&events)) {
                Ok(lifted) => lifted,
                Err(_) if rows.len() > 1 => {
                    size = group::fewer(rows.len());
                    continue;
                }
                Err(reason) => return Err(reason.into()),
            };
            group::deliver(&self.frame, &self.tally, &mut self.counts, place, now, &lifted, out)?;
            rest = later;
        }
        Ok(())
    }
}
