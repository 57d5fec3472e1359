//! What this reader makes of a column, and which columns it leaves to the Arrow reader.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array};
use arrow::datatypes::{DataType, Int8Type, Int16Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use parquet::basic::Type;
use parquet::schema::types::ColumnDescriptor;

/// How the values of a column are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text or binary: the same to rules wherever binary is text.
    Text,
    /// Whole numbers, of an Arrow type that is filled from physical 32 or 64 bits by taking the low ones.
    Number { wide: bool, target: DataType },
}

impl Kind {
    /// The kind of a flat column that Arrow sees as `target`; `None` if it is not for this reader.
    pub(super) fn of(column: &ColumnDescriptor, target: &DataType) -> Option<Self> {
        if column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return None;
        }
        match (column.physical_type(), target) {
            (Type::BYTE_ARRAY, target) if is_text_or_binary(target) => Some(Self::Text),
            (
                Type::INT32,
                DataType::Int8
                | DataType::Int16
                | DataType::Int32
                | DataType::UInt8
                | DataType::UInt16
                | DataType::UInt32,
            ) => Some(Self::Number { wide: false, target: target.clone() }),
            (Type::INT64, DataType::Int64 | DataType::UInt64) => {
                Some(Self::Number { wide: true, target: target.clone() })
            }
            _ => None,
        }
    }
}

fn is_text_or_binary(target: &DataType) -> bool {
    use DataType as T;
    match target {
        T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Binary | T::LargeBinary | T::BinaryView => true,
        T::Dictionary(_, values) => is_text_or_binary(values),
        _ => false,
    }
}

/// The next `count` PLAIN numbers of a page from `start` on, as an array of `target`, and where they end.
pub(super) fn numbers(
    page: &[u8],
    start: usize,
    count: usize,
    wide: bool,
    target: &DataType,
) -> Result<(ArrayRef, usize), String> {
    let width = if wide { 8 } else { 4 };
    let bytes = count
        .checked_mul(width)
        .and_then(|length| page.get(start..)?.get(..length))
        .ok_or_else(|| format!("it ends before the last of {count} values"))?;
    let array = if wide {
        let values = bytes.as_chunks().0.iter().map(|value| i64::from_le_bytes(*value));
        of_wide(Int64Array::from_iter_values(values), target)
    } else {
        let values = bytes.as_chunks().0.iter().map(|value| i32::from_le_bytes(*value));
        of_narrow(&Int32Array::from_iter_values(values), target)
    };
    Ok((array, start + bytes.len()))
}

fn of_wide(values: Int64Array, target: &DataType) -> ArrayRef {
    match target {
        DataType::UInt64 => Arc::new(values.unary::<_, UInt64Type>(i64::cast_unsigned)),
        _ => Arc::new(values),
    }
}

/// As the Arrow reader does it: the low bits, whatever the others are.
fn of_narrow(values: &Int32Array, target: &DataType) -> ArrayRef {
    match target {
        DataType::Int8 => Arc::new(values.unary::<_, Int8Type>(|v| v as i8)),
        DataType::Int16 => Arc::new(values.unary::<_, Int16Type>(|v| v as i16)),
        DataType::UInt8 => Arc::new(values.unary::<_, UInt8Type>(|v| v.cast_unsigned() as u8)),
        DataType::UInt16 => Arc::new(values.unary::<_, UInt16Type>(|v| v.cast_unsigned() as u16)),
        DataType::UInt32 => Arc::new(values.unary::<_, UInt32Type>(i32::cast_unsigned)),
        _ => Arc::new(values.clone()),
    }
}
