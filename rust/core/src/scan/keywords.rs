//! Looking for keywords in columns of any shape.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};

use super::lazy::{Candidate, candidate};
use super::signatures::{Signatures, same_array};
use crate::column::Leaves;
use crate::error::Error;
use crate::matcher::ColumnMatcher;
use crate::sieve::{Found, GivenUp, KeywordSieve, Scratch, is_text, search, text_at};

/// Scratch of the search.
#[derive(Debug, Default)]
pub(super) struct KeywordSeeker {
    scratch: Scratch,
    found: Vec<Found>,
    others: Vec<u32>,
    /// Values and the rules that they make candidates.
    pairs: Vec<(u32, u32)>,
    /// The same of dictionaries with more values than a part of a column has rows: the next part may well point into them too.
    large: VecDeque<(ArrayRef, Vec<(u32, u32)>)>,
}

/// Large dictionaries that are remembered.
const LARGE: usize = 4;

impl KeywordSeeker {
    /// Appends the candidates that keywords in `leaves` make; the first of its rows is `first`.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn seek(
        &mut self,
        sieve: &KeywordSieve,
        matcher: &ColumnMatcher,
        signatures: &mut Signatures,
        leaves: &Leaves,
        rows: usize,
        first: usize,
        out: &mut Vec<Candidate>,
    ) -> Result<(), Error> {
        let values = match leaves.values.as_any_dictionary_opt() {
            Some(dictionary) => Arc::clone(dictionary.values()),
            None => Arc::clone(&leaves.values),
        };
        let known = self.large.iter().find(|(held, _)| same_array(held, &values));
        if let Some((_, pairs)) = known {
            self.pairs.clone_from(pairs);
        } else {
            self.search(sieve, matcher, signatures, &values)?;
            if values.len() > rows && leaves.values.as_any_dictionary_opt().is_some() {
                self.large.truncate(LARGE - 1);
                self.large.push_front((Arc::clone(&values), self.pairs.clone()));
            }
        }
        if self.pairs.is_empty() {
            return Ok(());
        }
        if let Some(dictionary) = leaves.values.as_any_dictionary_opt() {
            let keys = dictionary.normalized_keys();
            for row in 0..rows {
                for value in leaves.range(row).filter(|value| leaves.values.is_valid(*value)) {
                    let key = keys[value] as u32;
                    let from = self.pairs.partition_point(|(place, _)| *place < key);
                    let rules = self.pairs[from..].iter().take_while(|(place, _)| *place == key);
                    out.extend(rules.map(|(_, rule)| candidate(first + row, *rule)));
                }
            }
            return Ok(());
        }
        match &leaves.ranges {
            None => out.extend(self.pairs.iter().map(|(row, rule)| candidate(first + *row as usize, *rule))),
            Some(ranges) => out.extend(self.pairs.iter().map(|(place, rule)| {
                // The last row that begins at or before the value; rows without values end where they begin.
                let row = ranges[..rows].partition_point(|start| start <= place) - 1;
                candidate(first + row, *rule)
            })),
        }
        Ok(())
    }

    /// Fills `pairs`, in order, with the values that make rules candidates.
    fn search(
        &mut self,
        sieve: &KeywordSieve,
        matcher: &ColumnMatcher,
        signatures: &mut Signatures,
        values: &ArrayRef,
    ) -> Result<(), Error> {
        self.pairs.clear();
        let searched = if is_text(values.data_type()) {
            self.others.clear();
            let (found, pairs) = (&mut self.found, &mut self.pairs);
            let shortest = sieve.search.as_ref().map_or(usize::MAX, |search| search.shortest);
            search(values, None, shortest, &mut self.scratch, &mut self.others, |hay| match &sieve.search {
                None => Ok(()),
                Some(wanted) => wanted.find(hay, found, |place, rules| {
                    pairs.extend(rules.iter().map(|rule| (place, *rule)));
                }),
            })
        } else {
            Err(GivenUp)
        };
        if searched.is_ok() {
            for &place in &self.others {
                let signature = signatures.of_text_cached(matcher, text_at(values, place as usize));
                self.pairs.extend(sieve.rules(signatures.slots(signature)).map(|rule| (place, rule)));
            }
        } else {
            let flat = Leaves { values: values.clone(), ranges: None, present: None, list: false };
            let mut known = Vec::with_capacity(values.len());
            signatures.of_rows(matcher, &flat, values.len(), None, &mut known)?;
            for (place, signature) in (0..).zip(known) {
                self.pairs.extend(sieve.rules(signatures.slots(signature)).map(|rule| (place, rule)));
            }
        }
        self.pairs.sort_unstable();
        self.pairs.dedup();
        Ok(())
    }
}
