r"""Sets of code points for the regex translation: what ``\w``, ``[[:alpha:]]`` or ``[^a-z]`` stand for.

Python's `re` means other things by ``\w`` and ``\s`` and has no set operations, so a class is worked out to the code
points it contains and written as plain ranges. Unicode properties come from the interpreter's own database; code points
assigned after its version are unknown here, and only here.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from typing import Final, TypeAlias

from sigtrawl.reference.folding import fold_classes

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Sorted, disjoint, not adjacent; both ends included."""

LAST: Final = 0x10FFFF

POSIX: Final[dict[str, Ranges]] = {
    "alnum": ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    "alpha": ((0x41, 0x5A), (0x61, 0x7A)),
    "ascii": ((0, 0x7F),),
    "blank": ((0x09, 0x09), (0x20, 0x20)),
    "cntrl": ((0, 0x1F), (0x7F, 0x7F)),
    "digit": ((0x30, 0x39),),
    "graph": ((0x21, 0x7E),),
    "lower": ((0x61, 0x7A),),
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": ((0x09, 0x0D), (0x20, 0x20)),
    "upper": ((0x41, 0x5A),),
    "word": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
}

WHITE_SPACE: Final[Ranges] = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0x85, 0x85),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)

_ALPHABETIC_SYMBOLS: Final = ((0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189))
"""Alphabetic, though their general category is a symbol's: letters in circles and squares."""

_JOINERS: Final = ((0x200C, 0x200D),)


def normalise(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Sort and join ranges."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)


def complement(ranges: Ranges) -> Ranges:
    """Everything else."""
    result = []
    start = 0
    for low, high in ranges:
        if start < low:
            result.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        result.append((start, LAST))
    return tuple(result)


def intersection(left: Ranges, right: Ranges) -> Ranges:
    """What is in both."""
    return complement(normalise([*complement(left), *complement(right)]))


def contains(ranges: Ranges, code: int) -> bool:
    """Say whether a code point is in a set."""
    place = bisect_right(ranges, (code, LAST)) - 1
    return place >= 0 and ranges[place][1] >= code


@cache
def closed_under_folding(ranges: Ranges) -> Ranges:
    """Add whatever folds to the same as a member."""
    classes = {members for char, members in fold_classes().items() if contains(ranges, ord(char))}
    return normalise([*ranges, *((ord(char), ord(char)) for members in classes for char in members)])


@cache
def _categories() -> dict[str, Ranges]:
    """Give the code points of each general category."""
    found: dict[str, list[tuple[int, int]]] = {}
    for code in range(LAST + 1):
        found.setdefault(unicodedata.category(chr(code)), []).append((code, code))
    return {category: normalise(ranges) for category, ranges in found.items()}


@cache
def general_category(name: str) -> Ranges | None:
    """Give a general category by its short name (``L``, ``Lu``), or None if there is none of that name."""
    parts = [ranges for category, ranges in _categories().items() if category == name or category[0] == name]
    return normalise(pair for ranges in parts for pair in ranges) if parts else None


@cache
def word_characters() -> Ranges:
    r"""Give what ``\w`` is: Alphabetic, marks, decimal digits, connectors and the joiners."""
    parts = [*_ALPHABETIC_SYMBOLS, *_JOINERS]
    for name in ("L", "M", "Nd", "Nl", "Pc"):
        parts.extend(general_category(name) or ())
    return normalise(parts)


@cache
def to_pattern(ranges: Ranges) -> str:
    """Write a set in the syntax of Python's `re`."""
    if not ranges:
        return "(?!)"
    if ranges == ((0, LAST),):
        return r"[\s\S]"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return re.escape(chr(ranges[0][0]))
    return f"[{''.join(f'{_escape(low)}-{_escape(high)}' for low, high in ranges)}]"


def _escape(code: int) -> str:
    return rf"\U{code:08x}"
