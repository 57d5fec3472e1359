//! Columns that say when an event was: timestamps, ISO 8601 text, or numbers that count since 1970.
//!
//! A number is a time only where the schema mapping says what it counts. It is read through its text form, so that integers,
//! floats, decimals and text that is a number are read alike, and exactly.

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use serde::Deserialize;

use super::{ColumnPath, leaves, text_form};
use crate::error::Error;
use crate::time;

/// What a number counts since the beginning of 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EpochUnit {
    S,
    Ms,
    Us,
    Ns,
}

/// A column of event times.
#[derive(Clone, Debug)]
pub struct TimeColumn {
    pub(crate) name: String,
    pub(crate) path: ColumnPath,
    pub(crate) unit: Option<EpochUnit>,
}

/// The times of some rows.
#[derive(Debug)]
pub struct EventTimes {
    /// One a row, in UTC; null where there is none that can be read.
    pub times: TimestampMicrosecondArray,
    /// Rows that hold a value, be it a time or not; `None`: all of them.
    pub present: Option<NullBuffer>,
}

impl TimeColumn {
    /// The column's path as the mapping writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The top-level column that it is in.
    pub fn column(&self) -> usize {
        self.path.column
    }

    /// Reads the times from the top-level column.
    ///
    /// # Errors
    /// A nested column cannot be read.
    pub fn read(&self, column: &ArrayRef) -> Result<EventTimes, Error> {
        if self.path.steps.is_empty() && !column.data_type().is_nested() {
            return Ok(EventTimes { times: times(column.as_ref(), self.unit), present: column.logical_nulls() });
        }
        let leaves = leaves(column, &self.path)?;
        let times = times(leaves.values.as_ref(), self.unit);
        let nulls = leaves.values.logical_nulls();
        let rows = 0..column.len();
        let first = |row| leaves.range(row).find(|&i| times.is_valid(i)).map(|i| times.value(i));
        let there = |row| leaves.range(row).any(|i| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(i)));
        let present = NullBuffer::from(rows.clone().map(there).collect::<Vec<bool>>());
        let times = rows.map(first).collect::<TimestampMicrosecondArray>().with_timezone("UTC");
        Ok(EventTimes { times, present: Some(present) })
    }
}

/// A column as event times; what is no time is null.
fn times(array: &dyn Array, unit: Option<EpochUnit>) -> TimestampMicrosecondArray {
    let direct = match array.data_type() {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None)).ok()
        }
        _ => None,
    };
    let read = |text: &str| match unit.and_then(|unit| time::since_epoch(text, unit.power())) {
        Some(micros) => Some(micros),
        None => time::parse(text).map(|time| time.timestamp_micros()),
    };
    let times: TimestampMicrosecondArray = match direct {
        Some(times) => times.as_primitive::<TimestampMicrosecondType>().clone(),
        None => match text_form(array) {
            Ok(texts) => texts.as_string::<i32>().iter().map(|text| text.and_then(read)).collect(),
            Err(_) => TimestampMicrosecondArray::new_null(array.len()),
        },
    };
    times.with_timezone("UTC")
}

impl EpochUnit {
    /// The power of ten that makes it microseconds.
    fn power(self) -> i64 {
        match self {
            Self::S => 6,
            Self::Ms => 3,
            Self::Us => 0,
            Self::Ns => -3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Decimal128Array, Float64Array, Int64Array, StringArray, TimestampMillisecondArray};
    use std::sync::Arc;

    fn read(array: &ArrayRef, unit: Option<EpochUnit>) -> Vec<Option<i64>> {
        let path = ColumnPath { column: 0, steps: Vec::new() };
        let column = TimeColumn { name: "t".to_owned(), path, unit };
        column.read(array).expect("times").times.iter().collect()
    }

    #[test]
    fn numbers_are_times_by_their_unit() {
        let numbers = |n: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![Some(n), None])) };
        assert_eq!(read(&numbers(1_500), Some(EpochUnit::Ms)), [Some(1_500_000), None]);
        assert_eq!(read(&numbers(-1), Some(EpochUnit::Ns)), [Some(-1), None]);
        assert_eq!(read(&numbers(1), Some(EpochUnit::S)), [Some(1_000_000), None]);
        assert_eq!(read(&numbers(1_500), None), [None, None], "a number without a unit is no time");
        assert_eq!(read(&numbers(i64::MAX), Some(EpochUnit::S)), [None, None], "after the year 9999");
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![1_619_085_063.135, f64::NAN]));
        assert_eq!(read(&floats, Some(EpochUnit::S)), [Some(1_619_085_063_135_000), None]);
        let decimal = Decimal128Array::from(vec![1_500]).with_precision_and_scale(9, 1).expect("a decimal");
        assert_eq!(read(&(Arc::new(decimal) as ArrayRef), Some(EpochUnit::Us)), [Some(150)]);
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["1.5e3", "1970-01-01T00:00:01Z", "soon"]));
        assert_eq!(read(&texts, Some(EpochUnit::Ms)), [Some(1_500_000), Some(1_000_000), None]);
    }

    #[test]
    fn a_timestamp_says_itself_what_it_counts() {
        let array: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![1_500]));
        assert_eq!(read(&array, Some(EpochUnit::Ns)), [Some(1_500_000)]);
    }
}
