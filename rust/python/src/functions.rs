//! The module's functions.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3_arrow::PySchema;
use pyo3_arrow::input::AnyRecordBatch;
use sigtrawl_lake::Report;

use crate::errors;
use crate::options::Given;
use crate::panics::THREADS;
use crate::rule_set::RuleSet;
use crate::stream::{MatchStream, PATIENCE};

/// A report as JSON.
pub(crate) fn json<'py>(py: Python<'py>, report: &Report) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = serde_json::to_vec(report)
        .map_err(|error| errors::exception("SigtrawlError", format!("the report cannot be written: {error}")))?;
    Ok(PyBytes::new(py, &bytes))
}

/// Does work that may take its time on a thread of its own, and looks after signals meanwhile. After an interrupt the
/// thread is told to give up but not waited for: it may hang on a file that does not answer.
fn interruptibly<T: Send + 'static>(
    py: Python<'_>,
    cancel: &AtomicBool,
    work: impl FnOnce() -> Result<T, sigtrawl_lake::Error> + Send + 'static,
) -> PyResult<T> {
    let (sender, receiver) = channel();
    // A receiver may be moved between threads but not shared, which letting go of the GIL asks for.
    let receiver = Mutex::new(receiver);
    let wait = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(PATIENCE);
    thread::Builder::new()
        .name(format!("{THREADS}inputs"))
        .spawn(move || drop(sender.send(catch_unwind(AssertUnwindSafe(work)))))
        .map_err(|error| errors::exception("SigtrawlError", format!("cannot start a thread: {error}")))?;
    loop {
        match py.detach(wait) {
            Ok(Ok(done)) => return done.map_err(|error| errors::lake(&error)),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(errors::exception("SigtrawlError", "internal error: a thread got lost".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Err(interrupt) = py.check_signals() {
                    cancel.store(true, Relaxed);
                    return Err(interrupt);
                }
            }
        }
    }
}

/// Judges a regex: `None`, or what is wrong; a message that begins with `unsupported` names a feature the dialect lacks.
#[pyfunction]
pub(crate) fn check_regex(pattern: &str, flags: &str) -> PyResult<Option<String>> {
    errors::fenced(|| Ok(sigtrawl_core::check_regex(pattern, flags).err()))
}

/// Scans Parquet files.
#[pyfunction]
#[pyo3(name = "scan", signature = (ruleset, paths, options))]
pub(crate) fn scan(py: Python<'_>, ruleset: &RuleSet, paths: Vec<String>, options: Given<'_>) -> PyResult<MatchStream> {
    errors::fenced(|| {
        let options = options.read()?;
        let rules = ruleset.inner.clone();
        let cancel = options.cancel.clone();
        interruptibly(py, &cancel, move || sigtrawl_lake::scan(&rules, &paths, &options)).map(MatchStream::from)
    })
}

/// Matches an Arrow stream or batch in memory.
#[pyfunction]
pub(crate) fn match_data(
    py: Python<'_>,
    ruleset: &RuleSet,
    data: AnyRecordBatch,
    options: Given<'_>,
) -> PyResult<MatchStream> {
    let reader = data.into_reader()?;
    errors::fenced(|| {
        let options = options.read()?;
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
    options: Given<'_>,
) -> PyResult<Bound<'py, PyBytes>> {
    let report = errors::fenced(|| {
        let options = options.read()?;
        let rules = ruleset.inner.clone();
        let cancel = options.cancel.clone();
        interruptibly(py, &cancel, move || sigtrawl_lake::check(&rules, &paths, &options))
    })?;
    json(py, &report)
}

/// Binds rules to one Arrow schema and reports.
#[pyfunction]
pub(crate) fn check_schema<'py>(
    py: Python<'py>,
    ruleset: &RuleSet,
    schema: PySchema,
    options: Given<'_>,
) -> PyResult<Bound<'py, PyBytes>> {
    let report = errors::fenced(|| {
        let options = options.read()?;
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
