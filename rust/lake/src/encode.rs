//! Matches as text: JSON lines and CSV.
//!
//! JSON lines leave out null members at every level, so that an event of a hundred columns of which it uses nine is nine
//! members long. CSV has no nested values; `tags` and `event`, and whatever else is nested, are JSON text in one cell.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::error::ArrowError;
use arrow::json::LineDelimitedWriter;

use crate::error::Error;
use crate::shape;

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// A Parquet file, zstd-compressed.
    Parquet,
    /// JSON lines.
    Jsonl,
    /// Comma-separated values, RFC 4180.
    Csv,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "parquet" => Ok(Self::Parquet),
            "jsonl" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            other => Err(Error::usage(format!("no such format: {other}; there are parquet, jsonl and csv"))),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        })
    }
}

/// A batch as JSON lines or CSV; `header` asks for the line of column names that CSV begins with.
///
/// Fails with `Usage` for Parquet, which cannot be written piece by piece, and with `Output` for a type that the format
/// cannot hold.
pub fn encode(batch: &RecordBatch, format: Format, header: bool) -> Result<Vec<u8>, Error> {
    let encoded = match format {
        Format::Jsonl => jsonl(batch),
        Format::Csv => csv(batch, header),
        Format::Parquet => {
            return Err(Error::usage("parquet goes to a file; give -o FILE.parquet, or choose jsonl or csv"));
        }
    };
    encoded.map_err(|e| Error::output(format!("cannot write these events as {format}: {e}; choose other columns")))
}

fn jsonl(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut writer = LineDelimitedWriter::new(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner())
}

fn csv(batch: &RecordBatch, header: bool) -> Result<Vec<u8>, ArrowError> {
    let mut fields: Vec<FieldRef> = Vec::with_capacity(batch.num_columns());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if column.data_type().is_nested() {
            fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
            columns.push(Arc::new(shape::json(column)?));
        } else {
            fields.push(field.clone());
            columns.push(column.clone());
        }
    }
    let flat = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
    let mut text = Vec::new();
    let mut writer = arrow::csv::WriterBuilder::new().with_header(header).build(&mut text);
    writer.write(&flat)?;
    drop(writer);
    Ok(text)
}
