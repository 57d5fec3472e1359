//! What the tests share: small plans, small Parquet files, and matches as plain rows.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Int32Type, Int64Type};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use serde_json::{Value, json};
use sigtrawl_lake::{MatchStream, RuleSet, ScanOptions};

/// Rules `(title, field, op, value)`, each of them one predicate.
pub(crate) fn rules(rules: &[(&str, &str, &str, &str)]) -> RuleSet {
    let predicates: Vec<Value> = rules
        .iter()
        .map(|(_, field, op, value)| match *op {
            "exists" | "null" => json!({"field": field, "op": op}),
            _ => json!({"field": field, "op": op, "value": value}),
        })
        .collect();
    let entries: Vec<Value> =
        rules.iter().enumerate().map(|(number, (title, ..))| entry(title, &json!(number))).collect();
    plan(&predicates, &entries)
}

pub(crate) fn entry(title: &str, condition: &Value) -> Value {
    json!({
        "id": format!("id-{title}"), "title": title, "name": null, "status": "test", "level": "high",
        "author": "someone", "tags": ["attack.t1095"], "path": format!("{title}.yml"),
        "logsource": {"product": "windows", "category": "process_creation", "service": null},
        "condition": condition,
    })
}

pub(crate) fn plan(predicates: &[Value], rules: &[Value]) -> RuleSet {
    let plan = json!({
        "format": "sigtrawl-plan", "version": 1, "predicates": predicates, "rules": rules,
        "waiting": [], "load_report": {},
    });
    RuleSet::from_json(plan.to_string().as_bytes()).unwrap()
}

/// `Image` contains `nc`.
pub(crate) fn netcat() -> RuleSet {
    rules(&[("netcat", "Image", "contains", "nc")])
}

/// Options on the schema "none", with further members.
pub(crate) fn options(more: &Value) -> ScanOptions {
    let mut all = json!({"mappings": [], "schema": "none", "logsource": null});
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    ScanOptions::from_json(all.to_string().as_bytes()).unwrap()
}

pub(crate) fn text(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

pub(crate) fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

pub(crate) fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(n, c)| (*n, c.clone(), true))).unwrap()
}

/// A batch of one column `Image`.
pub(crate) fn images(values: &[&str]) -> RecordBatch {
    batch(&[("Image", text(values))])
}

pub(crate) fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
}

/// Writes batches, each of them as one row group.
pub(crate) fn write(path: &Path, batches: &[RecordBatch]) {
    write_with(path, batches, properties());
}

pub(crate) fn write_with(path: &Path, batches: &[RecordBatch], properties: WriterPropertiesBuilder) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = File::create(path).unwrap();
    let schema = batches[0].schema();
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties.build())).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
        writer.flush().unwrap();
    }
    writer.close().unwrap();
}

/// A match as the tests look at it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Match {
    pub(crate) file: Option<String>,
    pub(crate) group: Option<i32>,
    pub(crate) row: i64,
    pub(crate) rule: String,
}

pub(crate) fn rows_of(batch: &RecordBatch) -> Vec<Match> {
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let (file, group) = (column("file").as_string::<i32>(), column("row_group"));
    let group = group.as_primitive::<Int32Type>();
    let row = column("row").as_primitive::<Int64Type>();
    let rule = column("rule_title").as_string::<i32>();
    (0..batch.num_rows())
        .map(|at| Match {
            file: file.is_valid(at).then(|| {
                let path = Path::new(file.value(at));
                path.file_name().unwrap().to_string_lossy().into_owned()
            }),
            group: group.is_valid(at).then(|| group.value(at)),
            row: row.value(at),
            rule: rule.value(at).to_owned(),
        })
        .collect()
}

/// All batches of a stream, of which each has at most 8,192 rows and the announced schema.
pub(crate) fn batches(stream: &mut MatchStream) -> Vec<RecordBatch> {
    let schema = stream.schema();
    stream
        .map(|batch| {
            let batch = batch.unwrap();
            assert!(batch.num_rows() > 0 && batch.num_rows() <= 8_192);
            assert_eq!(batch.schema(), schema);
            batch
        })
        .collect()
}

pub(crate) fn all(stream: &mut MatchStream) -> Vec<Match> {
    batches(stream).iter().flat_map(rows_of).collect()
}

/// The numbers of the matching rows.
pub(crate) fn numbers(stream: &mut MatchStream) -> Vec<i64> {
    all(stream).into_iter().map(|row| row.row).collect()
}

/// The events of all matches, as JSON.
pub(crate) fn events(stream: &mut MatchStream) -> Vec<Value> {
    batches(stream)
        .iter()
        .flat_map(|batch| {
            let text = sigtrawl_lake::encode(batch, sigtrawl_lake::Format::Jsonl, false).unwrap();
            let text = String::from_utf8(text).unwrap();
            let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap()["event"].clone();
            text.lines().map(parse).collect::<Vec<_>>()
        })
        .collect()
}

pub(crate) fn paths(paths: &[&Path]) -> Vec<String> {
    paths.iter().map(|p| p.display().to_string()).collect()
}
