"""Which schema a table is, by its column names alone.

Values are not looked at: what a table is must be known before its first row is read, and must not depend on which row
comes first. Where no mapping fits, the answer is what each of them lacks, because that is what the user must act upon.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sigtrawl.schemas.model import Mapping


class Nearest(NamedTuple):
    """A mapping that does not fit a table.

    Attributes:
        name: The mapping's name.
        missing: What the table lacks for it: column names, or ``A or B`` where one of several would do.
    """

    name: str
    missing: tuple[str, ...]


def recognise(mappings: Sequence[Mapping], column_names: Iterable[str]) -> tuple[Mapping | None, str]:
    """Find the mapping that fits; of several the one that demands most, of equals the first.

    Args:
        mappings: The mappings to try.
        column_names: The table's top-level columns.

    Returns:
        The mapping and why it fits (``has Channel, EventID``), or None and what the nearest ones lack.
    """
    columns = frozenset(column_names)
    fitting = [mapping for mapping in mappings if not _missing(mapping, columns)]
    if fitting:
        best = max(fitting, key=_demands)
        present = [*best.recognise_all, *(name for name in best.recognise_any if name in columns)]
        return best, f"has {', '.join(present)}"
    lacks = "; ".join(f"{name} lacks {', '.join(missing)}" for name, missing in nearest(mappings, columns))
    return None, lacks or "no schema mapping is known"


def nearest(mappings: Sequence[Mapping], column_names: Iterable[str]) -> list[Nearest]:
    """List what each mapping lacks in a table, the nearest (fewest missing) first."""
    columns = frozenset(column_names)
    return sorted((Nearest(mapping.name, _missing(mapping, columns)) for mapping in mappings), key=_distance)


def _demands(mapping: Mapping) -> int:
    return len(mapping.recognise_all)


def _distance(candidate: Nearest) -> int:
    return len(candidate.missing)


def _missing(mapping: Mapping, columns: frozenset[str]) -> tuple[str, ...]:
    missing = [name for name in mapping.recognise_all if name not in columns]
    if mapping.recognise_any and not columns.intersection(mapping.recognise_any):
        missing.append(" or ".join(mapping.recognise_any))
    return tuple(missing)
