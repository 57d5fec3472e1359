//! What paths stand for: files, folders, globs, partitions, and tables that are refused.

use std::fs;
use std::path::Path;

use crate::common::*;
use serde_json::json;
use sigtrawl_lake::{ErrorKind, InputState, check, scan};
use tempfile::tempdir;

/// The inputs that a check sees below `folder`, as (path, state).
fn inputs(folder: &Path, given: &[&str]) -> Vec<(String, InputState)> {
    let given: Vec<String> = given.iter().map(|p| folder.join(p).display().to_string()).collect();
    let report = check(&netcat(), &given, &options(&json!({}))).unwrap();
    let prefix = format!("{}/", folder.display());
    report
        .inputs
        .iter()
        .map(|input| {
            let file = input.file.as_deref().unwrap();
            (file.strip_prefix(&prefix).unwrap_or(file).to_owned(), input.state)
        })
        .collect()
}

fn error(folder: &Path, given: &str) -> (ErrorKind, String) {
    let given = folder.join(given).display().to_string();
    let error = scan(&netcat(), &[given], &options(&json!({}))).unwrap_err();
    (error.kind(), error.to_string().replace(&folder.display().to_string(), "DIR"))
}

#[test]
fn a_folder_is_walked_and_everything_in_it_is_counted() {
    let dir = tempdir().unwrap();
    let nc = [images(&["nc"])];
    for name in ["z.parquet", "b/a.parq", "b/UPPER.PARQUET", "_tmp/x.parquet", ".hidden.parquet"] {
        write(&dir.path().join(name), &nc);
    }
    fs::write(dir.path().join("b/_SUCCESS"), "").unwrap();
    fs::write(dir.path().join("notes.txt"), "x").unwrap();
    let found = inputs(dir.path(), &["."]);
    let read: Vec<&str> = found
        .iter()
        .filter(|(_, state)| *state == InputState::Whole)
        .map(|(file, _)| file.trim_start_matches("./"))
        .collect();
    assert_eq!(read, ["b/UPPER.PARQUET", "b/a.parq", "z.parquet"]);
    let ignored: Vec<&str> = found
        .iter()
        .filter(|(_, state)| *state == InputState::Ignored)
        .map(|(file, _)| file.trim_start_matches("./"))
        .collect();
    assert_eq!(ignored, [".hidden.parquet", "_tmp", "b/_SUCCESS", "notes.txt"]);
}

#[test]
fn a_named_file_is_read_whatever_its_suffix() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("events.dat"), &[images(&["nc"])]);
    fs::write(dir.path().join("no.parquet"), "hello, this is no parquet").unwrap();
    fs::write(dir.path().join("empty.parquet"), "").unwrap();
    let found = inputs(dir.path(), &["events.dat", "no.parquet", "empty.parquet"]);
    let states: Vec<InputState> = found.into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, [InputState::Whole, InputState::Failed, InputState::Failed]);
}

#[test]
fn a_file_that_is_reached_twice_is_read_once() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("a.parquet"), &[images(&["nc"])]);
    write(&dir.path().join("b.parquet"), &[images(&["nc"])]);
    let found = inputs(dir.path(), &["b.parquet", "*.parquet", "../", "b.parquet"][..2]);
    let files: Vec<&str> = found.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files, ["b.parquet", "a.parquet"]);
}

#[test]
fn globs_match_files_and_folders() {
    let dir = tempdir().unwrap();
    let nc = [images(&["nc"])];
    for name in ["y=1/a.parquet", "y=2/b.parquet", "other/c.parquet", "y=1/raw.dat"] {
        write(&dir.path().join(name), &nc);
    }
    let files = |given: &str| -> Vec<String> {
        let found = inputs(dir.path(), &[given]);
        found.into_iter().filter(|(_, s)| *s == InputState::Whole).map(|(file, _)| file).collect()
    };
    assert_eq!(files("y=*"), ["y=1/a.parquet", "y=2/b.parquet"]);
    assert_eq!(files("**/*.parquet"), ["other/c.parquet", "y=1/a.parquet", "y=2/b.parquet"]);
    assert_eq!(files("y=1/*.dat"), ["y=1/raw.dat"]);
    assert_eq!(files("y=1/*"), ["y=1/a.parquet"]);
}

#[test]
fn what_names_nothing_is_an_error_that_says_so() {
    let dir = tempdir().unwrap();
    let (kind, text) = error(dir.path(), "gone.parquet");
    assert_eq!((kind, text.as_str()), (ErrorKind::Input, "DIR/gone.parquet: no such file or folder"));
    assert_eq!(error(dir.path(), "*.parquet").1, "DIR/*.parquet: no file or folder matches");
    assert!(error(dir.path(), "").1.contains("no *.parquet or *.parq file"));
    let url = scan(&netcat(), &["ftp://bucket/x".into()], &options(&json!({}))).unwrap_err();
    assert!(url.to_string().starts_with("ftp://bucket/x: ftp addresses are not read"));
    assert_eq!(scan(&netcat(), &[], &options(&json!({}))).unwrap_err().kind(), ErrorKind::Input);
}

#[test]
fn tables_with_a_list_of_live_files_are_refused() {
    let dir = tempdir().unwrap();
    let nc = [images(&["nc"])];
    write(&dir.path().join("delta/p=1/a.parquet"), &nc);
    fs::create_dir_all(dir.path().join("delta/_delta_log")).unwrap();
    write(&dir.path().join("ice/data/a.parquet"), &nc);
    fs::create_dir_all(dir.path().join("ice/metadata")).unwrap();
    fs::write(dir.path().join("ice/metadata/v1.metadata.json"), "{}").unwrap();
    for given in ["delta", "", "delta/p=1/a.parquet", "delta/*/*.parquet", "delta/p=1"] {
        let (kind, text) = error(dir.path(), given);
        assert_eq!(kind, ErrorKind::Input);
        assert!(
            text.contains("delta is a Delta table; reading it as plain Parquet would return deleted rows"),
            "{text}"
        );
    }
    for given in ["ice", "ice/data", "ice/data/*.parquet"] {
        assert!(error(dir.path(), given).1.contains("ice is an Iceberg table"));
    }
}

#[test]
fn partitions_are_columns_of_text_for_rules_and_for_events() {
    let dir = tempdir().unwrap();
    let two = [images(&["a", "b"])];
    write(&dir.path().join("host=web%2001/day=01/a.parquet"), &two);
    write(&dir.path().join("host=__HIVE_DEFAULT_PARTITION__/day=02/b.parquet"), &two);
    let by_host = rules(&[("host", "host", "equals", "web 01"), ("none", "host", "null", "")]);
    let given = [dir.path().display().to_string()];
    let named = options(&json!({"columns": ["host", "day", "Image"]}));
    let seen = events(&mut scan(&by_host, &given, &named).unwrap());
    assert_eq!(
        seen,
        [
            json!({"day": "02", "Image": "a"}),
            json!({"day": "02", "Image": "b"}),
            json!({"host": "web 01", "day": "01", "Image": "a"}),
            json!({"host": "web 01", "day": "01", "Image": "b"}),
        ]
    );
    // Unless they are named, an event has neither partitions nor columns of the underscore.
    let seen = events(&mut scan(&by_host, &given, &options(&json!({}))).unwrap());
    assert_eq!(seen[0], json!({"Image": "a"}));
    // Nothing but the path is asked for and shown: no column of the file is read.
    let only = options(&json!({"columns": ["day"]}));
    let seen = events(&mut scan(&by_host, &given, &only).unwrap());
    assert_eq!(seen[3], json!({"day": "01"}));
}

#[test]
fn the_path_wins_over_a_column_of_its_name() {
    let dir = tempdir().unwrap();
    let both = batch(&[("year", ints(&[1, 2])), ("Image", text(&["a", "b"]))]);
    write(&dir.path().join("year=2026/a.parquet"), &[both]);
    let rule = rules(&[("year", "year", "equals", "2026")]);
    let given = [dir.path().display().to_string()];
    let mut stream = scan(&rule, &given, &options(&json!({"columns": ["year"]}))).unwrap();
    assert_eq!(events(&mut stream), [json!({"year": "2026"}), json!({"year": "2026"})]);
}

#[test]
fn a_file_has_the_same_partitions_however_it_is_reached() {
    let dir = tempdir().unwrap();
    let row = batch(&[("Image", text(&["from the file"]))]);
    write(&dir.path().join("h/Image=C%3A%5Cnc.exe/x.parquet"), &[row]);
    for given in ["h", "h/*", "h/**", "h/Image=C%3A%5Cnc.exe", "h/Image=C%3A%5Cnc.exe/x.parquet", "h/**/*.parquet"] {
        let path = dir.path().join(given).display().to_string();
        assert_eq!(numbers(&mut scan(&netcat(), &[path], &options(&json!({}))).unwrap()), [0], "{given}");
    }
}

#[test]
fn two_asterisks_at_the_end_are_everything_below() {
    let dir = tempdir().unwrap();
    for name in ["a.parquet", "b/c/d.parquet"] {
        write(&dir.path().join(name), &[images(&["nc"])]);
    }
    let files = |given: &str| inputs(dir.path(), &[given]).into_iter().map(|(file, _)| file).collect::<Vec<_>>();
    assert_eq!(files("**"), ["a.parquet", "b/c/d.parquet"]);
    assert_eq!(files("b/c/**"), ["b/c/d.parquet"]);
    // A separator at the end asks for folders.
    assert_eq!(files("*/"), ["b/c/d.parquet"]);
}

#[test]
fn a_wildcard_does_not_stand_for_hidden_names_but_counts_them() {
    let dir = tempdir().unwrap();
    for name in ["a/x.parquet", ".b/x.parquet", "_c/x.parquet"] {
        write(&dir.path().join(name), &[images(&["nc"])]);
    }
    let whole = |given: &str| -> Vec<(String, bool)> {
        let found = inputs(dir.path(), &[given]);
        found.into_iter().map(|(file, state)| (file, state == InputState::Whole)).collect()
    };
    let expected = [(".b", false), ("_c", false), ("a/x.parquet", true)].map(|(file, read)| (file.to_owned(), read));
    assert_eq!(whole("*/x.parquet"), expected);
    assert_eq!(whole("**/*.parquet"), expected);
    assert_eq!(whole(".*/*.parquet")[..], [(".b/x.parquet".to_owned(), true)]);
    let (kind, message) = error(dir.path(), "_*");
    assert_eq!(kind, ErrorKind::Input);
    assert!(message.contains("no *.parquet or *.parq file among what it stands for"), "{message}");
}

#[test]
fn a_glob_is_told_where_it_is_wrong() {
    let dir = tempdir().unwrap();
    assert!(error(dir.path(), "a**").1.contains("not a valid glob"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_costs_no_other_file() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let dir = tempdir().unwrap();
    let foreign = OsStr::from_bytes(b"w\xff");
    write(&dir.path().join("a.parquet"), &[images(&["nc"])]);
    write(&dir.path().join(OsStr::from_bytes(b"b\xff.parquet")), &[images(&["nc"])]);
    write(&dir.path().join(foreign).join("c.parquet"), &[images(&["nc"])]);
    for given in ["", "*", "**/*.parquet", "**"] {
        let read = inputs(dir.path(), &[given]);
        let files: Vec<&str> = read.iter().map(|(file, _)| file.as_str()).collect();
        assert_eq!(files, ["a.parquet", "b\u{fffd}.parquet", "w\u{fffd}/c.parquet"], "{given}");
        assert!(read.iter().all(|(_, state)| *state == InputState::Whole));
    }
}

#[cfg(unix)]
#[test]
fn a_link_back_is_ignored_with_the_reason() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("a/x.parquet"), &[images(&["nc"])]);
    std::os::unix::fs::symlink(dir.path(), dir.path().join("a/up")).unwrap();
    for given in ["", "**/*.parquet"] {
        let expected =
            [("a/up", InputState::Ignored), ("a/x.parquet", InputState::Whole)].map(|(f, s)| (f.to_owned(), s));
        assert_eq!(inputs(dir.path(), &[given]), expected, "{given}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_file_and_nobody_waits_for_it() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("a.parquet"), &[images(&["nc"])]);
    let pipe = dir.path().join("x.parquet");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let found = inputs(dir.path(), &["."]);
    assert_eq!(found.iter().map(|(_, state)| *state).collect::<Vec<_>>(), [InputState::Whole, InputState::Failed]);
}

#[test]
fn looking_through_inputs_can_be_given_up() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("a.parquet"), &[images(&["nc"])]);
    let options = options(&json!({}));
    options.cancel.store(true, std::sync::atomic::Ordering::Relaxed);
    let given = [dir.path().display().to_string()];
    assert_eq!(scan(&netcat(), &given, &options).unwrap_err().kind(), ErrorKind::Interrupted);
    assert_eq!(check(&netcat(), &given, &options).unwrap_err().kind(), ErrorKind::Interrupted);
}

#[test]
fn many_footers_keep_their_order() {
    let dir = tempdir().unwrap();
    let names: Vec<String> = (100..160).map(|number| format!("{number}.parquet")).collect();
    for name in &names {
        write(&dir.path().join(name), &[images(&["nc"])]);
    }
    for threads in [1u64, 4, u64::from(u32::MAX)] {
        let given = [dir.path().display().to_string()];
        let report = check(&netcat(), &given, &options(&json!({"threads": threads}))).unwrap();
        let seen = report.inputs.iter().map(|input| input.file.as_deref().unwrap().rsplit('/').next().unwrap());
        assert!(seen.eq(names.iter().map(String::as_str)));
    }
}
