//! Matches into a file that is there in full or not at all.
//!
//! Everything goes to a temporary name in the same folder, is brought to disk, and only then takes the name that was
//! asked for; whoever looks at that name sees the old file or the new one. What a scan had written when it was
//! interrupted can be kept as `FILE.partial`, readable up to its last whole batch.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use tempfile::TempPath;

use crate::encode::{Format, encode};
use crate::error::Error;
use crate::shape;

/// Rows of a written row group: the size that readers in parallel like.
const GROUP_ROWS: usize = 131_072;

/// Bytes that the Parquet writer may hold before a row group is closed, however few its rows.
const GROUP_BYTES: usize = 64 << 20;

/// Writes matches to a file.
///
/// Dropped without [`finish`](Writer::finish), it leaves nothing behind.
pub struct Writer {
    target: PathBuf,
    temporary: TempPath,
    schema: SchemaRef,
    sink: Sink,
}

enum Sink {
    Parquet(Box<ArrowWriter<File>>),
    Text { file: BufWriter<File>, format: Format, begun: bool },
}

impl Writer {
    /// Opens a temporary file beside `path`. Fails with `Output` if that cannot be done.
    pub fn create(path: impl AsRef<Path>, format: Format, schema: &SchemaRef) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = |e: &dyn std::fmt::Display| Error::output(format!("cannot write {}: {e}", path.display()));
        // A link stays a link; its target is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if fs::metadata(&target).is_ok_and(|meta| !meta.is_file()) {
            return Err(failed(&"it is there and is no regular file"));
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let name = target.file_name().ok_or_else(|| failed(&"it has no file name"))?;
        let (file, temporary) = temporary(folder, &name.to_string_lossy()).map_err(|e| failed(&e))?.into_parts();
        let sink = match format {
            Format::Parquet => {
                if let Some((column, data_type)) = schema.fields().iter().find_map(|field| foreign(field, field.name()))
                {
                    return Err(failed(&format!(
                        "Parquet cannot hold column {column} of type {data_type}; choose other columns"
                    )));
                }
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(GROUP_ROWS))
                    .build();
                let schema = std::sync::Arc::new(storable(schema));
                let writer = ArrowWriter::try_new(file, schema, Some(properties)).map_err(|e| failed(&e))?;
                Sink::Parquet(Box::new(writer))
            }
            format => Sink::Text { file: BufWriter::new(file), format, begun: false },
        };
        Ok(Self { target, temporary, schema: schema.clone(), sink })
    }

    /// Writes a batch.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        match &mut self.sink {
            Sink::Parquet(writer) => {
                let kept = storable_columns(&self.schema);
                batch
                    .project(&kept)
                    .map_err(Into::into)
                    .and_then(|batch| {
                        writer.write(&batch)?;
                        if writer.in_progress_size() > GROUP_BYTES {
                            writer.flush()?;
                        }
                        Ok(())
                    })
                    .map_err(|e: parquet::errors::ParquetError| failed(&self.target, &e))
            }
            Sink::Text { file, format, begun } => {
                let text = encode(batch, *format, !*begun)?;
                *begun = true;
                file.write_all(&text).map_err(|e| failed(&self.target, &e))
            }
        }
    }

    /// Brings the file to disk and gives it its name.
    pub fn finish(self) -> Result<(), Error> {
        let target = self.target.clone();
        self.land(&target)
    }

    /// Gives up: keeps what was written as `FILE.partial`, whose path is returned, or removes it.
    pub fn abort(self, keep_partial: bool) -> Result<Option<PathBuf>, Error> {
        if !keep_partial {
            return Ok(None);
        }
        let mut partial = self.target.clone().into_os_string();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        self.land(&partial)?;
        Ok(Some(partial))
    }

    fn land(mut self, name: &Path) -> Result<(), Error> {
        if let Sink::Text { begun: false, .. } = self.sink {
            // No match: a CSV file still has its header.
            self.write(&RecordBatch::new_empty(self.schema.clone()))?;
        }
        let file = match self.sink {
            Sink::Parquet(writer) => writer.into_inner().map_err(|e| failed(name, &e))?,
            Sink::Text { file, .. } => file.into_inner().map_err(|e| failed(name, e.error()))?,
        };
        file.sync_all().map_err(|e| failed(name, &e))?;
        drop(file);
        self.temporary.persist(name).map_err(|e| failed(name, &e.error))
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("target", &self.target).finish_non_exhaustive()
    }
}

fn failed(target: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::output(format!("cannot write {}: {error}", target.display()))
}

/// A hidden file, so that a scan of the folder does not take it for an input, with the rights of any new file.
fn temporary(folder: &Path, name: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let prefix = format!(".{name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// The first member of a column that Parquet cannot hold: its path and its type.
fn foreign(field: &Field, path: &str) -> Option<(String, DataType)> {
    let below = |member: &FieldRef| {
        let path = format!("{path}.{}", member.name());
        match member.data_type() {
            DataType::Struct(none) if none.is_empty() => Some((path, member.data_type().clone())),
            _ => foreign(member, &path),
        }
    };
    match field.data_type() {
        DataType::Struct(members) => members.iter().find_map(below),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::RunEndEncoded(_, item)
        | DataType::Map(item, _) => below(item),
        DataType::Dictionary(_, values) => foreign(&Field::new("", values.as_ref().clone(), true), path),
        other => (!shape::storable(other)).then(|| (path.to_owned(), other.clone())),
    }
}

/// The schema without structs that have no members, which Parquet cannot hold.
fn storable(schema: &Schema) -> Schema {
    let kept = storable_columns(schema);
    Schema::new(kept.into_iter().map(|column| schema.fields()[column].clone()).collect::<Vec<_>>())
}

fn storable_columns(schema: &Schema) -> Vec<usize> {
    let empty = |data_type: &DataType| matches!(data_type, DataType::Struct(fields) if fields.is_empty());
    (0..schema.fields().len()).filter(|column| !empty(schema.field(*column).data_type())).collect()
}
