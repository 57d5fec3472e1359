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
mod planner;
mod probe;
mod sample;
mod shorts;
mod vectors;

use std::collections::BTreeMap;

use ahash::HashMap;

use crate::bind::{Binding, GraphNode, NodeId};
use crate::matcher::{Run, Slot};

use anchors::Anchors;
pub(crate) use conditions::{Condition, Conditions};
pub(crate) use grams::{Found, GivenUp};
use grams::{Grams, Needle, WindowCounts};
pub(crate) use haystack::{Haystack, Scratch, is_text, search, text_at};
pub(crate) use keywords::{KeywordSample, KeywordSieve};
use planner::Planner;
pub(crate) use sample::{
    ColumnSample, KnownSample, ROWS as SAMPLE_ROWS, TextSample, clipped, holds, plain, rows as sample_rows,
};
use shorts::Shorts;

/// What micro-benchmarks see.
#[cfg(feature = "internals")]
pub(crate) mod bench {
    pub(crate) use super::grams::{Grams, Needle, Span, WindowCounts};
    pub(crate) use super::shorts::{Shorts, nanoseconds};
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
        let shorts = if shorts.is_empty() { None } else { Some(Shorts::new(names(shorts), windows)?) };
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
    /// Whether it is text with many distinct values.
    pub(crate) text: bool,
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

impl Sieve {
    /// Makes the sieve for data like a sample; `columns` is parallel to `binding.bound`.
    pub(crate) fn new(binding: &Binding, columns: &[ColumnSample], keywords: Option<&KeywordSample>) -> Self {
        let mut planner = Planner::new(binding, columns, keywords);
        planner.choose_splits();
        // Anchors of one column hang on what others cost, so in the end there may be too many short ones after all.
        loop {
            match Self::planned(&planner) {
                Ok(sieve) => return sieve,
                Err(column) => planner.fewer_short_needles(column),
            }
        }
    }

    /// The sieve as planned, or the column with too many short needles.
    fn planned(planner: &Planner<'_>) -> Result<Self, usize> {
        let binding = planner.binding;
        let nodes = binding.graph.nodes();
        let mut everywhere = Vec::new();
        let mut anchored: BTreeMap<NodeId, Vec<u32>> = BTreeMap::new();
        for (place, (_, root)) in (0..).zip(&binding.rules) {
            match planner.chooser.anchors(*root) {
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
        let text = matches!(planner.columns[column], ColumnSample::Text(_));
        let mut sieve = ColumnSieve { text, anchored, by_node: self.nodes, ..ColumnSieve::default() };
        if let ColumnSample::Text(text) = &planner.columns[column]
            && anchored
        {
            let (mut needles, mut runs): (BTreeMap<Needle, Vec<u32>>, _) = (BTreeMap::new(), Vec::new());
            let matcher = &planner.binding.bound[column].matcher;
            for (&slot, rules) in &self.slots {
                match &matcher.announced(slot).run {
                    Some(run) if planner.wanted[column][slot as usize].by_run() => {
                        runs.push((run.clone(), rules.clone()));
                    }
                    _ => {
                        for needle in sample::needles(matcher, slot).into_iter().flatten() {
                            needles.entry(needle).or_default().extend(rules);
                        }
                    }
                }
            }
            let mut split = planner.splits[column];
            let flat = planner.binding.bound[column].source.flat().is_some();
            if let Some(keywords) = keywords.filter(|_| flat) {
                sieve.keywords = true;
                // They were not planned for, and may be many: none of them is to be a short one.
                split = split.min(keywords.split);
                for (needle, rules) in keywords.needles() {
                    needles.entry(needle.clone()).or_default().extend(rules);
                }
            }
            // Where all needles are beyond ASCII nothing is searched, but values that are not ASCII are examined.
            sieve.search = if needles.is_empty() && runs.is_empty() {
                Some(Search { grams: None, shorts: None, by_needle: Vec::new(), by_run: runs, shortest: usize::MAX })
            } else {
                Some(Search::new(needles, runs, split, &text.windows)?)
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
