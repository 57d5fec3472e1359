//! Scanning: batches in, matches out.

mod bitmap;
mod columns;
mod evaluate;
mod references;
mod scanner;
mod settle;
mod signatures;

pub use columns::Columns;
pub use scanner::{RowRule, Scanner};
