//! Anchors: for each rule the predicates of which one is true wherever the rule is.
//!
//! AND is anchored by its cheapest operand, OR by all of its operands together, NOT by nothing. What an anchor costs is the
//! share of rows on which it makes the rule a candidate, as measured on a sample of the data, and a little for each literal
//! that has to be looked for. So `CommandLine contains '-lvp'` anchors a rule whose other half is `Image endswith '.exe'`,
//! whatever the lengths of the two: no rule of thumb about literals survives the next archive.

use crate::bind::{GraphNode, NodeId};

/// What makes a rule a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Anchors {
    /// Any of these nodes; none of them: the rule is never true.
    AnyOf(Vec<NodeId>),
    /// Nothing announces the rule: every row is a candidate.
    Everywhere,
}

/// The cost of making every row a candidate.
const EVERY_ROW: f64 = 1.0;
/// How much cheaper a whole AND or OR must be as one anchor than its operands, which are simpler to look for.
const WHOLE: f64 = 0.8;

/// Chooses the anchors of the nodes of a graph.
#[derive(Debug, Default)]
pub(crate) struct Chooser<'a> {
    nodes: &'a [GraphNode],
    /// By node: what anchoring it costs, in candidates per row (not below [`EVERY_ROW`] where nothing can), and whether it is
    /// an anchor itself.
    costs: Vec<(f64, bool)>,
    above: Above,
    /// A bit for each node that is to be looked at anew; all 0 between updates.
    stale: Vec<u64>,
}

/// The nodes right above each node: those above `n` are `nodes[starts[n]..starts[n + 1]]`.
#[derive(Debug, Default)]
struct Above {
    starts: Vec<u32>,
    nodes: Vec<NodeId>,
}

impl Above {
    fn new(nodes: &[GraphNode]) -> Self {
        let mut starts = vec![0_u32; nodes.len() + 1];
        for node in nodes {
            for child in below(node) {
                starts[*child as usize + 1] += 1;
            }
        }
        for node in 0..nodes.len() {
            starts[node + 1] += starts[node];
        }
        let (mut next, mut above) = (starts.clone(), vec![0; starts[nodes.len()] as usize]);
        for (number, node) in (0..).zip(nodes) {
            for child in below(node) {
                let next = &mut next[*child as usize];
                above[*next as usize] = number;
                *next += 1;
            }
        }
        Self { starts, nodes: above }
    }

    fn of(&self, node: usize) -> &[NodeId] {
        &self.nodes[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

/// The operands of a node that its anchors can come from.
fn below(node: &GraphNode) -> &[NodeId] {
    match node {
        GraphNode::And(children) | GraphNode::Or(children) => children,
        _ => &[],
    }
}

impl<'a> Chooser<'a> {
    /// `direct` tells what a node costs as an anchor itself, `None` where it can be none.
    pub(crate) fn new(nodes: &'a [GraphNode], direct: impl Fn(NodeId) -> Option<f64>) -> Self {
        let costs = vec![(EVERY_ROW, false); nodes.len()];
        let mut chooser = Self { nodes, costs, above: Above::new(nodes), stale: vec![0; nodes.len().div_ceil(64)] };
        chooser.update(0..nodes.len() as NodeId, direct);
        chooser
    }

    /// Chooses anew where `direct` may say something else now; what is above such a node follows if it makes a difference.
    pub(crate) fn update(&mut self, changed: impl IntoIterator<Item = NodeId>, direct: impl Fn(NodeId) -> Option<f64>) {
        for node in changed {
            self.stale[node as usize / 64] |= 1 << (node % 64);
        }
        // What is above a node has a higher number.
        for word in 0..self.stale.len() {
            while self.stale[word] != 0 {
                let node = word * 64 + self.stale[word].trailing_zeros() as usize;
                self.stale[word] &= self.stale[word] - 1;
                let chosen = self.choose(node, &direct);
                if std::mem::replace(&mut self.costs[node], chosen) != chosen {
                    for above in self.above.of(node) {
                        self.stale[*above as usize / 64] |= 1 << (above % 64);
                    }
                }
            }
        }
    }

    fn choose(&self, node: usize, direct: impl Fn(NodeId) -> Option<f64>) -> (f64, bool) {
        let of = |child: &NodeId| self.costs[*child as usize].0;
        let parts = match &self.nodes[node] {
            GraphNode::False => 0.0,
            GraphNode::And(children) => children.iter().map(of).fold(EVERY_ROW, f64::min),
            GraphNode::Or(children) => children.iter().map(of).sum(),
            GraphNode::Slot { .. }
            | GraphNode::True
            | GraphNode::Present { .. }
            | GraphNode::Keyword { .. }
            | GraphNode::Reference { .. }
            | GraphNode::Not(_) => EVERY_ROW,
        };
        let itself = direct(node as NodeId).filter(|cost| *cost < parts.min(EVERY_ROW) * WHOLE);
        (itself.unwrap_or(parts).min(EVERY_ROW), itself.is_some())
    }

    /// How many of the roots each of these nodes is an anchor of, given to `each` for those that are any. `below` is ascending and
    /// holds all nodes on the way to the wanted ones; an anchor that a root has twice is counted twice.
    pub(crate) fn uses(&self, roots: &[NodeId], below: &[NodeId], mut each: impl FnMut(NodeId, u32)) {
        let mut uses: Vec<u32> = vec![0; self.nodes.len()];
        for &root in roots.iter().filter(|root| self.cost(**root) < EVERY_ROW) {
            uses[root as usize] += 1;
        }
        for &node in below.iter().rev() {
            let count = uses[node as usize];
            if count == 0 {
                continue;
            }
            if self.costs[node as usize].1 {
                each(node, count);
                continue;
            }
            match &self.nodes[node as usize] {
                GraphNode::And(children) => {
                    if let Some(cheapest) = self.cheapest(children) {
                        uses[cheapest as usize] += count;
                    }
                }
                GraphNode::Or(children) => children.iter().for_each(|child| uses[*child as usize] += count),
                _ => {}
            }
        }
    }

    fn cheapest(&self, children: &[NodeId]) -> Option<NodeId> {
        children.iter().copied().min_by(|a, b| self.cost(*a).total_cmp(&self.cost(*b)))
    }

    /// What anchoring a node costs.
    pub(crate) fn cost(&self, node: NodeId) -> f64 {
        self.costs[node as usize].0
    }

    /// The anchors of a node.
    pub(crate) fn anchors(&self, node: NodeId) -> Anchors {
        let mut found = Vec::new();
        if !self.collect(node, &mut found) {
            return Anchors::Everywhere;
        }
        found.sort_unstable();
        found.dedup();
        Anchors::AnyOf(found)
    }

    /// Adds the anchors of a node; false if it has none.
    fn collect(&self, node: NodeId, found: &mut Vec<NodeId>) -> bool {
        let (cost, itself) = self.costs[node as usize];
        if cost >= EVERY_ROW {
            return false;
        }
        if itself {
            found.push(node);
            return true;
        }
        match &self.nodes[node as usize] {
            GraphNode::False => true,
            GraphNode::And(children) => self.cheapest(children).is_some_and(|cheapest| self.collect(cheapest, found)),
            GraphNode::Or(children) => children.iter().all(|child| self.collect(*child, found)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind::Graph;

    #[test]
    fn an_and_takes_its_cheapest_operand_an_or_all_a_not_none() {
        let mut graph = Graph::new();
        let costs = [0.5, 0.01, 0.02, 0.9];
        let slots: Vec<NodeId> = (0..4).map(|slot| graph.intern(GraphNode::Slot { column: 0, slot })).collect();
        let unanchored = graph.intern(GraphNode::Slot { column: 1, slot: 0 });
        let not = graph.not(slots[1]);
        let and = graph.and([slots[0], slots[2], not]);
        let or = graph.or([and, slots[1]]);
        let open = graph.or([slots[1], unanchored]);
        let only_not = graph.and([not, unanchored]);
        let common = graph.or([slots[0], slots[3]]);
        let nothing = graph.and([]);
        let cost = |node: NodeId| match graph.nodes()[node as usize] {
            GraphNode::Slot { column: 0, slot } => Some(costs[slot as usize]),
            _ => None,
        };
        let chooser = Chooser::new(graph.nodes(), cost);
        assert_eq!(chooser.anchors(and), Anchors::AnyOf(vec![slots[2]]));
        assert_eq!(chooser.anchors(or), Anchors::AnyOf(vec![slots[1], slots[2]]));
        for node in [open, only_not, common, nothing, not] {
            assert_eq!(chooser.anchors(node), Anchors::Everywhere);
        }
        assert_eq!(chooser.anchors(crate::bind::FALSE), Anchors::AnyOf(vec![]));
        let mut uses = Vec::new();
        let all: Vec<NodeId> = (0..graph.nodes().len() as NodeId).collect();
        chooser.uses(&[and, or, or, open], &all, |node, count| uses.push((node, count)));
        uses.sort_unstable();
        assert_eq!(uses, [(slots[1], 2), (slots[2], 3)]);
        // A node that can be looked for as a whole is, where that is rarer.
        let whole = |node: NodeId| if node == only_not { Some(0.3) } else { cost(node) };
        assert_eq!(Chooser::new(graph.nodes(), whole).anchors(only_not), Anchors::AnyOf(vec![only_not]));
        // Another price is a matter of the leaf and of what is above it.
        let mut chooser = chooser;
        chooser.update([slots[2]], |node| if node == slots[2] { Some(0.9) } else { cost(node) });
        assert_eq!(chooser.anchors(and), Anchors::AnyOf(vec![slots[0]]));
        assert_eq!(chooser.anchors(or), Anchors::AnyOf(vec![slots[0], slots[1]]));
    }
}
