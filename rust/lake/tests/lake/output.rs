//! Writers: what lands in a file, and what is there before it has landed.

use std::fs;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use sigtrawl_lake::{ErrorKind, Format, Writer, encode, scan};
use tempfile::tempdir;

use crate::common::*;

/// Two matches, one with a null in its event, in two batches.
fn matches(columns: &Value) -> (SchemaRef, Vec<RecordBatch>) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("e.parquet");
    let notes: arrow::array::StringArray = vec![Some("say \"hi\",\nthen go"), None].into_iter().collect();
    let table = batch(&[("Image", text(&["nc", "nc"])), ("Note", std::sync::Arc::new(notes))]);
    write(&path, &[table.slice(0, 1), table.slice(1, 1)]);
    let mut stream = scan(&netcat(), &paths(&[&path]), &options(&json!({"columns": columns}))).unwrap();
    (stream.schema(), batches(&mut stream))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn write_all(path: &Path, format: Format) {
    let (schema, batches) = matches(&json!("all"));
    let mut writer = Writer::create(path, format, &schema).unwrap();
    for batch in &batches {
        writer.write(batch).unwrap();
    }
    assert!(!path.exists());
    assert_eq!(names(path.parent().unwrap()).len(), 1);
    writer.finish().unwrap();
}

#[test]
fn parquet_reads_back_as_it_was() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("out.parquet");
    write_all(&path, Format::Parquet);
    assert_eq!(names(dir.path()), ["out.parquet"]);
    let builder = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&path).unwrap()).unwrap();
    let read: Vec<RecordBatch> = builder.build().unwrap().map(Result::unwrap).collect();
    assert_eq!(read[0].schema(), matches(&json!("all")).0);
    let rows: Vec<Match> = read.iter().flat_map(rows_of).collect();
    assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn json_lines_leave_nulls_out() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("out.jsonl");
    write_all(&path, Format::Jsonl);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["event"], json!({"Image": "nc", "Note": "say \"hi\",\nthen go"}));
    assert_eq!(lines[1]["event"], json!({"Image": "nc"}));
    assert!(lines[1].get("time").is_none());
}

#[test]
fn csv_has_one_header_and_json_in_its_nested_cells() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("out.csv");
    write_all(&path, Format::Csv);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches("rule_id,rule_title,level,author,tags,file,row_group,row,time,event\n").count(), 1);
    assert!(text.contains(r#","[""attack.t1095""]","#), "{text}");
    assert!(text.contains(r#""{""Image"":""nc"",""Note"":""say \""hi\"",\nthen go""}""#), "{text}");
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn without_matches_there_is_still_a_file() {
    let dir = tempdir().unwrap();
    let (schema, _) = matches(&json!("all"));
    for (format, expected) in [(Format::Csv, "rule_id,rule_title"), (Format::Jsonl, "")] {
        let path = dir.path().join(format!("empty.{format}"));
        Writer::create(&path, format, &schema).unwrap().finish().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(expected) && text.lines().count() <= 1);
    }
    let path = dir.path().join("empty.parquet");
    Writer::create(&path, Format::Parquet, &schema).unwrap().finish().unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(builder.schema().fields(), schema.fields());
}

#[test]
fn giving_up_keeps_the_old_file_and_a_partial_one_if_asked() {
    let dir = tempdir().unwrap();
    let (schema, batches) = matches(&json!("all"));
    for format in [Format::Parquet, Format::Jsonl, Format::Csv] {
        let path = dir.path().join(format!("out.{format}"));
        fs::write(&path, "old").unwrap();
        let begin = || {
            let mut writer = Writer::create(&path, format, &schema).unwrap();
            writer.write(&batches[0]).unwrap();
            writer
        };
        drop(begin());
        assert_eq!(begin().abort(false).unwrap(), None);
        let partial = begin().abort(true).unwrap().unwrap();
        assert_eq!(partial.file_name().unwrap().to_string_lossy(), format!("out.{format}.partial"));
        assert!(fs::metadata(&partial).unwrap().len() > 0);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        begin().finish().unwrap();
        assert_ne!(fs::read(&path).unwrap(), b"old");
    }
    assert_eq!(names(dir.path()).len(), 6);
}

#[test]
fn what_cannot_be_written_is_an_output_error() {
    let (schema, batches) = matches(&json!("all"));
    let dir = tempdir().unwrap();
    for path in [dir.path().join("no/such/out.csv"), dir.path().to_owned()] {
        let error = Writer::create(&path, Format::Csv, &schema).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Output);
        assert!(error.to_string().starts_with(&format!("cannot write {}: ", path.display())));
    }
    assert_eq!(encode(&batches[0], Format::Parquet, false).unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!("xml".parse::<Format>().unwrap_err().kind(), ErrorKind::Usage);
}

#[cfg(unix)]
#[test]
fn a_new_file_has_the_rights_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempdir().unwrap();
    write_all(&dir.path().join("out.csv"), Format::Csv);
    fs::write(dir.path().join("any"), "").unwrap();
    let rights = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
    assert_eq!(rights("out.csv"), rights("any"));
}

#[test]
fn events_without_columns_can_be_written_everywhere() {
    let (schema, batches) = matches(&json!([]));
    let dir = tempdir().unwrap();
    for format in [Format::Parquet, Format::Jsonl, Format::Csv] {
        let path = dir.path().join(format!("out.{format}"));
        let mut writer = Writer::create(&path, format, &schema).unwrap();
        writer.write(&batches[0]).unwrap();
        writer.finish().unwrap();
        if format != Format::Parquet {
            assert!(fs::read_to_string(&path).unwrap().contains("{}"));
        }
    }
}
