//! The module `sigtrawl._native`: translation between Python and the two crates below, nothing else.
//!
//! Plans, options and reports cross as JSON bytes, data through the Arrow `PyCapsule` interface. The GIL is released
//! wherever work is done. Every failure becomes a class of `sigtrawl.errors`, panics included.

// What Python hands over is extracted into owned values.
#![allow(clippy::needless_pass_by_value)]

mod batch;
mod errors;
mod expression;
mod functions;
mod options;
mod panics;
mod rule_set;
mod scanner;
mod stream;
mod writer;

use pyo3::prelude::*;

/// The compiled core of Sigtrawl.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    panics::install();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<rule_set::RuleSet>()?;
    module.add_class::<options::Mappings>()?;
    module.add_class::<options::Options>()?;
    module.add_class::<stream::MatchStream>()?;
    module.add_class::<batch::Batch>()?;
    module.add_class::<scanner::Scanner>()?;
    module.add_class::<scanner::Found>()?;
    module.add_class::<scanner::Column>()?;
    module.add_class::<writer::Writer>()?;
    module.add_function(wrap_pyfunction!(functions::check_regex, module)?)?;
    module.add_function(wrap_pyfunction!(functions::scan, module)?)?;
    module.add_function(wrap_pyfunction!(functions::match_data, module)?)?;
    module.add_function(wrap_pyfunction!(functions::check, module)?)?;
    module.add_function(wrap_pyfunction!(functions::check_schema, module)?)?;
    module.add_function(wrap_pyfunction!(functions::encode, module)?)?;
    Ok(())
}
