//! The seam to the matcher: everything that this crate asks of the core.
// Stand-in until the core has landed: rules are `{"title", "condition": index or {"or"/"and"/"not"}}`.
#![allow(missing_docs, clippy::unused_self, clippy::unnecessary_wraps, dead_code)]
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema, TimeUnit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Deserialize)]
pub struct RuleEntry {
    pub id: Option<String>,
    pub title: String,
    pub level: Option<String>,
    pub author: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub path: Option<String>,
    pub condition: Value,
}
#[derive(Debug, Clone, Deserialize)]
pub struct Plan {
    pub rules: Vec<RuleEntry>,
    pub predicates: Vec<Value>,
}
#[derive(Debug, Clone)]
pub struct RuleSet(Arc<Plan>);
impl RuleSet {
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(Self(Arc::new(serde_json::from_slice(json)?)))
    }
    pub fn plan(&self) -> &Plan {
        &self.0
    }
}
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct BindOptions {
    pub mappings: Vec<Value>,
    pub schema: Option<String>,
    pub logsource: Option<Value>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Runs,
    Partial,
    Inert,
    NoLogSource,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
    Branches,
    Filters,
}
#[derive(Debug, Clone, Serialize)]
pub struct RuleBinding {
    pub state: State,
    pub lost: Vec<Lost>,
    pub missing: Vec<String>,
}
pub struct Binding {
    rules: RuleSet,
    states: Vec<RuleBinding>,
    columns: Vec<usize>,
    names: Vec<String>,
    time: Vec<usize>,
}
impl Binding {
    pub fn states(&self) -> &[RuleBinding] {
        &self.states
    }
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }
    pub fn time_columns(&self) -> &[usize] {
        &self.time
    }
    pub fn schema_name(&self) -> Option<&str> {
        Some("fake")
    }
    pub fn schema_reason(&self) -> &'static str {
        "has columns"
    }
    pub fn runs_any(&self) -> bool {
        self.states.iter().any(|s| s.state <= State::Partial)
    }
}

/// Why rules could not be bound to a table.
pub(crate) struct BindFailure {
    pub(crate) unrecognised: bool,
    pub(crate) reason: String,
}

pub(crate) fn bind(rules: &RuleSet, schema: &Schema, _options: &BindOptions) -> Result<Arc<Binding>, BindFailure> {
    if schema.index_of("foreign").is_ok() {
        return Err(BindFailure { unrecognised: true, reason: "no schema recognises this table".to_owned() });
    }
    let plan = rules.plan();
    let mut columns: Vec<usize> = Vec::new();
    let states = plan
        .rules
        .iter()
        .map(|rule| {
            let mut used = Vec::new();
            walk(&rule.condition, &mut used);
            let mut missing = Vec::new();
            let mut good = 0;
            for p in &used {
                let f = plan.predicates[*p]["field"].as_str().unwrap();
                match schema.index_of(f) {
                    Ok(i) => {
                        good += 1;
                        columns.push(i);
                    }
                    Err(_) => missing.push(f.to_owned()),
                }
            }
            let state = match (good, missing.len()) {
                (_, 0) => State::Runs,
                (0, _) => State::Inert,
                _ => State::Partial,
            };
            RuleBinding { state, lost: if state == State::Partial { vec![Lost::Branches] } else { vec![] }, missing }
        })
        .collect();
    columns.sort_unstable();
    columns.dedup();
    let names = columns.iter().map(|i| schema.field(*i).name().clone()).collect();
    let time = ["UtcTime", "Time"].iter().filter_map(|n| schema.index_of(n).ok()).collect();
    Ok(Arc::new(Binding { rules: rules.clone(), states, columns, names, time }))
}
fn walk(node: &Value, out: &mut Vec<usize>) {
    match node {
        Value::Number(n) => out.push(n.as_u64().unwrap() as usize),
        Value::Object(o) => o.values().for_each(|v| walk(v, out)),
        Value::Array(a) => a.iter().for_each(|v| walk(v, out)),
        _ => {}
    }
}
pub struct Scanner {
    binding: Arc<Binding>,
    empty: BTreeMap<String, u64>,
}
impl Scanner {
    pub fn new(binding: Arc<Binding>) -> Self {
        Self { binding, empty: BTreeMap::new() }
    }
    pub fn not_evaluable(&self) -> &BTreeMap<String, u64> {
        &self.empty
    }
    pub fn scan(&mut self, batch: &RecordBatch) -> Result<Vec<(u32, u32)>, String> {
        assert_eq!(batch.num_columns(), self.binding.columns.len());
        let texts: Vec<ArrayRef> = batch.columns().iter().map(|c| cast(c, &DataType::Utf8).unwrap()).collect();
        let plan = self.binding.rules.plan();
        let mut out = Vec::new();
        for row in 0..batch.num_rows() {
            for (r, rule) in plan.rules.iter().enumerate() {
                if self.eval(&rule.condition, plan, &texts, row) {
                    out.push((row as u32, r as u32));
                }
            }
        }
        Ok(out)
    }
    fn eval(&self, node: &Value, plan: &Plan, texts: &[ArrayRef], row: usize) -> bool {
        if let Some(i) = node.as_u64() {
            let p = &plan.predicates[i as usize];
            let field = p["field"].as_str().unwrap();
            let Some(col) = self.binding.names.iter().position(|n| n == field) else {
                return false;
            };
            let array = texts[col].as_string::<i32>();
            if array.is_null(row) {
                return false;
            }
            let value = array.value(row);
            let wanted = p["value"].as_str().unwrap_or("");
            if p["op"] == "contains" && wanted == "panic!" && value.contains("panic!") {
                panic!("asked to");
            }
            return match p["op"].as_str().unwrap() {
                "contains" => value.contains(wanted),
                "endswith" => value.ends_with(wanted),
                "exists" => true,
                _ => value == wanted,
            };
        }
        if let Some(list) = node.get("or") {
            return list.as_array().unwrap().iter().any(|n| self.eval(n, plan, texts, row));
        }
        if let Some(list) = node.get("and") {
            return list.as_array().unwrap().iter().all(|n| self.eval(n, plan, texts, row));
        }
        !self.eval(&node["not"], plan, texts, row)
    }
}

/// The text form of a column, or `None` where its type has none.
pub(crate) fn text_form(array: &dyn Array) -> Option<ArrayRef> {
    cast(array, &DataType::Utf8).ok()
}

/// The instants of a column.
pub(crate) fn times(array: &dyn Array) -> TimestampMicrosecondArray {
    let t = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let cast =
        arrow::compute::cast_with_options(array, &t, &arrow::compute::CastOptions { safe: true, ..Default::default() })
            .unwrap();
    cast.as_primitive::<arrow::datatypes::TimestampMicrosecondType>().clone()
}

pub(crate) fn scan(scanner: &mut Scanner, batch: &RecordBatch) -> Result<Vec<(u32, u32)>, String> {
    scanner.scan(batch)
}
