//! The module's functions.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3_arrow::PySchema;
use pyo3_arrow::input::AnyRecordBatch;
use sigtrawl_lake::{Report, ScanOptions};

use crate::errors;
use crate::rule_set::RuleSet;
use crate::stream::MatchStream;

/// A report as JSON.
pub(crate) fn json<'py>(py: Python<'py>, report: &Report) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = serde_json::to_vec(report)
        .map_err(|error| errors::exception("SigtrawlError", format!("the report cannot be written: {error}")))?;
    Ok(PyBytes::new(py, &bytes))
}

fn options(bytes: &[u8]) -> PyResult<ScanOptions> {
    ScanOptions::from_json(bytes).map_err(|error| errors::lake(&error))
}

/// Judges a regex: `None`, or what is wrong; a message that begins with `unsupported` names a feature the dialect lacks.
#[pyfunction]
pub(crate) fn check_regex(pattern: &str, flags: &str) -> PyResult<Option<String>> {
    errors::fenced(|| Ok(sigtrawl_core::check_regex(pattern, flags).err()))
}

/// Scans Parquet files.
#[pyfunction]
#[pyo3(name = "scan", signature = (ruleset, paths, options))]
pub(crate) fn scan(py: Python<'_>, ruleset: &RuleSet, paths: Vec<String>, options: &[u8]) -> PyResult<MatchStream> {
    errors::fenced(|| {
        let options = self::options(options)?;
        let stream = py.detach(|| sigtrawl_lake::scan(&ruleset.inner, &paths, &options));
        stream.map(MatchStream::from).map_err(|error| errors::lake(&error))
    })
}

/// Matches an Arrow stream or batch in memory.
#[pyfunction]
pub(crate) fn match_data(
    py: Python<'_>,
    ruleset: &RuleSet,
    data: AnyRecordBatch,
    options: &[u8],
) -> PyResult<MatchStream> {
    let reader = data.into_reader()?;
    errors::fenced(|| {
        let options = self::options(options)?;
        let stream = py.detach(|| sigtrawl_lake::match_reader(&ruleset.inner, reader, &options));
        stream.map(MatchStream::from).map_err(|error| errors::lake(&error))
    })
}

/// Binds rules to Parquet files and reports, reading no rows.
#[pyfunction]
pub(crate) fn check<'py>(
    py: Python<'py>,
    ruleset: &RuleSet,
    paths: Vec<String>,
    options: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let report = errors::fenced(|| {
        let options = self::options(options)?;
        py.detach(|| sigtrawl_lake::check(&ruleset.inner, &paths, &options)).map_err(|error| errors::lake(&error))
    })?;
    json(py, &report)
}

/// Binds rules to one Arrow schema and reports.
#[pyfunction]
pub(crate) fn check_schema<'py>(
    py: Python<'py>,
    ruleset: &RuleSet,
    schema: PySchema,
    options: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let report = errors::fenced(|| {
        let options = self::options(options)?;
        let schema = schema.into_inner();
        py.detach(|| sigtrawl_lake::check_schema(&ruleset.inner, &schema, &options))
            .map_err(|error| errors::lake(&error))
    })?;
    json(py, &report)
}

/// One batch as JSON lines or CSV.
#[pyfunction]
pub(crate) fn encode<'py>(
    py: Python<'py>,
    batch: AnyRecordBatch,
    format: &str,
    header: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let reader = batch.into_reader()?;
    let bytes = errors::fenced(|| {
        let format = format.parse().map_err(|error| errors::lake(&error))?;
        py.detach(|| {
            let mut out = Vec::new();
            for (at, batch) in reader.enumerate() {
                let batch = batch.map_err(|error| errors::exception("InputError", error.to_string()))?;
                let encoded = sigtrawl_lake::encode(&batch, format, header && at == 0);
                out.extend(encoded.map_err(|error| errors::lake(&error))?);
            }
            Ok(out)
        })
    })?;
    Ok(PyBytes::new(py, &bytes))
}
