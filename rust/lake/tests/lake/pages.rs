//! By pages or by the Arrow reader: the same matches, the same counts; and what pages may do that is wrong.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};
use sigtrawl_lake::{InputState, Report, RuleSet, scan};
use tempfile::tempdir;

use crate::common::*;

/// Rules of every kind that reads a column in a way of its own.
fn kinds() -> RuleSet {
    let predicates = [
        json!({"field": "Image", "op": "endswith", "value": "\\nc.exe"}),
        json!({"field": "CommandLine", "op": "contains", "value": "77"}),
        json!({"field": "EventID", "op": "number", "cmp": "eq", "value": "3"}),
        json!({"field": "EventID", "op": "number", "cmp": "gt", "value": "5"}),
        json!({"field": "Parent", "op": "null"}),
        json!({"field": "Parent", "op": "exists"}),
        json!({"field": "CommandLine", "op": "fieldref", "value": "Image", "how": "startswith"}),
        json!({"field": null, "op": "contains", "value": "grün"}),
        json!({"field": "CommandLine", "op": "regex", "value": "-x [0-9]*9$"}),
        json!({"field": "Parent", "op": "equals", "value": ""}),
    ];
    let conditions = [
        json!({"and": [0, 1]}),
        json!({"and": [2, {"not": 1}]}),
        json!({"or": [{"and": [3, 4]}, {"and": [0, 8]}]}),
        json!({"and": [5, 1]}),
        json!({"and": [6, 2]}),
        json!(7),
        json!({"and": [8, 9]}),
        json!(9),
    ];
    let rules: Vec<Value> =
        conditions.iter().enumerate().map(|(n, condition)| entry(&format!("r{n}"), condition)).collect();
    plan(&predicates, &rules)
}

fn events_from(first: usize, count: usize) -> RecordBatch {
    let rows = first..first + count;
    let image = |n: usize| ["C:\\nc.exe", "C:\\cmd.exe", "C:\\Windows\\explorer.exe"][n * 7 % 11 % 3];
    let images: StringArray = rows.clone().map(|n| Some(image(n))).collect();
    let lines: StringArray = rows
        .clone()
        .map(|n| match n % 9 {
            0 => None,
            1 => Some(image(n).to_owned()),
            2 => Some(format!("{} -x {n}", image(n))),
            3 if n % 1_000 == 3 => Some("grün".to_owned()),
            _ => Some(format!("run -x {n} {}", "y".repeat(n % 60))),
        })
        .collect();
    let parents: StringArray = rows.clone().map(|n| ["a parent of thirteen", ""].get(n / 500 % 3).copied()).collect();
    let ids: Int64Array = rows.map(|n| (n % 13 != 0).then_some(i64::from(n as u32 % 8))).collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("Image", Arc::new(images)),
        ("CommandLine", Arc::new(lines)),
        ("Parent", Arc::new(parents)),
        ("EventID", Arc::new(ids)),
    ];
    batch(&columns)
}

/// What a scan finds, with the counts that must not depend on the reader.
fn find(path: &Path, rules: &RuleSet, more: &Value) -> (Vec<Match>, Report) {
    let mut stream = scan(rules, &paths(&[path]), &options(more)).unwrap();
    (all(&mut stream), stream.report())
}

#[test]
fn by_pages_and_by_arrow_the_matches_are_the_same() {
    let dir = tempdir().unwrap();
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let small = || properties().set_data_page_size_limit(2_000).set_write_batch_size(64);
    let second = || properties().set_writer_version(WriterVersion::PARQUET_2_0);
    let ways: [(&str, WriterPropertiesBuilder); 6] = [
        ("as written", properties().set_compression(zstd)),
        ("runs over", properties().set_dictionary_page_size_limit(20_000).set_compression(Compression::SNAPPY)),
        ("plain", properties().set_dictionary_enabled(false).set_compression(Compression::LZ4_RAW)),
        ("small pages", small()),
        ("second version", second().set_dictionary_page_size_limit(20_000)),
        ("second version, plain", second().set_dictionary_enabled(false).set_compression(zstd)),
    ];
    let rules = kinds();
    let rows = 140_000;
    let mut expected: Option<Vec<(i64, String)>> = None;
    for (number, (way, properties)) in ways.into_iter().enumerate() {
        // Row groups that are read in one run of rows, in several, and that hold but a few rows.
        let group = [140_000, 70_000, 9_001][number % 3];
        let groups: Vec<RecordBatch> =
            (0..rows).step_by(group).map(|first| events_from(first, group.min(rows - first))).collect();
        let path = dir.path().join("a.parquet");
        write_with(&path, &groups, properties);
        let (by_arrow, report) = find(&path, &rules, &json!({"reader": "arrow", "columns": [], "threads": 1}));
        let (by_pages, pages) = find(&path, &rules, &json!({"reader": "pages", "columns": [], "threads": 2}));
        assert!(by_arrow == by_pages, "{way}");
        assert_eq!((report.rows, report.complete), (pages.rows, pages.complete));
        assert_eq!(pages.inputs[0].state, InputState::Whole);
        let seen: Vec<(i64, String)> = by_pages.into_iter().map(|row| (row.row, row.rule)).collect();
        assert!(*expected.get_or_insert_with(|| seen.clone()) == seen, "{way}");
    }
    let found: std::collections::BTreeSet<String> = expected.unwrap().into_iter().map(|(_, rule)| rule).collect();
    assert_eq!(found.len(), 8);
}

/// A file of the columns `Image` and `n` whose texts nobody has looked at.
fn write_raw(path: &Path, images: &[&[u8]], properties: WriterProperties) {
    let schema = parse_message_type("message m { required binary Image (STRING); required int64 n; }").unwrap();
    let mut writer =
        SerializedFileWriter::new(fs::File::create(path).unwrap(), Arc::new(schema), Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let values: Vec<ByteArray> = images.iter().map(|image| ByteArray::from(image.to_vec())).collect();
    column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let numbers: Vec<i64> = (0..).take(images.len()).collect();
    column.typed::<Int64Type>().write_batch(&numbers, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn a_text_that_is_no_utf8_is_not_evaluable_and_costs_no_other_row() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let images: [&[u8]; 6] = [b"nc", b"\xff nc", b"calc", b"nc \xc3", b"\xff nc", b"a longer nc of twenty"];
    for dictionary in [true, false] {
        write_raw(&path, &images, WriterProperties::builder().set_dictionary_enabled(dictionary).build());
        let (rows, report) = find(&path, &netcat(), &json!({"columns": ["n"]}));
        assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [0, 5]);
        assert_eq!(report.inputs[0].state, InputState::Whole);
        let counted: Vec<(&str, u64)> = report.not_evaluable.iter().map(|of| (of.column.as_str(), of.values)).collect();
        assert_eq!(counted, [("Image", 3)]);
        // The Arrow reader gives the whole row group up.
        let (rows, report) = find(&path, &netcat(), &json!({"columns": ["n"], "reader": "arrow"}));
        assert_eq!((rows.len(), report.inputs[0].state), (0, InputState::Failed));
    }
}

#[test]
fn reading_alone_finds_nothing_and_counts_what_it_read() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    write(&path, &[events_from(0, 70_000), events_from(70_000, 10)]);
    for reader in ["pages", "arrow"] {
        let (rows, report) = find(&path, &kinds(), &json!({"work": "read", "reader": reader}));
        assert_eq!((rows.len(), report.rows, report.matches), (0, 70_010, 0));
        assert!(report.decoded > 1_000_000, "{reader}: {}", report.decoded);
        assert!(report.times.read > 0.0 && report.times.emit == 0.0);
        let (_, matched) = find(&path, &kinds(), &json!({"reader": reader}));
        assert!(matched.times.read > 0.0 && matched.times.matching > 0.0 && matched.times.emit > 0.0);
    }
    for (wrong, said) in [(json!({"reader": "csv"}), "reader: "), (json!({"work": "rest"}), "work: ")] {
        let mut given = json!({"mappings": [], "schema": "none", "logsource": null});
        given.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let error = sigtrawl_lake::ScanOptions::from_json(given.to_string().as_bytes()).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn data_may_lie_in_every_byte_without_harm() {
    let dir = tempdir().unwrap();
    let (sound, other) = (dir.path().join("a.parquet"), dir.path().join("b.parquet"));
    write(&sound, &[images(&["nc"])]);
    let plain = || properties().set_dictionary_enabled(false);
    let ways = [
        properties(),
        plain(),
        plain().set_compression(Compression::ZSTD(ZstdLevel::default())),
        properties().set_writer_version(WriterVersion::PARQUET_2_0).set_compression(Compression::SNAPPY),
    ];
    for properties in ways {
        write_with(&other, &[events_from(0, 40), events_from(40, 5)], properties.set_data_page_row_count_limit(20));
        let bytes = fs::read(&other).unwrap();
        let footer = u32::from_le_bytes(bytes[bytes.len() - 8..].first_chunk().copied().unwrap()) as usize;
        let end = bytes.len() - 8 - footer;
        let rules = rules(&[
            ("image", "Image", "equals", "nc"),
            ("line", "CommandLine", "contains", "77"),
            ("parent", "Parent", "null", ""),
            ("id", "EventID", "equals", "3"),
        ]);
        for at in (4..end).step_by(2) {
            let mut damaged = bytes.clone();
            damaged[at] ^= [0x01, 0x80, 0xff][at / 2 % 3];
            fs::write(&other, damaged).unwrap();
            let given = paths(&[&sound, &other]);
            let mut stream = scan(&rules, &given, &options(&json!({"threads": 1, "columns": []}))).unwrap();
            let rows = all(&mut stream);
            assert!(rows.iter().any(|row| row.file.as_deref() == Some("a.parquet")), "byte {at}");
            let report = stream.report();
            assert!(report.complete);
            let reason = report.inputs[1].reason.clone().unwrap_or_default();
            assert!(!reason.contains("internal"), "byte {at}: {reason}");
            assert!(reason.is_empty() || reason.contains("row group "), "byte {at}: {reason}");
        }
    }
}

#[test]
fn a_damaged_page_is_named_with_its_column() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    write_with(
        &path,
        &[events_from(0, 1_000)],
        properties().set_data_page_row_count_limit(100).set_write_batch_size(100),
    );
    let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
    let (start, length) = reader.metadata().row_group(0).column(1).byte_range();
    let mut bytes = fs::read(&path).unwrap();
    let half = (start + length / 2) as usize;
    bytes[half..half + 2_000].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let (_, report) = find(&path, &kinds(), &json!({"columns": []}));
    let reason = report.inputs[0].reason.clone().unwrap();
    assert!(reason.starts_with("row group 0: column CommandLine: page "), "{reason}");
}
