//! The options of a scan, as one JSON object says them (DESIGN.md, "Options towards the core").
//!
//! What concerns the rules (`mappings`, `schema`, `logsource`) is handed on to the core as it stands, for single inputs
//! with what `inputs` says of them; `columns`, `key`, `reader`, `work`, `threads` and `demands` are for this crate. The two are told apart by
//! name and not with `#[serde(flatten)]`, which loses numbers when `serde_json` keeps them at arbitrary precision.
//!
//! Mappings may also come apart from the JSON, as a caller has read them before: those that ship with the package are
//! some 200 KiB, and reading them for each call costs more than matching a few rows.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::demands::Demand;
use crate::engine::{BindOptions, Engine, Mapping};
use crate::error::Error;
use crate::settings::InputSettings;
use crate::store::StoreOptions;

/// How to scan.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// What the core needs to tie rules to a table.
    pub bind: BindOptions,
    /// How files are read that an entry of `inputs` speaks of.
    pub(crate) inputs: Vec<InputSettings>,
    /// What the users' own mappings demand of the inputs.
    pub demands: Vec<Demand>,
    /// Which columns an event carries.
    pub columns: Columns,
    /// Columns that it carries after these, whatever their names, where some input has them.
    pub also: Vec<String>,
    /// Columns that stand in a match in the place of its file, row group and row, for rows that have no number.
    pub key: Option<Vec<String>>,
    /// Settings of object stores, which go before those of the environment.
    pub(crate) store: StoreOptions,
    /// The paths are the files that a table's own list names, so that they are no accident.
    pub listed: bool,
    /// Which reader the match pass goes through.
    pub reader: ReaderChoice,
    /// What is done with the rows.
    pub work: Work,
    /// Worker threads, at most 256 of which are used; `None` takes as many as the machine has processors.
    pub threads: Option<usize>,
    /// Bytes that the scan may take, roughly; the compiled rules and what each thread keeps are reckoned, not measured. `None` is 1 GiB.
    pub memory: Option<u64>,
    /// Whether the report tells what each rule took.
    pub costs: bool,
    /// How matches are found; for tests and measurements, since the answers are the same.
    pub engine: Engine,
    /// Set from another thread, gives up looking through the inputs; no part of the JSON. A scan that has begun is
    /// stopped by closing its stream.
    pub cancel: Arc<AtomicBool>,
}

/// More threads than any machine makes use of here; each of them holds batches of its own.
const MOST_THREADS: usize = 256;

/// What a scan may take where nobody says otherwise.
pub(crate) const DEFAULT_MEMORY: u64 = 1 << 30;
/// Less does not hold the batches of one thread.
const LEAST_MEMORY: u64 = 64 << 20;
/// What a scan holds beside what its threads do: rules and what was made of them, measured with all public ones.
const RULES: u64 = 96 << 20;
/// What a thread takes, its batches, tables and remembered values: with less for each there are fewer threads.
const LEAST_SHARE: u64 = 96 << 20;

/// What one thread may hold at once; what it holds is a small multiple of these.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// Bytes of a batch that is matched.
    pub(crate) batch: usize,
    /// Bytes of a batch of events that is delivered; four of them wait in each lane.
    pub(crate) delivery: usize,
    /// Matches that are held before they are shown, of 8 bytes each.
    pub(crate) held: usize,
}

impl Share {
    fn of(bytes: u64) -> Self {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        Self {
            batch: (bytes / 8).clamp(1 << 20, 64 << 20),
            delivery: (bytes / 64).clamp(256 << 10, 8 << 20),
            held: (bytes / 256).clamp(1 << 14, 1 << 20),
        }
    }
}

/// Which columns of the inputs the `event` of a match carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Columns {
    /// All columns, without those whose name begins with `_` and without partition keys.
    #[default]
    All,
    /// The columns that the rules read, without those whose name begins with `_` and without partition keys.
    Used,
    /// These columns in this order, whatever their names.
    Named(Vec<String>),
}

/// By which reader the columns that rules ask for are read. No result depends on it: the choice is for tests and for
/// measurements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReaderChoice {
    /// Page by page, and only what is asked for.
    #[default]
    Pages,
    /// The Arrow reader of the parquet crate, all columns at once: the slow twin.
    Arrow,
}

/// What a scan does with the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Matches them.
    #[default]
    Match,
    /// Reads the columns that the rules ask for and does nothing with them: the floor that matching is measured against.
    Read,
}

impl ScanOptions {
    /// Reads options from JSON. Fails with `Usage` on an unknown member or a wrong type.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        Self::with_mappings(json, &[])
    }

    /// The same, with mappings that stand before those of the JSON.
    pub fn with_mappings(json: &[u8], known: &[Arc<Mapping>]) -> Result<Self, Error> {
        let members = serde_json::from_slice(json).map_err(|e| Error::usage(format!("wrong scan options: {e}")))?;
        Self::read(members, known).map_err(|e| Error::usage(format!("wrong scan options: {e}")))
    }

    /// Reads mappings from a JSON list of them.
    pub fn read_mappings(json: &[u8]) -> Result<Vec<Arc<Mapping>>, Error> {
        let read: Vec<Mapping> =
            serde_json::from_slice(json).map_err(|e| Error::usage(format!("wrong schema mappings: {e}")))?;
        Ok(read.into_iter().map(Arc::new).collect())
    }

    /// Threads, and the bytes that each of them may hold.
    pub(crate) fn shares(&self) -> Result<(usize, Share), Error> {
        let memory = self.memory.unwrap_or(DEFAULT_MEMORY);
        if memory < LEAST_MEMORY {
            return Err(Error::usage(format!("a memory of {memory} bytes is too little; give 64 MiB or more")));
        }
        let most = usize::try_from(memory.saturating_sub(RULES) / LEAST_SHARE).unwrap_or(usize::MAX);
        let threads = self.thread_count()?.min(most.max(1));
        Ok((threads, Share::of(memory / threads as u64)))
    }

    pub(crate) fn thread_count(&self) -> Result<usize, Error> {
        match self.threads {
            Some(0) => Err(Error::usage("threads is 0; give 1 or more, or leave it out")),
            Some(n) => Ok(n.min(MOST_THREADS)),
            None => Ok(std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS)),
        }
    }

    fn read(mut members: Map<String, Value>, known: &[Arc<Mapping>]) -> Result<Self, String> {
        let columns = match members.remove("columns") {
            None | Some(Value::Null) => Columns::All,
            Some(value) => columns(value)?,
        };
        let engine = match members.remove("engine") {
            None | Some(Value::Null) => Engine::default(),
            Some(Value::String(name)) => Engine::named(&name).ok_or_else(|| format!("there is no engine {name:?}"))?,
            Some(other) => return Err(format!("engine is {other}, which is no text")),
        };
        let memory = member::<Option<u64>>(&mut members, "memory")?;
        let costs = member(&mut members, "costs")?;
        let reader = member(&mut members, "reader")?;
        let work = member(&mut members, "work")?;
        let threads = member(&mut members, "threads")?;
        let also = member(&mut members, "also")?;
        let key = member(&mut members, "key")?;
        let store = member(&mut members, "store")?;
        let listed = member(&mut members, "listed")?;
        let demands = member(&mut members, "demands")?;
        let inputs = members.remove("inputs");
        let mut bind: BindOptions = serde_json::from_value(Value::Object(members)).map_err(|e| e.to_string())?;
        bind.mappings.splice(..0, known.iter().cloned());
        let inputs = match inputs {
            None | Some(Value::Null) => Vec::new(),
            Some(list) => InputSettings::read(list, &bind)?,
        };
        Ok(Self {
            bind,
            inputs,
            demands,
            columns,
            also,
            key,
            store,
            listed,
            reader,
            work,
            threads,
            memory,
            costs,
            engine,
            cancel: Arc::default(),
        })
    }
}

/// Takes a member out and reads it; one that is absent or null is what its type is by default.
fn member<T: DeserializeOwned + Default>(members: &mut Map<String, Value>, name: &str) -> Result<T, String> {
    let given = members.remove(name).filter(|value| !value.is_null());
    given.map_or(Ok(T::default()), |value| serde_json::from_value(value).map_err(|e| format!("{name}: {e}")))
}

fn columns(value: Value) -> Result<Columns, String> {
    match value {
        Value::String(word) if word == "all" => Ok(Columns::All),
        Value::String(word) if word == "used" => Ok(Columns::Used),
        value @ Value::Array(_) => {
            serde_json::from_value(value).map(Columns::Named).map_err(|e| format!("columns: {e}"))
        }
        other => Err(format!("columns is {other}; give \"all\", \"used\" or a list of names")),
    }
}
