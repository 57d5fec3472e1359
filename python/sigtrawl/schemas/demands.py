"""What a mapping's own file demands of the tables that it is used for.

Built-in mappings name more columns than one lake has. A file that somebody wrote for a lake is different: a field of which no
named column is in any input is most likely mistyped, and would make rules inert without a word. So the file's own statements
are listed with their places, and whoever knows all inputs (the core, once the footers are read) compares.
"""

from collections.abc import Iterator

from sigtrawl.schemas.model import Demand, Mapping


def demands_of(own: Mapping, whole: Mapping, *, own_routes: bool) -> tuple[Demand, ...]:
    """List the demands of a file.

    Args:
        own: What the file says itself, without what it extends.
        whole: The mapping that results.
        own_routes: Whether the routes are the file's.
    """
    demands = [*_time(own), *_fields(own), *_views(own, whole), *(_routes(whole) if own_routes else ())]
    return tuple(demand for demand in demands if demand.columns)


def _time(own: Mapping) -> Iterator[Demand]:
    yield Demand("time", tuple(time.column for time in own.time))


def _fields(own: Mapping) -> Iterator[Demand]:
    for field, answer in own.fields.items():
        yield Demand(f"fields.{field}", answer.named())


def _views(own: Mapping, whole: Mapping) -> Iterator[Demand]:
    """A view's answers count where a table can have rows of a route that reads through it."""
    for view, answers in own.views.items():
        needs = tuple(dict.fromkeys(route.needs for route in whole.routes if route.view == view))
        for field, answer in answers.items():
            if needs:
                yield Demand(f"views.{view}.{field}", answer.named(), needs)


def _routes(whole: Mapping) -> Iterator[Demand]:
    """A missing column is null to a route, so one that may be null is not demanded."""
    for number, route in enumerate(whole.routes, start=1):
        for column, values in route.when.items():
            if None not in values:
                yield Demand(f"routes[{number}].when.{column}", (column,), (route.needs,))
