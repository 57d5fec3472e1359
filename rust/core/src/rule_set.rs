//! The compiled rules: immutable, shared, cheap to clone.
//!
//! Compiling checks every value once and prepares what does not depend on a table (folded patterns, networks, regexes).
//! What does — which column answers a field, one search structure a column — is a [`Binding`](crate::Binding).

use std::sync::Arc;

use ipnet::IpNet;
use regex::{Regex, RegexBuilder};

use crate::address;
use crate::decimal::Decimal;
use crate::error::Error;
use crate::matcher::{Kind, Run, required_literals, required_run};
use crate::pattern::Pattern;
use crate::plan::{Cmp, Node, Plan, Predicate, Test, TimePart};

/// A regex program may take so many bytes; the corpus' largest takes a tenth. Beyond it, compiling is refused.
const REGEX_SIZE_LIMIT: usize = 32 << 20;

/// Compiled rules, ready to be bound to tables.
#[derive(Clone, Debug)]
pub struct RuleSet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    plan: Plan,
    /// Parallel to the Plan's predicates.
    compiled: Vec<Compiled>,
}

/// A predicate's test with its values prepared.
#[derive(Clone, Debug)]
pub(crate) enum Compiled {
    Text {
        kind: Kind,
        value: String,
        cased: bool,
    },
    Pattern {
        escaped: String,
        pattern: Pattern,
        cased: bool,
    },
    Regex {
        regex: Regex,
        required: Option<Vec<String>>,
        run: Option<Run>,
    },
    Number {
        cmp: Cmp,
        value: String,
    },
    /// A number that is written in hexadecimal, `0x…`, and compares so; never `eq`, which is an equality of texts.
    HexNumber {
        cmp: Cmp,
        value: String,
    },
    /// A keyword number: its digits stand somewhere in the value, apart from other digits.
    NumberWithin {
        value: String,
    },
    Cidr(IpNet),
    TimePart {
        part: TimePart,
        cmp: Cmp,
        value: i64,
    },
    Null,
    Exists,
    FieldRef {
        field: String,
        kind: Kind,
        cased: bool,
    },
}

impl Compiled {
    /// Whether every present value satisfies this: it contains the empty text.
    pub(crate) fn is_any_value(&self) -> bool {
        matches!(self, Self::Text { kind, value, .. } if value.is_empty() && *kind != Kind::Equals)
    }
}

impl RuleSet {
    /// Compiles a Plan from its JSON.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        Self::compile(Plan::from_json(bytes)?)
    }

    /// Compiles a Plan.
    pub fn compile(plan: Plan) -> Result<Self, Error> {
        let mut compiled = Vec::with_capacity(plan.predicates.len());
        for (at, predicate) in plan.predicates.iter().enumerate() {
            compiled.push(compile_test(predicate).map_err(|message| {
                let rule = plan.rules.iter().find(|rule| names(&rule.condition, at as u32));
                let rule = rule.map_or_else(String::new, |r| {
                    format!("rule {:?} ({}): ", r.title, r.id.as_deref().unwrap_or("no id"))
                });
                let field = predicate.field.as_deref().unwrap_or("(keyword)");
                Error::predicate(format!("{rule}field {field}: {message}"))
            })?);
        }
        Ok(Self { inner: Arc::new(Inner { plan, compiled }) })
    }

    /// The Plan that was compiled.
    pub fn plan(&self) -> &Plan {
        &self.inner.plan
    }

    pub(crate) fn compiled(&self, predicate: u32) -> &Compiled {
        &self.inner.compiled[predicate as usize]
    }
}

fn names(node: &Node, predicate: u32) -> bool {
    match node {
        Node::Leaf(leaf) => *leaf == predicate,
        Node::And(children) | Node::Or(children) => children.iter().any(|child| names(child, predicate)),
        Node::Not(child) => names(child, predicate),
    }
}

fn compile_test(predicate: &Predicate) -> Result<Compiled, String> {
    let keyword = predicate.field.is_none();
    let text = |kind, text: &crate::plan::Text| Compiled::Text { kind, value: text.value.clone(), cased: text.cased };
    let compiled = match &predicate.test {
        Test::Equals(t) => text(Kind::Equals, t),
        Test::Contains(t) => text(Kind::Contains, t),
        Test::StartsWith(t) => text(Kind::StartsWith, t),
        Test::EndsWith(t) => text(Kind::EndsWith, t),
        Test::Like(t) => like(&t.value, t.cased)?,
        Test::Regex { value, flags } => compile_regex(value, flags)?,
        Test::Cidr { value } => {
            Compiled::Cidr(address::network(value).ok_or_else(|| format!("{value:?} is no network without host bits"))?)
        }
        Test::Number { value, .. } if Decimal::parse(value).is_none() => return Err(format!("{value:?} is no number")),
        Test::Number { cmp: Cmp::Eq, value } if keyword => Compiled::NumberWithin { value: value.clone() },
        Test::Number { cmp, value } => Compiled::Number { cmp: *cmp, value: value.clone() },
        Test::Boolean { value } => Compiled::Text { kind: Kind::Equals, value: value.to_string(), cased: false },
        Test::Null => Compiled::Null,
        Test::Exists => Compiled::Exists,
        Test::FieldRef { value, how, cased } => {
            Compiled::FieldRef { field: value.clone(), kind: (*how).into(), cased: *cased }
        }
        Test::TimePart { part, cmp, value } => Compiled::TimePart { part: *part, cmp: *cmp, value: *value },
    };
    match compiled {
        Compiled::Null | Compiled::Cidr(_) | Compiled::FieldRef { .. } | Compiled::TimePart { .. } if keyword => {
            Err("a keyword cannot ask that".to_owned())
        }
        compiled => Ok(compiled),
    }
}

/// A wildcard pattern from its strictly escaped text.
pub(crate) fn like(escaped: &str, cased: bool) -> Result<Compiled, String> {
    let pattern = Pattern::parse(escaped).ok_or_else(|| format!("{escaped:?} is no strictly escaped pattern"))?;
    Ok(Compiled::Pattern { escaped: escaped.to_owned(), pattern, cased })
}

fn compile_regex(pattern: &str, flags: &str) -> Result<Compiled, String> {
    let mut builder = RegexBuilder::new(pattern);
    let mut parser = regex_syntax::ParserBuilder::new();
    for flag in flags.chars() {
        match flag {
            'i' => {
                builder.case_insensitive(true);
                parser.case_insensitive(true);
            }
            'm' => {
                builder.multi_line(true);
                parser.multi_line(true);
            }
            's' => {
                builder.dot_matches_new_line(true);
                parser.dot_matches_new_line(true);
            }
            other => return Err(format!("unknown regex flag {other:?}")),
        }
    }
    let hir = parser.build().parse(pattern).map_err(|e| explain(pattern, &e))?;
    let regex = builder.size_limit(REGEX_SIZE_LIMIT).build().map_err(|e| match e {
        regex::Error::CompiledTooBig(limit) => {
            format!("unsupported: the regex {pattern:?} needs more than {limit} bytes")
        }
        other => format!("{other}"),
    })?;
    Ok(Compiled::Regex { regex, required: required_literals(&hir), run: required_run(&hir) })
}

/// Judges a regex as loading does: `Ok`, or a message that begins with `unsupported` where the dialect lacks a feature.
pub fn check_regex(pattern: &str, flags: &str) -> Result<(), String> {
    compile_regex(pattern, flags).map(drop)
}

fn explain(pattern: &str, error: &regex_syntax::Error) -> String {
    use regex_syntax::ast::ErrorKind;
    if let regex_syntax::Error::Parse(parse) = error {
        match parse.kind() {
            ErrorKind::UnsupportedLookAround => {
                return format!(
                    "unsupported: look-around in the regex {pattern:?}; state it as a second item and a `not`"
                );
            }
            ErrorKind::UnsupportedBackreference => {
                return format!("unsupported: a back-reference in the regex {pattern:?}");
            }
            kind => {
                return format!("the regex {pattern:?} is wrong at character {}: {kind}", parse.span().start.offset);
            }
        }
    }
    format!("the regex {pattern:?} is wrong: {error}")
}
