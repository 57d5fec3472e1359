//! The type of `event`: the union over all inputs, conflicts, and the choice of columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, ListArray, NullArray, StructArray, UInt8Array};
use arrow::datatypes::{DataType, Field, Int32Type};
use serde_json::{Value, json};
use sigtrawl_lake::{Columns, ErrorKind, scan};
use tempfile::tempdir;

use crate::common::*;

/// The events of a scan over tables that each have a column `Image` with the one value `nc`.
fn events_of(tables: &[&[(&str, ArrayRef)]], choice: &Value) -> Vec<Value> {
    let dir = tempdir().unwrap();
    for (number, columns) in tables.iter().enumerate() {
        let mut columns = columns.to_vec();
        columns.push(("Image", text(&["nc"])));
        write(&dir.path().join(format!("{number}.parquet")), &[batch(&columns)]);
    }
    let given = [dir.path().display().to_string()];
    let mut stream = scan(&netcat(), &given, &options(&json!({"columns": choice}))).unwrap();
    events(&mut stream)
}

#[test]
fn columns_unite_by_name_and_nulls_are_left_out() {
    let seen = events_of(&[&[("a", ints(&[1]))], &[("b", text(&["x"]))]], &json!("all"));
    assert_eq!(seen, [json!({"Image": "nc", "a": 1}), json!({"Image": "nc", "b": "x"})]);
}

#[test]
fn integers_widen_and_other_conflicts_take_their_text_form() {
    let small: ArrayRef = Arc::new(UInt8Array::from(vec![200]));
    let floats: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![4688.0]));
    let times: ArrayRef = Arc::new(arrow::array::TimestampMicrosecondArray::from(vec![1_500_000]).with_timezone("UTC"));
    let nothing: ArrayRef = Arc::new(NullArray::new(1));
    let seen = events_of(
        &[
            &[("n", small), ("f", floats), ("t", times), ("x", nothing)],
            &[("n", ints(&[-1])), ("f", text(&["?"])), ("t", text(&["?"])), ("x", ints(&[5]))],
        ],
        &json!("all"),
    );
    assert_eq!(
        seen,
        [
            json!({"Image": "nc", "n": 200, "f": "4688", "t": "1970-01-01T00:00:01.5Z"}),
            json!({"Image": "nc", "n": -1, "f": "?", "t": "?", "x": 5}),
        ]
    );
}

#[test]
fn nested_columns_are_delivered_and_unite_by_member() {
    let inner = |name: &str| -> ArrayRef {
        Arc::new(StructArray::from(vec![(
            Arc::new(Field::new(name, DataType::Int32, true)),
            Arc::new(Int32Array::from(vec![7])) as ArrayRef,
        )]))
    };
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None])]));
    let seen = events_of(
        &[&[("s", inner("x")), ("l", list.clone())], &[("s", inner("y")), ("l", text(&["none"]))]],
        &json!(["s", "l"]),
    );
    assert_eq!(seen, [json!({"s": {"x": 7}, "l": "[1,null]"}), json!({"s": {"y": 7}, "l": "none"})]);
}

#[test]
fn columns_are_chosen_by_use_or_by_name() {
    let table: &[(&str, ArrayRef)] = &[("_raw", text(&["r"])), ("other", text(&["o"]))];
    assert_eq!(events_of(&[table], &json!("used")), [json!({"Image": "nc"})]);
    assert_eq!(events_of(&[table], &json!("all")), [json!({"Image": "nc", "other": "o"})]);
    assert_eq!(events_of(&[table], &json!(["_raw"])), [json!({"_raw": "r"})]);
    assert_eq!(events_of(&[table], &json!([])), [json!({})]);
}

#[test]
fn the_order_of_names_is_the_order_of_columns() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    write(&path, &[batch(&[("Image", text(&["nc"])), ("b", ints(&[1])), ("c", ints(&[2]))])]);
    let choice = options(&json!({"columns": ["c", "Image", "c"]}));
    assert_eq!(choice.columns, Columns::Named(vec!["c".into(), "Image".into(), "c".into()]));
    let stream = scan(&netcat(), &paths(&[&path]), &choice).unwrap();
    let DataType::Struct(fields) = stream.schema().field_with_name("event").unwrap().data_type().clone() else {
        panic!("no struct")
    };
    assert_eq!(fields.iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), ["c", "Image"]);
    let error = scan(&netcat(), &paths(&[&path]), &options(&json!({"columns": ["image"]}))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert_eq!(error.to_string(), "no input has a column image; did you mean Image?");
}

#[test]
fn wrong_options_are_usage_errors() {
    for wrong in [r#"{"columns": "some"}"#, r#"{"columns": [1]}"#, r#"{"threads": "two"}"#, "[]"] {
        let error = sigtrawl_lake::ScanOptions::from_json(wrong.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{wrong}");
    }
    let error = scan(&netcat(), &["x".into()], &options(&json!({"threads": 0}))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[test]
fn rare_values_of_a_long_column_are_found_page_by_page() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let images: Vec<String> =
        (0..50_000).map(|n| if n % 12_345 == 1 { "nc".into() } else { format!("c{n}") }).collect();
    let notes: Vec<String> = (0..50_000).map(|n| format!("note {n}")).collect();
    let column = |values: &[String]| text(&values.iter().map(String::as_str).collect::<Vec<_>>());
    let table = batch(&[("Image", column(&images)), ("Note", column(&notes))]);
    write_with(&path, &[table], properties().set_data_page_row_count_limit(1_000).set_write_batch_size(500));
    let mut stream = scan(&netcat(), &paths(&[&path]), &options(&json!({"columns": ["Note"]}))).unwrap();
    let seen = events(&mut stream);
    let expected: Vec<Value> =
        [1, 12_346, 24_691, 37_036, 49_381].iter().map(|n| json!({"Note": format!("note {n}")})).collect();
    assert_eq!(seen, expected);
}
