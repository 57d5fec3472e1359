//! What judging asks of a column: which of some rows have a value of which a set of predicates is true, or that a regex matches,
//! or any value at all.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{ArrowNativeType, DataType};
use regex::Regex;

use super::super::signatures::{ABSENT, SignatureId, Signatures, UNKNOWN};
use super::{Dictionary, LazyColumn, Part};
use crate::column::formatter;
use crate::fold::fold_into;
use crate::matcher::{ColumnMatcher, Slot};
use crate::sieve::text_at;

/// So many predicates of a value are tested one by one; for more of them it is examined as a whole.
const FEW_SLOTS: usize = 64;
/// So many in all the questions about a value: without a bound, a text that a hundred rules are candidates in was gone through hundreds of
/// times. As few for short values as for those of more than [`KIB`] made judging a quarter slower on ordinary events.
const MOST_TESTED: u16 = 256;
const MOST_TESTED_OF_LONG: u16 = 64;
const KIB: usize = 1 << 10;
/// A question costs as many predicates more, because the value is folded for it.
const FOLDING: u16 = 4;
/// Answers of regexes that are remembered, of texts of at most so many bytes: half a megabyte a column.
const REGEXES: usize = 1_024;
const LONGEST_REMEMBERED: usize = 512;
/// Signatures of which it is remembered whether sets of predicates are true: a column whose values repeat has few.
pub(super) const REMEMBERED: usize = 256;

impl LazyColumn {
    /// Narrows `rows`, ascending, to those of whose value a set of predicates is true.
    pub(in crate::scan) fn narrow(&mut self, asked: &Asked<'_>, signatures: &mut Signatures, rows: &mut Vec<u32>) {
        let mut parts = std::mem::take(&mut self.parts);
        let mut walk = Walk::default();
        rows.retain(|&row| {
            let (part, at) = walk.to(&mut parts, row);
            if asked.repeated {
                return self.by_signature(part, at, asked, signatures);
            }
            let question = self.question(part, at, asked.number);
            if let Some(truth) = question.and_then(|question| self.told.answer(question)) {
                return truth;
            }
            let tested = self.test(part, at, asked.matcher, asked.slots);
            let truth = tested.unwrap_or_else(|| self.by_signature(part, at, asked, signatures));
            if let Some(question) = question {
                self.told.keep(question, truth);
            }
            truth
        });
        self.parts = parts;
    }

    /// Whether a set of predicates is true of a value, by its signature.
    #[inline]
    fn by_signature(&mut self, part: &mut Part, at: usize, asked: &Asked<'_>, signatures: &mut Signatures) -> bool {
        let signature = self.signature(part, at, asked.matcher, signatures);
        let number = asked.number as usize;
        if !asked.repeated || signature as usize >= REMEMBERED {
            return signatures.has_any(signature, asked.slots);
        }
        if self.answers.len() <= number {
            self.answers.resize(number + 1, [None; REMEMBERED]);
        }
        let answer = &mut self.answers[number][signature as usize];
        *answer.get_or_insert_with(|| signatures.has_any(signature, asked.slots))
    }

    /// What is asked of a value of a dictionary; `None` where the value is no such, or null.
    #[inline]
    fn question(&self, part: &Part, at: usize, number: u32) -> Option<Question> {
        match part {
            Part::Dictionary { keys, dictionary } if keys.is_valid(at) => {
                Some(Question { dictionary: self.dictionaries[*dictionary].serial, value: keys.value(at), number })
            }
            _ => None,
        }
    }

    /// Narrows `rows`, ascending, to those with a value. Nothing is examined for that.
    pub(in crate::scan) fn narrow_to_present(&mut self, rows: &mut Vec<u32>) {
        let (parts, dictionaries) = (&mut self.parts, &self.dictionaries);
        let mut walk = Walk::default();
        rows.retain(|&row| match walk.to(parts, row) {
            (Part::Text { array, .. }, at) => array.is_valid(at),
            (Part::Dictionary { keys, dictionary }, at) => {
                keys.is_valid(at) && dictionaries[*dictionary].values.is_valid(keys.value(at).as_usize())
            }
            (Part::Examined { rows, .. }, at) => rows[at] != ABSENT,
        });
    }

    /// Narrows `rows`, ascending, to those any text of which a regex matches. Texts repeat, and a regex costs more than to
    /// remember what it said.
    pub(in crate::scan) fn narrow_by_regex(
        &mut self,
        regex: &Regex,
        number: u32,
        hasher: &ahash::RandomState,
        rows: &mut Vec<u32>,
    ) {
        let mut parts = std::mem::take(&mut self.parts);
        let mut walk = Walk::default();
        self.regexes.resize(REGEXES, None);
        rows.retain(|&row| {
            let (part, at) = walk.to(&mut parts, row);
            let question = self.question(part, at, number);
            if let Some(truth) = question.and_then(|question| self.told.answer(question)) {
                return truth;
            }
            let regexes = &mut self.regexes;
            let truth = any_text(part, at, &self.dictionaries, |text| {
                if text.len() > LONGEST_REMEMBERED || question.is_some() {
                    return regex.is_match(text);
                }
                let place = &mut regexes[hasher.hash_one((number, text)) as usize % REGEXES];
                match place {
                    Some((known, before, truth)) if *known == number && **before == *text => *truth,
                    _ => {
                        let truth = regex.is_match(text);
                        *place = Some((number, text.into(), truth));
                        truth
                    }
                }
            });
            if let Some(question) = question {
                self.told.keep(question, truth);
            }
            truth
        });
        self.parts = parts;
    }

    /// The signature of a row, by its place in a part.
    fn signature(
        &mut self,
        part: &mut Part,
        at: usize,
        matcher: &ColumnMatcher,
        signatures: &mut Signatures,
    ) -> SignatureId {
        match part {
            Part::Examined { rows, .. } => rows[at],
            Part::Text { array, .. } if array.is_null(at) => ABSENT,
            Part::Text { array, known, .. } => {
                if known.is_empty() {
                    known.resize(array.len(), UNKNOWN);
                }
                if known[at] == UNKNOWN {
                    known[at] = signatures.of_text_cached(matcher, text_at(array, at));
                }
                known[at]
            }
            Part::Dictionary { keys, .. } if keys.is_null(at) => ABSENT,
            Part::Dictionary { keys, dictionary } => {
                let held = &mut self.dictionaries[*dictionary];
                let key = keys.value(at).as_usize();
                if held.known[key] == UNKNOWN {
                    held.known[key] = if held.values.is_null(key) {
                        ABSENT
                    } else {
                        signatures.of_text(matcher, text_at(&held.values, key))
                    };
                }
                held.known[key]
            }
        }
    }

    /// Whether any of some predicates is true of a row's value, if that can be told without examining it.
    fn test(&mut self, part: &mut Part, at: usize, matcher: &ColumnMatcher, slots: &[Slot]) -> Option<bool> {
        let text = match part {
            Part::Text { array, .. } if array.is_null(at) => return Some(false),
            Part::Text { known, .. } if known.get(at).is_some_and(|known| *known != UNKNOWN) => return None,
            Part::Text { array, asked, .. } => {
                let text = text_at(array, at);
                asked.add(at, array.len(), text, slots.len())?;
                text
            }
            Part::Dictionary { keys, .. } if keys.is_null(at) => return Some(false),
            Part::Dictionary { keys, dictionary } => {
                let held = &mut self.dictionaries[*dictionary];
                let key = keys.value(at).as_usize();
                if held.known[key] != UNKNOWN {
                    return None;
                }
                if held.values.is_null(key) {
                    return Some(false);
                }
                let text = text_at(&held.values, key);
                held.asked.add(key, held.values.len(), text, slots.len())?;
                text
            }
            Part::Examined { .. } => return None,
        };
        let folded = self.folded.of(text);
        let mut any = false;
        for slot in slots {
            any |= matcher.test(*slot, text, folded)?;
            if any {
                break;
            }
        }
        Some(any)
    }

    /// Whether any text of a row passes `test`.
    pub(in crate::scan) fn any_text(&self, row: usize, test: impl FnMut(&str) -> bool) -> bool {
        let (part, at) = place(&self.parts, row);
        any_text(part, at, &self.dictionaries, test)
    }
}

/// How many predicates were tested of each value of an array; nothing until one was.
#[derive(Debug, Default)]
pub(in crate::scan) struct Tested(Vec<u16>);

impl Tested {
    /// Counts a question; `None` if the value, of so many, had better be examined.
    #[inline]
    fn add(&mut self, at: usize, values: usize, text: &str, predicates: usize) -> Option<()> {
        if predicates > FEW_SLOTS {
            return None;
        }
        if self.0.is_empty() {
            self.0.resize(values, 0);
        }
        let tested = self.0[at] + predicates as u16 + FOLDING;
        let most = if text.len() > KIB { MOST_TESTED_OF_LONG } else { MOST_TESTED };
        (tested <= most).then(|| self.0[at] = tested)
    }
}

/// The folded form of the value at hand. A long value is folded once for all that is asked of it in turn.
#[derive(Debug, Default)]
pub(super) struct Folded {
    text: String,
    /// The long value that `long_text` is of, by its place and length.
    long: Option<(usize, usize)>,
    long_text: String,
}

/// A value of so many bytes is long.
const LONG: usize = 1 << 16;

impl Folded {
    fn of(&mut self, value: &str) -> &str {
        if value.len() < LONG {
            fold_into(value, &mut self.text);
            return &self.text;
        }
        let place = (value.as_ptr() as usize, value.len());
        if self.long != Some(place) {
            fold_into(value, &mut self.long_text);
            self.long = Some(place);
        }
        &self.long_text
    }

    /// Forgets the batch: what lies at a place may be another value.
    pub(super) fn forget(&mut self) {
        self.long = None;
        if self.long_text.capacity() > LONG {
            self.long_text = String::new();
        }
    }
}

/// What is asked of a column's values: whether any of these predicates, sorted, is true.
pub(in crate::scan) struct Asked<'a> {
    pub(in crate::scan) matcher: &'a ColumnMatcher,
    pub(in crate::scan) slots: &'a [Slot],
    /// The number of the question, under which answers are kept.
    pub(in crate::scan) number: u32,
    /// Whether the column's values repeat, so that they have few signatures, of which answers are kept.
    pub(in crate::scan) repeated: bool,
}

/// A question, by its number, about one value of a dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question {
    dictionary: u32,
    value: i32,
    number: u32,
}

/// Answers of questions about values of dictionaries in searched columns: such a value stands in several rows. A later answer takes the
/// place of an earlier one.
#[derive(Debug, Default)]
pub(super) struct Told(Vec<Option<(Question, bool)>>);

/// Answers that are kept: 128 KiB a column.
const TOLD: usize = 8_192;

impl Told {
    #[inline]
    fn place(question: Question) -> usize {
        let value = u64::from(question.value.cast_unsigned()) | u64::from(question.number) << 32;
        let mixed = (value ^ u64::from(question.dictionary) << 20).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40) as usize % TOLD
    }

    #[inline]
    fn answer(&self, question: Question) -> Option<bool> {
        let (asked, truth) = (*self.0.get(Self::place(question))?)?;
        (asked == question).then_some(truth)
    }

    fn keep(&mut self, question: Question, truth: bool) {
        if self.0.is_empty() {
            self.0.resize(TOLD, None);
        }
        self.0[Self::place(question)] = Some((question, truth));
    }
}

/// Finds the parts that hold ascending rows.
#[derive(Default)]
struct Walk {
    part: usize,
    first: usize,
}

impl Walk {
    /// The part that holds a row, which does not lie before the row of the call before, and the row's place in it.
    fn to<'p>(&mut self, parts: &'p mut [Part], row: u32) -> (&'p mut Part, usize) {
        let row = row as usize;
        while row - self.first >= parts[self.part].len() {
            self.first += parts[self.part].len();
            self.part += 1;
        }
        (&mut parts[self.part], row - self.first)
    }
}

/// Whether any text at a place of a part passes `test`.
fn any_text(part: &Part, at: usize, dictionaries: &[Dictionary], mut test: impl FnMut(&str) -> bool) -> bool {
    match part {
        Part::Text { array, .. } => array.is_valid(at) && test(text_at(array, at)),
        Part::Dictionary { keys, dictionary } => {
            let values = &dictionaries[*dictionary].values;
            keys.is_valid(at) && {
                let key = keys.value(at).as_usize();
                values.is_valid(key) && test(text_at(values, key))
            }
        }
        Part::Examined { leaves, .. } => {
            let mut text = String::new();
            leaves.range(at).any(|value| {
                text.clear();
                write_text(&leaves.values, value, &mut text) && test(&text)
            })
        }
    }
}

/// The part that holds a row, and the row's place in it.
fn place(parts: &[Part], row: usize) -> (&Part, usize) {
    let mut at = row;
    for part in parts {
        if at < part.len() {
            return (part, at);
        }
        at -= part.len();
    }
    unreachable!("a reader hands over as many rows as it says")
}

/// Writes the text of a value that may be null; false if there is none.
fn write_text(values: &ArrayRef, at: usize, out: &mut String) -> bool {
    if values.is_null(at) {
        return false;
    }
    if let DataType::Dictionary(..) = values.data_type() {
        let dictionary = values.as_any_dictionary();
        // One key at a time: to normalise all of them for one row would be the cost of a column for each candidate.
        let key = cast(&dictionary.keys().slice(at, 1), &DataType::Int64);
        return key.is_ok_and(|key| {
            let key = key.as_primitive::<arrow::datatypes::Int64Type>().value(0).as_usize();
            write_text(dictionary.values(), key, out)
        });
    }
    formatter(values.as_ref()).is_some_and(|format| format(at, out))
}
