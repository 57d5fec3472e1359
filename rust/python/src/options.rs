//! The options of a call, and the mappings that all calls of a process share.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sigtrawl_lake::{Mapping, ScanOptions};

use crate::errors;

/// Schema mappings, read once: those of the package are more than most calls want to read again.
#[pyclass(frozen, module = "sigtrawl._native")]
pub(crate) struct Mappings {
    inner: Vec<Arc<Mapping>>,
}

#[pymethods]
impl Mappings {
    /// Reads a JSON list of mappings.
    #[new]
    fn new(py: Python<'_>, json: &[u8]) -> PyResult<Self> {
        let inner =
            errors::fenced(|| py.detach(|| ScanOptions::read_mappings(json)).map_err(|error| errors::lake(&error)))?;
        Ok(Self { inner })
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }
}

/// Options as JSON, joined with mappings that were read before and stand before those of the JSON.
#[pyclass(frozen, module = "sigtrawl._native")]
pub(crate) struct Options {
    json: Py<PyBytes>,
    mappings: Py<Mappings>,
}

#[pymethods]
impl Options {
    #[new]
    fn new(json: Py<PyBytes>, mappings: Py<Mappings>) -> Self {
        Self { json, mappings }
    }
}

/// What a call takes for its options: the object, or JSON that says everything.
#[derive(FromPyObject)]
pub(crate) enum Given<'py> {
    Joined(Bound<'py, Options>),
    Json(Bound<'py, PyBytes>),
}

impl Given<'_> {
    pub(crate) fn read(&self) -> PyResult<ScanOptions> {
        let read = match self {
            Self::Joined(options) => {
                let options = options.get();
                ScanOptions::with_mappings(options.json.as_bytes(self.py()), &options.mappings.get().inner)
            }
            Self::Json(json) => ScanOptions::from_json(json.as_bytes()),
        };
        read.map_err(|error| errors::lake(&error))
    }

    fn py(&self) -> Python<'_> {
        match self {
            Self::Joined(options) => options.py(),
            Self::Json(json) => json.py(),
        }
    }
}
