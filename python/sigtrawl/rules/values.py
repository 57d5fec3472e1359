"""The kinds of value that a detection item passes through, and how each becomes a predicate.

A value starts as what YAML holds (text, number, boolean, null); each modifier turns it into another kind or the same one; what
is left at the end becomes one predicate. A value may branch on its way (windash, base64offset, placeholders); the branches are
alternatives, whatever links the values of the item.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeAlias

from sigtrawl.plan import Node, Not, Predicate
from sigtrawl.rules import regexes, text
from sigtrawl.rules.literals import canonical, time_text
from sigtrawl.rules.text import STAR, Parts, Placeholder


class ItemError(ValueError):
    """Something in one detection item is wrong; `detections` adds the place."""

    def __init__(self, code: str, message: str, hint: str | None = None, state: str = "invalid") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
        self.state = state


@dataclass(frozen=True, slots=True)
class Text:
    """Text, with what modifiers have made of it so far.

    Attributes:
        parts: Its tokens; literal runs are bytes once an encoding has been applied.
        cased: Whether letters' case counts.
        anchored: Whether a modifier has said where it stands in the value.
        bom: Whether the byte order mark of UTF-16 precedes it.
    """

    parts: Parts
    cased: bool = False
    anchored: bool = False
    bom: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number: equal to a value, or compared with it."""

    value: int | float
    cmp: str = "eq"


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null:
    """A field that is missing or null."""


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression; ``waiting`` if placeholders without values are in it."""

    pattern: str
    flags: str = ""
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Cidr:
    """A network."""

    network: str


@dataclass(frozen=True, slots=True)
class FieldRef:
    """Another field that this one is compared with; ``waiting`` if placeholders without values are in its name."""

    name: str
    starts: bool = False
    ends: bool = False
    cased: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether the field is there."""

    value: bool


@dataclass(frozen=True, slots=True)
class TimePart:
    """A part of a time."""

    part: str
    value: int
    cmp: str = "eq"


Value: TypeAlias = Text | Number | Boolean | Null | Regex | Cidr | FieldRef | Exists | TimePart

NAMES: dict[type, str] = {
    Text: "text",
    Number: "a number",
    Boolean: "a boolean",
    Null: "null",
    Regex: "a regular expression",
    Cidr: "a network",
    FieldRef: "a field reference",
    Exists: "an existence check",
    TimePart: "a part of a time",
}


def from_yaml(raw: Any) -> Value:
    """Take a value as YAML gave it."""
    if isinstance(raw, str):
        return Text(text.parse(raw))
    if isinstance(raw, bool):
        return Boolean(raw)
    if isinstance(raw, int | float):
        return Number(raw)
    if raw is None:
        return Null()
    if isinstance(raw, dt.date):
        return Text((time_text(raw),))
    if isinstance(raw, dict):
        raise ItemError("value-type", "a mapping cannot be the value of a field", "fields of structures are written a.b")
    raise ItemError("value-type", f"a value of type {type(raw).__name__} cannot be compared with anything")


def to_node(value: Value, field: str | None) -> Node | None:
    """Make the predicate of a finished value; None while a placeholder in it has no value."""
    if isinstance(value, Text):
        return _text(value, field)
    if isinstance(value, Regex):
        if value.waiting:
            return None
        if (problem := regexes.problem(value.pattern, value.flags)) is not None:
            raise ItemError(*problem)
        return Predicate(field, "regex", value.pattern, flags=value.flags)
    if isinstance(value, FieldRef) and value.waiting:
        return None
    if isinstance(value, Number) and (field is not None or value.cmp == "eq"):
        return Predicate(field, "number", decimal(value.value), cmp=value.cmp)
    if field is None:
        if isinstance(value, Boolean):
            return Predicate(None, "contains", "true" if value.value else "false")
        raise ItemError("keyword-type", f"a keyword is text, a number or a regular expression, not {NAMES[type(value)]}")
    return _bound(value, field)


def _bound(value: Value, field: str) -> Node:
    """Make the predicate of a kind that needs a field."""
    match value:
        case Boolean(flag):
            return Predicate(field, "boolean", flag)
        case Null():
            return Predicate(field, "null")
        case Cidr(network):
            return Predicate(field, "cidr", network)
        case FieldRef(name, starts, ends, cased, _):
            how = {(False, False): "equals", (True, False): "startswith", (False, True): "endswith"}
            return Predicate(field, "fieldref", name, how=how.get((starts, ends), "contains"), cased=cased)
        case Exists(wanted):
            return Predicate(field, "exists") if wanted else Not(Predicate(field, "exists"))
        case TimePart(part, number, cmp):
            return Predicate(field, "timepart", number, part=part, cmp=cmp)
    raise TypeError(f"no predicate for {value!r}")


def decimal(number: float) -> str:
    """Write a number of a rule exactly."""
    if (told := canonical(number)) is None:
        raise ItemError("value-type", f"the number {number!r} is not finite", "quote it if text is meant")
    return told


def _text(value: Text, field: str | None) -> Node | None:
    parts = value.parts
    if any(isinstance(part, Placeholder) for part in parts):
        return None
    if any(isinstance(part, bytes) for part in parts) or value.bom:
        parts = decoded(value)
    if field is None and not value.anchored:
        parts = (STAR, *parts, STAR)
    return text.predicate(field, parts, cased=value.cased)


def decoded(value: Text) -> Parts:
    """Read an encoding that no base64 followed as the text it would be in an event."""
    try:
        parts = tuple(part.decode() if isinstance(part, bytes) else part for part in value.parts)
    except UnicodeDecodeError:
        raise ItemError(
            "encoding-not-text",
            "its UTF-16 bytes are no text, so no text column can hold them",
            "let base64offset follow if the bytes are searched for in base64",
            "unsupported",
        ) from None
    return ("\ufeff", *parts) if value.bom else parts
