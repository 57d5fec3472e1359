//! Making a sieve: which batch is its sample, and what of that batch.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use arrow::array::{AnyDictionaryArray, Array, ArrayRef, AsArray, StringArray, UInt32Array};
use arrow::compute::take;

use super::candidates::Shelf;
use super::scanner::{Engine, Failures, Scanner, is_flat_text};
use super::signatures::{ABSENT, SignatureId};
use crate::bind::Binding;
use crate::error::Error;
use crate::sieve::{self, ColumnSample, KeywordSample, KnownSample, Sieve, TextSample};

/// From fewer rows no sieve is made: examining them costs less than sampling them.
const FEWEST_ROWS_TO_SAMPLE: usize = 512;
/// But so many bytes of text take longer to examine than a sieve takes to make.
const MANY_BYTES: usize = 4 << 20;

impl Scanner {
    /// The binding's sieve, or one for data like this batch; `None` if there is too little of it.
    pub(super) fn find_sieve(
        &self,
        binding: &Arc<Binding>,
        shelf: &mut Shelf<'_>,
    ) -> Result<Option<Arc<Sieve>>, Error> {
        if self.engine != Engine::Sieve {
            return Ok(Some(Arc::new(self.blind_sieve(binding, shelf)?)));
        }
        if let Some(sieve) = binding.sieve.get() {
            return Ok(Some(Arc::clone(sieve)));
        }
        // A few rows tell nothing about the next ones, and are soon examined, unless they are long.
        if shelf.rows < FEWEST_ROWS_TO_SAMPLE && !much_text(binding, shelf)? {
            return Ok(None);
        }
        // Nothing is half done where another thread has panicked: the sieve is either there or not.
        let _making = binding.sieve_making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sieve) = binding.sieve.get() {
            return Ok(Some(Arc::clone(sieve)));
        }
        let made = Arc::new(Self::make_sieve(binding, shelf)?);
        Ok(Some(Arc::clone(binding.sieve.get_or_init(|| made))))
    }

    /// A sieve that knows nothing of the data but which columns are text.
    fn blind_sieve(&self, binding: &Arc<Binding>, shelf: &mut Shelf<'_>) -> Result<Sieve, Error> {
        let mut samples = Vec::with_capacity(binding.bound.len());
        for bound in &binding.bound {
            let none: ArrayRef = Arc::new(StringArray::new_null(0));
            samples.push(match bound.source.flat() {
                Some(column) if self.engine == Engine::Search && all_text(shelf, binding.positions[&column])? => {
                    ColumnSample::Text(TextSample::of(&bound.matcher, &none, 0))
                }
                _ => ColumnSample::Examined(KnownSample { sets: Vec::new(), rows: sieve::SAMPLE_ROWS }),
            });
        }
        let keywords = binding.keywords.as_ref().map(|keywords| KeywordSample::new(&keywords.matcher, &[]));
        Ok(Sieve::new(binding, &samples, keywords.as_ref()))
    }

    /// Makes a sieve for data like this batch.
    fn make_sieve(binding: &Arc<Binding>, shelf: &mut Shelf<'_>) -> Result<Sieve, Error> {
        let rows = sieve::sample_rows(shelf.rows);
        let places = UInt32Array::from(rows);
        let mut taken = Vec::with_capacity(binding.columns().len());
        for position in 0..binding.columns().len() {
            let column = shelf.whole(position)?;
            let sample = take(&column, &places, None);
            taken.push(sieve::clipped(sample.map_err(|e| Error::batch(format!("a column has no rows: {e}")))?));
        }
        // A scanner of its own, so that what is examined for the sample is not counted twice.
        let mut scratch = Self::new(Arc::clone(binding));
        let mut samples = Vec::with_capacity(binding.bound.len());
        for (at, bound) in binding.bound.iter().enumerate() {
            if let Some(column) = bound.source.flat() {
                let position = binding.positions[&column];
                let column = &taken[position];
                if all_text(shelf, position)? {
                    samples.push(ColumnSample::of_text(&bound.matcher, column));
                    continue;
                }
            }
            let mut failures = Failures { counts: &mut scratch.not_evaluable, binding };
            let column = |column: usize| &taken[binding.positions[&column]];
            let state = &mut scratch.columns[at];
            state.examine(binding, at, places.len(), column, &mut failures)?;
            let mut counts: BTreeMap<SignatureId, u32> = BTreeMap::new();
            state.rows.iter().for_each(|signature| *counts.entry(*signature).or_default() += 1);
            let set = |signature| (signature != ABSENT).then(|| state.signatures.slots(signature).into());
            let sets = counts.into_iter().map(|(signature, count)| (set(signature), count)).collect();
            samples.push(ColumnSample::Examined(KnownSample { sets, rows: places.len() }));
        }
        let keywords = binding.keywords.as_ref().map(|keywords| {
            let named = binding.names.iter().zip(&taken).filter(|(name, _)| !name.starts_with('_'));
            let texts: Vec<ArrayRef> = named.map(|(_, column)| sieve::plain(column)).collect();
            KeywordSample::new(&keywords.matcher, &texts)
        });
        Ok(Sieve::new(binding, &samples, keywords.as_ref()))
    }
}

/// Whether the columns of a few rows hold [`MANY_BYTES`] of text. Dictionaries are not gone through: they may be those of many more rows.
fn much_text(binding: &Binding, shelf: &mut Shelf<'_>) -> Result<bool, Error> {
    let mut bytes = 0;
    for position in 0..binding.columns().len() {
        for part in shelf.parts(position)?.iter().filter(|part| is_flat_text(part)) {
            let dictionary = part.as_any_dictionary_opt();
            let values = dictionary.map_or(part, |dictionary| dictionary.values());
            if values.is_empty() {
                continue; // of such a dictionary no keys can be asked for
            }
            let keys = dictionary.map(AnyDictionaryArray::normalized_keys);
            for row in (0..part.len()).filter(|row| part.is_valid(*row)) {
                let at = keys.as_ref().map_or(row, |keys| keys[row]);
                if values.is_valid(at) {
                    bytes += sieve::text_at(values, at).len();
                }
            }
            if bytes >= MANY_BYTES {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether a column is text, or a dictionary of texts.
fn all_text(shelf: &mut Shelf<'_>, position: usize) -> Result<bool, Error> {
    Ok(shelf.parts(position)?.iter().all(is_flat_text))
}
