"""Finding the column, and the way into it, that a field name speaks of.

``a.b`` is first the flat column of that name and then a member of the struct ``a``. Names may hold dots themselves, so the
longest column name that fits is taken, and the same again inside. Lists on the way are walked through; the step into a map is
a key.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

Schema: TypeAlias = dict[str, pl.DataType]


@dataclass(frozen=True, slots=True)
class Path:
    """A column and the steps into it: struct members and map keys."""

    column: str
    steps: tuple[str, ...] = ()


def find_path(schema: Schema, name: str, *, provenance: bool = False) -> Path | None:
    """Find what a name speaks of, or None if the table has no such thing.

    Columns whose names begin with an underscore say where an event came from. They are none of its fields and no rule sees
    them; a route, which asks what the event is, may (``provenance``).
    """
    for column, rest in _prefixes(schema, name):
        if column.startswith("_") and not provenance:
            continue
        steps = _steps(schema[column], rest)
        if steps is not None:
            return Path(column, steps)
    for column in schema:
        if normalised(column) == normalised(name) and (provenance or not column.startswith("_")):
            return Path(column)
    return None


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


def end_type(dtype: pl.DataType, steps: tuple[str, ...]) -> pl.DataType:
    """Give the type at the end of a path that exists, without the lists around it."""
    if steps and isinstance(dtype, pl.Map):
        return end_type(value_type(dtype), steps[1:])
    inner = inner_type(dtype)
    if inner is not None:
        return end_type(inner, steps)
    if steps and isinstance(dtype, pl.Struct):
        return end_type(members(dtype)[steps[0]], steps[1:])
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


def _steps(dtype: pl.DataType, rest: str | None) -> tuple[str, ...] | None:
    if rest is None:
        return ()
    if isinstance(dtype, pl.Map):
        # A key may hold dots, and which keys there are is not known from the schema: only where a value has members
        # itself can what follows the first dot be meant for them.
        key, _, beyond = rest.partition(".")
        inside = _steps(value_type(dtype), beyond) if beyond else None
        return (rest,) if inside is None else (key, *inside)
    inner = inner_type(dtype)
    if inner is not None:
        return _steps(inner, rest)
    if isinstance(dtype, pl.Struct):
        known = members(dtype)
        for member, deeper in _prefixes(known, rest):
            steps = _steps(known[member], deeper)
            if steps is not None:
                return (member, *steps)
    return None
