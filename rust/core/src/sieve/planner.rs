//! The plan of a sieve: for each column whether it is searched, for which needles, and which of them count as short.
//!
//! Searching costs by the byte, and the more so the shorter the shortest needle is; judging costs by the candidate. So the
//! columns are gone through one by one, the heaviest first, and for each the length is chosen at which the sum is least.

use super::anchors::Chooser;
use super::grams::{Needle, WINDOW, step_of};
use super::sample::{self, ColumnSample, TextSample};
use super::{KeywordSample, shorts};
use crate::bind::{Binding, GraphNode, NodeId};
use crate::matcher::{Kind, Slot};

/// What judging a candidate costs, in nanoseconds, needed only to weigh it against searching: the corpus is planned the same way with
/// twice as many.
const CANDIDATE_NS: f64 = 60.0;
/// What a needle more in a search costs, in candidates per row: survivors that are compared for nothing.
const NEEDLE: f64 = 2e-6;
/// The same for a short one, of which a search takes few.
const SHORT_NEEDLE: f64 = 2e-4;
/// What short needles may be made to cost where they are too many; at the last cost none of them is an anchor any more.
const SHORT_NEEDLES: [f64; 4] = [SHORT_NEEDLE, 5e-3, 0.1, 1.0];
/// The share of rows in which two columns are taken to be equal.
const EQUAL: f64 = 0.1;

/// Nanoseconds to search a byte, by step.
fn search_ns(step: usize) -> f64 {
    match step {
        0 => 0.0,
        1 => 0.8,
        2 => 0.45,
        4 => 0.28,
        8 => 0.16,
        _ => 0.1,
    }
}

/// The lengths at which needles may be told into short ones and others: each allows the others a wider step. At the last there
/// are no others: a few needles are cheapest looked for as vectors whatever their length.
const SPLITS: [usize; 6] = [WINDOW, 5, 7, 11, 19, ALL_SHORT];
const ALL_SHORT: usize = u32::MAX as usize;

/// What announces a predicate of a column that is searched.
#[derive(Debug)]
pub(super) struct Wanted {
    /// `None`: no needles do.
    needles: Option<Needles>,
    /// The share of rows with the run that does.
    run: Option<f64>,
}

#[derive(Debug, Default)]
struct Needles {
    /// The sum of their shares.
    share: f64,
    count: usize,
    /// By place in [`SPLITS`]: those that are shorter.
    shorter: [usize; SPLITS.len()],
}

impl Wanted {
    fn of(binding: &Binding, column: usize, slot: Slot, text: &TextSample) -> Self {
        let needles = sample::needles(&binding.bound[column].matcher, slot).map(|needles| {
            let mut sum = Needles::default();
            for needle in &needles {
                sum.share += text.share(needle);
                sum.count += 1;
                for (shorter, split) in sum.shorter.iter_mut().zip(SPLITS) {
                    *shorter += usize::from(needle.text.len() < split);
                }
            }
            sum
        });
        Self { needles, run: text.run_share(slot) }
    }

    /// Whether the run is better looked for than the needles.
    pub(super) fn by_run(&self) -> bool {
        match (&self.needles, self.run) {
            (None, run) => run.is_some(),
            (Some(_), None) => false,
            (Some(needles), Some(run)) => run < needles.share,
        }
    }
}

/// Chooses how to look for rules.
pub(super) struct Planner<'a> {
    pub(super) binding: &'a Binding,
    pub(super) columns: &'a [ColumnSample],
    pub(super) keywords: Option<&'a KeywordSample>,
    /// By node: the one column that all leaves below it ask.
    pub(super) alone: Vec<Option<u32>>,
    /// By node: the share of rows in which it is true.
    pub(super) shares: Vec<f64>,
    /// By column and slot: what looking for it takes, where the column is searched.
    pub(super) wanted: Vec<Vec<Wanted>>,
    /// By column: needles of fewer bytes are short ones. `usize::MAX`: the column is not searched.
    pub(super) splits: Vec<usize>,
    /// By column: what a short needle costs; it rises until they are few enough.
    short: Vec<f64>,
    /// The anchors, as splits and prices are now.
    pub(super) chooser: Chooser<'a>,
    /// By column: what hangs on how it is searched.
    reaches: Vec<Reach>,
}

/// What hangs on how a column is searched.
#[derive(Debug, Default)]
struct Reach {
    /// Its leaves.
    leaves: Vec<NodeId>,
    /// Its leaves and all nodes above them, ascending.
    nodes: Vec<NodeId>,
    /// The rules among them.
    roots: Vec<NodeId>,
}

impl<'a> Planner<'a> {
    /// Nothing is planned yet; `columns` is parallel to `binding.bound`.
    pub(super) fn new(binding: &'a Binding, columns: &'a [ColumnSample], keywords: Option<&'a KeywordSample>) -> Self {
        let alone = alone(binding);
        let mut wanted = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            let slots = 0..binding.bound[at].matcher.slots() as Slot;
            wanted.push(match column {
                ColumnSample::Text(text) => slots.map(|slot| Wanted::of(binding, at, slot, text)).collect(),
                ColumnSample::Examined(_) => Vec::new(),
            });
        }
        let shares = shares(binding, columns, &alone, &wanted);
        let splits = vec![WINDOW; columns.len()];
        let short = vec![SHORT_NEEDLE; columns.len()];
        let reaches = (0..).zip(columns).map(|(at, column)| match column {
            ColumnSample::Text(_) => Reach::of(binding, at),
            ColumnSample::Examined(_) => Reach::default(),
        });
        let (reaches, chooser) = (reaches.collect(), Chooser::default());
        let mut planner = Self { binding, columns, keywords, alone, shares, wanted, splits, short, chooser, reaches };
        planner.chooser = Chooser::new(binding.graph.nodes(), |node| planner.direct(node));
        planner
    }

    /// Searches a column with this split, short needles at this price.
    fn set(&mut self, column: usize, split: usize, short: f64) {
        (self.splits[column], self.short[column]) = (split, short);
        let mut chooser = std::mem::take(&mut self.chooser);
        chooser.update(self.reaches[column].leaves.iter().copied(), |node| self.direct(node));
        self.chooser = chooser;
    }

    /// Has fewer short needles in a column: at a higher price, or, where that does not help, without a search.
    pub(super) fn fewer_short_needles(&mut self, column: usize) {
        if self.short[column] < 1.0 {
            self.set(column, self.splits[column], self.short[column] * 4.0);
        } else {
            self.set(column, usize::MAX, self.short[column]);
        }
    }

    /// What a node costs as an anchor itself.
    fn direct(&self, node: NodeId) -> Option<f64> {
        let nodes = self.binding.graph.nodes();
        match &nodes[node as usize] {
            GraphNode::Keyword { slot } => self.keywords?.share(*slot),
            GraphNode::Reference { reference } => {
                let reference = &self.binding.references[*reference as usize];
                (reference.kind == Kind::Equals).then_some(EQUAL)
            }
            other => {
                let column = self.alone[node as usize]?;
                match (&self.columns[column as usize], other) {
                    (ColumnSample::Examined(_), _) => Some(self.shares[node as usize]),
                    (ColumnSample::Text(_), GraphNode::Slot { slot, .. }) => self.searched(column, *slot),
                    _ => None,
                }
            }
        }
    }

    /// The place in [`SPLITS`] of a column's split; `None` if the column is not searched.
    fn split_at(&self, column: usize) -> Option<usize> {
        SPLITS.iter().position(|split| *split == self.splits[column])
    }

    fn searched(&self, column: u32, slot: Slot) -> Option<f64> {
        let column = column as usize;
        let wanted = &self.wanted[column][slot as usize];
        let texts = match (&wanted.needles, self.split_at(column)) {
            (_, None) => return None,
            (None, _) => None,
            (Some(needles), Some(split)) => {
                let short = needles.shorter[split];
                Some(needles.share + short as f64 * self.short[column] + (needles.count - short) as f64 * NEEDLE)
            }
        };
        match (texts, wanted.run) {
            (Some(texts), Some(run)) => Some(texts.min(run)),
            (texts, run) => texts.or(run),
        }
    }

    /// What a column takes with the anchors that are chosen now, in nanoseconds a row: searching it, and judging all that hangs on how
    /// that is done, and whether any needle is a short one; `None` if too many are.
    fn total(&self, column: usize, text: &TextSample) -> Option<(f64, bool)> {
        let reach = &self.reaches[column];
        let mut judging: f64 = reach.roots.iter().map(|root| self.chooser.cost(*root)).sum();
        let Some(split) = self.split_at(column) else { return Some((judging * CANDIDATE_NS, false)) };
        let mut short = Vec::new();
        if self.any_short(column, split) {
            // What short needles are made to cost only steers the choice.
            let dear = self.short[column] - SHORT_NEEDLE;
            self.chooser.uses(&reach.roots, &reach.nodes, |anchor, uses| {
                let needles = self.short_needles(anchor, column);
                judging -= dear * needles.len() as f64 * f64::from(uses);
                short.extend(needles);
            });
            short.sort_unstable();
            short.dedup();
        }
        let step = if self.splits[column] == ALL_SHORT { 0 } else { step_of(self.splits[column]) };
        let searching = shorts::nanoseconds(&short, &text.windows)? + search_ns(step);
        Some((judging * CANDIDATE_NS + text.bytes_per_row * searching, !short.is_empty()))
    }

    /// Whether a column has any short needle at a split, anchors or not.
    fn any_short(&self, column: usize, split: usize) -> bool {
        let mut all = self.wanted[column].iter().filter_map(|wanted| wanted.needles.as_ref());
        all.any(|needles| needles.shorter[split] > 0)
    }

    /// The short needles of an anchor in this column.
    fn short_needles(&self, anchor: NodeId, column: usize) -> Vec<Needle> {
        let mut needles = Vec::new();
        if let GraphNode::Slot { column: at, slot } = &self.binding.graph.nodes()[anchor as usize]
            && *at as usize == column
            && let Some(split) = self.split_at(column)
            && let Some(wanted) = self.wanted[column].get(*slot as usize)
            && !wanted.by_run()
            && wanted.needles.as_ref().is_some_and(|needles| needles.shorter[split] > 0)
        {
            needles.extend(sample::needles(&self.binding.bound[column].matcher, *slot).into_iter().flatten());
            needles.retain(|needle| needle.text.len() < self.splits[column]);
        }
        needles
    }

    /// Finds the splits for which the total is least, column by column, the heaviest first. For each, short needles are made
    /// dearer until a search takes those that are left.
    pub(super) fn choose_splits(&mut self) {
        let mut order: Vec<(usize, &TextSample)> = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            if let ColumnSample::Text(text) = column {
                order.push((at, text));
            }
        }
        order.sort_by(|(_, a), (_, b)| b.bytes_per_row.total_cmp(&a.bytes_per_row));
        for (column, text) in order {
            let mut best = (f64::INFINITY, usize::MAX, SHORT_NEEDLE);
            for split in SPLITS.into_iter().chain([usize::MAX]) {
                for short in SHORT_NEEDLES {
                    self.set(column, split, short);
                    let total = self.total(column, text);
                    if let Some((total, _)) = total
                        && total < best.0
                    {
                        best = (total, split, short);
                    }
                    if total.is_some_and(|(_, any_short)| !any_short) {
                        break; // their price is nothing to it
                    }
                }
            }
            self.set(column, best.1, best.2);
        }
    }
}

impl Reach {
    fn of(binding: &Binding, column: u32) -> Self {
        let mut reached: Vec<bool> = Vec::with_capacity(binding.graph.nodes().len());
        for node in binding.graph.nodes() {
            reached.push(match node {
                GraphNode::Slot { column: at, .. } => *at == column,
                GraphNode::And(children) | GraphNode::Or(children) => {
                    children.iter().any(|child| reached[*child as usize])
                }
                _ => false, // a NOT is an anchor only in columns that are not searched
            });
        }
        let nodes = (0..).zip(&reached).filter(|(_, reached)| **reached).map(|(node, _)| node).collect();
        let roots = binding.rules.iter().map(|(_, root)| *root).filter(|root| reached[*root as usize]).collect();
        let of_column = |node: &GraphNode| matches!(node, GraphNode::Slot { column: at, .. } if *at == column);
        let leaves = (0..).zip(binding.graph.nodes()).filter(|(_, node)| of_column(node)).map(|(at, _)| at).collect();
        Self { leaves, nodes, roots }
    }
}

/// By node: the one column that all leaves below it ask, as far as its values say the truth: not where a regex is only
/// announced.
fn alone(binding: &Binding) -> Vec<Option<u32>> {
    let mut alone: Vec<Option<u32>> = Vec::with_capacity(binding.graph.nodes().len());
    for node in binding.graph.nodes() {
        alone.push(match node {
            GraphNode::Slot { column, .. } | GraphNode::Present { column } => Some(*column),
            GraphNode::And(children) | GraphNode::Or(children) => {
                let first = children.first().and_then(|child| alone[*child as usize]);
                first.filter(|_| children.iter().all(|child| alone[*child as usize] == first))
            }
            GraphNode::Not(child) => {
                // What is announced may be false, so its NOT may be true where the announcement says it is not.
                alone[*child as usize].filter(|_| !binding.costly[*child as usize])
            }
            _ => None,
        });
    }
    alone
}

/// The share of rows in which each node is true, roughly: operands are taken to be independent.
fn shares(binding: &Binding, columns: &[ColumnSample], alone: &[Option<u32>], wanted: &[Vec<Wanted>]) -> Vec<f64> {
    let nodes = binding.graph.nodes();
    let mut shares: Vec<f64> = Vec::with_capacity(nodes.len());
    for (number, node) in (0..).zip(nodes) {
        let of = |child: &NodeId| shares[*child as usize];
        let known = alone[number as usize].map(|column| &columns[column as usize]);
        let share: f64 = match (node, known) {
            (_, Some(ColumnSample::Examined(known))) => known.share(nodes, number),
            (GraphNode::Slot { column, slot }, Some(ColumnSample::Text(_))) => {
                let needles = &wanted[*column as usize][*slot as usize].needles;
                needles.as_ref().map_or(0.1, |needles| needles.share)
            }
            (GraphNode::False, _) => 0.0,
            (GraphNode::True, _) => 1.0,
            (GraphNode::Slot { .. } | GraphNode::Keyword { .. } | GraphNode::Reference { .. }, _) => 0.1,
            (GraphNode::Present { .. }, _) => 0.9,
            (GraphNode::And(children), _) => children.iter().map(of).product(),
            (GraphNode::Or(children), _) => {
                1.0 - children.iter().map(|child| 1.0 - of(child).min(1.0)).product::<f64>()
            }
            (GraphNode::Not(child), _) => 1.0 - of(child),
        };
        shares.push(share.clamp(0.0, 1.0));
    }
    shares
}
