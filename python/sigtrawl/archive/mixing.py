"""Numbers and texts drawn from row numbers.

Every value of an archive is a function of (seed, row), so that any part of it can be made alone, in any order, and comes out the
same under every version of polars. polars' own `hash` promises that for one version only, and a random generator would have to
be run from the start; hence the finaliser of SplitMix64 (Steele, Lea and Flood, 2014) in plain integer arithmetic.
"""

from __future__ import annotations

from functools import cache

import polars as pl

_GAMMA = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_MASK = (1 << 64) - 1

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def mix_int(number: int) -> int:
    """Scatters one integer over 64 bits, as `mix` does a column."""
    number = (number * _GAMMA) & _MASK
    number = ((number ^ (number >> 30)) * _FIRST) & _MASK
    number = ((number ^ (number >> 27)) * _SECOND) & _MASK
    return number ^ (number >> 31)


def mix(column: pl.Expr) -> pl.Expr:
    """Scatters the integers of a UInt64 column over 64 bits; distinct ones stay distinct."""
    column = column * _u64(_GAMMA)
    column = (column ^ shift(column, 30)) * _u64(_FIRST)
    column = (column ^ shift(column, 27)) * _u64(_SECOND)
    return column ^ shift(column, 31)


def shift(column: pl.Expr, bits: int) -> pl.Expr:
    """Moves the bits of a UInt64 column to the right (polars has no operator for it)."""
    return column // _u64(1 << bits)


def draw(column: pl.Expr, start: int, below: int) -> pl.Expr:
    """Reads a number below `below` from the bits of a scattered column, from bit `start` upwards."""
    return shift(column, start) % _u64(below)


def look_up(table: pl.Series, index: pl.Expr) -> pl.Expr:
    """The entries of a table at the given places."""
    return pl.lit(table).gather(index)


def hex_digits(column: pl.Expr, start: int, groups: int) -> list[pl.Expr]:
    """Groups of four hexadecimal digits from the bits of a scattered column, from bit `start` upwards."""
    return [look_up(_hex4(), draw(column, start + 16 * group, 1 << 16)) for group in range(groups)]


def base64_digits(column: pl.Expr) -> list[pl.Expr]:
    """Nine base64 digits, in three groups, from the bits of a scattered column."""
    return [look_up(_base64_3(), draw(column, 18 * group, 1 << 18)) for group in range(3)]


def guid(high: pl.Expr, low: pl.Expr) -> list[pl.Expr]:
    """The pieces of a GUID, without braces, from two scattered columns."""
    dash = pl.lit("-")
    a, b = hex_digits(high, 0, 4), hex_digits(low, 0, 4)
    return [a[0], a[1], dash, a[2], dash, a[3], dash, b[0], dash, b[1], b[2], b[3]]


@cache
def _hex4() -> pl.Series:
    """Four hexadecimal digits for each 16-bit number."""
    return pl.Series("hex4", [f"{n:04x}" for n in range(1 << 16)])


@cache
def _base64_3() -> pl.Series:
    """Three base64 digits for each 18-bit number."""
    return pl.Series("base64_3", [a + b + c for a in _BASE64 for b in _BASE64 for c in _BASE64])


def _u64(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.UInt64)
