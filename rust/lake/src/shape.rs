//! Bringing columns of several inputs into one type.
//!
//! Parquet files written by different programs, or by one program over the years, spell the same column in several
//! types. What differs only in representation (the five ways to hold text, lists and dictionaries, the zone label of an
//! instant) is brought to one [plain] type. Integers of several widths become 64-bit, exactly. Whatever is then still in
//! conflict is delivered as text: a result with one type per column that loses nothing to read is worth more than an
//! error after hours, or than a column per type. So are unions and calendar intervals, which neither Parquet nor JSON can
//! hold; they come from data in memory only.
//!
//! [plain]: plain

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, StringBuilder, StructArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, IntervalUnit};
use arrow::error::ArrowError;
use arrow::json::LineDelimitedWriter;

use crate::engine;

/// The plain spelling of a type: text is `Utf8`, bytes are `Binary`, lists are `List`, zoned instants are UTC,
/// dictionaries and runs are what they hold; all of it nullable and without metadata.
pub(crate) fn plain(data_type: &DataType) -> DataType {
    use DataType as T;
    match data_type {
        T::LargeUtf8 | T::Utf8View => T::Utf8,
        T::LargeBinary | T::BinaryView => T::Binary,
        T::Dictionary(_, values) => plain(values),
        T::RunEndEncoded(_, values) => plain(values.data_type()),
        T::Timestamp(unit, Some(_)) => T::Timestamp(*unit, Some("UTC".into())),
        T::List(item) | T::LargeList(item) | T::ListView(item) | T::LargeListView(item) | T::FixedSizeList(item, _) => {
            T::List(Arc::new(Field::new("item", plain(item.data_type()), true)))
        }
        T::Struct(fields) => T::Struct(fields.iter().map(plain_field).collect()),
        _ if !storable(data_type) => T::Utf8,
        other => other.clone(),
    }
}

/// Whether files can hold a type as it is, as far as this type and not one inside it is concerned.
pub(crate) fn storable(data_type: &DataType) -> bool {
    !matches!(data_type, DataType::Union(..) | DataType::Interval(IntervalUnit::MonthDayNano))
}

/// A field in plain spelling.
pub(crate) fn plain_field(field: &FieldRef) -> FieldRef {
    Arc::new(Field::new(field.name(), plain(field.data_type()), true))
}

/// The one type for a column that has the plain types `a` and `b` in two inputs.
pub(crate) fn union(a: &DataType, b: &DataType) -> DataType {
    use DataType as T;
    match (a, b) {
        _ if a == b => a.clone(),
        (T::Null, other) | (other, T::Null) => other.clone(),
        _ if widens(a) && widens(b) => T::Int64,
        (T::List(x), T::List(y)) => T::List(Arc::new(Field::new("item", union(x.data_type(), y.data_type()), true))),
        (T::Struct(x), T::Struct(y)) => T::Struct(union_fields(x, y)),
        _ => T::Utf8,
    }
}

/// The members of two structs by name, those of `a` first.
fn union_fields(a: &Fields, b: &Fields) -> Fields {
    let mut members: Vec<FieldRef> = a.to_vec();
    for field in b {
        match members.iter_mut().find(|known| known.name() == field.name()) {
            Some(known) => {
                let data_type = union(known.data_type(), field.data_type());
                *known = Arc::new(Field::new(field.name(), data_type, true));
            }
            None => members.push(field.clone()),
        }
    }
    members.into()
}

fn widens(data_type: &DataType) -> bool {
    data_type.is_integer() && *data_type != DataType::UInt64
}

/// `array` as `target`, which [`plain`] and [`union`] have made from its type among others.
pub(crate) fn bring(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, ArrowError> {
    let plainly = plain(array.data_type());
    if array.data_type() == target {
        return Ok(array.clone());
    }
    if array.data_type() == &DataType::Null {
        return Ok(new_null_array(target, array.len()));
    }
    match (&plainly, target) {
        (DataType::Struct(_), DataType::Struct(fields)) => bring_struct(array, fields),
        (DataType::List(_), DataType::List(item)) => {
            let lists = list_of(array)?;
            let (_, offsets, values, nulls) = lists.into_parts();
            let values = bring(&values, item.data_type())?;
            Ok(Arc::new(arrow::array::ListArray::try_new(item.clone(), offsets, values, nulls)?))
        }
        (_, DataType::Utf8) if !storable(array.data_type()) => text(array),
        _ if plainly == *target || (widens(&plainly) && *target == DataType::Int64) => cast(array, target),
        (_, DataType::Utf8) => text(array),
        _ => {
            Err(ArrowError::SchemaError(format!("a column of type {} where {target} was announced", array.data_type())))
        }
    }
}

fn bring_struct(array: &ArrayRef, fields: &Fields) -> Result<ArrayRef, ArrowError> {
    let array = undictionary(array)?;
    let source = arrow::array::cast::as_struct_array(&array);
    let members = fields
        .iter()
        .map(|field| match source.column_by_name(field.name()) {
            Some(member) => bring(member, field.data_type()),
            None => Ok(new_null_array(field.data_type(), source.len())),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if fields.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(source.len(), source.nulls().cloned())));
    }
    let nulls = source.nulls().cloned();
    Ok(Arc::new(StructArray::try_new(fields.clone(), members, nulls)?))
}

fn list_of(array: &ArrayRef) -> Result<arrow::array::ListArray, ArrowError> {
    let array = undictionary(array)?;
    let item = match array.data_type() {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => item.data_type().clone(),
        other => return Err(ArrowError::SchemaError(format!("{other} is no list"))),
    };
    let target = DataType::List(Arc::new(Field::new("item", item, true)));
    let array = cast(&array, &target)?;
    Ok(arrow::array::cast::as_list_array(&array).clone())
}

/// A dictionary or run-end array as the values that it stands for.
fn undictionary(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Dictionary(_, values) => cast(array, values),
        DataType::RunEndEncoded(_, values) => cast(array, values.data_type()),
        _ => Ok(array.clone()),
    }
}

/// Any column as text: its text form where it is flat, JSON where it is nested. Bytes that are no text are written in
/// hexadecimal digits, as in JSON.
fn text(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let array = undictionary(array)?;
    if let Some(union) = array.as_union_opt() {
        let one = |row| {
            let value = text(&union.value(row))?;
            Ok(value.as_string_opt::<i32>().filter(|text| text.is_valid(0)).map(|text| text.value(0).to_owned()))
        };
        let texts = (0..union.len()).map(one).collect::<Result<StringArray, ArrowError>>()?;
        return Ok(Arc::new(texts));
    }
    if array.data_type().is_nested() {
        return json(&array).map(|texts| Arc::new(texts) as ArrayRef);
    }
    let texts = engine::text_form(&array)
        .ok_or_else(|| ArrowError::CastError(format!("a column of type {} has no text form", array.data_type())))?;
    if !array.data_type().is_binary() || texts.logical_null_count() == array.logical_null_count() {
        return Ok(texts);
    }
    let bytes = cast(&array, &DataType::LargeBinary)?;
    let (texts, bytes) = (cast(&texts, &DataType::Utf8)?, bytes.as_binary::<i64>());
    let (texts, mut out) = (texts.as_string::<i32>(), StringBuilder::new());
    for row in 0..texts.len() {
        if texts.is_valid(row) {
            out.append_value(texts.value(row));
        } else {
            out.append_option(bytes.is_valid(row).then(|| hexadecimal(bytes.value(row))));
        }
    }
    Ok(Arc::new(out.finish()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Each value of a column as JSON, null where the value is null.
pub(crate) fn json(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    let field = Field::new("v", array.data_type().clone(), true);
    let schema = arrow::datatypes::Schema::new(vec![field]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![array.clone()])?;
    let mut lines = LineDelimitedWriter::new(Vec::new());
    lines.write(&batch)?;
    lines.finish()?;
    let lines = lines.into_inner();
    let mut texts = StringBuilder::with_capacity(array.len(), lines.len());
    // One object a line, `{"v":…}` or `{}`; JSON escapes every line end inside a value.
    for line in lines.split(|byte| *byte == b'\n').take(array.len()) {
        match line.strip_prefix(br#"{"v":"#).and_then(|rest| rest.strip_suffix(b"}")) {
            Some(value) => {
                let value = std::str::from_utf8(value).map_err(|e| ArrowError::JsonError(e.to_string()))?;
                texts.append_value(value);
            }
            None => texts.append_null(),
        }
    }
    Ok(texts.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int16Array, StringViewArray, UInt64Array};
    use arrow::datatypes::{Int32Type, Int64Type, TimeUnit};

    #[test]
    fn spellings_of_text_are_one_type() {
        for spelled in [
            DataType::Utf8,
            DataType::LargeUtf8,
            DataType::Utf8View,
            DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::LargeUtf8)),
        ] {
            assert_eq!(plain(&spelled), DataType::Utf8);
        }
    }

    #[test]
    fn integers_widen_and_the_rest_becomes_text() {
        assert_eq!(union(&DataType::Int8, &DataType::UInt32), DataType::Int64);
        assert_eq!(union(&DataType::Int64, &DataType::UInt64), DataType::Utf8);
        assert_eq!(union(&DataType::Float32, &DataType::Float64), DataType::Utf8);
        assert_eq!(union(&DataType::Null, &DataType::Date32), DataType::Date32);
        let local = DataType::Timestamp(TimeUnit::Second, None);
        assert_eq!(union(&local, &DataType::Utf8), DataType::Utf8);
    }

    #[test]
    fn structs_unite_by_name() {
        let member = |name: &str, t| Field::new(name, t, true);
        let a = DataType::Struct(vec![member("x", DataType::Int8)].into());
        let b = DataType::Struct(vec![member("y", DataType::Utf8), member("x", DataType::Int16)].into());
        let both = union(&a, &b);
        let expected = vec![member("x", DataType::Int64), member("y", DataType::Utf8)];
        assert_eq!(both, DataType::Struct(expected.into()));
        let array: ArrayRef = Arc::new(StructArray::from(vec![(
            Arc::new(member("x", DataType::Int8)),
            Arc::new(arrow::array::Int8Array::from(vec![7])) as ArrayRef,
        )]));
        let brought = bring(&array, &both).unwrap();
        assert_eq!(brought.data_type(), &both);
        assert_eq!(brought.as_struct().column(0).as_primitive::<Int64Type>().value(0), 7);
    }

    #[test]
    fn values_survive() {
        let views: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), None]));
        let texts = bring(&views, &DataType::Utf8).unwrap();
        assert_eq!(texts.as_string::<i32>(), &StringArray::from(vec![Some("a"), None]));
        let small: ArrayRef = Arc::new(Int16Array::from(vec![-1]));
        let wide = bring(&small, &DataType::Int64).unwrap();
        assert_eq!(wide.as_primitive::<Int64Type>().value(0), -1);
        let huge: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX]));
        let texts = bring(&huge, &DataType::Utf8).unwrap();
        assert_eq!(texts.as_string::<i32>().value(0), "18446744073709551615");
    }

    #[test]
    fn nested_values_read_as_json() {
        let lists: ArrayRef = Arc::new(arrow::array::ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
            Some(vec![Some(1), None]),
            None,
        ]));
        let texts = bring(&lists, &DataType::Utf8).unwrap();
        assert_eq!(texts.as_string::<i32>().value(0), "[1,null]");
        assert!(texts.is_null(1));
    }

    #[test]
    fn bytes_that_are_no_text_are_not_lost() {
        let values: Vec<Option<&[u8]>> = vec![Some(b"text"), Some(b"\xff\x0a"), None];
        let fixed: Vec<Option<&[u8]>> = vec![Some(b"\xff\xfe"), None, Some(b"ab")];
        let arrays: [(ArrayRef, [Option<&str>; 3]); 3] = [
            (Arc::new(arrow::array::BinaryArray::from(values.clone())), [Some("text"), Some("ff0a"), None]),
            (Arc::new(arrow::array::BinaryViewArray::from(values)), [Some("text"), Some("ff0a"), None]),
            (
                Arc::new(
                    arrow::array::FixedSizeBinaryArray::try_from_sparse_iter_with_size(fixed.into_iter(), 2).unwrap(),
                ),
                [Some("fffe"), None, Some("6162")],
            ),
        ];
        for (array, expected) in arrays {
            let texts = bring(&array, &DataType::Utf8).unwrap();
            assert_eq!(texts.as_string::<i32>().iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn unions_and_calendar_intervals_are_text() {
        use arrow::array::{Int64Array, IntervalMonthDayNanoArray, UnionArray};
        use arrow::datatypes::{IntervalMonthDayNano, UnionFields};
        let fields = [(0, "n", DataType::Int64), (1, "s", DataType::Utf8)]
            .map(|(id, name, data_type)| (id, Arc::new(Field::new(name, data_type, true))));
        let children: Vec<ArrayRef> =
            vec![Arc::new(Int64Array::from(vec![Some(7), None, None])), Arc::new(StringArray::from(vec!["", "", "x"]))];
        let union =
            UnionArray::try_new(UnionFields::from_iter(fields), vec![0i8, 0, 1].into(), None, children).unwrap();
        let union: ArrayRef = Arc::new(union);
        assert_eq!(plain(union.data_type()), DataType::Utf8);
        let texts = bring(&union, &DataType::Utf8).unwrap();
        assert_eq!(texts.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("7"), None, Some("x")]);
        let value = IntervalMonthDayNano::new(1, 2, 3);
        let intervals: ArrayRef = Arc::new(IntervalMonthDayNanoArray::from(vec![Some(value), None]));
        assert_eq!(plain(intervals.data_type()), DataType::Utf8);
        let texts = bring(&intervals, &DataType::Utf8).unwrap();
        assert!(texts.as_string::<i32>().value(0).starts_with("1 mon") && texts.is_null(1));
    }
}
