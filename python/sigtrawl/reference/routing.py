"""Which rows a rule reads, and through which view.

A row may be several log sources at once and a rule may fit several routes, so the answer is a list of places: sets of rows,
each with the one view that applies there. The rule matches a row if its condition holds in any place that has the row.
"""

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from functools import cache, partial

from sigtrawl.reference.columns import Table
from sigtrawl.reference.folding import fold
from sigtrawl.reference.paths import Schema, TableColumns, find_path
from sigtrawl.reference.predicates import Matcher
from sigtrawl.reference.wildcards import wildcard_matcher
from sigtrawl.schemas import LogSource, Mapping, Route


@dataclass(frozen=True, slots=True)
class Place:
    """Some rows, and the view through which they are read.

    Attributes:
        view: The name of the view, or None for the mapping's plain fields.
        routes: The routes whose rows these are, by their places in the mapping.
        others: The rows are those of no route listed here (with none listed: all rows).
    """

    view: str | None
    routes: tuple[int, ...] = ()
    others: bool = False


_EVERYWHERE = Place(view=None, others=True)


def source_of(plain: AnyMapping[str, str | None] | None) -> LogSource:
    """Read a log source as a Plan or a caller states it."""
    stated = plain or {}
    return LogSource(stated.get("product"), stated.get("category"), stated.get("service"))


def places(rule: LogSource, mapping: Mapping | None, asserted: LogSource | None) -> list[Place]:
    """List the places where a rule runs; none if no route is its log source.

    Args:
        rule: What the rule states.
        mapping: The table's schema, or None where columns are Sigma fields.
        asserted: The one log source that the caller says every row is.
    """
    if asserted is not None and not fits(rule, asserted):
        return []
    if mapping is None:
        return [_EVERYWHERE]
    if asserted is None:
        found: dict[str | None, list[int]] = {}
        for number, route in enumerate(mapping.routes):
            if fits(rule, route.logsource):
                found.setdefault(route.view if rule.category is not None else None, []).append(number)
        return [Place(view, tuple(routes)) for view, routes in found.items()]
    # The assertion says what the rows are. How they are written is still theirs: a view applies where its route does.
    viewed: dict[str, list[int]] = {}
    for number, route in enumerate(mapping.routes):
        if route.view is not None and route.logsource.category == rule.category:
            viewed.setdefault(route.view, []).append(number)
    rest = Place(None, tuple(number for routes in viewed.values() for number in routes), others=True)
    return [*(Place(view, tuple(routes)) for view, routes in viewed.items()), rest]


def fits(rule: LogSource, source: LogSource) -> bool:
    """Say whether a log source has every attribute that a rule states."""
    return (
        (rule.product is None or source.product in {rule.product, "*"})
        and (rule.category is None or source.category == rule.category)
        and (rule.service is None or source.service == rule.service)
    )


def possible(place: Place, mapping: Mapping | None, schema: Schema) -> bool:
    """Say whether a table of this schema can have rows in a place."""
    return place.others or any(_route_possible(route, schema) for route in _routes(place, mapping))


def rows(place: Place, mapping: Mapping | None, table: Table, schema: Schema) -> int:
    """Give the rows of a place."""
    union = 0
    for route in _routes(place, mapping):
        union |= _route_rows(route, table, schema)
    return table.all & ~union if place.others else union


def _routes(place: Place, mapping: Mapping | None) -> list[Route]:
    return [] if mapping is None else [mapping.routes[number] for number in place.routes]


def _route_possible(route: Route, schema: Schema) -> bool:
    has = TableColumns(schema)
    return all(name in has for name in route.needs) and all(None in values or name in has for name, values in route.when.items())


def _route_rows(route: Route, table: Table, schema: Schema) -> int:
    if not _route_possible(route, schema):
        return 0
    found = table.all
    for name, values in route.when.items():
        path = find_path(schema, name, provenance=True)
        agreeing = 0
        if None in values:
            agreeing |= table.all if path is None else table.all & ~table.column(path).exists
        if path is not None:
            column = table.column(path)
            agreeing |= column.rows_where(partial(_agrees, tuple(value for value in values if isinstance(value, str))))
            for number in values:
                if isinstance(number, int):
                    agreeing |= column.matches({"op": "number", "cmp": "eq", "value": str(number)})
        found &= agreeing
    return found


@cache
def _agrees(wanted: tuple[str, ...], text: str) -> bool:
    folded = fold(text)
    return any(_value_matcher(value)(folded) for value in wanted)


@cache
def _value_matcher(value: str) -> Matcher:
    # A route's value knows wildcards and no escapes.
    return wildcard_matcher(fold(value).replace("\\", "\\\\"))
