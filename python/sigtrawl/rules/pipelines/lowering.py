"""pySigma's transformed objects → the Plan's nodes.

What a pipeline left alone is lowered from the memory of its raw text. What it made anew is read by pySigma's own terms: text
with wildcards as parts, an expansion as alternatives, an item without values as ``null``, a dropped item as if it had not been
written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sigma.conditions import ConditionAND
from sigma.modifiers import modifier_mapping
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
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
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from sigtrawl.plan import And, Node, Not, Or, Predicate, all_of, any_of
from sigtrawl.rules import text
from sigtrawl.rules.conditions import ConditionError, parse_condition
from sigtrawl.rules.detections import NOTHING, Context, measured
from sigtrawl.rules.pipelines.joining import Joined
from sigtrawl.rules.pipelines.objects import Memories, flags_of, pattern_of
from sigtrawl.rules.placeholders import PLACEHOLDER
from sigtrawl.rules.values import (
    Boolean,
    Cidr,
    Exists,
    FieldRef,
    ItemError,
    Null,
    Number,
    Regex,
    Text,
    TimePart,
    Value,
    to_node,
)

_WILD = {SpecialChars.WILDCARD_MULTI: text.STAR, SpecialChars.WILDCARD_SINGLE: text.QUERY}
_ANCHORS = frozenset(modifier_mapping[name] for name in ("contains", "startswith", "endswith"))
_CASED = modifier_mapping["cased"]

# Stands for a detection of which nothing is left; told from all other nodes by its identity, and gone from the finished tree.
_DROPPED = Or((NOTHING,))


@dataclass(slots=True)
class Lowerer:
    """Lowers one transformed rule.

    Attributes:
        memories: What its untouched values were read as.
        context: Where complaints and missing placeholders are gathered.
    """

    memories: Memories
    context: Context
    missing: dict[str, None] = field(default_factory=dict)

    def rule(self, rule: SigmaRule, joined: Joined) -> Node | None:
        """Lower the detections and put them together as the conditions, which a pipeline may have changed, say.

        What is dropped is as if it had not been written; but of the rule something must be left, and something of each filter.
        """
        nodes = {name: self.detection(detection, name) or _DROPPED for name, detection in rule.detection.detections.items()}
        conditions = [condition.condition for condition in rule.detection.parsed_condition]
        node = self.linked(conditions, nodes)
        if self.context.failed:
            return None
        alone = {name: _DROPPED if joined.part_of(name) else node for name, node in nodes.items()} if joined.parts else nodes
        if node is None or self.linked(conditions, alone) is None:
            self.context.fail(ItemError("pipeline", "nothing is left of what the rule looks for"), "detection")
            return None
        for part in joined.parts:
            if self.linked([part.condition], {**dict.fromkeys(joined.detections, _DROPPED), **nodes}) is None:
                told = f"nothing is left of the filter {part.title!r}, so the rule would match what it takes away"
                self.context.fail(ItemError("pipeline", told), "condition")
        return None if self.missing or self.context.failed else measured(node, self.context)

    def linked(self, conditions: Sequence[str], nodes: Mapping[str, Node]) -> Node | None:
        """Put detections together as conditions say; None if nothing is left of them."""
        found: list[Node] = []
        for condition in conditions:
            try:
                found.append(parse_condition(condition, nodes, set()))
            except ConditionError as error:
                self.context.fail(error, "condition")
        return _without_dropped(any_of(found), {})

    def detection(self, detection: SigmaDetection, place: str) -> Node | None:
        """Lower a detection; None if nothing is left of it."""
        nodes: list[Node] = []
        for entry in detection.detection_items:
            if isinstance(entry, SigmaDetection):
                inner = self.detection(entry, place)
                nodes += [] if inner is None else [inner]
            else:
                nodes.append(self.item(entry, place))
        linked = all_of if detection.item_linking is ConditionAND else any_of
        return linked(nodes) if nodes else None

    def item(self, item: SigmaDetectionItem, place: str) -> Node:
        """Lower one item."""
        place = f"{place}.{item.field}" if item.field else place
        name: object = item.field  # a mapping written in YAML may make a number of it
        if not isinstance(name, str | None):
            told = f"the pipeline makes {name!r} of the field's name, which is no text"
            return self.context.fail(ItemError("pipeline", told), place)
        try:
            if not item.value:
                return _node(Null(), item.field)
            linked = all_of if item.value_linking is ConditionAND else any_of
            node = linked([self.value(value, item) for value in item.value])
        except ItemError as error:
            return self.context.fail(error, place)
        return Not(node) if item.negated else node

    def value(self, value: SigmaType, item: SigmaDetectionItem) -> Node:
        """Lower one value: from memory, or as the pipeline made it."""
        if (values := self.memories.of(value)) is not None:
            return any_of([self.noted(one, item.field) for one in values])
        if isinstance(value, SigmaExpansion):
            return any_of([self.value(one, item) for one in value.values])
        if isinstance(value, SigmaCompareExpression) and value.op is CompareOperators.NEQ:
            return Not(self.noted(read(value.number, item), item.field))
        return self.noted(read(value, item), item.field)

    def noted(self, value: Value, name: str | None) -> Node:
        """Make the predicate, or note the placeholders that it waits for."""
        node = to_node(value, name)
        if node is None:
            self.missing.update(dict.fromkeys(_waits_for(value)))
            return NOTHING
        return node


def read(value: SigmaType, item: SigmaDetectionItem) -> Value:
    """Read an object that a pipeline made.

    Raises:
        ItemError: It cannot be matched with anything: a query of another system, or a class of a plugin's own.
    """
    match value:
        case SigmaString():
            parts = tuple(_part(part) for part in value.s if part != "")
            anchored = not _ANCHORS.isdisjoint(item.modifiers)
            return Text(parts, cased=isinstance(value, SigmaCasedString) or _CASED in item.modifiers, anchored=anchored)
        case SigmaCompareExpression():
            compared = read(value.number, item)
            cmp = value.op.name.lower()
            if isinstance(compared, TimePart):
                return TimePart(compared.part, compared.value, cmp)
            return Number(value.number.number, cmp)
        case SigmaTimestampPart():
            return TimePart(value.timestamp_part.name.lower(), int(value.number))
        case SigmaNumber():
            return Number(value.number)
        case SigmaBool():
            return Boolean(value.boolean)
        case SigmaNull():
            return Null()
        case SigmaRegularExpression():
            waiting = value.regexp.contains_placeholder()
            return Regex(pattern_of(value), flags_of(value), waiting)
        case SigmaCIDRExpression():
            return Cidr(str(value.network))
        case SigmaFieldReference():
            return FieldRef(value.field, value.starts_with, value.ends_with, cased=_CASED in item.modifiers)
        case SigmaExists():
            return Exists(value.exists)
    raise ItemError("pipeline", f"the pipeline makes a {type(value).__name__} of it, which nothing can be compared with here")


def _part(part: Any) -> text.Part:
    if isinstance(part, SpecialChars):
        return _WILD[part]
    return text.Placeholder(part.name) if isinstance(part, Placeholder) else str(part)


def _node(value: Value, name: str | None) -> Node:
    node = to_node(value, name)
    return NOTHING if node is None else node


def _waits_for(value: Value) -> Iterable[str]:
    if isinstance(value, Regex | FieldRef):
        return PLACEHOLDER.findall(value.pattern if isinstance(value, Regex) else value.name)
    return [part.name for part in value.parts if isinstance(part, text.Placeholder)] if isinstance(value, Text) else []


def _without_dropped(node: Node, known: dict[int, Node | None]) -> Node | None:
    """Take out what was dropped, as pySigma does: an operand that is gone is as if it had not been written."""
    if node is _DROPPED:
        return None
    if isinstance(node, int | Predicate):
        return node
    if id(node) not in known:
        known[id(node)] = _pruned(node, known)
    return known[id(node)]


def _pruned(node: And | Or | Not, known: dict[int, Node | None]) -> Node | None:
    if isinstance(node, Not):
        inner = _without_dropped(node.node, known)
        return None if inner is None else (node if inner is node.node else Not(inner))
    children = [_without_dropped(child, known) for child in node.nodes]
    if all(new is old for new, old in zip(children, node.nodes, strict=True)):
        return node  # also an empty one, and the same object, so that what conditions repeat is measured once
    left = [child for child in children if child is not None]
    if not left:
        return None
    return all_of(left) if isinstance(node, And) else any_of(left)
