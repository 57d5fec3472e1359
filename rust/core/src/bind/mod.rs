//! Binding: compiled rules tied to one table's schema.
//!
//! Here fields become columns and log sources become conditions on rows. All of it is rewriting: a field that several
//! columns answer becomes an OR guarded by nulls, a value map adds alternatives, a route is an AND in front of the
//! condition. The result is one graph over predicates of columns, and one search structure a column. A missing column
//! makes its predicates false (and `null` true), is written down, and decides the rule's state.

mod answers;
mod graph;
mod near;
mod rewrite;
mod routes;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use arrow::datatypes::Schema;
use serde::Deserialize;

use crate::column::{ColumnPath, Source, TimeColumn};
use crate::error::Error;
use crate::mapping::{self, Mapping};
use crate::matcher::{ColumnMatcher, Kind};
use crate::plan::LogSource;
use crate::rule_set::RuleSet;
use crate::sieve::Sieve;

pub(crate) use graph::{FALSE, Graph, GraphNode, NodeId, TRUE};
pub use state::{Lost, RuleBinding, State};

/// Times of a table whose schema no mapping describes: Sigma's own names.
const OWN_TIME_COLUMNS: [&str; 2] = ["TimeCreated_SystemTime", "UtcTime"];

/// How a table is to be read.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct BindOptions {
    /// The known schema mappings; shared, because all calls of a process know the same ones.
    #[serde(default, deserialize_with = "mapping::shared")]
    pub mappings: Vec<Arc<Mapping>>,
    /// A mapping's name; `none` takes column names as Sigma's and runs every rule on every row; absent: recognised.
    #[serde(default)]
    pub schema: Option<String>,
    /// The log source that every row has, in place of the mapping's routes.
    #[serde(default)]
    pub logsource: Option<LogSource>,
}

/// Rules tied to one schema; immutable and shared by all scanners of it.
#[derive(Debug)]
pub struct Binding {
    pub(crate) bound: Vec<BoundColumn>,
    pub(crate) keywords: Option<Keywords>,
    pub(crate) references: Vec<Reference>,
    pub(crate) graph: Graph,
    /// Rule number and root, of the rules that can match.
    pub(crate) rules: Vec<(u32, NodeId)>,
    /// Nodes that several parents use and that are worth keeping for a whole batch.
    pub(crate) shared: Vec<bool>,
    /// Nodes that look at values again, row by row: they are asked last.
    pub(crate) costly: Vec<bool>,
    /// Position in the projected batch of each top-level column of the table.
    pub(crate) positions: BTreeMap<usize, usize>,
    pub(crate) names: Vec<String>,
    /// How to look for candidates, once some data has been seen.
    pub(crate) sieve: OnceLock<Arc<Sieve>>,
    /// Held while it is made: one thread is enough for that.
    pub(crate) sieve_making: Mutex<()>,
    columns: Vec<usize>,
    time_columns: Vec<TimeColumn>,
    states: Vec<RuleBinding>,
    schema_name: Option<String>,
    schema_reason: String,
}

/// A column (a place in the table, or several joined) and everything that is asked of it.
#[derive(Debug)]
pub(crate) struct BoundColumn {
    pub(crate) source: Source,
    pub(crate) matcher: ColumnMatcher,
}

/// What is asked of all columns.
#[derive(Debug)]
pub(crate) struct Keywords {
    pub(crate) matcher: ColumnMatcher,
    /// Rows on which any keyword rule can match.
    pub(crate) scope: NodeId,
}

/// A comparison of two columns of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reference {
    pub(crate) value: u32,
    pub(crate) other: u32,
    pub(crate) kind: Kind,
    pub(crate) cased: bool,
}

impl Binding {
    /// Binds `rules` to a table of `schema`.
    ///
    /// # Errors
    /// The schema is not recognised, or the named mapping is unknown; the message lists the ways out.
    pub fn new(rules: &RuleSet, schema: &Schema, options: &BindOptions) -> Result<Self, Error> {
        let (mapping, routed, schema_reason) = choose(schema, options)?;
        let mut rewriter = rewrite::Rewriter::new(rules, schema, mapping.as_deref());
        let routes = if routed {
            routes::routes(mapping.as_deref(), options.logsource.as_ref(), &mut rewriter)
        } else {
            routes::everything()
        };
        let mut states = Vec::with_capacity(rules.plan().rules.len());
        let mut roots = Vec::new();
        for (number, rule) in rules.plan().rules.iter().enumerate() {
            let (root, state) = rewriter.rule(rule, &routes);
            if root != FALSE {
                roots.push((number as u32, root));
            }
            states.push(state);
        }
        let parts = rewriter.finish();

        let mut top: BTreeSet<usize> = parts.bound.iter().flat_map(|bound| bound.source.columns()).collect();
        if parts.keywords.is_some() {
            top.extend((0..schema.fields().len()).filter(|&i| !schema.field(i).name().starts_with('_')));
        }
        let columns: Vec<usize> = top.into_iter().collect();
        let time_columns = match &mapping {
            Some(mapping) => mapping.time_columns(schema),
            None => own_time_columns(schema),
        };
        let costly = costly_nodes(&parts);
        let shared = shared_nodes(&parts.graph, &costly);
        Ok(Self {
            bound: parts.bound,
            keywords: parts.keywords,
            references: parts.references,
            graph: parts.graph,
            rules: roots,
            shared,
            costly,
            positions: columns.iter().enumerate().map(|(position, &column)| (column, position)).collect(),
            names: columns.iter().map(|&column| schema.field(column).name().clone()).collect(),
            sieve: OnceLock::new(),
            sieve_making: Mutex::new(()),
            columns,
            time_columns,
            states,
            schema_name: mapping.map(|m| m.name.clone()),
            schema_reason,
        })
    }

    /// For each rule of the Plan, whether it runs here.
    pub fn states(&self) -> &[RuleBinding] {
        &self.states
    }

    /// The top-level columns of the table that matching reads, ascending: a batch to scan has exactly these.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The time columns that the table has, the preferred first.
    pub fn time_columns(&self) -> &[TimeColumn] {
        &self.time_columns
    }

    /// The mapping's name; `None` where column names are Sigma's.
    pub fn schema_name(&self) -> Option<&str> {
        self.schema_name.as_deref()
    }

    /// Why the table is read this way.
    pub fn schema_reason(&self) -> &str {
        &self.schema_reason
    }

    /// Whether any rule can match here.
    pub fn runs_any(&self) -> bool {
        !self.rules.is_empty()
    }

    /// A scanner of its own for the calling thread.
    pub fn scanner(self: &Arc<Self>) -> crate::Scanner {
        crate::Scanner::new(Arc::clone(self))
    }
}

/// The time columns of a table whose column names are Sigma's.
fn own_time_columns(schema: &Schema) -> Vec<TimeColumn> {
    let find = |name: &&str| {
        let path = ColumnPath::find(schema, name, true)?;
        Some(TimeColumn { name: (*name).to_owned(), path, unit: None })
    };
    OWN_TIME_COLUMNS.iter().filter_map(find).collect()
}

/// The mapping to read by, whether routing is on, and the reason.
fn choose(schema: &Schema, options: &BindOptions) -> Result<(Option<Arc<Mapping>>, bool, String), Error> {
    match options.schema.as_deref() {
        Some("none") => {
            let routed = options.logsource.is_some();
            Ok((None, routed, "column names are Sigma's, as asked".to_owned()))
        }
        Some(name) => match options.mappings.iter().find(|mapping| mapping.name == name) {
            Some(mapping) => Ok((Some(Arc::clone(mapping)), true, "as asked".to_owned())),
            None => {
                let known: Vec<&str> = options.mappings.iter().map(|m| m.name.as_str()).collect();
                Err(Error::schema(format!("there is no schema {name:?}; known are {} and none", known.join(", "))))
            }
        },
        None => match mapping::recognise(&options.mappings, schema) {
            Ok((mapping, reason)) => Ok((Some(Arc::clone(mapping)), true, reason)),
            Err(_) if options.logsource.is_some() => {
                Ok((None, true, "the log source is stated and column names are Sigma's".to_owned()))
            }
            Err(error) => Err(error),
        },
    }
}

/// Nodes with a regex or a reference of columns below them.
fn costly_nodes(parts: &rewrite::Parts) -> Vec<bool> {
    let mut costly: Vec<bool> = Vec::with_capacity(parts.graph.nodes().len());
    for node in parts.graph.nodes() {
        costly.push(match node {
            GraphNode::Slot { column, slot } => parts.bound[*column as usize].matcher.deferred(*slot).is_some(),
            GraphNode::Reference { .. } => true,
            GraphNode::And(children) | GraphNode::Or(children) => children.iter().any(|&child| costly[child as usize]),
            GraphNode::Not(child) => costly[*child as usize],
            _ => false,
        });
    }
    costly
}

/// Nodes with several parents that are worth keeping for a whole batch: no leaves, and nothing that is asked last.
fn shared_nodes(graph: &Graph, costly: &[bool]) -> Vec<bool> {
    let mut parents = vec![0u32; graph.nodes().len()];
    for node in graph.nodes() {
        match node {
            GraphNode::And(children) | GraphNode::Or(children) => {
                for &child in children {
                    parents[child as usize] += 1;
                }
            }
            GraphNode::Not(child) => parents[*child as usize] += 1,
            _ => {}
        }
    }
    graph
        .nodes()
        .iter()
        .zip(parents.iter().zip(costly))
        .map(|(node, (&parents, &costly))| {
            parents > 1 && !costly && matches!(node, GraphNode::And(_) | GraphNode::Or(_))
        })
        .collect()
}
