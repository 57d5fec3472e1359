"""The largest table that a mapping speaks of: every column that it names anywhere, in one table without rows."""

from collections.abc import Iterator

import polars as pl

from sigtrawl.archive.nesting import nest
from sigtrawl.schemas import Answer, Mapping
from sigtrawl.schemas.paths import parse_path


def everything(mapping: Mapping, *, nested: bool) -> pl.DataFrame:
    """Give the table; a choice among the elements of a list makes a list of structs of its column.

    Args:
        mapping: The mapping.
        nested: Whether dots lead into structs, or are part of flat columns' names.
    """
    types: dict[str, pl.DataType] = {}
    for name in named(mapping):
        first, *rest = parse_path(name)
        if first.choice is None:
            types.setdefault(name, pl.String())
        else:
            (last,) = rest
            types[first.name] = pl.List(pl.Struct({first.choice.member: pl.String(), last.name: pl.String()}))
    # A place that is a text in some sources and a struct in others is a struct here.
    whole = {name: dtype for name, dtype in types.items() if not any(other.startswith(f"{name}.") for other in types)}
    flat = pl.DataFrame(schema=whole)
    return nest(flat) if nested else flat


def named(mapping: Mapping) -> Iterator[str]:
    """List every column that a mapping names."""
    yield from mapping.recognise_all
    yield from mapping.recognise_any
    yield from (column.column for column in mapping.time)
    for answers in (mapping.fields, *mapping.views.values()):
        for answer in answers.values():
            yield from _columns(answer)
    for route in mapping.routes:
        yield from route.when
        yield from route.needs


def _columns(answer: Answer) -> Iterator[str]:
    yield from answer.columns
    yield from answer.join
    yield from answer.hashes.values()
