//! The sieve: which rules can match which rows, found by looking for a few rare texts.
//!
//! Examining every value for every predicate costs more than ten times what reading it does. But a rule is true only where its
//! [anchors] are, and nearly all rows hold no anchor of any rule. So only anchors are looked for, and what they turn up, pairs
//! of a row and a rule, is judged exactly, predicate by predicate, as far as needed (`scan/candidates.rs`).
//!
//! How an anchor is looked for hangs on its column. Where values repeat, each distinct value is examined once, and whatever
//! can be said of the column alone is an anchor, a NOT too. Text with many distinct values is searched, all needles at once
//! and in whole stretches of memory ([`haystack`]): by windows of four bytes ([`grams`]), the short ones as vectors
//! ([`shorts`]), runs of one class by their length.
//!
//! A sieve is made for the data: a [sample] of the first large batch tells which texts are rare. A wrong guess costs time and
//! never an answer, since candidates are only ever too many.

// Shares and costs are estimates.
#![allow(clippy::cast_precision_loss)]

mod anchors;
mod conditions;
mod grams;
mod haystack;
mod keywords;
mod sample;
mod shorts;

use std::collections::BTreeMap;

use ahash::HashMap;

use crate::bind::{Binding, GraphNode, NodeId};
use crate::matcher::{Kind, Run, Slot};

use anchors::{Anchors, Chooser};
pub(crate) use conditions::{Condition, Conditions};
pub(crate) use grams::{Found, GivenUp};
use grams::{Grams, Needle, WIDEST_STEP, WINDOW, WindowCounts, step_of};
pub(crate) use haystack::{Haystack, Scratch, is_text, search, text_at};
pub(crate) use keywords::{KeywordSample, KeywordSieve};
pub(crate) use sample::{
    ColumnSample, KnownSample, ROWS as SAMPLE_ROWS, TextSample, holds, plain, rows as sample_rows,
};
use shorts::Shorts;

/// What judging a candidate costs, in nanoseconds: measured on the corpus, needed only to weigh it against searching.
const CANDIDATE_NS: f64 = 150.0;
/// What a needle more in a search costs, in candidates per row: survivors that are compared for nothing.
const NEEDLE: f64 = 2e-6;
/// The same for a short one, of which a search takes few.
const SHORT_NEEDLE: f64 = 2e-4;
/// What short needles may be made to cost where they are too many.
const SHORT_NEEDLES: [f64; 3] = [SHORT_NEEDLE, 5e-3, 0.1];
/// The share of rows in which two columns are taken to be equal.
const EQUAL: f64 = 0.1;

/// Nanoseconds to search a byte, by step.
fn search_ns(step: usize) -> f64 {
    match step {
        0 => 0.0,
        1 => 0.8,
        2 => 0.45,
        _ => 0.28,
    }
}

/// Places of rules in `Binding::rules`.
pub(crate) type Rules = Box<[u32]>;

/// A search of a column of text.
#[derive(Debug)]
pub(crate) struct Search {
    grams: Option<Grams>,
    shorts: Option<Shorts>,
    /// By needle, those of `grams` first: the rules that it makes candidates.
    by_needle: Vec<Rules>,
    by_run: Vec<(Run, Rules)>,
    /// The fewest bytes that a value with anything has.
    pub(crate) shortest: usize,
}

impl Search {
    /// A search for needles, the shorter than `split` as vectors; `None` if there is nothing to look for, or the short ones are
    /// too many.
    fn new(
        needles: BTreeMap<Needle, Vec<u32>>,
        runs: Vec<(Run, Rules)>,
        split: usize,
        windows: &WindowCounts,
    ) -> Option<Self> {
        let shortest = needles.keys().map(|n| n.text.len()).chain(runs.iter().map(|(run, _)| run.length)).min()?;
        let (shorts, longs): (Vec<_>, Vec<_>) = needles.into_iter().partition(|(needle, _)| needle.text.len() < split);
        let by_needle = longs.iter().chain(&shorts).map(|(_, rules)| distinct(rules.clone())).collect();
        let names = |of: Vec<(Needle, Vec<u32>)>| of.into_iter().map(|(needle, _)| needle).collect::<Vec<_>>();
        let grams = (!longs.is_empty()).then(|| Grams::new(names(longs), windows));
        let shorts = if shorts.is_empty() { None } else { Some(Shorts::new(names(shorts))?) };
        Some(Self { grams, shorts, by_needle, by_run: runs, shortest })
    }

    /// Appends the places in the haystack, and the rules that are candidates there.
    pub(crate) fn find(
        &self,
        hay: &Haystack<'_>,
        found: &mut Vec<Found>,
        mut candidate: impl FnMut(u32, &[u32]),
    ) -> Result<(), GivenUp> {
        found.clear();
        let mut first = 0;
        if let Some(grams) = &self.grams {
            grams.find(hay.bytes, hay.spans, found)?;
            first = grams.needles() as u32;
        }
        if let Some(shorts) = &self.shorts {
            shorts.find(hay.bytes, hay.spans, first, found)?;
        }
        found.sort_unstable();
        found.dedup();
        for &(place, needle) in found.iter() {
            candidate(hay.rows[place as usize], &self.by_needle[needle as usize]);
        }
        for (run, rules) in &self.by_run {
            for (span, row) in hay.spans.iter().zip(hay.rows) {
                if run.is_in(&hay.bytes[span.start as usize..span.end as usize]) {
                    candidate(*row, rules);
                }
            }
        }
        Ok(())
    }
}

/// How rules are looked for in one column.
#[derive(Debug, Default)]
pub(crate) struct ColumnSieve {
    /// The search; `None` where values are examined one by one.
    pub(crate) search: Option<Search>,
    /// The rules that a slot makes candidates, where it is known to be true.
    by_slot: HashMap<Slot, Rules>,
    /// The same for nodes that ask this column alone.
    by_node: Vec<(NodeId, Rules)>,
    /// Whether anything is looked for here.
    pub(crate) anchored: bool,
    /// Whether keywords are among the needles of the search.
    pub(crate) keywords: bool,
}

impl ColumnSieve {
    /// The rules that a value of this column makes candidates; `None`: it is null.
    pub(crate) fn rules(&self, nodes: &[GraphNode], truths: Option<&[Slot]>) -> Rules {
        let mut rules = Vec::new();
        for slot in truths.into_iter().flatten() {
            rules.extend(self.by_slot.get(slot).into_iter().flatten());
        }
        for (node, of) in &self.by_node {
            if holds(nodes, *node, truths) {
                rules.extend(of);
            }
        }
        distinct(rules)
    }
}

/// How rules are looked for, and judged where they may match.
#[derive(Debug)]
pub(crate) struct Sieve {
    /// Parallel to `Binding::bound`.
    pub(crate) columns: Vec<ColumnSieve>,
    /// Keywords, in all columns where no search of the column's own looks for them.
    pub(crate) keywords: Option<KeywordSieve>,
    /// Pairs of columns whose being equal makes rules candidates, by place in `Binding::references`.
    pub(crate) references: Vec<(u32, Rules)>,
    /// Rules for which every row is a candidate.
    pub(crate) everywhere: Vec<u32>,
    /// The conditions, in the order in which judging them is cheapest.
    pub(crate) conditions: Conditions,
    /// Rules with keywords, by place in `Binding::rules`.
    pub(crate) keyworded: Vec<bool>,
}

/// Chooses how to look for rules.
struct Planner<'a> {
    binding: &'a Binding,
    columns: &'a [ColumnSample],
    keywords: Option<&'a KeywordSample>,
    /// By node: the one column that all leaves below it ask.
    alone: Vec<Option<u32>>,
    /// By node: the share of rows in which it is true.
    shares: Vec<f64>,
    /// By column: needles of fewer bytes are short ones. `usize::MAX`: the column is not searched.
    splits: Vec<usize>,
    /// By column: what a short needle costs; it rises until they are few enough.
    short: Vec<f64>,
}

impl Planner<'_> {
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
                    (ColumnSample::Text(text), GraphNode::Slot { slot, .. }) => self.searched(column, *slot, text),
                    _ => None,
                }
            }
        }
    }

    fn searched(&self, column: u32, slot: Slot, text: &TextSample) -> Option<f64> {
        let split = self.splits[column as usize];
        if split == usize::MAX {
            return None;
        }
        let by_texts = sample::needles(&self.binding.bound[column as usize].matcher, slot).map(|needles| {
            let cost = |needle: &Needle| {
                let load = if needle.text.len() < split { self.short[column as usize] } else { NEEDLE };
                text.share(needle) + load
            };
            needles.iter().map(cost).sum::<f64>()
        });
        match (by_texts, text.run_share(slot)) {
            (Some(texts), Some(run)) => Some(texts.min(run)),
            (texts, run) => texts.or(run),
        }
    }

    /// Whether a slot is better looked for by its run than by its needles.
    fn by_run(&self, slot: Slot, column: u32, text: &TextSample) -> bool {
        let needles = sample::needles(&self.binding.bound[column as usize].matcher, slot);
        match (needles, text.run_share(slot)) {
            (None, run) => run.is_some(),
            (Some(_), None) => false,
            (Some(needles), Some(run)) => run < needles.iter().map(|needle| text.share(needle)).sum(),
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
        let shorts_ns = shorts::nanoseconds(&short)?;
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
        if let (GraphNode::Slot { column: at, slot }, ColumnSample::Text(text)) =
            (&self.binding.graph.nodes()[anchor as usize], &self.columns[column])
            && *at as usize == column
            && !self.by_run(*slot, *at, text)
        {
            needles.extend(sample::needles(&self.binding.bound[column].matcher, *slot).into_iter().flatten());
            needles.retain(|needle| needle.text.len() < self.splits[column]);
        }
        needles
    }

    /// Finds the splits for which the total is least, column by column, the heaviest first. For each, short needles are made
    /// dearer until a search takes those that are left.
    fn choose_splits(&mut self) {
        let weight = |column: &ColumnSample| match column {
            ColumnSample::Text(text) => text.bytes_per_row,
            ColumnSample::Examined(_) => 0.0,
        };
        let mut order: Vec<usize> = (0..self.columns.len()).collect();
        order.retain(|column| matches!(self.columns[*column], ColumnSample::Text(_)));
        order.sort_by(|a, b| weight(&self.columns[*b]).total_cmp(&weight(&self.columns[*a])));
        for column in order {
            let mut best = (f64::INFINITY, usize::MAX, SHORT_NEEDLE);
            for split in [WINDOW, 5, WINDOW + WIDEST_STEP - 1, usize::MAX] {
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

impl Sieve {
    /// Makes the sieve for data like a sample; `columns` is parallel to `binding.bound`.
    pub(crate) fn new(binding: &Binding, columns: &[ColumnSample], keywords: Option<&KeywordSample>) -> Self {
        let alone = alone(binding);
        let shares = shares(binding, columns, &alone);
        let mut planner = Planner {
            binding,
            columns,
            keywords,
            alone,
            shares,
            splits: vec![WINDOW; columns.len()],
            short: vec![SHORT_NEEDLE; columns.len()],
        };
        planner.choose_splits();
        // Anchors of one column hang on what others cost, so in the end there may be too many short ones after all.
        loop {
            match Self::planned(&planner) {
                Ok(sieve) => return sieve,
                Err(column) if planner.short[column] < 1.0 => planner.short[column] *= 4.0,
                Err(column) => planner.splits[column] = usize::MAX,
            }
        }
    }

    /// The sieve as planned, or the column with too many short needles.
    fn planned(planner: &Planner<'_>) -> Result<Self, usize> {
        let binding = planner.binding;
        let nodes = binding.graph.nodes();
        let chooser = Chooser::new(nodes, |node| planner.direct(node));
        let mut everywhere = Vec::new();
        let mut anchored: BTreeMap<NodeId, Vec<u32>> = BTreeMap::new();
        for (place, (_, root)) in (0..).zip(&binding.rules) {
            match chooser.anchors(*root) {
                Anchors::Everywhere => everywhere.push(place),
                Anchors::AnyOf(nodes) => {
                    for node in nodes {
                        anchored.entry(node).or_default().push(place);
                    }
                }
            }
        }
        let mut parts: Vec<ColumnParts> = planner.columns.iter().map(|_| ColumnParts::default()).collect();
        let (mut keyword_slots, mut references) = (BTreeMap::new(), Vec::new());
        for (node, rules) in anchored {
            match &nodes[node as usize] {
                GraphNode::Keyword { slot } => drop(keyword_slots.insert(*slot, distinct(rules))),
                GraphNode::Reference { reference } => references.push((*reference, distinct(rules))),
                GraphNode::Slot { column, slot } => drop(parts[*column as usize].slots.insert(*slot, distinct(rules))),
                _ => {
                    if let Some(column) = planner.alone[node as usize] {
                        parts[column as usize].nodes.push((node, distinct(rules)));
                    }
                }
            }
        }
        let keywords = planner.keywords.filter(|_| !keyword_slots.is_empty());
        let keywords = keywords.map(|sample| sample.sieve(keyword_slots));
        let mut made = Vec::with_capacity(parts.len());
        for (column, part) in parts.into_iter().enumerate() {
            made.push(part.build(planner, column, keywords.as_ref()).ok_or(column)?);
        }
        Ok(Self {
            columns: made,
            keywords,
            references,
            everywhere,
            conditions: Conditions::new(binding, planner.columns, &planner.shares),
            keyworded: keyworded(nodes, binding.rules.iter().map(|(_, root)| *root)),
        })
    }
}

/// The anchors of a column.
#[derive(Default)]
struct ColumnParts {
    slots: BTreeMap<Slot, Rules>,
    nodes: Vec<(NodeId, Rules)>,
}

impl ColumnParts {
    /// `None` if the short needles are too many.
    fn build(self, planner: &Planner<'_>, column: usize, keywords: Option<&KeywordSieve>) -> Option<ColumnSieve> {
        let anchored = !self.slots.is_empty() || !self.nodes.is_empty();
        let mut sieve = ColumnSieve { anchored, by_node: self.nodes, ..ColumnSieve::default() };
        if let ColumnSample::Text(text) = &planner.columns[column]
            && anchored
        {
            let (mut needles, mut runs): (BTreeMap<Needle, Vec<u32>>, _) = (BTreeMap::new(), Vec::new());
            let matcher = &planner.binding.bound[column].matcher;
            for (&slot, rules) in &self.slots {
                match &matcher.announced(slot).run {
                    Some(run) if planner.by_run(slot, column as u32, text) => runs.push((run.clone(), rules.clone())),
                    _ => {
                        for needle in sample::needles(matcher, slot).into_iter().flatten() {
                            needles.entry(needle).or_default().extend(rules);
                        }
                    }
                }
            }
            let flat = planner.binding.bound[column].source.flat().is_some();
            if let Some(keywords) = keywords.filter(|_| flat) {
                sieve.keywords = true;
                for (needle, rules) in keywords.needles() {
                    needles.entry(needle.clone()).or_default().extend(rules);
                }
            }
            // Where all needles are beyond ASCII nothing is searched, but values that are not ASCII are examined.
            sieve.search = if needles.is_empty() && runs.is_empty() {
                Some(Search { grams: None, shorts: None, by_needle: Vec::new(), by_run: runs, shortest: usize::MAX })
            } else {
                Some(Search::new(needles, runs, planner.splits[column].min(WINDOW + WIDEST_STEP - 1), &text.windows)?)
            };
        }
        sieve.by_slot = self.slots.into_iter().collect();
        Some(sieve)
    }
}

fn distinct(mut rules: Vec<u32>) -> Rules {
    rules.sort_unstable();
    rules.dedup();
    rules.into_boxed_slice()
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
fn shares(binding: &Binding, columns: &[ColumnSample], alone: &[Option<u32>]) -> Vec<f64> {
    let nodes = binding.graph.nodes();
    let mut shares: Vec<f64> = Vec::with_capacity(nodes.len());
    for (number, node) in (0..).zip(nodes) {
        let of = |child: &NodeId| shares[*child as usize];
        let known = alone[number as usize].map(|column| &columns[column as usize]);
        let share: f64 = match (node, known) {
            (_, Some(ColumnSample::Examined(known))) => known.share(nodes, number),
            (GraphNode::Slot { column, slot }, Some(ColumnSample::Text(text))) => {
                let needles = sample::needles(&binding.bound[*column as usize].matcher, *slot);
                needles.map_or(0.1, |needles| needles.iter().map(|needle| text.share(needle)).sum())
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

/// Which of these roots has a keyword below it.
fn keyworded(nodes: &[GraphNode], roots: impl Iterator<Item = NodeId>) -> Vec<bool> {
    let mut has: Vec<bool> = Vec::with_capacity(nodes.len());
    for node in nodes {
        has.push(match node {
            GraphNode::Keyword { .. } => true,
            GraphNode::And(children) | GraphNode::Or(children) => children.iter().any(|child| has[*child as usize]),
            GraphNode::Not(child) => has[*child as usize],
            _ => false,
        });
    }
    roots.map(|root| has[root as usize]).collect()
}
