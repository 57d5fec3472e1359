//! Which rules can run where, without reading a row.

use arrow::datatypes::Schema;

use crate::demands;
use crate::drift;
use crate::driver;
use crate::engine::{self, RuleSet};
use crate::error::Error;
use crate::options::ScanOptions;
use crate::prepare;
use crate::report::{self, InputState, Report};
use crate::tally::Tally;

/// What a scan of `paths` would do: the same report, with nothing read yet. An input that would be read is `whole`.
///
/// Fails as [`scan`](crate::scan) does, but not where no rule can run: to tell that is what a check is for.
pub fn check(rules: &RuleSet, paths: &[String], options: &ScanOptions) -> Result<Report, Error> {
    let prepared = prepare::prepare(rules, paths, options)?;
    driver::shown(&prepared, options)?;
    let drift = drift::find(&prepared.entries);
    let units = vec![0; prepared.entries.len()];
    let inputs = prepared.entries.into_iter().map(|entry| entry.report).collect();
    Ok(Tally::new(inputs, &units, prepared.rules, drift, 0, 0).report(true))
}

/// The same for a table of this schema, wherever it comes from. Fails with `Schema` if no mapping recognises it.
pub fn check_schema(rules: &RuleSet, schema: &Schema, options: &ScanOptions) -> Result<Report, Error> {
    let binding = engine::bind(rules, schema, &options.bind).map_err(|failure| Error::schema(failure.reason))?;
    demands::check(&options.demands, [(binding.schema_name(), schema)])?;
    let mut input = prepare::blank(None, InputState::Whole);
    prepare::describe(&mut input, &binding);
    let rules = report::best(rules, [binding.states()]);
    let drift = drift::alone(schema.fields(), &input, &binding);
    Ok(Tally::new(vec![input], &[0], rules, drift, 0, 0).report(true))
}
