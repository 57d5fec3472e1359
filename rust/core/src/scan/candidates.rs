//! One batch through the sieve: candidates are collected column by column, then judged (`judging.rs`).
//!
//! Columns are asked for only when something is looked for in them, or a candidate needs them. Where candidates are so many
//! that judging them one by one costs more than examining everything, the batch is given back for that.

use arrow::array::ArrayRef;

use super::bitmap::Bitmap;
use super::columns::{Columns, whole};
use super::keywords::KeywordSeeker;
use super::lazy::{Candidate, LazyColumn, Seeker, candidate};
use super::scanner::{ColumnState, Failures, Judged, RowRule, asked, holds_text_or_numbers, is_flat_text, is_number};
use crate::bind::Binding;
use crate::column::{Source, all_leaves, leaves};
use crate::error::Error;
use crate::fold::fold_into;
use crate::sieve::Sieve;

/// Candidates for each row from which on examining everything is cheaper.
const TOO_MANY: usize = 16;
/// Candidates that are never too many.
const FEW: usize = 1_024;

/// What a batch came to.
pub(super) enum Outcome {
    Matches(Vec<RowRule>),
    /// There are too many candidates.
    TooMany,
}

/// The columns of the batch at hand, read once.
pub(super) struct Shelf<'c> {
    source: &'c mut dyn Columns,
    pub(super) rows: usize,
    arrays: Vec<Option<Vec<ArrayRef>>>,
}

impl<'c> Shelf<'c> {
    pub(super) fn new(source: &'c mut dyn Columns, columns: usize) -> Self {
        Self { rows: source.rows(), source, arrays: vec![None; columns] }
    }

    pub(super) fn parts(&mut self, position: usize) -> Result<&[ArrayRef], Error> {
        let slot = &mut self.arrays[position];
        let parts = match slot.take() {
            Some(parts) => parts,
            None => {
                let parts = self.source.column(position)?;
                let rows: usize = parts.iter().map(|part| part.len()).sum();
                if rows != self.rows {
                    return Err(Error::batch(format!("a column has {rows} rows where there are {}", self.rows)));
                }
                parts
            }
        };
        Ok(slot.insert(parts))
    }

    /// A column as one array.
    pub(super) fn whole(&mut self, position: usize) -> Result<ArrayRef, Error> {
        let joined = whole(self.parts(position)?.to_vec())?;
        self.arrays[position] = Some(vec![joined.clone()]);
        Ok(joined)
    }
}

/// Everything that judging a row needs.
pub(super) struct Judge<'j, 'c> {
    pub(super) binding: &'j Binding,
    pub(super) sieve: &'j Sieve,
    pub(super) shelf: &'j mut Shelf<'c>,
    pub(super) columns: &'j mut [ColumnState],
    pub(super) lazy: &'j mut [LazyColumn],
    pub(super) keyword_seeker: &'j mut KeywordSeeker,
    pub(super) judged: &'j mut Judged,
    pub(super) hasher: ahash::RandomState,
    pub(super) failures: Failures<'j>,
    pub(super) keywords: &'j mut ColumnState,
}

impl Judge<'_, '_> {
    /// The matches of the batch, or word that it has too many candidates. `candidates` is scratch.
    pub(super) fn run(&mut self, candidates: &mut Vec<Candidate>) -> Result<Outcome, Error> {
        candidates.clear();
        let rows = self.shelf.rows;
        let most = TOO_MANY * rows + FEW;
        if self.sieve.everywhere.len() * rows > most {
            return Ok(Outcome::TooMany);
        }
        for column in 0..self.lazy.len() {
            if self.sieve.columns[column].anchored {
                self.seek(column, candidates)?;
            }
            if candidates.len() > most {
                return Ok(Outcome::TooMany);
            }
        }
        self.seek_keywords(candidates)?;
        self.seek_references(candidates)?;
        for &rule in &self.sieve.everywhere {
            candidates.extend((0..rows).map(|row| candidate(row, rule)));
        }
        if candidates.len() > most {
            return Ok(Outcome::TooMany);
        }
        self.examine_keywords(candidates)?;
        Ok(Outcome::Matches(self.judge(candidates)?))
    }

    /// Reads a column.
    pub(super) fn load(&mut self, at: usize) -> Result<(), Error> {
        if self.lazy[at].loaded {
            return Ok(());
        }
        let bound = &self.binding.bound[at];
        let state = &mut self.columns[at];
        let lazy = &mut self.lazy[at];
        lazy.loaded = true;
        let asked = asked(self.binding, at);
        match &bound.source {
            Source::Path(path) => {
                let position = self.binding.positions[&path.column];
                let nested = !path.steps.is_empty();
                if nested {
                    self.shelf.whole(position)?;
                }
                for part in self.shelf.parts(position)? {
                    if !nested && lazy.take_text(part)? {
                        continue;
                    }
                    let leaves = leaves(part, path)?;
                    let before = state.signatures.not_evaluable;
                    let mut rows = Vec::with_capacity(part.len());
                    state.signatures.of_rows(&bound.matcher, &leaves, part.len(), None, &mut rows)?;
                    if asked {
                        self.failures.add(path, state.signatures.not_evaluable - before);
                    }
                    lazy.take_examined(rows, leaves);
                }
                lazy.join_dictionaries()?;
            }
            Source::Join(join) => {
                for path in &join.parts {
                    self.shelf.whole(self.binding.positions[&path.column])?;
                }
                let whole: std::collections::BTreeMap<usize, ArrayRef> = join
                    .parts
                    .iter()
                    .map(|path| Ok((path.column, self.shelf.whole(self.binding.positions[&path.column])?)))
                    .collect::<Result<_, Error>>()?;
                let (leaves, unreadable) = join.texts(self.shelf.rows, |column| &whole[&column])?;
                let mut rows = Vec::with_capacity(self.shelf.rows);
                state.signatures.of_rows(&bound.matcher, &leaves, self.shelf.rows, None, &mut rows)?;
                if asked {
                    join.parts.iter().zip(unreadable).for_each(|(path, count)| self.failures.add(path, count));
                }
                lazy.take_examined(rows, leaves);
            }
        }
        Ok(())
    }

    /// Collects the candidates of a column.
    fn seek(&mut self, column: usize, candidates: &mut Vec<Candidate>) -> Result<(), Error> {
        self.load(column)?;
        let sieve = &self.sieve.columns[column];
        let keywords = self.sieve.keywords.as_ref().zip(self.binding.keywords.as_ref());
        let mut seeker = Seeker {
            matcher: &self.binding.bound[column].matcher,
            sieve,
            nodes: self.binding.graph.nodes(),
            signatures: &mut self.columns[column].signatures,
            keywords: keywords
                .filter(|_| sieve.keywords)
                .map(|(sieve, keywords)| (sieve, &keywords.matcher, &mut self.keywords.signatures)),
        };
        self.lazy[column].candidates(&mut seeker, candidates);
        Ok(())
    }

    /// Collects the candidates of keywords in all columns that do not look for them themselves.
    fn seek_keywords(&mut self, candidates: &mut Vec<Candidate>) -> Result<(), Error> {
        let (Some(sieve), Some(keywords)) = (&self.sieve.keywords, &self.binding.keywords) else { return Ok(()) };
        for (&column, &position) in &self.binding.positions {
            let searched = |at: &usize| self.sieve.columns[*at].keywords;
            let own = (0..self.binding.bound.len()).filter(searched);
            let merged = own.into_iter().any(|at| self.binding.bound[at].source.flat() == Some(column));
            if self.binding.names[position].starts_with('_') {
                continue;
            }
            let mut first = 0;
            for part in self.shelf.parts(position)?.to_vec() {
                // The column's own search has seen its text, and nothing else: a part may be binary.
                if merged && is_flat_text(&part) {
                    first += part.len();
                    continue;
                }
                for leaves in all_leaves(&part)? {
                    if !holds_text_or_numbers(&leaves.values) || is_number(&leaves.values) {
                        continue;
                    }
                    self.keyword_seeker.seek(
                        sieve,
                        &keywords.matcher,
                        &mut self.keywords.signatures,
                        &leaves,
                        part.len(),
                        first,
                        candidates,
                    )?;
                }
                first += part.len();
            }
        }
        Ok(())
    }

    /// Collects the rows in which two columns are equal.
    fn seek_references(&mut self, candidates: &mut Vec<Candidate>) -> Result<(), Error> {
        for (reference, rules) in &self.sieve.references {
            let reference = &self.binding.references[*reference as usize];
            let all = self.shelf.rows;
            let mut hashes = Vec::with_capacity(2);
            for column in [reference.value as usize, reference.other as usize] {
                self.load(column)?;
                hashes.push(self.lazy[column].hashes(&self.hasher, all));
            }
            let mut add = |row: usize| candidates.extend(rules.iter().map(|rule| candidate(row, *rule)));
            match (&hashes[0], &hashes[1]) {
                (Some(one), Some(other)) => {
                    for (row, (one, other)) in one.iter().zip(other).enumerate() {
                        if one == other && *one != 0 {
                            add(row);
                        }
                    }
                }
                _ => (0..all).for_each(add),
            }
        }
        Ok(())
    }

    /// Whether two columns stand to each other, in a row, as a reference demands.
    pub(super) fn reference(&mut self, reference: usize, row: usize) -> Result<bool, Error> {
        let reference = &self.binding.references[reference];
        self.load(reference.value as usize)?;
        self.load(reference.other as usize)?;
        let read = |text: &str| {
            let mut out = String::new();
            if reference.cased {
                out.push_str(text);
            } else {
                fold_into(text, &mut out);
            }
            out
        };
        let mut others = Vec::new();
        self.lazy[reference.other as usize].any_text(row, |text| {
            others.push(read(text));
            false
        });
        Ok(!others.is_empty()
            && self.lazy[reference.value as usize].any_text(row, |text| {
                let text = read(text);
                others.iter().any(|other| reference.kind.holds(&text, other))
            }))
    }

    /// Examines all columns for keywords, in the rows where a rule with keywords is a candidate.
    fn examine_keywords(&mut self, candidates: &[Candidate]) -> Result<(), Error> {
        let Some(keywords) = &self.binding.keywords else { return Ok(()) };
        let mut scope = Bitmap::default();
        scope.reset(self.shelf.rows);
        for &at in candidates {
            if self.sieve.keyworded[at as u32 as usize] {
                scope.add((at >> 32) as usize);
            }
        }
        self.keywords.begin(keywords.matcher.slots());
        if scope.is_empty() {
            return Ok(());
        }
        let mut columns = Vec::with_capacity(self.binding.names.len());
        for position in 0..self.binding.names.len() {
            let provenance = self.binding.names[position].starts_with('_');
            columns.push(if provenance { None } else { Some(self.shelf.whole(position)?) });
        }
        self.keywords.examine_keywords(&keywords.matcher, columns.iter().flatten(), self.shelf.rows, &scope)
    }
}
