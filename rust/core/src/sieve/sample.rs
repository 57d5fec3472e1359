//! What a sample of the data tells about predicates: how often each is true, or announced, and what looking for it costs.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use ahash::HashMap;
use arrow::array::{AnyDictionaryArray, Array, ArrayRef, AsArray, StringArray};
use arrow::compute::{cast, take};
use arrow::datatypes::DataType;

use super::grams::{Grams, Needle, WINDOW, WindowCounts};
use super::haystack::{self, Scratch, text_at};
use super::shorts::Shorts;
use crate::bind::{GraphNode, NodeId};
use crate::matcher::{ColumnMatcher, Examination, Slot};

/// Rows of a sample: enough to tell one in a thousand from one in a hundred, and judged in some milliseconds.
pub(crate) const ROWS: usize = 4_096;
/// Rows of a sample that follow each other: events come in bursts, so a sample takes its rows from several places.
const STRETCH: usize = 128;
/// Of a longer value a sample takes the beginning.
const LONGEST: usize = 16 << 10;
/// Of many long values it takes so much less of each that they are no more together: a column is judged in some ten milliseconds.
const MOST: usize = 4 << 20;
/// What is never seen in the sample still occurs, so many times in it.
const UNSEEN: f64 = 0.1;
/// A column whose distinct values are this part of the rows or less is judged value by value.
const REPETITIVE: f64 = 0.25;

/// The rows of a sample among `rows` rows, ascending.
pub(crate) fn rows(rows: usize) -> Vec<u32> {
    if rows <= ROWS {
        return (0..rows as u32).collect();
    }
    let stretches = ROWS / STRETCH;
    let apart = rows / stretches;
    (0..stretches).flat_map(|n| (n * apart..n * apart + STRETCH.min(apart)).map(|row| row as u32)).collect()
}

/// Fewer rows than this do not make what is never seen in them more frequent.
const FEW: usize = 512;

/// A share of rows, from a count in a sample of `of` rows.
fn share(count: u32, of: usize) -> f64 {
    if count == 0 { UNSEEN / of.max(FEW) as f64 } else { f64::from(count) / of.max(1) as f64 }
}

/// What a sample tells about a bound column.
#[derive(Debug)]
pub(crate) enum ColumnSample {
    /// Its values repeat, or are no text: they are examined, each once if possible.
    Examined(KnownSample),
    /// Text with many distinct values: it is searched.
    Text(TextSample),
}

impl ColumnSample {
    /// Judges a flat column of text, which may be a dictionary.
    pub(crate) fn of_text(matcher: &ColumnMatcher, values: &ArrayRef) -> Self {
        let values = plain(values);
        let (mut repeated, mut absent): (HashMap<&str, u32>, u32) = (HashMap::default(), 0);
        for row in 0..values.len() {
            if values.is_valid(row) {
                *repeated.entry(text_at(&values, row)).or_default() += 1;
            } else {
                absent += 1;
            }
        }
        // A column without a value here may have any later on: what is searched in vain costs least.
        if repeated.is_empty() || repeated.len() as f64 > REPETITIVE * values.len() as f64 {
            let bytes: usize = repeated.keys().map(|text| text.len()).sum();
            return Self::Text(TextSample::of(matcher, &values, bytes));
        }
        let mut work = Examination::default();
        let mut sets: BTreeMap<Option<Box<[Slot]>>, u32> = BTreeMap::new();
        sets.insert(None, absent);
        let mut repeated: Vec<(&str, u32)> = repeated.into_iter().collect();
        repeated.sort_unstable();
        for (text, count) in repeated {
            matcher.examine(text, text, &mut work);
            *sets.entry(Some(work.truths.as_slice().into())).or_default() += count;
        }
        Self::Examined(KnownSample { sets: sets.into_iter().collect(), rows: values.len() })
    }
}

/// The values of a sample, by what is true of them.
#[derive(Debug)]
pub(crate) struct KnownSample {
    /// The true slots (`None`: null), and how many rows have them.
    pub(crate) sets: Vec<(Option<Box<[Slot]>>, u32)>,
    pub(crate) rows: usize,
}

impl KnownSample {
    /// The share of rows of which a node is true; all leaves below it are of this column.
    pub(crate) fn share(&self, nodes: &[GraphNode], node: NodeId) -> f64 {
        let holds = |set: &Option<Box<[Slot]>>| holds(nodes, node, set.as_deref());
        let count = self.sets.iter().filter(|(set, _)| holds(set)).map(|(_, count)| count).sum();
        share(count, self.rows)
    }
}

/// Whether a node is true of a value, of which these predicates are (`None`: null); all leaves below it are of one column.
pub(crate) fn holds(nodes: &[GraphNode], node: NodeId, truths: Option<&[Slot]>) -> bool {
    match &nodes[node as usize] {
        GraphNode::True => true,
        GraphNode::Slot { slot, .. } => truths.is_some_and(|truths| truths.binary_search(slot).is_ok()),
        GraphNode::Present { .. } => truths.is_some(),
        GraphNode::And(children) => children.iter().all(|child| holds(nodes, *child, truths)),
        GraphNode::Or(children) => children.iter().any(|child| holds(nodes, *child, truths)),
        GraphNode::Not(child) => !holds(nodes, *child, truths),
        GraphNode::False | GraphNode::Keyword { .. } | GraphNode::Reference { .. } => false,
    }
}

/// What a sample tells about a column of text that is searched.
#[derive(Debug)]
pub(crate) struct TextSample {
    /// By needle: its share of rows.
    shares: BTreeMap<Needle, f64>,
    /// By slot that announces itself by a run: the share of rows with it.
    runs: BTreeMap<Slot, f64>,
    pub(crate) windows: WindowCounts,
    /// Bytes of distinct values for each row: what has to be searched, since repeated values are mostly in dictionaries.
    pub(crate) bytes_per_row: f64,
    rows: usize,
}

/// The needles that announce a slot; `None` if none do. Needles that are not ASCII are left out: values that could hold them
/// are examined anyway.
pub(crate) fn needles(matcher: &ColumnMatcher, slot: Slot) -> Option<Vec<Needle>> {
    let texts = matcher.announced(slot).texts.as_ref()?;
    let ascii = texts.iter().filter(|(_, text)| text.is_ascii());
    ascii.map(|(kind, text)| (!text.is_empty()).then(|| Needle { kind: *kind, text: text.as_str().into() })).collect()
}

fn matcher_needles(matcher: &ColumnMatcher) -> Vec<Needle> {
    (0..matcher.slots() as Slot).filter_map(|slot| needles(matcher, slot)).flatten().collect()
}

impl TextSample {
    /// Looks for everything that could announce a predicate of a column.
    pub(crate) fn of(matcher: &ColumnMatcher, values: &ArrayRef, bytes: usize) -> Self {
        Self::new(matcher_needles(matcher), matcher, values, bytes)
    }

    /// Looks for these needles. `bytes` are those of the distinct values.
    pub(crate) fn new(mut all: Vec<Needle>, matcher: &ColumnMatcher, values: &ArrayRef, bytes: usize) -> Self {
        all.sort_unstable();
        all.dedup();
        // Of no rows at all nothing is known: whatever is looked for counts as rare.
        let of = if values.is_empty() { ROWS } else { values.len() };
        let mut windows = WindowCounts::new();
        let texts = || (0..values.len()).filter(|row| values.is_valid(*row)).map(|row| text_at(values, row));
        texts().for_each(|text| windows.add(text.as_bytes()));
        let (shorts, longs): (Vec<Needle>, Vec<Needle>) = all.into_iter().partition(|n| n.text.len() < WINDOW);
        let mut shares = BTreeMap::new();
        // Short ones in portions of which the buckets let little through.
        for portion in shorts.chunks(16) {
            let search = Shorts::new(portion.to_vec(), &windows);
            let counts = counts(values, portion.len(), |hay, found| match &search {
                Some(search) => search.find(hay.bytes, hay.spans, 0, found).is_ok(),
                None => false,
            });
            for (needle, count) in portion.iter().zip(counts) {
                shares.insert(needle.clone(), if search.is_some() { share(count, of) } else { 1.0 });
            }
        }
        if !longs.is_empty() {
            let grams = Grams::new(longs.clone(), &windows);
            // What is found before a search is given up says enough about frequencies.
            let counts = counts(values, longs.len(), |hay, found| grams.find(hay.bytes, hay.spans, found).is_ok());
            shares.extend(longs.into_iter().zip(counts.into_iter().map(|count| share(count, of))));
        }
        let runs = (0..matcher.slots() as Slot).filter_map(|slot| Some((slot, matcher.announced(slot).run.as_ref()?)));
        let runs = runs.map(|(slot, run)| {
            let count = texts().filter(|text| run.is_in(text.as_bytes())).count();
            (slot, share(count as u32, of))
        });
        let runs = runs.collect();
        Self { shares, runs, windows, bytes_per_row: bytes as f64 / of.max(1) as f64, rows: of }
    }

    /// The share of rows on which a needle announces something.
    pub(crate) fn share(&self, needle: &Needle) -> f64 {
        self.shares.get(needle).copied().unwrap_or_else(|| share(0, self.rows))
    }

    /// The share of rows with the run that announces a slot.
    pub(crate) fn run_share(&self, slot: Slot) -> Option<f64> {
        self.runs.get(&slot).copied()
    }
}

/// In how many values each of `needles` needles is found.
fn counts(
    values: &ArrayRef,
    needles: usize,
    search: impl Fn(&haystack::Haystack<'_>, &mut Vec<super::Found>) -> bool,
) -> Vec<u32> {
    let (mut scratch, mut others, mut found) = (Scratch::default(), Vec::new(), Vec::new());
    let mut here: Vec<super::Found> = Vec::new();
    let searched: Result<(), Infallible> = haystack::search(values, None, 1, &mut scratch, &mut others, |hay| {
        // A search tidies up what it has found, so each haystack needs a list of its own.
        here.clear();
        search(hay, &mut here);
        for (place, _) in &mut here {
            *place = hay.rows[*place as usize];
        }
        here.sort_unstable();
        here.dedup();
        found.extend_from_slice(&here);
        Ok(())
    });
    let Ok(()) = searched;
    let mut counts = vec![0u32; needles];
    for (_, needle) in &found {
        counts[*needle as usize] += 1;
    }
    counts
}

/// A column of text without its dictionary; nulls where the values are no text. Values are not copied: some are long, and repeated
/// thousands of times.
pub(crate) fn plain(values: &ArrayRef) -> ArrayRef {
    if haystack::is_text(values.data_type()) {
        return Arc::clone(values);
    }
    let held = values.as_any_dictionary_opt().filter(|dictionary| haystack::is_text(dictionary.values().data_type()));
    // Neither can fail on text and its own keys; a sample of nothing would only make searching slower.
    let pointed = |dictionary: &dyn AnyDictionaryArray| {
        let views = cast(dictionary.values(), &DataType::Utf8View).ok()?;
        take(&views, dictionary.keys(), None).ok()
    };
    held.and_then(pointed).unwrap_or_else(|| Arc::new(StringArray::new_null(values.len())))
}

/// A column of a sample, whose long texts are cut short: one of megabytes would take longer to judge than all others together, and
/// thousands of long ones longer than the rest of the batch.
pub(crate) fn clipped(values: ArrayRef) -> ArrayRef {
    let held = values.as_any_dictionary_opt().map_or(&values, |dictionary| dictionary.values());
    if !haystack::is_text(held.data_type()) {
        return values;
    }
    let texts = plain(&values);
    let length = |row: usize| if texts.is_valid(row) { text_at(&texts, row).len() } else { 0 };
    let (longest, together) = (0..texts.len())
        .map(length)
        .fold((0, 0), |(longest, together), length| (longest.max(length), together + length.min(LONGEST)));
    let most = if together > MOST { (MOST / texts.len()).min(LONGEST) } else { LONGEST };
    if longest <= most {
        return values;
    }
    let cut = |row: usize| {
        let text = text_at(&texts, row);
        let fits = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
        &text[..fits.unwrap_or(0)]
    };
    let cut = (0..texts.len()).map(|row| texts.is_valid(row).then(|| cut(row)));
    Arc::new(cut.collect::<StringArray>())
}

#[cfg(test)]
mod tests {
    use arrow::array::{DictionaryArray, Int32Array};

    use super::*;

    #[test]
    fn a_sample_of_a_dictionary_copies_no_values() {
        let held = StringArray::from(vec![Some("a".repeat(600_000)), None, Some("b".repeat(600_000))]);
        // More than offsets of 32 bits reach, were they copied.
        let keys: Int32Array = (0..5_000).map(|row| (row % 4 < 3).then_some(row % 4)).collect();
        let sample = plain(&(Arc::new(DictionaryArray::new(keys, Arc::new(held))) as ArrayRef));
        assert_eq!((sample.len(), sample.null_count()), (5_000, 2_500));
        assert!(text_at(&sample, 0).starts_with('a') && text_at(&sample, 2).starts_with('b'));
        assert!(sample.get_buffer_memory_size() < 4 << 20);
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let texts =
            ["ab".to_owned(), "ä".repeat(LONGEST), "x".repeat(LONGEST + 1), format!("x{}", "ä".repeat(LONGEST))];
        let plain: ArrayRef = Arc::new(StringArray::from_iter_values(&texts));
        let keys = Int32Array::from(vec![Some(0), Some(1), None, Some(2), Some(3)]);
        let dictionary: ArrayRef = Arc::new(DictionaryArray::new(keys, Arc::clone(&plain)));
        let lengths = |array: ArrayRef| {
            let array = clipped(array);
            (0..array.len()).map(|at| array.is_valid(at).then(|| text_at(&array, at).len())).collect::<Vec<_>>()
        };
        let of = [2, LONGEST, LONGEST, LONGEST - 1];
        assert_eq!(lengths(plain), of.map(Some));
        assert_eq!(lengths(dictionary), [Some(of[0]), Some(of[1]), None, Some(of[2]), Some(of[3])]);
        let short: ArrayRef = Arc::new(StringArray::from(vec!["ab"]));
        assert!(Arc::ptr_eq(&clipped(Arc::clone(&short)), &short));
    }

    #[test]
    fn of_many_long_values_less_is_taken() {
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..ROWS).map(|row| "ab".repeat(row))));
        let cut = clipped(texts);
        let together: usize = (0..cut.len()).map(|row| text_at(&cut, row).len()).sum();
        assert!((MOST / 2..=MOST).contains(&together), "{together}");
        assert_eq!(text_at(&cut, 100).len(), 200);
    }

    /// Values of several haystacks, the first of them so full that what was found is tidied up.
    #[test]
    fn haystacks_full_of_needles_are_counted_one_by_one() {
        let mut texts: Vec<String> = (0..4_000).map(|n| format!("{n:05} {}", "a-b".repeat(20))).collect();
        texts.push("x a-b".to_owned());
        let values: ArrayRef = Arc::new(arrow::array::StringViewArray::from_iter_values(&texts));
        let mut windows = WindowCounts::new();
        for text in &texts {
            windows.add(text.as_bytes());
        }
        let needle = |text: &str| Needle { kind: crate::matcher::Kind::Contains, text: text.into() };
        let shorts = Shorts::new(vec![needle("a-b"), needle("x a")], &windows).unwrap();
        let found = counts(&values, 2, |hay, found| shorts.find(hay.bytes, hay.spans, 0, found).is_ok());
        assert_eq!(found, [4_001, 1]);
        let grams = Grams::new(vec![needle("a-ba"), needle(" a-b")], &windows);
        let found = counts(&values, 2, |hay, found| grams.find(hay.bytes, hay.spans, found).is_ok());
        assert_eq!(found, [4_000, 4_001]);
    }

    #[test]
    fn samples_are_spread_and_of_one_size() {
        assert_eq!(rows(10), (0..10).collect::<Vec<_>>());
        for total in [ROWS, ROWS + 1, 65_536, 131_072] {
            let sample = rows(total);
            assert_eq!(sample.len(), ROWS, "{total}");
            assert!(sample.windows(2).all(|pair| pair[0] < pair[1]));
            assert!((*sample.last().unwrap() as usize) < total);
        }
    }
}
