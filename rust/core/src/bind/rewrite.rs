//! Rewriting rules into the graph: each predicate becomes one on columns.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ahash::{HashMap, HashMapExt};
use arrow::datatypes::Schema;

use super::answers::{self, Resolved};
use super::near::Near;
use super::routes::BoundRoute;
use super::{BoundColumn, FALSE, Graph, GraphNode, Keywords, Lost, NodeId, Reference, RuleBinding, State, TRUE};
use crate::column::{ColumnPath, Source};
use crate::mapping::{Mapping, Route, Scalar};
use crate::matcher::{Kind, MatcherBuilder, Slot};
use crate::plan::{Cmp, Node, RuleEntry};
use crate::rule_set::{Compiled, RuleSet, like};

/// The place of a view in [`Rewriter::views`].
type ViewId = u32;

/// Builds the graph and the columns of one binding.
pub(crate) struct Rewriter<'a> {
    rules: &'a RuleSet,
    schema: &'a Schema,
    mapping: Option<&'a Mapping>,
    graph: Graph,
    columns: HashMap<Source, u32>,
    sources: Vec<Source>,
    builders: Vec<MatcherBuilder>,
    keyword_builder: MatcherBuilder,
    keyword_slots: HashMap<u32, Slot>,
    keyword_rows: Vec<NodeId>,
    references: Vec<Reference>,
    /// The views that rules were read through, in the order in which they came up.
    views: Vec<Option<String>>,
    /// By view, what answers a field.
    resolved: Vec<HashMap<String, Rc<Resolved>>>,
    /// Literal tests of a column, so that routes and views share slots.
    literals: HashMap<(u32, Kind, String, bool), NodeId>,
    /// Predicate through view → node, so that what rules share is rewritten once.
    known: HashMap<(u32, ViewId), (NodeId, bool)>,
    near: Near,
}

/// What a rewriter leaves: everything of a binding but its states.
pub(crate) struct Parts {
    pub(crate) bound: Vec<BoundColumn>,
    pub(crate) keywords: Option<Keywords>,
    pub(crate) references: Vec<Reference>,
    pub(crate) graph: Graph,
}

/// What rewriting one rule through one view noticed.
#[derive(Default)]
struct Notes {
    missing: BTreeSet<String>,
    lost: BTreeSet<Lost>,
    keywords: bool,
}

impl Notes {
    /// Of a part that missing fields have decided as a whole, only that is lost which the whole was for: a filter inside a
    /// branch that cannot match excludes nothing. `before` is what was lost outside.
    fn settle(&mut self, node: NodeId, positive: bool, before: BTreeSet<Lost>) {
        if matches!(node, TRUE | FALSE) && !self.lost.is_empty() {
            self.lost = BTreeSet::from([if (node == TRUE) == positive { Lost::Filters } else { Lost::Branches }]);
        }
        self.lost.extend(before);
    }
}

impl<'a> Rewriter<'a> {
    pub(crate) fn new(rules: &'a RuleSet, schema: &'a Schema, mapping: Option<&'a Mapping>) -> Self {
        Self {
            rules,
            schema,
            mapping,
            graph: Graph::new(),
            columns: HashMap::new(),
            sources: Vec::new(),
            builders: Vec::new(),
            keyword_builder: MatcherBuilder::default(),
            keyword_slots: HashMap::new(),
            keyword_rows: Vec::new(),
            references: Vec::new(),
            views: Vec::new(),
            resolved: Vec::new(),
            literals: HashMap::new(),
            known: HashMap::new(),
            near: Near::new(schema),
        }
    }

    /// A rule as one node: over its views, rows of the routes AND the condition read through the view.
    pub(crate) fn rule(&mut self, rule: &RuleEntry, routes: &[BoundRoute]) -> (NodeId, RuleBinding) {
        let mut views: BTreeMap<Option<String>, Vec<NodeId>> = BTreeMap::new();
        for route in routes.iter().filter(|route| route.fits(&rule.logsource)) {
            views.entry(route.view_for(&rule.logsource).map(str::to_owned)).or_default().push(route.rows);
        }
        let any_product = routes.iter().any(|route| route.fits(&rule.logsource) && route.any_product(&rule.logsource));
        let mut state = RuleBinding::no_log_source();
        let mut alternatives = Vec::new();
        for (view, rows) in views {
            let rows = self.graph.or(rows);
            let mut notes = Notes::default();
            let through = self.view(view.as_deref());
            let condition = self.node(&rule.condition, through, true, &mut notes);
            if notes.keywords && condition != FALSE {
                self.keyword_rows.push(rows);
            }
            let here = match (condition, notes.lost.is_empty()) {
                (FALSE, _) => State::Inert,
                (_, true) => State::Runs,
                (_, false) => State::Partial,
            };
            let lost = if here == State::Partial { notes.lost.into_iter().collect() } else { Vec::new() };
            let near = notes.missing.iter().filter_map(|field| {
                let column = self.near.column(self.mapping, view.as_deref(), field)?;
                Some((field.clone(), column.to_owned()))
            });
            let near = near.collect();
            let missing = notes.missing.into_iter().collect();
            state = state.better(RuleBinding { state: here, lost, missing, near, any_product });
            alternatives.push(self.graph.and([rows, condition]));
        }
        (self.graph.or(alternatives), state)
    }

    /// The rows of a route: none in a table that lacks what it needs, else those of its condition, to which a column that
    /// is missing is null.
    pub(crate) fn route(&mut self, route: &Route) -> NodeId {
        if route.needs.iter().any(|name| ColumnPath::find(self.schema, name, true).is_none()) {
            return FALSE;
        }
        let mut all = Vec::new();
        for (name, values) in &route.when {
            let path = ColumnPath::find(self.schema, name, true).map(Source::Path);
            let mut any = Vec::new();
            for value in values {
                let node = match (value, &path) {
                    (Scalar::Null, None) => TRUE,
                    (_, None) => FALSE,
                    (Scalar::Null, Some(path)) => {
                        let present = self.present(path);
                        self.graph.not(present)
                    }
                    (Scalar::Int(n), Some(path)) => {
                        self.slot(path, &Compiled::Number { cmp: Cmp::Eq, value: n.to_string() })
                    }
                    (Scalar::Text(text), Some(path)) => {
                        // A backslash in a route is itself, never an escape, so every pattern can be read.
                        let pattern = text.contains(['*', '?']).then(|| like(&text.replace('\\', "\\\\"), false));
                        let literal = || Compiled::Text { kind: Kind::Equals, value: text.clone(), cased: false };
                        self.slot(path, &pattern.and_then(Result::ok).unwrap_or_else(literal))
                    }
                };
                any.push(node);
            }
            all.push(self.graph.or(any));
        }
        self.graph.and(all)
    }

    /// The rows that are in none of `nodes`.
    pub(crate) fn none_of(&mut self, nodes: Vec<NodeId>) -> NodeId {
        let any = self.graph.or(nodes);
        self.graph.not(any)
    }

    fn node(&mut self, node: &Node, view: ViewId, positive: bool, notes: &mut Notes) -> NodeId {
        match node {
            Node::And(children) => {
                let (lost, children) = self.children(children, view, positive, notes);
                let node = self.graph.and(children);
                notes.settle(node, positive, lost);
                node
            }
            Node::Or(children) => {
                let (lost, children) = self.children(children, view, positive, notes);
                let node = self.graph.or(children);
                notes.settle(node, positive, lost);
                node
            }
            Node::Not(child) => {
                let child = self.node(child, view, !positive, notes);
                self.graph.not(child)
            }
            Node::Leaf(predicate) => self.leaf(*predicate, view, positive, notes),
        }
    }

    /// The nodes of `children`, and what was lost before them; what they lost is left in `notes`.
    fn children(
        &mut self,
        children: &[Node],
        view: ViewId,
        positive: bool,
        notes: &mut Notes,
    ) -> (BTreeSet<Lost>, Vec<NodeId>) {
        let before = std::mem::take(&mut notes.lost);
        (before, children.iter().map(|child| self.node(child, view, positive, notes)).collect())
    }

    fn leaf(&mut self, predicate: u32, view: ViewId, positive: bool, notes: &mut Notes) -> NodeId {
        let rules = self.rules;
        let Some(field) = &rules.plan().predicates[predicate as usize].field else {
            notes.keywords = true;
            return self.keyword(predicate);
        };
        let test = rules.compiled(predicate);
        let key = (predicate, view);
        let (node, complete) = match self.known.get(&key) {
            Some(&known) => known,
            None => {
                let made = match test {
                    Compiled::FieldRef { field: other, kind, cased } => {
                        self.reference(field, other, *kind, *cased, view)
                    }
                    test => self.predicate(field, test, view),
                };
                self.known.insert(key, made);
                made
            }
        };
        if !complete {
            notes.missing.insert(field.clone());
            if let Compiled::FieldRef { field: other, .. } = test
                && self.resolve(other, view).sources.is_empty()
            {
                notes.missing.insert(other.clone());
                if !self.resolve(field, view).sources.is_empty() {
                    notes.missing.remove(field);
                }
            }
            // A missing field makes `null` true and everything else false.
            let less = matches!(test, Compiled::Null) != positive;
            notes.lost.insert(if less { Lost::Branches } else { Lost::Filters });
        }
        node
    }

    /// A predicate on the columns that answer its field, and whether any does.
    fn predicate(&mut self, field: &str, test: &Compiled, view: ViewId) -> (NodeId, bool) {
        let resolved = self.resolve(field, view);
        if let Compiled::Null | Compiled::Exists = test {
            let columns = resolved.sources.iter().chain(resolved.hashes.values());
            let present: Vec<NodeId> = columns.map(|path| self.present(path)).collect();
            let complete = !present.is_empty();
            let any = self.graph.or(present);
            return (if matches!(test, Compiled::Null) { self.graph.not(any) } else { any }, complete);
        }
        let mut alternatives = Vec::new();
        let readings = answers::readings(test, &resolved.rich);
        for (at, path) in resolved.sources.iter().enumerate() {
            let mut any = vec![self.slot(path, test)];
            any.extend(readings.iter().map(|reading| self.slot(path, reading)));
            let any = self.graph.or(any);
            let guarded = self.guarded(any, &resolved.sources[..at]);
            alternatives.push(guarded);
        }
        if test.is_any_value() {
            let digests: Vec<NodeId> = resolved.hashes.values().map(|path| self.slot(path, test)).collect();
            alternatives.extend(digests);
        }
        for (path, test) in answers::hash_tests(test, &resolved.hashes) {
            alternatives.push(self.slot(&path, &test));
        }
        let complete = !alternatives.is_empty();
        (self.graph.or(alternatives), complete)
    }

    /// `node`, on rows where none of `earlier` answers.
    fn guarded(&mut self, node: NodeId, earlier: &[Source]) -> NodeId {
        let mut all = vec![node];
        for path in earlier {
            let present = self.present(path);
            all.push(self.graph.not(present));
        }
        self.graph.and(all)
    }

    /// A comparison of two fields: of the first columns of each that are there in the row.
    fn reference(&mut self, field: &str, other: &str, kind: Kind, cased: bool, view: ViewId) -> (NodeId, bool) {
        let (left, right) = (self.resolve(field, view), self.resolve(other, view));
        let mut alternatives = Vec::new();
        for (i, value) in left.sources.iter().enumerate() {
            for (j, other) in right.sources.iter().enumerate() {
                let reference = Reference { value: self.column(value), other: self.column(other), kind, cased };
                let number = self.references.iter().position(|known| *known == reference).unwrap_or_else(|| {
                    self.references.push(reference);
                    self.references.len() - 1
                });
                let node = self.graph.intern(GraphNode::Reference { reference: number as u32 });
                let node = self.guarded(node, &left.sources[..i]);
                alternatives.push(self.guarded(node, &right.sources[..j]));
            }
        }
        let complete = !left.sources.is_empty() && !right.sources.is_empty();
        (self.graph.or(alternatives), complete)
    }

    fn keyword(&mut self, predicate: u32) -> NodeId {
        let slot = match self.keyword_slots.get(&predicate) {
            Some(&slot) => slot,
            None => {
                let slot = self.keyword_builder.add(self.rules.compiled(predicate));
                self.keyword_slots.insert(predicate, slot);
                slot
            }
        };
        self.graph.intern(GraphNode::Keyword { slot })
    }

    fn view(&mut self, name: Option<&str>) -> ViewId {
        let known = self.views.iter().position(|known| known.as_deref() == name);
        known.unwrap_or_else(|| {
            self.views.push(name.map(str::to_owned));
            self.resolved.push(HashMap::new());
            self.views.len() - 1
        }) as ViewId
    }

    fn resolve(&mut self, field: &str, view: ViewId) -> Rc<Resolved> {
        let resolved = &mut self.resolved[view as usize];
        if let Some(known) = resolved.get(field) {
            return Rc::clone(known);
        }
        let made = Rc::new(answers::resolve(self.schema, self.mapping, self.views[view as usize].as_deref(), field));
        resolved.insert(field.to_owned(), Rc::clone(&made));
        made
    }

    fn column(&mut self, source: &Source) -> u32 {
        if let Some(&column) = self.columns.get(source) {
            return column;
        }
        let column = self.sources.len() as u32;
        self.columns.insert(source.clone(), column);
        self.sources.push(source.clone());
        self.builders.push(MatcherBuilder::deferring());
        column
    }

    fn present(&mut self, source: &Source) -> NodeId {
        let column = self.column(source);
        self.graph.intern(GraphNode::Present { column })
    }

    fn slot(&mut self, source: &Source, test: &Compiled) -> NodeId {
        let column = self.column(source);
        let key = match test {
            Compiled::Text { kind, value, cased } => Some((column, *kind, value.clone(), *cased)),
            _ => None,
        };
        if let Some(&known) = key.as_ref().and_then(|key| self.literals.get(key)) {
            return known;
        }
        let slot = self.builders[column as usize].add(test);
        let node = self.graph.intern(GraphNode::Slot { column, slot });
        if let Some(key) = key {
            self.literals.insert(key, node);
        }
        node
    }

    /// The finished structures.
    pub(crate) fn finish(mut self) -> Parts {
        let mut bound = Vec::with_capacity(self.sources.len());
        for (source, builder) in self.sources.into_iter().zip(self.builders) {
            bound.push(BoundColumn { source, matcher: builder.build() });
        }
        let keywords = if self.keyword_rows.is_empty() {
            None
        } else {
            let scope = self.graph.or(self.keyword_rows);
            Some(Keywords { matcher: self.keyword_builder.build(), scope })
        };
        Parts { bound, keywords, references: self.references, graph: self.graph }
    }
}
