"""What a caller may ask of a scan, put into the options that the core reads.

Everything a person can write (a schema's name or a file, a log source as text) is understood here, once, for Python and the
command line; the core gets one JSON object (DESIGN.md, "Options towards the core").
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from sigtrawl.errors import SchemaError, UsageError
from sigtrawl.sizes import read_memory

if TYPE_CHECKING:
    from sigtrawl import _native
    from sigtrawl.config import Config, InputSettings
    from sigtrawl.schemas import Mapping as Schema

Columns: TypeAlias = Literal["used", "all"] | Sequence[str]
Engine: TypeAlias = Literal["core", "automaton", "search", "values", "reference"]
LogSource: TypeAlias = Mapping[str, str | None] | str

NO_SCHEMA = "none"
_MOST_THREADS = 2**16  # the core takes fewer still, and no number that it cannot hold
_PARTS = ("product", "category", "service")


@dataclass(frozen=True, slots=True)
class Request:
    """How to read the events, whoever reads them.

    Attributes:
        more: The schema mappings that users gave as files; tables are recognised by these and by the built-in ones.
        schema: The one to use instead of recognising, ``none``, or None to recognise.
        logsource: The log source that the caller asserts.
        columns: Which columns the event of a match holds.
        engine: Who matches: the core, the core without its sieve (every value by one automaton), or the reference evaluator.
        threads: How many threads may work, at most 256 at once; None leaves it to the machine.
        own: Those of the users' mappings that must fit the inputs, by name.
        inputs: How single inputs are read, where schema and log source are None.
        also: Columns that the event holds after these, where some input has them.
        costs: Whether the report tells what each rule took; measuring it slows a scan down.
        memory: Bytes that the scan may take; None is 1 GiB.
        key: Columns that stand in a match in the place of its file, row group and row.
        store: Settings of object stores, as pairs; they go before those of the environment.
        listed: Whether the files are those that a table's own list names, so that they may lie in a table's folder.
    """

    more: "tuple[Schema, ...]"
    schema: str | None
    logsource: Mapping[str, str | None] | None
    columns: Columns
    engine: Engine
    threads: int | None
    own: tuple[str, ...] = ()
    inputs: "tuple[InputSettings, ...]" = ()
    also: tuple[str, ...] = ()
    costs: bool = False
    memory: int | None = None
    key: tuple[str, ...] | None = None
    store: tuple[tuple[str, str], ...] = ()
    listed: bool = False

    def said_of(self, file: str | None) -> tuple[str | None, Mapping[str, str | None] | None]:
        """Give the schema and the log source that the caller, or the configuration for this file, states."""
        from sigtrawl.config import setting_of

        place = None if file is None else setting_of(self.inputs, file)
        if place is None:
            return self.schema, self.logsource
        entry = self.inputs[place]
        return self.schema or entry.schema, self.logsource or entry.logsource

    @property
    def mappings(self) -> "tuple[Schema, ...]":
        """All mappings to recognise tables by."""
        from sigtrawl import schemas

        return (*schemas.builtin(), *self.more)

    def options(self) -> "bytes | _native.Options":
        """Give the options as the core takes them: with the built-in mappings, which it has read once."""
        if self.schema == NO_SCHEMA:
            return self.to_json()
        from sigtrawl import _native, schemas

        return _native.Options(self.to_json(), schemas.native())

    def to_json(self) -> bytes:
        """Give the options as the core reads them, without the built-in mappings."""
        columns = self.columns if isinstance(self.columns, str) else list(self.columns)
        return json.dumps(
            {
                "mappings": [mapping.to_dict() for mapping in self.more],
                "schema": self.schema,
                "logsource": self.logsource,
                "inputs": [_settings(entry) for entry in self.inputs],
                "columns": columns,
                **({"also": list(self.also)} if self.also else {}),
                **({"key": list(self.key)} if self.key is not None else {}),
                **({"store": dict(self.store)} if self.store else {}),
                **({"listed": True} if self.listed else {}),
                **({"engine": self.engine} if self.engine not in ("core", "reference") else {}),
                **({"costs": True} if self.costs else {}),
                **({"memory": self.memory} if self.memory is not None else {}),
                "threads": None if self.threads is None else min(self.threads, _MOST_THREADS),
                "demands": [
                    {"schema": mapping.name, "file": mapping.source, **demand.to_dict()}
                    for mapping in self.more
                    if mapping.name in self.own
                    for demand in mapping.demands
                ],
            }
        ).encode()


def request(
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    engine: Engine = "core",
    threads: int | None = None,
    memory: int | str | None = None,
    config: "Config | str | os.PathLike[str] | None" = None,
    key: Sequence[str] | None = None,
    storage_options: Mapping[str, str] | None = None,
) -> Request:
    """Understand what the caller wrote.

    Raises:
        ConfigError: The configuration file is wrong.
        SchemaError: The schema is neither known nor a file, or the file is no mapping.
        UsageError: The log source, the columns, the engine, the threads, the memory or the key make no sense.
    """
    read = None if config is None else _read_config(config)
    of_config = None if read is None else read.name_of(schema)
    more, name, own = _schema(schema if of_config is None else None)
    if isinstance(columns, str) and columns not in {"used", "all"}:
        message = f"columns must be 'used', 'all' or a list of names, not {columns!r}"
        raise UsageError(message)
    if engine not in get_args(Engine):
        message = f"engine must be 'core' or 'reference', not {engine!r}"
        raise UsageError(message)
    if threads is not None and (type(threads) is not int or threads < 1):
        message = f"threads must be a whole number from 1, not {threads!r}"
        raise UsageError(message)
    source = None if logsource is None else read_logsource(logsource)
    budget = None if memory is None else read_memory(memory)
    asked = Request(
        more,
        of_config or name,
        source,
        columns,
        engine,
        threads,
        own,
        memory=budget,
        key=_key(key),
        store=_store(storage_options),
    )
    return asked if read is None else _with_config(asked, read)


def _key(given: Sequence[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    names = (given,) if isinstance(given, str) else tuple(given)
    if not all(isinstance(name, str) for name in names):
        message = f"key must be the names of columns, not {given!r}"
        raise UsageError(message)
    return names


def _store(given: Mapping[Any, Any] | None) -> tuple[tuple[str, str], ...]:
    pairs = tuple((given or {}).items())
    for name, value in pairs:
        if not isinstance(name, str) or not isinstance(value, str):
            message = f"storage_options are texts by name, and {name!r} is {value!r}"
            raise UsageError(message)
    return pairs


def _read_config(given: object) -> "Config":
    from sigtrawl.config import Config, load_config

    if not isinstance(given, Config | str | os.PathLike):
        message = f"config must be a file or what load_config gave, not a {type(given).__qualname__}"
        raise TypeError(message)
    return given if isinstance(given, Config) else load_config(given)


def _with_config(asked: Request, config: "Config") -> Request:
    """Add what a configuration file says; a mapping that the caller named as a file goes before one of its name."""
    more = tuple(mapping for mapping in config.mappings if mapping.name not in asked.own)
    own = (*asked.own, *(mapping.name for mapping in more))
    return replace(asked, more=(*asked.more, *more), own=own, inputs=config.inputs)


def _settings(entry: "InputSettings") -> dict[str, Any]:
    return {"glob": entry.pattern, "schema": entry.schema, "logsource": entry.logsource}


def read_logsource(given: LogSource) -> dict[str, str | None]:
    """Read a log source: a mapping, or text such as ``category=process_creation,product=windows``.

    Raises:
        UsageError: A part is unknown, given twice, or empty.
    """
    pairs = list(given.items()) if isinstance(given, Mapping) else [_pair(part) for part in given.split(",")]
    result: dict[str, str | None] = dict.fromkeys(_PARTS)
    for key, value in pairs:
        if key not in result:
            message = f"a log source has no {key!r}: its parts are product, category and service"
            raise UsageError(message)
        if result[key] is not None:
            message = f"the log source names its {key} twice"
            raise UsageError(message)
        result[key] = value
    if not any(result.values()):
        message = "the log source is empty: name at least one of product, category and service"
        raise UsageError(message)
    return result


def _pair(part: str) -> tuple[str, str]:
    key, equals, value = (piece.strip() for piece in part.partition("="))
    if not (key and equals and value):
        message = f"{part.strip()!r} is no part of a log source: write product=windows,category=process_creation"
        raise UsageError(message)
    return key, value


def _schema(given: "str | os.PathLike[str] | None") -> "tuple[tuple[Schema, ...], str | None, tuple[str, ...]]":
    """Give the mappings that come from files, the name of the one to use, and the names of those that must fit."""
    if given is None:
        return (), None, ()
    from sigtrawl import schemas

    known = schemas.known_names()
    name = os.fspath(given)
    if name == NO_SCHEMA or name in known:
        return (), known.get(name, name), ()
    path = Path(name)
    if path.suffix in {".yml", ".yaml"} or path.exists():
        own = schemas.load_mapping(path)
        schemas.refuse_known_names(own, schemas.builtin())
        return (own,), own.name, (own.name,)
    close = get_close_matches(name, [*known, NO_SCHEMA], n=1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    message = (
        f"there is no schema {name!r}{guess}; the known ones are {', '.join(sorted(known))} and none, "
        "and a file ending in .yml is read as a schema mapping"
    )
    raise SchemaError(message)
