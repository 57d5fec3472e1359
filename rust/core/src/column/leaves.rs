//! From a column to its leaf values: through structs, lists and maps, each row keeping the range that is its own.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, MapArray, StructArray, UInt32Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::{cast, is_not_null, nullif, take};
use arrow::datatypes::DataType;

use super::{ColumnPath, Step, formatter};
use crate::error::Error;
use crate::fold::fold_into;

/// Leaf values, and where the column is nested the range of them that belongs to each row.
#[derive(Clone, Debug)]
pub(crate) struct Leaves {
    /// The values; their nulls include those of all parents.
    pub(crate) values: ArrayRef,
    /// `ranges[row]..ranges[row + 1]` of the values are the row's; `None`: one value a row.
    pub(crate) ranges: Option<Vec<u32>>,
    /// Rows that are there; `None`: a row is there if any of its values is not null.
    pub(crate) present: Option<NullBuffer>,
    /// Whether the row's presence is that of a list, which is there even if empty.
    pub(crate) list: bool,
}

/// The leaf values at `path` below the top-level column `array`.
pub(crate) fn leaves(array: &ArrayRef, path: &ColumnPath) -> Result<Leaves, Error> {
    follow(Leaves { values: Arc::clone(array), ranges: None, present: None, list: false }, &path.steps)
}

fn follow(from: Leaves, steps: &[Step]) -> Result<Leaves, Error> {
    let mut at = open(from)?;
    for step in steps {
        at = match step {
            Step::Member(member) => open(descend(at, member)?)?,
            Step::Choose { member, texts } => choose(at, member, texts)?,
        };
    }
    Ok(at)
}

/// All leaf columns below `array`, for keywords: every struct member, list element and map value.
pub(crate) fn all_leaves(array: &ArrayRef) -> Result<Vec<Leaves>, Error> {
    let mut out = Vec::new();
    collect(Leaves { values: Arc::clone(array), ranges: None, present: None, list: false }, &mut out)?;
    Ok(out)
}

fn collect(at: Leaves, out: &mut Vec<Leaves>) -> Result<(), Error> {
    let at = open(at)?;
    match at.values.data_type().clone() {
        DataType::Struct(fields) => {
            fields.iter().try_for_each(|field| collect(descend(at.clone(), field.name())?, out))
        }
        DataType::Map(..) => {
            let map = at.values.as_map();
            let values = Arc::clone(map.values());
            let offsets = usize_offsets(map.offsets());
            collect(expand(&at, values, &offsets, map.nulls())?, out)
        }
        _ => {
            out.push(at);
            Ok(())
        }
    }
}

/// Replaces lists by their elements, as deep as they go.
fn open(mut at: Leaves) -> Result<Leaves, Error> {
    loop {
        let wanted = match at.values.data_type() {
            DataType::List(_) => None,
            DataType::LargeList(item)
            | DataType::FixedSizeList(item, _)
            | DataType::ListView(item)
            | DataType::LargeListView(item) => Some(DataType::List(Arc::clone(item))),
            DataType::RunEndEncoded(_, values) => Some(values.data_type().clone()),
            _ => return Ok(at),
        };
        if let Some(wanted) = wanted {
            at.values =
                cast(&at.values, &wanted).map_err(|e| Error::batch(format!("a nested column cannot be read: {e}")))?;
            continue;
        }
        let list = at.values.as_list::<i32>();
        let outermost = !at.list;
        let present = if outermost { row_nulls(&at, list.nulls()) } else { at.present.clone() };
        let offsets = usize_offsets(list.offsets());
        let mut next = expand(&at, Arc::clone(list.values()), &offsets, list.nulls())?;
        next.present = present;
        next.list = true;
        at = next;
    }
}

/// Presence of rows by the outermost list, where each row has exactly one.
fn row_nulls(at: &Leaves, nulls: Option<&NullBuffer>) -> Option<NullBuffer> {
    match &at.ranges {
        None => Some(nulls.cloned().unwrap_or_else(|| NullBuffer::new_valid(at.values.len()))),
        Some(_) => None,
    }
}

/// Follows a member of a struct or a key of a map.
fn descend(at: Leaves, member: &str) -> Result<Leaves, Error> {
    match at.values.data_type() {
        DataType::Struct(_) => {
            let parent: &StructArray = at.values.as_struct();
            let child = parent
                .column_by_name(member)
                .ok_or_else(|| Error::batch(format!("the column has no member {member:?} in this batch")))?;
            let values = mask(child, parent.nulls())?;
            Ok(Leaves { values, ranges: at.ranges, present: None, list: false })
        }
        DataType::Map(..) => {
            let map: &MapArray = at.values.as_map();
            let keys =
                cast(map.keys(), &DataType::Utf8).map_err(|e| Error::batch(format!("map keys are no text: {e}")))?;
            let keys = keys.as_string::<i32>();
            let others: BooleanArray = keys.iter().map(|key| Some(key != Some(member))).collect();
            let values = nullif(map.values(), &others).map_err(|e| Error::batch(e.to_string()))?;
            let offsets = usize_offsets(map.offsets());
            expand(&at, values, &offsets, map.nulls())
        }
        other => Err(Error::batch(format!("the column has type {other}, which has no member {member:?}"))),
    }
}

/// Makes null what is not chosen: elements of which no value of the member has one of the texts, ignoring case.
fn choose(at: Leaves, member: &[Step], texts: &[String]) -> Result<Leaves, Error> {
    let DataType::Struct(fields) = at.values.data_type() else {
        return Err(Error::batch(format!(
            "the column has elements of type {}, which no member chooses",
            at.values.data_type()
        )));
    };
    let alone = Leaves { values: Arc::clone(&at.values), ranges: None, present: None, list: false };
    let asked = follow(alone, member)?;
    let nulls = asked.values.logical_nulls();
    let format = formatter(asked.values.as_ref());
    let (mut text, mut folded) = (String::new(), String::new());
    let mut is_chosen = |value: usize| {
        let Some(format) = &format else { return false };
        text.clear();
        folded.clear();
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(value)) || !format(value, &mut text) {
            return false;
        }
        fold_into(&text, &mut folded);
        texts.contains(&folded)
    };
    let chosen: BooleanBuffer = (0..at.values.len()).map(|element| asked.range(element).any(&mut is_chosen)).collect();
    let parent = at.values.as_struct();
    let nulls = NullBuffer::union(parent.nulls(), Some(&NullBuffer::new(chosen)));
    let values = StructArray::try_new(fields.clone(), parent.columns().to_vec(), nulls)
        .map_err(|e| Error::batch(format!("the elements of a list cannot be chosen: {e}")))?;
    Ok(Leaves { values: Arc::new(values), ranges: at.ranges, present: None, list: false })
}

/// Replaces each value of `at` by its range of `child`; what a null value spans is left out.
fn expand(at: &Leaves, child: ArrayRef, offsets: &[usize], nulls: Option<&NullBuffer>) -> Result<Leaves, Error> {
    let spans_nothing =
        nulls.is_none_or(|nulls| (0..nulls.len()).all(|i| nulls.is_valid(i) || offsets[i] == offsets[i + 1]));
    let (values, starts): (ArrayRef, Vec<u32>) = if spans_nothing && offsets.first() == Some(&0) {
        (child, offsets.iter().map(|&o| o as u32).collect())
    } else {
        let mut kept = Vec::new();
        let mut starts = vec![0u32];
        for i in 0..offsets.len() - 1 {
            if nulls.is_none_or(|nulls| nulls.is_valid(i)) {
                kept.extend(offsets[i] as u32..offsets[i + 1] as u32);
            }
            starts.push(kept.len() as u32);
        }
        let values = take(&child, &UInt32Array::from(kept), None).map_err(|e| Error::batch(e.to_string()))?;
        (values, starts)
    };
    let ranges = match &at.ranges {
        None => starts,
        Some(rows) => rows.iter().map(|&value| starts[value as usize]).collect(),
    };
    Ok(Leaves { values, ranges: Some(ranges), present: at.present.clone(), list: at.list })
}

/// `child` with the parent's nulls added.
fn mask(child: &ArrayRef, parent: Option<&NullBuffer>) -> Result<ArrayRef, Error> {
    match parent {
        Some(nulls) if nulls.null_count() > 0 => {
            let absent = BooleanArray::new(!nulls.inner(), None);
            if matches!(child.data_type(), DataType::Null) {
                return Ok(Arc::clone(child));
            }
            nullif(child, &absent).map_err(|e| Error::batch(e.to_string()))
        }
        _ => Ok(Arc::clone(child)),
    }
}

fn usize_offsets(offsets: &[i32]) -> Vec<usize> {
    offsets.iter().map(|&o| usize::try_from(o).unwrap_or(0)).collect()
}

impl Leaves {
    /// For each row whether it is there: not null, or for what lies below a list, some element not null.
    pub(crate) fn row_presence(&self, rows: usize) -> Result<Vec<bool>, Error> {
        if let (Some(present), true) = (&self.present, self.list) {
            return Ok((0..rows).map(|row| present.is_valid(row)).collect());
        }
        let there = is_not_null(&self.values).map_err(|e| Error::batch(e.to_string()))?;
        let logical = self.values.logical_nulls();
        let value = |i: usize| there.value(i) && logical.as_ref().is_none_or(|nulls| nulls.is_valid(i));
        Ok(match &self.ranges {
            None => (0..rows).map(value).collect(),
            Some(ranges) => (0..rows).map(|row| (ranges[row] as usize..ranges[row + 1] as usize).any(value)).collect(),
        })
    }

    /// The range of values that is the row's.
    pub(crate) fn range(&self, row: usize) -> std::ops::Range<usize> {
        match &self.ranges {
            None => row..row + 1,
            Some(ranges) => ranges[row] as usize..ranges[row + 1] as usize,
        }
    }
}
