"""Events for one rule: one that satisfies it, and for each part of it the near misses.

A rule's condition is a tree. To satisfy it, one way through is chosen: every child of an ``and``, one child of an ``or``; what
stands under a ``not`` is left alone and only kept from becoming true. What the way asks of each field is put into one text.
A way that contradicts itself, or that makes something under a ``not`` true, is given up and another is drawn. For every leaf a
way that leads through it is chosen, and the event that it gives is changed in that leaf's field alone.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from tests.conformance.generated.texts import Frozen, build, holds, near_miss, with_newline

Node: TypeAlias = int | dict[str, Any]
Event: TypeAlias = dict[str, str | None]

WAYS = 400
"""How many ways through a rule are tried."""

KEYWORD_FIELDS = ("keyword text 0", "keyword text 1", "keyword text 2")
"""The columns that keywords are put into: under ``'|all'`` they need not stand in one."""

KINDS = ("holds", "near miss", "removed", "null", "empty", "case flipped", "newline")


@dataclass(frozen=True, slots=True)
class Made:
    """An event made for a leaf of a rule.

    Attributes:
        kind: One of `KINDS`; ``satisfies`` for the event of the rule itself.
        event: The fields' texts; None is a null.
        removed: The field whose column must be missing.
        filters: Whether the leaf stands under an odd number of ``not``.
    """

    kind: str
    event: Event
    removed: str | None = None
    filters: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where a leaf stands in a condition; a ``not`` is no step of a path.

    Attributes:
        place: Its predicate.
        path: The children that lead to it.
        negated: Whether it stands under an odd number of ``not``.
        filter: What the outermost ``not`` negates, if there is one.
        inner: The children that lead from there to the leaf.
    """

    place: int
    path: tuple[int, ...] = ()
    negated: bool = False
    filter: Node | None = None
    inner: tuple[int, ...] = ()


@dataclass(slots=True)
class RuleEvents:
    """Makes the events of one rule of a Plan."""

    condition: Node
    predicates: list[Frozen]
    rng: random.Random
    _unwanted: dict[str | None, list[Frozen]] = field(init=False, default_factory=dict)
    _contradictions: set[frozenset[Frozen]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Gather what stands under a ``not``, field by field."""
        for leaf in leaves(self.condition):
            predicate = self.predicates[leaf.place]
            if leaf.negated and predicate["op"] not in {"fieldref", "null"}:
                self._unwanted.setdefault(predicate["field"], []).append(predicate)

    def satisfying(self) -> Event | None:
        """Give an event that satisfies the rule; None if no way through it was found to do so."""
        return self._through(())

    def of_leaf(self, leaf: Leaf, satisfying: Event) -> list[Made]:
        """Make the events of one leaf."""
        predicate = self.predicates[leaf.place]
        base = self._filtered(leaf, satisfying) if leaf.negated else self._through(leaf.path, tries=4)
        if base is None:
            base = satisfying | (self._assign([leaf.place]) or {})
        name = predicate["field"]
        if name is None:
            name = next((known for known in KEYWORD_FIELDS if holds(predicate, base.get(known))), KEYWORD_FIELDS[0])
        made = [Made("holds", base)]
        text = base.get(name)
        if text is not None:
            missed = f"{text}~" if predicate["op"] == "fieldref" else near_miss(predicate, text)
            if missed is not None:
                made.append(Made("near miss", base | {name: missed}))
            made.append(Made("case flipped", base | {name: text.swapcase()}))
            made.append(Made("newline", base | {name: with_newline(predicate, text, self.rng)}))
        elif predicate["op"] == "null":
            made.append(Made("near miss", base | {name: "x"}))
        without = {known: value for known, value in base.items() if known != name}
        made.append(Made("removed", without, removed=name))
        made.append(Made("null", base | {name: None}))
        made.append(Made("empty", base | {name: ""}))
        return [Made(one.kind, one.event, one.removed, leaf.negated) for one in made]

    def _through(self, path: tuple[int, ...], tries: int = WAYS) -> Event | None:
        for attempt in range(tries):
            event = self._assign(_way(self.condition, path, self.rng if attempt else None))
            if event is not None and self.true_of(event):
                return event
        return None

    def _filtered(self, leaf: Leaf, satisfying: Event) -> Event | None:
        """Give an event that the rule would be true of, were it not for the filter in which a leaf stands."""
        assert leaf.filter is not None
        filtering = _way(leaf.filter, leaf.inner, None)
        event = self._assign(_way(self.condition, (), None) + filtering)
        if event is not None and self._true(leaf.filter, event):
            return event
        filtered = self._assign(filtering)
        return None if filtered is None else satisfying | filtered

    def _assign(self, way: list[int]) -> Event | None:
        """Give each field of a way one text; None if a field cannot have it."""
        by_field: dict[str, list[Frozen]] = {}
        event: Event = {}
        references = []
        keywords = 0
        for place in dict.fromkeys(way):
            predicate = self.predicates[place if place >= 0 else ~place]
            if place < 0:
                if predicate["op"] == "null":
                    by_field.setdefault(predicate["field"], []).append(Frozen(predicate, op="exists"))
            elif predicate["op"] == "null":
                event[predicate["field"]] = None
            elif predicate["op"] == "fieldref":
                references.append(predicate)
            elif predicate["field"] is None:
                by_field.setdefault(KEYWORD_FIELDS[keywords % len(KEYWORD_FIELDS)], []).append(predicate)
                keywords += 1
            else:
                by_field.setdefault(predicate["field"], []).append(predicate)
        for name, wanted in by_field.items():
            unwanted = self._unwanted.get(None if name in KEYWORD_FIELDS else name, [])
            asked = frozenset(wanted)
            text = None if name in event or asked in self._contradictions else build(wanted, unwanted, self.rng)
            if text is None:
                self._contradictions.add(asked)
                return None
            event[name] = text
        for reference in references:  # the two sides are made equal, which satisfies each of the four relations
            mine, other = reference["field"], reference["value"]
            text = event.get(mine) or event.get(other) or "x"
            event |= {mine: text, other: text}
        return event

    def true_of(self, event: Event) -> bool:
        """Say whether the rule is true of an event, with two truth values and no engine."""
        return self._true(self.condition, event)

    def _true(self, node: Node, event: Event) -> bool:
        if isinstance(node, int):
            return self._leaf_true(self.predicates[node], event)
        ((kind, inside),) = node.items()
        if kind == "not":
            return not self._true(inside, event)
        return (all if kind == "and" else any)(self._true(child, event) for child in inside)

    def _leaf_true(self, predicate: Frozen, event: Event) -> bool:
        if predicate["field"] is None:
            return any(holds(predicate, text) for text in event.values())
        mine = event.get(predicate["field"])
        if predicate["op"] != "fieldref":
            return holds(predicate, mine)
        other = event.get(predicate["value"])
        return mine is not None and mine == other  # the generator makes them equal or not at all alike


def _way(node: Node, path: tuple[int, ...], rng: random.Random | None, *, wanted: bool = True) -> list[int]:
    """Give a way to make a node true, or with ``wanted=False`` false: the first one, or a drawn one; `path` leads through a leaf.

    A way lists leaves: ``place`` for one that must be true, ``~place`` for one that must be false.
    """
    if isinstance(node, int):
        return [node if wanted else ~node]
    ((kind, inside),) = node.items()
    if kind == "not":
        if wanted and rng is None:
            return []  # most often nothing need be done: a predicate is false of a missing field
        return _way(inside, (), rng, wanted=not wanted)
    if not inside:
        return []
    if (kind == "or") == wanted:
        place = path[0] if path else 0 if rng is None else rng.randrange(len(inside))
        return _way(inside[place], path[1:], rng, wanted=wanted)
    way: list[int] = []
    for place, child in enumerate(inside):
        way += _way(child, path[1:] if path[:1] == (place,) else (), rng, wanted=wanted)
    return way


def leaves(node: Node, most: int | None = None, rng: random.Random | None = None, leaf: Leaf = Leaf(-1)) -> Iterator[Leaf]:
    """List the leaves of a condition; of more than `most` that stand in one list only so many, drawn by `rng`."""
    if isinstance(node, int):
        yield replace(leaf, place=node)
        return
    ((kind, inside),) = node.items()
    if kind == "not":
        filtered = replace(leaf, negated=not leaf.negated)
        yield from leaves(inside, most, rng, filtered if leaf.filter is not None else replace(filtered, filter=inside, inner=()))
        return
    chosen = list(range(len(inside)))
    if rng is not None and most is not None and len(chosen) > most:
        chosen = sorted(rng.sample(chosen, most))
    for place in chosen:
        inner = leaf.inner if leaf.filter is None else (*leaf.inner, place)
        yield from leaves(inside[place], most, rng, replace(leaf, path=(*leaf.path, place), inner=inner))
