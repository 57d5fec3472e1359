"""Rules in SQL: DuckDB with ILIKE, DuckDB on columns in lower case, and ClickHouse (chDB)."""

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from race.conditions import All, Neither, Some, Texts, Tree, UntranslatableError, pattern_of
from sigtrawl.plan import Predicate

Dialect: TypeAlias = Literal["ilike", "lower", "clickhouse"]

_NEEDLES = 250
"""ClickHouse takes at most 255 texts in one search."""


def where(tree: Tree, dialect: Dialect) -> str:
    """Gives a condition as SQL that is true or false for every row.

    Raises:
        UntranslatableError: The dialect has no words for it.
    """
    if isinstance(tree, bool):
        return "true" if tree else "false"
    if isinstance(tree, All):
        return f"({' AND '.join(where(part, dialect) for part in tree.parts)})"
    if isinstance(tree, Some):
        return f"({' OR '.join(where(part, dialect) for part in tree.parts)})"
    if isinstance(tree, Neither):
        return f"(NOT {where(tree.part, dialect)})"
    if isinstance(tree, Texts):
        return f"coalesce({' OR '.join(_texts(tree, dialect))}, false)"
    return f"coalesce({_other(tree, dialect)}, false)"


def quoted(text: str, dialect: Dialect) -> str:
    """Gives a text as a literal of SQL."""
    if dialect == "clickhouse":
        text = text.replace("\\", "\\\\")
    return "'" + text.replace("'", "''") + "'"


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text_of(name: str, dialect: Dialect) -> str:
    return f"toString({_column(name)})" if dialect == "clickhouse" else f"{_column(name)}::VARCHAR"


def _texts(texts: Texts, dialect: Dialect) -> Iterator[str]:
    column = _text_of(texts.column, dialect)
    together = [str(p.value) for p in texts.predicates if p.op == "contains" and not p.cased and p.value]
    if dialect == "clickhouse":
        for start in range(0, len(together), _NEEDLES):
            needles = ", ".join(quoted(text, dialect) for text in together[start : start + _NEEDLES])
            yield f"multiSearchAnyCaseInsensitive({column}, [{needles}])"
    for predicate in texts.predicates:
        if dialect == "clickhouse" and predicate.op == "contains" and not predicate.cased and predicate.value:
            continue
        yield _single(predicate, column, dialect)


def _single(predicate: Predicate, column: str, dialect: Dialect) -> str:
    if predicate.op in {"like", "regex"}:
        pattern = quoted(pattern_of(predicate, _escaped), dialect)
        return f"match({column}, {pattern})" if dialect == "clickhouse" else f"regexp_matches({column}, {pattern})"
    value = str(predicate.value)
    if dialect == "ilike":
        return _like(predicate, column, value)
    text = column if predicate.cased else f"lower({column})"
    literal = quoted(value if predicate.cased else value.lower(), dialect)
    if predicate.op == "equals":
        return f"{text} = {literal}"
    if dialect == "clickhouse":
        names = {"startswith": "startsWith", "endswith": "endsWith"}
        if predicate.op in names:
            return f"{names[predicate.op]}({text}, {literal})"
        return f"position({text}, {literal}) > 0"
    names = {"startswith": "starts_with", "endswith": "ends_with", "contains": "contains"}
    return f"{names[predicate.op]}({text}, {literal})"


def _like(predicate: Predicate, column: str, value: str) -> str:
    """A chain of ILIKE; an escape is only named where the text needs one, for it costs DuckDB its quick ways."""
    word = "LIKE" if predicate.cased else "ILIKE"
    special = re.search(r"[%_]", value) is not None
    text = re.sub(r"[%_!]", lambda found: f"!{found[0]}", value) if special else value
    front = "%" if predicate.op in {"contains", "endswith"} else ""
    back = "%" if predicate.op in {"contains", "startswith"} else ""
    return f"{column} {word} {quoted(front + text + back, 'ilike')}" + (" ESCAPE '!'" if special else "")


def _escaped(text: str) -> str:
    return re.sub(r"[\\.+*?()|\[\]{}^$]", lambda found: f"\\{found[0]}", text)


def _other(predicate: Predicate, dialect: Dialect) -> str:
    name = _column(str(predicate.field))
    if predicate.op == "null":
        return f"{name} IS NULL"
    if predicate.op == "exists":
        return f"{name} IS NOT NULL"
    text = _text_of(str(predicate.field), dialect)
    if predicate.op == "boolean":
        return f"lower({text}) = '{str(predicate.value).lower()}'"
    if predicate.op == "number" and predicate.cmp == "eq":
        return f"{text} = {quoted(str(predicate.value), dialect)}"
    if predicate.op == "number" and predicate.cmp is not None:
        sign = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}[predicate.cmp]
        number = f"toFloat64OrNull({text})" if dialect == "clickhouse" else f"TRY_CAST({text} AS DOUBLE)"
        return f"{number} {sign} {predicate.value}"
    if predicate.op == "fieldref" and predicate.how is not None:
        return _compared(text, _text_of(str(predicate.value), dialect), predicate.how, dialect)
    message = f"{predicate.op} on {predicate.field}"
    raise UntranslatableError(message)


def _compared(mine: str, theirs: str, how: str, dialect: Dialect) -> str:
    mine, theirs = f"lower({mine})", f"lower({theirs})"
    if how == "equals":
        return f"{mine} = {theirs}"
    if dialect == "clickhouse":
        names = {"startswith": "startsWith", "endswith": "endsWith", "contains": "position"}
        return f"{names[how]}({mine}, {theirs}) > 0"
    names = {"startswith": "starts_with", "endswith": "ends_with", "contains": "contains"}
    return f"{names[how]}({mine}, {theirs})"
