//! Sets of rows as bitmaps: two-valued, one bit a row, no third state.

/// A set of rows of one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bitmap {
    words: Vec<u64>,
}

impl Bitmap {
    /// Makes this the empty set of `rows` rows.
    pub(crate) fn reset(&mut self, rows: usize) {
        self.words.clear();
        self.words.resize(rows.div_ceil(64), 0);
    }

    /// Makes this the set of all `rows` rows.
    pub(crate) fn fill(&mut self, rows: usize) {
        self.words.clear();
        self.words.resize(rows.div_ceil(64), u64::MAX);
        if let (Some(last), tail @ 1..) = (self.words.last_mut(), rows % 64) {
            *last = (1 << tail) - 1;
        }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: usize) {
        self.words[row / 64] |= 1 << (row % 64);
    }

    /// Makes this a copy of `other`.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.words.clear();
        self.words.extend_from_slice(&other.words);
    }

    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(crate) fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    pub(crate) fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    pub(crate) fn and_not(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    /// Keeps the rows for which `keep` holds.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        for (at, word) in self.words.iter_mut().enumerate() {
            let mut left = *word;
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                left &= left - 1;
                if !keep(at * 64 + bit) {
                    *word &= !(1 << bit);
                }
            }
        }
    }

    /// The rows, ascending.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros() as usize;
                    left &= left - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_behave_at_word_edges() {
        for rows in [0, 1, 63, 64, 65, 128, 200] {
            let mut all = Bitmap::default();
            all.fill(rows);
            assert_eq!(all.count(), rows);
            assert_eq!(all.rows().collect::<Vec<_>>(), (0..rows).collect::<Vec<_>>());
            let mut odd = all.clone();
            odd.retain(|row| row % 2 == 1);
            assert_eq!(odd.count(), rows / 2);
            let mut even = all.clone();
            even.and_not(&odd);
            even.or(&odd);
            assert_eq!(even, all);
            even.and(&odd);
            assert_eq!(even, odd);
        }
    }
}
