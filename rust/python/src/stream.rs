//! `MatchStream`: a running scan.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};
use pyo3_arrow::PyRecordBatchReader;
use pyo3_arrow::ffi::to_schema_pycapsule;
use sigtrawl_lake::{Error, Next};

use crate::batch::Batch;
use crate::errors;

/// How long a wait lasts before signals are looked after: an interrupt is felt at once.
pub(crate) const PATIENCE: Duration = Duration::from_millis(50);

/// A running scan: batches of matches, then the report.
#[pyclass(frozen, module = "sigtrawl._native")]
pub(crate) struct MatchStream {
    schema: SchemaRef,
    inner: Arc<Mutex<sigtrawl_lake::MatchStream>>,
}

impl From<sigtrawl_lake::MatchStream> for MatchStream {
    fn from(stream: sigtrawl_lake::MatchStream) -> Self {
        Self { schema: stream.schema(), inner: Arc::new(Mutex::new(stream)) }
    }
}

/// A panic elsewhere leaves the stream as it was: it can still be closed and asked for its report.
fn locked(stream: &Mutex<sigtrawl_lake::MatchStream>) -> MutexGuard<'_, sigtrawl_lake::MatchStream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl MatchStream {
    /// The next batch, or `None` at the end; honours interrupts.
    fn next_batch(&self, py: Python<'_>) -> PyResult<Option<Batch>> {
        loop {
            let next = errors::fenced(|| {
                py.detach(|| locked(&self.inner).next_timeout(PATIENCE)).map_err(|error| errors::lake(&error))
            })?;
            match next {
                Next::Batch(batch) => return Ok(Some(batch.into())),
                Next::End => return Ok(None),
                Next::Pending => py.check_signals()?,
            }
        }
    }

    /// Rows done and in all, bytes done and in all, matches.
    fn progress(&self, py: Python<'_>) -> (u64, u64, u64, u64, u64) {
        let progress = py.detach(|| locked(&self.inner).progress());
        (progress.rows, progress.rows_total, progress.bytes, progress.bytes_total, progress.matches)
    }

    /// The report's JSON; final once the stream has ended.
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let report = py.detach(|| locked(&self.inner).report());
        crate::functions::json(py, &report)
    }

    /// Stops the scan.
    fn close(&self, py: Python<'_>) {
        py.detach(|| locked(&self.inner).close());
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let reader = Reader { schema: Arc::clone(&self.schema), inner: Arc::clone(&self.inner) };
        let object = Bound::new(py, PyRecordBatchReader::new(Box::new(reader)))?;
        object.call_method1("__arrow_c_stream__", (requested_schema,))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.schema.as_ref())?)
    }
}

/// The next batch, however long it takes. The lock is let go now and then, so that the stream can be closed meanwhile.
fn next(stream: &Mutex<sigtrawl_lake::MatchStream>) -> Result<Option<RecordBatch>, Error> {
    loop {
        match locked(stream).next_timeout(PATIENCE)? {
            Next::Batch(batch) => return Ok(Some(batch)),
            Next::End => return Ok(None),
            Next::Pending => std::thread::yield_now(),
        }
    }
}

/// The stream for consumers in C, which may call with or without the GIL.
struct Reader {
    schema: SchemaRef,
    inner: Arc<Mutex<sigtrawl_lake::MatchStream>>,
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        // The batches may come from a producer in Python: waiting for it with the GIL in hand would wait for ever.
        Python::attach(|py| match py.detach(|| next(&self.inner)) {
            Ok(batch) => batch.map(Ok),
            Err(error) => Some(Err(ArrowError::ExternalError(Box::new(error)))),
        })
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
