//! A user's own mapping must fit the inputs, and its times are read wherever they stand.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StructArray};
use arrow::datatypes::{DataType, Field};
use serde_json::{Value, json};
use sigtrawl_lake::{ErrorKind, ScanOptions, check, check_schema, match_reader, scan};
use tempfile::tempdir;

use crate::common::*;

/// Options with a mapping `own` that is named, and what its file demands.
fn own(time: &Value, columns: &[&str], needs: &Value) -> ScanOptions {
    let mapping = json!({"name": "own", "recognise": {"all": ["Image"]}, "own_names": true, "time": time,
        "routes": [{"logsource": {"product": "windows", "category": "process_creation"}}]});
    let demand =
        json!({"schema": "own", "file": "own.yml", "place": "fields.Image", "columns": columns, "needs": needs});
    let all = json!({"mappings": [mapping], "schema": "own", "columns": ["Image"], "demands": [demand]});
    ScanOptions::from_json(all.to_string().as_bytes()).expect("options")
}

fn lake(dir: &Path) -> Vec<String> {
    write(&dir.join("a.parquet"), &[images(&["nc"])]);
    write(&dir.join("b.parquet"), &[batch(&[("Image", text(&["nc"])), ("process", text(&["x"]))])]);
    paths(&[dir])
}

#[test]
fn a_column_of_any_input_is_enough_and_one_of_none_is_an_error() {
    let dir = tempdir().unwrap();
    let given = lake(dir.path());
    let told = |options: &ScanOptions| scan(&netcat(), &given, options).map(drop);
    told(&own(&json!([]), &["process"], &json!([[]]))).expect("the second file has it");
    told(&own(&json!([]), &["proces"], &json!([["absent"]]))).expect("no file has what it is needed with");
    let wrong = own(&json!([]), &["proces"], &json!([["absent"], ["Image"]]));
    let error = told(&wrong).expect_err("no file has it");
    assert_eq!(error.kind(), ErrorKind::Schema);
    let message = "own.yml: fields.Image: no input has a column proces; did you mean process?";
    assert_eq!(error.to_string(), message);
    assert_eq!(check(&netcat(), &given, &wrong).expect_err("nor for a check").to_string(), message);
}

#[test]
fn data_in_memory_is_one_input() {
    let events = images(&["nc"]);
    let wrong = own(&json!([]), &["Imag"], &json!([[]]));
    let message = "own.yml: fields.Image: no input has a column Imag; did you mean Image?";
    let error = check_schema(&netcat(), &events.schema(), &wrong).expect_err("a check");
    assert_eq!(error.to_string(), message);
    let reader = arrow::array::RecordBatchIterator::new([Ok(events.clone())], events.schema());
    let error = match_reader(&netcat(), Box::new(reader), &wrong).map(drop).expect_err("a match");
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Schema, message.to_owned()));
}

#[test]
fn the_time_of_a_nested_column_is_read_though_the_event_does_not_show_it() {
    let dir = tempdir().unwrap();
    let at = ints(&[1_500, -1]);
    let meta = StructArray::from(vec![(Arc::new(Field::new("at", DataType::Int64, true)), at)]);
    let columns: [(&str, ArrayRef); 3] =
        [("Image", text(&["nc", "nc"])), ("meta", Arc::new(meta)), ("_time", text(&["soon", "1970-01-01"]))];
    write(&dir.path().join("a.parquet"), &[batch(&columns)]);
    let given = paths(&[dir.path()]);
    let times = |time: &Value| -> (Vec<Option<i64>>, u64, Vec<String>) {
        let mut stream = scan(&netcat(), &given, &own(time, &["Image"], &json!([[]]))).expect("a scan");
        let micros = batches(&mut stream).into_iter().flat_map(|batch| {
            let column = batch.column_by_name("time").expect("times").clone();
            let column =
                column.as_any().downcast_ref::<arrow::array::TimestampMicrosecondArray>().expect("times").clone();
            (0..column.len()).map(move |row| column.is_valid(row).then(|| column.value(row))).collect::<Vec<_>>()
        });
        let micros = micros.collect();
        let report = stream.report();
        (micros, report.unreadable_times, report.inputs[0].time.clone())
    };
    let by_path = json!([{"column": "meta.at", "unit": "ms"}, "absent"]);
    assert_eq!(times(&by_path), (vec![Some(1_500_000), Some(-1_000)], 0, vec!["meta.at".to_owned()]));
    assert_eq!(times(&json!(["meta.at"])), (vec![None, None], 2, vec!["meta.at".to_owned()]), "no unit, no time");
    let first = json!(["_time", {"column": "meta.at", "unit": "s"}]);
    let names = vec!["_time".to_owned(), "meta.at".to_owned()];
    assert_eq!(times(&first), (vec![Some(1_500_000_000), Some(0)], 0, names));
    assert_eq!(times(&json!([])), (vec![None, None], 0, vec![]));
}
