//! Scanning: batches in, matches out.

mod bitmap;
mod candidates;
mod columns;
mod evaluate;
mod judging;
mod keywords;
mod lazy;
mod references;
mod sampling;
mod scanner;
mod settle;
mod signatures;

pub use columns::Columns;
pub use scanner::{Engine, Judged, RowRule, Scanner};
