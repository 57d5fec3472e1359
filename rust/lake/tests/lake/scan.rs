//! Scans of sound files: order, row numbers, encodings, codecs, many schemas, bounded read-ahead.

use std::sync::Arc;
use std::time::Duration;

use crate::common::*;
use arrow::array::{
    ArrayRef, AsArray, DictionaryArray, LargeStringArray, RecordBatch, StringArray, StringViewArray, StructArray,
};
use arrow::datatypes::{DataType, Int32Type, TimeUnit};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterVersion;
use serde_json::json;
use sigtrawl_lake::{ErrorKind, InputState, Next, State, scan};
use tempfile::tempdir;

/// Values of which those with `hits` in their number modulo 7 match.
fn values(from: usize, count: usize) -> Vec<String> {
    (from..from + count).map(|n| if n % 7 == 3 { format!("nc {n}") } else { format!("calc {}", n % 50) }).collect()
}

fn as_images(values: &[String]) -> RecordBatch {
    images(&values.iter().map(String::as_str).collect::<Vec<_>>())
}

fn expected(count: i64) -> Vec<i64> {
    (0..count).filter(|n| n % 7 == 3).collect()
}

#[test]
fn matches_come_by_file_row_and_rule_with_any_number_of_threads() {
    let dir = tempdir().unwrap();
    for file in ["a", "b", "c"] {
        let groups: Vec<RecordBatch> = (0..20).map(|g| as_images(&values(g * 100, 100))).collect();
        write(&dir.path().join(format!("{file}.parquet")), &groups);
    }
    let rules = rules(&[
        ("second", "Image", "startswith", "nc"),
        ("first", "Image", "contains", "nc "),
        ("other", "Image", "equals", "calc 1"),
    ]);
    let given = [dir.path().display().to_string()];
    let mut reference: Option<Vec<Match>> = None;
    for threads in 1..=4 {
        let mut stream = scan(&rules, &given, &options(&json!({"threads": threads}))).unwrap();
        let rows = all(&mut stream);
        assert_eq!(rows.iter().filter(|r| r.rule == "first").count(), 3 * expected(2_000).len());
        for pair in rows.windows(2) {
            let place = |r: &Match| {
                let rule = ["second", "first", "other"].iter().position(|t| *t == r.rule);
                (r.file.clone(), r.row, rule)
            };
            assert!(place(&pair[0]) < place(&pair[1]));
        }
        assert!(rows.iter().all(|r| i64::from(r.group.unwrap()) == r.row / 100));
        assert_eq!(reference.get_or_insert_with(|| rows.clone()), &rows);
        let report = stream.report();
        assert!(report.complete);
        assert_eq!((report.rows, report.matches), (6_000, rows.len() as u64));
        assert_eq!(report.rules[1].matches, 3 * expected(2_000).len() as u64);
        assert!(report.inputs.iter().all(|i| i.state == InputState::Whole && i.rows_read == 2_000));
        let progress = stream.progress();
        assert_eq!((progress.rows, progress.rows_total), (6_000, 6_000));
        assert_eq!(progress.bytes, progress.bytes_total);
        assert_eq!(progress.matches, rows.len() as u64);
    }
}

#[test]
fn every_codec_and_encoding_gives_the_same_matches() {
    let dir = tempdir().unwrap();
    let small: Vec<String> = values(0, 3_000);
    // Past the page limit of the dictionary the writer goes on in plain pages: a chunk of both kinds.
    let mixed = properties().set_dictionary_page_size_limit(2_000).set_data_page_row_count_limit(500);
    let variants = [
        ("zstd", properties().set_compression(Compression::ZSTD(ZstdLevel::default()))),
        ("snappy", properties().set_compression(Compression::SNAPPY)),
        ("lz4", properties().set_compression(Compression::LZ4_RAW)),
        ("gzip", properties().set_compression(Compression::GZIP(parquet::basic::GzipLevel::default()))),
        ("brotli", properties().set_compression(Compression::BROTLI(parquet::basic::BrotliLevel::default()))),
        ("plain", properties().set_dictionary_enabled(false)),
        ("mixed", mixed),
        ("v2", properties().set_writer_version(WriterVersion::PARQUET_2_0)),
        ("delta", properties().set_dictionary_enabled(false).set_encoding(Encoding::DELTA_BYTE_ARRAY)),
    ];
    for (name, properties) in variants {
        let path = dir.path().join(format!("{name}.parquet"));
        write_with(&path, &[as_images(&small)], properties);
        let mut stream = scan(&netcat(), &paths(&[&path]), &options(&json!({}))).unwrap();
        let seen = batches(&mut stream);
        let rows: Vec<i64> = seen.iter().flat_map(rows_of).map(|r| r.row).collect();
        assert_eq!(rows, expected(3_000), "{name}");
        let event = seen[0].column_by_name("event").unwrap().as_struct().clone();
        assert_eq!(event.column(0).as_string::<i32>().value(1), "nc 10", "{name}");
    }
}

#[test]
fn every_arrow_type_of_text_is_read_and_delivered_as_utf8() {
    let dir = tempdir().unwrap();
    let texts = vec![Some("nc"), None, Some("calc")];
    let variants: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(texts.clone())),
        Arc::new(LargeStringArray::from(texts.clone())),
        Arc::new(StringViewArray::from(texts.clone())),
        Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>()),
    ];
    for (number, column) in variants.into_iter().enumerate() {
        write(&dir.path().join(format!("{number}.parquet")), &[batch(&[("Image", column)])]);
    }
    let given = [dir.path().display().to_string()];
    let mut stream = scan(&netcat(), &given, &options(&json!({}))).unwrap();
    let schema = stream.schema();
    let DataType::Struct(fields) = schema.field_with_name("event").unwrap().data_type() else { panic!("no struct") };
    assert_eq!(fields[0].data_type(), &DataType::Utf8);
    assert_eq!(events(&mut stream), vec![json!({"Image": "nc"}); 4]);
}

#[test]
fn a_null_is_no_match_and_a_missing_column_is_one_for_null() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let column: ArrayRef = Arc::new(StringArray::from(vec![Some("nc"), None]));
    write(&path, &[batch(&[("Image", column)])]);
    let rules = rules(&[("null", "Image", "null", ""), ("gone", "Gone", "null", "")]);
    let mut stream = scan(&rules, &paths(&[&path]), &options(&json!({}))).unwrap();
    let seen: Vec<(i64, String)> = all(&mut stream).into_iter().map(|r| (r.row, r.rule)).collect();
    assert_eq!(seen, [(0, "gone".into()), (1, "null".into()), (1, "gone".into())]);
}

#[test]
fn the_columns_of_a_match() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let micros = arrow::array::TimestampMillisecondArray::from(vec![Some(1_700_000_000_000), None]);
    let table = batch(&[("Image", text(&["nc", "nc"])), ("UtcTime", Arc::new(micros)), ("_raw", text(&["r", "r"]))]);
    write(&path, &[table]);
    let mut nameless = entry("Nameless", &json!(0));
    nameless["id"] = json!(null);
    nameless["level"] = json!(null);
    let set =
        plan(&[json!({"field": "Image", "op": "contains", "value": "nc"})], &[entry("Named", &json!(0)), nameless]);
    let mut stream = scan(&set, &paths(&[&path]), &options(&json!({}))).unwrap();
    let names: Vec<String> = stream.schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(
        names,
        ["rule_id", "rule_title", "level", "author", "tags", "file", "row_group", "row", "time", "event"]
    );
    let time = stream.schema().field_with_name("time").unwrap().data_type().clone();
    assert_eq!(time, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    let batch = batches(&mut stream).remove(0);
    let text = sigtrawl_lake::encode(&batch, sigtrawl_lake::Format::Jsonl, false).unwrap();
    let lines: Vec<serde_json::Value> =
        String::from_utf8(text).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[0],
        json!({
            "rule_id": "id-Named", "rule_title": "Named", "level": "high", "author": "someone",
            "tags": ["attack.t1095"], "file": path.display().to_string(), "row_group": 0, "row": 0,
            "time": "2023-11-14T22:13:20Z", "event": {"Image": "nc", "UtcTime": "2023-11-14T22:13:20"},
        })
    );
    assert_eq!(lines[1]["rule_title"], json!("Nameless.yml"));
    assert_eq!(lines[1].get("rule_id"), None);
    assert_eq!(lines[3].get("time"), None);
}

#[test]
fn times_that_cannot_be_read_are_counted_and_the_next_column_answers() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let table = batch(&[
        ("UtcTime", text(&["2026-01-02 03:04:05.5", "2026-01-02 03:04:05", "soon"])),
        ("Image", text(&["nc", "nc", "nc"])),
        ("TimeCreated_SystemTime", text(&["never", "2020-01-01T00:00:00Z", "never"])),
    ]);
    write(&path, &[table]);
    let mut stream = scan(&netcat(), &paths(&[&path]), &options(&json!({"columns": []}))).unwrap();
    let batch = batches(&mut stream).remove(0);
    let text = sigtrawl_lake::encode(&batch, sigtrawl_lake::Format::Csv, false).unwrap();
    let text = String::from_utf8(text).unwrap();
    let times: Vec<&str> = text.lines().map(|line| line.rsplit(',').nth(1).unwrap()).collect();
    assert_eq!(times, ["2026-01-02T03:04:05.500Z", "2020-01-01T00:00:00Z", ""]);
    assert_eq!(stream.report().unreadable_times, 1);
}

#[test]
fn many_matches_a_row_fill_batches_and_repeat_events() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let count = 20_000;
    let text: Vec<String> = (0..count).map(|n| format!("nc {n}")).collect();
    write(&path, &[as_images(&text)]);
    let many: Vec<(String, &str, &str, &str)> = (0..5).map(|n| (format!("r{n}"), "Image", "contains", "nc")).collect();
    let many: Vec<(&str, &str, &str, &str)> = many.iter().map(|(t, f, o, v)| (t.as_str(), *f, *o, *v)).collect();
    let mut stream = scan(&rules(&many), &paths(&[&path]), &options(&json!({}))).unwrap();
    let mut row = 0;
    for batch in batches(&mut stream) {
        let event: &StructArray = batch.column_by_name("event").unwrap().as_struct();
        let image = event.column(0).as_string::<i32>();
        for (at, seen) in rows_of(&batch).into_iter().enumerate() {
            assert_eq!((seen.row, seen.rule), (row / 5, format!("r{}", row % 5)));
            assert_eq!(image.value(at), format!("nc {}", row / 5));
            row += 1;
        }
    }
    assert_eq!(row, count * 5);
}

#[test]
fn a_slow_caller_holds_the_scan_back() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let text: Vec<String> = (0..1_000).map(|n| format!("nc {n}")).collect();
    let groups = vec![as_images(&text); 200];
    write(&path, &groups);
    let mut stream = scan(&netcat(), &paths(&[&path]), &options(&json!({"threads": 2}))).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    // Two threads and two further row groups at most, of two hundred.
    assert!(stream.progress().rows <= 4_000, "{:?}", stream.progress());
    assert_eq!(numbers(&mut stream).len(), 200_000);
}

#[test]
fn closing_stops_and_the_report_says_so() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    write(&path, &vec![images(&["nc"]); 100]);
    let mut stream = scan(&netcat(), &paths(&[&path]), &options(&json!({"threads": 1}))).unwrap();
    assert!(matches!(stream.next_timeout(Duration::from_secs(30)), Ok(Next::Batch(_))));
    stream.close();
    // A stream that was cut short does not pass for one without further matches.
    assert_eq!(stream.next_timeout(Duration::ZERO).unwrap_err().kind(), ErrorKind::Usage);
    assert!(stream.next().unwrap().is_err());
    assert!(stream.next().is_none());
    let report = stream.report();
    assert!(!report.complete);
    assert_eq!(report.inputs[0].state, InputState::Part);
    assert_eq!(report.inputs[0].reason.as_deref(), Some("the scan was stopped before its end"));
    assert!(report.inputs[0].rows_read < 100);
}

#[test]
fn a_table_without_rows_or_row_groups_is_whole() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    write(&path, &[images(&[])]);
    let mut stream = scan(&netcat(), &paths(&[&path]), &options(&json!({}))).unwrap();
    assert!(all(&mut stream).is_empty());
    assert_eq!(stream.report().inputs[0].state, InputState::Whole);
}

#[test]
fn where_no_rule_can_run_anywhere_the_scan_is_an_error_and_elsewhere_an_entry() {
    let dir = tempdir().unwrap();
    let (good, other) = (dir.path().join("good.parquet"), dir.path().join("other.parquet"));
    write(&good, &[images(&["nc"])]);
    write(&other, &[batch(&[("Weather", text(&["rain"]))])]);
    let error = scan(&netcat(), &paths(&[&other]), &options(&json!({}))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NothingToRun);
    assert!(error.to_string().contains("other.parquet: 1 rule that can never match on its columns (missing: Image)"));
    let mut stream = scan(&netcat(), &paths(&[&good, &other]), &options(&json!({}))).unwrap();
    assert_eq!(numbers(&mut stream), [0]);
    let report = stream.report();
    assert_eq!(report.inputs[1].state, InputState::NothingToRun);
    assert_eq!((report.inputs[1].rows, report.inputs[1].rows_read), (1, 0));
    assert_eq!(report.rules[0].state, State::Runs);
    let none = scan(&rules(&[]), &paths(&[&good]), &options(&json!({}))).unwrap_err();
    assert!(none.to_string().contains("there are no rules"));
}

#[test]
fn a_table_of_no_known_schema_is_told_with_its_reason() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    write(&path, &[images(&["nc"])]);
    let unasked = options(&json!({"schema": null}));
    let error = scan(&netcat(), &paths(&[&path]), &unasked).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NothingToRun);
    let unknown = options(&json!({"schema": "winodws"}));
    let error = scan(&netcat(), &paths(&[&path]), &unknown).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
}
