"""Dotted names made into nested structs: `process.parent.pid` becomes a member of a member of `process`."""

from __future__ import annotations

from typing import TypeAlias

import polars as pl

_Tree: TypeAlias = "dict[str, str | _Tree]"


def nest(flat: pl.DataFrame) -> pl.DataFrame:
    """Gives a table whose columns' names are paths the structs that the paths speak of, in order of first mention.

    Raises:
        ValueError: One path is the beginning of another, so that the place would be a value and a struct at once.
    """
    tree: _Tree = {}
    for column in flat.columns:
        *above, last = column.split(".")
        place = tree
        for step in above:
            deeper = place.setdefault(step, {})
            if isinstance(deeper, str):
                message = f"{column!r} goes through {deeper!r}, which is a column itself"
                raise ValueError(message)  # noqa: TRY004 - it is the names that are wrong
            place = deeper
        if last in place:
            message = f"{column!r} is a column and the beginning of another one's name"
            raise ValueError(message)
        place[last] = column
    return flat.select(_built(name, below) for name, below in tree.items())


def _built(name: str, below: str | _Tree) -> pl.Expr:
    if isinstance(below, str):
        return pl.col(below).alias(name)
    return pl.struct(_built(member, deeper) for member, deeper in below.items()).alias(name)
