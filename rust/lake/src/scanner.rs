//! Batch by batch, on the caller's own threads: for whoever is called with batches and has to answer each at once.
//!
//! An engine that brings rows to a function (a query's expression, a worker of a cluster) has its own threads and its own
//! order. So this one has neither queue nor read-ahead: what is kept between the batches is the binding and the scratch space of
//! as many threads as have asked at the same time. A large batch is shared out among threads, since an engine that hands over a
//! whole table at once has left its own idle.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};

use crate::answer::Answer;
use crate::engine::{Engine, RuleSet};
use crate::error::Error;
use crate::group::{Halt, panic_text};
use crate::options::ScanOptions;
use crate::prepare::as_rules_see;
use crate::queue::{Gone, Sink};
use crate::report::Report;
use crate::scanners::Scanners;
use crate::stack::{Matcher, stacks};
use crate::tally::{Counts, Outcome};

/// Runs of rows from which on a batch is shared out among threads: fewer are done before a thread has begun.
const SHARED: usize = 4;

/// Rules bound to one schema, asked with batches of it. May be asked by several threads at once.
pub struct BatchScanner {
    matcher: Matcher,
    schema: SchemaRef,
    rules: usize,
    engine: Engine,
    costs: bool,
    threads: usize,
    /// The scratch space of threads that are not asking now.
    idle: Mutex<Vec<Scratch>>,
    next_row: AtomicU64,
}

struct Scratch {
    scanners: Scanners,
    counts: Counts,
}

/// What one run of rows has come to.
type Found<T> = Result<T, Halt>;

impl BatchScanner {
    /// Binds the rules to a schema.
    ///
    /// Fails with `Schema` if no mapping recognises the columns, or a user's own does not fit them, and with `Usage` on wrong
    /// options. Where no rule can run there are no matches, and the report says why.
    pub fn new(rules: &RuleSet, schema: SchemaRef, options: &ScanOptions) -> Result<Self, Error> {
        let (threads, _) = options.shares()?;
        Ok(Self {
            matcher: Matcher::bind(rules, &schema, options, 0)?,
            schema,
            rules: rules.plan().rules.len(),
            engine: options.engine,
            costs: options.costs,
            threads,
            idle: Mutex::default(),
            next_row: AtomicU64::new(0),
        })
    }

    /// The schema of the matches.
    pub fn schema(&self) -> SchemaRef {
        self.matcher.frame.schema().clone()
    }

    /// The columns of its schema that rules read, ascending.
    pub fn columns(&self) -> &[usize] {
        self.matcher.binding.columns()
    }

    /// How things stand: the input is whole as long as no batch has failed.
    pub fn report(&self) -> Report {
        self.matcher.tally.report(true)
    }

    /// The matches of a batch, ordered by row and rule. Rows are counted over all batches, in the order in which they come.
    ///
    /// Fails with `Input` if the batch has other columns than the schema, or a column cannot be read.
    pub fn matches(&self, batch: &RecordBatch) -> Result<Vec<RecordBatch>, Error> {
        self.demand_columns(batch)?;
        let first_row = self.next_row.fetch_add(batch.num_rows() as u64, Relaxed);
        let stacks = self.stacks(std::slice::from_ref(batch));
        let starts = starts(&stacks);
        let found = self.each(&stacks, |place, scratch| {
            let out = Collected::default();
            let first_row = first_row + starts[place] as u64;
            let Scratch { scanners, counts } = scratch;
            self.matcher.run(&stacks[place], first_row, scanners, counts, &out)?;
            Ok(out.0.into_inner().unwrap_or_else(PoisonError::into_inner))
        })?;
        Ok(found.into_iter().flatten().collect())
    }

    /// One value a row, for batches that follow each other: whether a rule matches it, how many do, or which.
    ///
    /// Fails as [`matches`](Self::matches) does.
    pub fn answer(&self, batches: &[RecordBatch], answer: Answer) -> Result<ArrayRef, Error> {
        for batch in batches {
            self.demand_columns(batch)?;
        }
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        self.next_row.fetch_add(rows as u64, Relaxed);
        let stacks = self.stacks(batches);
        let starts = starts(&stacks);
        let found = self.each(&stacks, |place, scratch| {
            let pairs = self.matcher.find(&stacks[place], &mut scratch.scanners, &mut scratch.counts)?;
            for (_, rule) in &pairs {
                scratch.counts.matches[*rule as usize] += 1;
            }
            self.matcher.tally.matches.fetch_add(pairs.len() as u64, Relaxed);
            Ok(pairs)
        })?;
        let pairs = found
            .iter()
            .zip(starts)
            .flat_map(|(pairs, start)| pairs.iter().map(move |(row, rule)| (start + *row as usize, *rule as usize)));
        answer.column(rows, pairs, self.matcher.frame.names()).map_err(|e| Error::input(e.to_string()))
    }

    /// The rows in runs that are matched at once; none where no rule can run.
    fn stacks(&self, batches: &[RecordBatch]) -> Vec<Vec<RecordBatch>> {
        if self.matcher.binding.runs_any() {
            return stacks(batches);
        }
        let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        self.matcher.tally.add_rows(rows);
        let outcome = Outcome { rows: rows as u64, ..Outcome::default() };
        self.matcher.tally.record(outcome, &mut Counts::new(0));
        Vec::new()
    }

    /// Does `work` for each run of rows, on several threads where there are many; the results are in their order.
    fn each<T: Send>(
        &self,
        stacks: &[Vec<RecordBatch>],
        work: impl Fn(usize, &mut Scratch) -> Found<T> + Sync,
    ) -> Result<Vec<T>, Error> {
        let helpers = if stacks.len() < SHARED { 0 } else { self.threads.min(stacks.len()) - 1 };
        let next = AtomicUsize::new(0);
        let run = || {
            let mut done = Vec::new();
            let mut scratch = self.take();
            loop {
                let place = next.fetch_add(1, Relaxed);
                let Some(stack) = stacks.get(place) else { break };
                let result = self.one(stack, scratch, |scratch| work(place, scratch));
                scratch = result.1.unwrap_or_else(|| self.take());
                done.push((place, result.0));
            }
            self.give(scratch);
            done
        };
        let mut done = std::thread::scope(|scope| {
            let named = |number| std::thread::Builder::new().name(format!("sigtrawl-batch-{number}"));
            // Where no more threads are to be had, those that are there do the work.
            let helpers: Vec<_> =
                (0..helpers).map_while(|number| named(number).spawn_scoped(scope, run).ok()).collect();
            let mut done = run();
            for helper in helpers {
                done.extend(helper.join().unwrap_or_default());
            }
            done
        });
        done.sort_by_key(|(place, _)| *place);
        if done.len() < stacks.len() && done.iter().all(|(_, result)| result.is_ok()) {
            return Err(Error::internal("a thread got lost in the midst of a batch"));
        }
        done.into_iter().map(|(_, result)| result).collect()
    }

    /// Does one run of rows, and counts it. After a panic the scratch space is anybody's guess, and gone.
    fn one<T>(
        &self,
        stack: &[RecordBatch],
        mut scratch: Scratch,
        work: impl FnOnce(&mut Scratch) -> Found<T>,
    ) -> (Result<T, Error>, Option<Scratch>) {
        let rows: usize = stack.iter().map(RecordBatch::num_rows).sum();
        let result = catch_unwind(AssertUnwindSafe(|| work(&mut scratch)));
        let (result, kept) = match result {
            Ok(Ok(found)) => (Ok(found), Some(scratch)),
            Ok(Err(Halt::Failed(reason))) => (Err(Error::input(reason)), Some(scratch)),
            Ok(Err(Halt::Gone)) => (Err(Error::internal("a batch was given up")), Some(scratch)),
            Err(panic) => (Err(Error::internal(format!("internal error: {}", panic_text(panic.as_ref())))), None),
        };
        self.matcher.tally.add_rows(rows);
        let failure = result.as_ref().err().map(ToString::to_string);
        let read = if failure.is_none() { rows as u64 } else { 0 };
        let outcome = Outcome { rows: read, failure, ..Outcome::default() };
        let mut kept = kept;
        match &mut kept {
            Some(Scratch { scanners, counts }) => {
                scanners.count(counts);
                self.matcher.tally.record(outcome, counts);
            }
            None => self.matcher.tally.record(outcome, &mut Counts::new(0)),
        }
        (result, kept)
    }

    fn take(&self) -> Scratch {
        self.idle().pop().unwrap_or_else(|| Scratch {
            scanners: Scanners::new(self.engine, self.costs),
            counts: Counts::new(self.rules),
        })
    }

    fn give(&self, scratch: Scratch) {
        self.idle().push(scratch);
    }

    /// What lies there is whole: whoever panics has taken its own away before.
    fn idle(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails if a batch is not of the schema; how text is kept may change from batch to batch.
    fn demand_columns(&self, batch: &RecordBatch) -> Result<(), Error> {
        differs(&self.schema, &batch.schema()).map_or(Ok(()), |what| Err(Error::input(what)))
    }
}

/// The number of rows before each run.
fn starts(stacks: &[Vec<RecordBatch>]) -> Vec<usize> {
    let rows = stacks.iter().map(|stack| stack.iter().map(RecordBatch::num_rows).sum::<usize>());
    rows.scan(0, |before, rows| Some(std::mem::replace(before, *before + rows))).collect()
}

/// What first distinguishes the columns of a batch from those that were promised.
fn differs(promised: &Schema, given: &Schema) -> Option<String> {
    let same = |a: &Field, b: &Field| as_rules_see(a).data_type() == as_rules_see(b).data_type();
    for (place, field) in promised.fields().iter().enumerate() {
        match given.fields().get(place) {
            None => return Some(format!("the batch lacks the column {}, which the schema has", field.name())),
            Some(other) if other.name() != field.name() => {
                return Some(format!(
                    "the batch has the column {} where the schema has {}: all batches must have the columns of the schema, in its order",
                    other.name(),
                    field.name()
                ));
            }
            Some(other) if !same(field, other) => {
                return Some(format!(
                    "the column {} is {} in the batch and {} in the schema",
                    field.name(),
                    other.data_type(),
                    field.data_type()
                ));
            }
            Some(_) => {}
        }
    }
    let more = given.fields().get(promised.fields().len())?;
    Some(format!("the batch has the column {}, which the schema lacks", more.name()))
}

/// Takes what is sent into memory.
#[derive(Default)]
struct Collected(Mutex<Vec<RecordBatch>>);

impl Sink for Collected {
    fn send(&self, batch: RecordBatch) -> Result<(), Gone> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
        Ok(())
    }

    fn check(&self) -> Result<(), Gone> {
        Ok(())
    }
}
