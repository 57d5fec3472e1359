"""Texts that a regular expression finds: its syntax tree is walked, and each part writes the least that it takes.

The tree is the one that Python's `re` makes of the reference evaluator's translation, so that classes and flags are already
spelt out. What anchors, word boundaries and look-around demand is not worked out: a text is written, and the caller asks whether
the expression finds it. With every attempt other branches, counts and characters are drawn.
"""

import random
import re
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_LIKED = "aA0x_ -/\\.:=\"'1Z"
"""Drawn first where a class has many members: they print, and rules are made of them."""

_LONG = 12
"""Repeats beyond the least number."""


def sample(pattern: re.Pattern[str], rng: random.Random) -> str:
    """Write a text that the expression probably finds somewhere; `rng` decides among what it takes."""
    return "".join(_write(parser.parse(pattern.pattern, pattern.flags), rng, {}))


def anchors(pattern: re.Pattern[str]) -> tuple[bool, bool]:
    """Say whether the expression begins with an anchor of the text's start and ends with one of its end."""
    items = list(parser.parse(pattern.pattern, pattern.flags))
    return _is_anchor(items[:1], op.AT_BEGINNING, op.AT_BEGINNING_STRING), _is_anchor(items[-1:], op.AT_END, op.AT_END_STRING)


def _is_anchor(items: list[Any], *kinds: Any) -> bool:
    return bool(items) and items[0][0] is op.AT and items[0][1] in kinds


def _write(items: Any, rng: random.Random, groups: dict[int, str]) -> list[str]:
    return [_item(code, argument, rng, groups) for code, argument in items]


def _item(code: Any, argument: Any, rng: random.Random, groups: dict[int, str]) -> str:
    if code is op.LITERAL:
        return chr(argument)
    if code is op.NOT_LITERAL:
        return next(char for char in _shuffled(_LIKED, rng) if char != chr(argument))
    if code is op.ANY:
        return rng.choice(_LIKED)
    if code is op.IN:
        return _member(argument, rng)
    if code is op.BRANCH:
        return "".join(_write(rng.choice(argument[1]), rng, groups))
    if code is op.SUBPATTERN:
        number, _, _, inside = argument
        text = "".join(_write(inside, rng, groups))
        if number is not None:
            groups[number] = text
        return text
    if code in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
        least, most, inside = argument
        times = rng.randint(least, max(least, min(most, rng.choice((least, least + 1, least + 3, least + _LONG)))))
        return "".join(part for _ in range(times) for part in _write(inside, rng, groups))
    if code in {op.AT, op.ASSERT, op.ASSERT_NOT}:
        return ""
    if code is op.ATOMIC_GROUP:
        return "".join(_write(argument, rng, groups))
    message = f"the generator does not know the part {code} of a regular expression"
    raise ValueError(message)


def _member(members: list[Any], rng: random.Random) -> str:
    """Draw a character of a class."""
    ranges = [_range(code, argument) for code, argument in members if code is not op.NEGATE]
    negated = bool(members) and members[0][0] is op.NEGATE
    liked = [char for char in _LIKED if any(low <= ord(char) <= high for low, high in ranges) != negated]
    if liked and (negated or rng.random() < 0.7):
        return rng.choice(liked)
    if negated:  # all that is liked is excluded
        return next(chr(code) for code in range(0x21, 0x110000) if not any(low <= code <= high for low, high in ranges))
    low, high = rng.choice(ranges)
    return chr(rng.randint(low, min(high, low + 30)))


def _range(code: Any, argument: Any) -> tuple[int, int]:
    if code is op.LITERAL:
        return argument, argument
    if code is op.RANGE:
        low, high = argument
        return low, high
    message = f"the generator does not know the part {code} of a class"
    raise ValueError(message)


def _shuffled(text: str, rng: random.Random) -> list[str]:
    return rng.sample(text, len(text))
