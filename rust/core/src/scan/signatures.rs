//! Signatures: the set of predicates that are true of a value, interned to a number.
//!
//! Events repeat. A column of 32,768 rows holds a few hundred distinct signatures, whatever its distinct values: rows
//! carry one number each, and everything after is done per signature. Values of a dictionary are examined once for the
//! life of the dictionary; other values go through a small cache, since command lines repeat too.

use std::sync::Arc;

use ahash::{HashMap, HashMapExt, RandomState};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{ArrowDictionaryKeyType, ArrowNativeType, DataType};
use arrow::{array::DictionaryArray, downcast_dictionary_array};

use crate::column::{Leaves, canonical_number, formatter};
use crate::error::Error;
use crate::matcher::{ColumnMatcher, Examination, Slot};

/// A signature's number within its column.
pub(crate) type SignatureId = u32;
/// The value is null or the column is missing: no predicate is true, and it is not there.
pub(crate) const ABSENT: SignatureId = 0;
/// The value is there and no predicate is true of it.
pub(crate) const NOTHING: SignatureId = 1;

/// Of a value of a dictionary: not examined yet.
pub(super) const UNKNOWN: SignatureId = u32::MAX;
/// Entries of the value cache: 8,192 values of 150 bytes are about 1.5 MiB a column and thread.
const CACHE: usize = 8_192;
/// Values longer than this are not kept in the cache: script blocks would fill it.
const LONGEST_CACHED: usize = 512;
/// Interned signatures may take so many numbers before the table is emptied between batches.
const MOST_INTERNED: usize = 1 << 16;

/// Scratch of one column: its interned signatures and caches.
#[derive(Debug)]
pub(crate) struct Signatures {
    ids: HashMap<Box<[Slot]>, SignatureId>,
    sets: Vec<Box<[Slot]>>,
    interned: usize,
    examination: Examination,
    text: String,
    hasher: RandomState,
    cache: Vec<Cached>,
    /// The dictionary whose values were examined last, and their signatures.
    dictionary: Option<(ArrayRef, Vec<SignatureId>)>,
    union: Vec<Slot>,
    /// Values that are there and have no text form.
    pub(crate) not_evaluable: u64,
}

#[derive(Clone, Debug, Default)]
struct Cached {
    hash: u64,
    text: Box<str>,
    signature: SignatureId,
    /// Misses it survives before it is replaced: frequent values stay.
    credit: u8,
}

impl Signatures {
    pub(crate) fn new() -> Self {
        let mut signatures = Self {
            ids: HashMap::new(),
            sets: Vec::new(),
            interned: 0,
            examination: Examination::default(),
            text: String::new(),
            hasher: RandomState::new(),
            cache: Vec::new(),
            dictionary: None,
            union: Vec::new(),
            not_evaluable: 0,
        };
        signatures.clear();
        signatures
    }

    /// The number of signatures interned so far.
    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    /// The predicates of a signature, sorted.
    pub(crate) fn slots(&self, signature: SignatureId) -> &[Slot] {
        &self.sets[signature as usize]
    }

    /// Whether a predicate is true in a signature.
    pub(crate) fn has(&self, signature: SignatureId, slot: Slot) -> bool {
        self.sets[signature as usize].binary_search(&slot).is_ok()
    }

    /// Whether any of some predicates, sorted, is true in a signature.
    pub(crate) fn has_any(&self, signature: SignatureId, slots: &[Slot]) -> bool {
        match slots {
            [slot] => self.has(signature, *slot),
            slots => self.slots(signature).iter().any(|slot| slots.binary_search(slot).is_ok()),
        }
    }

    /// Empties the tables if they grew too large; to be called between batches. True if signatures lost their meaning.
    pub(crate) fn bound(&mut self) -> bool {
        let full = self.interned > MOST_INTERNED;
        if full {
            self.clear();
        }
        full
    }

    fn clear(&mut self) {
        self.ids.clear();
        self.sets.clear();
        self.sets.push(Box::default()); // ABSENT: told apart from NOTHING by its number alone
        self.sets.push(Box::default());
        self.ids.insert(Box::default(), NOTHING);
        self.interned = 0;
        self.cache.clear();
        self.dictionary = None;
    }

    /// Appends the signature of each row of `leaves` to `out`; rows outside `only` (if given) may be left [`NOTHING`].
    pub(crate) fn of_rows(
        &mut self,
        matcher: &ColumnMatcher,
        leaves: &Leaves,
        rows: usize,
        only: Option<&[bool]>,
        out: &mut Vec<SignatureId>,
    ) -> Result<(), Error> {
        let value_mask: Option<Vec<bool>> = match (only, &leaves.ranges) {
            (None, _) => None,
            (Some(rows), None) => Some(rows.to_vec()),
            (Some(rows), Some(_)) => {
                let mut mask = vec![false; leaves.values.len()];
                rows.iter()
                    .enumerate()
                    .filter(|(_, wanted)| **wanted)
                    .for_each(|(row, _)| mask[leaves.range(row)].fill(true));
                Some(mask)
            }
        };
        if leaves.ranges.is_none() {
            return self.of_values(matcher, &leaves.values, value_mask.as_deref(), out);
        }
        let mut values = Vec::with_capacity(leaves.values.len());
        self.of_values(matcher, &leaves.values, value_mask.as_deref(), &mut values)?;
        let present = leaves.row_presence(rows)?;
        for (row, present) in present.iter().enumerate() {
            let any = self.merge(&values[leaves.range(row)]);
            out.push(match (any, present) {
                (ABSENT | NOTHING, false) => ABSENT,
                (ABSENT, true) => NOTHING,
                (any, _) => any,
            });
        }
        Ok(())
    }

    /// The signature of what is true in any of `parts`.
    pub(crate) fn merge(&mut self, parts: &[SignatureId]) -> SignatureId {
        let mut seen = ABSENT;
        let mut several = false;
        for &part in parts {
            if part > NOTHING && seen > NOTHING && part != seen {
                several = true;
            }
            seen = seen.max(part);
        }
        if !several {
            return seen;
        }
        let mut union = std::mem::take(&mut self.union);
        union.clear();
        for &part in parts {
            union.extend_from_slice(&self.sets[part as usize]);
        }
        union.sort_unstable();
        union.dedup();
        let signature = self.intern(&union);
        self.union = union;
        signature
    }

    fn intern(&mut self, slots: &[Slot]) -> SignatureId {
        if let Some(&id) = self.ids.get(slots) {
            return id;
        }
        let id = self.sets.len() as SignatureId;
        self.sets.push(slots.into());
        self.ids.insert(slots.into(), id);
        self.interned += slots.len() + 16;
        id
    }

    fn of_values(
        &mut self,
        matcher: &ColumnMatcher,
        values: &ArrayRef,
        only: Option<&[bool]>,
        out: &mut Vec<SignatureId>,
    ) -> Result<(), Error> {
        let wanted = |i: usize| only.is_none_or(|only| only[i]);
        match values.data_type() {
            DataType::Null => out.extend(std::iter::repeat_n(ABSENT, values.len())),
            DataType::Utf8 => self.of_texts(matcher, values.as_string::<i32>().iter(), wanted, out),
            DataType::LargeUtf8 => self.of_texts(matcher, values.as_string::<i64>().iter(), wanted, out),
            DataType::Utf8View => self.of_texts(matcher, values.as_string_view().iter(), wanted, out),
            DataType::Dictionary(..) => {
                downcast_dictionary_array!(
                    values => self.of_dictionary(matcher, values, wanted, out)?,
                    other => return Err(Error::batch(format!("a dictionary with keys of type {other}")))
                );
            }
            DataType::Boolean => self.of_booleans(matcher, values.as_boolean(), out),
            _ => self.of_formatted(matcher, values.as_ref(), wanted, out),
        }
        Ok(())
    }

    fn of_texts<'t>(
        &mut self,
        matcher: &ColumnMatcher,
        texts: impl Iterator<Item = Option<&'t str>>,
        wanted: impl Fn(usize) -> bool,
        out: &mut Vec<SignatureId>,
    ) {
        let mut previous: Option<(&str, SignatureId)> = None;
        for (i, text) in texts.enumerate() {
            let signature = match (text, previous) {
                (None, _) => ABSENT,
                _ if !wanted(i) => NOTHING,
                (Some(text), Some((before, signature))) if text == before => signature,
                (Some(text), _) => {
                    let signature = self.of_text_cached(matcher, text);
                    previous = Some((text, signature));
                    signature
                }
            };
            out.push(signature);
        }
    }

    /// The signature of a text that may have been examined lately.
    pub(super) fn of_text_cached(&mut self, matcher: &ColumnMatcher, text: &str) -> SignatureId {
        if text.len() > LONGEST_CACHED {
            return self.of_text(matcher, text);
        }
        if self.cache.is_empty() {
            self.cache.resize(CACHE, Cached::default());
        }
        let hash = self.hasher.hash_one(text);
        let place = hash as usize % CACHE;
        let cached = &mut self.cache[place];
        if cached.credit > 0 && cached.hash == hash && *cached.text == *text {
            cached.credit = 3;
            return cached.signature;
        }
        if cached.credit > 1 {
            cached.credit -= 1;
            return self.of_text(matcher, text);
        }
        let signature = self.of_text(matcher, text);
        self.cache[place] = Cached { hash, text: text.into(), signature, credit: 1 };
        signature
    }

    /// The signature of a text.
    pub(super) fn of_text(&mut self, matcher: &ColumnMatcher, text: &str) -> SignatureId {
        self.of_number(matcher, text, text)
    }

    /// The signature of a text form whose canonical number is written otherwise.
    fn of_number(&mut self, matcher: &ColumnMatcher, text: &str, number: &str) -> SignatureId {
        let mut examination = std::mem::take(&mut self.examination);
        matcher.examine(text, number, &mut examination);
        let signature = self.intern(&examination.truths);
        self.examination = examination;
        signature
    }

    fn of_dictionary<K: ArrowDictionaryKeyType>(
        &mut self,
        matcher: &ColumnMatcher,
        array: &DictionaryArray<K>,
        wanted: impl Fn(usize) -> bool,
        out: &mut Vec<SignatureId>,
    ) -> Result<(), Error> {
        let values = array.values();
        let known = match self.dictionary.take() {
            Some((held, known)) if same_array(&held, values) => known,
            _ => vec![UNKNOWN; values.len()],
        };
        let mut known = known;
        // Numbers in dictionaries are rare and short: examine them all at once. Texts are examined as rows need them.
        let texts = matches!(values.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        if !texts && known.first().is_some_and(|first| *first == UNKNOWN) {
            known.clear();
            self.of_values(matcher, values, None, &mut known)?;
        }
        for (row, key) in array.keys().iter().enumerate() {
            let signature = match key {
                None => ABSENT,
                Some(_) if !wanted(row) => NOTHING,
                Some(key) => {
                    let key = key.as_usize();
                    if known[key] == UNKNOWN {
                        known[key] = match text_at(values, key) {
                            Some(text) => self.of_text(matcher, text),
                            None => ABSENT,
                        };
                    }
                    known[key]
                }
            };
            out.push(signature);
        }
        self.dictionary = Some((Arc::clone(values), known));
        Ok(())
    }

    fn of_booleans(&mut self, matcher: &ColumnMatcher, array: &BooleanArray, out: &mut Vec<SignatureId>) {
        let (yes, no) = (self.of_text(matcher, "true"), self.of_text(matcher, "false"));
        out.extend(array.iter().map(|value| match value {
            None => ABSENT,
            Some(true) => yes,
            Some(false) => no,
        }));
    }

    /// Numbers, times and binary: through their text, and so through the cache of texts.
    fn of_formatted(
        &mut self,
        matcher: &ColumnMatcher,
        array: &dyn Array,
        wanted: impl Fn(usize) -> bool,
        out: &mut Vec<SignatureId>,
    ) {
        let nulls = array.logical_nulls();
        let valid = |i: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(i));
        // What has no text form is still a value that is there.
        let textless = self.intern(matcher.anything());
        let Some(format) = formatter(array) else {
            for i in 0..array.len() {
                self.not_evaluable += u64::from(valid(i));
                out.push(if valid(i) { textless } else { ABSENT });
            }
            return;
        };
        let decimal = array.data_type().is_decimal();
        for i in 0..array.len() {
            if !valid(i) {
                out.push(ABSENT);
            } else if !wanted(i) {
                out.push(NOTHING);
            } else {
                let mut text = std::mem::take(&mut self.text);
                text.clear();
                let signature = if !format(i, &mut text) {
                    self.not_evaluable += 1;
                    textless
                } else if decimal {
                    self.of_number(matcher, &text, canonical_number(&text))
                } else {
                    self.of_text_cached(matcher, &text)
                };
                self.text = text;
                out.push(signature);
            }
        }
    }
}

/// Whether two arrays are the same memory: then their values were examined already.
pub(super) fn same_array(a: &ArrayRef, b: &ArrayRef) -> bool {
    Arc::ptr_eq(a, b) || (a.len() == b.len() && a.to_data().ptr_eq(&b.to_data()))
}

/// A text of a dictionary's values; `None` if it is null.
fn text_at(values: &ArrayRef, i: usize) -> Option<&str> {
    if values.is_null(i) {
        return None;
    }
    Some(match values.data_type() {
        DataType::Utf8 => values.as_string::<i32>().value(i),
        DataType::LargeUtf8 => values.as_string::<i64>().value(i),
        DataType::Utf8View => values.as_string_view().value(i),
        _ => return None,
    })
}
