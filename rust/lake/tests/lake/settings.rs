//! `inputs` of the options: files of one scan that are read in different ways.

use std::path::Path;

use crate::common::*;
use serde_json::{Value, json};
use sigtrawl_lake::{ErrorKind, InputState, Report, ScanOptions, check, scan};
use tempfile::tempdir;

/// Three files of the same columns.
fn lake(dir: &Path) {
    for file in ["a/x.parquet", "b/x.parquet", "c/x.parquet"] {
        write(&dir.join(file), &[images(&["nc", "calc"])]);
    }
}

fn options_of(inputs: &Value, more: &Value) -> ScanOptions {
    let mut all = json!({"mappings": [], "inputs": inputs});
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    ScanOptions::from_json(all.to_string().as_bytes()).unwrap()
}

fn settings_of(report: &Report) -> Vec<Option<usize>> {
    report.inputs.iter().map(|input| input.setting).collect()
}

#[test]
fn each_file_is_read_as_the_first_entry_for_it_says() {
    let dir = tempdir().unwrap();
    lake(dir.path());
    let root = dir.path().display().to_string();
    let entries = json!([
        {"glob": format!("{root}/a"), "schema": "none"},
        {"glob": "**/b/*", "logsource": {"product": "linux"}},
        {"glob": "**/*.parquet", "logsource": {"product": "windows", "category": "process_creation"}},
    ]);
    let options = options_of(&entries, &json!({}));
    let mut stream = scan(&netcat(), &[root], &options).unwrap();
    let rows = all(&mut stream);
    let report = stream.report();
    assert_eq!(settings_of(&report), [Some(0), Some(1), Some(2)]);
    let states: Vec<InputState> = report.inputs.iter().map(|input| input.state).collect();
    // Equal columns, and still three bindings: on Linux no rule for Windows runs.
    assert_eq!(states, [InputState::Whole, InputState::NothingToRun, InputState::Whole]);
    assert_eq!(report.inputs[1].rules.no_log_source, 1);
    assert_eq!(rows.len(), 2);
}

#[test]
fn what_the_call_says_goes_before_and_the_rest_is_the_entrys() {
    let dir = tempdir().unwrap();
    lake(dir.path());
    let root = [dir.path().display().to_string()];
    let linux = json!([{"glob": "**", "schema": "none", "logsource": {"product": "linux"}}]);
    let report = check(&netcat(), &root, &options_of(&linux, &json!({}))).unwrap();
    assert!(report.inputs.iter().all(|input| input.rules.no_log_source == 1));
    let call = json!({"logsource": {"product": "windows", "category": "process_creation"}});
    let report = check(&netcat(), &root, &options_of(&linux, &call)).unwrap();
    assert!(report.inputs.iter().all(|input| input.rules.runs == 1));
    assert_eq!(report.inputs[0].schema_reason.as_deref(), Some("column names are Sigma's, as asked"));
}

#[test]
fn files_without_an_entry_are_read_as_ever() {
    let dir = tempdir().unwrap();
    lake(dir.path());
    let root = [dir.path().display().to_string()];
    let entries = json!([{"glob": "**/a/**", "schema": "none"}]);
    let report = check(&netcat(), &root, &options_of(&entries, &json!({}))).unwrap();
    assert_eq!(settings_of(&report), [Some(0), None, None]);
    assert_eq!(report.inputs[0].rules.runs, 1);
    assert_eq!(report.inputs[1].state, InputState::NothingToRun);
    assert!(report.inputs[1].schema_reason.is_none());
}

#[test]
fn a_file_that_cannot_be_opened_has_its_entry_too() {
    let dir = tempdir().unwrap();
    lake(dir.path());
    std::fs::write(dir.path().join("a/broken.parquet"), b"no Parquet").unwrap();
    let root = [dir.path().display().to_string()];
    let entries = json!([{"glob": "**/broken*"}, {"glob": "**", "schema": "none"}]);
    let report = check(&netcat(), &root, &options_of(&entries, &json!({}))).unwrap();
    assert_eq!(settings_of(&report), [Some(0), Some(1), Some(1), Some(1)]);
    assert_eq!(report.inputs[0].state, InputState::Failed);
}

#[test]
fn a_schema_that_does_not_exist_ends_the_scan_and_a_wrong_entry_is_named() {
    let dir = tempdir().unwrap();
    lake(dir.path());
    let root = [dir.path().display().to_string()];
    let entries = json!([{"glob": "**", "schema": "windoes"}]);
    let error = check(&netcat(), &root, &options_of(&entries, &json!({}))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    let wrong = br#"{"inputs": [{"glob": "[a"}]}"#;
    let error = ScanOptions::from_json(wrong).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("inputs[1]: [a: not a valid glob"), "{error}");
}
