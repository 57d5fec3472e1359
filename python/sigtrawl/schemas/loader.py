"""Reading schema mappings, strictly.

A mapping decides which rules can fire at all, so a mistyped key must never turn into rules that are silently inert:
every key is known or refused, every value has its one type, and each refusal names the file and the place in it. A
validation library was rejected: the format is small, and its messages would speak of models where users know keys.
"""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from itertools import combinations
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from sigtrawl.errors import SchemaError
from sigtrawl.schemas.answers import read_answers
from sigtrawl.schemas.demands import demands_of
from sigtrawl.schemas.extending import FindBase, beside, laid_over, without_files
from sigtrawl.schemas.model import Answer, Mapping, TimeColumn
from sigtrawl.schemas.places import Place, kind, read_bool, read_column, read_columns, read_text, read_texts
from sigtrawl.schemas.routes import read_routes

_BUILTIN = (
    "windows.yml",
    "sysmon.yml",
    "security.yml",
    "defender.yml",
    "asim.yml",
    "ecs.yml",
    "ocsf.yml",
    "cim.yml",
    "cloudtrail.yml",
    "azure.yml",
    "okta.yml",
    "onelogin.yml",
    "duo.yml",
    "m365.yml",
    "gcp.yml",
    "google_workspace.yml",
    "github.yml",
    "bitbucket.yml",
    "kubernetes.yml",
    "auditd.yml",
    "linux_syslog.yml",
    "sysmon_linux.yml",
    "santa.yml",
    "zeek.yml",
    "webserver.yml",
    "proxy.yml",
    "bluecoat.yml",
    "dns.yml",
    "dns_resolver.yml",
    "vpc_flow.yml",
    "firewall.yml",
    "fortigate.yml",
    "antivirus.yml",
    "opencanary.yml",
    "rpc_firewall.yml",
)
"""One may extend those before it."""

_KEYS = frozenset({"name", "aliases", "extends", "title", "recognise", "time", "own_names", "fields", "views", "routes"})
NO_SCHEMA = "none"
_UNITS = ("s", "ms", "us", "ns")

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The built-in mappings are read at every start, and libyaml reads them several times as fast."""


@cache
def builtin() -> tuple[Mapping, ...]:
    """Give the mappings that come with the package."""
    folder = resources.files(__package__)
    known: list[Mapping] = []
    for name in _BUILTIN:
        text = folder.joinpath(name).read_text(encoding="utf-8")
        mapping = _read(text, name, without_files(known))
        refuse_known_names(mapping, known)
        known.append(mapping)
    return tuple(known)


def load_mapping(path: str | PathLike[str]) -> Mapping:
    """Read a mapping from a YAML file.

    Raises:
        SchemaError: The file cannot be read or is not a mapping, or what it extends is none; the message names the file and
            the place.
    """
    return _load(Path(path), ())


def read_mapping(text: str, source: str = "<text>") -> Mapping:
    """Read a mapping from YAML text, which may extend a built-in mapping but no file.

    Args:
        text: The YAML document.
        source: What error messages call it, usually a file name.

    Raises:
        SchemaError: The text is not a mapping.
    """
    return _read(text, source, without_files(builtin()))


def refuse_known_names(mapping: Mapping, known: Sequence[Mapping]) -> None:
    """Refuse a mapping that is called like one of those that are known.

    Raises:
        SchemaError: Its name or one of its aliases is taken; the message names its file and the place.
    """
    taken = {name: other.name for other in known for name in (other.name, *other.aliases)}
    places = {mapping.name: Place(mapping.source, "name")}
    places |= {alias: Place(mapping.source, f"aliases[{number}]") for number, alias in enumerate(mapping.aliases, start=1)}
    for name, place in places.items():
        if name in taken:
            whose = "of a known schema" if taken[name] == name else f"of the known schema {taken[name]!r}"
            raise place.error(f"{name!r} is a name {whose} already; choose another (and 'extends: {name}' builds on that one)")


def _load(path: Path, opened: tuple[Path, ...]) -> Mapping:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read: {error}"
        raise SchemaError(message) from error
    return _read(text, str(path), beside(path, opened, builtin(), _load))


def _read(text: str, source: str, find_base: FindBase) -> Mapping:
    top = Place(source)
    try:
        plain = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a safe loader, see below
    except (yaml.YAMLError, ValueError) as error:
        raise top.error(f"not readable as YAML: {error}") from error
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


class _UniqueKeyLoader(_SafeLoader):  # type: ignore[misc]
    """PyYAML's safe loader, which would let the last of two like keys win, made to refuse the second."""


def _unique_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key.start_mark)
        if key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key.value!r}", key.start_mark)
        seen.add(key.value)
    made: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return made


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
