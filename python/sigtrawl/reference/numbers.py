"""Comparing numbers that are written as text, exactly.

Floating point would make 9007199254740993 equal to ...992, and `decimal` has a largest exponent where event text has none.
A number is therefore kept as it is written: its significant digits, and where the decimal point stands.
"""

import re
from dataclasses import dataclass
from typing import Final

_NUMBER: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?")

_LONGEST_EXPONENT: Final = 1000
"""An exponent of more digits counts as this many nines: nothing a rule can state lies beyond."""


@dataclass(frozen=True, slots=True)
class Number:
    """The value sign x 0.digits x 10^point; zero has no digits."""

    sign: int
    point: int
    digits: str

    def compare(self, other: "Number") -> int:
        """Give -1, 0 or 1: this number is less than, equal to or greater than the other."""
        if self.sign != other.sign:
            return -1 if self.sign < other.sign else 1
        mine, theirs = (self.point, self.digits), (other.point, other.digits)
        return self.sign * ((mine > theirs) - (mine < theirs))


def read_number(text: str) -> Number | None:
    """Read a text that is a number as a whole, or give None."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    minus, whole, fraction, exponent_sign, exponent = (part or "" for part in match.groups())
    written = whole + fraction
    leading = len(written) - len(written.lstrip("0"))
    digits = written.strip("0")
    if not digits:
        return Number(sign=0, point=0, digits="")
    exponent = exponent.lstrip("0")
    size = int("9" * _LONGEST_EXPONENT if len(exponent) > _LONGEST_EXPONENT else exponent or "0")
    point = len(whole) - leading + (-size if exponent_sign == "-" else size)
    return Number(sign=-1 if minus else 1, point=point, digits=digits)


def canonical(text: str) -> str:
    """Take from plain decimal text the trailing zeros of its fraction."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def holds(comparison: str, order: int) -> bool:
    """Say whether an order (-1, 0, 1) satisfies one of ``eq lt lte gt gte``."""
    match comparison:
        case "eq":
            return order == 0
        case "lt":
            return order < 0
        case "lte":
            return order <= 0
        case "gt":
            return order > 0
        case "gte":
            return order >= 0
    message = f"{comparison!r} is no comparison"
    raise ValueError(message)
