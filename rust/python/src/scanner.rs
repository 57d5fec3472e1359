//! `Scanner`: rules bound to one schema, asked batch by batch; and what it gives, `Found` and `Column`.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow::datatypes::{Field, SchemaRef};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyTuple};
use pyo3_arrow::ffi::to_schema_pycapsule;
use pyo3_arrow::input::AnyRecordBatch;
use pyo3_arrow::{PyArray, PyRecordBatchReader, PySchema};
use sigtrawl_lake::{Answer, BatchScanner};

use crate::batch::Batch;
use crate::errors;
use crate::options::Given;
use crate::rule_set::RuleSet;

/// Rules bound to one schema.
#[pyclass(frozen, module = "sigtrawl._native")]
pub(crate) struct Scanner {
    inner: BatchScanner,
    input: SchemaRef,
}

#[pymethods]
impl Scanner {
    #[new]
    fn new(py: Python<'_>, ruleset: &RuleSet, schema: PySchema, options: Given<'_>) -> PyResult<Self> {
        let input = schema.into_inner();
        errors::fenced(|| {
            let options = options.read()?;
            let made = py.detach(|| BatchScanner::new(&ruleset.inner, input.clone(), &options));
            Ok(Self { inner: made.map_err(|error| errors::lake(&error))?, input: input.clone() })
        })
    }

    /// The names of the columns that rules read.
    fn columns(&self) -> Vec<String> {
        self.inner.columns().iter().map(|place| self.input.field(*place).name().clone()).collect()
    }

    /// The matches of a batch, or of all batches of a stream.
    fn matches(&self, py: Python<'_>, data: AnyRecordBatch) -> PyResult<Found> {
        let reader = data.into_reader()?;
        errors::fenced(|| {
            py.detach(|| {
                let mut batches = Vec::new();
                for batch in reader {
                    let batch = batch.map_err(|error| errors::exception("InputError", error.to_string()))?;
                    batches.extend(self.inner.matches(&batch).map_err(|error| errors::lake(&error))?);
                }
                Ok(Found { schema: self.inner.schema(), batches })
            })
        })
    }

    /// One value a row: `any`, `count` or `rules`.
    fn answer(&self, py: Python<'_>, data: AnyRecordBatch, answer: &str) -> PyResult<Column> {
        let reader = data.into_reader()?;
        errors::fenced(|| {
            let answer: Answer = answer.parse().map_err(|error| errors::lake(&error))?;
            py.detach(|| {
                let batches = reader
                    .collect::<Result<Vec<RecordBatch>, _>>()
                    .map_err(|error| errors::exception("InputError", error.to_string()))?;
                let inner = self.inner.answer(&batches, answer).map_err(|error| errors::lake(&error))?;
                Ok(Column { inner })
            })
        })
    }

    /// The report's JSON, as things stand.
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let report = py.detach(|| self.inner.report());
        crate::functions::json(py, &report)
    }

    /// The schema of the matches.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.inner.schema().as_ref())?)
    }
}

/// The matches of a batch.
#[pyclass(frozen, module = "sigtrawl._native")]
pub(crate) struct Found {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

#[pymethods]
impl Found {
    /// The number of matches.
    #[getter]
    fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The matches in record batches of a few thousand.
    fn batches(&self) -> Vec<Batch> {
        self.batches.iter().cloned().map(Batch::from).collect()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let batches = self.batches.clone().into_iter().map(Ok);
        let reader: Box<dyn RecordBatchReader + Send> =
            Box::new(RecordBatchIterator::new(batches, Arc::clone(&self.schema)));
        let object = Bound::new(py, PyRecordBatchReader::new(reader))?;
        object.call_method1("__arrow_c_stream__", (requested_schema,))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.schema.as_ref())?)
    }
}

/// A column: one value for each row that was asked about.
#[pyclass(frozen, module = "sigtrawl._native")]
pub(crate) struct Column {
    inner: ArrayRef,
}

#[pymethods]
impl Column {
    fn __len__(&self) -> usize {
        self.inner.len()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let field = Arc::new(Field::new("", self.inner.data_type().clone(), true));
        let array = PyArray::try_new(self.inner.clone(), field)
            .map_err(|error| errors::exception("SigtrawlError", error.to_string()))?;
        let object = Bound::new(py, array)?;
        let made = object.call_method1("__arrow_c_array__", (requested_schema,))?;
        Ok(made.cast_into()?)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, Field::new("", self.inner.data_type().clone(), true))?)
    }
}
