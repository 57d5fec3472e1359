"""Whether a row is of the log source that a rule is about, and by which routes.

Whether a row is of a route is asked of the reference evaluator, by a rule that is true everywhere under a mapping that has this
route alone; what it says is then all there is to know, whatever a route may ask.
"""

from dataclasses import replace
from typing import Any

from sigtrawl import reference
from sigtrawl.explanation.model import RouteFit, Seen, Wanted
from sigtrawl.explanation.row import Asked
from sigtrawl.explanation.words import source_text
from sigtrawl.reference.columns import Table
from sigtrawl.reference.paths import find_path
from sigtrawl.reference.routing import fits
from sigtrawl.schemas import LogSource, Mapping, Route

_ALWAYS: dict[str, Any] = {"predicates": [], "rules": [{"logsource": {}, "condition": {"and": []}}]}


def routes_of(asked: Asked, source: LogSource) -> tuple[RouteFit, ...]:
    """List the routes of the row's schema that are of a rule's log source."""
    mapping = asked.mapping
    if mapping is None or asked.request.logsource is not None:
        return ()
    table = Table(asked.frame)
    return tuple(_fit(route, mapping, asked, table, source) for route in mapping.routes if fits(source, route.logsource))


def source_reason(asked: Asked, source: LogSource, routes: tuple[RouteFit, ...], *, applies: bool) -> str:
    """Say in a sentence why the row is of the rule's log source, or why not."""
    stated = source_text(source.to_dict())
    told = asked.request.logsource
    if told is not None:
        said = source_text(told)
        return f"all rows are said to be {said}" if applies else f"all rows are said to be {said}, and the rule is about {stated}"
    if asked.mapping is None:
        return "every rule runs on every row, as asked"
    if not routes:
        return f"schema {asked.mapping.name} has no rows of {stated}"
    return f"the row is of {stated}" if applies else f"the row is not of {stated}"


def see(table: Table, asked: Asked, column: str) -> Seen | None:
    """Look into a column that a route asks for."""
    path = find_path(dict(asked.frame.schema), column, provenance=True)
    if path is None:
        return None
    found = table.column(path)
    return Seen(column, tuple(found.by_text), bool(found.exists))


def _fit(route: Route, mapping: Mapping, asked: Asked, table: Table, source: LogSource) -> RouteFit:
    when = tuple(
        Wanted(
            column,
            tuple(values),
            see(table, asked, column),
            _holds(replace(route, when={column: values}, needs=()), mapping, asked),
        )
        for column, values in route.when.items()
    )
    view = route.view if source.category is not None else None
    schema = dict(asked.frame.schema)
    lacks = tuple(name for name in route.needs if find_path(schema, name, provenance=True) is None)
    return RouteFit(route.logsource.to_dict(), view, when, lacks, _holds(route, mapping, asked))


def _holds(route: Route, mapping: Mapping, asked: Asked) -> bool:
    alone = replace(mapping, routes=(replace(route, view=None),))
    return bool(reference.evaluate(_ALWAYS, asked.frame, mapping=alone))
