"""A rule's ``detection`` → one tree of predicates.

Works on the raw mapping, so that what a rule means does not depend on the version of pySigma (DESIGN.md tells why). Errors are
gathered and not raised: an author sees all that is wrong in a rule at once, each with the place where it stands.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sigtrawl.plan import And, Node, Not, Or, Predicate, all_of, any_of
from sigtrawl.rules.conditions import ConditionError, parse_condition
from sigtrawl.rules.literals import shorten
from sigtrawl.rules.modifiers import TABLE, Item, parse_key
from sigtrawl.rules.placeholders import Values
from sigtrawl.rules.text import is_special
from sigtrawl.rules.values import ItemError, Text, Value, from_yaml, to_node

# The tree is JSON on its way to the core, two levels of it for each level here, and JSON readers stop at 128.
MAX_DEPTH = 50
# The public corpus' largest rule has about 3,000 parts.
MAX_SIZE = 1_000_000

# What stands in for something that was refused or still waits; such a rule's tree is never used.
NOTHING = Or(())

_PLAIN_OPS = {
    (*where, *linked): op
    for op, where in (("equals", ()), ("contains", ("contains",)), ("startswith", ("startswith",)), ("endswith", ("endswith",)))
    for linked in ((), ("all",))
}

Report = Callable[[str, str, str | None, str | None, str], None]


@dataclass(slots=True)
class Lowering:
    """What lowering a detection gives.

    Attributes:
        node: The tree; None if something was wrong or placeholders are missing.
        missing: The placeholders without a value, in the order of appearance.
        unused: Names of detections that no condition refers to.
        conditions: The text of the conditions.
    """

    node: Node | None = None
    missing: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(slots=True)
class Context:
    """What lowering one rule gathers: complaints, and the placeholders that have no value."""

    report: Report
    given: Values
    missing: dict[str, None] = field(default_factory=dict)
    failed: bool = False

    def fail(self, error: ItemError | ConditionError, place: str | None) -> Node:
        """Report an error, and give what stands in its place."""
        state = error.state if isinstance(error, ItemError) else "invalid"
        self.report(error.code, str(error), place, error.hint, state)
        self.failed = True
        return NOTHING


def lower_detection(raw: Any, given: Values, report: Report) -> Lowering:
    """Lower a detection; ``report(code, message, place, hint, state)`` is called for everything that is wrong."""
    context = Context(report, given)
    if not isinstance(raw, dict):
        context.fail(ItemError("detection-form", "the detection must be a mapping with a condition"), "detection")
        return Lowering()
    nodes: dict[str, Node] = {}
    for name, definition in raw.items():
        if name == "condition":
            continue
        if name == "timeframe":
            context.fail(_timeframe(), "timeframe")
        elif not isinstance(name, str):
            context.fail(_no_text_key(name, "name of a detection"), str(name))
        else:
            nodes[name] = _detection(definition, name, context)
    if not nodes and not context.failed:
        context.fail(ItemError("detection-form", "the detection names nothing to look for"), "detection")
    used: set[str] = set()
    texts = tuple(_condition_texts(raw, context))
    conditions = [node for text in texts if (node := _condition(text, nodes, used, context)) is not None]
    unused = tuple(name for name in nodes if name not in used) if len(conditions) == len(texts) else ()
    lowering = Lowering(None, tuple(context.missing), unused, texts)
    if not context.failed and not context.missing:
        lowering.node = measured(any_of(conditions), context)
    return lowering


def measured(node: Node, context: Context) -> Node | None:
    """Give a condition back if it is within the limits."""
    depth, size = _measure(node, {})
    if depth > MAX_DEPTH:
        context.fail(ItemError("condition-nesting", f"the rule nests more than {MAX_DEPTH} levels deep"), "condition")
    elif size > MAX_SIZE:
        told = f"the rule, with what its condition repeats, has {size:,} parts, more than {MAX_SIZE:,}"
        context.fail(ItemError("rule-too-large", told, "split it"), "condition")
    else:
        return node
    return None


def _timeframe() -> ItemError:
    return ItemError(
        "condition-aggregation",
        "a timeframe belongs to the aggregation of old Sigma, which correlation rules replace",
        "remove it and write a correlation rule, such as type event_count, with this timeframe as its timespan",
    )


def _no_text_key(key: Any, what: str) -> ItemError:
    return ItemError("key-type", f"the {what} must be text, and YAML reads {key!r} as {type(key).__name__}", "quote it")


def _condition_texts(raw: Mapping[Any, Any], context: Context) -> Iterator[str]:
    condition = raw.get("condition")
    several = condition if isinstance(condition, list) else [condition]
    if condition is None or not several:
        context.fail(ItemError("no-condition", "the detection has no condition"), "condition")
        return
    for text in several:
        if isinstance(text, str):
            yield text
        else:
            error = ItemError("condition-syntax", f"a condition is text, not {shorten(text)}", "quote it")
            context.fail(error, "condition")


def _condition(text: str, nodes: Mapping[str, Node], used: set[str], context: Context) -> Node | None:
    try:
        return parse_condition(text, nodes, used)
    except ConditionError as error:
        context.fail(error, "condition")
        return None


def _detection(raw: Any, place: str, context: Context) -> Node:
    """Lower one detection: a mapping is AND, a list is OR, anything else is a keyword."""
    if isinstance(raw, dict):
        if not raw:
            return context.fail(ItemError("empty-detection", "an empty mapping looks for nothing"), place)
        return all_of([_item(key, value, place, context) for key, value in raw.items()])
    if isinstance(raw, list):
        if not raw:
            return context.fail(ItemError("empty-list", "an empty list looks for nothing"), place)
        return any_of([_detection(entry, place, context) for entry in raw])
    return _value(raw, place, Item(None, context.given, context.missing), (), context)


def _item(key: Any, raw: Any, place: str, context: Context) -> Node:
    """Lower one entry of a mapping: a field with modifiers, and its value or values."""
    if not isinstance(key, str):
        return context.fail(_no_text_key(key, "name of a field"), f"{place}.{key}")
    place = f"{place}.{key}"
    try:
        name, modifiers = parse_key(key)
    except ItemError as error:
        return context.fail(error, place)
    item = Item(name, context.given, context.missing)
    # Of an item as a whole: `all` links its values, `neq` negates what they give.
    linked = all_of if "all" in modifiers else any_of
    if isinstance(raw, list):
        node = linked(_values(raw, place, item, modifiers, context))
    else:
        node = _value(raw, place, item, modifiers, context)
    return Not(node) if "neq" in modifiers else node


def _values(raw: list[Any], place: str, item: Item, modifiers: tuple[str, ...], context: Context) -> list[Node]:
    if not raw:
        return [context.fail(ItemError("empty-list", "an empty list of values is never met"), place)]
    nodes: list[Node] = []
    for value in raw:
        if isinstance(value, list):
            nodes.append(any_of(_values(value, place, item, modifiers, context)))
        elif value is None:
            hint = f"write a second detection with '{item.field}: null' and link them in the condition"
            error = ItemError("null-in-list", "null cannot stand among other values", hint if item.field else None)
            nodes.append(context.fail(error, place))
        else:
            nodes.append(_value(value, place, item, modifiers, context))
    return nodes


def _value(raw: Any, place: str, item: Item, modifiers: tuple[str, ...], context: Context) -> Node:
    """Send one value through the modifiers; what it branches into are alternatives, even under ``all``."""
    if (node := plain(raw, item.field, modifiers)) is not None:
        return node
    return through_modifiers(raw, place, item, modifiers, context)


def plain(raw: Any, field: str | None, modifiers: tuple[str, ...]) -> Predicate | None:
    """Give the predicate of a text of a field that holds nothing special, under the commonest modifiers; None for all else.

    These are nine of ten values, and `through_modifiers` gives the same of them; it takes several times as long.
    """
    if raw.__class__ is not str or field is None or not raw or (op := _PLAIN_OPS.get(modifiers)) is None or is_special(raw):
        return None
    return Predicate(field, op, raw)


def through_modifiers(raw: Any, place: str, item: Item, modifiers: tuple[str, ...], context: Context) -> Node:
    """Send one value through the modifiers, whatever it is."""
    try:
        values = branches(raw, item, modifiers)
        return any_of([node if node is not None else NOTHING for node in (to_node(value, item.field) for value in values)])
    except ItemError as error:
        return context.fail(error, place)


def branches(raw: Any, item: Item, modifiers: tuple[str, ...]) -> list[Value]:
    """Give what the modifiers make of one value: alternatives.

    Raises:
        ItemError: A modifier does not take it.
    """
    values: list[Value] = [Text((raw,)) if modifiers and modifiers[0] == "re" and isinstance(raw, str) else from_yaml(raw)]
    for name in modifiers:
        if (modifier := TABLE.get(name)) is not None:
            values = [result for value in values for result in modifier(value, item)]
    return values


def _measure(node: Node, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Give the levels and parts of a tree; a detection that a condition repeats is walked once and counted each time."""
    if isinstance(node, Not):
        children: tuple[Node, ...] = (node.node,)
    elif isinstance(node, And | Or):
        children = node.nodes
    else:
        return 0, 1
    if (measured := known.get(id(node))) is None:
        measures = [_measure(child, known) for child in children]
        measured = 1 + max((depth for depth, _ in measures), default=0), 1 + sum(size for _, size in measures)
        known[id(node)] = measured
    return measured
