//! Keywords: texts that may stand in any column.
//!
//! They are needles like others. A column that is searched anyway looks for them along with its own; all other columns are
//! searched for them alone. Numbers need not be, as long as no keyword could stand in one.

use std::collections::BTreeMap;

use ahash::HashMap;
use arrow::array::ArrayRef;

use super::grams::{Needle, WIDEST_STEP, WINDOW, WindowCounts};
use super::sample::{TextSample, needles, plain};
use super::{Rules, Search};
use crate::matcher::{ColumnMatcher, Slot};

/// What the text of a number is made of, infinities and the like included.
const OF_NUMBERS: &[u8] = b"0123456789+-.einfta";

/// How often keywords occur in a sample.
#[derive(Debug)]
pub(crate) struct KeywordSample {
    columns: Vec<TextSample>,
    /// The needles of the slots that can be looked for.
    needles: BTreeMap<Slot, Vec<Needle>>,
    windows: WindowCounts,
}

impl KeywordSample {
    /// Looks for the needles of all keywords in these columns of text.
    pub(crate) fn new(matcher: &ColumnMatcher, columns: &[ArrayRef]) -> Self {
        let fit = |needles: &Vec<Needle>| {
            let fits = |needle: &Needle| {
                needle.text.len() >= WINDOW && needle.text.bytes().any(|byte| !OF_NUMBERS.contains(&byte))
            };
            needles.iter().all(fits)
        };
        let slots = 0..matcher.slots() as Slot;
        let found: BTreeMap<Slot, Vec<Needle>> =
            slots.filter_map(|slot| Some((slot, needles(matcher, slot).filter(fit)?))).collect();
        let all: Vec<Needle> = found.values().flatten().cloned().collect();
        let columns = columns.iter().map(|column| TextSample::new(all.clone(), matcher, &plain(column), 0)).collect();
        Self { columns, needles: found, windows: WindowCounts::new() }
    }

    /// The share of rows in which some column announces a keyword; `None` where it cannot be looked for.
    pub(crate) fn share(&self, slot: Slot) -> Option<f64> {
        let needles = self.needles.get(&slot)?;
        Some(self.columns.iter().flat_map(|column| needles.iter().map(|needle| column.share(needle))).sum())
    }

    /// The search for some keywords.
    pub(crate) fn sieve(&self, slots: BTreeMap<Slot, Rules>) -> KeywordSieve {
        let mut needles: BTreeMap<Needle, Vec<u32>> = BTreeMap::new();
        for (slot, rules) in &slots {
            for needle in &self.needles[slot] {
                needles.entry(needle.clone()).or_default().extend(rules);
            }
        }
        let split =
            needles.keys().map(|needle| needle.text.len()).min().unwrap_or(WINDOW).min(WINDOW + WIDEST_STEP - 1);
        let search = Search::new(needles.clone(), Vec::new(), split, &self.windows);
        KeywordSieve { search, needles, split, by_slot: slots.into_iter().collect() }
    }
}

/// How keywords are looked for.
#[derive(Debug)]
pub(crate) struct KeywordSieve {
    /// `None` where no needle is ASCII: then only values that are not have to be looked at.
    pub(crate) search: Option<Search>,
    needles: BTreeMap<Needle, Vec<u32>>,
    /// Needles of fewer bytes than this are short ones: none of them is.
    pub(crate) split: usize,
    by_slot: HashMap<Slot, Rules>,
}

impl KeywordSieve {
    /// The needles, and the rules that each makes candidates.
    pub(crate) fn needles(&self) -> impl Iterator<Item = (&Needle, &Vec<u32>)> {
        self.needles.iter()
    }

    /// The rules that a value makes candidates of which these keywords are true.
    pub(crate) fn rules<'a>(&'a self, truths: &'a [Slot]) -> impl Iterator<Item = u32> + 'a {
        truths.iter().filter_map(|slot| self.by_slot.get(slot)).flat_map(|rules| rules.iter().copied())
    }
}
