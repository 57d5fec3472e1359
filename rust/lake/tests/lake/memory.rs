//! Matching what is already in memory: the same matches, whatever the batches.

use arrow::array::{RecordBatch, RecordBatchIterator, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use serde_json::{Value, json};
use sigtrawl_lake::{ErrorKind, InputState, MatchStream, State, check_schema, match_reader};
use std::sync::Arc;

use crate::common::*;

fn run(batches: Vec<Result<RecordBatch, ArrowError>>, more: &Value) -> MatchStream {
    let schema =
        Arc::new(Schema::new(vec![Field::new("Image", DataType::Utf8, true), Field::new("_n", DataType::Int64, true)]));
    let reader = RecordBatchIterator::new(batches, schema);
    match_reader(&netcat(), Box::new(reader), &options(more)).unwrap()
}

fn table(from: i64, count: i64) -> RecordBatch {
    let image: StringArray = (from..from + count).map(|n| Some(if n % 10 == 0 { "nc" } else { "calc" })).collect();
    batch(&[("Image", Arc::new(image)), ("_n", ints(&(from..from + count).collect::<Vec<_>>()))])
}

#[test]
fn batches_of_any_size_give_the_same_rows() {
    let expected: Vec<i64> = (0..200_000).filter(|n| n % 10 == 0).collect();
    for size in [200_000_usize, 70_000, 2_048] {
        for threads in [1, 3] {
            let batches = (0..200_000)
                .step_by(size)
                .map(|from| Ok(table(from, i64::try_from(size).unwrap().min(200_000 - from))))
                .collect();
            let mut stream = run(batches, &json!({"threads": threads, "columns": ["_n"]}));
            let seen = crate::common::batches(&mut stream);
            let rows: Vec<Match> = seen.iter().flat_map(rows_of).collect();
            assert!(rows.iter().all(|row| row.file.is_none() && row.group.is_none()));
            assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), expected);
            let report = stream.report();
            assert!(report.complete);
            assert_eq!((report.inputs[0].state, report.rows), (InputState::Whole, 200_000));
            assert_eq!((report.inputs[0].rows, report.inputs[0].rows_read), (200_000, 200_000));
        }
    }
}

#[test]
fn sliced_batches_keep_their_events() {
    let batches = vec![Ok(table(0, 40).slice(15, 20)), Ok(table(0, 0)), Ok(table(0, 11).slice(5, 6))];
    let mut stream = run(batches, &json!({"columns": ["_n"]}));
    let seen = crate::common::batches(&mut stream);
    let rows: Vec<i64> = seen.iter().flat_map(rows_of).map(|row| row.row).collect();
    assert_eq!(rows, [5, 15, 25]);
    let mut stream = run(vec![Ok(table(0, 40).slice(15, 20))], &json!({"columns": ["_n"]}));
    assert_eq!(events(&mut stream), [json!({"_n": 20}), json!({"_n": 30})]);
}

#[test]
fn a_stream_that_fails_repeats_its_failure_after_what_came_before() {
    let broken = Err(ArrowError::ComputeError("the producer gave up".to_owned()));
    let mut stream = run(vec![Ok(table(0, 20)), broken, Ok(table(20, 20))], &json!({}));
    assert_eq!(rows_of(&stream.next().unwrap().unwrap()).len(), 2);
    let error = stream.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(error.to_string().contains("the producer gave up"));
    assert!(stream.next().is_none());
    let input = stream.report().inputs[0].clone();
    assert_eq!((input.state, input.rows_read), (InputState::Part, 20));
}

#[test]
fn where_no_rule_can_run_the_stream_is_empty_and_the_report_says_why() {
    let schema = Arc::new(Schema::new(vec![Field::new("Weather", DataType::Utf8, true)]));
    let reader = RecordBatchIterator::new(Vec::new(), schema.clone());
    let mut stream = match_reader(&netcat(), Box::new(reader), &options(&json!({}))).unwrap();
    assert!(stream.next().is_none());
    let report = stream.report();
    assert_eq!(report.inputs[0].state, InputState::NothingToRun);
    assert_eq!(report.rules[0].state, State::Inert);
    let checked = check_schema(&netcat(), &schema, &options(&json!({}))).unwrap();
    assert_eq!(checked.rules[0].missing, ["Image"]);
}

#[test]
fn an_unknown_schema_is_an_error() {
    let schema = Arc::new(Schema::new(vec![Field::new("Weather", DataType::Utf8, true)]));
    let unasked = options(&json!({"schema": null}));
    let reader = RecordBatchIterator::new(Vec::new(), schema.clone());
    let error = match_reader(&netcat(), Box::new(reader), &unasked).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert_eq!(check_schema(&netcat(), &schema, &unasked).unwrap_err().kind(), ErrorKind::Schema);
}

#[test]
fn an_endless_stream_can_be_closed() {
    let schema = table(0, 1).schema();
    let endless = std::iter::repeat_with(|| Ok(table(0, 100)));
    let reader = RecordBatchIterator::new(endless, schema);
    let mut stream = match_reader(&netcat(), Box::new(reader), &options(&json!({"threads": 2}))).unwrap();
    for _ in 0..10 {
        stream.next().unwrap().unwrap();
    }
    stream.close();
    assert_eq!(stream.report().inputs[0].state, InputState::Part);
}

#[test]
fn a_thread_for_every_grain_of_sand_is_not_started() {
    let mut stream = run(vec![Ok(table(0, 100))], &json!({"threads": 1_000_000_000_000_u64}));
    assert_eq!(numbers(&mut stream).len(), all(&mut run(vec![Ok(table(0, 100))], &json!({}))).len());
}

#[test]
fn types_that_no_file_can_hold_are_written_as_text() {
    use arrow::array::IntervalMonthDayNanoArray;
    use arrow::datatypes::IntervalMonthDayNano;
    let spans = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(1, 2, 3)]);
    let columns: [(&str, arrow::array::ArrayRef); 2] = [("Image", text(&["nc"])), ("span", Arc::new(spans))];
    let given = batch(&columns);
    let reader = RecordBatchIterator::new(vec![Ok(given.clone())], given.schema());
    let mut stream = match_reader(&netcat(), Box::new(reader), &options(&json!({}))).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.parquet");
    let mut writer = sigtrawl_lake::Writer::create(&path, sigtrawl_lake::Format::Parquet, &stream.schema()).unwrap();
    for batch in batches(&mut stream) {
        writer.write(&batch).unwrap();
    }
    writer.finish().unwrap();
    // What is not brought into a form of ours is refused by name.
    let error = sigtrawl_lake::Writer::create(&path, sigtrawl_lake::Format::Parquet, &given.schema()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Output);
    assert!(error.to_string().contains("cannot hold column span of type Interval"), "{error}");
}
