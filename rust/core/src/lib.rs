//! Sigma rules, compiled once and matched on Arrow record batches.
//!
//! ```text
//! Plan ──compile──▶ RuleSet ──bind(schema)──▶ Binding ──▶ Scanner ──▶ matches (row × rule)
//! ```
//!
//! * [`plan`]: rules as plain data, and its JSON.
//! * [`RuleSet`]: compiled rules, immutable and shared.
//! * [`Mapping`]: which column answers which field, and which rows are which log source.
//! * [`Binding`]: rules tied to one Arrow schema, with a state for each rule.
//! * [`Scanner`]: scratch that drives a binding over batches.
//!
//! The crate knows Arrow. It knows no Python, opens no files and starts no threads.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{ArrayRef, RecordBatch, StringArray};
//! use sigtrawl_core::{BindOptions, Binding, RuleSet};
//!
//! let plan = br#"{"format": "sigtrawl-plan", "version": 1,
//!     "predicates": [{"field": "Image", "op": "endswith", "value": "\\nc.exe"}],
//!     "rules": [{"title": "netcat", "condition": 0}]}"#;
//! let rules = RuleSet::from_json(plan)?;
//! let images: ArrayRef = Arc::new(StringArray::from(vec![Some(r"C:\NC.EXE"), None, Some("calc.exe")]));
//! let batch = RecordBatch::try_from_iter([("Image", images)])?;
//! let options = BindOptions { schema: Some("none".into()), ..BindOptions::default() };
//! let binding = Arc::new(Binding::new(&rules, &batch.schema(), &options)?);
//! assert_eq!(binding.scanner().scan(&batch)?, vec![(0, 0)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod bind;
mod column;
mod decimal;
mod error;
mod fold;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod mapping;
mod matcher;
mod pattern;
pub mod plan;
mod rule_set;
mod scan;
mod sieve;
mod time;

pub use bind::{BindOptions, Binding, Lost, RuleBinding, State};
pub use column::{EventTimes, TimeColumn, text_form};
pub use error::{Error, ErrorKind};
pub use mapping::{Mapping, has_column};
pub use plan::{LogSource, Plan, RuleEntry};
pub use rule_set::{RuleSet, check_regex};
pub use scan::{Columns, Engine, Judged, RowRule, Scanner};
