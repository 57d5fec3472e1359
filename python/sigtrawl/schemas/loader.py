"""Reading schema mappings, strictly.

A mapping decides which rules can fire at all, so a mistyped key must never turn into rules that are silently inert:
every key is known or refused, every value has its one type, and each refusal names the file and the place in it. A
validation library was rejected: the format is small, and its messages would speak of models where users know keys.
"""

from collections.abc import Mapping as AnyMapping
from functools import cache
from importlib import resources
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from sigtrawl.errors import SchemaError
from sigtrawl.schemas.answers import Place, read_answers, read_text, read_texts
from sigtrawl.schemas.model import LogSource, Mapping, Route, Value

_BUILTIN = ("windows.yml", "asim.yml")
"""In order of preference where a table fits several."""

_KEYS = frozenset({"name", "title", "recognise", "time", "own_names", "fields", "views", "routes"})


@cache
def builtin() -> tuple[Mapping, ...]:
    """Give the mappings that come with the package, in the order in which tables are recognised by them."""
    folder = resources.files(__package__)
    return tuple(read_mapping(folder.joinpath(name).read_text(encoding="utf-8"), name) for name in _BUILTIN)


def load_mapping(path: str | PathLike[str]) -> Mapping:
    """Read a mapping from a YAML file.

    Raises:
        SchemaError: The file cannot be read or is not a mapping; the message names the file and the place.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read: {error}"
        raise SchemaError(message) from error
    return read_mapping(text, str(path))


def read_mapping(text: str, source: str = "<text>") -> Mapping:
    """Read a mapping from YAML text.

    Args:
        text: The YAML document.
        source: What error messages call it, usually a file name.

    Raises:
        SchemaError: The text is not a mapping.
    """
    top = Place(source)
    try:
        plain = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a safe loader, see below
    except (yaml.YAMLError, ValueError) as error:
        raise top.error(f"not readable as YAML: {error}") from error
    table = top.table(plain, _KEYS, required={"name", "recognise", "routes"})
    recognise_place = top / "recognise"
    recognise = recognise_place.table(table["recognise"], frozenset({"all", "any"}))
    recognise_all = read_texts(recognise.get("all"), recognise_place / "all")
    recognise_any = read_texts(recognise.get("any"), recognise_place / "any")
    if not recognise_all and not recognise_any:
        raise recognise_place.error("names no column, so every table would be this schema")
    own_names = table.get("own_names", False)
    if not isinstance(own_names, bool):
        raise (top / "own_names").error(f"must be true or false, not {own_names!r}")
    views_place = top / "views"
    views = {name: read_answers(answers, views_place / name) for name, answers in views_place.mapping(table.get("views")).items()}
    name = read_text(table["name"], top / "name")
    if name == "none":
        raise (top / "name").error("'none' means that no schema is used and cannot name one")
    return Mapping(
        name=name,
        title=read_text(table.get("title", name), top / "title"),
        recognise_all=recognise_all,
        recognise_any=recognise_any,
        time=read_texts(table.get("time"), top / "time"),
        own_names=own_names,
        fields=read_answers(table.get("fields"), top / "fields"),
        views=MappingProxyType(views),
        routes=_read_routes(table["routes"], top / "routes", views),
    )


def _read_routes(plain: Any, place: Place, views: AnyMapping[str, Any]) -> tuple[Route, ...]:
    if not isinstance(plain, list) or not plain:
        raise place.error("must be a list of at least one route")
    return tuple(_read_route(route, place / number, views) for number, route in enumerate(plain, start=1))


def _read_route(plain: Any, place: Place, views: AnyMapping[str, Any]) -> Route:
    table = place.table(plain, frozenset({"when", "logsource", "view"}), required={"logsource"})
    source_place = place / "logsource"
    source = source_place.table(table["logsource"], frozenset({"product", "category", "service"}))
    if not source:
        raise source_place.error("states nothing: name a product, a category or a service")
    logsource = LogSource(**{part: read_text(value, source_place / part) for part, value in source.items()})
    when_place = place / "when"
    when = {column: _read_values(values, when_place / column) for column, values in when_place.mapping(table.get("when")).items()}
    view = table.get("view")
    if view is not None:
        if read_text(view, place / "view") not in views:
            known = ", ".join(views) or "none is defined"
            raise (place / "view").error(f"there is no view {view!r} (views: {known})")
        if logsource.category is None:
            raise (place / "view").error("a view answers rules of the route's category, and this route has none")
    return Route(logsource=logsource, when=MappingProxyType(when), view=view)


def _read_values(plain: Any, place: Place) -> tuple[Value, ...]:
    if not isinstance(plain, list) or not plain:
        raise place.error("must be a list of at least one value")
    for value in plain:
        if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
            raise place.error(f"a value must be text, an integer or null, not {value!r}")
    return tuple(plain)


class _UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which would let the last of two like keys win, made to refuse the second."""


def _unique_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key.start_mark)
        if key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key.value!r}", key.start_mark)
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
