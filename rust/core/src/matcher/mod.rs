//! All predicates that ask one column's value, in one combined structure.
//!
//! Each predicate is filed under what must hold for it to be true at all — the folded value equals, begins with, ends
//! with or contains a text — with a check that settles what the text alone does not (case, wildcards, a regex). One look
//! at a value then visits the indices once, whatever the number of rules: a hash table for equality, one binary search
//! each for prefixes and suffixes, one automaton for all contained literals. Only predicates that no text can announce
//! (`[a-z]{40}`) are tried one by one.

mod affix;
mod build;
mod required;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use ahash::HashMap;
use daachorse::{DoubleArrayAhoCorasick, DoubleArrayAhoCorasickBuilder};
use ipnet::IpNet;
use regex::Regex;

pub(crate) use affix::{AffixIndex, End};
pub(crate) use build::{Kind, MatcherBuilder};
pub(crate) use required::{Run, required as required_literals, required_run};

use crate::decimal::{Decimal, from_hex};
use crate::pattern::Pattern;
use crate::plan::{Cmp, TimePart};
use crate::{address, fold, time};

/// A predicate's number within its column's matcher.
pub(crate) type Slot = u32;

/// What remains to be settled once a predicate's text was found.
#[derive(Debug)]
enum Check {
    /// Nothing: the folded text says it all.
    Sure,
    /// The original value must stand in this relation to the cased text.
    Cased(Kind, Box<str>),
    /// The folded value must match the pattern.
    Folded(Pattern),
    /// The original value must match the pattern.
    Original(Pattern),
    /// The original value must match.
    Regex(Regex),
    /// The text must occur where no digit stands beside it.
    NoDigitBeside(Box<str>),
}

/// One predicate filed under a text.
#[derive(Debug)]
struct Entry {
    slot: Slot,
    check: Check,
}

/// All contained literals with their group numbers, and the automaton over them: it is made when a value is first examined,
/// since a column that is searched may never need it, and making it is most of what binding takes.
struct Contained {
    literals: Vec<(String, u32)>,
    /// `None` inside: the literals are more than an automaton holds.
    automaton: OnceLock<Option<DoubleArrayAhoCorasick<u32>>>,
}

impl Contained {
    fn new(literals: Vec<(String, u32)>) -> Self {
        Self { literals, automaton: OnceLock::new() }
    }

    /// Visits the group of every literal that stands in `folded`, some of them more than once.
    fn find(&self, folded: &str, mut visit: impl FnMut(u32)) {
        if self.literals.is_empty() {
            return;
        }
        let literals = || self.literals.iter().map(|(text, group)| (text, *group));
        let make = || DoubleArrayAhoCorasickBuilder::new().build_with_values(literals()).ok();
        match self.automaton.get_or_init(make) {
            Some(automaton) => automaton.find_overlapping_iter(folded).for_each(|found| visit(found.value())),
            None => literals().filter(|(text, _)| folded.contains(text.as_str())).for_each(|(_, group)| visit(group)),
        }
    }
}

impl std::fmt::Debug for Contained {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contained").field("literals", &self.literals.len()).finish_non_exhaustive()
    }
}

/// All predicates on one column; immutable and shared.
#[derive(Debug)]
pub(crate) struct ColumnMatcher {
    slots: usize,
    entries: Vec<Entry>,
    /// Lists of entry numbers: what the indices report.
    groups: Vec<Box<[u32]>>,
    equals: HashMap<Box<str>, u32>,
    /// Canonical decimal texts: they equal text columns as text, and number columns as numbers.
    numbers: HashMap<Box<str>, u32>,
    prefixes: AffixIndex,
    suffixes: AffixIndex,
    contains: Contained,
    always: Box<[u32]>,
    /// Predicates that every present value satisfies, also one without a text form.
    anything: Box<[Slot]>,
    /// Regexes that [`Self::examine`] only announces: their slots say "may match".
    deferred: BTreeMap<Slot, Regex>,
    comparisons: Vec<(Slot, Cmp, Box<str>)>,
    /// The same of values that are written in hexadecimal.
    hex_comparisons: Vec<(Slot, Cmp, Box<str>)>,
    networks: Vec<(Slot, IpNet)>,
    parts: Vec<(Slot, TimePart, Cmp, i64)>,
    /// By slot.
    announced: Vec<Announced>,
    alone: Vec<Alone>,
}

/// How one predicate is tested on its own.
#[derive(Debug)]
enum Alone {
    /// The folded text is contained, and the check of this entry holds. Most are never tested alone, so what finds the text is made
    /// when one is.
    Contains(Box<str>, OnceLock<Box<memchr::memmem::Finder<'static>>>, u32),
    /// The folded text stands in this relation, and the check of this entry holds.
    Text(Kind, Box<str>, u32),
    /// Every present value satisfies it.
    Anything,
    /// Only an examination tells.
    Examine,
}

/// What a text must hold for a predicate to be true of it: a way to find candidates without examining values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Announced {
    /// The folded text stands in one of these relations to these folded texts; `None`: no text announces it.
    pub(crate) texts: Option<Vec<(Kind, String)>>,
    /// An ASCII text holds this run.
    pub(crate) run: Option<Run>,
}

/// Reusable memory of [`ColumnMatcher::examine`].
#[derive(Debug, Default)]
pub(crate) struct Examination {
    folded: String,
    /// `tried[entry] == round` means that the entry was settled for this value.
    tried: Vec<u32>,
    round: u32,
    /// The slots that are true of the value: sorted, distinct.
    pub(crate) truths: Vec<Slot>,
}

impl ColumnMatcher {
    /// The number of predicates.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// The regex that settles a slot which is only announced; `None` for all other slots.
    pub(crate) fn deferred(&self, slot: Slot) -> Option<&Regex> {
        self.deferred.get(&slot)
    }

    /// What a text must hold for a slot to be true.
    pub(crate) fn announced(&self, slot: Slot) -> &Announced {
        &self.announced[slot as usize]
    }

    /// Whether one predicate is true of a value, without looking at any other; `None` if only an examination tells.
    pub(crate) fn test(&self, slot: Slot, value: &str, folded: &str) -> Option<bool> {
        let (stands, entry) = match &self.alone[slot as usize] {
            Alone::Contains(text, finder, entry) => {
                let finder = finder.get_or_init(|| Box::new(memchr::memmem::Finder::new(text.as_bytes()).into_owned()));
                (finder.find(folded.as_bytes()).is_some(), *entry)
            }
            Alone::Text(kind, text, entry) => (kind.holds(folded, text), *entry),
            Alone::Anything => return Some(true),
            Alone::Examine => return None,
        };
        Some(stands && self.entries[entry as usize].check.holds(value, folded))
    }

    /// The predicates that every present value satisfies.
    pub(crate) fn anything(&self) -> &[Slot] {
        &self.anything
    }

    /// Finds the predicates that are true of `value` and leaves them in `work.truths`.
    ///
    /// `number` is the canonical decimal text of the value where the column holds numbers whose text form may differ
    /// from it (decimals with trailing zeros); otherwise the value itself.
    pub(crate) fn examine(&self, value: &str, number: &str, work: &mut Examination) {
        work.truths.clear();
        work.tried.resize(self.entries.len(), 0);
        work.round = work.round.wrapping_add(1);
        if work.round == 0 {
            work.tried.fill(0);
            work.round = 1;
        }
        let Examination { folded, tried, round, truths } = work;
        fold::fold_into(value, folded);
        let mut visit = |group: u32| {
            for &at in &self.groups[group as usize] {
                if std::mem::replace(&mut tried[at as usize], *round) != *round {
                    let entry = &self.entries[at as usize];
                    if entry.check.holds(value, folded) {
                        truths.push(entry.slot);
                    }
                }
            }
        };
        if let Some(&group) = self.equals.get(folded.as_str()) {
            visit(group);
        }
        if !self.numbers.is_empty()
            && let Some(&group) = self.numbers.get(number)
        {
            visit(group);
        }
        if !self.prefixes.is_empty() {
            self.prefixes.find(folded.as_bytes(), &mut visit);
        }
        if !self.suffixes.is_empty() {
            self.suffixes.find(folded.as_bytes(), &mut visit);
        }
        self.contains.find(folded, &mut visit);
        truths.extend_from_slice(&self.anything);
        for &at in &self.always {
            let entry = &self.entries[at as usize];
            if entry.check.holds(value, folded) {
                truths.push(entry.slot);
            }
        }
        self.examine_quantities(value, truths);
        truths.sort_unstable();
        truths.dedup();
    }

    /// Predicates that read the value as a number, an address or a time.
    fn examine_quantities(&self, value: &str, truths: &mut Vec<Slot>) {
        if !self.comparisons.is_empty()
            && let Some(number) = Decimal::parse(value)
        {
            compare(&self.comparisons, number, truths);
        }
        if !self.hex_comparisons.is_empty()
            && let Some(number) = from_hex(value)
            && let Some(number) = Decimal::parse(&number)
        {
            compare(&self.hex_comparisons, number, truths);
        }
        if !self.networks.is_empty() {
            truths.extend(self.networks.iter().filter(|(_, net)| address::inside(net, value)).map(|(slot, _)| *slot));
        }
        if !self.parts.is_empty()
            && let Some(at) = time::parse(value)
        {
            truths.extend(
                self.parts
                    .iter()
                    .filter(|(_, part, cmp, n)| cmp.holds(time::part(at, *part).cmp(n)))
                    .map(|(slot, ..)| *slot),
            );
        }
    }
}

/// Files the slots of the comparisons that hold of a number.
fn compare(comparisons: &[(Slot, Cmp, Box<str>)], number: Decimal<'_>, truths: &mut Vec<Slot>) {
    truths.extend(comparisons.iter().filter_map(|(slot, cmp, limit)| {
        Decimal::parse(limit).is_some_and(|limit| cmp.holds(number.cmp(&limit))).then_some(*slot)
    }));
}

impl Check {
    fn holds(&self, value: &str, folded: &str) -> bool {
        match self {
            Self::Sure => true,
            Self::Cased(kind, text) => kind.holds(value, text),
            Self::Folded(pattern) => pattern.matches(folded),
            Self::Original(pattern) => pattern.matches(value),
            Self::Regex(regex) => regex.is_match(value),
            Self::NoDigitBeside(number) => no_digit_beside(value, number),
        }
    }
}

/// Whether `number` occurs in `value` where neither neighbour is a digit.
fn no_digit_beside(value: &str, number: &str) -> bool {
    let bytes = value.as_bytes();
    memchr::memmem::find_iter(bytes, number.as_bytes()).any(|at| {
        let before = at.checked_sub(1).map(|i| bytes[i]);
        let after = bytes.get(at + number.len()).copied();
        !before.is_some_and(|b| b.is_ascii_digit()) && !after.is_some_and(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_beyond_an_automaton_are_found_one_by_one() {
        let literals = || ["ab", "abc", "b", "ä", "zz"].into_iter().map(str::to_owned).zip(0..).collect();
        let (fast, slow) =
            (Contained::new(literals()), Contained { literals: literals(), automaton: OnceLock::from(None) });
        let found = |contained: &Contained, text: &str| {
            let mut groups = Vec::new();
            contained.find(text, |group| groups.push(group));
            groups.sort_unstable();
            groups.dedup();
            groups
        };
        for (text, groups) in [("xabcx", vec![0, 1, 2]), ("bäb", vec![2, 3]), ("", vec![]), ("z", vec![])] {
            assert_eq!((found(&fast, text), found(&slow, text)), (groups.clone(), groups), "{text}");
        }
    }
}
