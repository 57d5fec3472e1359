//! One Parquet file: its footer, the table that it stands for, and readers over one row group.
//!
//! The footer is read once, before the scan begins, and kept; a reader opens the file anew for each row group, because
//! a file handle has one position and row groups are read by several threads. A [`Table`] is what rules see: the
//! columns of the file, with the partitions of its folders as further columns of text. If the file has a column of a
//! partition's name, the path wins, as in Spark, DuckDB and polars.
//!
//! Text is read in the cheapest form that is exact. Where a column chunk is dictionary-encoded throughout, the reader
//! hands the dictionary on, so that each distinct value is judged once. Otherwise it hands out views into the pages.
//! Parquet itself allows a chunk to change from dictionary to plain pages midway, and the reader copes with a wrong
//! guess, only slower: the choice is never a matter of correctness.

use std::collections::HashMap;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, new_null_array};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Int32Type, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::basic::Encoding;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetStatisticsPolicy, RowGroupMetaData};

use crate::blob::Blob;
use crate::inputs::Source;
use crate::store::Object;

/// Where a column of a table comes from.
#[derive(Debug, Clone)]
enum Origin {
    /// The file's column of this number.
    File(usize),
    /// The folder's name: one value for every row, here as a column of one row.
    Path(ArrayRef),
}

/// A Parquet file as a table.
pub(crate) struct Table {
    path: PathBuf,
    object: Option<Object>,
    size: u64,
    footer: ArrowReaderMetadata,
    schema: SchemaRef,
    origins: Vec<Origin>,
}

/// What a reader is for, which decides the form of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Matching: dictionaries and views.
    Match,
    /// Delivery: `Utf8`.
    Deliver,
}

impl Table {
    /// Reads the footer of a file. The error is the reason alone; the caller knows the file's name.
    pub(crate) fn open(source: &Source) -> Result<Self, String> {
        let blob = match &source.object {
            None => open_regular(&source.path)?,
            Some(object) => Blob::object(object.clone()),
        };
        check_magic(&blob)?;
        let options = ArrowReaderOptions::new().with_column_stats_policy(ParquetStatisticsPolicy::SkipAll);
        // A footer is foreign input: where the reader trips over one, that file is at fault and not the scan.
        let footer = catch_unwind(AssertUnwindSafe(|| ArrowReaderMetadata::load(&blob, options)))
            .map_err(|_| "its footer is damaged".to_owned())?
            .map_err(|e| format!("its footer cannot be read: {}", parquet_reason(&e)))?;
        Self::new(source, blob.size(), footer)
    }

    fn new(source: &Source, size: u64, footer: ArrowReaderMetadata) -> Result<Self, String> {
        let roots = root_numbers(&footer)?;
        let mut fields: Vec<FieldRef> = footer.schema().fields().to_vec();
        let mut origins: Vec<Origin> = roots.into_iter().map(Origin::File).collect();
        for (key, value) in &source.partitions {
            let field = Arc::new(Field::new(key, DataType::Utf8, true));
            let origin = Origin::Path(constant(value.as_deref()));
            // The first column of this name turns into the partition; others of the name go, so that one is left.
            match fields.iter().position(|f| f.name() == key) {
                None => {
                    fields.push(field);
                    origins.push(origin);
                }
                Some(at) => {
                    fields[at] = field;
                    origins[at] = origin;
                    let doubles: Vec<usize> = (at + 1..fields.len()).filter(|i| fields[*i].name() == key).collect();
                    for double in doubles.into_iter().rev() {
                        fields.remove(double);
                        origins.remove(double);
                    }
                }
            }
        }
        Ok(Self {
            path: source.path.clone(),
            object: source.object.clone(),
            size,
            footer,
            schema: Arc::new(Schema::new(fields)),
            origins,
        })
    }

    /// The columns that rules see: the file's, then the partitions'.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Whether this column is a partition.
    pub(crate) fn is_partition(&self, column: usize) -> bool {
        matches!(self.origins[column], Origin::Path(_))
    }

    /// The one value of a partition, as a column of one row; `None` if the column is the file's.
    pub(crate) fn partition(&self, column: usize) -> Option<&ArrayRef> {
        match &self.origins[column] {
            Origin::Path(one) => Some(one),
            Origin::File(_) => None,
        }
    }

    /// The number of a column's one leaf, and its Arrow type; `None` if it is nested or a partition.
    pub(crate) fn leaf(&self, column: usize) -> Option<(usize, &DataType)> {
        let Origin::File(root) = self.origins[column] else {
            return None;
        };
        let parquet = self.footer.parquet_schema();
        let flat = parquet.root_schema().get_fields().get(root)?.is_primitive();
        let leaf = (0..parquet.num_columns()).find(|leaf| parquet.get_column_root_idx(*leaf) == root)?;
        flat.then(|| (leaf, self.schema.field(column).data_type()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn rows(&self) -> u64 {
        self.metadata().row_groups().iter().map(|g| g.num_rows().max(0).unsigned_abs()).sum()
    }

    pub(crate) fn groups(&self) -> usize {
        self.metadata().num_row_groups()
    }

    pub(crate) fn group(&self, group: usize) -> &RowGroupMetaData {
        self.metadata().row_group(group)
    }

    fn metadata(&self) -> &Arc<ParquetMetaData> {
        self.footer.metadata()
    }

    /// Compressed bytes of `columns` in a row group.
    pub(crate) fn compressed(&self, group: usize, columns: &[usize]) -> u64 {
        self.chunks(group, columns).map(|c| c.compressed_size().max(0).unsigned_abs()).sum()
    }

    /// About how many bytes a row of `columns` takes once it is read as plain values.
    pub(crate) fn row_bytes(&self, group: usize, columns: &[usize]) -> usize {
        let rows = self.group(group).num_rows().max(1);
        let bytes: i64 = self
            .chunks(group, columns)
            .map(|c| c.uncompressed_size().max(c.unencoded_byte_array_data_bytes().unwrap_or(0)).max(0))
            .sum();
        usize::try_from(bytes / rows).unwrap_or(usize::MAX)
    }

    fn chunks<'a>(
        &'a self,
        group: usize,
        columns: &[usize],
    ) -> impl Iterator<Item = &'a ColumnChunkMetaData> + use<'a> {
        let roots = self.roots(columns);
        let parquet = self.footer.parquet_schema();
        self.group(group)
            .columns()
            .iter()
            .enumerate()
            .filter(move |(leaf, _)| roots.contains(&parquet.get_column_root_idx(*leaf)))
            .map(|(_, chunk)| chunk)
    }

    /// The file's own column numbers among `columns`.
    fn roots(&self, columns: &[usize]) -> Vec<usize> {
        columns
            .iter()
            .filter_map(|column| match self.origins[*column] {
                Origin::File(root) => Some(root),
                Origin::Path(_) => None,
            })
            .collect()
    }

    /// Opens the file again, which must be the one whose footer was read.
    pub(crate) fn reopen(&self) -> Result<Blob, String> {
        if let Some(object) = &self.object {
            return Ok(Blob::object(object.clone())); // each request asks for the one whose footer was read
        }
        let blob = open_regular(&self.path)?;
        if blob.size() != self.size {
            return Err(format!("it changed during the scan, from {} to {} bytes", self.size, blob.size()));
        }
        Ok(blob)
    }

    /// A reader over `columns` (ascending) of one row group, or over the selected rows of it.
    pub(crate) fn read(
        &self,
        group: usize,
        columns: &[usize],
        purpose: Purpose,
        batch_size: usize,
        selection: Option<RowSelection>,
    ) -> Result<Reader, String> {
        let file = self.reopen()?;
        let schema = self.hinted(group, columns, purpose);
        let options = ArrowReaderOptions::new().with_schema(schema);
        let metadata = ArrowReaderMetadata::try_new(self.metadata().clone(), options)
            // The file's own types are always accepted; a hint only makes text cheaper.
            .unwrap_or_else(|_| self.footer.clone());
        let mask = ProjectionMask::roots(self.footer.parquet_schema(), self.roots(columns));
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_row_groups(vec![group])
            .with_projection(mask)
            .with_batch_size(batch_size);
        if let Some(selection) = selection {
            builder = builder.with_row_selection(selection);
        }
        let reader = builder.build().map_err(|e| parquet_reason(&e))?;
        let origins = columns.iter().map(|column| self.origins[*column].clone()).collect();
        Ok(Reader {
            batches: reader,
            origins,
            schema: Arc::new(self.schema.project(columns).map_err(|e| e.to_string())?),
        })
    }

    /// The file's schema with the text of `columns` in the form that suits `purpose`.
    fn hinted(&self, group: usize, columns: &[usize], purpose: Purpose) -> SchemaRef {
        let schema = self.footer.schema();
        let roots = self.roots(columns);
        let parquet = self.footer.parquet_schema();
        let leaves: HashMap<usize, &ColumnChunkMetaData> = self
            .group(group)
            .columns()
            .iter()
            .enumerate()
            .map(|(leaf, chunk)| (parquet.get_column_root_idx(leaf), chunk))
            .collect();
        let numbers = root_numbers(&self.footer).unwrap_or_default();
        let fields: Fields = schema
            .fields()
            .iter()
            .zip(numbers)
            .map(|(field, root)| {
                if !is_text(field.data_type()) || !roots.contains(&root) {
                    return field.clone();
                }
                let dictionary = leaves.get(&root).is_some_and(|chunk| is_dictionary(chunk));
                let form = match purpose {
                    Purpose::Deliver => DataType::Utf8,
                    Purpose::Match if dictionary => {
                        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
                    }
                    Purpose::Match => DataType::Utf8View,
                };
                Arc::new(field.as_ref().clone().with_data_type(form))
            })
            .collect();
        Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
    }
}

/// Batches of one row group, with the partitions in their places.
pub(crate) struct Reader {
    batches: ParquetRecordBatchReader,
    origins: Vec<Origin>,
    schema: SchemaRef,
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.batches.next()? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(error.to_string())),
        };
        if self.origins.iter().all(|origin| matches!(origin, Origin::File(_))) {
            return Some(Ok(batch));
        }
        Some(self.complete(&batch))
    }
}

impl Reader {
    fn complete(&self, batch: &RecordBatch) -> Result<RecordBatch, String> {
        let mut read = batch.columns().iter().zip(batch.schema_ref().fields());
        let mut fields = Vec::with_capacity(self.origins.len());
        let mut columns = Vec::with_capacity(self.origins.len());
        for (origin, field) in self.origins.iter().zip(self.schema.fields()) {
            match origin {
                Origin::File(_) => {
                    let (column, field) = read.next().ok_or("a column is missing")?;
                    fields.push(field.clone());
                    columns.push(column.clone());
                }
                Origin::Path(one) => {
                    let column = repeat(one, batch.num_rows());
                    fields.push(Arc::new(field.as_ref().clone().with_data_type(column.data_type().clone())));
                    columns.push(column);
                }
            }
        }
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options).map_err(|e| e.to_string())
    }
}

fn constant(value: Option<&str>) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

/// One value for `rows` rows: a dictionary, in which it is held once.
pub(crate) fn repeat(one: &ArrayRef, rows: usize) -> ArrayRef {
    let data_type = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    if one.is_null(0) {
        return new_null_array(&data_type, rows);
    }
    let keys = Int32Array::from(vec![0; rows]);
    Arc::new(DictionaryArray::<Int32Type>::new(keys, one.clone()))
}

/// For each column of the Arrow schema, its number among the file's top-level columns. They differ only where the file
/// has a group without members, which has no Arrow type.
fn root_numbers(footer: &ArrowReaderMetadata) -> Result<Vec<usize>, String> {
    let roots = footer.parquet_schema().root_schema().get_fields();
    let mut numbers = roots.iter().enumerate();
    footer
        .schema()
        .fields()
        .iter()
        .map(|field| {
            numbers
                .find(|(_, root)| root.name() == field.name())
                .map(|(number, _)| number)
                .ok_or_else(|| format!("its embedded Arrow schema has a column {} that the file lacks", field.name()))
        })
        .collect()
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// Whether all data pages of a chunk are dictionary-encoded, as far as the footer tells.
fn is_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    if let Some(pages) = chunk.page_encoding_stats_mask() {
        return pages.is_only(Encoding::RLE_DICTIONARY) || pages.is_only(Encoding::PLAIN_DICTIONARY);
    }
    let listed = |wanted| chunk.encodings().any(|encoding| encoding == wanted);
    if !listed(Encoding::RLE_DICTIONARY) && !listed(Encoding::PLAIN_DICTIONARY) {
        return false;
    }
    // Without page statistics PLAIN may stand for the dictionary page alone. A plain value takes at least the four bytes
    // of its length, so a smaller chunk holds (almost) none.
    !listed(Encoding::PLAIN) || chunk.uncompressed_size() < chunk.num_values().saturating_mul(4)
}

/// Parquet files begin and end with four known bytes; looking at them first tells a foreign file from a cut one.
fn check_magic(blob: &Blob) -> Result<(), String> {
    let size = blob.size();
    if size == 0 {
        return Err("the file is empty (0 bytes)".to_owned());
    }
    if size < 12 {
        return Err(format!("not a Parquet file: only {size} bytes"));
    }
    let (mut head, mut tail) = ([0; 4], [0; 4]);
    // The end first: it is where the footer is read from next.
    blob.read_exact_at(&mut tail, size - 4)
        .and_then(|()| blob.read_exact_at(&mut head, 0))
        .map_err(|e| io_reason(&e))?;
    match (&head, &tail) {
        (b"PAR1", b"PAR1") => Ok(()),
        (b"PAR1", b"PARE") | (b"PARE", _) => Err("an encrypted Parquet file; decrypt it first".to_owned()),
        (b"PAR1", _) => Err("a truncated Parquet file: its footer is missing".to_owned()),
        _ => Err("not a Parquet file".to_owned()),
    }
}

/// A file and its size. It is looked at before it is opened: to open a pipe is to wait for whoever writes into it.
fn open_regular(path: &Path) -> Result<Blob, String> {
    if !fs::metadata(path).map_err(|e| io_reason(&e))?.is_file() {
        return Err("not a regular file".to_owned());
    }
    let file = File::open(path).map_err(|e| io_reason(&e))?;
    let size = file.metadata().map_err(|e| io_reason(&e))?.len();
    Ok(Blob::File(Arc::new(file), size))
}

fn io_reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it vanished: no such file".to_owned(),
        _ => error.to_string(),
    }
}

pub(crate) fn parquet_reason(error: &parquet::errors::ParquetError) -> String {
    let text = error.to_string();
    text.strip_prefix("Parquet error: ").unwrap_or(&text).to_owned()
}
