//! Conditions in the order in which judging one row is cheapest.
//!
//! Of an AND the operand comes first that is cheap and seldom true, of an OR the one that is cheap and often true; what looks
//! at values again comes last. Operands of an OR that ask the same column are one set: a value that is known has few true
//! predicates, and each is looked up in the set, whatever its size.

use std::collections::BTreeMap;

use super::ColumnSample;
use crate::bind::{Binding, GraphNode, NodeId};
use crate::matcher::Slot;

/// What is asked of a row.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    False,
    True,
    /// Any of these predicates of a column, sorted. Answers are kept under its number.
    AnyOf {
        column: u32,
        slots: Box<[Slot]>,
        number: u32,
    },
    /// A regex, and its number; it is asked only where its predicate is true of the value, if that says anything: then that is
    /// asked under another number.
    Regex {
        column: u32,
        slot: Slot,
        announced: Option<u32>,
        number: u32,
    },
    Present {
        column: u32,
    },
    Keyword {
        slot: Slot,
    },
    Reference {
        reference: u32,
    },
    And(Box<[Condition]>),
    Or(Box<[Condition]>),
    Not(Box<Condition>),
    /// What several conditions share, by its number.
    Shared(u32),
}

/// The conditions of all rules.
#[derive(Debug)]
pub(crate) struct Conditions {
    /// Parallel to `Binding::rules`.
    pub(crate) rules: Vec<Condition>,
    /// What several of them share.
    pub(crate) shared: Vec<Condition>,
}

/// Nanoseconds, roughly: only their proportions matter.
const KNOWN_NS: f64 = 8.0;
const BYTE_NS: f64 = 0.8;
const AGAIN_NS: f64 = 2_000.0;

/// Any of these predicates, or what the regex of the one predicate says.
type Question = (Box<[Slot]>, bool);

struct Maker<'a> {
    binding: &'a Binding,
    columns: &'a [ColumnSample],
    shares: &'a [f64],
    /// What asking a node costs.
    prices: Vec<f64>,
    /// The numbers of shared nodes.
    numbers: BTreeMap<NodeId, u32>,
    shared: Vec<Condition>,
    /// By column: the questions that were numbered.
    questions: Vec<BTreeMap<Question, u32>>,
}

impl Conditions {
    /// `shares` is the share of rows in which each node is true.
    pub(crate) fn new(binding: &Binding, columns: &[ColumnSample], shares: &[f64]) -> Self {
        let mut maker = Maker {
            binding,
            columns,
            shares,
            prices: Vec::new(),
            numbers: BTreeMap::new(),
            shared: Vec::new(),
            questions: vec![BTreeMap::new(); columns.len()],
        };
        maker.price();
        let rules = binding.rules.iter().map(|(_, root)| maker.make(*root)).collect();
        Self { rules, shared: maker.shared }
    }
}

impl Maker<'_> {
    fn price(&mut self) {
        for node in self.binding.graph.nodes() {
            let of = |child: &NodeId| self.prices[*child as usize];
            let price = match node {
                GraphNode::False | GraphNode::True => 0.0,
                GraphNode::Slot { column, slot } => {
                    let text = match &self.columns[*column as usize] {
                        ColumnSample::Text(text) => text.bytes_per_row * BYTE_NS,
                        ColumnSample::Examined(_) => 0.0,
                    };
                    let again = self.binding.bound[*column as usize].matcher.deferred(*slot).is_some();
                    KNOWN_NS + text + if again { AGAIN_NS } else { 0.0 }
                }
                GraphNode::Present { .. } | GraphNode::Keyword { .. } => KNOWN_NS,
                GraphNode::Reference { .. } => AGAIN_NS,
                GraphNode::And(children) | GraphNode::Or(children) => {
                    children.iter().map(of).fold(0.0, f64::max) + KNOWN_NS * children.len() as f64 / 8.0
                }
                GraphNode::Not(child) => of(child),
            };
            self.prices.push(price);
        }
    }

    /// `slots` are sorted.
    fn any_of(&mut self, column: u32, slots: Box<[Slot]>) -> Condition {
        let number = self.number(column, slots.clone(), false);
        Condition::AnyOf { column, slots, number }
    }

    /// The number of a question about a column's values, which equal questions share.
    fn number(&mut self, column: u32, slots: Box<[Slot]>, regex: bool) -> u32 {
        let questions = &mut self.questions[column as usize];
        let next = questions.len() as u32;
        *questions.entry((slots, regex)).or_insert(next)
    }

    fn make(&mut self, node: NodeId) -> Condition {
        if !self.binding.shared[node as usize] {
            return self.make_new(node);
        }
        if let Some(number) = self.numbers.get(&node) {
            return Condition::Shared(*number);
        }
        let made = self.make_new(node);
        self.shared.push(made);
        let number = self.shared.len() as u32 - 1;
        self.numbers.insert(node, number);
        Condition::Shared(number)
    }

    fn make_new(&mut self, node: NodeId) -> Condition {
        let binding = self.binding;
        match &binding.graph.nodes()[node as usize] {
            GraphNode::False => Condition::False,
            GraphNode::True => Condition::True,
            GraphNode::Slot { column, slot } => {
                let matcher = &binding.bound[*column as usize].matcher;
                if matcher.deferred(*slot).is_some() {
                    let announced = matcher.announced(*slot).texts.is_some();
                    let announced = announced.then(|| self.number(*column, Box::new([*slot]), false));
                    let number = self.number(*column, Box::new([*slot]), true);
                    Condition::Regex { column: *column, slot: *slot, announced, number }
                } else {
                    self.any_of(*column, Box::new([*slot]))
                }
            }
            GraphNode::Present { column } => Condition::Present { column: *column },
            GraphNode::Keyword { slot } => Condition::Keyword { slot: *slot },
            GraphNode::Reference { reference } => Condition::Reference { reference: *reference },
            GraphNode::Not(child) => Condition::Not(Box::new(self.make(*child))),
            GraphNode::And(children) => {
                let share = |child: NodeId| self.shares[child as usize];
                let rank = |child: NodeId| self.prices[child as usize] / (1.0 - share(child)).max(1e-6);
                let ordered = ordered(children, rank);
                Condition::And(ordered.into_iter().map(|child| self.make(child)).collect())
            }
            GraphNode::Or(children) => {
                let mut sets: BTreeMap<u32, Vec<Slot>> = BTreeMap::new();
                let mut rest = Vec::new();
                for &child in children {
                    match &binding.graph.nodes()[child as usize] {
                        GraphNode::Slot { column, slot }
                            if binding.bound[*column as usize].matcher.deferred(*slot).is_none() =>
                        {
                            sets.entry(*column).or_default().push(*slot);
                        }
                        _ => rest.push(child),
                    }
                }
                let mut made: Vec<Condition> = sets
                    .into_iter()
                    .map(|(column, mut slots)| {
                        slots.sort_unstable();
                        self.any_of(column, slots.into_boxed_slice())
                    })
                    .collect();
                let rank = |child: NodeId| self.prices[child as usize] / self.shares[child as usize].max(1e-6);
                let rest = ordered(&rest, rank);
                made.extend(rest.into_iter().map(|child| self.make(child)));
                Condition::Or(made.into_boxed_slice())
            }
        }
    }
}

fn ordered(children: &[NodeId], rank: impl Fn(NodeId) -> f64) -> Vec<NodeId> {
    let mut ordered = children.to_vec();
    ordered.sort_by(|a, b| rank(*a).total_cmp(&rank(*b)));
    ordered
}
