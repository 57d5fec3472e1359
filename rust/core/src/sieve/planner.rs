//! The plan of a sieve: for each column whether it is searched, for which needles, and which of them count as short.
//!
//! Searching costs by the byte, and the more so the shorter the shortest needle is; judging costs by the candidate. So the
//! columns are gone through one by one, the heaviest first, and for each the length is chosen at which the sum is least.

use super::anchors::{Anchors, Chooser};
use super::grams::{Needle, WINDOW, step_of};
use super::sample::{self, ColumnSample, TextSample};
use super::{KeywordSample, shorts};
use crate::bind::{Binding, GraphNode, NodeId};
use crate::matcher::{Kind, Slot};

/// What judging a candidate costs, in nanoseconds: measured on the corpus, needed only to weigh it against searching.
const CANDIDATE_NS: f64 = 150.0;
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

/// The lengths at which needles may be told into short ones and others: each allows the others a wider step.
const SPLITS: [usize; 5] = [WINDOW, 5, 7, 11, 19];
pub(super) const LONGEST_SPLIT: usize = SPLITS[SPLITS.len() - 1];

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
    pub(super) short: Vec<f64>,
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
        Self { binding, columns, keywords, alone, shares, wanted, splits, short }
    }

    /// What a node costs as an anchor itself.
    pub(super) fn direct(&self, node: NodeId) -> Option<f64> {
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

    /// What searching and judging takes with the anchors that are chosen now, in nanoseconds a row; `None` if the short needles of
    /// `column` are too many.
    fn total(&self, column: usize) -> Option<f64> {
        let nodes = self.binding.graph.nodes();
        let chooser = Chooser::new(nodes, |node| self.direct(node));
        let (mut judging, mut short) = (0.0, Vec::new());
        for (_, root) in &self.binding.rules {
            let Anchors::AnyOf(anchors) = chooser.anchors(*root) else {
                judging += 1.0;
                continue;
            };
            for anchor in anchors {
                judging += self.direct(anchor).unwrap_or(1.0);
                short.extend(self.short_needles(anchor, column));
            }
        }
        // What short needles are made to cost only steers the choice.
        let dear = self.short[column] - SHORT_NEEDLE;
        judging -= dear * short.len() as f64;
        short.sort_unstable();
        short.dedup();
        let shorts_ns = match &self.columns[column] {
            ColumnSample::Text(text) => shorts::nanoseconds(&short, &text.windows)?,
            ColumnSample::Examined(_) => 0.0,
        };
        let searching = self.columns.iter().zip(&self.splits).enumerate().map(|(at, (sample, split))| match sample {
            ColumnSample::Text(text) if *split < usize::MAX => {
                let shorts = if at == column { shorts_ns } else { 0.0 };
                text.bytes_per_row * (shorts + search_ns(step_of(*split)))
            }
            _ => 0.0,
        });
        Some(judging * CANDIDATE_NS + searching.sum::<f64>())
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
        let weight = |column: &ColumnSample| match column {
            ColumnSample::Text(text) => text.bytes_per_row,
            ColumnSample::Examined(_) => 0.0,
        };
        let mut order: Vec<usize> = (0..self.columns.len()).collect();
        order.retain(|column| matches!(self.columns[*column], ColumnSample::Text(_)));
        order.sort_by(|a, b| weight(&self.columns[*b]).total_cmp(&weight(&self.columns[*a])));
        for column in order {
            let mut best = (f64::INFINITY, usize::MAX, SHORT_NEEDLE);
            for split in SPLITS.into_iter().chain([usize::MAX]) {
                self.splits[column] = split;
                for short in SHORT_NEEDLES {
                    self.short[column] = short;
                    if let Some(total) = self.total(column)
                        && total < best.0
                    {
                        best = (total, split, short);
                    }
                }
            }
            (self.splits[column], self.short[column]) = (best.1, best.2);
        }
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
