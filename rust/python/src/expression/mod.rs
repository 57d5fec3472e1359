//! The expression of polars: columns in, one value a row out.
//!
//! An expression has to carry everything with it, since polars may send it elsewhere: its arguments hold the rules as a compiled
//! file, and how to read the columns. Both are read once. What was made of them is kept by a digest of theirs that the arguments begin
//! with, so that a call for some thousand rows costs no more than matching them.

mod abi;
mod columns;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, SchemaRef};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Deserialize;
use serde_bytes::ByteBuf;
use sigtrawl_lake::{Answer, BatchScanner};

use crate::options::Given;
use crate::rule_set::RuleSet;
use columns::Column;

/// Rules bound to columns that are kept, the latest used first. A query has a few expressions, and a service a few queries.
const KEPT: usize = 16;

/// What the expression was made with: a pickled dict.
#[derive(Deserialize)]
struct Arguments {
    /// Names the rules and the options, beyond doubt.
    id: String,
    /// What is told of a row.
    answer: String,
    /// A compiled file.
    rules: ByteBuf,
    /// Options of a scan, without the built-in mappings.
    options: ByteBuf,
    /// Whether the built-in mappings go before those of the options.
    builtin: bool,
}

impl Arguments {
    fn read(pickled: &[u8]) -> Result<Self, String> {
        serde_pickle::from_slice(pickled, serde_pickle::DeOptions::new())
            .map_err(|error| format!("the arguments of the expression cannot be read: {error}"))
    }

    fn answer(&self) -> Result<Answer, String> {
        self.answer.parse().map_err(|error: sigtrawl_lake::Error| error.to_string())
    }

    /// Compiles the rules and binds them.
    fn bind(&self, schema: SchemaRef) -> Result<BatchScanner, String> {
        let bound = Python::attach(|py| {
            let revive = py.import("sigtrawl.polars.expression")?.getattr("revive")?;
            let given = (&self.id, PyBytes::new(py, &self.rules), PyBytes::new(py, &self.options), self.builtin);
            let (rules, options): (Bound<'_, RuleSet>, Given<'_>) = revive.call1(given)?.extract()?;
            let (rules, options) = (rules.get().inner.clone(), options.read()?);
            py.detach(|| BatchScanner::new(&rules, schema, &options)).map_err(|error| crate::errors::lake(&error))
        });
        bound.map_err(|error| Python::attach(|py| error.value(py).to_string()))
    }
}

/// The type of the output.
fn output_type(arguments: &[u8]) -> Result<DataType, String> {
    Ok(Arguments::read(arguments)?.answer()?.data_type())
}

/// The output for some rows.
fn evaluate(columns: Vec<Column>, arguments: &[u8]) -> Result<ArrayRef, String> {
    let arguments = Arguments::read(arguments)?;
    let answer = arguments.answer()?;
    let batches = columns::batches(columns)?;
    let scanner = bound(&arguments, &batches.schema)?;
    scanner.answer(&batches.batches, answer).map_err(|error| error.to_string())
}

struct Known {
    id: String,
    schema: SchemaRef,
    scanner: Arc<BatchScanner>,
}

static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

/// A panic while this was held leaves a list that lacks something, and nothing worse.
fn known() -> MutexGuard<'static, Vec<Known>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The rules bound to these columns. Several threads that ask for the first time at once all bind them, and the first one's are kept:
/// one that waited for the others with a lock in hand could keep the GIL from them.
fn bound(arguments: &Arguments, schema: &SchemaRef) -> Result<Arc<BatchScanner>, String> {
    if let Some(scanner) = find(&arguments.id, schema) {
        return Ok(scanner);
    }
    let made = Arc::new(arguments.bind(schema.clone())?);
    if let Some(scanner) = find(&arguments.id, schema) {
        return Ok(scanner);
    }
    let mut known = known();
    known.insert(0, Known { id: arguments.id.clone(), schema: schema.clone(), scanner: made.clone() });
    known.truncate(KEPT);
    Ok(made)
}

fn find(id: &str, schema: &SchemaRef) -> Option<Arc<BatchScanner>> {
    let mut known = known();
    let place = known.iter().position(|entry| entry.id == id && entry.schema == *schema)?;
    let entry = known.remove(place);
    let scanner = entry.scanner.clone();
    known.insert(0, entry);
    Some(scanner)
}
