"""Which columns a table would be asked for, said before there is a table.

A query engine wants to know what to read while the plan is made. The names given here are more than a binding will use, and never
fewer: most tables have few of them, and to ask for a column that is not there costs nothing.

Answers and routes are read off the plain form of the mappings: every text in them that could be a column is one.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sigtrawl.schemas.model import Mapping as Schema


def may_answer(fields: Iterable[str], mappings: Iterable[Schema]) -> tuple[str, ...]:
    """Name every column that may answer some Sigma fields, and every one that may tell the log source of a row."""
    wanted = set(fields)
    found: dict[str, None] = {}
    for name in sorted(wanted):
        found.update(dict.fromkeys(_tops(name)))
    if wanted:
        for mapping in mappings:
            plain = mapping.to_dict()
            for answers in (plain.get("fields") or {}, *(plain.get("views") or {}).values()):
                for field in sorted(wanted & set(answers)):
                    for text in _texts(answers[field]):
                        found.update(dict.fromkeys(_tops(text)))
            for route in plain.get("routes") or ():
                for name in (*(route.get("when") or {}), *(route.get("needs") or ())):
                    found.update(dict.fromkeys(_tops(name)))
    return tuple(found)


def may_recognise(mappings: Iterable[Schema]) -> tuple[str, ...]:
    """Name every column by which some mapping is chosen, or not chosen, for a table."""
    found: dict[str, None] = {}
    for mapping in mappings:
        for path in (*mapping.recognise_all, *mapping.recognise_any, *mapping.recognise_none):
            found.update(dict.fromkeys(_tops(path)))
    return tuple(found)


def _texts(raw: Any) -> Iterator[str]:
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, Mapping):
        for key, value in raw.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(raw, list | tuple):
        for value in raw:
            yield from _texts(value)


def _tops(path: str) -> Iterator[str]:
    """Give the names that the column may have at the beginning of a path, which may hold dots itself."""
    yield path
    for place, character in enumerate(path):
        if character in ".[" and place:
            yield path[:place]
