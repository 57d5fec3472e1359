//! From the paths that a user gives to the files that are read, and a word on everything else.
//!
//! A file that is named is read whatever its suffix. A folder is walked for `*.parquet` and `*.parq`; what else lies in
//! it is not skipped in silence but returned as ignored, with the reason. A glob stands for the files and folders that
//! it matches, and `**` at its end for everything below. Folders named `key=value` count wherever they stand in a path
//! as it was written, so that a file has the same columns however it was reached. The order is that of the arguments and, within one, that of the names, so that two runs over the same
//! folder give the same output; a file that is reached twice is read once.
//!
//! A table format that keeps its own list of live files (Delta, Iceberg, Hudi) is refused: read as plain Parquet it
//! would return rows that were deleted or replaced, and an archive that quietly answers with those is worse than none.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use glob::{MatchOptions, Pattern};
use walkdir::WalkDir;

use crate::error::Error;
use crate::hive::{self, Partition};
use crate::options::ScanOptions;
use crate::store::{self, Object, Store, StoreOptions};

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
    /// The object that `path` is the address of; `None` for a local file.
    pub(crate) object: Option<Object>,
}

const HIDDEN: &str = "its name begins with _ or .";
const LOOP: &str = "a link to a folder that it lies in";

/// Resolves `paths`. An error names the path that stands for nothing, or for a table that is not plain Parquet.
pub(crate) fn find(paths: &[String], options: &ScanOptions) -> Result<Vec<Input>, Error> {
    if paths.is_empty() {
        return Err(Error::input("no input given; name a file, a folder or a glob"));
    }
    let mut finder = Finder {
        inputs: Vec::new(),
        seen: HashSet::new(),
        cancel: &options.cancel,
        store_options: &options.store,
        listed: options.listed,
    };
    for path in paths {
        finder.argument(path)?;
    }
    if finder.inputs.iter().all(|input| matches!(input, Input::Ignored { .. })) {
        return Err(Error::input(format!(
            "{}: no *.parquet or *.parq file among what it stands for ({} other entries); name files of another suffix one by one",
            paths.join(", "),
            finder.inputs.len()
        )));
    }
    Ok(finder.inputs)
}

struct Finder<'a> {
    inputs: Vec<Input>,
    seen: HashSet<PathBuf>,
    cancel: &'a AtomicBool,
    store_options: &'a StoreOptions,
    /// Whether the files are those that a table's own list names.
    listed: bool,
}

impl Finder<'_> {
    fn argument(&mut self, given: &str) -> Result<(), Error> {
        if store::is_address(given) {
            return self.address(given);
        }
        let path = Path::new(given);
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.folder(path, given),
            Ok(_) => {
                if !self.listed {
                    refuse_table_around(path)?;
                }
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

    /// What an address of a store stands for: an object, all objects below a folder, or those that a glob matches.
    fn address(&mut self, given: &str) -> Result<(), Error> {
        let told = |reason: String| Error::input(format!("{given}: {reason}"));
        let (store, name) = Store::open(given, self.store_options).map_err(told)?;
        let globbed = name.contains(['*', '[']);
        if !globbed
            && !name.ends_with('/')
            && !name.is_empty()
            && let Some(object) = store.look_up(&name).map_err(told)?
        {
            self.object(object);
            return Ok(());
        }
        if !store.lists() {
            return Err(told(if globbed || name.ends_with('/') || name.is_empty() {
                "a web server does not list its files; name them one by one".to_owned()
            } else {
                "no such file".to_owned()
            }));
        }
        let options =
            MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };
        let pattern = globbed.then(|| Pattern::new(&name)).transpose();
        let pattern = pattern.map_err(|e| told(format!("not a valid glob: {e}")))?;
        // What stands before the first wildcard, up to its last slash.
        let fixed =
            name.find(['*', '[']).map_or(name.as_str(), |at| &name[..name[..at].rfind('/').map_or(0, |at| at + 1)]);
        let listed = store.list(fixed).map_err(told)?;
        let any_suffix = globbed && names_a_suffix(&name);
        let mut found = false;
        for object in listed {
            self.go_on()?;
            refuse_table_of(object.name(), given)?;
            if let Some(pattern) = &pattern
                && !pattern.matches_with(object.name(), options)
                // A glob may match a folder, and then stands for all below it.
                && !folders_of(object.name()).any(|folder| pattern.matches_with(folder, options))
            {
                continue;
            }
            found = true;
            let path = PathBuf::from(object.address());
            let below = object.name().strip_prefix(fixed).unwrap_or(object.name());
            let in_hidden = below.split('/').any(|part| part.starts_with(['_', '.']));
            match unwanted(&path) {
                _ if in_hidden => self.ignored(&path, HIDDEN),
                Some(reason) if !any_suffix => self.ignored(&path, reason),
                _ => self.object(object),
            }
        }
        if found { Ok(()) } else { Err(told("no such object, and none below it".to_owned())) }
    }

    fn object(&mut self, object: Object) {
        let path = PathBuf::from(object.address());
        if self.seen.insert(path.clone()) {
            let partitions = hive::partitions(Path::new(object.name()));
            self.inputs.push(Input::File(Source { path, partitions, object: Some(object) }));
        }
    }

    fn glob(&mut self, pattern: &str) -> Result<(), Error> {
        // The whole is judged first: what is wrong with it is told with its place.
        Pattern::new(pattern).map_err(|e| Error::input(format!("{pattern}: not a valid glob: {e}")))?;
        let parts: Vec<Component<'_>> = Path::new(pattern).components().collect();
        let before = self.inputs.len();
        let mut entries = Vec::new();
        self.expand(Path::new(""), &parts, &mut entries)?;
        // As a walk of the folder would have them.
        if pattern.ends_with(std::path::is_separator) {
            entries.retain(|path| path.is_dir());
        }
        entries.sort();
        entries.dedup();
        let any_suffix = names_a_suffix(pattern);
        let matched = !entries.is_empty();
        for path in entries {
            if path.is_dir() {
                self.folder(&path, pattern)?;
                continue;
            }
            refuse_table_around(&path)?;
            match unwanted(&path) {
                Some(reason) if !any_suffix || hidden(&path) => self.ignored(&path, reason),
                _ => self.file(&path, hive::partitions(&path)),
            }
        }
        if matched || self.inputs.len() > before {
            Ok(())
        } else {
            Err(Error::input(format!("{pattern}: no file or folder matches")))
        }
    }

    /// What the `parts` of a glob stand for below `base`. A name that is no UTF-8 is compared with a replacement
    /// character in the place of each foreign byte, which a wildcard stands for like for any other.
    fn expand(&mut self, base: &Path, parts: &[Component<'_>], found: &mut Vec<PathBuf>) -> Result<(), Error> {
        self.go_on()?;
        let Some((part, rest)) = parts.split_first() else {
            found.push(base.to_owned());
            return Ok(());
        };
        let name = part.as_os_str().to_string_lossy();
        if !name.contains(['*', '?', '[']) {
            let path = base.join(part);
            return if fs::symlink_metadata(&path).is_ok() { self.expand(&path, rest, found) } else { Ok(()) };
        }
        let below = name == "**";
        if below {
            self.expand(base, rest, found)?;
            if rest.is_empty() {
                return Ok(()); // a folder stands for everything below it
            }
        }
        let wanted = Pattern::new(&name).map_err(|e| Error::input(format!("{name}: not a valid glob: {e}")))?;
        let options =
            MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };
        for entry in self.list(base) {
            if !below && !wanted.matches_with(&entry.to_string_lossy(), options) {
                continue;
            }
            let path = base.join(&entry);
            if !below && rest.is_empty() {
                if hidden(&path) {
                    self.ignored(&path, HIDDEN);
                } else {
                    found.push(path);
                }
            } else if path.is_dir() {
                if hidden(&path) && !name.starts_with(['_', '.']) {
                    self.ignored(&path, HIDDEN);
                } else if below && leads_back(&path) {
                    self.ignored(&path, LOOP);
                } else {
                    self.expand(&path, if below { parts } else { rest }, found)?;
                }
            }
        }
        Ok(())
    }

    /// The names in a folder; none, where it is no folder.
    fn list(&mut self, folder: &Path) -> Vec<OsString> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut names = Vec::new();
        match fs::read_dir(folder) {
            Ok(entries) => {
                for entry in entries {
                    match entry {
                        Ok(entry) => names.push(entry.file_name()),
                        Err(error) => self.unreadable(folder, &error),
                    }
                }
            }
            Err(_) if !folder.is_dir() => {}
            Err(error) => self.unreadable(folder, &error),
        }
        names
    }

    fn go_on(&self) -> Result<(), Error> {
        if self.cancel.load(Relaxed) { Err(Error::interrupted()) } else { Ok(()) }
    }

    fn folder(&mut self, folder: &Path, given: &str) -> Result<(), Error> {
        refuse_table_around(&folder.join("file"))?;
        let before = self.inputs.len();
        let mut walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
        let mut found = false;
        while let Some(entry) = walk.next() {
            self.go_on()?;
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(folder);
                    match error.io_error() {
                        _ if error.loop_ancestor().is_some() => self.ignored(path, LOOP),
                        Some(cause) => self.unreadable(path, cause),
                        None => self.unreadable(path, &error),
                    }
                    continue;
                }
            };
            let path = entry.path();
            if entry.depth() == 0 {
                continue;
            }
            if entry.file_type().is_dir() {
                if hidden(path) {
                    self.ignored(path, HIDDEN);
                    walk.skip_current_dir();
                } else {
                    refuse_table(path)?;
                }
            } else if let Some(reason) = unwanted(path) {
                self.ignored(path, reason);
            } else {
                found = true;
                self.file(path, hive::partitions(path));
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
            self.inputs.push(Input::File(Source { path: path.to_owned(), partitions, object: None }));
        }
    }

    fn ignored(&mut self, path: &Path, reason: &str) {
        if self.seen.insert(path.to_owned()) {
            self.inputs.push(Input::Ignored { name: path.display().to_string(), reason: reason.to_owned() });
        }
    }

    fn unreadable(&mut self, path: &Path, error: &dyn std::fmt::Display) {
        if self.seen.insert(path.to_owned()) {
            self.inputs.push(Input::Unreadable { name: path.display().to_string(), reason: error.to_string() });
        }
    }
}

/// The folders that an object lies in, by its name.
fn folders_of(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

/// Refuses an object that lies in the list that a table format keeps.
fn refuse_table_of(name: &str, given: &str) -> Result<(), Error> {
    let kind = if name.contains("_delta_log/") {
        "a Delta table; read it with sigtrawl.delta"
    } else if name.contains(".hoodie/") {
        "a Hudi table; export a snapshot to a folder and scan that"
    } else if name.contains("metadata/") && name.ends_with(".metadata.json") {
        "an Iceberg table; read it with sigtrawl.iceberg"
    } else {
        return Ok(());
    };
    Err(Error::input(format!("{given} holds {kind}: as plain Parquet it would return deleted rows")))
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['_', '.']))
}

/// Whether a folder is a link to one that it lies in.
fn leads_back(path: &Path) -> bool {
    if !path.is_symlink() {
        return false;
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(path), fs::canonicalize(parent)) {
        (Ok(target), Ok(parent)) => parent.starts_with(target),
        _ => true,
    }
}

/// Why a file that was found, not named, is no event file.
fn unwanted(path: &Path) -> Option<&'static str> {
    if hidden(path) {
        return Some(HIDDEN);
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
