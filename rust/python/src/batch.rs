//! `Batch`: one record batch of matches, for whoever speaks Arrow.

use arrow::array::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use pyo3_arrow::PyRecordBatch;
use pyo3_arrow::ffi::to_schema_pycapsule;

/// One record batch of matches.
#[pyclass(frozen, module = "sigtrawl._native")]
pub(crate) struct Batch {
    inner: RecordBatch,
}

impl From<RecordBatch> for Batch {
    fn from(inner: RecordBatch) -> Self {
        Self { inner }
    }
}

#[pymethods]
impl Batch {
    /// The number of matches.
    #[getter]
    fn num_rows(&self) -> usize {
        self.inner.num_rows()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let batch = PyRecordBatch::new(self.inner.clone());
        let object = Bound::new(py, batch)?;
        let made = object.call_method1("__arrow_c_array__", (requested_schema,))?;
        Ok(made.cast_into()?)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.inner.schema().as_ref())?)
    }
}
