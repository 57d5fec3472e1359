//! A bound column of one batch, read and examined only as far as somebody asks: first for candidates, here, then for what
//! judging them needs (`lazy/narrow.rs`).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use arrow::compute::{cast, concat};
use arrow::datatypes::{ArrowNativeType, DataType, Int32Type};

use super::signatures::{ABSENT, SignatureId, Signatures, UNKNOWN, same_array};
use crate::bind::GraphNode;
use crate::column::Leaves;
use crate::error::Error;
use crate::fold::fold_into;
use crate::matcher::ColumnMatcher;
use crate::sieve::{ColumnSieve, Found, GivenUp, KeywordSieve, Rules, Scratch, is_text, search, text_at};

mod narrow;

pub(super) use narrow::Asked;
use narrow::{Folded, REMEMBERED, Tested, Told};

/// Dictionaries that are remembered: a batch may hold the end of one chunk and the beginning of another.
const DICTIONARIES: usize = 4;
/// A dictionary with more values than this for each row of a batch is searched only where rows point.
const SPARSE_DICTIONARY: usize = 4;
/// Views that are remembered while an array is examined: equal ones are equal values.
const VIEWS: usize = 2_048;

/// A column's values in the rows of a batch.
#[derive(Debug)]
pub(super) enum Part {
    /// Text, examined where it is asked; `known` are the signatures of rows that were, once there are any.
    Text { array: ArrayRef, known: Vec<SignatureId>, asked: Tested },
    /// Rows point into a dictionary of texts.
    Dictionary { keys: Int32Array, dictionary: usize },
    /// All rows are examined.
    Examined { rows: Vec<SignatureId>, leaves: Leaves },
}

impl Part {
    fn len(&self) -> usize {
        match self {
            Self::Text { array, .. } => array.len(),
            Self::Dictionary { keys, .. } => keys.len(),
            Self::Examined { rows, .. } => rows.len(),
        }
    }
}

/// A dictionary of texts, and what is known of them.
#[derive(Debug)]
struct Dictionary {
    /// Tells it from all others that this column has had.
    serial: u32,
    values: ArrayRef,
    known: Vec<SignatureId>,
    asked: Tested,
    /// By value: 0, or one more than the place of its rules in `lists`.
    hot: Vec<u32>,
    lists: Vec<Rules>,
    searched: Searched,
    /// Hashes of the folded values, once somebody compares columns.
    hashes: Vec<u64>,
}

#[derive(Debug)]
enum Searched {
    Nothing,
    These(Vec<bool>),
    All,
}

/// What looking for candidates in a column needs beside the column.
pub(super) struct Seeker<'s> {
    pub(super) matcher: &'s ColumnMatcher,
    pub(super) sieve: &'s ColumnSieve,
    pub(super) nodes: &'s [GraphNode],
    pub(super) signatures: &'s mut Signatures,
    /// Keywords, if the search of this column looks for them too.
    pub(super) keywords: Option<(&'s KeywordSieve, &'s ColumnMatcher, &'s mut Signatures)>,
}

impl Seeker<'_> {
    /// The rules that keywords make candidates in a value.
    fn keyword_rules(&mut self, text: &str, rules: &mut Vec<u32>) {
        if let Some((sieve, matcher, signatures)) = &mut self.keywords {
            let signature = signatures.of_text_cached(matcher, text);
            rules.extend(sieve.rules(signatures.slots(signature)));
        }
    }
}

/// A candidate: a row (upper half) and the place of a rule in `Binding::rules`.
pub(super) type Candidate = u64;

pub(super) fn candidate(row: usize, rule: u32) -> Candidate {
    (row as u64) << 32 | u64::from(rule)
}

/// The lazily read column; its dictionaries outlive the batch.
#[derive(Debug, Default)]
pub(super) struct LazyColumn {
    parts: Vec<Part>,
    pub(super) loaded: bool,
    dictionaries: Vec<Dictionary>,
    found: Vec<Found>,
    others: Vec<u32>,
    scratch: Scratch,
    folded: Folded,
    /// What regexes said of texts lately: a hash of both finds the place, the rest makes sure.
    regexes: Vec<Option<(u32, Box<str>, bool)>>,
    /// What was asked of values of dictionaries lately.
    told: Told,
    /// The number of the next dictionary.
    serial: u32,
    /// What sets of predicates are of signatures: by number of the set, then by signature.
    answers: Vec<[Option<bool>; REMEMBERED]>,
    /// By signature, those that have been asked: the rules that such a value makes candidates.
    rules: Vec<Option<Rules>>,
}

impl LazyColumn {
    /// Forgets the batch.
    pub(super) fn begin(&mut self) {
        self.parts.clear();
        self.loaded = false;
        self.folded.forget();
        // Parts name dictionaries by place, so only now can one go.
        let extra = self.dictionaries.len().saturating_sub(DICTIONARIES);
        self.dictionaries.drain(..extra);
    }

    /// Forgets signatures, which have lost their meaning.
    pub(super) fn forget(&mut self) {
        self.dictionaries.clear();
        self.rules.clear();
        self.answers.clear();
    }

    /// Takes an array of text; false if it is none.
    pub(super) fn take_text(&mut self, array: &ArrayRef) -> Result<bool, Error> {
        let part = match array.data_type() {
            plain if is_text(plain) => {
                Part::Text { array: Arc::clone(array), known: Vec::new(), asked: Tested::default() }
            }
            DataType::Dictionary(_, values) if is_text(values) => {
                let dictionary = array.as_any_dictionary();
                let keys = cast(dictionary.keys(), &DataType::Int32)
                    .map_err(|e| Error::batch(format!("the keys of a dictionary cannot be read: {e}")))?;
                let keys = keys.as_primitive::<Int32Type>().clone();
                Part::Dictionary { keys, dictionary: self.dictionary(dictionary.values()) }
            }
            _ => return Ok(false),
        };
        self.parts.push(part);
        Ok(true)
    }

    /// Joins parts that follow each other and point into one dictionary, such as slices of one array: a dictionary is searched as a
    /// whole only where many rows point to it.
    pub(super) fn join_dictionaries(&mut self) -> Result<(), Error> {
        let parts = std::mem::take(&mut self.parts);
        let of = |part: &Part| match part {
            Part::Dictionary { dictionary, .. } => Some(*dictionary),
            _ => None,
        };
        let mut parts = parts.into_iter().peekable();
        while let Some(part) = parts.next() {
            let Part::Dictionary { keys, dictionary } = part else {
                self.parts.push(part);
                continue;
            };
            let mut all = vec![keys];
            while let Some(Part::Dictionary { keys, .. }) = parts.next_if(|part| of(part) == Some(dictionary)) {
                all.push(keys);
            }
            let keys = match all.as_slice() {
                [only] => only.clone(),
                several => {
                    let several: Vec<&dyn Array> = several.iter().map(|keys| keys as &dyn Array).collect();
                    let joined = concat(&several);
                    let joined =
                        joined.map_err(|e| Error::batch(format!("keys of a dictionary cannot be joined: {e}")))?;
                    joined.as_primitive::<Int32Type>().clone()
                }
            };
            self.parts.push(Part::Dictionary { keys, dictionary });
        }
        Ok(())
    }

    pub(super) fn take_examined(&mut self, rows: Vec<SignatureId>, leaves: Leaves) {
        self.parts.push(Part::Examined { rows, leaves });
    }

    fn dictionary(&mut self, values: &ArrayRef) -> usize {
        if let Some(known) = self.dictionaries.iter().position(|held| same_array(&held.values, values)) {
            return known;
        }
        self.serial = self.serial.wrapping_add(1);
        self.dictionaries.push(Dictionary {
            serial: self.serial,
            values: Arc::clone(values),
            known: vec![UNKNOWN; values.len()],
            asked: Tested::default(),
            hot: vec![0; values.len()],
            lists: Vec::new(),
            searched: Searched::Nothing,
            hashes: Vec::new(),
        });
        self.dictionaries.len() - 1
    }

    /// Appends the candidates of this column's anchors.
    pub(super) fn candidates(&mut self, seeker: &mut Seeker<'_>, out: &mut Vec<Candidate>) {
        let mut parts = std::mem::take(&mut self.parts);
        let mut first = 0;
        for part in &mut parts {
            match part {
                Part::Text { array, known, .. } if seeker.sieve.search.is_some() => {
                    self.in_text(seeker, array, known, first, out);
                }
                Part::Text { array, .. } => {
                    let rows = Self::examine(seeker, array);
                    self.in_examined(seeker, &rows, first, out);
                    let leaves = Leaves { values: Arc::clone(array), ranges: None, present: None, list: false };
                    *part = Part::Examined { rows, leaves };
                }
                Part::Dictionary { keys, dictionary } => {
                    self.search_dictionary(seeker, *dictionary, keys);
                    let null =
                        if keys.null_count() > 0 { self.rules_of(seeker, ABSENT).clone() } else { Rules::default() };
                    in_rows(&self.dictionaries[*dictionary], keys, &null, first, out);
                }
                Part::Examined { rows, .. } => self.in_examined(seeker, rows, first, out),
            }
            first += part.len();
        }
        self.parts = parts;
    }

    /// The rules that a value with this signature makes candidates.
    fn rules_of(&mut self, seeker: &Seeker<'_>, signature: SignatureId) -> &Rules {
        let at = signature as usize;
        if self.rules.len() <= at {
            self.rules.resize(seeker.signatures.len().max(at + 1), None);
        }
        self.rules[at].get_or_insert_with(|| {
            let truths = (signature != ABSENT).then(|| seeker.signatures.slots(signature));
            seeker.sieve.rules(seeker.nodes, truths)
        })
    }

    /// Searches an array. Values that cannot be searched are examined, and are `known` from then on.
    fn in_text(
        &mut self,
        seeker: &mut Seeker<'_>,
        array: &ArrayRef,
        known: &mut Vec<SignatureId>,
        first: usize,
        out: &mut Vec<Candidate>,
    ) {
        let searched = self.search(seeker, array, None, |row, rules| {
            out.extend(rules.iter().map(|rule| candidate(first + row as usize, *rule)));
        });
        if searched.is_err() {
            self.others.clear();
            self.others.extend((0..array.len() as u32).filter(|row| array.is_valid(*row as usize)));
        }
        let others = std::mem::take(&mut self.others);
        if !others.is_empty() {
            known.resize(array.len(), UNKNOWN);
        }
        let mut rules = Vec::new();
        for &row in &others {
            let text = text_at(array, row as usize);
            let signature = seeker.signatures.of_text_cached(seeker.matcher, text);
            known[row as usize] = signature;
            rules.clear();
            rules.extend_from_slice(self.rules_of(seeker, signature));
            seeker.keyword_rules(text, &mut rules);
            out.extend(rules.iter().map(|rule| candidate(first + row as usize, *rule)));
        }
        self.others = others;
    }

    /// Hands over places and their rules, and fills `others` with the places that have to be examined.
    fn search(
        &mut self,
        seeker: &Seeker<'_>,
        array: &ArrayRef,
        only: Option<&[u32]>,
        mut candidate: impl FnMut(u32, &[u32]),
    ) -> Result<(), GivenUp> {
        self.others.clear();
        let (found, Some(wanted)) = (&mut self.found, &seeker.sieve.search) else { return Ok(()) };
        search(array, only, wanted.shortest, &mut self.scratch, &mut self.others, |hay| {
            wanted.find(hay, found, &mut candidate)
        })
    }

    fn search_dictionary(&mut self, seeker: &mut Seeker<'_>, at: usize, keys: &Int32Array) {
        let held = &mut self.dictionaries[at];
        let values = Arc::clone(&held.values);
        let mut searched = std::mem::replace(&mut held.searched, Searched::All);
        let first = matches!(searched, Searched::Nothing);
        let only: Option<Vec<u32>> = match &mut searched {
            Searched::All => return,
            Searched::Nothing if values.len() <= keys.len().saturating_mul(SPARSE_DICTIONARY) => None,
            Searched::Nothing => {
                let mut done = vec![false; values.len()];
                let only = unsearched(keys, &mut done);
                held.searched = Searched::These(done);
                Some(only)
            }
            Searched::These(done) => {
                let only = unsearched(keys, done);
                held.searched = Searched::These(std::mem::take(done));
                Some(only)
            }
        };
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let by_search = seeker.sieve.search.is_some()
            && self
                .search(seeker, &values, only.as_deref(), |value, rules| {
                    pairs.extend(rules.iter().map(|rule| (value, *rule)));
                })
                .is_ok();
        if !by_search {
            self.others.clear();
            match &only {
                Some(only) => self.others.extend_from_slice(only),
                None => self.others.extend(0..values.len() as u32),
            }
            self.others.retain(|at| values.is_valid(*at as usize));
        }
        let others = std::mem::take(&mut self.others);
        let mut rules: Vec<u32> = Vec::new();
        for &value in &others {
            let text = text_at(&values, value as usize);
            let signature = seeker.signatures.of_text_cached(seeker.matcher, text);
            self.dictionaries[at].known[value as usize] = signature;
            rules.clear();
            rules.extend_from_slice(self.rules_of(seeker, signature));
            seeker.keyword_rules(text, &mut rules);
            pairs.extend(rules.iter().map(|rule| (value, *rule)));
        }
        self.others = others;
        pairs.sort_unstable();
        pairs.dedup();
        let held = &mut self.dictionaries[at];
        for same in pairs.chunk_by(|a, b| a.0 == b.0) {
            held.lists.push(same.iter().map(|(_, rule)| *rule).collect());
            held.hot[same[0].0 as usize] = held.lists.len() as u32;
        }
        if first && seeker.sieve.search.is_none() && values.null_count() > 0 {
            // A key may point to a null: that row is as one without a key.
            let null = self.rules_of(seeker, ABSENT).clone();
            let held = &mut self.dictionaries[at];
            held.lists.push(null);
            let place = held.lists.len() as u32;
            (0..values.len()).filter(|at| values.is_null(*at)).for_each(|at| held.hot[at] = place);
        }
    }

    /// The signatures of all values of an array of text.
    fn examine(seeker: &mut Seeker<'_>, array: &ArrayRef) -> Vec<SignatureId> {
        let mut rows = Vec::with_capacity(array.len());
        let views = (*array.data_type() == DataType::Utf8View).then(|| array.as_string_view().views().as_ref());
        let mut known: Vec<(u128, SignatureId)> = vec![(0, UNKNOWN); if views.is_some() { VIEWS } else { 0 }];
        let mut previous: Option<(&str, SignatureId)> = None;
        for row in 0..array.len() {
            if array.is_null(row) {
                rows.push(ABSENT);
                continue;
            }
            if let Some(views) = views {
                let view = views[row];
                let place = ((view ^ view >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 53;
                let slot = &mut known[place as usize];
                if slot.1 == UNKNOWN || slot.0 != view {
                    *slot = (view, seeker.signatures.of_text_cached(seeker.matcher, text_at(array, row)));
                }
                rows.push(slot.1);
                continue;
            }
            let text = text_at(array, row);
            let signature = match previous {
                Some((before, signature)) if before == text => signature,
                _ => seeker.signatures.of_text_cached(seeker.matcher, text),
            };
            previous = Some((text, signature));
            rows.push(signature);
        }
        rows
    }

    fn in_examined(&mut self, seeker: &Seeker<'_>, rows: &[SignatureId], first: usize, out: &mut Vec<Candidate>) {
        for (row, &signature) in rows.iter().enumerate() {
            out.extend(self.rules_of(seeker, signature).iter().map(|rule| candidate(first + row, *rule)));
        }
    }

    /// A hash of each row's folded text, 0 where there is none; `None` where a part is no flat text.
    pub(super) fn hashes(&mut self, hasher: &ahash::RandomState, rows: usize) -> Option<Vec<u64>> {
        let mut folded = String::new();
        let mut hash = |text: &str| {
            fold_into(text, &mut folded);
            hasher.hash_one(folded.as_str()).max(1)
        };
        let mut hashes = Vec::with_capacity(rows);
        for part in &self.parts {
            match part {
                Part::Examined { leaves, .. } if leaves.ranges.is_some() || !is_text(leaves.values.data_type()) => {
                    return None;
                }
                Part::Text { array, .. } | Part::Examined { leaves: Leaves { values: array, .. }, .. } => {
                    let of = |row: usize| if array.is_null(row) { 0 } else { hash(text_at(array, row)) };
                    hashes.extend((0..array.len()).map(of));
                }
                Part::Dictionary { keys, dictionary } => {
                    let held = &mut self.dictionaries[*dictionary];
                    if held.hashes.is_empty() {
                        let values = &held.values;
                        let of = |at: usize| if values.is_null(at) { 0 } else { hash(text_at(values, at)) };
                        held.hashes = (0..values.len()).map(of).collect();
                    }
                    hashes.extend(keys.iter().map(|key| key.map_or(0, |key| held.hashes[key.as_usize()])));
                }
            }
        }
        Some(hashes)
    }
}

/// The places that `keys` point to and that are not `done` yet, ascending; they are, afterwards.
fn unsearched(keys: &Int32Array, done: &mut [bool]) -> Vec<u32> {
    let mut only = Vec::new();
    for key in keys.iter().flatten() {
        if !std::mem::replace(&mut done[key.as_usize()], true) {
            only.push(key.as_usize() as u32);
        }
    }
    only.sort_unstable();
    only
}

fn in_rows(held: &Dictionary, keys: &Int32Array, null: &[u32], first: usize, out: &mut Vec<Candidate>) {
    if held.lists.is_empty() && null.is_empty() {
        return;
    }
    let nulls = keys.nulls();
    for (row, &key) in keys.values().iter().enumerate() {
        let rules = if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            null
        } else {
            match held.hot.get(key.as_usize()) {
                Some(&hot) if hot != 0 => &held.lists[hot as usize - 1],
                _ => continue,
            }
        };
        out.extend(rules.iter().map(|rule| candidate(first + row, *rule)));
    }
}
