"""What each rule can do on a table, told from the table's columns alone.

A predicate on a field that nothing answers is decided for every row: false, or true if it asks for null. Folding such
constants through the condition tells what is lost. The polarity decides the kind: what is always false where the rule wants
it true takes branches away (fewer matches), the same below a ``not`` takes filters away (more matches).

In a table that holds events of several kinds a rule has as many answers as places; the best is its state, as it is over
several inputs: the rule does what it can somewhere.
"""

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import polars as pl

from sigtrawl.reference.answers import View
from sigtrawl.reference.conditions import Node, children, predicates_of
from sigtrawl.reference.near import Near
from sigtrawl.reference.paths import Schema
from sigtrawl.reference.routing import Place, places, possible, source_of
from sigtrawl.schemas import LogSource, Mapping

State: TypeAlias = Literal["runs", "partial", "inert", "no-log-source"]


@dataclass(frozen=True, slots=True)
class RuleState:
    """What a rule can do on a table.

    Attributes:
        state: The binding state.
        lost: ``branches`` and ``filters``, where the state is ``partial``.
        missing: The fields that nothing answers, sorted; none where the rule runs.
        near: Missing field → the column that it most likely means.
        any_product: The rule states a product, and rows that it reads do not tell theirs.
    """

    state: State
    lost: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    near: AnyMapping[str, str] = field(default_factory=dict, hash=False)
    any_product: bool = False


def bind(
    plan: AnyMapping[str, Any],
    columns: AnyMapping[str, pl.DataType],
    *,
    mapping: Mapping | None,
    schema_none: bool = False,
    logsource: AnyMapping[str, str | None] | None = None,
) -> list[RuleState]:
    """Give the state of each rule of a Plan on a table of these columns.

    Raises:
        ValueError: There is neither a mapping, nor a log source, nor the word that the table needs none.
    """
    check_options(mapping, schema_none=schema_none, logsource=logsource)
    binder = _Binder(plan["predicates"], dict(columns), mapping)
    asserted = None if logsource is None else source_of(logsource)
    return [binder.state(rule, asserted) for rule in plan["rules"]]


def check_options(mapping: Mapping | None, *, schema_none: bool, logsource: AnyMapping[str, str | None] | None) -> None:
    """Refuse a table of which nobody says what it is.

    Raises:
        ValueError: There is nothing to go by, or there is both a schema and the word that there is none.
    """
    if mapping is None and not schema_none and logsource is None:
        message = "without a schema mapping, say that columns are Sigma fields or assert a log source"
        raise ValueError(message)
    if mapping is not None and schema_none:
        message = "a table cannot have a schema mapping and none"
        raise ValueError(message)


class _Binder:
    def __init__(self, predicates: list[dict[str, Any]], schema: Schema, mapping: Mapping | None) -> None:
        self._predicates = predicates
        self._schema = schema
        self._mapping = mapping
        self._near = Near(schema)
        self._views: dict[str | None, View] = {}
        self._constants: dict[tuple[str | None, int], bool | None] = {}

    def state(self, rule: AnyMapping[str, Any], asserted: LogSource | None) -> RuleState:
        """Give a rule's best state over its places."""
        source = source_of(rule["logsource"])
        where = [place for place in places(source, self._mapping, asserted) if possible(place, self._mapping, self._schema)]
        found = [self._state_in(self._view(place.view), rule["condition"], place.view) for place in where]
        best = min(found, key=_rank, default=RuleState("no-log-source"))
        untold = asserted.product == "*" if asserted else any(self._any_product(place) for place in where)
        return replace(best, any_product=bool(found) and source.product is not None and untold)

    def _any_product(self, place: Place) -> bool:
        """Say whether some rows of a place do not tell their product."""
        mapping = self._mapping
        return mapping is not None and any(
            mapping.routes[number].logsource.product == "*" and possible(replace(place, routes=(number,)), mapping, self._schema)
            for number in place.routes
        )

    def _view(self, name: str | None) -> View:
        if name not in self._views:
            self._views[name] = View(self._schema, self._mapping, name)
        return self._views[name]

    def _state_in(self, view: View, condition: Node, name: str | None) -> RuleState:
        constants: dict[int, bool] = {}
        for number in predicates_of(condition):
            if (name, number) not in self._constants:
                self._constants[name, number] = self._constant(view, self._predicates[number])
            constant = self._constants[name, number]
            if constant is not None:
                constants[number] = constant
        missing = {field for number in constants for field in _unanswered(view, self._predicates[number])}
        near = {name: column for name in sorted(missing) if (column := self._near.column(name, view.wanted(name))) is not None}
        if _fold(condition, constants) is False:
            return RuleState("inert", (), tuple(sorted(missing)), near)
        lost = tuple(sorted(_lost(condition, constants, wanted=True)))
        return RuleState("partial", lost, tuple(sorted(missing)), near) if lost else RuleState("runs")

    def _constant(self, view: View, predicate: AnyMapping[str, Any]) -> bool | None:
        """Give what a predicate is for every row, or None if that depends on the row."""
        if predicate["field"] is None or view.readings(predicate):
            return None
        return bool(predicate["op"] == "null")


def _unanswered(view: View, predicate: AnyMapping[str, Any]) -> list[str]:
    """Name the fields because of which a predicate is the same for every row."""
    if predicate["op"] == "fieldref":
        return [name for name in (predicate["field"], predicate["value"]) if not view.comparable(name)]
    return [predicate["field"]]


def _fold(node: Node, constants: AnyMapping[int, bool]) -> bool | None:
    """Give what a condition is for every row, or None if that depends on the row."""
    if isinstance(node, int):
        return constants.get(node)
    operator, inside = children(node)
    values = [_fold(child, constants) for child in inside]
    if operator == "not":
        return None if values[0] is None else not values[0]
    decisive = operator == "or"
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _lost(node: Node, constants: AnyMapping[int, bool], *, wanted: bool) -> set[str]:
    """Say what constants take away, where the node is wanted to be true (or, below a ``not``, false)."""
    value = _fold(node, constants)
    if isinstance(node, int):
        if value is None:
            return set()
        return {"filters" if value == wanted else "branches"}
    operator, inside = children(node)
    if value is not None and any(number in constants for number in predicates_of(node)):
        return {"filters" if value == wanted else "branches"}
    deeper = wanted if operator != "not" else not wanted
    return {kind for child in inside for kind in _lost(child, constants, wanted=deeper)}


def _rank(found: RuleState) -> tuple[int, int, int]:
    return ("runs", "partial", "inert").index(found.state), len(found.lost), len(found.missing)
