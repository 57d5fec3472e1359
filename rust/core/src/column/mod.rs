//! Columns: reaching one by a field's name, and the text form in which its values are asked.

mod join;
mod leaves;
mod path;
mod text;
mod times;

pub(crate) use join::{Join, Source};
pub(crate) use leaves::{Leaves, all_leaves, leaves};
pub(crate) use path::{ColumnPath, Step};
pub use text::text_form;
pub(crate) use text::{Formatter, canonical_number, formatter};
pub(crate) use times::EpochUnit;
pub use times::{EventTimes, TimeColumn};
