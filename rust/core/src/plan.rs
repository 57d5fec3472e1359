//! The Plan: rules lowered to plain data, as the front end hands them over.
//!
//! Its JSON is documented in `DESIGN.md`. The core reads what it evaluates or shows; members that only the front end
//! understands (`waiting`, `load_report`) are carried in the bytes and not interpreted here.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::error::Error;

mod json;

/// The version of the Plan that this crate reads.
pub const PLAN_VERSION: u64 = 1;

/// Rules lowered to plain data.
#[derive(Clone, Debug, Deserialize)]
pub struct Plan {
    format: String,
    version: u64,
    /// Interned predicates; nodes name them by index.
    pub predicates: Vec<Predicate>,
    /// The rules, in the order in which their matches are reported.
    pub rules: Vec<RuleEntry>,
}

/// One rule: what is shown of it, where it applies, and its condition.
#[derive(Clone, Debug, Deserialize)]
pub struct RuleEntry {
    /// The rule's id, if it has one.
    pub id: Option<String>,
    /// The rule's title.
    pub title: String,
    /// `informational` … `critical`, if stated.
    pub level: Option<String>,
    /// The author line: the licence of the community rules asks for it beside each match.
    pub author: Option<String>,
    /// The rule's tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What the rule applies to.
    #[serde(default)]
    pub logsource: LogSource,
    /// The rule's file, as it was named when it was loaded.
    pub path: Option<String>,
    /// The condition.
    pub condition: Node,
}

/// A (product, category, service) triple; an absent attribute is unstated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub struct LogSource {
    /// Such as `windows`; `*` in a schema's route stands for any.
    #[serde(default)]
    pub product: Option<String>,
    /// Such as `process_creation`.
    #[serde(default)]
    pub category: Option<String>,
    /// Such as `security`.
    #[serde(default)]
    pub service: Option<String>,
}

/// A node of a condition.
#[derive(Clone, Debug)]
pub enum Node {
    /// A predicate, by index.
    Leaf(u32),
    /// True if all are; an empty one is true.
    And(Vec<Node>),
    /// True if any is; an empty one is false.
    Or(Vec<Node>),
    /// The complement.
    Not(Box<Node>),
}

/// A test of one field, or of any column where the field is absent (a keyword).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "json::Predicate")]
pub struct Predicate {
    /// The rule's field name; `None` for a keyword.
    pub field: Option<String>,
    /// What is asked of its value.
    pub test: Test,
}

/// What is asked of a value; see the table in `DESIGN.md`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the members are those of the Plan's table
pub enum Test {
    Equals(Text),
    Contains(Text),
    StartsWith(Text),
    EndsWith(Text),
    Like(Text),
    Regex { value: String, flags: String },
    Cidr { value: String },
    Number { cmp: Cmp, value: String },
    Boolean { value: bool },
    Null,
    Exists,
    FieldRef { value: String, how: How, cased: bool },
    TimePart { part: TimePart, cmp: Cmp, value: i64 },
}

/// Text and whether its case counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text {
    /// The literal text, or for `like` the strictly escaped pattern.
    pub value: String,
    /// Whether case counts.
    pub cased: bool,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Cmp {
    Eq,
    Lt,
    Lte,
    Gt,
    Gte,
}

impl Cmp {
    /// Whether `ordering` (of the value against the rule's) satisfies this comparison.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::Lt => ordering.is_lt(),
            Self::Lte => ordering.is_le(),
            Self::Gt => ordering.is_gt(),
            Self::Gte => ordering.is_ge(),
        }
    }
}

/// How a referenced field relates to the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum How {
    Equals,
    Contains,
    StartsWith,
    EndsWith,
}

/// A part of a time, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Plan {
    /// Reads a Plan and checks that every node names a predicate.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        let plan: Self = match serde_json::from_slice(bytes) {
            Ok(plan) => plan,
            Err(e) => {
                // What is no plan, or one of another version, is called that.
                let head: Head = serde_json::from_slice(bytes)
                    .map_err(|e| Error::plan(format!("the plan is no valid JSON: {e}")))?;
                head.check()?;
                return Err(Error::plan(format!("the plan cannot be read: {e}")));
            }
        };
        Head { format: Some(plan.format.as_str().into()), version: Some(plan.version) }.check()?;
        for rule in &plan.rules {
            check_node(&rule.condition, plan.predicates.len()).map_err(|leaf| {
                Error::plan(format!("rule {:?} names predicate {leaf}, which the plan lacks", rule.title))
            })?;
        }
        Ok(plan)
    }
}

/// What tells a Plan from other JSON, and one version from another.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    format: Option<Cow<'a, str>>,
    version: Option<u64>,
}

impl Head<'_> {
    fn check(&self) -> Result<(), Error> {
        if self.format.as_deref() != Some("sigtrawl-plan") {
            return Err(Error::plan("the JSON is no plan: its `format` is not \"sigtrawl-plan\""));
        }
        match self.version {
            Some(PLAN_VERSION) => Ok(()),
            Some(v) => Err(Error::plan(format!(
                "the plan has version {v}, this Sigtrawl reads version {PLAN_VERSION}; compile the rules again"
            ))),
            None => Err(Error::plan("the plan states no version")),
        }
    }
}

fn check_node(node: &Node, predicates: usize) -> Result<(), u32> {
    match node {
        Node::Leaf(leaf) if (*leaf as usize) < predicates => Ok(()),
        Node::Leaf(leaf) => Err(*leaf),
        Node::And(children) | Node::Or(children) => children.iter().try_for_each(|child| check_node(child, predicates)),
        Node::Not(child) => check_node(child, predicates),
    }
}
