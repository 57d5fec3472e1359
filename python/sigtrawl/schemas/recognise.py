"""Which schema a table is, by its columns alone.

Values are not looked at: what a table is must be known before its first row is read, and must not depend on which row
comes first. Where no mapping fits, the answer is what each of them lacks, because that is what the user must act upon.
"""

from collections.abc import Container, Sequence
from typing import NamedTuple

from sigtrawl.schemas.model import Mapping

NAMED = 4
"""So many of the columns of which one would do are named in a message; whole families have dozens."""


class Nearest(NamedTuple):
    """A mapping that does not fit a table.

    Attributes:
        name: The mapping's name.
        missing: What the table lacks for it: column names, or ``one of A, B`` where one of several would do.
        excluding: Columns that a table of this schema does not have.
    """

    name: str
    missing: tuple[str, ...]
    excluding: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say why it does not fit."""
        reasons = [f"lacks {', '.join(self.missing)}"] if self.missing else []
        reasons += [f"is ruled out by {', '.join(self.excluding)}"] if self.excluding else []
        return f"{self.name} {' and '.join(reasons)}"


def recognise(mappings: Sequence[Mapping], columns: Container[str]) -> tuple[Mapping | None, str]:
    """Find the mapping that fits; of several the one of whose columns most are there, of equals the first by name.

    Args:
        mappings: The mappings to try.
        columns: What says of a column's path whether the table has it; names alone do where nothing is nested.

    Returns:
        The mapping and why it fits (``has the columns Channel, EventID``), or None and what the nearest ones lack.
    """
    fitting = [mapping for mapping in mappings if not any(_lacks(mapping, columns)[1:])]
    if fitting:
        best = min(fitting, key=lambda mapping: (-len(_present(mapping, columns)), mapping.name))
        return best, f"has the columns {', '.join(_present(best, columns))}"
    lacks = "; ".join(map(str, nearest(mappings, columns)))
    return None, lacks or "no schema mapping is known"


def nearest(mappings: Sequence[Mapping], columns: Container[str]) -> list[Nearest]:
    """List what each mapping lacks in a table; those of which most is there come first, of these those that lack least."""

    def distance(mapping: Mapping) -> tuple[int, int, str]:
        lacks = _lacks(mapping, columns)
        return -len(_present(mapping, columns)), len(lacks.missing) + len(lacks.excluding), mapping.name

    return [_lacks(mapping, columns) for mapping in sorted(mappings, key=distance)]


def _present(mapping: Mapping, columns: Container[str]) -> list[str]:
    return [name for name in (*mapping.recognise_all, *mapping.recognise_any) if name in columns]


def _lacks(mapping: Mapping, columns: Container[str]) -> Nearest:
    missing = [name for name in mapping.recognise_all if name not in columns]
    if mapping.recognise_any and not any(name in columns for name in mapping.recognise_any):
        missing.append(_one_of(mapping.recognise_any))
    return Nearest(mapping.name, tuple(missing), tuple(name for name in mapping.recognise_none if name in columns))


def _one_of(names: Sequence[str]) -> str:
    more = f" or {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"one of {', '.join(names[:NAMED])}{more}"
