"""Reading a schema mapping that is plain data already, strictly.

A mapping decides which rules can fire at all, so a mistyped key must never turn into rules that are silently inert:
every key is known or refused, every value has its one type, and each refusal names the file and the place in it. A
validation library was rejected: the format is small, and its messages would speak of models where users know keys.
"""

from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType
from typing import Any

from sigtrawl.schemas.answers import read_answers
from sigtrawl.schemas.demands import demands_of
from sigtrawl.schemas.extending import FindBase, laid_over
from sigtrawl.schemas.model import Answer, Mapping, TimeColumn
from sigtrawl.schemas.places import Place, kind, read_bool, read_column, read_columns, read_text, read_texts
from sigtrawl.schemas.routes import read_routes

_KEYS = frozenset({"name", "aliases", "extends", "title", "recognise", "time", "own_names", "fields", "views", "routes"})
NO_SCHEMA = "none"
_UNITS = ("s", "ms", "us", "ns")


def read_document(plain: Any, source: str, find_base: FindBase) -> Mapping:
    """Read a mapping from plain data.

    Args:
        plain: What the file says.
        source: What error messages call the file.
        find_base: Finds what it extends.

    Raises:
        SchemaError: This is no mapping; the message names the file and the place.
    """
    top = Place(source)
    table = top.table(plain, _KEYS)
    base = find_base(read_text(table["extends"], top / "extends"), top / "extends") if "extends" in table else None
    top.table(table, _KEYS, required={"name"} if base is not None else {"name", "recognise", "routes"})
    name = read_text(table["name"], top / "name")
    if name == NO_SCHEMA:
        raise (top / "name").error("'none' means that no schema is used and cannot name one")
    recognise_all, recognise_any, recognise_none = _read_recognise(table, top / "recognise")
    own = Mapping(
        name=name,
        aliases=_read_aliases(table.get("aliases"), top / "aliases", name),
        title=read_text(table.get("title", name), top / "title"),
        time=_read_time(table.get("time"), top / "time"),
        own_names=read_bool(table.get("own_names", False), top / "own_names"),
        fields=read_answers(table.get("fields"), top / "fields"),
        views=_read_views(table.get("views"), top / "views"),
        source=source,
        recognise_all=recognise_all,
        recognise_any=recognise_any,
        recognise_none=recognise_none,
        routes=(),
    )
    mapping = own if base is None else laid_over(base, own, stated=table.keys())
    if "routes" in table:
        mapping = replace(mapping, routes=read_routes(table["routes"], top / "routes", mapping.views))
    return replace(mapping, demands=demands_of(own, mapping, own_routes="routes" in table))


def _read_aliases(plain: Any, place: Place, name: str) -> tuple[str, ...]:
    aliases = read_texts(plain, place)
    for number, alias in enumerate(aliases, start=1):
        if alias == name:
            raise (place / number).error(f"{alias!r} is the name itself")
        if alias == NO_SCHEMA:
            raise (place / number).error("'none' means that no schema is used and cannot name one")
    return aliases


def _read_recognise(table: AnyMapping[str, Any], place: Place) -> list[tuple[str, ...]]:
    """Take the columns of which a table has all, any and none."""
    if "recognise" not in table:
        return [(), (), ()]
    parts = ("all", "any", "none")
    plain = place.table(table["recognise"], frozenset(parts))
    found = {part: read_columns(plain.get(part), place / part) for part in parts}
    if not found["all"] and not found["any"]:
        raise place.error("names no column that a table has, so every table would be this schema")
    for one, other in combinations(parts, 2):
        for column in found[other]:
            if column in found[one]:
                raise (place / other).error(f"{column!r} is listed under {one!r}, too")
    return list(found.values())


def _read_time(plain: Any, place: Place) -> tuple[TimeColumn, ...]:
    if plain is None:
        return ()
    if not isinstance(plain, list):
        raise place.error(f"must be a list of columns, not {kind(plain)}")
    columns: list[TimeColumn] = []
    for number, item in enumerate(plain, start=1):
        column = _read_time_column(item, place / number)
        if column.column in {known.column for known in columns}:
            raise (place / number).error(f"{column.column!r} is listed twice")
        columns.append(column)
    return tuple(columns)


def _read_time_column(plain: Any, place: Place) -> TimeColumn:
    if not isinstance(plain, dict):
        return TimeColumn(read_column(plain, place))
    table = place.table(plain, frozenset({"column", "unit"}), required={"column"})
    unit = table.get("unit")
    if "unit" in table and unit not in _UNITS:
        raise (place / "unit").error(f"must be one of {', '.join(_UNITS)}, not {unit!r}")
    return TimeColumn(read_column(table["column"], place / "column"), unit)


def _read_views(plain: Any, place: Place) -> AnyMapping[str, AnyMapping[str, Answer]]:
    views = {name: read_answers(answers, place / name) for name, answers in place.mapping(plain).items()}
    return MappingProxyType(views)
