"""What a predicate says of one text, for all ops that no literal search answers.

Each op compiles to a function of a text. A function is called once per distinct text of a column, so none of them is made
fast at the price of being less plain.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sigtrawl.reference.dialect import translate
from sigtrawl.reference.folding import fold
from sigtrawl.reference.literals import TEXT_OPS
from sigtrawl.reference.numbers import holds, read_number
from sigtrawl.reference.times import read_time, time_part
from sigtrawl.reference.wildcards import wildcard_matcher

Predicate: TypeAlias = Mapping[str, Any]
Matcher: TypeAlias = Callable[[str], bool]


def matcher(predicate: Predicate) -> Matcher:
    """Compile a predicate on present values (not ``null``, ``exists`` or ``fieldref``).

    Raises:
        RegexNotTranslatableError: A regular expression that `re` cannot run.
        ValueError: The op is unknown.
    """
    op, value = predicate["op"], predicate["value"]
    match op:
        case "like":
            return _like(value, cased=bool(predicate.get("cased")))
        case "regex":
            return _regex(translate(value, predicate.get("flags") or ""))
        case "cidr":
            return _cidr(value)
        case "number":
            return (_hexadecimal if predicate.get("hex") else _number)(predicate["cmp"], value)
        case "boolean":
            wanted = "true" if value else "false"
            return lambda text: fold(text) == wanted
        case "timepart":
            return _timepart(predicate["part"], predicate["cmp"], int(value))
    if op in TEXT_OPS:
        return _literal(op, value, cased=bool(predicate.get("cased")))
    message = f"{op!r} is no op of a predicate"
    raise ValueError(message)


def keyword_number(value: str) -> Matcher:
    """Compile a number as a keyword: its digits stand there, and no digit beside them."""
    pattern = re.compile(f"(?<![0-9]){re.escape(value)}(?![0-9])")
    return lambda text: pattern.search(text) is not None


def relation(how: str, *, cased: bool) -> Callable[[str, str], bool]:
    """Give the relation of a ``fieldref``: a function of this field's text and the other's."""
    compare = _COMPARE[how]
    return compare if cased else lambda text, other: compare(fold(text), fold(other))


_HEXADECIMAL = re.compile(r"0[xX]0*([0-9A-Fa-f]{1,16})")


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda text, part: text == part,
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}


def _literal(op: str, value: str, *, cased: bool) -> Matcher:
    compare = _COMPARE[op]
    if cased:
        return lambda text: compare(text, value)
    folded = fold(value)
    return lambda text: compare(fold(text), folded)


def _like(pattern: str, *, cased: bool) -> Matcher:
    if cased:
        return wildcard_matcher(pattern)
    matches = wildcard_matcher(fold(pattern))
    return lambda text: matches(fold(text))


def _regex(pattern: re.Pattern[str]) -> Matcher:
    return lambda text: pattern.search(text) is not None


def _cidr(value: str) -> Matcher:
    network = ipaddress.ip_network(value, strict=True)

    def matches(text: str) -> bool:
        if "%" in text:  # an address with a zone is one on this machine only
            return False
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return address.version == network.version and address in network

    return matches


def _number(comparison: str, value: str) -> Matcher:
    if comparison == "eq":
        return lambda text: text == value
    wanted = read_number(value)
    if wanted is None:
        message = f"{value!r} is no number"
        raise ValueError(message)

    def matches(text: str) -> bool:
        number = read_number(text)
        return number is not None and holds(comparison, number.compare(wanted))

    return matches


def _hexadecimal(comparison: str, value: str) -> Matcher:
    """Compare a whole number of up to 64 bits that is written as ``0x…``: how some columns are read, and no op of a Plan."""
    compare = _number(comparison, value)

    def matches(text: str) -> bool:
        written = _HEXADECIMAL.fullmatch(text)
        return written is not None and compare(str(int(written[1], 16)))

    return matches


def _timepart(part: str, comparison: str, value: int) -> Matcher:
    def matches(text: str) -> bool:
        time = read_time(text)
        if time is None:
            return False
        found = time_part(time, part)
        return holds(comparison, (found > value) - (found < value))

    return matches
