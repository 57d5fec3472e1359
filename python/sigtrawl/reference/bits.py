"""Sets of rows as Python integers, bit by row.

Conditions are boolean, and integers have `&`, `|` and `&~` at machine speed: a rule costs a few operations however many
rows there are. Polars masks were rejected because their logic has three values.
"""

from collections.abc import Iterable


def from_rows(rows: Iterable[int], height: int) -> int:
    """Make a set out of row numbers below a height."""
    buffer = bytearray((height + 7) // 8)
    for row in rows:
        buffer[row >> 3] |= 1 << (row & 7)
    return int.from_bytes(buffer, "little")


def all_rows(height: int) -> int:
    """Make the set of all rows."""
    return (1 << height) - 1


def to_rows(bits: int) -> list[int]:
    """List the rows of a set, in order."""
    rows: list[int] = []
    for place, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        if byte:
            rows.extend((place << 3) | bit for bit in range(8) if byte >> bit & 1)
    return rows
