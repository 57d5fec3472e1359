//! A worker's scanners: the scratch space for matching, kept for the tables that come again.
//!
//! A scanner remembers which values it has judged, so throwing it away between row groups would be a waste. An archive
//! has few distinct schemas, and files of one schema mostly follow each other: a handful of scanners is enough, and their
//! number bounds the memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Binding, Engine, Scanner};
use crate::tally::Counts;

/// Scanners that a worker keeps.
const KEPT: usize = 4;

/// The scanners of one worker, the latest used first.
pub(crate) struct Scanners {
    engine: Engine,
    costs: bool,
    kept: Vec<Entry>,
}

struct Entry {
    binding: Arc<Binding>,
    scanner: Scanner,
    /// What of its not evaluable values has been counted already.
    told: BTreeMap<String, u64>,
}

impl Scanners {
    pub(crate) fn new(engine: Engine, costs: bool) -> Self {
        Self { engine, costs, kept: Vec::new() }
    }

    /// The scanner for `binding`.
    pub(crate) fn get(&mut self, binding: &Arc<Binding>) -> &mut Scanner {
        let known = self.kept.iter().position(|entry| Arc::ptr_eq(&entry.binding, binding));
        let entry = match known {
            Some(place) => self.kept.remove(place),
            None => {
                let scanner = Scanner::new(binding.clone()).with_engine(self.engine);
                let scanner = if self.costs { scanner.with_costs() } else { scanner };
                Entry { binding: binding.clone(), scanner, told: BTreeMap::new() }
            }
        };
        self.kept.insert(0, entry);
        self.kept.truncate(KEPT);
        &mut self.kept[0].scanner
    }

    /// Moves what the latest scanner could not evaluate, and the time that it spent, into `counts`; to be called before another one is asked for.
    pub(crate) fn count(&mut self, counts: &mut Counts) {
        let Some(entry) = self.kept.first_mut() else {
            return;
        };
        let judged = entry.scanner.take_judged();
        counts.spent.verify += judged.total;
        if !judged.rules.is_empty() {
            counts.costs.resize(judged.rules.len(), Duration::ZERO);
            for (total, cost) in counts.costs.iter_mut().zip(judged.rules) {
                *total += cost;
            }
        }
        for (column, values) in entry.scanner.not_evaluable() {
            let told = entry.told.entry(column.clone()).or_default();
            if values > told {
                *counts.not_evaluable.entry(column.clone()).or_default() += values - *told;
                *told = *values;
            }
        }
    }

    /// Forgets all scanners: after a panic their state is anybody's guess.
    pub(crate) fn forget(&mut self) {
        self.kept.clear();
    }
}
