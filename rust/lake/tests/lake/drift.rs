//! Files whose columns differ: the groups, what differs, and the rules whose state is not the same in all of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Field, Fields, Schema};
use serde_json::{Value, json};
use sigtrawl_lake::{check, scan};
use tempfile::tempdir;

use crate::common::{batch, images, ints, netcat, options, rules, text, write};

fn report(folder: &std::path::Path) -> Value {
    let report = check(&netcat(), &[folder.display().to_string()], &options(&json!({}))).unwrap();
    serde_json::from_slice(&report.to_json()).unwrap()
}

fn nested(member: &str, data_type: DataType, values: ArrayRef) -> RecordBatch {
    let fields = Fields::from(vec![Field::new("name", DataType::Utf8, true), Field::new(member, data_type, true)]);
    let process = StructArray::new(fields, vec![text(&["nc"]), values], None);
    batch(&[("Image", text(&["nc"])), ("process", Arc::new(process))])
}

#[test]
fn files_with_the_same_columns_are_one_group() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("a.parquet"), &[batch(&[("Image", text(&["nc"])), ("Pid", ints(&[1]))])]);
    // Another order, and columns that may not be null.
    let schema =
        Schema::new(vec![Field::new("Pid", DataType::Int64, false), Field::new("Image", DataType::Utf8, false)]);
    let other = RecordBatch::try_new(Arc::new(schema), vec![ints(&[1, 2]), text(&["x", "nc"])]).unwrap();
    write(&folder.path().join("b.parquet"), &[other]);
    let report = report(folder.path());
    assert_eq!(report["groups"].as_array().unwrap().len(), 1);
    let group = &report["groups"][0];
    assert_eq!((group["files"].clone(), group["rows"].clone()), (json!(2), json!(3)));
    assert_eq!(group["examples"].as_array().unwrap().len(), 2);
    assert_eq!(report["differing"], json!([]));
}

#[test]
fn groups_are_held_against_the_largest_one() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("a.parquet"), &[batch(&[("image", text(&["nc"])), ("Pid", text(&["1"]))])]);
    for name in ["b.parquet", "c.parquet"] {
        write(&folder.path().join(name), &[batch(&[("Image", text(&["nc"])), ("Pid", ints(&[1]))])]);
    }
    std::fs::write(folder.path().join("d.parquet"), "no table").unwrap();
    let report = report(folder.path());
    let [old, new] = report["groups"].as_array().unwrap().as_slice() else { panic!("two groups: {report}") };
    assert_eq!((old["files"].clone(), new["files"].clone()), (json!(1), json!(2)));
    assert_eq!(old["added"], json!(["image"]));
    assert_eq!(old["removed"], json!(["Image"]));
    assert_eq!(old["changed"], json!([{"column": "Pid", "from": "Int64", "to": "Utf8"}]));
    assert_eq!(old["near"], json!({"Image": "image"}));
    assert_eq!(new["added"], json!([]));
    assert_eq!(old["rules"]["inert"], json!(1));
    assert_eq!(new["rules"]["runs"], json!(1));
    assert_eq!(report["differing"], json!([{"rule": 0, "states": ["inert", "runs"]}]));
    assert_eq!(report["rules"][0]["state"], json!("runs"), "the best state is unchanged");
}

#[test]
fn members_of_structs_are_compared_one_by_one() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("a.parquet"), &[nested("pid", DataType::Int64, ints(&[1]))]);
    write(&folder.path().join("b.parquet"), &[nested("pid", DataType::Utf8, text(&["1"]))]);
    write(&folder.path().join("c.parquet"), &[nested("ppid", DataType::Int64, ints(&[1]))]);
    let report = report(folder.path());
    let groups = report["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3);
    assert_eq!(groups[1]["changed"], json!([{"column": "process.pid", "from": "Int64", "to": "Utf8"}]));
    assert_eq!(groups[2]["added"], json!(["process.ppid"]));
    assert_eq!(groups[2]["removed"], json!(["process.pid"]));
}

#[test]
fn a_scan_reports_them_too() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("a.parquet"), &[images(&["nc"])]);
    write(&folder.path().join("b.parquet"), &[batch(&[("IMAGE", text(&["nc"]))])]);
    let rules = rules(&[("netcat", "Image", "contains", "nc"), ("other", "IMAGE", "contains", "nc")]);
    let mut stream = scan(&rules, &[folder.path().display().to_string()], &options(&json!({}))).unwrap();
    assert_eq!(stream.by_ref().map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 2);
    let report: Value = serde_json::from_slice(&stream.report().to_json()).unwrap();
    assert_eq!(report["groups"].as_array().unwrap().len(), 2);
    let states: Vec<&Value> = report["differing"].as_array().unwrap().iter().map(|rule| &rule["states"]).collect();
    assert_eq!(states, [&json!(["runs", "inert"]), &json!(["inert", "runs"])]);
}
