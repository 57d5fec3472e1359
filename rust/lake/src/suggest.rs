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

/// Edits (insert, delete, replace, swap neighbours) between two texts.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let a: Vec<char> = a.chars().collect();
    // The rows of the table before the present one: the last, and the one before it for swaps.
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let mut edits = (row[j] + usize::from(ca != cb)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                edits = edits.min(before[j - 1] + 1);
            }
            next.push(edits);
        }
        before = std::mem::replace(&mut row, next);
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
        assert_eq!(nearest("scr", ["src", "dst"]), Some("src"));
        assert_eq!(nearest("x", []), None);
    }
}
