"""Where in a column a keyword stands: keywords look into every struct, list and map, and people ask for the member."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from sigtrawl.reference.paths import Path, inner_type, members, value_type
from sigtrawl.reference.predicates import Matcher, Predicate, keyword_number, matcher
from sigtrawl.reference.texts import keyword_texts, stored


def found_at(series: pl.Series, predicate: Predicate) -> dict[Path, tuple[str, ...]]:
    """Give the places in a column that satisfy a keyword, each with the values there that do."""
    satisfies: Matcher = keyword_number(predicate["value"]) if predicate["op"] == "number" else matcher(predicate)
    found: dict[Path, dict[str, None]] = {}
    for value in stored(series.drop_nulls()).to_list():
        for steps, text in _texts(value, series.dtype):
            if satisfies(text):
                found.setdefault(Path(series.name, steps), {})[text] = None
    return {path: tuple(values) for path, values in found.items()}


def _texts(value: Any, dtype: pl.DataType) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give each text that keywords are looked for in, with the steps to it; lists are walked through."""
    if value is None:
        return
    inner = inner_type(dtype)
    if isinstance(dtype, pl.Map):
        for key, inside in value.items():
            yield from _below(str(key), inside, value_type(dtype))
    elif inner is not None:
        for element in value:
            yield from _texts(element, inner)
    elif isinstance(dtype, pl.Struct):
        for name, member in members(dtype).items():
            yield from _below(name, value[name], member)
    else:
        yield from (((), text) for text in keyword_texts(value, dtype))


def _below(step: str, value: Any, dtype: pl.DataType) -> Iterator[tuple[tuple[str, ...], str]]:
    yield from (((step, *steps), text) for steps, text in _texts(value, dtype))
