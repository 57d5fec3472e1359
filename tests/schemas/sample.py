"""What a sample of a schema is: a table as its source writes it, how it is recognised, and what public rules find in it.

A shape is written as Python sees an event: a dict is a struct, a list of one shape a list, anything else an Arrow type. Events
name only the members that they fill; the others are null, as they are in a table with the columns of many kinds of event.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

TEXT = pa.string()
NUMBER = pa.int64()
FLOAT = pa.float64()
TRUTH = pa.bool_()
MICROSECONDS = pa.timestamp("us", "UTC")


def texts(names: str) -> dict[str, Any]:
    """Give text columns for the names, which blanks separate."""
    return dict.fromkeys(names.split(), TEXT)


def numbers(names: str) -> dict[str, Any]:
    """Give integer columns for the names, which blanks separate."""
    return dict.fromkeys(names.split(), NUMBER)


def paths(shape: Any, above: str = "") -> set[str]:
    """Give the dotted name of every column, and of every member inside of one."""
    if isinstance(shape, list):
        return paths(shape[0], above)
    members = shape.items() if isinstance(shape, dict) else ()
    inside = [paths(member, f"{above}.{name}" if above else name) for name, member in members]
    return {above}.union(*inside) - {""}


def to_arrow(shape: Any) -> pa.DataType:
    """Give the Arrow type of a shape."""
    if isinstance(shape, dict):
        return pa.struct([(name, to_arrow(member)) for name, member in shape.items()])
    return pa.list_(to_arrow(shape[0])) if isinstance(shape, list) else shape


@dataclass(frozen=True)
class Sample:
    """A table of one source.

    Attributes:
        name: What the test is called.
        mapping: The schema mapping that must be chosen.
        reason: The columns by which it must be chosen.
        shape: The table's columns.
        events: Its rows.
        matches: Rule id → the rows that the rule must match, and no others.
    """

    name: str
    mapping: str
    reason: str
    shape: dict[str, Any]
    events: tuple[dict[str, Any], ...]
    matches: dict[str, tuple[int, ...]]

    def table(self, events: Sequence[dict[str, Any]] | None = None) -> pa.Table:
        """Give the events, or others of their shape, as an Arrow table."""
        schema = pa.schema([(name, to_arrow(kind)) for name, kind in self.shape.items()])
        return pa.Table.from_pylist(list(self.events if events is None else events), schema=schema)
