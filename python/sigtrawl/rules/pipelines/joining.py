"""A rule and the filters that are for it, as the one rule that goes through the pipelines.

A step that adds a condition or changes the log source must act once, and a step that asks what a rule looks for must see the
filters too, as in pySigma. So their detections stand beside the rule's under names of their own, and the condition is
``rule and filter and filter``. Conditions are written anew from what they were read as: a selector of a rule (``1 of _*``) would
otherwise take in the names of a filter, and one of a filter those of the rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sigtrawl.plan import And, Not, any_of
from sigtrawl.rules.conditions import parse_condition

Section: TypeAlias = tuple[str, Mapping[str, Any]]
"""A filter for a rule: its title, and its detections with their condition."""


@dataclass(frozen=True, slots=True)
class Part:
    """What became of one filter.

    Attributes:
        title: The filter's title.
        prefix: What its detections' names begin with, and no others.
        condition: Its condition over these names.
    """

    title: str
    prefix: str
    condition: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A rule with its filters.

    Attributes:
        detections: All detections as they are written, by name.
        conditions: The texts of the conditions; one if there are filters.
        parts: The filters.
    """

    detections: Mapping[str, Any]
    conditions: tuple[str, ...]
    parts: tuple[Part, ...] = ()

    def part_of(self, name: str) -> Part | None:
        """Give the filter that a detection belongs to; None if it is the rule's own or a pipeline's."""
        return next((part for part in self.parts if name.startswith(part.prefix)), None)

    def place(self, name: str | None) -> tuple[str, str | None]:
        """Give a place as its author would look for it: what to say before it, and its name there."""
        part = None if name is None else self.part_of(name)
        return ("", name) if part is None or name is None else (f"in the filter {part.title!r}: ", name.removeprefix(part.prefix))


def join(detection: Mapping[str, Any], conditions: tuple[str, ...], filters: Sequence[Section]) -> Joined:
    """Put a rule and its filters together; nothing must be wrong with any of them."""
    detections = {name: raw for name, raw in detection.items() if name != "condition"}
    if not filters:
        return Joined(detections, conditions)
    word = "_filt_"
    while any(name.startswith(word) for name in detections):
        word = f"_{word}"
    parts: list[Part] = []
    whole = [_text(conditions, list(detections), "")]
    for number, (title, section) in enumerate(filters):
        prefix = f"{word}{number}_"
        named = {name: raw for name, raw in section.items() if name != "condition"}
        parts.append(Part(title, prefix, _text((section["condition"],), list(named), prefix)))
        detections |= {f"{prefix}{name}": raw for name, raw in named.items()}
        whole.append(parts[-1].condition)
    return Joined(detections, (" and ".join(whole),), tuple(parts))


def _text(conditions: Sequence[str], names: Sequence[str], prefix: str) -> str:
    # The parser links whatever it is given; what it links here are names.
    detections: Mapping[str, Any] = {name: f"{prefix}{name}" for name in names}
    return _written(any_of([parse_condition(text, detections, set()) for text in conditions]))


def _written(node: Any) -> str:
    """Write what was read of a condition, so that it is read as the same tree again."""
    if isinstance(node, str):
        return node
    if isinstance(node, Not):
        inner = _written(node.node)
        return f"not ({inner})" if isinstance(node.node, Not) else f"not {inner}"
    word = " and " if isinstance(node, And) else " or "
    return f"({word.join(map(_written, node.nodes))})"
