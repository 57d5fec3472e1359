//! Where a value comes from: a place in a table, or several places whose texts are put together.
//!
//! Some tables keep apart what a rule takes for one value: a registry key and the name of the value in it. Such a join is
//! made into a column of texts, batch by batch, and from then on is a column like any other.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringBuilder};
use arrow::buffer::NullBuffer;

use super::{ColumnPath, Formatter, Leaves, formatter, leaves};
use crate::error::Error;

/// What answers a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Source {
    Path(ColumnPath),
    Join(Join),
}

/// Places whose texts are put together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Join {
    /// Never empty. One that is null, or an empty text, is left out.
    pub(crate) parts: Vec<ColumnPath>,
    /// The places in `parts`, ascending, of those without which nothing answers. Never empty.
    pub(crate) needed: Vec<usize>,
    /// What stands between them.
    pub(crate) with: String,
}

impl Source {
    /// The top-level column that it is, if it is one as it stands.
    pub(crate) fn flat(&self) -> Option<usize> {
        match self {
            Self::Path(path) if path.steps.is_empty() => Some(path.column),
            _ => None,
        }
    }

    /// The top-level columns that it reads.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        let parts = match self {
            Self::Path(path) => std::slice::from_ref(path),
            Self::Join(join) => join.parts.as_slice(),
        };
        parts.iter().map(|path| path.column)
    }
}

impl Join {
    /// The texts of a batch whose top-level columns are `column`, and for each part how many of its values have no text.
    pub(crate) fn texts<'b>(
        &self,
        rows: usize,
        column: impl Fn(usize) -> &'b ArrayRef,
    ) -> Result<(Leaves, Vec<u64>), Error> {
        let parts = self.parts.iter().map(|path| leaves(column(path.column), path)).collect::<Result<Vec<_>, _>>()?;
        let mut parts: Vec<Part<'_>> = parts.iter().map(Part::new).collect();
        let mut joined = StringBuilder::new();
        let mut text = String::new();
        let others: Vec<usize> = (0..parts.len()).filter(|at| !self.needed.contains(at)).collect();
        for row in 0..rows {
            // What is needed is read first, and nothing else where it is not there.
            if !self.needed.iter().all(|&at| parts[at].read(row)) {
                joined.append_null();
                continue;
            }
            for &at in &others {
                parts[at].read(row);
            }
            text.clear();
            let mut there = parts.iter().map(|part| part.value.as_str()).filter(|value| !value.is_empty());
            text.extend(there.next());
            there.for_each(|value| text.extend([self.with.as_str(), value]));
            joined.append_value(&text);
        }
        let values: ArrayRef = Arc::new(joined.finish());
        let unreadable = parts.iter().map(|part| part.unreadable).collect();
        Ok((Leaves { values, ranges: None, present: None, list: false }, unreadable))
    }
}

/// One column of a join.
struct Part<'a> {
    leaves: &'a Leaves,
    /// `None` where the type has no text form.
    format: Option<Formatter<'a>>,
    nulls: Option<NullBuffer>,
    /// The text that was read last; empty where there was none.
    value: String,
    unreadable: u64,
}

impl<'a> Part<'a> {
    fn new(leaves: &'a Leaves) -> Self {
        Self {
            leaves,
            format: formatter(leaves.values.as_ref()),
            nulls: leaves.values.logical_nulls(),
            value: String::new(),
            unreadable: 0,
        }
    }

    /// Reads the text of the row's first value that is not null; `false` if there is none, or it is empty.
    fn read(&mut self, row: usize) -> bool {
        self.value.clear();
        let valid = |i: &usize| self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*i));
        let Some(first) = self.leaves.range(row).find(valid) else { return false };
        if !self.format.as_ref().is_some_and(|format| format(first, &mut self.value)) {
            self.unreadable += 1;
            self.value.clear();
        }
        !self.value.is_empty()
    }
}
