"""A raw detection → pySigma's objects for it, each value with the memory of what it was read as.

The objects are ours to make and not `SigmaDetections.from_dict`'s: pySigma refuses or misreads items that we promise to take
(`rules.compat` lists them), and a pipeline should see one meaning whatever the version. Made from our reading, they show a
pipeline what pySigma's own would: text with its wildcards, expressions, networks. What pySigma has no object for is wrapped, so
that it travels through unseen.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sigma.conditions import ConditionAND, ConditionOR
from sigma.modifiers import modifier_mapping
from sigma.rule import SigmaDetection, SigmaDetectionItem
from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
    TimestampPart,
)

from sigtrawl.rules import text
from sigtrawl.rules.detections import branches
from sigtrawl.rules.modifiers import Item, parse_key
from sigtrawl.rules.placeholders import IN_REGEX, PLACEHOLDER, Values
from sigtrawl.rules.regexes import escape
from sigtrawl.rules.values import (
    Boolean,
    Cidr,
    Exists,
    FieldRef,
    Null,
    Number,
    Regex,
    Text,
    TimePart,
    Value,
    decoded,
)

_WILD = {text.STAR: SpecialChars.WILDCARD_MULTI, text.QUERY: SpecialChars.WILDCARD_SINGLE}
_FLAGS = {
    "i": SigmaRegularExpressionFlag.IGNORECASE,
    "m": SigmaRegularExpressionFlag.MULTILINE,
    "s": SigmaRegularExpressionFlag.DOTALL,
}


# What these make of a placeholder's value no pipeline knows: it would fill in the plain text.
_BEYOND = frozenset({"base64", "base64offset", "wide", "utf16", "utf16le", "utf16be", "windash", "fieldref"})


class Kept(SigmaType):
    """A value that pySigma has no object for, and that no pipeline can change."""

    def __init__(self) -> None:
        """Hold nothing: the memory has the value."""


Fill: TypeAlias = Callable[[Placeholder], Iterator[Any]]
"""pySigma's word for what a placeholder stands for."""


class PlainText(SigmaString):
    """Text. Under ``all`` the values that fill its placeholders are alternatives, as a caller's are."""

    linked = False

    def replace_placeholders(self, callback: Fill) -> list[Any]:
        """Fill the placeholders."""
        return _alternatives(super().replace_placeholders(callback), self.linked)


class CasedText(SigmaCasedString):
    """Text whose case counts, also after its placeholders were filled: pySigma's own forgets that then."""

    linked = False

    def replace_placeholders(self, callback: Fill) -> list[Any]:
        """Fill the placeholders."""
        filled = super().replace_placeholders(callback)
        return _alternatives([SigmaCasedString.from_sigma_string(one) for one in filled], self.linked)


class Expression(SigmaRegularExpression):
    """A regular expression in our dialect, which Python's `re` is not asked about.

    Values that fill its placeholders are literal, with ``*`` and ``?`` as wildcards, as they are without a pipeline.
    """

    linked = False

    def compile(self) -> None:
        """Leave the judgement to the lowering."""

    def replace_placeholders(self, callback: Fill) -> list[Any]:
        """Fill the placeholders."""
        filled = self.regexp.replace_placeholders(lambda one: (_as_expression(value) for value in callback(one)))
        return _alternatives([Expression(regexp, set(self.flags)) for regexp in filled], self.linked)


def _alternatives(values: list[Any], linked: bool) -> list[Any]:  # noqa: FBT001
    """Give what a placeholder's values have made of one value; under ``all`` it stays one, of which any may be met.

    Steps do not look into an expansion, so a placeholder that is left in one waits for a value of the caller.
    """
    return [SigmaExpansion(values)] if linked and len(values) > 1 else values


@dataclass(frozen=True, slots=True)
class Memory:
    """What one object was read as, and what it looked like then.

    Attributes:
        made: The object; held, so that no other one can have its identity.
        values: What the raw value means: alternatives.
        looks: Its parts when it was made.
    """

    made: SigmaType
    values: tuple[Value, ...]
    looks: list[Any] | None


@dataclass(slots=True)
class Memories:
    """The memories of a rule's values, by the identity of the objects: a pipeline that changes a value makes a new one."""

    known: dict[int, Memory] = field(default_factory=dict)

    def keep(self, made: SigmaType, values: tuple[Value, ...]) -> SigmaType:
        """Remember what an object was read as."""
        self.known[id(made)] = Memory(made, values, looks(made))
        return made

    def of(self, value: SigmaType) -> tuple[Value, ...] | None:
        """Give what an object was read as; None if it is a new one, or was changed in its place."""
        memory = self.known.get(id(value))
        return None if memory is None or memory.looks != looks(value) else memory.values


def looks(value: SigmaType) -> list[Any] | None:
    """Give a copy of what a plugin's code could change inside an object."""
    if isinstance(value, SigmaRegularExpression):
        return [*value.regexp.s, sorted(flag.name for flag in value.flags)]
    return list(value.s) if isinstance(value, SigmaString) else None


def build(raw: Mapping[str, Any], given: Values) -> tuple[dict[str, SigmaDetection], Memories]:
    """Make the objects of detections, given by name, that our own lowering has found nothing against."""
    builder = _Builder(given)
    detections = {name: builder.detection(one) for name, one in raw.items()}
    return detections, builder.memories


class _Builder:
    def __init__(self, given: Values) -> None:
        self.given = given
        self.memories = Memories()

    def detection(self, raw: Any) -> SigmaDetection:
        if isinstance(raw, dict):
            return SigmaDetection([self.item(key, value) for key, value in raw.items()], item_linking=ConditionAND)
        if isinstance(raw, list) and any(isinstance(entry, dict | list) for entry in raw):
            return SigmaDetection([self.detection(entry) for entry in raw], item_linking=ConditionOR)
        return SigmaDetection([self.item("", raw)], item_linking=ConditionOR)

    def item(self, key: str, raw: Any) -> SigmaDetectionItem:
        name, modifiers = parse_key(key)
        item = Item(name, self.given, {})
        several = raw if isinstance(raw, list) else [raw]
        linked = "all" in modifiers
        return SigmaDetectionItem(
            field=name,
            modifiers=[modifier_mapping[one] for one in modifiers if one in modifier_mapping],
            value=[made for value in several for made in self.values(value, item, modifiers, linked=linked)],
            value_linking=ConditionAND if linked else ConditionOR,
            negated="neq" in modifiers,
            auto_modifiers=False,
        )

    def values(self, raw: Any, item: Item, modifiers: tuple[str, ...], *, linked: bool) -> list[SigmaType]:
        """Make the objects of one value: several where it branches and the item is an OR anyway."""
        if isinstance(raw, list):
            inner = [made for entry in raw for made in self.values(entry, item, modifiers, linked=linked)]
            return [SigmaExpansion(inner)] if linked else inner
        alternatives = branches(raw, item, modifiers)
        beyond = not _BEYOND.isdisjoint(modifiers)
        objects = [
            self.memories.keep(Kept() if beyond and _waits(value) else as_object(value), (value,)) for value in alternatives
        ]
        for made in objects:
            if isinstance(made, PlainText | CasedText | Expression):
                made.linked = linked
        # Values of placeholders stand side by side, as pySigma's would; variants of one text stay together.
        apart = len(objects) == 1 or (not linked and "expand" in modifiers)
        return objects if apart else [SigmaExpansion(objects)]


def _waits(value: Value) -> bool:
    if isinstance(value, FieldRef):
        return value.waiting
    return isinstance(value, Text) and any(isinstance(part, text.Placeholder) for part in value.parts)


def as_object(value: Value) -> SigmaType:
    """Make pySigma's object for a value."""
    try:
        return _as_object(value)
    except ValueError:  # pySigma's numbers end where floats do, and bytes may be no text
        return Kept()


def _as_object(value: Value) -> SigmaType:
    match value:
        case Text():
            return _as_string(value)
        case Number(number, "eq"):
            return SigmaNumber(number)
        case Number(number, cmp):
            return SigmaCompareExpression(SigmaNumber(number), CompareOperators[cmp.upper()])
        case Boolean(flag):
            return SigmaBool(flag)
        case Null():
            return SigmaNull()
        case Regex(pattern, flags):
            return Expression(_as_pattern(pattern), {_FLAGS[letter] for letter in flags})
        case Cidr(network):
            return SigmaCIDRExpression(network)
        case FieldRef(name, starts, ends):
            return SigmaFieldReference(name, starts, ends)
        case Exists(wanted):
            return SigmaExists(wanted)
        case TimePart(part, number, cmp):
            made = SigmaTimestampPart(TimestampPart[part.upper()], number)
            return made if cmp == "eq" else SigmaCompareExpression(made, CompareOperators[cmp.upper()])


def _as_string(value: Text) -> SigmaString:
    parts = decoded(value) if value.bom or any(isinstance(part, bytes) for part in value.parts) else value.parts
    made = CasedText() if value.cased else PlainText()
    made.s = [_part(part) for part in parts]
    made.original = made.to_plain()
    return made


def _part(part: text.Part) -> Any:
    if isinstance(part, text.Wild):
        return _WILD[part]
    return Placeholder(part.name) if isinstance(part, text.Placeholder) else part


def _as_pattern(pattern: str) -> SigmaString:
    """Make the text of an expression, with what is left of its placeholders."""
    parts: list[Any] = []
    place = 0
    for found in PLACEHOLDER.finditer(pattern):
        parts += [pattern[place : found.start()], Placeholder(found.group(1))]
        place = found.end()
    made = SigmaString()
    made.s = [part for part in (*parts, pattern[place:]) if part != ""]
    made.original = pattern
    return made


def _as_expression(value: Any) -> Any:
    """Write a placeholder's value as a part of an expression."""
    parts = value.s if isinstance(value, SigmaString) else [value]
    if any(isinstance(part, Placeholder) for part in parts):
        return value
    signs: dict[Any, str] = {SpecialChars.WILDCARD_MULTI: IN_REGEX["*"], SpecialChars.WILDCARD_SINGLE: IN_REGEX["?"]}
    made = SigmaString()
    made.s = [f"(?:{''.join(escape(part) if isinstance(part, str) else signs[part] for part in parts)})"]
    return made


def pattern_of(expression: SigmaRegularExpression) -> str:
    """Give the text of an expression as it is written; what is left of its placeholders included."""
    return expression.regexp.to_plain(regex=True)


def flags_of(expression: SigmaRegularExpression) -> str:
    """Give the letters of an expression's flags, sorted."""
    return "".join(sorted(letter for letter, flag in _FLAGS.items() if flag in expression.flags))
