//! Conditions as one shared graph.
//!
//! Nodes are interned: what two rules, or a rule and a route, have in common is one node and is evaluated once. Constants
//! are folded as nodes are made, so a rule that can never match here is the node `FALSE` and costs nothing. Children
//! have smaller numbers than their parents: one pass in order computes any bottom-up property.

use ahash::{HashMap, HashMapExt};

/// A node's number.
pub(crate) type NodeId = u32;

/// The constant false.
pub(crate) const FALSE: NodeId = 0;
/// The constant true.
pub(crate) const TRUE: NodeId = 1;

/// One node; leaves name a bound column by its number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum GraphNode {
    False,
    True,
    /// A predicate (slot) of a column's matcher.
    Slot {
        column: u32,
        slot: u32,
    },
    /// The column is there and not null.
    Present {
        column: u32,
    },
    /// A keyword predicate over all columns.
    Keyword {
        slot: u32,
    },
    /// A reference between two columns, by its number.
    Reference {
        reference: u32,
    },
    And(Box<[NodeId]>),
    Or(Box<[NodeId]>),
    Not(NodeId),
}

/// The graph.
#[derive(Debug)]
pub(crate) struct Graph {
    nodes: Vec<GraphNode>,
    ids: HashMap<GraphNode, NodeId>,
}

impl Graph {
    pub(crate) fn new() -> Self {
        let mut graph = Self { nodes: Vec::new(), ids: HashMap::new() };
        graph.intern(GraphNode::False);
        graph.intern(GraphNode::True);
        graph
    }

    pub(crate) fn nodes(&self) -> &[GraphNode] {
        &self.nodes
    }

    pub(crate) fn intern(&mut self, node: GraphNode) -> NodeId {
        if let Some(&id) = self.ids.get(&node) {
            return id;
        }
        let id = self.nodes.len() as NodeId;
        self.nodes.push(node.clone());
        self.ids.insert(node, id);
        id
    }

    pub(crate) fn not(&mut self, child: NodeId) -> NodeId {
        match self.nodes[child as usize] {
            GraphNode::False => TRUE,
            GraphNode::True => FALSE,
            GraphNode::Not(inner) => inner,
            _ => self.intern(GraphNode::Not(child)),
        }
    }

    pub(crate) fn and(&mut self, children: impl IntoIterator<Item = NodeId>) -> NodeId {
        let mut kept: Vec<NodeId> = Vec::new();
        for child in children {
            match &self.nodes[child as usize] {
                GraphNode::False => return FALSE,
                GraphNode::True => {}
                GraphNode::And(inner) => kept.extend(inner.iter()),
                _ => kept.push(child),
            }
        }
        kept.sort_unstable();
        kept.dedup();
        match kept.as_slice() {
            [] => TRUE,
            [only] => *only,
            _ => self.intern(GraphNode::And(kept.into_boxed_slice())),
        }
    }

    pub(crate) fn or(&mut self, children: impl IntoIterator<Item = NodeId>) -> NodeId {
        let mut kept: Vec<NodeId> = Vec::new();
        for child in children {
            match &self.nodes[child as usize] {
                GraphNode::True => return TRUE,
                GraphNode::False => {}
                GraphNode::Or(inner) => kept.extend(inner.iter()),
                _ => kept.push(child),
            }
        }
        kept.sort_unstable();
        kept.dedup();
        match kept.as_slice() {
            [] => FALSE,
            [only] => *only,
            _ => self.intern(GraphNode::Or(kept.into_boxed_slice())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_constants_and_shares_nodes() {
        let mut graph = Graph::new();
        let a = graph.intern(GraphNode::Present { column: 0 });
        let b = graph.intern(GraphNode::Present { column: 1 });
        assert_eq!(graph.and([]), TRUE);
        assert_eq!(graph.or([]), FALSE);
        assert_eq!(graph.and([a, FALSE]), FALSE);
        assert_eq!(graph.or([a, TRUE]), TRUE);
        assert_eq!(graph.and([TRUE, a, a]), a);
        assert_eq!(graph.and([a, b]), graph.and([b, a]));
        let not = graph.not(a);
        assert_eq!(graph.not(not), a);
        assert_eq!(graph.not(TRUE), FALSE);
    }
}
