//! A scan of Parquet files, put together: prepare the inputs, fix the type of events, set the workers to the row groups.

use std::sync::Arc;

use crate::drift;
use crate::engine::RuleSet;
use crate::error::Error;
use crate::events::{Lift, Offer, Shown};
use crate::group::{GroupWorker, Job, Target};
use crate::heap;
use crate::matches::Frame;
use crate::options::ScanOptions;
use crate::prepare::{self, Prepared};
use crate::queue::{Jobs, Queue};
use crate::report::InputState;
use crate::scanners::Scanners;
use crate::stream::MatchStream;
use crate::tally::{Counts, Tally};

/// Scans the files that `paths` stand for and streams the matches, ordered by file, row and rule.
///
/// Fails with `Input` if a path names nothing or a table that is not plain Parquet, with `NothingToRun` if no rule can
/// run on any input, with `Usage` on wrong options, and with `Schema` if rules and table cannot be brought together.
/// Inputs that cannot be read are counted in the report of the stream; the others are scanned.
pub fn scan(rules: &RuleSet, paths: &[String], options: &ScanOptions) -> Result<MatchStream, Error> {
    let (threads, share) = options.shares()?;
    heap::keep_pages();
    let prepared = prepare::prepare(rules, paths, options)?;
    prepared.demand_work()?;
    let shown = shown(&prepared, options)?;
    let frame = Arc::new(Frame::new(rules, &shown));

    let (mut rows, mut bytes) = (0, 0);
    let mut targets = Vec::new();
    for (input, table, binding) in prepared.ready() {
        rows += table.rows();
        bytes += (0..table.groups()).map(|group| table.compressed(group, binding.columns())).sum::<u64>();
        targets.push(Arc::new(Target {
            input,
            name: table.path().display().to_string(),
            table: table.clone(),
            binding: binding.clone(),
            lift: Lift::new(table.schema(), binding.time_columns(), &shown),
        }));
    }
    let drift = drift::find(&prepared.entries);
    let units: Vec<usize> = prepared.entries.iter().map(|entry| entry.report.row_groups as usize).collect();
    let inputs = prepared.entries.into_iter().map(|entry| entry.report).collect();
    let tally = Arc::new(Tally::new(inputs, &units, prepared.rules, drift, rows, bytes).by(options));

    let groups: usize = targets.iter().map(|target| target.table.groups()).sum();
    let (work_frame, work_tally) = (frame.clone(), tally.clone());
    let (rule_count, engine, costs) = (rules.plan().rules.len(), options.engine, options.costs);
    let (reader, work) = (options.reader, options.work);
    let queue = Queue::start(threads.min(groups.max(1)), Groups::new(targets), move || GroupWorker {
        frame: work_frame.clone(),
        tally: work_tally.clone(),
        scanners: Scanners::new(engine, costs),
        counts: Counts::new(rule_count),
        share,
        reader,
        work,
    })?;
    Ok(MatchStream::new(frame.schema().clone(), Some(queue), tally))
}

/// What matches show of their events, over all inputs that could be opened.
pub(crate) fn shown(prepared: &Prepared, options: &ScanOptions) -> Result<Shown, Error> {
    let opened: Vec<_> =
        prepared.entries.iter().filter_map(|entry| entry.table.as_ref().map(|table| (table, entry))).collect();
    let offers: Vec<Offer<'_>> = opened
        .iter()
        .map(|(table, entry)| Offer {
            schema: table.schema(),
            used: match &entry.binding {
                Some(binding) if entry.report.state == InputState::Whole => binding.columns(),
                _ => &[],
            },
            partitions: (0..table.schema().fields().len()).filter(|column| table.is_partition(*column)).collect(),
        })
        .collect();
    Shown::fix(&offers, options)
}

/// The row groups of all files, in order.
struct Groups {
    targets: std::vec::IntoIter<Arc<Target>>,
    current: Option<(Arc<Target>, usize, i64)>,
}

impl Groups {
    fn new(targets: Vec<Arc<Target>>) -> Self {
        Self { targets: targets.into_iter(), current: None }
    }
}

impl Jobs for Groups {
    type Job = Job;

    fn next(&mut self) -> Option<Job> {
        loop {
            if let Some((target, group, first_row)) = &mut self.current
                && *group < target.table.groups()
            {
                let job = Job { target: target.clone(), group: *group, first_row: *first_row };
                *first_row += target.table.group(*group).num_rows();
                *group += 1;
                return Some(job);
            }
            self.current = Some((self.targets.next()?, 0, 0));
        }
    }
}
