//! `Writer`: matches to a file, under a temporary name until they are whole.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3_arrow::PySchema;
use pyo3_arrow::input::AnyRecordBatch;

use crate::errors;

/// Writes matches as Parquet, JSON lines or CSV.
#[pyclass(frozen, module = "sigtrawl._native")]
pub(crate) struct Writer {
    inner: Mutex<Option<sigtrawl_lake::Writer>>,
}

impl Writer {
    fn take(&self) -> PyResult<sigtrawl_lake::Writer> {
        let taken = self.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| errors::exception("OutputError", "the writer is closed".to_owned()))
    }
}

#[pymethods]
impl Writer {
    #[new]
    fn new(path: &str, format: &str, schema: PySchema) -> PyResult<Self> {
        errors::fenced(|| {
            let format = format.parse().map_err(|error| errors::lake(&error))?;
            let schema = schema.into_inner();
            let writer = sigtrawl_lake::Writer::create(path, format, &schema).map_err(|error| errors::lake(&error))?;
            Ok(Self { inner: Mutex::new(Some(writer)) })
        })
    }

    /// Appends one batch, or all of a stream.
    fn write(&self, py: Python<'_>, batch: AnyRecordBatch) -> PyResult<()> {
        let reader = batch.into_reader()?;
        errors::fenced(|| {
            py.detach(|| {
                let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(writer) = inner.as_mut() else {
                    return Err(errors::exception("OutputError", "the writer is closed".to_owned()));
                };
                for batch in reader {
                    let batch = batch.map_err(|error| errors::exception("InputError", error.to_string()))?;
                    writer.write(&batch).map_err(|error| errors::lake(&error))?;
                }
                Ok(())
            })
        })
    }

    /// Completes the file and gives it its name.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        let writer = self.take()?;
        errors::fenced(|| py.detach(|| writer.finish()).map_err(|error| errors::lake(&error)))
    }

    /// Gives up: what was written is removed, or kept as `PATH.partial`.
    fn abort(&self, py: Python<'_>, keep_partial: bool) -> PyResult<()> {
        let writer = self.take()?;
        errors::fenced(|| py.detach(|| writer.abort(keep_partial)).map(drop).map_err(|error| errors::lake(&error)))
    }
}
