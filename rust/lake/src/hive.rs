//! Hive partitions: columns whose values stand in the names of folders, `year=2026/host=a%20b/…`.
//!
//! Keys and values are percent-decoded, as Spark, DuckDB and polars write them, and every value is text: guessing a
//! number or a date out of `01` would make the type of a column depend on the folders that happen to be there.

use std::path::{Component, Path};

use percent_encoding::percent_decode_str;

/// What Hive and its heirs write for null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// One partition column of one file: its name, and its value or null.
pub(crate) type Partition = (String, Option<String>);

/// The partitions that the folders of `path` name, outermost first; of a key that comes twice the inner one counts.
pub(crate) fn partitions(path: &Path) -> Vec<Partition> {
    let mut found: Vec<Partition> = Vec::new();
    for component in path.parent().into_iter().flat_map(Path::components) {
        let Component::Normal(name) = component else {
            continue;
        };
        if let Some((key, value)) = split(&name.to_string_lossy()) {
            found.retain(|(known, _)| *known != key);
            found.push((key, value));
        }
    }
    found
}

/// Whether a folder's name has the form `key=value`.
pub(crate) fn is_partition(name: &str) -> bool {
    split(name).is_some()
}

fn split(name: &str) -> Option<Partition> {
    let (key, value) = name.split_once('=')?;
    if key.is_empty() {
        return None;
    }
    let value = (value != NULL).then(|| decode(value));
    Some((decode(key), value))
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> Vec<Partition> {
        partitions(Path::new(path))
    }

    #[test]
    fn folders_become_text_columns() {
        let expected = vec![("year".to_owned(), Some("2026".to_owned())), ("a b".to_owned(), Some("x/y=z".to_owned()))];
        assert_eq!(read("lake/year=2026/a%20b=x%2Fy=z/part.parquet"), expected);
    }

    #[test]
    fn null_and_empty_stay_apart() {
        assert_eq!(
            read("k=__HIVE_DEFAULT_PARTITION__/e=/f.parquet"),
            vec![("k".to_owned(), None), ("e".to_owned(), Some(String::new()))]
        );
    }

    #[test]
    fn the_inner_of_two_equal_keys_counts_and_the_file_itself_does_not() {
        assert_eq!(read("k=1/=no/k=2/name=x.parquet"), vec![("k".to_owned(), Some("2".to_owned()))]);
    }
}
