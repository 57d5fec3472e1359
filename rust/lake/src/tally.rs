//! The counters of a running scan, shared by its threads and the caller.
//!
//! What changes with every batch is an atomic, so that a progress bar costs the workers nothing. What changes with every
//! unit of work (a row group, a run of batches in memory) is behind one lock, taken once a unit. An input is `whole`
//! only when each of its units has reported: a unit that got lost, whatever the cause, leaves a `part` behind.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::drift::{Drift, Group};
use crate::engine::Engine;
use crate::options::{self, DEFAULT_MEMORY, ScanOptions};
use crate::report::{InputReport, InputState, NotEvaluable, Report, RuleReport, Times};

/// What one unit of work has come to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The input's place in the report.
    pub(crate) input: usize,
    /// Rows of the unit whose matches have all been delivered.
    pub(crate) rows: u64,
    /// Why the unit was not read to its end.
    pub(crate) failure: Option<String>,
    /// The unit was given up because the caller has gone.
    pub(crate) stopped: bool,
}

/// What a worker counts while it works, emptied into the [`Tally`] with every unit.
#[derive(Debug)]
pub(crate) struct Counts {
    /// Matches by rule.
    pub(crate) matches: Vec<u64>,
    pub(crate) unreadable_times: u64,
    pub(crate) not_evaluable: BTreeMap<String, u64>,
    pub(crate) spent: Spent,
    /// Time that judging took, by rule; empty if that is not asked for.
    pub(crate) costs: Vec<Duration>,
    /// Bytes that were decompressed for matching.
    pub(crate) decoded: u64,
}

/// Time that workers spent, by what they did.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) read: Duration,
    pub(crate) matching: Duration,
    /// Part of `matching`: judging candidates.
    pub(crate) verify: Duration,
    pub(crate) emit: Duration,
}

impl Counts {
    pub(crate) fn new(rules: usize) -> Self {
        Self {
            matches: vec![0; rules],
            unreadable_times: 0,
            not_evaluable: BTreeMap::new(),
            spent: Spent::default(),
            costs: Vec::new(),
            decoded: 0,
        }
    }
}

/// All counters of one scan.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Rows looked at, and how many there are.
    pub(crate) rows: AtomicU64,
    pub(crate) rows_total: u64,
    /// Compressed bytes of the columns that matching reads, likewise.
    pub(crate) bytes: AtomicU64,
    pub(crate) bytes_total: u64,
    /// Matches delivered.
    pub(crate) matches: AtomicU64,
    /// The report as it stood before the first row.
    inputs: Vec<InputReport>,
    rules: Vec<RuleReport>,
    drift: Drift,
    engine: &'static str,
    doing: &'static str,
    memory: u64,
    work: Mutex<Work>,
}

#[derive(Debug)]
struct Work {
    readings: Vec<Reading>,
    counts: Counts,
}

/// How far one input has been read.
#[derive(Debug, Clone, Default)]
struct Reading {
    units_left: usize,
    rows: u64,
    failures: usize,
    first_failure: Option<String>,
}

impl Tally {
    /// Counters for `inputs`; `units` says how many units of work each consists of.
    pub(crate) fn new(
        inputs: Vec<InputReport>,
        units: &[usize],
        rules: Vec<RuleReport>,
        drift: Drift,
        rows_total: u64,
        bytes_total: u64,
    ) -> Self {
        let readings = units.iter().map(|units| Reading { units_left: *units, ..Reading::default() }).collect();
        Self {
            rows: AtomicU64::new(0),
            rows_total,
            bytes: AtomicU64::new(0),
            bytes_total,
            matches: AtomicU64::new(0),
            work: Mutex::new(Work { readings, counts: Counts::new(rules.len()) }),
            inputs,
            rules,
            drift,
            engine: Engine::default().name(),
            doing: "match",
            memory: DEFAULT_MEMORY,
        }
    }

    /// The same, for a scan with these options.
    pub(crate) fn by(mut self, options: &ScanOptions) -> Self {
        self.engine = options.engine.name();
        self.doing = if options.work == options::Work::Read { "read" } else { "match" };
        self.memory = options.memory.unwrap_or(DEFAULT_MEMORY);
        self
    }

    /// Takes in what a unit has come to, and empties the worker's counts.
    pub(crate) fn record(&self, outcome: Outcome, counts: &mut Counts) {
        let mut work = self.lock();
        let reading = &mut work.readings[outcome.input];
        reading.rows += outcome.rows;
        if !outcome.stopped {
            reading.units_left = reading.units_left.saturating_sub(1);
        }
        if outcome.failure.is_some() {
            reading.failures += 1;
            reading.first_failure = reading.first_failure.take().or(outcome.failure);
        }
        for (total, count) in work.counts.matches.iter_mut().zip(&mut counts.matches) {
            *total += std::mem::take(count);
        }
        work.counts.unreadable_times += std::mem::take(&mut counts.unreadable_times);
        let spent = std::mem::take(&mut counts.spent);
        work.counts.spent.read += spent.read;
        work.counts.spent.matching += spent.matching;
        work.counts.spent.verify += spent.verify;
        work.counts.spent.emit += spent.emit;
        if !counts.costs.is_empty() {
            work.counts.costs.resize(counts.costs.len(), Duration::ZERO);
            for (total, cost) in work.counts.costs.iter_mut().zip(&mut counts.costs) {
                *total += std::mem::take(cost);
            }
        }
        work.counts.decoded += std::mem::take(&mut counts.decoded);
        for (column, values) in std::mem::take(&mut counts.not_evaluable) {
            *work.counts.not_evaluable.entry(column).or_default() += values;
        }
    }

    /// Announces one more unit of an input that does not know beforehand how many it has.
    pub(crate) fn open(&self, input: usize) {
        self.lock().readings[input].units_left += 1;
    }

    /// The report as things stand; `ended` says whether the scan came to its end.
    pub(crate) fn report(&self, ended: bool) -> Report {
        let work = self.lock();
        let inputs: Vec<InputReport> = self
            .inputs
            .iter()
            .zip(&work.readings)
            .map(|(input, reading)| reading.judge(input.clone(), ended))
            .collect();
        let rules = self
            .rules
            .iter()
            .zip(&work.counts.matches)
            .enumerate()
            .map(|(place, (rule, matches))| RuleReport {
                matches: *matches,
                cost: work.counts.costs.get(place).map(Duration::as_secs_f64),
                // A rule matches a row once, so its matches and its rows are one number.
                rows: *matches,
                ..rule.clone()
            })
            .collect();
        Report {
            rows: inputs.iter().map(|input| input.rows_read).sum(),
            bytes: inputs.iter().map(|input| input.bytes).sum(),
            matches: work.counts.matches.iter().sum(),
            unreadable_times: work.counts.unreadable_times,
            not_evaluable: work
                .counts
                .not_evaluable
                .iter()
                .map(|(column, values)| NotEvaluable { column: column.clone(), values: *values })
                .collect(),
            times: Times {
                read: work.counts.spent.read.as_secs_f64(),
                matching: work.counts.spent.matching.as_secs_f64(),
                verify: work.counts.spent.verify.as_secs_f64(),
                emit: work.counts.spent.emit.as_secs_f64(),
            },
            decoded: work.counts.decoded,
            engine: self.engine,
            work: self.doing,
            memory: self.memory,
            complete: ended,
            groups: self.groups(&inputs),
            differing: self.drift.differing.clone(),
            inputs,
            rules,
        }
    }

    /// The groups; a stream in memory tells only now how many rows it holds.
    fn groups(&self, inputs: &[InputReport]) -> Vec<Group> {
        let mut groups = self.drift.groups.clone();
        if let ([group], [input @ InputReport { file: None, .. }]) = (groups.as_mut_slice(), inputs) {
            group.rows = input.rows;
        }
        groups
    }

    pub(crate) fn add_rows(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Relaxed);
    }

    /// A panic while counting leaves counters that are merely behind; they are better told than lost.
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    fn judge(&self, mut input: InputReport, ended: bool) -> InputReport {
        if input.state != InputState::Whole {
            return input;
        }
        input.rows_read = self.rows;
        // A stream in memory does not say beforehand how many rows it holds.
        input.rows = input.rows.max(self.rows);
        if self.failures > 0 {
            input.state = if self.rows == 0 { InputState::Failed } else { InputState::Part };
            let first = self.first_failure.clone().unwrap_or_default();
            input.reason = Some(match self.failures {
                1 => first,
                all => format!("{first} (and {} more)", all - 1),
            });
        } else if self.units_left > 0 {
            input.state = InputState::Part;
            let reason = if ended {
                "a worker ended before it had read its share"
            } else {
                "the scan was stopped before its end"
            };
            input.reason = Some(reason.to_owned());
        }
        input
    }
}
