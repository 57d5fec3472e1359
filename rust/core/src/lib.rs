//! Sigma rules, compiled once and matched on Arrow record batches.
//!
//! ```text
//! Plan ──compile──▶ RuleSet ──bind(schema)──▶ Binding ──▶ Scanner ──▶ matches (row × rule)
//! ```
#![allow(missing_docs)]
