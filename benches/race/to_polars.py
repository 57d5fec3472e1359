"""Rules in the words of polars, in three dialects: what its users would write, and what is fastest.

`regex`: the texts of a column in one case-insensitive alternation. `any`: `contains_any` for texts anywhere, the column in lower
case for the others. `lower`: everything on the column in lower case, one text at a time.
"""

import re
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Literal, TypeAlias

import polars as pl

from race.conditions import All, Neither, Some, Texts, Tree, UntranslatableError, pattern_of
from sigtrawl.plan import Predicate

Dialect: TypeAlias = Literal["regex", "any", "lower"]

_COMPARE = {"eq": "eq", "lt": "lt", "lte": "le", "gt": "gt", "gte": "ge"}


def kinds(schema: pl.Schema) -> dict[str, str]:
    """What each column of a table holds, as `conditions.condition` asks for it."""
    return {name: "text" if kind == pl.String else "number" if kind.is_integer() else "other" for name, kind in schema.items()}


def expression(tree: Tree, dialect: Dialect) -> pl.Expr:
    """Gives a condition as an expression that is true or false for every row.

    Raises:
        UntranslatableError: polars has no words for it.
    """
    if isinstance(tree, bool):
        return pl.repeat(tree, pl.len(), dtype=pl.Boolean)  # a literal would be one row
    if isinstance(tree, All):
        return pl.all_horizontal([expression(part, dialect) for part in tree.parts])
    if isinstance(tree, Some):
        return pl.any_horizontal([expression(part, dialect) for part in tree.parts])
    if isinstance(tree, Neither):
        return ~expression(tree.part, dialect)
    if isinstance(tree, Texts):
        return _either(_texts(tree, dialect)).fill_null(value=False)
    return _other(tree).fill_null(value=False)


def _either(parts: Iterable[pl.Expr]) -> pl.Expr:
    return reduce(or_, parts)


def _texts(texts: Texts, dialect: Dialect) -> Iterable[pl.Expr]:
    column = pl.col(texts.column).cast(pl.String)
    if dialect == "regex":
        yield column.str.contains("|".join(pattern_of(predicate, _escaped) for predicate in texts.predicates))
        return
    together = [str(p.value) for p in texts.predicates if p.op == "contains" and not p.cased and p.value]
    if dialect == "any" and together:
        yield column.str.contains_any(together, ascii_case_insensitive=True)
    lowered = column.str.to_lowercase()
    for predicate in texts.predicates:
        if dialect == "any" and predicate.op == "contains" and not predicate.cased and predicate.value:
            continue
        yield _single(predicate, column, lowered)


def _escaped(text: str) -> str:
    return re.sub(r"[\\.+*?()|\[\]{}^$#&\-~]", lambda found: f"\\{found[0]}", text)


def _single(predicate: Predicate, column: pl.Expr, lowered: pl.Expr) -> pl.Expr:
    if predicate.op in {"like", "regex"}:
        return column.str.contains(pattern_of(predicate, _escaped))
    text, value = (column, str(predicate.value)) if predicate.cased else (lowered, str(predicate.value).lower())
    if predicate.op == "equals":
        return text == value
    if predicate.op == "startswith":
        return text.str.starts_with(value)
    if predicate.op == "endswith":
        return text.str.ends_with(value)
    return text.str.contains(value, literal=True)


def _other(predicate: Predicate) -> pl.Expr:
    column = pl.col(str(predicate.field))
    if predicate.op == "null":
        return column.is_null()
    if predicate.op == "exists":
        return column.is_not_null()
    text = column.cast(pl.String)
    if predicate.op == "boolean":
        return text.str.to_lowercase() == str(predicate.value).lower()
    if predicate.op == "number" and predicate.cmp == "eq":
        return text == str(predicate.value)
    if predicate.op == "number" and predicate.cmp is not None:
        number = text.cast(pl.Float64, strict=False)
        compared: pl.Expr = getattr(number, _COMPARE[predicate.cmp])(float(str(predicate.value)))
        return compared
    if predicate.op == "fieldref":
        mine, theirs = text.str.to_lowercase(), pl.col(str(predicate.value)).cast(pl.String).str.to_lowercase()
        if predicate.how == "equals":
            return mine == theirs
        if predicate.how == "startswith":
            return mine.str.starts_with(theirs)
        if predicate.how == "endswith":
            return mine.str.ends_with(theirs)
        return mine.str.contains(theirs, literal=True)
    message = f"{predicate.op} on {predicate.field}"
    raise UntranslatableError(message)
