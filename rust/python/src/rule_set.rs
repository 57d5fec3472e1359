//! `RuleSet`: compiled rules.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;

/// Compiled rules: immutable, shared between threads, pickled as their Plan.
#[pyclass(frozen, module = "sigtrawl._native")]
pub(crate) struct RuleSet {
    pub(crate) inner: sigtrawl_core::RuleSet,
    plan: Py<PyBytes>,
}

#[pymethods]
impl RuleSet {
    /// Compiles a Plan from its JSON.
    #[new]
    fn new(py: Python<'_>, plan: Py<PyBytes>) -> PyResult<Self> {
        let bytes = plan.as_bytes(py);
        let inner = errors::fenced(|| {
            py.detach(|| sigtrawl_core::RuleSet::from_json(bytes)).map_err(|error| errors::core(&error))
        })?;
        Ok(Self { inner, plan })
    }

    /// The Plan's JSON.
    fn plan(&self, py: Python<'_>) -> Py<PyBytes> {
        self.plan.clone_ref(py)
    }

    fn __len__(&self) -> usize {
        self.inner.plan().rules.len()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyAny>, (Py<PyBytes>,)) {
        (py.get_type::<Self>().into_any(), (self.plan.clone_ref(py),))
    }
}
