//! How single inputs are read, where the whole call does not say it: `inputs` of the options.
//!
//! An entry names files by a glob, in the sense that the inputs of a scan have: a folder that it matches stands for
//! everything below. The first entry that matches a file says its schema and its log source; what the call itself says
//! goes before both, each for itself. Entries are laid over the call's options once, when those are read, so that to
//! choose for a file is to choose a number.

use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::BindOptions;

/// As globs of inputs are read.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// One entry: which files, and how they are read.
#[derive(Debug, Clone)]
pub(crate) struct InputSettings {
    glob: Pattern,
    /// The call's options, with this entry's in the place of what they leave open.
    pub(crate) bind: BindOptions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    glob: String,
    #[serde(default)]
    schema: Option<String>,
    #[serde(default)]
    logsource: Value,
}

impl InputSettings {
    /// Reads the list of entries and lays each over `call`. The message of a failure names the entry.
    pub(crate) fn read(list: Value, call: &BindOptions) -> Result<Vec<Self>, String> {
        let entries: Vec<Value> = serde_json::from_value(list).map_err(|e| format!("inputs: {e}"))?;
        let read = |(place, value)| Self::entry(value, call).map_err(|e| format!("inputs[{place}]: {e}"));
        (1..).zip(entries).map(read).collect()
    }

    fn entry(value: Value, call: &BindOptions) -> Result<Self, String> {
        let entry: Entry = serde_json::from_value(value).map_err(|e| e.to_string())?;
        let own = json!({"schema": entry.schema, "logsource": entry.logsource});
        let own: BindOptions = serde_json::from_value(own).map_err(|e| e.to_string())?;
        let written = entry.glob.strip_prefix("./").unwrap_or(&entry.glob);
        let trimmed = written.trim_end_matches('/');
        let glob = Pattern::new(if trimmed.is_empty() { written } else { trimmed })
            .map_err(|e| format!("{}: not a valid glob: {e}", entry.glob))?;
        let mut bind = call.clone();
        bind.schema = bind.schema.or(own.schema);
        bind.logsource = bind.logsource.or(own.logsource);
        Ok(Self { glob, bind })
    }

    /// Whether the entry speaks of a file: its glob matches the path as it was found or in full, or a folder above it.
    fn speaks_of(&self, paths: &[PathBuf; 2]) -> bool {
        let steps = paths.iter().flat_map(|path| path.ancestors()).filter(|step| !step.as_os_str().is_empty());
        steps.into_iter().any(|step| self.glob.matches_with(&step.to_string_lossy(), OPTIONS))
    }
}

/// The place of the first entry that speaks of the file at `path`.
pub(crate) fn choose(settings: &[InputSettings], path: &Path) -> Option<usize> {
    if settings.is_empty() {
        return None;
    }
    let found = path.strip_prefix(".").unwrap_or(path).to_owned();
    let paths = [found, in_full(path)];
    settings.iter().position(|entry| entry.speaks_of(&paths))
}

/// The path from the root, without `.` and `..`; links are left as they are written.
fn in_full(path: &Path) -> PathBuf {
    let Ok(absolute) = std::path::absolute(path) else {
        return path.to_owned();
    };
    let mut folded = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                folded.pop();
            }
            Component::CurDir => {}
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(globs: &[&str], path: &str) -> Option<usize> {
        let list = globs.iter().map(|glob| json!({"glob": glob, "schema": "none"})).collect();
        let settings = InputSettings::read(list, &BindOptions::default()).unwrap();
        choose(&settings, Path::new(path))
    }

    #[test]
    fn a_glob_is_read_as_one_of_an_input() {
        for (glob, path, matches) in [
            ("lake/fw/**", "lake/fw/a.parquet", true),
            ("lake/fw/**", "lake/fw/2024/05/a.parquet", true),
            ("lake/fw/**", "lake/fwx/a.parquet", false),
            ("lake/fw", "lake/fw/2024/a.parquet", true),
            ("lake/*", "lake/fw/2024/a.parquet", true),
            ("lake/*.parquet", "lake/fw/a.parquet", false),
            ("**/fw-?.parquet", "lake/x/fw-1.parquet", true),
            ("**/fw-[0-9].parquet", "fw-1.parquet", true),
            ("**/fw-[!0-9].parquet", "fw-1.parquet", false),
            ("./lake/", "./lake/a.parquet", true),
            ("lake/*", "/srv/lake/a.parquet", false),
            ("/srv/lake/**", "/srv/other/../lake/./a.parquet", true),
            ("Lake/*", "lake/a.parquet", false),
        ] {
            assert_eq!(chosen(&[glob], path).is_some(), matches, "{glob} on {path}");
        }
    }

    #[test]
    fn a_relative_path_is_also_matched_in_full() {
        let here = std::env::current_dir().unwrap();
        let glob = format!("{}/lake/**", Pattern::escape(&here.display().to_string()));
        assert_eq!(chosen(&[&glob], "lake/a.parquet"), Some(0));
        assert_eq!(chosen(&[&glob], "other/a.parquet"), None);
    }

    #[test]
    fn the_first_entry_that_matches_is_taken() {
        assert_eq!(chosen(&["x/**", "lake/fw/**", "lake/**"], "lake/fw/a.parquet"), Some(1));
        assert_eq!(chosen(&["x/**", "lake/fw/**", "lake/**"], "lake/a.parquet"), Some(2));
        assert_eq!(chosen(&["x/**"], "lake/a.parquet"), None);
    }

    #[test]
    fn what_the_call_says_goes_before() {
        let list = json!([{"glob": "a", "schema": "none", "logsource": {"product": "zeek"}}]);
        let call: BindOptions = serde_json::from_value(json!({"schema": "windows"})).unwrap();
        let settings = InputSettings::read(list, &call).unwrap();
        assert_eq!(settings[0].bind.schema.as_deref(), Some("windows"));
        assert!(settings[0].bind.logsource.is_some());
    }

    #[test]
    fn a_wrong_entry_is_named() {
        for (list, told) in [
            (json!([{"glob": "a"}, {"glob": "a**b"}]), "inputs[2]: a**b: not a valid glob"),
            (json!([{"glob": "a", "shema": "none"}]), "inputs[1]: unknown field `shema`"),
            (json!([{"schema": "none"}]), "inputs[1]: missing field `glob`"),
            (json!({}), "inputs: invalid type"),
        ] {
            let error = InputSettings::read(list, &BindOptions::default()).unwrap_err();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
