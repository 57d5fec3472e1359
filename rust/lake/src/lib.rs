//! Parquet archives and Arrow streams in, matches out.
//!
//! ```text
//! paths ──inputs──▶ files ──footers──▶ tables ──bind──▶ row groups ──threads──▶ matches ──▶ MatchStream ──▶ Writer
//! ```
//!
//! This crate knows files, row groups and threads, and nothing of Sigma: whether a row matches is asked of
//! `sigtrawl-core`. One run:
//!
//! ```no_run
//! use sigtrawl_lake::{Format, RuleSet, ScanOptions, Writer, scan};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let rules = RuleSet::from_json(&std::fs::read("plan.json")?)?;
//! let stream = scan(&rules, &["events/".to_owned()], &ScanOptions::default())?;
//! let mut writer = Writer::create("matches.parquet", Format::Parquet, &stream.schema())?;
//! for batch in stream {
//!     writer.write(&batch?)?;
//! }
//! writer.finish()?;
//! # Ok(())
//! # }
//! ```
//!
//! | module | one idea |
//! |---|---|
//! | `blob`, `store` | the bytes of an input, on the disk or in an object store |
//! | `inputs`, `hive` | what the given paths stand for, and what the names of their folders say |
//! | `file` | one Parquet file: its footer, its columns, a reader over one row group |
//! | `prepare` | every input opened and bound, before the first row is read |
//! | `demands` | whether a user's own mapping fits what was opened |
//! | `drift` | inputs grouped by their columns, and what differs between the groups |
//! | `events`, `shape` | the one type of `event` over all inputs, and bringing a column into it |
//! | `matches` | the columns of a match |
//! | `queue` | work in order, over threads, in bounded memory |
//! | `group` | one row group: match, then read the events of the rows that matched |
//! | `pass`, `pages` | the columns that rules ask for, read and matched: page by page, or by the Arrow reader |
//! | `scanners` | a worker's scratch space for matching |
//! | `stack` | rows in memory, matched and shown |
//! | `memory` | a stream of batches that are already in memory |
//! | `scanner`, `answer` | single batches, on the caller's threads; one value a row |
//! | `heap` | how the memory of pages is kept between pages |
//! | `driver`, `stream` | a scan put together, and what its caller holds |
//! | `tally`, `report` | what was counted, and how it is told |
//! | `encode`, `write` | matches as Parquet, JSON lines and CSV |

mod answer;
mod blob;
mod check;
mod demands;
mod drift;
mod driver;
mod encode;
mod engine;
mod error;
mod events;
mod file;
mod group;
mod heap;
mod hive;
mod inputs;
mod matches;
mod memory;
mod options;
mod pages;
mod pass;
mod prepare;
mod queue;
mod report;
mod scanner;
mod scanners;
mod settings;
mod shape;
mod stack;
mod store;
mod stream;
mod suggest;
mod tally;
mod write;

pub use answer::Answer;
pub use check::{check, check_schema};
pub use demands::Demand;
pub use drift::{Changed, Differing, Group};
pub use driver::scan;
pub use encode::{Format, encode};
pub use error::{Error, ErrorKind};
pub use memory::match_reader;
pub use options::{Columns, ReaderChoice, ScanOptions, Work};
pub use report::{InputReport, InputState, NotEvaluable, Report, RuleCounts, RuleReport, Times};
pub use scanner::BatchScanner;
pub use sigtrawl_core::{BindOptions, Lost, Mapping, RuleSet, State};
pub use stream::{MatchStream, Next, Progress};
pub use write::Writer;
