//! Columns: reaching one by a field's name, and the text form in which its values are asked.

mod leaves;
mod path;
mod text;

pub(crate) use leaves::{Leaves, all_leaves, leaves};
pub(crate) use path::ColumnPath;
pub(crate) use text::{Formatter, canonical_number, formatter};
pub use text::{text_form, times};
