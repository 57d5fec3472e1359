//! References: comparing two columns of a row.
//!
//! They are rare (five rules of the corpus) and are asked last, of the few rows that the rest of a rule leaves open; so
//! texts are made per row. What a column costs once — its formatter, its nulls — is made once per question.

use arrow::array::Array;
use arrow::buffer::NullBuffer;

use super::bitmap::Bitmap;
use crate::bind::Reference;
use crate::column::{Formatter, Leaves, formatter};
use crate::fold::fold_into;

/// Narrows `within` to the rows where any value of the one column stands in the relation to any value of the other.
pub(super) fn narrow(reference: &Reference, at_hand: &[Leaves], within: &mut Bitmap) {
    let mut value = Side::new(&at_hand[reference.value as usize], reference.cased);
    let mut other = Side::new(&at_hand[reference.other as usize], reference.cased);
    within.retain(|row| {
        other.load(row);
        if other.texts.is_empty() {
            return false;
        }
        value.load(row);
        value.texts.iter().any(|value| other.texts.iter().any(|other| reference.kind.holds(value, other)))
    });
}

/// One column of a comparison, and the texts of the row at hand.
struct Side<'a> {
    leaves: &'a Leaves,
    /// `None` where the type has no text form: then no row has a text.
    format: Option<Formatter<'a>>,
    nulls: Option<NullBuffer>,
    cased: bool,
    text: String,
    texts: Vec<String>,
}

impl<'a> Side<'a> {
    fn new(leaves: &'a Leaves, cased: bool) -> Self {
        Self {
            leaves,
            format: formatter(leaves.values.as_ref()),
            nulls: leaves.values.logical_nulls(),
            cased,
            text: String::new(),
            texts: Vec::new(),
        }
    }

    fn load(&mut self, row: usize) {
        self.texts.clear();
        let Some(format) = &self.format else { return };
        for i in self.leaves.range(row) {
            self.text.clear();
            if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(i)) || !format(i, &mut self.text) {
                continue;
            }
            let mut text = String::new();
            if self.cased {
                text.push_str(&self.text);
            } else {
                fold_into(&self.text, &mut text);
            }
            self.texts.push(text);
        }
    }
}
