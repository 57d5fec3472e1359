//! Files of one table whose columns are not the same: which groups there are, and what that does to rules.
//!
//! A lake that grew over years has files from before and after a column was renamed. A rule then runs on one part of it and
//! can never match on the other, and its best state hides that. So inputs are grouped by their columns and the schema that
//! reads them, each group is held against the largest one, and rules whose state is not the same everywhere are named.
//!
//! The order of columns, nullability and notes of the writer make no difference to rules, and none here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use serde::Serialize;

use crate::engine::{Binding, RuleBinding, State};
use crate::prepare::Entry;
use crate::report::{InputReport, RuleCounts};

/// How many files a group names; the others are counted.
const EXAMPLES: usize = 3;

/// Inputs with the same columns, read the same way.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// How many inputs.
    pub files: u64,
    /// The first of them; none for data in memory.
    pub examples: Vec<String>,
    /// Their rows.
    pub rows: u64,
    /// The schema mapping that reads them.
    pub schema: Option<String>,
    /// Why that mapping, or why none of them can be read by any.
    pub schema_reason: Option<String>,
    /// The states of the rules on them.
    pub rules: RuleCounts,
    /// Field that some rule misses here → the column that it most likely means.
    pub near: BTreeMap<String, String>,
    /// Columns that the largest group lacks.
    pub added: Vec<String>,
    /// Columns of the largest group that are not here.
    pub removed: Vec<String>,
    /// Columns that are of another type in the largest group.
    pub changed: Vec<Changed>,
}

/// A column whose type differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its path.
    pub column: String,
    /// Its type in the largest group.
    pub from: String,
    /// Its type here.
    pub to: String,
}

/// A rule whose state is not the same in all groups.
#[derive(Debug, Clone, Serialize)]
pub struct Differing {
    /// The rule's place in the Plan.
    pub rule: usize,
    /// Its state in each group; `None` where no mapping reads the group.
    pub states: Vec<Option<State>>,
}

/// What the inputs have in common and what not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Drift {
    pub(crate) groups: Vec<Group>,
    pub(crate) differing: Vec<Differing>,
}

/// Groups the inputs that could be opened.
pub(crate) fn find(entries: &[Entry]) -> Drift {
    let mut found = Finder::default();
    for entry in entries {
        if let Some(table) = &entry.table {
            found.add(table.schema().fields(), &entry.report, entry.binding.as_ref());
        }
    }
    found.finish()
}

/// The one group of a table that has no file.
pub(crate) fn alone(fields: &Fields, report: &InputReport, binding: &Arc<Binding>) -> Drift {
    let mut found = Finder::default();
    found.add(fields, report, Some(binding));
    found.finish()
}

#[derive(Default)]
struct Finder {
    groups: Vec<Group>,
    fields: Vec<Fields>,
    bindings: Vec<Option<Arc<Binding>>>,
    /// Columns and the way of reading them → group. States are part of it: settings may differ where columns do not.
    known: HashMap<(Fields, Option<String>, Option<String>), Vec<usize>>,
}

impl Finder {
    fn add(&mut self, fields: &Fields, report: &InputReport, binding: Option<&Arc<Binding>>) {
        let reason = report.schema_reason.clone().or_else(|| report.reason.clone());
        let fields = plain(fields);
        let key = (fields.clone(), report.schema.clone(), reason.clone());
        let alike = self.known.entry(key).or_default();
        let same = |group: &&usize| match (&self.bindings[**group], binding) {
            (Some(known), Some(binding)) => Arc::ptr_eq(known, binding) || known.states() == binding.states(),
            (known, binding) => known.is_none() == binding.is_none(),
        };
        let number = match alike.iter().find(same) {
            Some(&number) => number,
            None => {
                let number = self.groups.len();
                alike.push(number);
                self.fields.push(fields);
                self.bindings.push(binding.cloned());
                self.groups.push(Group {
                    files: 0,
                    examples: Vec::new(),
                    rows: 0,
                    schema: report.schema.clone(),
                    schema_reason: reason,
                    rules: report.rules,
                    near: binding.map(|binding| near(binding)).unwrap_or_default(),
                    added: Vec::new(),
                    removed: Vec::new(),
                    changed: Vec::new(),
                });
                number
            }
        };
        let group = &mut self.groups[number];
        group.files += 1;
        group.rows += report.rows;
        if group.examples.len() < EXAMPLES {
            group.examples.extend(report.file.clone());
        }
    }

    fn finish(mut self) -> Drift {
        // Of equally large groups the first is what the others are held against.
        let largest = (0..self.groups.len()).min_by_key(|&number| std::cmp::Reverse(self.groups[number].files));
        if let Some(largest) = largest {
            for (number, group) in self.groups.iter_mut().enumerate() {
                if number != largest {
                    compare(&self.fields[largest], &self.fields[number], "", group);
                }
            }
        }
        let states: Vec<Option<&[RuleBinding]>> =
            self.bindings.iter().map(|binding| binding.as_ref().map(|binding| binding.states())).collect();
        let rules = states.iter().flatten().map(|states| states.len()).max().unwrap_or(0);
        let differing = (0..rules).filter_map(|rule| {
            let states: Vec<Option<State>> =
                states.iter().map(|states| states.and_then(|states| Some(states.get(rule)?.state))).collect();
            let mut there = states.iter().flatten();
            let first = there.next();
            there.any(|state| Some(state) != first).then_some(Differing { rule, states })
        });
        Drift { differing: differing.collect(), groups: self.groups }
    }
}

/// What the rules' missing fields most likely mean on one table.
fn near(binding: &Binding) -> BTreeMap<String, String> {
    let told = binding.states().iter().flat_map(|rule| &rule.near);
    told.map(|(field, column)| (field.clone(), column.clone())).collect()
}

/// Writes into `group` what `here` has other than `base`; members of structs are compared one by one.
fn compare(base: &Fields, here: &Fields, above: &str, group: &mut Group) {
    for field in here {
        let name = format!("{above}{}", field.name());
        match base.iter().find(|known| known.name() == field.name()) {
            None => group.added.push(name),
            Some(known) => match (members(known.data_type()), members(field.data_type())) {
                (Some(base), Some(here)) if shape(known.data_type()) == shape(field.data_type()) => {
                    compare(base, here, &format!("{name}."), group);
                }
                _ if known.data_type() != field.data_type() => group.changed.push(Changed {
                    column: name,
                    from: known.data_type().to_string(),
                    to: field.data_type().to_string(),
                }),
                _ => {}
            },
        }
    }
    let gone = base.iter().filter(|known| here.iter().all(|field| field.name() != known.name()));
    group.removed.extend(gone.map(|known| format!("{above}{}", known.name())));
}

/// The members of a struct, or of the structs in a list.
fn members(data_type: &DataType) -> Option<&Fields> {
    match data_type {
        DataType::Struct(fields) => Some(fields),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            members(item.data_type())
        }
        _ => None,
    }
}

/// The lists around a struct.
fn shape(data_type: &DataType) -> Vec<&'static str> {
    match data_type {
        DataType::List(item) => [vec!["list"], shape(item.data_type())].concat(),
        DataType::LargeList(item) => [vec!["large list"], shape(item.data_type())].concat(),
        DataType::FixedSizeList(item, _) => [vec!["fixed-size list"], shape(item.data_type())].concat(),
        _ => Vec::new(),
    }
}

/// Columns with nothing but what makes a difference to rules: names and types.
fn plain(fields: &Fields) -> Fields {
    let mut out: Vec<FieldRef> =
        fields.iter().map(|field| Arc::new(Field::new(field.name(), plain_type(field.data_type()), true))).collect();
    out.sort_by(|a, b| a.name().cmp(b.name()));
    out.into()
}

fn plain_type(data_type: &DataType) -> DataType {
    let item = |field: &FieldRef| Arc::new(Field::new("item", plain_type(field.data_type()), true));
    match data_type {
        DataType::Struct(fields) => DataType::Struct(plain(fields)),
        DataType::List(field) => DataType::List(item(field)),
        DataType::LargeList(field) => DataType::LargeList(item(field)),
        DataType::FixedSizeList(field, length) => DataType::FixedSizeList(item(field), *length),
        other => other.clone(),
    }
}
