//! The scanner: scratch space that drives a binding over record batches.
//!
//! A batch goes through the sieve (`candidates.rs`), or is examined as a whole: every column's rows get signatures, signatures
//! are counted into the number of rows of each predicate, and the graph is evaluated for the rules that these counts leave
//! open. Scratch is kept between batches.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ahash::RandomState;
use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema};

use super::bitmap::Bitmap;
use super::candidates::{Judge, Outcome, Shelf};
use super::columns::Columns;
use super::evaluate::Evaluation;
use super::keywords::KeywordSeeker;
use super::lazy::{Candidate, LazyColumn};
use super::signatures::{ABSENT, NOTHING, SignatureId, Signatures};
use crate::bind::{Binding, Reference};
use crate::column::{ColumnPath, Leaves, Source, all_leaves, leaves};
use crate::error::Error;
use crate::matcher::ColumnMatcher;
use crate::sieve::{self, Sieve};

/// One match: a row of the batch and a rule of the Plan.
pub type RowRule = (u32, u32);

/// Drives a binding over batches; one per thread.
#[derive(Debug)]
pub struct Scanner {
    binding: Arc<Binding>,
    pub(super) columns: Vec<ColumnState>,
    pub(super) keywords: ColumnState,
    lazy: Vec<LazyColumn>,
    keyword_seeker: KeywordSeeker,
    evaluation: Evaluation,
    pub(super) not_evaluable: BTreeMap<String, u64>,
    pub(super) engine: Engine,
    /// The sieve in use, once there is one: the binding's, or one that was made without a sample.
    sieve: Option<Arc<Sieve>>,
    candidates: Vec<Candidate>,
    hasher: RandomState,
    /// Time spent in judging candidates, and, if it is to be told, by rule.
    pub(super) judged: Judged,
}

/// The time that judging candidates has taken: all in all, and for each rule of the Plan where that is asked for.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Time of all candidates.
    pub total: Duration,
    /// By rule; empty if it was not asked for.
    pub rules: Vec<Duration>,
}

/// How matches are found. The answers are the same; it is a matter of speed, and of tests that hold one against the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Rare texts are searched, and only the candidates that they turn up are judged.
    #[default]
    Sieve,
    /// Every value of every column is examined, by one automaton a column.
    Automaton,
    /// As `Sieve`, without asking the data: every column of text is searched, whatever the number of rows.
    Search,
    /// As `Sieve`, without asking the data: every column is examined value by value.
    Values,
}

/// Counts values without a text form, by the name of their column.
pub(super) struct Failures<'a> {
    pub(super) counts: &'a mut BTreeMap<String, u64>,
    pub(super) binding: &'a Binding,
}

/// Whether some rule asks what the values of a bound column are, and not only whether they are there: then it counts how many
/// have no text form.
pub(super) fn asked(binding: &Binding, at: usize) -> bool {
    let of = |reference: &Reference| reference.value as usize == at || reference.other as usize == at;
    binding.bound[at].matcher.slots() > 0 || binding.references.iter().any(of)
}

impl Failures<'_> {
    pub(super) fn add(&mut self, path: &ColumnPath, count: u64) {
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

    /// Forgets the batch.
    pub(super) fn begin(&mut self, slots: usize) {
        self.rows.clear();
        self.distinct.clear();
        self.slot_counts.clear();
        self.slot_counts.resize(slots, 0);
        self.present = 0;
    }

    /// Gives every row of a bound column its signature, and counts them.
    pub(super) fn examine<'b>(
        &mut self,
        binding: &Binding,
        at: usize,
        rows: usize,
        column: impl Fn(usize) -> &'b ArrayRef,
        failures: &mut Failures<'_>,
    ) -> Result<Leaves, Error> {
        let bound = &binding.bound[at];
        self.begin(bound.matcher.slots());
        let asked = asked(binding, at);
        let leaves = match &bound.source {
            Source::Path(path) => {
                let leaves = leaves(column(path.column), path)?;
                let before = self.signatures.not_evaluable;
                self.signatures.of_rows(&bound.matcher, &leaves, rows, None, &mut self.rows)?;
                if asked {
                    failures.add(path, self.signatures.not_evaluable - before);
                }
                leaves
            }
            Source::Join(join) => {
                let (leaves, unreadable) = join.texts(rows, column)?;
                self.signatures.of_rows(&bound.matcher, &leaves, rows, None, &mut self.rows)?;
                if asked {
                    join.parts.iter().zip(unreadable).for_each(|(path, count)| failures.add(path, count));
                }
                leaves
            }
        };
        self.count();
        Ok(leaves)
    }

    /// Examines the rows in `scope` of every column for keywords.
    pub(super) fn examine_keywords<'b>(
        &mut self,
        matcher: &ColumnMatcher,
        columns: impl Iterator<Item = &'b ArrayRef>,
        rows: usize,
        scope: &Bitmap,
    ) -> Result<(), Error> {
        self.rows.resize(rows, NOTHING);
        if scope.is_empty() {
            self.count();
            return Ok(());
        }
        let mut wanted = vec![false; rows];
        scope.rows().for_each(|row| wanted[row] = true);
        let mut here = Vec::with_capacity(rows);
        for column in columns {
            for leaves in all_leaves(column)? {
                if !holds_text_or_numbers(&leaves.values) {
                    continue;
                }
                here.clear();
                self.signatures.of_rows(matcher, &leaves, rows, Some(&wanted), &mut here)?;
                for (row, &signature) in here.iter().enumerate() {
                    if signature > NOTHING {
                        self.rows[row] = self.signatures.merge(&[self.rows[row], signature]);
                    }
                }
            }
        }
        self.count();
        Ok(())
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

impl Engine {
    /// The name by which options and reports call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sieve => "sieve",
            Self::Automaton => "automaton",
            Self::Search => "search",
            Self::Values => "values",
        }
    }

    /// The engine of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Sieve, Self::Automaton, Self::Search, Self::Values].into_iter().find(|engine| engine.name() == name)
    }
}

impl Scanner {
    /// A scanner for a binding.
    pub fn new(binding: Arc<Binding>) -> Self {
        let columns = binding.bound.iter().map(|_| ColumnState::new()).collect();
        let lazy = binding.bound.iter().map(|_| LazyColumn::default()).collect();
        Self {
            columns,
            lazy,
            keyword_seeker: KeywordSeeker::default(),
            keywords: ColumnState::new(),
            evaluation: Evaluation::default(),
            not_evaluable: BTreeMap::new(),
            engine: Engine::default(),
            sieve: None,
            candidates: Vec::new(),
            hasher: RandomState::new(),
            judged: Judged::default(),
            binding,
        }
    }

    /// The same scanner with this way of finding matches.
    #[must_use]
    pub fn with_engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// The same scanner, which tells for each rule what judging it takes; looking at the clock makes it slower.
    #[must_use]
    pub fn with_costs(mut self) -> Self {
        self.judged.rules = vec![Duration::ZERO; self.binding.states().len()];
        self
    }

    /// The time that judging candidates has taken since the last call.
    pub fn take_judged(&mut self) -> Judged {
        let zero = vec![Duration::ZERO; self.judged.rules.len()];
        std::mem::replace(&mut self.judged, Judged { total: Duration::ZERO, rules: zero })
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
        if batch.num_columns() != self.binding.columns().len() {
            return Err(Error::batch(format!(
                "the batch has {} columns where the binding reads {}",
                batch.num_columns(),
                self.binding.columns().len()
            )));
        }
        let mut columns = batch;
        self.scan_columns(&mut columns)
    }

    /// Matches of some rows, sorted by row, then by rule; only the columns that decide are asked for.
    ///
    /// # Errors
    /// A column cannot be read, or is not of the type that the binding was made for.
    pub fn scan_columns(&mut self, columns: &mut dyn Columns) -> Result<Vec<RowRule>, Error> {
        let binding = Arc::clone(&self.binding);
        let mut shelf = Shelf::new(columns, binding.columns().len());
        if shelf.rows == 0 || !binding.runs_any() {
            return Ok(Vec::new());
        }
        if self.engine != Engine::Automaton
            && let Some(found) = self.sift(&binding, &mut shelf)?
        {
            return Ok(found);
        }
        let batch = Self::everything(&binding, &mut shelf)?;
        self.examine(&binding, &batch)
    }

    /// Scans through the sieve; `None` if the batch has to be examined as a whole.
    fn sift(&mut self, binding: &Arc<Binding>, shelf: &mut Shelf<'_>) -> Result<Option<Vec<RowRule>>, Error> {
        let sieve = match &self.sieve {
            Some(sieve) => Arc::clone(sieve),
            None => {
                let Some(sieve) = self.find_sieve(binding, shelf)? else { return Ok(None) };
                Arc::clone(self.sieve.insert(sieve))
            }
        };
        for (state, lazy) in self.columns.iter_mut().zip(&mut self.lazy) {
            if state.signatures.bound() {
                lazy.forget();
            }
            lazy.begin();
        }
        self.keywords.signatures.bound();
        // What is examined here is examined again if the batch is given back.
        let counted = self.not_evaluable.clone();
        let mut candidates = std::mem::take(&mut self.candidates);
        let mut judge = Judge {
            binding,
            sieve: &sieve,
            shelf,
            columns: &mut self.columns,
            lazy: &mut self.lazy,
            keyword_seeker: &mut self.keyword_seeker,
            judged: &mut self.judged,
            hasher: self.hasher.clone(),
            failures: Failures { counts: &mut self.not_evaluable, binding },
            keywords: &mut self.keywords,
        };
        let outcome = judge.run(&mut candidates);
        self.candidates = candidates;
        match outcome? {
            Outcome::Matches(found) => Ok(Some(found)),
            Outcome::TooMany => {
                self.not_evaluable = counted;
                Ok(None)
            }
        }
    }

    /// All columns as one batch.
    fn everything(binding: &Binding, shelf: &mut Shelf<'_>) -> Result<RecordBatch, Error> {
        let arrays = (0..binding.columns().len()).map(|at| shelf.whole(at)).collect::<Result<Vec<_>, _>>()?;
        let named = binding.names.iter().zip(&arrays);
        let fields: Vec<Field> = named.map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(shelf.rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
            .map_err(|e| Error::batch(format!("the columns are no batch: {e}")))
    }

    /// Examines every value of a batch: the slow way, that needs no luck.
    fn examine(&mut self, binding: &Arc<Binding>, batch: &RecordBatch) -> Result<Vec<RowRule>, Error> {
        let rows = batch.num_rows();
        let mut at_hand: Vec<Leaves> = Vec::with_capacity(binding.bound.len());
        for (at, (state, lazy)) in self.columns.iter_mut().zip(&mut self.lazy).enumerate() {
            let column = |column: usize| batch.column(binding.positions[&column]);
            let mut failures = Failures { counts: &mut self.not_evaluable, binding };
            if state.signatures.bound() {
                lazy.forget();
            }
            at_hand.push(state.examine(binding, at, rows, column, &mut failures)?);
        }
        let mut evaluation = std::mem::take(&mut self.evaluation);
        evaluation.begin(rows, binding);
        if let Some(keywords) = &binding.keywords {
            self.keywords.signatures.bound();
            self.keywords.begin(keywords.matcher.slots());
            evaluation.bounds(binding, self, true);
            let mut scope = Bitmap::default();
            scope.fill(rows);
            evaluation.eval(binding, self, &at_hand, keywords.scope, &mut scope);
            let named = binding.names.iter().zip(batch.columns());
            let columns = named.filter(|(name, _)| !name.starts_with('_')).map(|(_, column)| column);
            self.keywords.examine_keywords(&keywords.matcher, columns, rows, &scope)?;
        }
        evaluation.bounds(binding, self, false);
        let mut found: Vec<RowRule> = Vec::new();
        let mut matching = Bitmap::default();
        for &(rule, root) in &binding.rules {
            if evaluation.bound(root) == 0 {
                continue;
            }
            matching.fill(rows);
            if evaluation.eval(binding, self, &at_hand, root, &mut matching) {
                found.extend(matching.rows().map(|row| (row as u32, rule)));
            }
        }
        self.evaluation = evaluation;
        found.sort_unstable();
        Ok(found)
    }

    /// Values that rules asked and that have no text form, by column.
    pub fn not_evaluable(&self) -> &BTreeMap<String, u64> {
        &self.not_evaluable
    }
}

/// Whether an array is text, or a dictionary of texts.
pub(super) fn is_flat_text(part: &ArrayRef) -> bool {
    match part.data_type() {
        DataType::Dictionary(_, values) => sieve::is_text(values),
        plain => sieve::is_text(plain),
    }
}

/// Whether the values are numbers, or a dictionary of them.
pub(super) fn is_number(values: &ArrayRef) -> bool {
    match values.data_type() {
        DataType::Dictionary(_, values) => values.is_numeric(),
        other => other.is_numeric(),
    }
}

/// Keywords see text and numbers, not times or truth values.
pub(super) fn holds_text_or_numbers(values: &ArrayRef) -> bool {
    use arrow::datatypes::DataType as T;
    let data_type = match values.data_type() {
        T::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    data_type.is_numeric()
        || matches!(data_type, T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Binary | T::LargeBinary | T::BinaryView)
}
