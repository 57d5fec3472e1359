//! What a scan or a check has to say beside its matches (DESIGN.md, "The report of a scan").
//!
//! Every input and every rule is in exactly one state, so that nothing is skipped without being counted. A rule's state
//! is its best over all inputs: a rule that runs on one file of a hundred runs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::drift::{Differing, Group};

use crate::engine::{Lost, RuleBinding, RuleSet, State};

/// What became of one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum InputState {
    /// Read to its end; in a check, readable.
    Whole,
    /// Read in part, the reason says why.
    Part,
    /// Not a row of it could be read.
    Failed,
    /// No rule can run on it, so it was not read.
    NothingToRun,
    /// It is no event file.
    Ignored,
}

/// How many rules are in which state on one input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RuleCounts {
    /// Rules that run in full.
    pub runs: u64,
    /// Rules that run with fields missing.
    pub partial: u64,
    /// Rules whose log source is there and that can never match.
    pub inert: u64,
    /// Rules whose log source the input cannot hold.
    pub no_log_source: u64,
}

impl RuleCounts {
    /// Counts the states of one binding.
    pub(crate) fn of(states: &[RuleBinding]) -> Self {
        let mut counts = Self::default();
        for rule in states {
            match rule.state {
                State::Runs => counts.runs += 1,
                State::Partial => counts.partial += 1,
                State::Inert => counts.inert += 1,
                State::NoLogSource => counts.no_log_source += 1,
            }
        }
        counts
    }
}

/// One input.
#[derive(Debug, Clone, Serialize)]
pub struct InputReport {
    /// Its path as it was given or found; `None` for a stream in memory.
    pub file: Option<String>,
    /// What became of it.
    pub state: InputState,
    /// Why it is not whole.
    pub reason: Option<String>,
    /// The schema mapping that it was read with.
    pub schema: Option<String>,
    /// Why that schema.
    pub schema_reason: Option<String>,
    /// The time columns that it has, the preferred first, as the mapping names them.
    pub time: Vec<String>,
    /// Rows that it holds.
    pub rows: u64,
    /// Rows that were looked at.
    pub rows_read: u64,
    /// Row groups that it holds; 0 in memory.
    pub row_groups: u64,
    /// Bytes of the file; 0 in memory.
    pub bytes: u64,
    /// The place among the options' `inputs`, from 0, of the entry that says how it is read.
    pub setting: Option<usize>,
    /// The states of the rules on it.
    pub rules: RuleCounts,
}

/// One rule, in the Plan's order.
#[derive(Debug, Clone, Serialize)]
pub struct RuleReport {
    /// Its best state over all inputs.
    pub state: State,
    /// What a partial rule has lost.
    pub lost: Vec<Lost>,
    /// Fields of the rule that no column answers.
    pub missing: Vec<String>,
    /// Missing field → the column that it most likely means.
    pub near: BTreeMap<String, String>,
    /// It states a product, and some rows that it reads do not tell theirs.
    pub any_product: bool,
    /// Its matches.
    pub matches: u64,
    /// Rows that it matched.
    pub rows: u64,
    /// Seconds that judging its candidates took, over all threads; absent where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

/// Values without a text form that rules would have needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotEvaluable {
    /// The column.
    pub column: String,
    /// How many of its values.
    pub values: u64,
}

/// Seconds that workers spent, over all threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Times {
    /// Reading the columns that rules ask for: from the disk, decompressed and decoded.
    pub read: f64,
    /// Matching.
    #[serde(rename = "match")]
    pub matching: f64,
    /// Part of it: judging the candidates that a search has turned up.
    pub verify: f64,
    /// Reading the events of matching rows, and waiting for whoever takes them.
    pub emit: f64,
}

/// The report of a scan or a check.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Every input, in the order of reading.
    pub inputs: Vec<InputReport>,
    /// The inputs that could be opened, by their columns.
    pub groups: Vec<Group>,
    /// Rules whose state is not the same in all groups.
    pub differing: Vec<Differing>,
    /// Every rule, in the Plan's order.
    pub rules: Vec<RuleReport>,
    /// Rows that were looked at, over all inputs.
    pub rows: u64,
    /// Bytes of the inputs.
    pub bytes: u64,
    /// Matches that were found.
    pub matches: u64,
    /// Matching rows whose time columns hold values, none of them readable as a time.
    pub unreadable_times: u64,
    /// Columns with values that have no text form.
    pub not_evaluable: Vec<NotEvaluable>,
    /// Where the time went.
    pub times: Times,
    /// Bytes of the columns that rules ask for, once decompressed, as far as they were read.
    pub decoded: u64,
    /// How matches were found.
    pub engine: &'static str,
    /// What was done: `match` or `read`.
    pub work: &'static str,
    /// Bytes that the scan might take.
    pub memory: u64,
    /// Whether the scan came to its end; the inputs tell what could be read on the way.
    pub complete: bool,
}

impl Report {
    /// The report as JSON.
    ///
    /// # Panics
    ///
    /// Never: nothing in a report can fail to serialise.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a report holds texts, numbers and lists only")
    }
}

/// The best state of each rule over `bindings`, of equal ones the first; without any, `no-log-source`.
pub(crate) fn best<'a>(rules: &RuleSet, bindings: impl IntoIterator<Item = &'a [RuleBinding]>) -> Vec<RuleReport> {
    let mut best: Vec<Option<&RuleBinding>> = vec![None; rules.plan().rules.len()];
    for states in bindings {
        for (known, state) in best.iter_mut().zip(states) {
            if known.is_none_or(|known| state.state < known.state) {
                *known = Some(state);
            }
        }
    }
    best.into_iter()
        .map(|rule| RuleReport {
            state: rule.map_or(State::NoLogSource, |rule| rule.state),
            lost: rule.map(|rule| rule.lost.clone()).unwrap_or_default(),
            missing: rule.map(|rule| rule.missing.clone()).unwrap_or_default(),
            near: rule.map(|rule| rule.near.clone()).unwrap_or_default(),
            any_product: rule.is_some_and(|rule| rule.any_product),
            matches: 0,
            rows: 0,
            cost: None,
        })
        .collect()
}
