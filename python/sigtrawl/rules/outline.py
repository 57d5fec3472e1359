"""A rule's own words for the parts of its condition: names of detections, selectors, keys with their modifiers.

Lowering leaves predicates and nothing of how the rule is written, because matching needs no more. An explanation does. So a Plan
carries, beside each condition, the texts of the conditions and the keys of the detections (`parts_of`), and `outline` lays them
over the lowered tree again: the same texts are parsed once more over the names alone, and both trees are walked together.

Where they do not agree the tree is shown without names. Where a pipeline changed the form of the condition (`same_form`) there
are no words to begin with: the keys of a detection would be laid over whatever stands in its place. Carrying a second, labelled
tree was rejected: it would have to be kept equal to the first by everything that touches a condition.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from sigtrawl.plan import And, Node, Not, Or, Predicate, any_of
from sigtrawl.rules.conditions import ConditionError, parse_condition

Shape: TypeAlias = list[str] | dict[str, Any] | None
"""The keys of a detection that is a mapping, ``{"any": shapes}`` for a list, None for a keyword."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A node of a condition, with what the rule calls it.

    Attributes:
        kind: ``and``, ``or``, ``not``, or ``leaf`` for a predicate.
        labels: What the rule calls it, the outermost first: a selector, a detection's name, a key.
        parts: The nodes inside.
        predicate: The place of a ``leaf`` among the Plan's predicates.
    """

    kind: Literal["and", "or", "not", "leaf"]
    labels: tuple[str, ...] = ()
    parts: "tuple[Outline, ...]" = ()
    predicate: int | None = None


@dataclass(frozen=True, slots=True)
class _Marked:
    """A part of a condition under its name."""

    label: str
    inside: Any


class _DisagreeError(ValueError):
    """The words and the tree are not of one rule."""


def parts_of(detection: Mapping[str, Any], conditions: Sequence[str], filters: Sequence[str] = ()) -> dict[str, Any]:
    """Give what a Plan carries of a rule's words, as plain data.

    Args:
        detection: The rule's detection as it is written.
        conditions: The texts of its conditions.
        filters: The titles of the filters that are ANDed to it.
    """
    names = {name: shape for name, shape in detection.items() if name != "condition"}
    words = {"conditions": list(conditions), "detections": {name: _shape(raw) for name, raw in names.items()}}
    return {**words, "filters": list(filters)} if filters else words


def same_form(before: Node | None, after: Node | None) -> bool:
    """Whether a condition that pipelines have changed still has its form; a predicate may have become one of several fields."""
    if isinstance(before, And | Or):
        return (
            isinstance(after, type(before))
            and len(before.nodes) == len(after.nodes)
            and all(same_form(*pair) for pair in zip(before.nodes, after.nodes, strict=True))
        )
    if isinstance(before, Not):
        return isinstance(after, Not) and same_form(before.node, after.node)
    leaves = after.nodes if isinstance(after, Or) else (after,)
    return isinstance(before, Predicate) and all(isinstance(leaf, Predicate) for leaf in leaves)


def outline(condition: Node, parts: Mapping[str, Any] | None) -> Outline:
    """Lay a rule's words over its lowered condition; without words, or where they do not fit, give the plain tree."""
    if parts is None:
        return _plain(condition)
    try:
        words = _words(parts)
    except (ConditionError, KeyError, TypeError, AttributeError):  # the Plan is from elsewhere, and the tree is still right
        return _plain(condition)
    try:
        return _filtered(words, condition, parts.get("filters", ()))
    except _DisagreeError:
        return _plain(condition)


def _filtered(words: Any, condition: Node, filters: Sequence[str]) -> Outline:
    """Lay the words over a condition to which filters are ANDed, one node for each."""
    if not filters:
        return _align(words, condition)
    if not isinstance(condition, And) or len(condition.nodes) != 1 + len(filters):
        raise _DisagreeError
    first, *added = condition.nodes
    named = [_labelled(f"filter {title}", _plain(node)) for title, node in zip(filters, added, strict=True)]
    return Outline("and", (), (_align(words, first), *named))


def _shape(raw: Any) -> Shape:
    if isinstance(raw, Mapping):
        return [str(key) for key in raw]
    return {"any": [_shape(entry) for entry in raw]} if isinstance(raw, list) else None


def _words(parts: Mapping[str, Any]) -> Any:
    """Parse the conditions over the names of the detections."""
    # The parser links whatever it is given; what it links here are names.
    detections: Mapping[str, Any] = {name: _Marked(name, shape) for name, shape in parts["detections"].items()}
    several = len(parts["conditions"]) > 1

    def parse(text: str) -> Any:
        node: Any = parse_condition(text, detections, set(), _Marked)  # type: ignore[arg-type]
        return _Marked(text, node) if several else node

    return any_of([parse(text) for text in parts["conditions"]])


def _align(words: Any, node: Node) -> Outline:
    if isinstance(words, _Marked):
        inside = words.inside
        found = _align(inside, node) if isinstance(inside, _Marked | And | Or | Not) else _align_shape(inside, node)
        return _labelled(words.label, found)
    if isinstance(words, Not):
        if not isinstance(node, Not):
            raise _DisagreeError
        return Outline("not", (), (_align(words.node, node.node),))
    if type(words) is not type(node) or len(words.nodes) != len(node.nodes):  # type: ignore[union-attr]
        raise _DisagreeError
    return _linked(node, [_align(*pair) for pair in zip(words.nodes, node.nodes, strict=True)])  # type: ignore[union-attr]


def _align_shape(shape: Shape, node: Node) -> Outline:
    if shape is None:
        return _plain(node)
    inside = shape if isinstance(shape, list) else shape.get("any", ())
    kind = And if isinstance(shape, list) else Or
    children = (node,) if len(inside) == 1 else node.nodes if isinstance(node, kind) else ()
    if not inside or len(children) != len(inside):
        raise _DisagreeError
    found = [
        _labelled(part, _plain(child)) if kind is And else _align_shape(part, child)
        for part, child in zip(inside, children, strict=True)
    ]
    return found[0] if len(found) == 1 else _linked(node, found)


def _labelled(label: str, found: Outline) -> Outline:
    return replace(found, labels=(label, *found.labels))


def _linked(node: Node, parts: Iterable[Outline]) -> Outline:
    return Outline("and" if isinstance(node, And) else "or", (), tuple(parts))


def _plain(node: Node) -> Outline:
    if isinstance(node, And | Or):
        return _linked(node, map(_plain, node.nodes))
    if isinstance(node, Not):
        return Outline("not", (), (_plain(node.node),))
    if isinstance(node, Predicate):
        raise TypeError(f"a Plan holds places of predicates, not {node!r}")
    return Outline("leaf", (), (), node)
