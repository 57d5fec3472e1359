//! Files that are broken, cut, or gone: named with the reason, and everything else is read.

use std::fs;
use std::path::{Path, PathBuf};

use parquet::basic::{Compression, ZstdLevel};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::json;
use sigtrawl_lake::{InputReport, InputState, MatchStream, scan};
use tempfile::{TempDir, tempdir};

use crate::common::*;

/// A folder with `a` (sound, five rows groups of three rows, of which the first matches) and what else a test puts in.
fn folder() -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    write_groups(&dir.path().join("a.parquet"));
    let other = dir.path().join("b.parquet");
    (dir, other)
}

fn write_groups(path: &Path) {
    let groups: Vec<_> = (0..5)
        .map(|group| {
            let (a, b, c) = (format!("nc {group}"), format!("calc {group}"), format!("word {group}"));
            let notes: Vec<String> = (0..3).map(|n| format!("a note to {group} and {n}")).collect();
            batch(&[
                ("Image", text(&[&a, &b, &c])),
                ("Note", text(&notes.iter().map(String::as_str).collect::<Vec<_>>())),
            ])
        })
        .collect();
    write_with(path, &groups, properties().set_compression(Compression::ZSTD(ZstdLevel::default())));
}

fn start(dir: &TempDir) -> MatchStream {
    let given = [dir.path().display().to_string()];
    scan(&netcat(), &given, &options(&json!({"threads": 2}))).unwrap()
}

/// The report on `b`, after a scan that must have read all of `a`.
fn report_on_b(dir: &TempDir) -> (Vec<Match>, InputReport) {
    let mut stream = start(dir);
    let rows = all(&mut stream);
    assert_eq!(rows.iter().filter(|row| row.file.as_deref() == Some("a.parquet")).count(), 5);
    let report = stream.report();
    assert!(report.complete);
    assert_eq!(report.inputs[0].state, InputState::Whole);
    let of_b = rows.into_iter().filter(|row| row.file.as_deref() == Some("b.parquet")).collect();
    (of_b, report.inputs[1].clone())
}

fn reason_for(bytes: &[u8]) -> String {
    let (dir, b) = folder();
    fs::write(b, bytes).unwrap();
    let (rows, input) = report_on_b(&dir);
    assert!(rows.is_empty());
    assert_eq!(input.state, InputState::Failed);
    input.reason.unwrap()
}

/// Overwrites the bytes of one column chunk.
fn corrupt(path: &Path, group: usize, column: usize) {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let (start, length) = reader.metadata().row_group(group).column(column).byte_range();
    let mut bytes = fs::read(path).unwrap();
    bytes[start as usize..(start + length) as usize].fill(0xa5);
    fs::write(path, bytes).unwrap();
}

#[test]
fn files_without_a_footer_are_told_apart() {
    let (dir, b) = folder();
    write_groups(&b);
    let sound = fs::read(&b).unwrap();
    drop(dir);
    assert_eq!(reason_for(b""), "the file is empty (0 bytes)");
    assert_eq!(reason_for(b"PAR1"), "not a Parquet file: only 4 bytes");
    assert_eq!(reason_for(b"this is some other kind of file"), "not a Parquet file");
    assert_eq!(reason_for(&sound[..sound.len() - 100]), "a truncated Parquet file: its footer is missing");
    assert_eq!(reason_for(b"PARE this is encrypted PARE"), "an encrypted Parquet file; decrypt it first");
}

#[test]
fn a_damaged_footer_fails_that_file_only() {
    let (dir, b) = folder();
    write_groups(&b);
    let mut bytes = fs::read(&b).unwrap();
    let end = bytes.len();
    bytes[end - 200..end - 8].fill(0xff);
    fs::write(&b, &bytes).unwrap();
    let (rows, input) = report_on_b(&dir);
    assert!(rows.is_empty());
    assert_eq!(input.state, InputState::Failed);
    assert!(input.reason.unwrap().starts_with("its footer "));
}

#[test]
fn a_footer_may_lie_in_every_byte_without_harm() {
    let (dir, b) = folder();
    write_groups(&b);
    let sound = fs::read(&b).unwrap();
    let end = sound.len();
    let footer = u32::from_le_bytes(sound[end - 8..end - 4].try_into().unwrap()) as usize;
    for at in (end - 8 - footer..end - 4).step_by(7) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x5a;
        fs::write(&b, bytes).unwrap();
        let mut stream = start(&dir);
        let rows = all(&mut stream);
        assert!(rows.iter().filter(|row| row.file.as_deref() == Some("a.parquet")).count() == 5, "byte {at}");
        assert!(stream.report().complete);
    }
}

#[test]
fn a_corrupt_page_costs_its_row_group() {
    let (dir, b) = folder();
    write_groups(&b);
    corrupt(&b, 2, 0);
    let (rows, input) = report_on_b(&dir);
    let groups: Vec<i32> = rows.iter().map(|row| row.group.unwrap()).collect();
    assert_eq!(groups, [0, 1, 3, 4]);
    assert_eq!(rows[2].row, 9);
    assert_eq!((input.state, input.rows, input.rows_read), (InputState::Part, 15, 12));
    assert!(input.reason.unwrap().starts_with("row group 2: "));
}

#[test]
fn an_unreadable_event_column_costs_the_rows_from_the_first_match_on() {
    let (dir, b) = folder();
    write_groups(&b);
    corrupt(&b, 1, 1);
    let (rows, input) = report_on_b(&dir);
    assert_eq!(rows.len(), 4);
    assert_eq!((input.state, input.rows_read), (InputState::Part, 12));
    assert!(input.reason.unwrap().contains("the events of matching rows cannot be read"));
}

#[test]
fn several_failures_are_counted_with_the_first() {
    let (dir, b) = folder();
    write_groups(&b);
    corrupt(&b, 1, 0);
    corrupt(&b, 3, 0);
    let (_, input) = report_on_b(&dir);
    assert_eq!(input.rows_read, 9);
    assert!(input.reason.unwrap().ends_with("(and 1 more)"));
}

#[test]
fn a_file_that_vanishes_or_changes_during_the_scan_is_named() {
    for gone in [true, false] {
        let (dir, b) = folder();
        write_groups(&b);
        // One thread, and a caller who has not begun to read: the workers are still in the first file.
        let given = [dir.path().display().to_string()];
        let mut stream = scan(&netcat(), &given, &options(&json!({"threads": 1}))).unwrap();
        if gone {
            fs::remove_file(&b).unwrap();
        } else {
            fs::write(&b, "PAR1 something else").unwrap();
        }
        assert_eq!(all(&mut stream).len(), 5);
        let input = stream.report().inputs[1].clone();
        assert_eq!((input.state, input.rows_read), (InputState::Failed, 0));
        let reason = input.reason.unwrap();
        let expected = if gone { "row group 0: it vanished: no such file" } else { "row group 0: it changed during" };
        assert!(reason.starts_with(expected), "{reason}");
        assert!(reason.ends_with("(and 4 more)"));
    }
}

#[test]
fn where_every_input_fails_there_is_a_report_and_no_error() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("a.parquet"), "no").unwrap();
    let mut stream = start(&dir);
    assert!(all(&mut stream).is_empty());
    let report = stream.report();
    assert_eq!(report.inputs[0].state, InputState::Failed);
    assert_eq!(report.rules.len(), 1);
}
