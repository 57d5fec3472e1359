"""The text form of every value that a column can hold.

Rules are about text, so each type has one way of being written, and all predicates but the numeric ones on times are
functions of that text alone. polars hands out Python objects, with one exception made here: times come as the integers
that they are stored as, because a `datetime` has no nanoseconds.
"""

import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, Final, TypeAlias

import polars as pl

from sigtrawl.reference.folding import fold
from sigtrawl.reference.paths import Chosen, Steps, inner_type, members, value_type


class Odd(Enum):
    """What stands for a value that is no text."""

    NULL = "null"
    LIST = "a list itself, beside its elements"
    UNREADABLE = "a value that has no text form"


Text: TypeAlias = str | Odd

_PER_SECOND: Final = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT_TYPES: Final = (pl.String, pl.Categorical, pl.Enum)
_KEYWORD_TYPES: Final = (*_TEXT_TYPES, pl.Binary)
_F32_DIGITS: Final = 9
"""So many digits tell any two 32-bit floats apart."""


def stored(series: pl.Series) -> pl.Series:
    """Turn times, at any depth, into the integers that they are stored as."""
    dtype = _stored_type(series.dtype)
    return series if dtype == series.dtype else series.cast(dtype)


def texts(value: Any, dtype: pl.DataType, steps: Steps, *, spread: bool = False) -> Iterator[Text]:
    """Give the texts that a stored value has at the end of a path; several where a list is on the way, or none.

    A list at the end of the path is there even if it is empty, and says so by a `LIST` of its own. What lies below
    another list (``spread``) is there if some of it is.
    """
    if value is None:
        yield Odd.NULL
        return
    if steps and isinstance(dtype, pl.Map):
        found = [inside for key, inside in value.items() if str(key) == steps[0]]
        for inside in found or [None]:
            yield from texts(inside, value_type(dtype), steps[1:], spread=True)
        return
    inner = inner_type(dtype)
    if inner is not None:
        if not steps and not spread:
            yield Odd.LIST
        for element in value:
            yield from texts(element, inner, steps, spread=True)
    elif isinstance(dtype, pl.Struct):
        yield from _struct_texts(value, dtype, steps, spread=spread)
    else:
        yield formatter(dtype)(value)


def _struct_texts(value: dict[str, Any], dtype: pl.Struct, steps: Steps, *, spread: bool) -> Iterator[Text]:
    if not steps:
        yield Odd.UNREADABLE
        return
    step, rest = steps[0], steps[1:]
    if not isinstance(step, Chosen):
        yield from texts(value[step], members(dtype)[step], rest, spread=spread)
    elif any(isinstance(text, str) and fold(text) in step.texts for text in texts(value, dtype, step.member, spread=True)):
        yield from texts(value, dtype, rest, spread=spread)
    else:
        yield Odd.NULL


def keyword_texts(value: Any, dtype: pl.DataType) -> Iterator[str]:
    """Give all texts and numbers in a stored value, at any depth; names of members and keys of maps are neither."""
    if value is None:
        return
    inner = inner_type(dtype)
    if isinstance(dtype, pl.Map):
        for inside in value.values():
            yield from keyword_texts(inside, value_type(dtype))
    elif inner is not None:
        for element in value:
            yield from keyword_texts(element, inner)
    elif isinstance(dtype, pl.Struct):
        for name, member in members(dtype).items():
            yield from keyword_texts(value[name], member)
    elif isinstance(dtype, _KEYWORD_TYPES) or dtype.is_numeric():
        text = formatter(dtype)(value)
        if isinstance(text, str):
            yield text


def formatter(dtype: pl.DataType) -> Callable[[Any], Text]:
    """Give the function that writes values of a scalar type."""
    if isinstance(dtype, pl.Boolean):
        return lambda value: "true" if value else "false"
    if isinstance(dtype, pl.Float32):
        return _write_f32
    if dtype.is_float():
        return _write_float
    if isinstance(dtype, pl.Decimal):
        return _write_decimal
    if isinstance(dtype, pl.Datetime):
        return partial(_write_timestamp, per_second=_PER_SECOND[dtype.time_unit], zone="Z" if dtype.time_zone else "")
    if isinstance(dtype, pl.Date):
        return _write_date
    if isinstance(dtype, pl.Binary):
        return _write_binary
    if dtype.is_integer() or isinstance(dtype, _TEXT_TYPES):
        return str
    return lambda _: Odd.UNREADABLE


def _write_decimal(value: Decimal) -> str:
    """Write without exponent, to the column's scale."""
    written = f"{value:f}"
    return written.removeprefix("-") if value.is_zero() else written


def _write_float(value: float) -> str:
    special = {"nan": "NaN", "inf": "inf", "-inf": "-inf"}.get(str(value))
    return special or _write_decimal(Decimal(repr(value))).removesuffix(".0")


def _write_f32(value: float) -> str:
    """Write the shortest decimal that is this value among 32-bit floats."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN alone differs from itself
        return _write_float(value)
    for digits in range(1, _F32_DIGITS):
        short = float(f"{value:.{digits}g}")
        try:
            if struct.unpack("f", struct.pack("f", short))[0] == value:
                return _write_float(short)
        except OverflowError:
            continue
    return _write_float(float(f"{value:.{_F32_DIGITS}g}"))


def _write_timestamp(value: int, *, per_second: int, zone: str) -> Text:
    seconds, rest = divmod(value, per_second)
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return Odd.UNREADABLE
    fraction = f".{rest:0{len(str(per_second)) - 1}d}".rstrip("0") if rest else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + fraction + zone


def _write_date(value: int) -> Text:
    try:
        return f"{_EPOCH + timedelta(days=value):%Y-%m-%d}".rjust(10, "0")
    except OverflowError:
        return Odd.UNREADABLE


def _write_binary(value: bytes) -> Text:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return Odd.UNREADABLE


def _stored_type(dtype: pl.DataType) -> pl.DataType:
    if isinstance(dtype, pl.Datetime):
        return pl.Int64()
    if isinstance(dtype, pl.Date):
        return pl.Int32()
    if isinstance(dtype, pl.Struct):
        return pl.Struct({name: _stored_type(member) for name, member in members(dtype).items()})
    if isinstance(dtype, pl.Map):
        return pl.Map(dtype.key, _stored_type(value_type(dtype)))
    inner = inner_type(dtype)
    if inner is None:
        return dtype
    if isinstance(dtype, pl.Array):
        return pl.Array(_stored_type(inner), dtype.size)
    return pl.List(_stored_type(inner))
