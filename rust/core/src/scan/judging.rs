//! Judging candidates: for each rule, which of the rows that it is a candidate in it is true of.
//!
//! Conditions are asked of a list of rows at a time and narrow it, the cheapest and rarest operand of an AND first, so that what
//! a condition needs (its column, its answers by signature) is looked up once for all rows of a rule in the batch. Judging row
//! by row, with the same tests, took a tenth longer (`benches/record/2026-11-30-engine.md`).

use std::time::Instant;

use super::candidates::Judge;
use super::lazy::{Asked, Candidate};
use super::scanner::RowRule;
use super::signatures::ABSENT;
use crate::error::Error;
use crate::sieve::Condition;

impl<'j> Judge<'j, '_> {
    /// The matches among candidates, which come in any order and more than once; sorted by row, then by rule.
    pub(super) fn judge(&mut self, candidates: &[Candidate]) -> Result<Vec<RowRule>, Error> {
        let started = Instant::now();
        let sieve = self.sieve;
        let (starts, grouped) = by_rule(candidates, self.binding.rules.len());
        let timed = !self.judged.rules.is_empty();
        let (mut found, mut rows) = (Vec::new(), Vec::new());
        let mut before = started;
        for (place, bounds) in starts.windows(2).enumerate().filter(|(_, bounds)| bounds[0] < bounds[1]) {
            rows.clear();
            rows.extend_from_slice(&grouped[bounds[0] as usize..bounds[1] as usize]);
            // Most lists are: columns that repeat give theirs so, searched ones but for values that are searched apart.
            if !rows.is_sorted() {
                rows.sort_unstable();
            }
            rows.dedup();
            self.narrow(&sieve.conditions.rules[place], &mut rows)?;
            let rule = self.binding.rules[place].0;
            found.extend(rows.iter().map(|row| (*row, rule)));
            if timed {
                let now = Instant::now();
                self.judged.rules[rule as usize] += now - before;
                before = now;
            }
        }
        found.sort_unstable();
        self.judged.total += started.elapsed();
        Ok(found)
    }

    /// Narrows `rows`, ascending, to those of which a condition is true.
    fn narrow(&mut self, condition: &'j Condition, rows: &mut Vec<u32>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        match condition {
            Condition::False => rows.clear(),
            Condition::True => {}
            Condition::AnyOf { column, slots, number } => {
                let at = *column as usize;
                self.load(at)?;
                let repeated = !self.sieve.columns[at].text;
                let asked = Asked { matcher: &self.binding.bound[at].matcher, slots, number: *number, repeated };
                self.lazy[at].narrow(&asked, &mut self.columns[at].signatures, rows);
            }
            Condition::Regex { column, slot, announced, number } => {
                let at = *column as usize;
                self.load(at)?;
                let matcher = &self.binding.bound[at].matcher;
                // In a column that is searched, a candidate has been announced; elsewhere its value is known.
                if let Some(announced) = announced
                    && self.sieve.columns[at].search.is_none()
                {
                    let repeated = !self.sieve.columns[at].text;
                    let asked = Asked { matcher, slots: std::slice::from_ref(slot), number: *announced, repeated };
                    self.lazy[at].narrow(&asked, &mut self.columns[at].signatures, rows);
                }
                match matcher.deferred(*slot) {
                    Some(regex) => self.lazy[at].narrow_by_regex(regex, *number, &self.hasher, rows),
                    None => rows.clear(),
                }
            }
            Condition::Present { column } => {
                let at = *column as usize;
                self.load(at)?;
                self.lazy[at].narrow_to_present(rows);
            }
            Condition::Keyword { slot } => {
                let keywords = &self.keywords;
                let signature = |row: u32| keywords.rows.get(row as usize).copied().unwrap_or(ABSENT);
                rows.retain(|row| keywords.signatures.has(signature(*row), *slot));
            }
            Condition::Reference { reference } => {
                let mut kept = Vec::with_capacity(rows.len());
                for &row in rows.iter() {
                    if self.reference(*reference as usize, row as usize)? {
                        kept.push(row);
                    }
                }
                *rows = kept;
            }
            Condition::And(all) => {
                for condition in all {
                    self.narrow(condition, rows)?;
                }
            }
            Condition::Or(any) => self.narrow_to_any(any, rows)?,
            Condition::Not(condition) => {
                let mut inside = rows.clone();
                self.narrow(condition, &mut inside)?;
                subtract(rows, &inside);
            }
            Condition::Shared(number) => {
                let sieve = self.sieve;
                self.narrow(&sieve.conditions.shared[*number as usize], rows)?;
            }
        }
        Ok(())
    }

    /// Narrows `rows` to those of which any of some conditions is true; each is asked only of rows that none before it is true of.
    fn narrow_to_any(&mut self, any: &'j [Condition], rows: &mut Vec<u32>) -> Result<(), Error> {
        let mut open = std::mem::take(rows);
        let mut parts = 0;
        for condition in any {
            let mut here = open.clone();
            self.narrow(condition, &mut here)?;
            if !here.is_empty() {
                subtract(&mut open, &here);
                rows.append(&mut here);
                parts += 1;
            }
            if open.is_empty() {
                break;
            }
        }
        if parts > 1 {
            rows.sort_unstable();
        }
        Ok(())
    }
}

/// Rows by rule: those of rule `n` are `starts[n]..starts[n + 1]`, in the order of the candidates.
fn by_rule(candidates: &[Candidate], rules: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; rules + 1];
    for candidate in candidates {
        starts[*candidate as u32 as usize + 1] += 1;
    }
    for rule in 0..rules {
        starts[rule + 1] += starts[rule];
    }
    let mut next = starts.clone();
    let mut rows = vec![0; candidates.len()];
    for candidate in candidates {
        let next = &mut next[*candidate as u32 as usize];
        rows[*next as usize] = (candidate >> 32) as u32;
        *next += 1;
    }
    (starts, rows)
}

/// Takes `other` out of `rows`; both ascending, and all of `other` in `rows`.
fn subtract(rows: &mut Vec<u32>, other: &[u32]) {
    let mut other = other.iter().peekable();
    rows.retain(|row| other.next_if_eq(&row).is_none());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::lazy::candidate;

    #[test]
    fn candidates_are_told_apart_by_rule() {
        let candidates = [(7, 2), (3, 0), (9, 2), (7, 2), (1, 3), (4, 0)].map(|(row, rule)| candidate(row, rule));
        assert_eq!(by_rule(&candidates, 5), (vec![0, 2, 2, 5, 6, 6], vec![3, 4, 7, 9, 7, 1]));
        assert_eq!(by_rule(&[], 2), (vec![0, 0, 0], vec![]));
    }

    #[test]
    fn what_is_taken_out_is_gone() {
        for (from, other, left) in
            [(&[1, 2, 5, 9][..], &[2, 9][..], &[1, 5][..]), (&[1], &[1], &[]), (&[1, 3], &[], &[1, 3]), (&[], &[], &[])]
        {
            let mut rows = from.to_vec();
            subtract(&mut rows, other);
            assert_eq!(rows, left);
        }
    }
}
