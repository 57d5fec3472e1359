//! Evaluating the graph on a batch.
//!
//! First one pass bottom-up over all nodes bounds the number of rows that each can be true in, from the counted slots:
//! for most rules that bound is zero and nothing else happens. The others are narrowed: an AND takes its rarest operand
//! first and stops at the empty set, an OR asks the rows that are still open, a NOT is the plain complement. What looks at
//! values again (regexes, references between columns) is asked last, of the rows that everything else leaves.

use super::bitmap::Bitmap;
use super::references;
use super::scanner::{ColumnState, Scanner};
use super::settle;
use super::signatures::ABSENT;
use crate::bind::{Binding, GraphNode, NodeId};
use crate::column::Leaves;

/// Below this share of the rows, a predicate is asked row by row instead of as a bitmap: making the bitmap visits all.
const SPARSE: usize = 16;

/// Scratch of an evaluation.
#[derive(Debug, Default)]
pub(super) struct Evaluation {
    rows: usize,
    /// At most so many rows can be true, by node.
    bounds: Vec<u32>,
    /// Bitmaps of shared nodes, once they were needed on all rows.
    kept: Vec<Option<Bitmap>>,
    kept_ids: Vec<NodeId>,
    pool: Vec<Bitmap>,
    marks: Vec<bool>,
}

impl Evaluation {
    /// Prepares for a batch.
    pub(super) fn begin(&mut self, rows: usize, binding: &Binding) {
        self.rows = rows;
        self.kept.resize_with(binding.graph.nodes().len(), || None);
        for id in self.kept_ids.drain(..) {
            self.pool.extend(self.kept[id as usize].take());
        }
    }

    /// Bounds all nodes; while keywords are not examined yet they may be true anywhere.
    pub(super) fn bounds(&mut self, binding: &Binding, scanner: &Scanner, keywords_open: bool) {
        let rows = self.rows as u32;
        self.bounds.clear();
        for node in binding.graph.nodes() {
            let bound = match node {
                GraphNode::False => 0,
                GraphNode::Slot { column, slot } => scanner.columns[*column as usize].slot_counts[*slot as usize],
                GraphNode::Present { column } => scanner.columns[*column as usize].present,
                GraphNode::Keyword { .. } if keywords_open => rows,
                // Where no rule with keywords can match, none were examined; their nodes are still there.
                GraphNode::Keyword { slot } => scanner.keywords.slot_counts.get(*slot as usize).copied().unwrap_or(0),
                GraphNode::Reference { reference } => {
                    let reference = &binding.references[*reference as usize];
                    let present = |column: u32| scanner.columns[column as usize].present;
                    present(reference.value).min(present(reference.other))
                }
                GraphNode::And(children) => children.iter().map(|&c| self.bounds[c as usize]).min().unwrap_or(rows),
                GraphNode::Or(children) => {
                    children.iter().fold(0u32, |sum, &c| sum.saturating_add(self.bounds[c as usize])).min(rows)
                }
                GraphNode::True | GraphNode::Not(_) => rows,
            };
            self.bounds.push(bound);
        }
    }

    pub(super) fn bound(&self, node: NodeId) -> u32 {
        self.bounds[node as usize]
    }

    /// Narrows `within` to the rows in which `node` is true; returns whether any is left.
    pub(super) fn eval(
        &mut self,
        binding: &Binding,
        scanner: &Scanner,
        at_hand: &[Leaves],
        node: NodeId,
        within: &mut Bitmap,
    ) -> bool {
        if self.bounds[node as usize] == 0 {
            within.reset(self.rows);
            return false;
        }
        if binding.shared[node as usize] && self.kept[node as usize].is_none() && within.count() * SPARSE > self.rows {
            let mut whole = self.take();
            whole.fill(self.rows);
            self.eval_inner(binding, scanner, at_hand, node, &mut whole);
            self.kept[node as usize] = Some(whole);
            self.kept_ids.push(node);
        }
        if let Some(whole) = &self.kept[node as usize] {
            within.and(whole);
            return !within.is_empty();
        }
        self.eval_inner(binding, scanner, at_hand, node, within);
        !within.is_empty()
    }

    fn eval_inner(
        &mut self,
        binding: &Binding,
        scanner: &Scanner,
        at_hand: &[Leaves],
        node: NodeId,
        within: &mut Bitmap,
    ) {
        match &binding.graph.nodes()[node as usize] {
            GraphNode::False => within.reset(self.rows),
            GraphNode::True => {}
            GraphNode::Slot { column, slot } => {
                self.slot(&scanner.columns[*column as usize], *slot, within);
                if let Some(regex) = binding.bound[*column as usize].matcher.deferred(*slot) {
                    settle::narrow(regex, &at_hand[*column as usize], within);
                }
            }
            GraphNode::Keyword { slot } => self.slot(&scanner.keywords, *slot, within),
            GraphNode::Present { column } => {
                let rows = &scanner.columns[*column as usize].rows;
                within.retain(|row| rows[row] != ABSENT);
            }
            GraphNode::Reference { reference } => {
                references::narrow(&binding.references[*reference as usize], at_hand, within);
            }
            GraphNode::And(children) => self.and(binding, scanner, at_hand, children, within),
            GraphNode::Or(children) => {
                let mut result = self.take();
                result.reset(self.rows);
                let mut open = self.take();
                for &child in cheap_first(children, &binding.costly) {
                    if self.bounds[child as usize] == 0 {
                        continue;
                    }
                    open.copy(within);
                    open.and_not(&result);
                    if self.eval(binding, scanner, at_hand, child, &mut open) {
                        result.or(&open);
                    }
                }
                within.copy(&result);
                self.give(open);
                self.give(result);
            }
            GraphNode::Not(child) => {
                if self.bounds[*child as usize] == 0 {
                    return;
                }
                let mut inner = self.take();
                inner.copy(within);
                if self.eval(binding, scanner, at_hand, *child, &mut inner) {
                    within.and_not(&inner);
                }
                self.give(inner);
            }
        }
    }

    /// The rarest operand first, but none that looks at values again; the others on what it leaves, those last.
    fn and(
        &mut self,
        binding: &Binding,
        scanner: &Scanner,
        at_hand: &[Leaves],
        children: &[NodeId],
        within: &mut Bitmap,
    ) {
        let rank = |child: NodeId| (binding.costly[child as usize], self.bounds[child as usize]);
        let Some(&first) = children.iter().min_by_key(|&&child| rank(child)) else { return };
        if !self.eval(binding, scanner, at_hand, first, within) {
            return;
        }
        for &child in cheap_first(children, &binding.costly) {
            if child != first && !self.eval(binding, scanner, at_hand, child, within) {
                return;
            }
        }
    }

    fn slot(&mut self, state: &ColumnState, slot: u32, within: &mut Bitmap) {
        let (signatures, rows) = (&state.signatures, &state.rows);
        if within.count() * SPARSE < self.rows {
            within.retain(|row| signatures.has(rows[row], slot));
            return;
        }
        // Dense: settle the slot once per distinct signature, then look rows up.
        self.marks.clear();
        self.marks.resize(signatures.len(), false);
        for &signature in &state.distinct {
            self.marks[signature as usize] = signatures.has(signature, slot);
        }
        let marks = &self.marks;
        within.retain(|row| marks[rows[row] as usize]);
    }

    fn take(&mut self) -> Bitmap {
        self.pool.pop().unwrap_or_default()
    }

    fn give(&mut self, bitmap: Bitmap) {
        self.pool.push(bitmap);
    }
}

/// The operands that need no second look at values, then the others.
fn cheap_first<'c>(children: &'c [NodeId], costly: &'c [bool]) -> impl Iterator<Item = &'c NodeId> {
    let of = move |wanted: bool| children.iter().filter(move |child| costly[**child as usize] == wanted);
    of(false).chain(of(true))
}
