//! "Did you mean": the known name that a mistyped one most likely stands for.

/// The name among `known` that is nearest to `name`: the same in another case, or at most a third of it away.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase()), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| distance * 3 <= wanted.chars().count())
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace) between two texts.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_another_case_and_small_slips_only() {
        let known = ["Image", "CommandLine", "EventID"];
        assert_eq!(nearest("commandline", known), Some("CommandLine"));
        assert_eq!(nearest("ComandLine", known), Some("CommandLine"));
        assert_eq!(nearest("EventId", known), Some("EventID"));
        assert_eq!(nearest("Hostname", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
