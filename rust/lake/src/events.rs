//! The one type of `event` over all inputs, and lifting the rows of a table into it.
//!
//! A result has one schema, known before its first row, so that a writer can begin and a caller can plan. It is the
//! union by name of the columns of all inputs, in the order in which they first appear; what differs in type is settled
//! in [`shape`](crate::shape). Which columns belong to it is the user's choice ([`Columns`]).

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, RecordBatch, StructArray, TimestampMicrosecondArray, TimestampMicrosecondBuilder, new_null_array,
};
use arrow::datatypes::{Field, FieldRef, Fields, Schema};

use crate::engine::{self, EventTimes, TimeColumn};
use crate::error::Error;
use crate::options::{Columns, ScanOptions};
use crate::shape;
use crate::suggest;

/// One input as the choice of columns sees it.
pub(crate) struct Offer<'a> {
    pub(crate) schema: &'a Schema,
    /// Columns that rules read here, ascending.
    pub(crate) used: &'a [usize],
    /// Columns that come from the path.
    pub(crate) partitions: Vec<usize>,
}

/// Fixes the members of `event`. Fails with `Usage` on a name that no input has.
pub(crate) fn fix(offers: &[Offer<'_>], columns: &Columns) -> Result<Fields, Error> {
    let mut members = Members::default();
    for offer in offers {
        let mut seen = HashMap::new();
        for (number, field) in offer.schema.fields().iter().enumerate() {
            // Of two columns of one name the first is the one that rules see, too.
            let first = *seen.entry(field.name()).or_insert(number) == number;
            let wanted = match columns {
                Columns::Named(names) => names.contains(field.name()),
                Columns::All => is_event(offer, number),
                Columns::Used => is_event(offer, number) && offer.used.contains(&number),
            };
            if first && wanted {
                members.add(field);
            }
        }
    }
    match columns {
        Columns::Named(names) => members.in_order(names, offers),
        _ => Ok(members.fields.into()),
    }
}

/// The members that [`fix`] gives, and after them the columns of `also` that some input has: whoever asks for more than a
/// caller may see takes the first ones for the caller. A name also stands for the columns that a rule would find by it.
pub(crate) fn fix_with(offers: &[Offer<'_>], columns: &Columns, also: &[String]) -> Result<Fields, Error> {
    let fields = fix(offers, columns)?;
    let mut further: Vec<String> = Vec::new();
    for name in also {
        let found = offers.iter().flat_map(|offer| offer.schema.fields()).map(|field| field.name());
        for column in found.filter(|column| *column == name || written(column).eq(written(name))) {
            if !fields.iter().any(|field| field.name() == column) && !further.contains(column) {
                further.push(column.clone());
            }
        }
    }
    let further = fix(offers, &Columns::Named(further))?;
    Ok(fields.iter().chain(further.iter()).cloned().collect())
}

/// What a match shows of its event.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// The members of `event`.
    pub(crate) event: Fields,
    /// The columns that say which row it is, where the caller has named such.
    pub(crate) key: Option<Fields>,
}

impl Shown {
    /// Fixes what matches show. Fails with `Usage` on a name that no input has, and on a key that cannot stand in a match.
    pub(crate) fn fix(offers: &[Offer<'_>], options: &ScanOptions) -> Result<Self, Error> {
        let event = match offers {
            // Nothing could be opened, so nothing can be said about names; the report tells why.
            [] => Fields::empty(),
            _ => fix_with(offers, &options.columns, &options.also)?,
        };
        let key = options.key.as_deref().map(|names| key(offers, names)).transpose()?;
        Ok(Self { event, key })
    }
}

/// Fixes the columns of a key.
fn key(offers: &[Offer<'_>], names: &[String]) -> Result<Fields, Error> {
    if names.is_empty() {
        return Err(Error::usage("the key names no column; name those that tell one event from another"));
    }
    for (place, name) in names.iter().enumerate() {
        if names[..place].contains(name) {
            return Err(Error::usage(format!("the key names the column {name} twice")));
        }
        if crate::matches::OWN_COLUMNS.contains(&name.as_str()) {
            return Err(Error::usage(format!(
                "the key cannot hold the column {name}, because a match has a column of that name itself; give the events' \
                 column another name, or read it from the event"
            )));
        }
    }
    if offers.is_empty() {
        return Ok(names.iter().map(|name| Field::new(name, arrow::datatypes::DataType::Utf8, true)).collect());
    }
    fix(offers, &Columns::Named(names.to_vec()))
}

/// A name as the specification writes it: without spaces, attributes after an underscore.
fn written(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().filter(|c| *c != ' ').map(|c| if c == '@' { '_' } else { c })
}

fn is_event(offer: &Offer<'_>, column: usize) -> bool {
    !offer.schema.field(column).name().starts_with('_') && !offer.partitions.contains(&column)
}

#[derive(Default)]
struct Members {
    fields: Vec<FieldRef>,
    places: HashMap<String, usize>,
}

impl Members {
    fn add(&mut self, field: &FieldRef) {
        let plain = shape::plain_field(field);
        let Some(place) = self.places.get(field.name()) else {
            self.places.insert(field.name().clone(), self.fields.len());
            self.fields.push(plain);
            return;
        };
        let known = &mut self.fields[*place];
        if known.data_type() != plain.data_type() {
            let data_type = shape::union(known.data_type(), plain.data_type());
            *known = Arc::new(Field::new(field.name(), data_type, true));
        }
    }

    fn in_order(&self, names: &[String], offers: &[Offer<'_>]) -> Result<Fields, Error> {
        let mut fields: Vec<FieldRef> = Vec::with_capacity(names.len());
        for name in names {
            let Some(place) = self.places.get(name) else {
                let known = offers.iter().flat_map(|o| o.schema.fields()).map(|f| f.name().as_str());
                let hint = suggest::nearest(name, known)
                    .map_or_else(|| "give \"all\" to see the names".to_owned(), |near| format!("did you mean {near}?"));
                return Err(Error::usage(format!("no input has a column {name}; {hint}")));
            };
            if !fields.iter().any(|f| f.name() == name) {
                fields.push(self.fields[*place].clone());
            }
        }
        Ok(fields.into())
    }
}

/// How rows of one table become events: made once a table, used for each batch of it.
pub(crate) struct Lift {
    shown: Shown,
    /// Columns of the table to read, ascending.
    columns: Vec<usize>,
    /// For each member of the event, its place in `columns`.
    members: Vec<Option<usize>>,
    /// For each column of the key, its place in `columns`.
    key: Vec<Option<usize>>,
    /// The time columns with the places of their top-level columns in `columns`, in order of preference.
    times: Vec<(TimeColumn, usize)>,
}

/// Rows in the form of the result.
pub(crate) struct Lifted {
    pub(crate) event: StructArray,
    /// The columns of the key; none where there is no key.
    pub(crate) key: Vec<ArrayRef>,
    pub(crate) time: TimestampMicrosecondArray,
    /// Rows whose time columns hold values, none of them a time.
    pub(crate) unreadable_times: u64,
}

impl Lift {
    pub(crate) fn new(schema: &Schema, times: &[TimeColumn], shown: &Shown) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for (number, field) in schema.fields().iter().enumerate() {
            numbers.entry(field.name()).or_insert(number);
        }
        let sources = |fields: &Fields| -> Vec<Option<usize>> {
            fields.iter().map(|f| numbers.get(f.name().as_str()).copied()).collect()
        };
        let (members, key) = (sources(&shown.event), shown.key.as_ref().map(sources).unwrap_or_default());
        let named = members.iter().chain(&key).flatten().copied();
        let mut columns: Vec<usize> = named.chain(times.iter().map(TimeColumn::column)).collect();
        columns.sort_unstable();
        columns.dedup();
        let place = |column: usize| columns.binary_search(&column).ok();
        Self {
            shown: shown.clone(),
            members: members.iter().map(|source| source.and_then(place)).collect(),
            key: key.iter().map(|source| source.and_then(place)).collect(),
            times: times.iter().filter_map(|time| Some((time.clone(), place(time.column())?))).collect(),
            columns,
        }
    }

    /// The table's columns that a batch for [`Lift::lift`] consists of.
    pub(crate) fn columns(&self) -> &[usize] {
        &self.columns
    }

    pub(crate) fn lift(&self, batch: &RecordBatch) -> Result<Lifted, String> {
        let rows = batch.num_rows();
        let brought = |places: &[Option<usize>], fields: &Fields| {
            let one = |(place, field): (&Option<usize>, &FieldRef)| match place {
                None => Ok(new_null_array(field.data_type(), rows)),
                Some(place) => shape::bring(batch.column(*place), field.data_type())
                    .map_err(|e| format!("column {}: {e}", field.name())),
            };
            places.iter().zip(fields).map(one).collect::<Result<Vec<ArrayRef>, String>>()
        };
        let Shown { event: fields, key } = &self.shown;
        let event = if fields.is_empty() {
            StructArray::new_empty_fields(rows, None)
        } else {
            StructArray::try_new(fields.clone(), brought(&self.members, fields)?, None).map_err(|e| e.to_string())?
        };
        let key = key.as_ref().map(|key| brought(&self.key, key)).transpose()?.unwrap_or_default();
        let read: Result<Vec<EventTimes>, String> =
            self.times.iter().map(|(time, place)| engine::times(time, batch.column(*place))).collect();
        let (time, unreadable_times) = first_time(&read?, rows);
        Ok(Lifted { event, key, time, unreadable_times })
    }
}

/// For each row the first time of several columns, and how many rows have values there and no time.
fn first_time(columns: &[EventTimes], rows: usize) -> (TimestampMicrosecondArray, u64) {
    let mut unreadable = 0;
    let mut times = TimestampMicrosecondBuilder::with_capacity(rows);
    for row in 0..rows {
        let time = columns.iter().find(|read| read.times.is_valid(row)).map(|read| read.times.value(row));
        let is_value = |read: &EventTimes| read.present.as_ref().is_none_or(|present| present.is_valid(row));
        unreadable += u64::from(time.is_none() && columns.iter().any(is_value));
        times.append_option(time);
    }
    (times.finish().with_timezone("UTC"), unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::DataType;

    fn schema(columns: &[(&str, DataType)]) -> Schema {
        Schema::new(
            columns.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), false)).collect::<Vec<_>>(),
        )
    }

    fn names(fields: &Fields) -> Vec<&str> {
        fields.iter().map(|f| f.name().as_str()).collect()
    }

    #[test]
    fn the_union_keeps_the_order_of_appearance() {
        let a = schema(&[("x", DataType::Int32), ("_raw", DataType::Utf8), ("p", DataType::Utf8)]);
        let b = schema(&[("y", DataType::LargeUtf8), ("x", DataType::Int64)]);
        let offers = [
            Offer { schema: &a, used: &[0, 2], partitions: vec![2] },
            Offer { schema: &b, used: &[1], partitions: vec![] },
        ];
        let all = fix(&offers, &Columns::All).unwrap();
        assert_eq!(names(&all), ["x", "y"]);
        assert_eq!(all[0].data_type(), &DataType::Int64);
        assert_eq!(all[1].data_type(), &DataType::Utf8);
        assert_eq!(names(&fix(&offers, &Columns::Used).unwrap()), ["x"]);
        let named = Columns::Named(vec!["p".into(), "_raw".into(), "p".into()]);
        assert_eq!(names(&fix(&offers, &named).unwrap()), ["p", "_raw"]);
    }

    #[test]
    fn further_columns_stand_after_those_of_the_caller_where_there_are_such() {
        let a = schema(&[("x", DataType::Int32), ("_raw", DataType::Utf8), ("Provider@Name", DataType::Utf8)]);
        let offers = [Offer { schema: &a, used: &[0], partitions: vec![] }];
        let also: Vec<String> = ["x", "nowhere", "_raw", "Provider_Name"].map(Into::into).into();
        assert_eq!(names(&fix_with(&offers, &Columns::Used, &also).unwrap()), ["x", "_raw", "Provider@Name"]);
    }

    #[test]
    fn an_unknown_name_gets_a_suggestion() {
        let a = schema(&[("CommandLine", DataType::Utf8)]);
        let offers = [Offer { schema: &a, used: &[], partitions: vec![] }];
        let error = fix(&offers, &Columns::Named(vec!["Commandline".into()])).unwrap_err();
        assert_eq!(error.to_string(), "no input has a column Commandline; did you mean CommandLine?");
    }
}
