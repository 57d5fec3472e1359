//! All prefixes (or suffixes) of a text that are in a set, in one binary search.
//!
//! Keys are sorted; each knows its parent, the longest other key that is a proper prefix of it. All keys that lie between
//! the longest matching key and the text itself begin with that key, so the text's predecessor in the order is either a
//! match or has all matches among its ancestors. A hash table by length would probe once per distinct length (about forty
//! for `Image`); a trie costs a cache miss per byte.

use std::cmp::Ordering;

const NONE: u32 = u32::MAX;

/// Which end of the text the keys stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Start,
    Tail,
}

/// A set of keys, each with a number that a lookup reports.
#[derive(Debug)]
pub(crate) struct AffixIndex {
    end: End,
    keys: Vec<Key>,
    /// `first[b]..first[b + 1]` are the keys whose first byte (from the anchored end) is `b`.
    first: Vec<u32>,
}

#[derive(Debug)]
struct Key {
    text: Box<[u8]>,
    parent: u32,
    value: u32,
}

impl AffixIndex {
    /// Builds the index; texts are distinct and not empty.
    pub(crate) fn new(end: End, texts: impl IntoIterator<Item = (String, u32)>) -> Self {
        let mut keys: Vec<Key> = texts
            .into_iter()
            .map(|(text, value)| {
                let mut bytes = text.into_bytes();
                if end == End::Tail {
                    bytes.reverse();
                }
                Key { text: bytes.into_boxed_slice(), parent: NONE, value }
            })
            .collect();
        keys.sort_by(|a, b| a.text.cmp(&b.text));
        let mut open: Vec<u32> = Vec::new();
        for i in 0..keys.len() {
            while let Some(&top) = open.last() {
                if keys[i].text.starts_with(&keys[top as usize].text) {
                    break;
                }
                open.pop();
            }
            keys[i].parent = open.last().copied().unwrap_or(NONE);
            open.push(i as u32);
        }
        let mut first = vec![0u32; 257];
        for key in &keys {
            first[usize::from(key.text[0]) + 1] += 1;
        }
        for b in 0..256 {
            first[b + 1] += first[b];
        }
        Self { end, keys, first }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Calls `found` with the number of each key that `text` begins (or ends) with.
    pub(crate) fn find(&self, text: &[u8], mut found: impl FnMut(u32)) {
        let head = match self.end {
            End::Start => text.first(),
            End::Tail => text.last(),
        };
        let Some(&head) = head else { return };
        let (from, to) = (self.first[usize::from(head)] as usize, self.first[usize::from(head) + 1] as usize);
        let below = self.keys[from..to].partition_point(|key| self.compare(&key.text, text) != Ordering::Greater);
        if below == 0 {
            return;
        }
        let mut at = (from + below - 1) as u32;
        while at != NONE && !self.holds(&self.keys[at as usize].text, text) {
            at = self.keys[at as usize].parent;
        }
        while at != NONE {
            let key = &self.keys[at as usize];
            found(key.value);
            at = key.parent;
        }
    }

    fn compare(&self, key: &[u8], text: &[u8]) -> Ordering {
        match self.end {
            End::Start => key.cmp(text),
            End::Tail => key.iter().cmp(text.iter().rev()),
        }
    }

    fn holds(&self, key: &[u8], text: &[u8]) -> bool {
        match self.end {
            End::Start => text.starts_with(key),
            End::Tail => key.len() <= text.len() && key.iter().eq(text.iter().rev().take(key.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_loop_over_the_keys_finds() {
        let keys = ["a", "ab", "abc", "abd", "b", "ba", "bab", "c:\\", "c:\\w", "é", "zz", "abcabc"];
        let texts =
            ["", "a", "ab", "abca", "abcabcab", "abda", "babab", "c:\\windows", "c", "éa", "zzz", "ac", "b", "aab"];
        for end in [End::Start, End::Tail] {
            let index = AffixIndex::new(end, keys.iter().enumerate().map(|(i, k)| ((*k).to_owned(), i as u32)));
            for text in texts {
                let mut found = Vec::new();
                index.find(text.as_bytes(), |value| found.push(value));
                found.sort_unstable();
                let expected: Vec<u32> = (0..keys.len() as u32)
                    .filter(|&i| match end {
                        End::Start => text.starts_with(keys[i as usize]),
                        End::Tail => text.ends_with(keys[i as usize]),
                    })
                    .collect();
                assert_eq!(found, expected, "{end:?} {text:?}");
            }
        }
    }
}
