"""Reading the routes of a schema mapping: which rows are which log source."""

from collections.abc import Collection
from types import MappingProxyType
from typing import Any

from sigtrawl.schemas.model import LogSource, Route, Value
from sigtrawl.schemas.places import Place, read_column, read_columns, read_text

_ROUTE_KEYS = frozenset({"when", "needs", "logsource", "view"})


def read_routes(plain: Any, place: Place, views: Collection[str]) -> tuple[Route, ...]:
    """Take a list of routes; `views` are the views that there are."""
    if not isinstance(plain, list) or not plain:
        raise place.error("must be a list of at least one route")
    return tuple(_read_route(route, place / number, views) for number, route in enumerate(plain, start=1))


def _read_route(plain: Any, place: Place, views: Collection[str]) -> Route:
    table = place.table(plain, _ROUTE_KEYS, required={"logsource"})
    source_place = place / "logsource"
    source = source_place.table(table["logsource"], frozenset({"product", "category", "service"}))
    if not source:
        raise source_place.error("states nothing: name a product, a category or a service")
    logsource = LogSource(**{part: read_text(value, source_place / part) for part, value in source.items()})
    when_place = place / "when"
    when = {
        read_column(column, when_place): _read_values(values, when_place / column)
        for column, values in when_place.mapping(table.get("when")).items()
    }
    view = table.get("view")
    if view is not None:
        if read_text(view, place / "view") not in views:
            known = ", ".join(views) or "none is defined"
            raise (place / "view").error(f"there is no view {view!r} (views: {known})")
        if logsource.category is None:
            raise (place / "view").error("a view answers rules of the route's category, and this route has none")
    needs = read_columns(table.get("needs"), place / "needs")
    if "needs" in table and not needs:
        raise (place / "needs").error("must be a list of at least one column")
    return Route(logsource=logsource, when=MappingProxyType(when), view=view, needs=needs)


def _read_values(plain: Any, place: Place) -> tuple[Value, ...]:
    if not isinstance(plain, list) or not plain:
        raise place.error("must be a list of at least one value")
    for value in plain:
        if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
            raise place.error(f"a value must be text, an integer or null, not {value!r}")
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise place.error(f"the integer {value} is beyond 64 bits; quote it to compare it as text")
    return tuple(plain)
