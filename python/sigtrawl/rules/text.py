r"""Rule text as tokens: literal runs, wildcards, placeholders.

Modifiers add wildcards, and 681 rules of the public corpus end a value in a backslash. Gluing ``*`` to such a text and parsing
it again would turn the wildcard into a literal star, so a text is parsed once, and from then on modifiers work on its tokens.
"""

import re
from enum import Enum
from typing import NamedTuple, TypeAlias

from sigtrawl.plan import Predicate


class Wild(Enum):
    """A wildcard: any run of characters, or exactly one."""

    STAR = "*"
    QUERY = "?"


class Placeholder(NamedTuple):
    """A ``%name%`` that no value was given for."""

    name: str


Part: TypeAlias = str | bytes | Wild | Placeholder
Parts: TypeAlias = tuple[Part, ...]

STAR = Wild.STAR
QUERY = Wild.QUERY

_SPECIAL = re.compile(r"\\[*?\\]|[*?]")
_WILD = re.compile(r"[*?]")
_PLACEHOLDER = re.compile(r"%([^%\\]+)%")
_LIKE_SPECIAL = re.compile(r"[*?\\]")


def is_special(text: str) -> bool:
    """Whether a text is more than itself: it holds a wildcard or an escape."""
    return _SPECIAL.search(text) is not None


def parse(text: str) -> Parts:
    r"""Parse rule text: ``*`` and ``?`` are wildcards, ``\*``, ``\?`` and ``\\`` the characters; any other ``\`` is itself."""
    if not _SPECIAL.search(text):
        return (text,) if text else ()
    return _split(text, _SPECIAL)


def parse_listed(text: str) -> Parts:
    """Parse the value of a placeholder: literal, except for ``*`` and ``?``. There is no escape in it."""
    return _split(text, _WILD)


def _split(text: str, special: re.Pattern[str]) -> Parts:
    parts: list[Part] = []
    literal, place = "", 0
    for match in special.finditer(text):
        literal += text[place : match.start()]
        place = match.end()
        found = match.group()
        if len(found) > 1:
            literal += found[1]
            continue
        if literal:
            parts.append(literal)
            literal = ""
        parts.append(Wild(found))
    if literal := literal + text[place:]:
        parts.append(literal)
    return tuple(parts)


def find_placeholders(parts: Parts) -> Parts:
    """Turn every ``%name%`` in the literal runs into a `Placeholder`; a name has no ``%`` and no backslash in it."""
    found: list[Part] = []
    for part in parts:
        if not isinstance(part, str) or "%" not in part:
            found.append(part)
            continue
        place = 0
        for match in _PLACEHOLDER.finditer(part):
            if before := part[place : match.start()]:
                found.append(before)
            found.append(Placeholder(match.group(1)))
            place = match.end()
        if rest := part[place:]:
            found.append(rest)
    return tuple(found)


def join(parts: Parts) -> Parts:
    """Merge neighbouring literals and neighbouring stars."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part is not STAR or last is not STAR:
            joined.append(part)
    return tuple(joined)


def literal(parts: Parts) -> str | None:
    """Give the text if it is wholly literal, without wildcard or placeholder."""
    if all(isinstance(part, str) for part in parts):
        return "".join(part for part in parts if isinstance(part, str))
    return None


def predicate(field: str | None, parts: Parts, *, cased: bool) -> Predicate:
    """Make the plainest predicate that means the tokens: one of the four text operations, or ``like``."""
    match join(parts):
        case ():
            return Predicate(field, "equals", "", cased=cased)
        case (str(value),):
            return Predicate(field, "equals", value, cased=cased)
        case (Wild.STAR,):
            # Any present value. Not `exists`: an empty list is there and holds no value.
            return Predicate(field, "contains", "")
        case (Wild.STAR, str(value)):
            return Predicate(field, "endswith", value, cased=cased)
        case (str(value), Wild.STAR):
            return Predicate(field, "startswith", value, cased=cased)
        case (Wild.STAR, str(value), Wild.STAR):
            return Predicate(field, "contains", value, cased=cased)
        case joined:
            return Predicate(field, "like", "".join(_like(part) for part in joined), cased=cased)


def _like(part: Part) -> str:
    if isinstance(part, Wild):
        return part.value
    if isinstance(part, str):
        return _LIKE_SPECIAL.sub(r"\\\g<0>", part)
    raise TypeError(f"{part!r} cannot be part of a pattern")
