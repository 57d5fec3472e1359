//! Rows in memory, matched and shown: what streams of batches and single batches have in common.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{ArrowNativeType, DataType, FieldRef, Schema};

use crate::demands;
use crate::drift;
use crate::engine::{self, Binding, Columns, RuleSet};
use crate::error::Error;
use crate::events::{Lift, Offer, Shown};
use crate::group::{self, Halt, MATCH_ROWS};
use crate::matches::{BATCH_ROWS, Frame, Hit, Place};
use crate::options::ScanOptions;
use crate::prepare;
use crate::queue::Sink;
use crate::report::{self, InputState};
use crate::scanners::Scanners;
use crate::tally::{Counts, Tally};

/// Batches that are matched in one go: as many of them as have [`MATCH_ROWS`] rows, larger ones in slices.
pub(crate) fn stacks(batches: &[RecordBatch]) -> Vec<Vec<RecordBatch>> {
    let mut stacks: Vec<Vec<RecordBatch>> = Vec::new();
    let (mut room, mut bytes) = (0, 0);
    for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
        let apart = batch.columns().iter().any(|column| hides_dictionary(column.data_type()));
        for start in (0..batch.num_rows()).step_by(MATCH_ROWS) {
            let slice = batch.slice(start, MATCH_ROWS.min(batch.num_rows() - start));
            let (rows, held) = (slice.num_rows(), slice.columns().iter().map(joined_bytes).sum::<usize>());
            match stacks.last_mut() {
                Some(stack) if rows <= room && held <= bytes && !apart => {
                    (room, bytes) = (room - rows, bytes - held);
                    stack.push(slice);
                }
                _ => {
                    room = if apart { 0 } else { MATCH_ROWS - rows };
                    bytes = STACK_BYTES.saturating_sub(held);
                    stacks.push(vec![slice]);
                }
            }
        }
    }
    stacks
}

/// Bytes that small batches may come to together: some of their columns are joined, which copies them, and what is joined has
/// offsets of 32 bits. A batch that is larger by itself is matched as it is.
const STACK_BYTES: usize = 64 << 20;

/// Bytes that joining an array to others would copy; of views and dictionaries it copies what points to the values.
fn joined_bytes(array: &ArrayRef) -> usize {
    match array.data_type() {
        DataType::Utf8 => length_of(array.as_string::<i32>().value_offsets()),
        DataType::LargeUtf8 => length_of(array.as_string::<i64>().value_offsets()),
        DataType::Binary => length_of(array.as_binary::<i32>().value_offsets()),
        DataType::LargeBinary => length_of(array.as_binary::<i64>().value_offsets()),
        DataType::Utf8View | DataType::BinaryView | DataType::Dictionary(..) => 16 * array.len(),
        other => match other.primitive_width() {
            Some(width) => width * array.len(),
            // What cannot be told is taken for much, so that such arrays are joined to few others.
            None => array.to_data().get_slice_memory_size().unwrap_or(STACK_BYTES),
        },
    }
}

/// The bytes between the first and the last offset.
fn length_of<T: ArrowNativeType>(offsets: &[T]) -> usize {
    let of = |offset: Option<&T>| offset.map_or(0, |offset| offset.as_usize());
    of(offsets.last()) - of(offsets.first())
}

/// Whether a nested column holds a dictionary: two of them cannot always be joined, since the keys may not suffice.
fn hides_dictionary(data_type: &DataType) -> bool {
    let within =
        |field: &FieldRef| matches!(field.data_type(), DataType::Dictionary(..)) || hides_dictionary(field.data_type());
    match data_type {
        DataType::Struct(fields) => fields.iter().any(within),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::Map(item, _) => within(item),
        DataType::RunEndEncoded(_, values) => within(values),
        _ => false,
    }
}

/// Batches that follow each other, as one run of rows.
struct Stack<'a>(&'a [RecordBatch]);

impl Columns for Stack<'_> {
    fn rows(&self) -> usize {
        self.0.iter().map(RecordBatch::num_rows).sum()
    }

    fn column(&mut self, position: usize) -> Result<Vec<ArrayRef>, sigtrawl_core::Error> {
        Ok(self.0.iter().map(|batch| batch.column(position).clone()).collect())
    }
}

/// How rows of one table are matched and shown, whoever brings them.
pub(crate) struct Matcher {
    pub(crate) binding: Arc<Binding>,
    pub(crate) lift: Lift,
    pub(crate) frame: Arc<Frame>,
    pub(crate) tally: Arc<Tally>,
}

impl Matcher {
    /// Binds the rules to a table, which is one input of `units` units of work.
    ///
    /// Fails with `Schema` if no mapping recognises the columns, or a user's own does not fit them, and with `Usage` on wrong options.
    pub(crate) fn bind(rules: &RuleSet, schema: &Schema, options: &ScanOptions, units: usize) -> Result<Self, Error> {
        let binding = engine::bind(rules, schema, &options.bind).map_err(|failure| Error::schema(failure.reason))?;
        demands::check(&options.demands, [(binding.schema_name(), schema)])?;
        let offer = Offer { schema, used: binding.columns(), partitions: Vec::new() };
        let shown = Shown::fix(&[offer], options)?;
        let mut input = prepare::blank(None, InputState::Whole);
        prepare::describe(&mut input, &binding);
        let states = report::best(rules, [binding.states()]);
        let drift = drift::alone(schema.fields(), &input, &binding);
        Ok(Self {
            lift: Lift::new(schema, binding.time_columns(), &shown),
            frame: Arc::new(Frame::new(rules, &shown)),
            tally: Arc::new(Tally::new(vec![input], &[units], states, drift, 0, 0).by(options)),
            binding,
        })
    }

    /// The (row, rule) pairs of a run of rows, in order.
    pub(crate) fn find(
        &self,
        stack: &[RecordBatch],
        scanners: &mut Scanners,
        counts: &mut Counts,
    ) -> Result<Vec<(u32, u32)>, Halt> {
        let asked: Result<Vec<_>, _> = stack.iter().map(|batch| batch.project(self.binding.columns())).collect();
        let asked = asked.map_err(|e| e.to_string())?;
        let started = Instant::now();
        let found = engine::scan_columns(scanners.get(&self.binding), &mut Stack(&asked));
        counts.spent.matching += started.elapsed();
        Ok(found?)
    }

    /// Finds the matches of a run of rows, and sends them.
    pub(crate) fn run(
        &self,
        stack: &[RecordBatch],
        first_row: u64,
        scanners: &mut Scanners,
        counts: &mut Counts,
        out: &dyn Sink,
    ) -> Result<(), Halt> {
        out.check()?;
        let found = self.find(stack, scanners, counts)?;
        let started = Instant::now();
        let mut left = found.as_slice();
        let mut before = 0;
        for batch in stack {
            let after = before + batch.num_rows() as u32;
            let (here, later) = left.split_at(left.partition_point(|(row, _)| *row < after));
            left = later;
            if !here.is_empty() {
                let hits: Vec<Hit> = here.iter().map(|(row, rule)| Hit { row: row - before, rule: *rule }).collect();
                self.show(batch, &hits, first_row + u64::from(before), counts, out)?;
            }
            before = after;
        }
        counts.spent.emit += started.elapsed();
        Ok(())
    }

    fn show(
        &self,
        batch: &RecordBatch,
        hits: &[Hit],
        first_row: u64,
        counts: &mut Counts,
        out: &dyn Sink,
    ) -> Result<(), Halt> {
        let place = Place { file: None, group: None, first_row: first_row.cast_signed() };
        let shown = batch.project(self.lift.columns()).map_err(|e| e.to_string())?;
        let mut rest = hits;
        let mut size = BATCH_ROWS;
        while !rest.is_empty() {
            let (now, later) = group::split(rest, size);
            let rows = UInt32Array::from_iter_values(group::distinct(now));
            let events = if shown.num_columns() == 0 {
                group::columnless(rows.len())
            } else {
                take_record_batch(&shown, &rows).map_err(|e| e.to_string())
            };
            let lifted = match events.and_then(|events| self.lift.lift(&events)) {
                Ok(lifted) => lifted,
                Err(_) if rows.len() > 1 => {
                    size = group::fewer(rows.len());
                    continue;
                }
                Err(reason) => return Err(reason.into()),
            };
            group::deliver(&self.frame, &self.tally, counts, place, now, &lifted, out)?;
            rest = later;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::Field;

    use super::*;

    fn batch(texts: &[&str]) -> RecordBatch {
        let fields = vec![Field::new("text", DataType::Utf8, true), Field::new("number", DataType::Int64, true)];
        let numbers = Int64Array::from_iter_values((0_i64..).take(texts.len()));
        let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(texts.to_vec())), Arc::new(numbers)];
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    }

    fn sizes(stacks: &[Vec<RecordBatch>]) -> Vec<Vec<usize>> {
        stacks.iter().map(|stack| stack.iter().map(RecordBatch::num_rows).collect()).collect()
    }

    #[test]
    fn small_batches_are_matched_together_and_large_ones_in_slices() {
        let (small, large) = (batch(&["a"; 1_000]), batch(&vec!["b"; MATCH_ROWS + 1]));
        let given = [small.clone(), batch(&[]), small.clone(), large, small];
        assert_eq!(sizes(&stacks(&given)), [vec![1_000, 1_000], vec![MATCH_ROWS], vec![1, 1_000]]);
    }

    /// Joined, they would have more text than offsets of 32 bits reach.
    #[test]
    fn batches_of_long_texts_are_not_joined_to_many_bytes() {
        let long = "x".repeat(STACK_BYTES / 2 - 1_000);
        let given = [batch(&[&long]), batch(&[&long]), batch(&[&long, "y"]), batch(&["z"])];
        assert_eq!(sizes(&stacks(&given)), [vec![1, 1], vec![2, 1]]);
        // A slice of an array has the text of its own rows alone.
        let whole = batch(&[&long, &long, &long, &long, "y", "z"]);
        assert!(joined_bytes(&whole.slice(4, 2).columns()[0].clone()) < 16);
    }
}
