//! Filing predicates into a [`ColumnMatcher`].

use std::collections::BTreeMap;
use std::sync::OnceLock;

use ahash::HashMap;

use super::{AffixIndex, Alone, Announced, Check, ColumnMatcher, End, Entry, Slot};
use crate::fold::fold;
use crate::pattern::Pattern;
use crate::plan::{Cmp, How};
use crate::rule_set::Compiled;

/// How a text stands to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Equals,
    StartsWith,
    EndsWith,
    Contains,
}

impl Kind {
    pub(crate) fn holds(self, value: &str, text: &str) -> bool {
        match self {
            Self::Equals => value == text,
            Self::StartsWith => value.starts_with(text),
            Self::EndsWith => value.ends_with(text),
            Self::Contains => memchr::memmem::find(value.as_bytes(), text.as_bytes()).is_some(),
        }
    }
}

impl From<How> for Kind {
    fn from(how: How) -> Self {
        match how {
            How::Equals => Self::Equals,
            How::Contains => Self::Contains,
            How::StartsWith => Self::StartsWith,
            How::EndsWith => Self::EndsWith,
        }
    }
}

type Filed = HashMap<String, Vec<u32>>;

/// What was filed, sorted: a matcher is the same whatever the order of hashing.
fn sorted(filed: Filed) -> impl Iterator<Item = (String, Vec<u32>)> {
    let mut filed: Vec<_> = filed.into_iter().collect();
    filed.sort_unstable();
    filed.into_iter()
}

/// Collects predicates; one slot each.
#[derive(Debug, Default)]
pub(crate) struct MatcherBuilder {
    slots: usize,
    entries: Vec<Entry>,
    /// Folded text → entries, by kind.
    equals: Filed,
    numbers: Filed,
    prefixes: Filed,
    suffixes: Filed,
    contains: Filed,
    always: Vec<u32>,
    anything: Vec<Slot>,
    /// Whether regexes are left to whoever asks, for the few rows that the rest of a rule leaves.
    defers: bool,
    deferred: BTreeMap<Slot, regex::Regex>,
    comparisons: Vec<(Slot, Cmp, Box<str>)>,
    hex_comparisons: Vec<(Slot, Cmp, Box<str>)>,
    networks: Vec<(Slot, ipnet::IpNet)>,
    parts: Vec<(Slot, crate::plan::TimePart, Cmp, i64)>,
    announced: Vec<Announced>,
    alone: Vec<Alone>,
}

impl MatcherBuilder {
    /// A builder whose matcher only announces candidates for its regexes.
    pub(crate) fn deferring() -> Self {
        Self { defers: true, ..Self::default() }
    }

    /// Files a predicate and returns its slot.
    pub(crate) fn add(&mut self, test: &Compiled) -> Slot {
        let slot = self.slots as Slot;
        self.slots += 1;
        self.announced.push(announced(test));
        self.alone.push(Alone::Examine);
        match test {
            test if test.is_any_value() => {
                self.anything.push(slot);
                self.alone[slot as usize] = Alone::Anything;
            }
            Compiled::Text { kind, value, cased } => {
                let check = if *cased { Check::Cased(*kind, value.as_str().into()) } else { Check::Sure };
                self.file(*kind, fold(value), slot, check);
            }
            Compiled::Pattern { escaped, pattern, cased } => {
                let needle = fold(&pattern.required());
                let check = if *cased {
                    Check::Original(pattern.clone())
                } else {
                    // Folding maps code points one to one and leaves the three escaped characters alone.
                    Check::Folded(Pattern::parse(&fold(escaped)).unwrap_or_else(|| pattern.clone()))
                };
                self.file(Kind::Contains, needle, slot, check);
            }
            Compiled::Regex { regex, required, .. } => {
                let check = if self.defers {
                    self.deferred.insert(slot, regex.clone());
                    Check::Sure
                } else {
                    Check::Regex(regex.clone())
                };
                match required {
                    Some(texts) => {
                        let entry = self.entry(slot, check);
                        for text in texts {
                            self.contains.entry(text.clone()).or_default().push(entry);
                        }
                    }
                    None if self.defers => self.anything.push(slot),
                    None => {
                        let entry = self.entry(slot, check);
                        self.always.push(entry);
                    }
                }
            }
            Compiled::Number { cmp: Cmp::Eq, value } => {
                let entry = self.entry(slot, Check::Sure);
                self.numbers.entry(value.clone()).or_default().push(entry);
            }
            Compiled::Number { cmp, value } => self.comparisons.push((slot, *cmp, value.as_str().into())),
            Compiled::HexNumber { cmp, value } => self.hex_comparisons.push((slot, *cmp, value.as_str().into())),
            Compiled::NumberWithin { value } => {
                self.file(Kind::Contains, value.clone(), slot, Check::NoDigitBeside(value.as_str().into()));
            }
            Compiled::Cidr(net) => self.networks.push((slot, *net)),
            Compiled::TimePart { part, cmp, value } => self.parts.push((slot, *part, *cmp, *value)),
            // Presence and references are no properties of one value; the graph answers them.
            Compiled::Null | Compiled::Exists | Compiled::FieldRef { .. } => {}
        }
        slot
    }

    fn entry(&mut self, slot: Slot, check: Check) -> u32 {
        self.entries.push(Entry { slot, check });
        (self.entries.len() - 1) as u32
    }

    fn file(&mut self, kind: Kind, folded: String, slot: Slot, check: Check) {
        let entry = self.entry(slot, check);
        self.alone[slot as usize] = match kind {
            Kind::Contains => Alone::Contains(folded.as_str().into(), OnceLock::new(), entry),
            kind => Alone::Text(kind, folded.as_str().into(), entry),
        };
        // An empty needle is in every value: only the check can tell.
        if folded.is_empty() && kind != Kind::Equals {
            self.always.push(entry);
            return;
        }
        let index = match kind {
            Kind::Equals => &mut self.equals,
            Kind::StartsWith => &mut self.prefixes,
            Kind::EndsWith => &mut self.suffixes,
            Kind::Contains => &mut self.contains,
        };
        index.entry(folded).or_default().push(entry);
    }

    /// Builds the matcher.
    pub(crate) fn build(self) -> ColumnMatcher {
        let mut groups: Vec<Box<[u32]>> = Vec::new();
        let mut number = |entries: Vec<u32>| {
            groups.push(entries.into_boxed_slice());
            (groups.len() - 1) as u32
        };
        let table = |texts: Filed, number: &mut dyn FnMut(Vec<u32>) -> u32| -> HashMap<Box<str>, u32> {
            sorted(texts).map(|(text, entries)| (text.into_boxed_str(), number(entries))).collect()
        };
        let equals = table(self.equals, &mut number);
        let numbers = table(self.numbers, &mut number);
        let prefixes =
            AffixIndex::new(End::Start, sorted(self.prefixes).map(|(t, e)| (t, number(e))).collect::<Vec<_>>());
        let suffixes =
            AffixIndex::new(End::Tail, sorted(self.suffixes).map(|(t, e)| (t, number(e))).collect::<Vec<_>>());
        let contains = sorted(self.contains).map(|(t, e)| (t, number(e))).collect();
        let contains = super::Contained::new(contains);
        ColumnMatcher {
            slots: self.slots,
            entries: self.entries,
            groups,
            equals,
            numbers,
            prefixes,
            suffixes,
            contains,
            always: self.always.into_boxed_slice(),
            anything: self.anything.into_boxed_slice(),
            deferred: self.deferred,
            comparisons: self.comparisons,
            hex_comparisons: self.hex_comparisons,
            networks: self.networks,
            parts: self.parts,
            announced: self.announced,
            alone: self.alone,
        }
    }
}

/// What must stand in a text for a predicate to be true of it.
fn announced(test: &Compiled) -> Announced {
    let one = |kind, text: String| Announced { texts: Some(vec![(kind, text)]), run: None };
    match test {
        test if test.is_any_value() => Announced::default(),
        Compiled::Text { kind, value, .. } => one(*kind, fold(value)),
        Compiled::Pattern { pattern, .. } => one(Kind::Contains, fold(&pattern.required())),
        Compiled::Regex { required, run, .. } => {
            let texts = required.as_ref();
            let texts = texts.map(|texts| texts.iter().map(|text| (Kind::Contains, text.clone())).collect());
            Announced { texts, run: run.clone() }
        }
        Compiled::Number { cmp: Cmp::Eq, value } => one(Kind::Equals, value.clone()),
        Compiled::NumberWithin { value } => one(Kind::Contains, value.clone()),
        Compiled::Number { .. }
        | Compiled::HexNumber { .. }
        | Compiled::Cidr(_)
        | Compiled::TimePart { .. }
        | Compiled::Null
        | Compiled::Exists
        | Compiled::FieldRef { .. } => Announced::default(),
    }
}
