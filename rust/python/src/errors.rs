//! The one mapping from kinds of errors to Python's exceptions, and the fence that no panic passes.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use sigtrawl_core::ErrorKind as CoreKind;
use sigtrawl_lake::ErrorKind as LakeKind;

use crate::panics::Quiet;

/// A core error as a Python exception.
pub(crate) fn core(error: &sigtrawl_core::Error) -> PyErr {
    let class = match error.kind() {
        CoreKind::Plan | CoreKind::Predicate => "CompiledFileError",
        CoreKind::Schema => "SchemaError",
        _ => "SigtrawlError",
    };
    exception(class, error.to_string())
}

/// A lake error as a Python exception.
pub(crate) fn lake(error: &sigtrawl_lake::Error) -> PyErr {
    let class = match error.kind() {
        LakeKind::Input => "InputError",
        LakeKind::Output => "OutputError",
        LakeKind::Schema => "SchemaError",
        LakeKind::NothingToRun => "NothingToRun",
        LakeKind::Usage => "UsageError",
        _ => "SigtrawlError",
    };
    exception(class, error.to_string())
}

/// An exception of `sigtrawl.errors`, by name.
pub(crate) fn exception(class: &str, message: String) -> PyErr {
    Python::attach(|py| {
        let made = py
            .import("sigtrawl.errors")
            .and_then(|module| module.getattr(class))
            .and_then(|class| class.call1((&message,)));
        match made {
            Ok(value) => PyErr::from_value(value),
            Err(cause) => {
                let error = PyRuntimeError::new_err(message);
                error.set_cause(py, Some(cause));
                error
            }
        }
    })
}

/// Runs `work`; a panic inside becomes an exception that says so.
pub(crate) fn fenced<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    let quiet = Quiet::new();
    let done = catch_unwind(AssertUnwindSafe(work));
    drop(quiet);
    done.unwrap_or_else(|panic| Err(exception("SigtrawlError", panic_message(&*panic))))
}

/// What is told of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("internal error, please report it: {}", text.unwrap_or("no message"))
}
