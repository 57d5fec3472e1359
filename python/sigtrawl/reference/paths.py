"""Finding the column, and the way into it, that a field name speaks of.

``a.b`` is first the flat column of that name and then a member of the struct ``a``. Names may hold dots themselves, so the
longest column name that fits is taken, and the same again inside. Lists on the way are walked through, all of their elements or
those that a choice (``hashes[algorithm=MD5].value``) means; the step into a map is a key.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from sigtrawl.reference.folding import fold
from sigtrawl.schemas import PathPart, parse_path

Schema: TypeAlias = dict[str, pl.DataType]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A step that leaves out elements of a list: those of which the member has none of the texts, which are folded."""

    member: "Steps"
    texts: frozenset[str]


Steps: TypeAlias = tuple[str | Chosen, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A column and the steps into it: struct members, map keys and choices among the elements of lists."""

    column: str
    steps: Steps = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """Several paths whose texts, put together, are one value.

    Attributes:
        parts: Those count that have a text which is not empty.
        separator: What stands between the texts.
        needed: The parts that must count, or there is no value.
    """

    parts: tuple[Path, ...]
    separator: str
    needed: tuple[Path, ...]


Source: TypeAlias = Path | Joined


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of a table as schemas are recognised by: ``name in columns`` asks for a path."""

    schema: Schema

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and find_path(self.schema, name, provenance=True) is not None


def find_path(schema: Schema, name: str, *, provenance: bool = False) -> Path | None:
    """Find what a name speaks of, or None if the table has no such thing.

    Columns whose names begin with an underscore say where an event came from. They are none of its fields and no rule sees
    them; a route, which asks what the event is, may (``provenance``).
    """
    if name in schema and (provenance or not name.startswith("_")):
        return Path(name)
    parts = _parts(name)
    for column, rest in _prefixes(schema, parts[0].name):
        if column.startswith("_") and not provenance:
            continue
        steps = _steps(schema[column], rest, parts)
        if steps is not None:
            return Path(column, steps)
    for column in schema:
        if normalised(column) == normalised(name) and (provenance or not column.startswith("_")):
            return Path(column)
    return None


def _parts(name: str) -> tuple[PathPart, ...]:
    """Take a name apart at its choices; one that is malformed is a name as it stands."""
    try:
        return parse_path(name)
    except ValueError:
        return (PathPart(name),)


def normalised(name: str) -> str:
    """Write a name as the specification does: without spaces, attributes after an underscore."""
    return name.replace(" ", "").replace("@", "_")


def inner_type(dtype: pl.DataType) -> pl.DataType | None:
    """Give the type of a list's elements, or None for what is no list."""
    if isinstance(dtype, pl.List | pl.Array):
        return _instance(dtype.inner)
    return None


def value_type(dtype: pl.Map) -> pl.DataType:
    """Give the type of a map's values."""
    return _instance(dtype.value)


def _instance(dtype: Any) -> pl.DataType:
    """Give a type as an object; polars lets a class stand for one without parameters."""
    instance: pl.DataType = dtype if isinstance(dtype, pl.DataType) else dtype()
    return instance


def members(dtype: pl.Struct) -> Schema:
    """Give a struct's members."""
    return {field.name: _instance(field.dtype) for field in dtype.fields}


def end_type(dtype: pl.DataType, steps: Steps) -> pl.DataType:
    """Give the type at the end of a path that exists, without the lists around it."""
    inner = inner_type(dtype)
    if inner is not None:
        return end_type(inner, steps)
    if not steps:
        return dtype
    step, rest = steps[0], steps[1:]
    if isinstance(step, Chosen):
        return end_type(dtype, rest)
    if isinstance(dtype, pl.Map):
        return end_type(value_type(dtype), rest)
    if isinstance(dtype, pl.Struct):
        return end_type(members(dtype)[step], rest)
    return dtype


def _prefixes(names: Schema, name: str) -> list[tuple[str, str | None]]:
    """List the names that a dotted name begins with, the longest first, each with what follows if something does."""
    found: list[tuple[str, str | None]] = [(name, None)] if name in names else []
    end = name.rfind(".")
    while end >= 0:
        if name[:end] in names:
            found.append((name[:end], name[end + 1 :]))
        end = name.rfind(".", 0, end)
    return found


def _steps(dtype: pl.DataType, rest: str | None, parts: tuple[PathPart, ...]) -> Steps | None:
    """Find the way on from a type: what is left of the first part's name, its choice, and the other parts."""
    if rest is None:
        return _choice(dtype, parts)
    if isinstance(dtype, pl.Map):
        # A key may hold dots, and which keys there are is not known from the schema: only where a value has members
        # itself can what follows the first dot be meant for them.
        key, _, beyond = rest.partition(".")
        inside = _steps(value_type(dtype), beyond, parts) if beyond else None
        if inside is not None:
            return (key, *inside)
        after = _choice(value_type(dtype), parts)
        return None if after is None else (rest, *after)
    inner = inner_type(dtype)
    if inner is not None:
        return _steps(inner, rest, parts)
    if isinstance(dtype, pl.Struct):
        known = members(dtype)
        for member, deeper in _prefixes(known, rest):
            steps = _steps(known[member], deeper, parts)
            if steps is not None:
                return (member, *steps)
    return None


def _choice(dtype: pl.DataType, parts: tuple[PathPart, ...]) -> Steps | None:
    """Find the way on where the first part's name has been followed to its end."""
    choice = parts[0].choice
    if choice is None:
        return ()
    if inner_type(dtype) is None:
        return None
    element = end_type(dtype, ())
    if not isinstance(element, pl.Struct):
        return None
    member = _steps(element, choice.member, (PathPart(choice.member),))
    further = _steps(element, parts[1].name, parts[1:]) if len(parts) > 1 else ()
    if member is None or further is None:
        return None
    return (Chosen(member, frozenset(map(fold, choice.texts))), *further)
