//! Log sources of rows: which rules fit which rows, through which view.

use super::rewrite::Rewriter;
use super::{FALSE, NodeId, TRUE};
use crate::mapping::Mapping;
use crate::plan::LogSource;

/// Rows of one log source, and the view through which rules of its category read them.
#[derive(Debug)]
pub(crate) struct BoundRoute {
    /// `None`: every rule fits.
    pub(crate) logsource: Option<LogSource>,
    pub(crate) rows: NodeId,
    pub(crate) view: Option<String>,
}

impl BoundRoute {
    /// Whether a rule fits: this log source has every attribute that the rule states.
    pub(crate) fn fits(&self, rule: &LogSource) -> bool {
        let Some(here) = &self.logsource else { return true };
        let has = |stated: Option<&String>, here: Option<&String>| match (stated, here) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(stated), Some(here)) => here == "*" || stated == here,
        };
        has(rule.product.as_ref(), here.product.as_ref())
            && has(rule.category.as_ref(), here.category.as_ref())
            && has(rule.service.as_ref(), here.service.as_ref())
    }

    /// Whether a rule's product is one that these rows do not tell.
    pub(crate) fn any_product(&self, rule: &LogSource) -> bool {
        let here = self.logsource.as_ref().and_then(|here| here.product.as_deref());
        rule.product.is_some() && here == Some("*")
    }

    /// The view that a rule which fits reads through: the route's own only if the rule states the route's category.
    pub(crate) fn view_for(&self, rule: &LogSource) -> Option<&str> {
        let category = self.logsource.as_ref().and_then(|here| here.category.as_ref());
        (category.is_some() && rule.category.as_ref() == category).then_some(self.view.as_deref()).flatten()
    }
}

/// Every rule on every row.
pub(crate) fn everything() -> Vec<BoundRoute> {
    vec![BoundRoute { logsource: None, rows: TRUE, view: None }]
}

/// The routes of a mapping, or of an assertion laid over it.
pub(crate) fn routes(
    mapping: Option<&Mapping>,
    asserted: Option<&LogSource>,
    rewriter: &mut Rewriter<'_>,
) -> Vec<BoundRoute> {
    let listed = mapping.map(|mapping| mapping.routes.as_slice()).unwrap_or_default();
    let mut out = Vec::new();
    let Some(asserted) = asserted else {
        for route in listed {
            let rows = rewriter.route(route);
            out.push(BoundRoute { logsource: Some(route.logsource.clone()), rows, view: route.view.clone() });
        }
        out.retain(|route| route.rows != FALSE);
        return out;
    };
    // One triple for every row. Rows that a view of the asserted category describes are still read through it.
    let mut viewed = Vec::new();
    for route in listed.iter().filter(|r| r.view.is_some() && r.logsource.category == asserted.category) {
        let rows = rewriter.route(route);
        viewed.push(rows);
        out.push(BoundRoute { logsource: Some(asserted.clone()), rows, view: route.view.clone() });
    }
    let rest = rewriter.none_of(viewed);
    out.push(BoundRoute { logsource: Some(asserted.clone()), rows: rest, view: None });
    out.retain(|route| route.rows != FALSE);
    out
}
