//! The same rows, written in many ways, are the same rows however they are asked for.

// Numbers here are small.
#![allow(clippy::cast_possible_wrap)]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Int16Array, Int32Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampMicrosecondArray, UInt16Array, UInt32Array, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use tempfile::tempdir;

use super::*;
use crate::inputs::Source;

const ROWS: usize = 3_000;

/// A text of the row `n`; lengths of 0 to 40, with those about 12, where views change their form.
fn long(n: usize) -> String {
    match n % 7 {
        0 => String::new(),
        1 => "x".repeat(12),
        2 => format!("{n:013}"),
        3 => format!("größer als {n}"),
        _ => format!("C:\\Windows\\{}\\{n}.exe", "y".repeat(n % 30)),
    }
}

/// Columns of every kind, in each of which some, all or no rows are null.
fn table() -> RecordBatch {
    let some = |n: &usize| n % 5 != 3;
    let rows = || 0..ROWS;
    let words = ["cmd.exe", "", "powershell.exe", "a longer name.exe", "ünïcode.exe"];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("few", Arc::new(rows().map(|n| Some(words[n * n % 5])).collect::<StringArray>())),
        ("few_some", Arc::new(rows().map(|n| some(&n).then(|| words[n / 100 % 5])).collect::<StringArray>())),
        ("one", Arc::new(StringArray::from(vec!["always"; ROWS]))),
        ("none", Arc::new(StringArray::new_null(ROWS))),
        ("many", Arc::new(rows().map(|n| Some(long(n))).collect::<StringArray>())),
        ("many_some", Arc::new(rows().map(|n| some(&n).then(|| long(n))).collect::<StringArray>())),
        ("runs", Arc::new(rows().map(|n| (n / 64 % 2 == 0).then(|| long(n / 200))).collect::<StringArray>())),
        (
            "bytes_few",
            Arc::new(rows().map(|n| some(&n).then_some([&b"\xff\x00"[..], b"text"][n % 2])).collect::<BinaryArray>()),
        ),
        ("bytes_many", Arc::new(rows().map(|n| Some([n as u8, 200, (n >> 8) as u8])).collect::<BinaryArray>())),
        ("bytes_text", Arc::new(rows().map(|n| Some(long(n).into_bytes())).collect::<BinaryArray>())),
        ("i16", Arc::new(rows().map(|n| some(&n).then_some(-3 * (n as i16 % 50))).collect::<Int16Array>())),
        ("u16", Arc::new(rows().map(|n| Some(65_535 - n as u16 % 50)).collect::<UInt16Array>())),
        ("i32", Arc::new(rows().map(|n| some(&n).then_some(n as i32 * -7_777)).collect::<Int32Array>())),
        ("u32", Arc::new(rows().map(|n| Some(u32::MAX - n as u32)).collect::<UInt32Array>())),
        ("i64", Arc::new(rows().map(|n| some(&n).then_some((n as i64 % 30) << 40)).collect::<Int64Array>())),
        ("u64", Arc::new(rows().map(|n| Some(u64::MAX - n as u64)).collect::<UInt64Array>())),
        ("flag", Arc::new(rows().map(|n| some(&n).then_some(n % 2 == 0)).collect::<BooleanArray>())),
        ("time", Arc::new(TimestampMicrosecondArray::from_iter_values(rows().map(|n| n as i64 * 1_000_003)))),
        (
            "list",
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(
                rows().map(|n| some(&n).then(|| vec![Some(n as i32); n % 3])),
            )),
        ),
    ];
    let required = |name: &str| matches!(name, "few" | "one" | "many" | "bytes_many" | "u32" | "u64");
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), !required(name))).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn write(path: &Path, batch: &RecordBatch, properties: WriterPropertiesBuilder) {
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties.build())).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn open(path: &Path) -> Arc<Table> {
    Arc::new(
        Table::open(&Source {
            path: path.to_owned(),
            partitions: vec![("day".into(), Some("7".into()))],
            object: None,
        })
        .unwrap(),
    )
}

/// The values of a column, each as bytes.
fn values(array: &ArrayRef) -> Vec<Option<Vec<u8>>> {
    match array.data_type() {
        DataType::Dictionary(_, of) => values(&cast(array, of).unwrap()),
        DataType::Utf8 | DataType::Utf8View | DataType::BinaryView => values(&cast(array, &DataType::Binary).unwrap()),
        DataType::Binary => array.as_binary::<i32>().iter().map(|value| value.map(<[u8]>::to_vec)).collect(),
        _ => {
            let options = FormatOptions::default();
            let format = ArrayFormatter::try_new(array.as_ref(), &options).unwrap();
            (0..array.len())
                .map(|row| array.is_valid(row).then(|| format.value(row).to_string().into_bytes()))
                .collect()
        }
    }
}

/// Reads the columns of the only row group in runs of `batch` rows, in each of them only the columns that `asked` wants, and
/// compares them with `expected`. Gives all parts, by column.
fn compare(
    table: &Arc<Table>,
    expected: &RecordBatch,
    batch: usize,
    mut asked: impl FnMut() -> bool,
) -> Vec<Vec<ArrayRef>> {
    let positions: Vec<usize> = (0..=expected.num_columns()).collect();
    let mut columns = GroupColumns::new(table, 0, &positions, batch);
    let mut seen = vec![Vec::new(); positions.len()];
    let mut start = 0;
    while columns.advance() {
        for (position, seen) in seen.iter_mut().enumerate() {
            if !asked() {
                continue;
            }
            let parts = columns.column(position).unwrap_or_else(|error| panic!("{error}"));
            // What `unchecked` promises is checked here.
            for part in &parts {
                part.to_data().validate_full().unwrap();
            }
            let read: Vec<_> = parts.iter().flat_map(values).collect();
            match expected.columns().get(position) {
                Some(column) => {
                    let name = expected.schema_ref().field(position).name().clone();
                    let wanted = values(&column.slice(start, columns.rows()));
                    assert!(read == wanted, "column {name}, rows from {start}, {batch} at a time");
                }
                None => assert_eq!(read, vec![Some(b"7".to_vec()); columns.rows()]),
            }
            seen.extend(parts);
        }
        start += columns.rows();
    }
    assert_eq!(start, expected.num_rows());
    seen
}

/// All ways to write: versions, codecs, page sizes, dictionaries and other encodings.
fn ways() -> Vec<WriterPropertiesBuilder> {
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
    ];
    let mut ways = Vec::new();
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for (number, codec) in codecs.into_iter().enumerate() {
            // A dictionary, none, one that runs over in the midst of the chunk.
            for dictionary in [Some(1 << 20), None, Some(4 << 10)] {
                for page in [1 << 10, 16 << 10, 1 << 20] {
                    // Page sizes do not depend on the codec: one of them each is enough.
                    if number > 0 && page != [1 << 10, 16 << 10, 1 << 20][number % 3] {
                        continue;
                    }
                    let mut properties = WriterProperties::builder()
                        .set_writer_version(version)
                        .set_compression(codec)
                        .set_dictionary_enabled(dictionary.is_some())
                        .set_data_page_size_limit(page)
                        .set_write_batch_size(37);
                    if let Some(limit) = dictionary {
                        properties = properties.set_dictionary_page_size_limit(limit);
                    }
                    ways.push(properties);
                }
            }
        }
    }
    for encoding in [Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::PLAIN] {
        let plain = WriterProperties::builder().set_dictionary_enabled(false);
        let properties = ["few", "many_some", "bytes_many"]
            .into_iter()
            .fold(plain, |properties, name| properties.set_column_encoding(name.into(), encoding));
        ways.push(properties);
    }
    for encoding in [Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT] {
        let properties = ["i32", "i64", "u32"]
            .into_iter()
            .fold(WriterProperties::builder().set_dictionary_enabled(false), |properties, name| {
                properties.set_column_encoding(name.into(), encoding)
            });
        ways.push(properties);
    }
    ways
}

#[test]
fn however_rows_are_written_they_are_read_as_they_were() {
    let dir = tempdir().unwrap();
    let expected = table();
    for (number, properties) in ways().into_iter().enumerate() {
        let path = dir.path().join(format!("{number}.parquet"));
        write(&path, &expected, properties);
        let table = open(&path);
        for batch in [ROWS + 5, 1_000, if number % 8 == 0 { 7 } else { 64 }] {
            compare(&table, &expected, batch, || true);
            let mut state = number as u32 * 2_654_435_761 + 1;
            compare(&table, &expected, batch, || {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state.is_multiple_of(3)
            });
        }
    }
}

#[test]
fn a_dictionary_is_one_array_for_the_whole_chunk_and_plain_text_is_views() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let expected = table();
    write(&path, &expected, WriterProperties::builder().set_data_page_size_limit(64).set_write_batch_size(37));
    let seen = compare(&open(&path), &expected, 256, || true);
    let position = |name: &str| expected.schema_ref().index_of(name).unwrap();
    for name in ["few", "few_some", "none", "runs", "i16", "i64"] {
        let parts = &seen[position(name)];
        assert_eq!(parts.len(), ROWS.div_ceil(256), "{name}: pages of one dictionary are one part");
        let values = |part: &ArrayRef| part.as_dictionary::<Int32Type>().values().clone();
        assert!(parts.iter().all(|part| Arc::ptr_eq(&values(part), &values(&parts[0]))), "{name}");
    }
    write(&path, &expected, WriterProperties::builder().set_dictionary_enabled(false));
    let seen = compare(&open(&path), &expected, 256, || true);
    for (name, form) in
        [("few", DataType::Utf8View), ("bytes_text", DataType::Utf8View), ("bytes_many", DataType::BinaryView)]
    {
        assert!(seen[position(name)].iter().all(|part| *part.data_type() == form), "{name}");
    }
    let parts = &seen[position("many")];
    let buffer = |part: &ArrayRef| part.as_string_view().data_buffers()[0].data_ptr();
    assert!(parts.windows(2).any(|pair| buffer(&pair[0]) == buffer(&pair[1])), "views point into the page itself");
}

#[test]
fn pages_that_nobody_asks_for_are_not_decompressed() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let expected = table();
    let properties = WriterProperties::builder().set_dictionary_enabled(false).set_data_page_row_count_limit(100);
    write(&path, &expected, properties.set_write_batch_size(100));
    let table = open(&path);
    let position = expected.schema_ref().index_of("many").unwrap();
    let read = |wanted: &dyn Fn(usize) -> bool| {
        let mut columns = GroupColumns::new(&table, 0, &[position], 100);
        let mut batch = 0;
        while columns.advance() {
            if wanted(batch) {
                columns.column(0).unwrap();
            }
            batch += 1;
        }
        columns.bytes()
    };
    let (all, last, none) = (read(&|_| true), read(&|batch| batch == 29), read(&|_| false));
    assert_eq!(none, 0);
    assert!(last > 0 && last < all / 20, "{last} of {all}");
}
