//! The text form of values: what predicates ask, and what a column of conflicting types becomes in the output.
//!
//! | type | text form |
//! |---|---|
//! | text, dictionaries of it | itself |
//! | integers, booleans | decimal; `true`, `false` |
//! | floats | shortest decimal without exponent; an integral float as the integer |
//! | timestamps, dates | `YYYY-MM-DDTHH:MM:SS`, the fraction without trailing zeros, `Z` if there is a zone; `YYYY-MM-DD` |
//! | decimals | plain decimal |
//! | binary | its text if it is UTF-8 |
//!
//! Times of day, durations, intervals, unions and fixed-size binary have none.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use chrono::{DateTime, Datelike, Utc};

use crate::error::Error;

/// Writes the text form of value `i` (which is not null); `false` if that value has none.
pub(crate) type Formatter<'a> = Box<dyn Fn(usize, &mut String) -> bool + 'a>;

macro_rules! display {
    ($array:expr, $type:ty) => {{
        let array = $array.as_primitive::<$type>();
        Box::new(move |i, out: &mut String| write!(out, "{}", array.value(i)).is_ok())
    }};
}

macro_rules! float {
    ($array:expr, $type:ty) => {{
        let array = $array.as_primitive::<$type>();
        // Rust prints floats as the shortest decimal that reads back, without exponent, integral ones without a point.
        Box::new(move |i, out: &mut String| {
            let written = write!(out, "{}", array.value(i)).is_ok();
            if out == "-0" {
                out.remove(0);
            }
            written
        })
    }};
}

macro_rules! decimal {
    ($array:expr, $type:ty) => {{
        let array = $array.as_primitive::<$type>();
        Box::new(move |i, out: &mut String| {
            out.push_str(&array.value_as_string(i));
            true
        })
    }};
}

macro_rules! timestamp {
    ($array:expr, $type:ty, $zone:expr, $per_second:expr) => {{
        let array = $array.as_primitive::<$type>();
        let zone = $zone;
        Box::new(move |i, out: &mut String| {
            let value = array.value(i);
            let nanos = value.rem_euclid($per_second) * (1_000_000_000 / $per_second);
            write_time(value.div_euclid($per_second), u32::try_from(nanos).unwrap_or(0), zone, out)
        })
    }};
}

/// How the values of `array` become text; `None` if its type has no text form. Not for text types, which need none.
pub(crate) fn formatter(array: &dyn Array) -> Option<Formatter<'_>> {
    Some(match array.data_type() {
        DataType::Int8 => display!(array, Int8Type),
        DataType::Int16 => display!(array, Int16Type),
        DataType::Int32 => display!(array, Int32Type),
        DataType::Int64 => display!(array, Int64Type),
        DataType::UInt8 => display!(array, UInt8Type),
        DataType::UInt16 => display!(array, UInt16Type),
        DataType::UInt32 => display!(array, UInt32Type),
        DataType::UInt64 => display!(array, UInt64Type),
        DataType::Float16 => float!(array, Float16Type),
        DataType::Float32 => float!(array, Float32Type),
        DataType::Float64 => float!(array, Float64Type),
        DataType::Decimal32(..) => decimal!(array, Decimal32Type),
        DataType::Decimal64(..) => decimal!(array, Decimal64Type),
        DataType::Decimal128(..) => decimal!(array, Decimal128Type),
        DataType::Decimal256(..) => decimal!(array, Decimal256Type),
        DataType::Timestamp(unit, zone) => {
            let zone = zone.is_some();
            match unit {
                TimeUnit::Second => timestamp!(array, TimestampSecondType, zone, 1),
                TimeUnit::Millisecond => timestamp!(array, TimestampMillisecondType, zone, 1_000),
                TimeUnit::Microsecond => timestamp!(array, TimestampMicrosecondType, zone, 1_000_000),
                TimeUnit::Nanosecond => timestamp!(array, TimestampNanosecondType, zone, 1_000_000_000),
            }
        }
        DataType::Date32 => {
            let array = array.as_primitive::<Date32Type>();
            Box::new(move |i, out: &mut String| write_date(i64::from(array.value(i)) * 86_400, out))
        }
        DataType::Date64 => {
            let array = array.as_primitive::<Date64Type>();
            Box::new(move |i, out: &mut String| write_date(array.value(i).div_euclid(1_000), out))
        }
        DataType::Boolean => {
            let array = array.as_boolean();
            Box::new(move |i, out: &mut String| {
                out.push_str(if array.value(i) { "true" } else { "false" });
                true
            })
        }
        DataType::Binary => {
            let array = array.as_binary::<i32>();
            Box::new(move |i, out: &mut String| push_utf8(array.value(i), out))
        }
        DataType::LargeBinary => {
            let array = array.as_binary::<i64>();
            Box::new(move |i, out: &mut String| push_utf8(array.value(i), out))
        }
        DataType::BinaryView => {
            let array = array.as_binary_view();
            Box::new(move |i, out: &mut String| push_utf8(array.value(i), out))
        }
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            Box::new(move |i, out: &mut String| {
                out.push_str(array.value(i));
                true
            })
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            Box::new(move |i, out: &mut String| {
                out.push_str(array.value(i));
                true
            })
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            Box::new(move |i, out: &mut String| {
                out.push_str(array.value(i));
                true
            })
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let values = formatter(dictionary.values().as_ref())?;
            if dictionary.values().is_empty() {
                return Some(Box::new(|_, _| false)); // every key is null
            }
            let keys = dictionary.normalized_keys();
            Box::new(move |i, out: &mut String| values(keys[i], out))
        }
        _ => return None,
    })
}

fn push_utf8(bytes: &[u8], out: &mut String) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        out.push_str(text);
        true
    })
}

fn write_time(seconds: i64, nanos: u32, zone: bool, out: &mut String) -> bool {
    let Some(time) = DateTime::from_timestamp(seconds, nanos).filter(four_digits) else { return false };
    if write!(out, "{}", time.format("%Y-%m-%dT%H:%M:%S")).is_err() {
        return false;
    }
    if nanos != 0 {
        let fraction = format!("{nanos:09}");
        out.push('.');
        out.push_str(fraction.trim_end_matches('0'));
    }
    if zone {
        out.push('Z');
    }
    true
}

fn write_date(seconds: i64, out: &mut String) -> bool {
    let time = DateTime::from_timestamp(seconds, 0).filter(four_digits);
    time.is_some_and(|time| write!(out, "{}", time.format("%Y-%m-%d")).is_ok())
}

/// Whether the year can be written: in four digits, and there was no year 0.
fn four_digits(time: &DateTime<Utc>) -> bool {
    (1..=9999).contains(&time.year())
}

/// The number in canonical decimal text: no trailing zeros of a fraction. Only decimals can have them.
pub(crate) fn canonical_number(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// The text form of a whole column; values without one are null. Nested columns become JSON-like text.
pub fn text_form(array: &dyn Array) -> Result<ArrayRef, Error> {
    if let Some(format) = formatter(array) {
        let nulls = array.logical_nulls();
        let mut out = StringBuilder::new();
        let mut text = String::new();
        for i in 0..array.len() {
            text.clear();
            if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(i)) && format(i, &mut text) {
                out.append_value(&text);
            } else {
                out.append_null();
            }
        }
        return Ok(Arc::new(out.finish()));
    }
    if matches!(array.data_type(), DataType::Null) {
        return Ok(Arc::new(StringArray::new_null(array.len())));
    }
    // No rule sees these as text; a reader of the output still wants to see the value.
    let options = arrow::util::display::FormatOptions::default().with_display_error(true);
    let format = arrow::util::display::ArrayFormatter::try_new(array, &options)
        .map_err(|e| Error::batch(format!("a column of type {} cannot be shown: {e}", array.data_type())))?;
    let shown = (0..array.len()).map(|i| array.is_valid(i).then(|| format.value(i).to_string()));
    Ok(Arc::new(shown.collect::<StringArray>()))
}
