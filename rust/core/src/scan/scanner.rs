//! The scanner: scratch space that drives a binding over record batches.
//!
//! For each batch: every column's rows get signatures, signatures are counted into the number of rows of each predicate,
//! and the graph is evaluated for the rules that these counts leave open. Scratch is kept between batches.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};

use super::bitmap::Bitmap;
use super::columns::{Columns, whole};
use super::evaluate::Evaluation;
use super::signatures::{ABSENT, NOTHING, SignatureId, Signatures};
use crate::bind::Binding;
use crate::column::{ColumnPath, Leaves, Source, all_leaves, leaves};
use crate::error::Error;
use crate::matcher::ColumnMatcher;

/// One match: a row of the batch and a rule of the Plan.
pub type RowRule = (u32, u32);

/// Drives a binding over batches; one per thread.
#[derive(Debug)]
pub struct Scanner {
    binding: Arc<Binding>,
    pub(super) columns: Vec<ColumnState>,
    pub(super) keywords: ColumnState,
    evaluation: Evaluation,
    not_evaluable: BTreeMap<String, u64>,
}

/// Counts values without a text form, by the name of their column.
struct Failures<'a> {
    counts: &'a mut BTreeMap<String, u64>,
    binding: &'a Binding,
}

impl Failures<'_> {
    fn add(&mut self, path: &ColumnPath, count: u64) {
        if count > 0 {
            let name = &self.binding.names[self.binding.positions[&path.column]];
            *self.counts.entry(name.clone()).or_default() += count;
        }
    }
}

/// What a batch's rows are in one column.
#[derive(Debug)]
pub(super) struct ColumnState {
    pub(super) signatures: Signatures,
    /// The signature of each row.
    pub(super) rows: Vec<SignatureId>,
    /// Rows of the batch by signature; kept at zero between batches.
    multiplicity: Vec<u32>,
    /// The distinct signatures of the batch.
    pub(super) distinct: Vec<SignatureId>,
    /// Rows in which each slot is true.
    pub(super) slot_counts: Vec<u32>,
    /// Rows in which the column is there.
    pub(super) present: u32,
}

impl ColumnState {
    fn new() -> Self {
        Self {
            signatures: Signatures::new(),
            rows: Vec::new(),
            multiplicity: Vec::new(),
            distinct: Vec::new(),
            slot_counts: Vec::new(),
            present: 0,
        }
    }

    fn begin(&mut self, slots: usize) {
        self.signatures.bound();
        self.rows.clear();
        self.distinct.clear();
        self.slot_counts.clear();
        self.slot_counts.resize(slots, 0);
        self.present = 0;
    }

    /// Counts signatures, and from them the rows of each slot.
    fn count(&mut self) {
        self.multiplicity.resize(self.signatures.len(), 0);
        for &signature in &self.rows {
            let count = &mut self.multiplicity[signature as usize];
            if *count == 0 {
                self.distinct.push(signature);
            }
            *count += 1;
        }
        for &signature in &self.distinct {
            let rows = std::mem::take(&mut self.multiplicity[signature as usize]);
            if signature != ABSENT {
                self.present += rows;
            }
            for &slot in self.signatures.slots(signature) {
                self.slot_counts[slot as usize] += rows;
            }
        }
    }
}

impl Scanner {
    /// A scanner for a binding.
    pub fn new(binding: Arc<Binding>) -> Self {
        let columns = binding.bound.iter().map(|_| ColumnState::new()).collect();
        Self {
            columns,
            keywords: ColumnState::new(),
            evaluation: Evaluation::default(),
            not_evaluable: BTreeMap::new(),
            binding,
        }
    }

    /// The binding that this scanner drives.
    pub fn binding(&self) -> &Arc<Binding> {
        &self.binding
    }

    /// Matches of one batch, sorted by row, then by rule.
    ///
    /// `batch` has exactly the columns [`Binding::columns`] in that order; text may come as any text or dictionary type.
    ///
    /// # Errors
    /// The batch has other columns, or a nested column cannot be read.
    pub fn scan(&mut self, batch: &RecordBatch) -> Result<Vec<RowRule>, Error> {
        let binding = Arc::clone(&self.binding);
        if batch.num_columns() != binding.columns().len() {
            return Err(Error::batch(format!(
                "the batch has {} columns where the binding reads {}",
                batch.num_columns(),
                binding.columns().len()
            )));
        }
        let rows = batch.num_rows();
        if rows == 0 || !binding.runs_any() {
            return Ok(Vec::new());
        }
        let mut at_hand: Vec<Leaves> = Vec::with_capacity(binding.bound.len());
        for (at, (bound, state)) in (0u32..).zip(binding.bound.iter().zip(&mut self.columns)) {
            let column = |column: usize| batch.column(binding.positions[&column]);
            let mut failures = Failures { counts: &mut self.not_evaluable, binding: &binding };
            state.begin(bound.matcher.slots());
            // Whether a value is there can be told without its text: only what some rule asks about it counts.
            let asked =
                bound.matcher.slots() > 0 || binding.references.iter().any(|of| of.value == at || of.other == at);
            let leaves = match &bound.source {
                Source::Path(path) => {
                    let leaves = leaves(column(path.column), path)?;
                    let before = state.signatures.not_evaluable;
                    state.signatures.of_rows(&bound.matcher, &leaves, rows, None, &mut state.rows)?;
                    if asked {
                        failures.add(path, state.signatures.not_evaluable - before);
                    }
                    leaves
                }
                Source::Join(join) => {
                    let (leaves, unreadable) = join.texts(rows, column)?;
                    state.signatures.of_rows(&bound.matcher, &leaves, rows, None, &mut state.rows)?;
                    if asked {
                        join.parts.iter().zip(unreadable).for_each(|(path, count)| failures.add(path, count));
                    }
                    leaves
                }
            };
            state.count();
            at_hand.push(leaves);
        }
        let mut evaluation = std::mem::take(&mut self.evaluation);
        evaluation.begin(rows, &binding);
        if let Some(keywords) = &binding.keywords {
            self.keywords.begin(keywords.matcher.slots());
            evaluation.bounds(&binding, self, true);
            let mut scope = Bitmap::default();
            scope.fill(rows);
            evaluation.eval(&binding, self, &at_hand, keywords.scope, &mut scope);
            self.scan_keywords(&keywords.matcher, batch, &binding, &scope)?;
        }
        evaluation.bounds(&binding, self, false);
        let mut found: Vec<RowRule> = Vec::new();
        let mut matching = Bitmap::default();
        for &(rule, root) in &binding.rules {
            if evaluation.bound(root) == 0 {
                continue;
            }
            matching.fill(rows);
            if evaluation.eval(&binding, self, &at_hand, root, &mut matching) {
                found.extend(matching.rows().map(|row| (row as u32, rule)));
            }
        }
        self.evaluation = evaluation;
        found.sort_unstable();
        Ok(found)
    }

    /// Matches of some rows, sorted by row, then by rule; only the columns that decide are asked for.
    ///
    /// # Errors
    /// A column cannot be read, or is not of the type that the binding was made for.
    pub fn scan_columns(&mut self, columns: &mut dyn Columns) -> Result<Vec<RowRule>, Error> {
        let binding = Arc::clone(&self.binding);
        let rows = columns.rows();
        let mut arrays = Vec::with_capacity(binding.columns().len());
        for position in 0..binding.columns().len() {
            arrays.push(whole(columns.column(position)?)?);
        }
        let fields: Vec<Field> = binding
            .names
            .iter()
            .zip(&arrays)
            .map(|(name, array)| Field::new(name, array.data_type().clone(), true))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
            .map_err(|e| Error::batch(format!("the columns are no batch: {e}")))?;
        self.scan(&batch)
    }

    /// Values that rules asked and that have no text form, by column.
    pub fn not_evaluable(&self) -> &BTreeMap<String, u64> {
        &self.not_evaluable
    }

    /// Examines every column of the rows in `scope` for keywords.
    fn scan_keywords(
        &mut self,
        matcher: &ColumnMatcher,
        batch: &RecordBatch,
        binding: &Binding,
        scope: &Bitmap,
    ) -> Result<(), Error> {
        let rows = batch.num_rows();
        let state = &mut self.keywords;
        state.rows.resize(rows, NOTHING);
        if scope.is_empty() {
            state.count();
            return Ok(());
        }
        let mut wanted = vec![false; rows];
        scope.rows().for_each(|row| wanted[row] = true);
        let mut here = Vec::with_capacity(rows);
        for (position, column) in batch.columns().iter().enumerate() {
            if binding.names[position].starts_with('_') {
                continue;
            }
            for leaves in all_leaves(column)? {
                if !holds_text_or_numbers(&leaves.values) {
                    continue;
                }
                here.clear();
                state.signatures.of_rows(matcher, &leaves, rows, Some(&wanted), &mut here)?;
                for (row, &signature) in here.iter().enumerate() {
                    if signature > NOTHING {
                        state.rows[row] = state.signatures.merge(&[state.rows[row], signature]);
                    }
                }
            }
        }
        state.count();
        Ok(())
    }
}

/// Keywords see text and numbers, not times or truth values.
fn holds_text_or_numbers(values: &ArrayRef) -> bool {
    use arrow::datatypes::DataType as T;
    let data_type = match values.data_type() {
        T::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    data_type.is_numeric()
        || matches!(data_type, T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Binary | T::LargeBinary | T::BinaryView)
}
