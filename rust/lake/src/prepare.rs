//! All inputs opened and bound, before the first row is read.
//!
//! Whether a scan can do anything at all, what type its events have, and how much there is to read: all of it follows
//! from the footers. So they are all read first, and what is wrong with the whole scan is said at once and not after an
//! hour. A check is this and nothing more.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use arrow::datatypes::{DataType, Field, Fields, Schema};

use crate::demands;
use crate::engine::{self, Binding, RuleBinding, RuleSet};
use crate::error::Error;
use crate::file::Table;
use crate::inputs::{self, Input, Source};
use crate::options::ScanOptions;
use crate::report::{self, InputReport, InputState, RuleCounts, RuleReport};
use crate::settings;

/// An input, as far as its footer tells.
pub(crate) struct Entry {
    pub(crate) report: InputReport,
    /// The table and its binding, where there are such; they are read if the state is `Whole`.
    pub(crate) table: Option<Arc<Table>>,
    pub(crate) binding: Option<Arc<Binding>>,
}

/// The inputs of a scan.
pub(crate) struct Prepared {
    pub(crate) entries: Vec<Entry>,
    pub(crate) rules: Vec<RuleReport>,
}

/// Opens and binds everything that `paths` stand for.
pub(crate) fn prepare(rules: &RuleSet, paths: &[String], options: &ScanOptions) -> Result<Prepared, Error> {
    let inputs = inputs::find(paths, options)?;
    let mut opened = open(&inputs, options)?.into_iter();
    let mut binder = Binder::new(rules, options);
    let mut entries = Vec::with_capacity(inputs.len());
    for input in inputs {
        entries.push(match input {
            Input::Ignored { name, reason } => Entry::unread(name, InputState::Ignored, reason),
            Input::Unreadable { name, reason } => Entry::unread(name, InputState::Failed, reason),
            Input::File(source) => {
                let name = source.path.display().to_string();
                let setting = settings::choose(&options.inputs, &source.path);
                let mut entry = match opened.next().ok_or_else(Error::interrupted)? {
                    Err(reason) => Entry::unread(name, InputState::Failed, reason),
                    Ok(table) => binder.entry(name, table, setting)?,
                };
                entry.report.setting = setting;
                entry
            }
        });
    }
    let tables = entries.iter().filter_map(|entry| Some((entry.binding.as_ref()?, entry.table.as_ref()?)));
    demands::check(&options.demands, tables.map(|(binding, table)| (binding.schema_name(), &**table.schema())))?;
    let rules = binder.best();
    Ok(Prepared { entries, rules })
}

/// Reads the footers of all files among `inputs`, several at a time; the results are in the order of the files.
fn open(inputs: &[Input], options: &ScanOptions) -> Result<Vec<Result<Table, String>>, Error> {
    let threads = options.thread_count()?;
    let files: Vec<(&Source, OnceLock<Result<Table, String>>)> = inputs
        .iter()
        .filter_map(|input| match input {
            Input::File(source) => Some((source, OnceLock::new())),
            _ => None,
        })
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((source, slot)) = files.get(next.fetch_add(1, Relaxed))
            && !options.cancel.load(Relaxed)
        {
            // Nobody else has this number, so the slot is free.
            drop(slot.set(Table::open(source)));
        }
    };
    std::thread::scope(|scope| {
        for number in 1..threads.min(files.len()) {
            let helper = std::thread::Builder::new().name(format!("sigtrawl-footers-{number}"));
            if helper.spawn_scoped(scope, work).is_err() {
                break; // this thread reads them as well
            }
        }
        work();
    });
    files.into_iter().map(|(_, slot)| slot.into_inner().ok_or_else(Error::interrupted)).collect()
}

impl Prepared {
    /// Fails if no rule can run on any input. Inputs that could not be opened are a matter of the report: where there
    /// are such, nobody knows what would have run on them.
    pub(crate) fn demand_work(&self) -> Result<(), Error> {
        let mut reasons: Vec<String> = Vec::new();
        for entry in &self.entries {
            match entry.report.state {
                InputState::NothingToRun => {
                    let file = entry.report.file.as_deref().unwrap_or("the data");
                    let reason = entry.report.reason.as_deref().unwrap_or("no rule can run");
                    reasons.push(format!("{file}: {reason}"));
                }
                InputState::Ignored => {}
                _ => return Ok(()),
            }
        }
        let more = reasons.len().saturating_sub(REASONS);
        reasons.truncate(REASONS);
        if more > 0 {
            reasons.push(format!("and {more} more inputs"));
        }
        Err(Error::nothing_to_run(format!("no rule can run on any input: {}", reasons.join("; "))))
    }

    /// The tables that will be read, with their places in the report.
    pub(crate) fn ready(&self) -> impl Iterator<Item = (usize, &Arc<Table>, &Arc<Binding>)> {
        self.entries.iter().enumerate().filter_map(|(place, entry)| {
            let ready = entry.report.state == InputState::Whole;
            ready.then(|| Some((place, entry.table.as_ref()?, entry.binding.as_ref()?)))?
        })
    }
}

/// How many reasons an error lists; more do not fit a screen and mostly repeat each other.
const REASONS: usize = 8;

impl Entry {
    fn unread(name: String, state: InputState, reason: String) -> Self {
        Self { report: InputReport { reason: Some(reason), ..blank(Some(name), state) }, table: None, binding: None }
    }
}

/// An input of which nothing is known yet.
pub(crate) fn blank(file: Option<String>, state: InputState) -> InputReport {
    InputReport {
        file,
        state,
        reason: None,
        schema: None,
        schema_reason: None,
        time: Vec::new(),
        rows: 0,
        rows_read: 0,
        row_groups: 0,
        bytes: 0,
        setting: None,
        rules: RuleCounts::default(),
    }
}

/// Puts into a report what a binding says of an input.
pub(crate) fn describe(report: &mut InputReport, binding: &Binding) {
    report.schema = binding.schema_name().map(ToOwned::to_owned);
    report.schema_reason = Some(binding.schema_reason().to_owned());
    report.time = binding.time_columns().iter().map(|time| time.name().to_owned()).collect();
    report.rules = RuleCounts::of(binding.states());
    if !binding.runs_any() {
        report.state = InputState::NothingToRun;
        report.reason = Some(idle_reason(&report.rules, binding.states()));
    }
}

fn idle_reason(counts: &RuleCounts, states: &[RuleBinding]) -> String {
    if states.is_empty() {
        return "there are no rules".to_owned();
    }
    let mut parts = Vec::new();
    if counts.no_log_source > 0 {
        parts.push(format!("{} for log sources that it does not hold", counted(counts.no_log_source)));
    }
    if counts.inert > 0 {
        let mut fields: Vec<&str> = states.iter().flat_map(|s| &s.missing).map(String::as_str).collect();
        fields.sort_unstable();
        fields.dedup();
        fields.truncate(5);
        let fields = if fields.is_empty() { String::new() } else { format!(" (missing: {})", fields.join(", ")) };
        parts.push(format!("{} that can never match on its columns{fields}", counted(counts.inert)));
    }
    parts.join(", ")
}

/// "1 rule", "2 rules".
fn counted(rules: u64) -> String {
    if rules == 1 { "1 rule".to_owned() } else { format!("{rules} rules") }
}

/// Binds tables, one time for each schema and way to read it.
struct Binder<'a> {
    rules: &'a RuleSet,
    options: &'a ScanOptions,
    known: HashMap<(Fields, Option<usize>), Result<Arc<Binding>, String>>,
    /// The bindings in the order of their making, for a result that does not hang on a hash.
    order: Vec<Arc<Binding>>,
}

impl<'a> Binder<'a> {
    fn new(rules: &'a RuleSet, options: &'a ScanOptions) -> Self {
        Self { rules, options, known: HashMap::new(), order: Vec::new() }
    }

    fn entry(&mut self, name: String, table: Table, setting: Option<usize>) -> Result<Entry, Error> {
        let mut report = InputReport {
            rows: table.rows(),
            row_groups: table.groups() as u64,
            bytes: table.size(),
            ..blank(Some(name), InputState::Whole)
        };
        let binding = match self.bind(table.schema(), setting)? {
            Ok(binding) => {
                describe(&mut report, &binding);
                Some(binding)
            }
            Err(reason) => {
                report.state = InputState::NothingToRun;
                report.reason = Some(reason);
                None
            }
        };
        Ok(Entry { report, table: Some(Arc::new(table)), binding })
    }

    /// The outer error ends the scan, the inner one says why this table cannot be bound.
    fn bind(&mut self, schema: &Schema, setting: Option<usize>) -> Result<Result<Arc<Binding>, String>, Error> {
        let fields: Fields = schema.fields().iter().map(|field| as_rules_see(field)).collect();
        let key = (fields.clone(), setting);
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let options = setting.map_or(&self.options.bind, |place| &self.options.inputs[place].bind);
        let made = match engine::bind(self.rules, &Schema::new(fields), options) {
            Ok(binding) => {
                self.order.push(binding.clone());
                Ok(binding)
            }
            Err(failure) if failure.unrecognised => Err(failure.reason),
            Err(failure) => return Err(Error::schema(failure.reason)),
        };
        self.known.insert(key, made.clone());
        Ok(made)
    }

    fn best(&self) -> Vec<RuleReport> {
        report::best(self.rules, self.order.iter().map(|binding| binding.states()))
    }
}

/// A column as far as it makes a difference to rules: in which form text is kept makes none, nor what else a field carries (Spark's
/// and pandas' notes). So files of different writers share a binding, and what is learnt from the first one's data.
pub(crate) fn as_rules_see(field: &Field) -> Field {
    let text = |held: &DataType| matches!(held, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let data_type = match field.data_type() {
        DataType::Dictionary(_, held) if text(held) => DataType::Utf8,
        held if text(held) => DataType::Utf8,
        other => other.clone(),
    };
    Field::new(field.name(), data_type, true)
}
