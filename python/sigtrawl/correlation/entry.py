"""A correlation in a Plan: plain data, resolved so far that no name is left to look up.

References are places: of a rule among the Plan's rules, or of an earlier correlation, so that going through correlations in their
order never meets one that is not known yet. Numbers are decimal text, as everywhere in a Plan, and stay exact.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

COUNTS = ("event_count", "value_count", "temporal", "temporal_ordered")
NUMERIC = ("value_sum", "value_avg", "value_percentile", "value_median")
TYPES = (*COUNTS, *NUMERIC)
TEMPORAL = ("temporal", "temporal_ordered")
COMPARISONS = ("gt", "gte", "lt", "lte", "eq", "neq")

Terms: TypeAlias = tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
"""Alternatives of (references that must be there, references that must not)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One of the rules or correlations whose matches are a correlation's events.

    Attributes:
        rule: Its place among the Plan's rules, if it is a rule.
        correlation: Its place among the Plan's correlations, if it is one.
        group_by: The fields whose values are the group, in its events.
        field: The fields whose values are looked at, in its events.
        by_rule: Of a correlation: the place of a rule, and the two as they are called in results that look like that rule's
            events, where an alias calls them otherwise there.
    """

    rule: int | None
    correlation: int | None
    group_by: tuple[str, ...] = ()
    field: tuple[str, ...] = ()
    by_rule: tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...] = ()

    def in_events_of(self, rule: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give what the fields of ``group_by`` and of ``field`` are called in the events of a rule."""
        return next(((group_by, field) for place, group_by, field in self.by_rule if place == rule), (self.group_by, self.field))

    def fields(self) -> tuple[str, ...]:
        """Give the names of all fields that are read, in whatever events."""
        other = (name for _, group_by, field in self.by_rule for name in (*group_by, *field))
        return (*self.group_by, *self.field, *other)


@dataclass(frozen=True, slots=True)
class CorrelationEntry:
    """A correlation in a Plan.

    Attributes:
        id: Its UUID in canonical form, or None.
        title: Its title.
        name: The name by which other correlations refer to it.
        status: Its status, lower case.
        level: Its level, lower case.
        author: Its author.
        tags: Its tags, lower case.
        path: Its file, relative to the folder that was searched.
        type: One of `TYPES`.
        references: Whose matches are its events, in the order that ``temporal_ordered`` goes by; empty while it waits.
        timespan: The length of a window, in seconds.
        condition: Comparison and decimal text; all must hold. Empty where ``terms`` say the condition.
        field: The field or fields whose values are looked at, for ``value_…``.
        percentile: Decimal text from 0 to 100, for ``value_percentile``.
        terms: The extended condition, as alternatives.
        generate: Whether the matches of its rules are put out as well.
        silent: Whether its own results are not put out, because they are only events of another correlation.
        placeholders: What its rules wait for; such a correlation does not run.
    """

    id: str | None
    title: str
    name: str | None
    status: str | None
    level: str | None
    author: str | None
    tags: tuple[str, ...]
    path: str | None
    type: str
    references: tuple[Reference, ...]
    timespan: int
    condition: tuple[tuple[str, str], ...] = ()
    field: tuple[str, ...] = ()
    percentile: str | None = None
    terms: Terms = ()
    generate: bool = False
    silent: bool = False
    placeholders: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether placeholder values are missing without which one of its rules cannot run."""
        return bool(self.placeholders)

    def out(self) -> dict[str, Any]:
        """Give the plain data of a Plan's JSON."""
        raw: dict[str, Any] = {name: getattr(self, name) for name in CorrelationEntry.__slots__}
        raw["references"] = [
            {
                "rule": one.rule,
                "correlation": one.correlation,
                "group_by": list(one.group_by),
                "field": list(one.field),
                "by_rule": [[place, list(group_by), list(field)] for place, group_by, field in one.by_rule],
            }
            for one in self.references
        ]
        return raw


def entry_in(raw: Mapping[str, Any], rules: int, earlier: int) -> CorrelationEntry:
    """Read a correlation out of a Plan's JSON.

    Args:
        raw: The plain data.
        rules: How many rules the Plan has.
        earlier: How many correlations stand before this one.

    Raises:
        ValueError: It says something that no Plan can say.
    """
    members = dict(raw)
    if members["type"] not in TYPES:
        raise ValueError(f"there is no type of correlation {members['type']!r}")
    references = tuple(
        Reference(
            one["rule"],
            one["correlation"],
            tuple(one["group_by"]),
            tuple(one["field"]),
            tuple((place, tuple(group_by), tuple(field)) for place, group_by, field in one["by_rule"]),
        )
        for one in members["references"]
    )
    for one in references:
        place, bound = (one.rule, rules) if one.rule is not None else (one.correlation, earlier)
        if not isinstance(place, int) or not 0 <= place < bound:
            raise ValueError(f"a correlation refers to place {place} of {bound}")
    members["references"] = references
    for name in ("tags", "field", "placeholders"):
        members[name] = tuple(members[name])
    members["condition"] = tuple((str(comparison), str(value)) for comparison, value in members["condition"])
    for comparison, _ in members["condition"]:
        if comparison not in COMPARISONS:
            raise ValueError(f"there is no comparison {comparison!r}")
    members["terms"] = tuple((tuple(there), tuple(absent)) for there, absent in members["terms"])
    return CorrelationEntry(**members)


def rules_of(place: int, correlations: Sequence[CorrelationEntry]) -> frozenset[int]:
    """Give the places of all rules that a correlation needs, through the correlations that it refers to."""
    rules: set[int] = set()
    seen = {place}
    open_ = [place]
    while open_:
        for one in correlations[open_.pop()].references:
            if one.rule is not None:
                rules.add(one.rule)
            elif one.correlation is not None and one.correlation not in seen:
                seen.add(one.correlation)
                open_.append(one.correlation)
    return frozenset(rules)


def silenced(correlations: Iterable[CorrelationEntry]) -> tuple[frozenset[int], frozenset[int]]:
    """Give the places of rules, and of correlations, that are only there for correlations.

    What a correlation refers to is a building block, and its matches are not put out. ``generate`` asks for them; where several
    correlations refer to one rule it is enough that one of them asks, because a match too many is seen and one too few is not.
    """
    rules: dict[int, bool] = {}
    inner: dict[int, bool] = {}
    for entry in correlations:
        for one in entry.references:
            if one.rule is not None:
                rules[one.rule] = rules.get(one.rule, False) or entry.generate
            elif one.correlation is not None:
                inner[one.correlation] = inner.get(one.correlation, False) or entry.generate
    return (
        frozenset(place for place, asked in rules.items() if not asked),
        frozenset(place for place, asked in inner.items() if not asked),
    )
