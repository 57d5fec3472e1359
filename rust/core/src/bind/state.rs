//! What a binding says of each rule.

use std::collections::BTreeMap;

use serde::Serialize;

/// Whether a rule runs on a table; the better state is the smaller one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Every field that it asks has a column.
    Runs,
    /// It can match, but some field has no column.
    Partial,
    /// Its log source is there, but it can never match.
    Inert,
    /// No row of the table can have its log source.
    NoLogSource,
}

/// What a partial rule lost with its missing columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lost {
    /// Ways to match: it finds less than it should.
    Branches,
    /// Exclusions: it finds more than it should.
    Filters,
}

/// The state of one rule on one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleBinding {
    /// The state.
    pub state: State,
    /// What a partial rule lost.
    pub lost: Vec<Lost>,
    /// The fields without a column, by the rule's names, sorted.
    pub missing: Vec<String>,
    /// Missing field → a column that it most likely means: one whose name differs only in case, a space or an `@`;
    /// or the field's own name, where there is such a column and the mapping does not take it for the field.
    pub near: BTreeMap<String, String>,
    /// The rule states a product, and rows that it reads do not tell theirs: it runs on those of any.
    pub any_product: bool,
}

impl RuleBinding {
    pub(crate) fn no_log_source() -> Self {
        Self {
            state: State::NoLogSource,
            lost: Vec::new(),
            missing: Vec::new(),
            near: BTreeMap::new(),
            any_product: false,
        }
    }

    /// The better of two states of one rule.
    #[must_use]
    pub fn better(self, other: Self) -> Self {
        let rank = |binding: &Self| (binding.state, binding.lost.len(), binding.missing.len());
        if rank(&other) < rank(&self) { other } else { self }
    }
}
