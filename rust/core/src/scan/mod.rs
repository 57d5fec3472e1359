//! Scanning: batches in, matches out.

mod bitmap;
mod evaluate;
mod references;
mod scanner;
mod settle;
mod signatures;

pub use scanner::{RowRule, Scanner};
