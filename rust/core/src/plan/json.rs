//! The JSON of nodes and predicates, read without buffering.
//!
//! Derived readers for untagged and flattened types copy every subtree once per level; a corpus has 46,000 leaves and a
//! compiled file must load in a moment.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::{Cmp, How, Node, Test, Text, TimePart};

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a predicate's index, or one of {\"and\": […]}, {\"or\": […]}, {\"not\": …}")
    }

    fn visit_u64<E: de::Error>(self, index: u64) -> Result<Node, E> {
        u32::try_from(index).map(Node::Leaf).map_err(|_| E::custom(format!("predicate {index} is out of range")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let key: std::borrow::Cow<'de, str> = map.next_key()?.ok_or_else(|| de::Error::custom("an empty node"))?;
        let node = match key.as_ref() {
            "and" => Node::And(map.next_value()?),
            "or" => Node::Or(map.next_value()?),
            "not" => Node::Not(map.next_value()?),
            other => return Err(de::Error::unknown_field(other, &["and", "or", "not"])),
        };
        match map.next_key::<std::borrow::Cow<'de, str>>()? {
            None => Ok(node),
            Some(extra) => Err(de::Error::custom(format!("a node has one member, here also {extra:?}"))),
        }
    }
}

/// A predicate as it stands in the file: all members that some `op` has.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Predicate {
    field: Option<String>,
    op: String,
    value: Option<Value>,
    #[serde(default)]
    cased: bool,
    #[serde(default)]
    flags: String,
    cmp: Option<Cmp>,
    how: Option<How>,
    part: Option<TimePart>,
}

enum Value {
    Bool(bool),
    Int(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, an integer or a boolean as `value`")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value).map(Value::Int).map_err(|_| E::custom(format!("the value {value} is out of range")))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }
}

impl TryFrom<Predicate> for super::Predicate {
    type Error = String;

    fn try_from(raw: Predicate) -> Result<Self, String> {
        let Predicate { field, op, value, cased, flags, cmp, how, part } = raw;
        let lacks = |member: &str| format!("a predicate with op {op:?} lacks its `{member}`");
        let text = |value: Option<Value>| match value {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(format!("a predicate with op {op:?} needs a text as `value`")),
        };
        let test = match op.as_str() {
            "equals" => Test::Equals(Text { value: text(value)?, cased }),
            "contains" => Test::Contains(Text { value: text(value)?, cased }),
            "startswith" => Test::StartsWith(Text { value: text(value)?, cased }),
            "endswith" => Test::EndsWith(Text { value: text(value)?, cased }),
            "like" => Test::Like(Text { value: text(value)?, cased }),
            "regex" => Test::Regex { value: text(value)?, flags },
            "cidr" => Test::Cidr { value: text(value)? },
            "number" => Test::Number { cmp: cmp.ok_or_else(|| lacks("cmp"))?, value: text(value)? },
            "boolean" => match value {
                Some(Value::Bool(value)) => Test::Boolean { value },
                _ => return Err(lacks("value")),
            },
            "null" => Test::Null,
            "exists" => Test::Exists,
            "fieldref" => Test::FieldRef { value: text(value)?, how: how.ok_or_else(|| lacks("how"))?, cased },
            "timepart" => match value {
                Some(Value::Int(value)) => Test::TimePart {
                    part: part.ok_or_else(|| lacks("part"))?,
                    cmp: cmp.ok_or_else(|| lacks("cmp"))?,
                    value,
                },
                _ => return Err(lacks("value")),
            },
            other => return Err(format!("unknown op {other:?}")),
        };
        Ok(Self { field, test })
    }
}
