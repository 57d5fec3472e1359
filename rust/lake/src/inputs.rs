//! From the paths that a user gives to the files that are read, and a word on everything else.
//!
//! A file that is named is read whatever its suffix. A folder is walked for `*.parquet` and `*.parq`; what else lies in
//! it is not skipped in silence but returned as ignored, with the reason. A glob stands for the files and folders that
//! it matches. The order is that of the arguments and, within one, that of the names, so that two runs over the same
//! folder give the same output; a file that is reached twice is read once.
//!
//! A table format that keeps its own list of live files (Delta, Iceberg, Hudi) is refused: read as plain Parquet it
//! would return rows that were deleted or replaced, and an archive that quietly answers with those is worse than none.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use walkdir::WalkDir;

use crate::error::Error;
use crate::hive::{self, Partition};

/// Suffixes of event files, compared without case.
const SUFFIXES: [&str; 2] = ["parquet", "parq"];

/// What one path turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A file to read.
    File(Source),
    /// Something that is no event file, and why.
    Ignored { name: String, reason: String },
    /// Something that could not be looked at, and why.
    Unreadable { name: String, reason: String },
}

/// A file to read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) partitions: Vec<Partition>,
}

/// Resolves `paths`. An error names the path that stands for nothing, or for a table that is not plain Parquet.
pub(crate) fn find(paths: &[String]) -> Result<Vec<Input>, Error> {
    if paths.is_empty() {
        return Err(Error::input("no input given; name a file, a folder or a glob"));
    }
    let mut finder = Finder::default();
    for path in paths {
        finder.argument(path)?;
    }
    Ok(finder.inputs)
}

#[derive(Default)]
struct Finder {
    inputs: Vec<Input>,
    seen: HashSet<PathBuf>,
}

impl Finder {
    fn argument(&mut self, given: &str) -> Result<(), Error> {
        if let Some((scheme, _)) = given.split_once("://") {
            return Err(Error::input(format!(
                "{given}: {scheme} addresses are not read; copy the files to a local folder and name that"
            )));
        }
        let path = Path::new(given);
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.folder(path, path, given),
            Ok(_) => {
                refuse_table_around(path)?;
                self.file(path, hive::partitions(path));
                Ok(())
            }
            Err(_) if given.contains(['*', '?', '[']) => self.glob(given),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::input(format!("{given}: no such file or folder")))
            }
            Err(error) => Err(Error::input(format!("{given}: {error}"))),
        }
    }

    fn glob(&mut self, pattern: &str) -> Result<(), Error> {
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let entries =
            glob::glob_with(pattern, options).map_err(|e| Error::input(format!("{pattern}: not a valid glob: {e}")))?;
        let any_suffix = names_a_suffix(pattern);
        let mut matched = false;
        for entry in entries {
            matched = true;
            let path = match entry {
                Ok(path) => path,
                Err(error) => {
                    self.unreadable(error.path(), error.error());
                    continue;
                }
            };
            if path.is_dir() {
                if hidden(&path) {
                    self.ignored(&path, "its name begins with _ or .");
                } else {
                    self.folder(&path, Path::new(""), pattern)?;
                }
                continue;
            }
            refuse_table_around(&path)?;
            match unwanted(&path) {
                Some(reason) if !any_suffix || hidden(&path) => self.ignored(&path, reason),
                _ => self.file(&path, hive::partitions(&path)),
            }
        }
        if matched { Ok(()) } else { Err(Error::input(format!("{pattern}: no file or folder matches"))) }
    }

    /// Walks a folder; partition keys are read below `root`.
    fn folder(&mut self, folder: &Path, root: &Path, given: &str) -> Result<(), Error> {
        refuse_table_around(&folder.join("file"))?;
        let before = self.inputs.len();
        let mut walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
        let mut found = false;
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    self.unreadable(&path, &error);
                    continue;
                }
            };
            let path = entry.path();
            if entry.depth() == 0 {
                continue;
            }
            if entry.file_type().is_dir() {
                if hidden(path) {
                    self.ignored(path, "its name begins with _ or .");
                    walk.skip_current_dir();
                } else {
                    refuse_table(path)?;
                }
            } else if let Some(reason) = unwanted(path) {
                self.ignored(path, reason);
            } else {
                found = true;
                let below = path.strip_prefix(root).unwrap_or(path);
                self.file(path, hive::partitions(below));
            }
        }
        if found || self.inputs[before..].iter().any(|i| matches!(i, Input::Unreadable { .. })) {
            return Ok(());
        }
        let others = self.inputs.len() - before;
        Err(Error::input(format!(
            "{given}: no *.parquet or *.parq file in {} ({others} other entries); name files of another suffix one by one",
            folder.display()
        )))
    }

    fn file(&mut self, path: &Path, partitions: Vec<Partition>) {
        let identity = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if self.seen.insert(identity) {
            self.inputs.push(Input::File(Source { path: path.to_owned(), partitions }));
        }
    }

    fn ignored(&mut self, path: &Path, reason: &str) {
        if self.seen.insert(path.to_owned()) {
            self.inputs.push(Input::Ignored { name: path.display().to_string(), reason: reason.to_owned() });
        }
    }

    fn unreadable(&mut self, path: &Path, error: &dyn std::fmt::Display) {
        self.inputs.push(Input::Unreadable { name: path.display().to_string(), reason: error.to_string() });
    }
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['_', '.']))
}

/// Why a file that was found, not named, is no event file.
fn unwanted(path: &Path) -> Option<&'static str> {
    if hidden(path) {
        return Some("its name begins with _ or .");
    }
    let suffix = path.extension().map(OsStr::to_ascii_lowercase);
    let wanted = suffix.is_some_and(|suffix| SUFFIXES.iter().any(|s| suffix == *s));
    (!wanted).then_some("its suffix is not .parquet or .parq")
}

/// Whether a glob spells out a suffix, as `*.dat` does: then the user has named the kind of file.
fn names_a_suffix(pattern: &str) -> bool {
    let last = pattern.rsplit(['/', std::path::MAIN_SEPARATOR]).next();
    last.and_then(|name| name.rsplit_once('.'))
        .is_some_and(|(_, suffix)| !suffix.is_empty() && !suffix.contains(['*', '?', '[', ']']))
}

/// Refuses a file that lies in a table: in the folder of the file, or above it past `key=value` and `data` folders.
fn refuse_table_around(file: &Path) -> Result<(), Error> {
    let mut folder = file.parent();
    while let Some(current) = folder {
        let current = if current.as_os_str().is_empty() { Path::new(".") } else { current };
        refuse_table(current)?;
        let name = match current.components().next_back() {
            Some(Component::Normal(name)) => name.to_string_lossy(),
            _ => break,
        };
        if !hive::is_partition(&name) && name != "data" {
            break;
        }
        folder = current.parent();
    }
    Ok(())
}

fn refuse_table(folder: &Path) -> Result<(), Error> {
    let Some((kind, reader)) = table_format(folder) else {
        return Ok(());
    };
    Err(Error::input(format!(
        "{} is {kind}; reading it as plain Parquet would return deleted rows; {reader}",
        folder.display()
    )))
}

fn table_format(folder: &Path) -> Option<(&'static str, &'static str)> {
    if folder.join("_delta_log").is_dir() {
        return Some((
            "a Delta table",
            "read it with the deltalake package and match the Arrow data, or export a snapshot to a folder",
        ));
    }
    if folder.join(".hoodie").is_dir() {
        return Some(("a Hudi table", "export a snapshot to a folder and scan that"));
    }
    let metadata = fs::read_dir(folder.join("metadata")).ok()?;
    let iceberg =
        metadata.filter_map(Result::ok).any(|entry| entry.file_name().to_string_lossy().ends_with(".metadata.json"));
    iceberg.then_some((
        "an Iceberg table",
        "read it with the pyiceberg package and match the Arrow data, or export a snapshot to a folder",
    ))
}
