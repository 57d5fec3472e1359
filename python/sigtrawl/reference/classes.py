r"""Reading escapes and bracketed classes, down to the code points they stand for.

Kept apart from the rest of the dialect because it is another language: ``[a-z&&[^aeiou]]`` is set algebra, and ``[[:word:]]``
and ``\pL`` are names of sets. The answers are ranges; nothing here knows of `re`.
"""

from typing import Final

from sigtrawl.reference.charsets import (
    LAST,
    POSIX,
    WHITE_SPACE,
    Ranges,
    closed_under_folding,
    complement,
    general_category,
    intersection,
    normalise,
    word_characters,
)
from sigtrawl.reference.cursor import Cursor

_CONTROLS: Final = {"a": 0x07, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}
_HEX_DIGITS: Final = {"x": 2, "u": 4, "U": 8}
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_LONG_CATEGORIES: Final = {
    "letter": "L",
    "lowercaseletter": "Ll",
    "mark": "M",
    "number": "N",
    "decimalnumber": "Nd",
    "other": "C",
    "punctuation": "P",
    "separator": "Z",
    "symbol": "S",
    "uppercaseletter": "Lu",
}


def read_escape(cursor: Cursor, *, ignore_case: bool) -> int | Ranges:
    """Read what follows a backslash: one code point, or a set. A set that is negated ignores case before it is."""
    char = cursor.take()
    if char in _CONTROLS:
        return _CONTROLS[char]
    if char in _HEX_DIGITS:
        return _hexadecimal(cursor, _HEX_DIGITS[char])
    sets = {"d": general_category("Nd") or (), "s": WHITE_SPACE, "w": word_characters()}
    if char.lower() in sets:
        return sets[char] if char in sets else complement(sets[char.lower()])
    if char in "pP":
        return _property(cursor, negated=char == "P", ignore_case=ignore_case)
    if char.isascii() and not char.isalnum():
        return ord(char)
    raise cursor.error(f"the escape \\{char} is unknown")


def _hexadecimal(cursor: Cursor, digits: int) -> int:
    written = cursor.until("}") if cursor.skip("{") else "".join(cursor.take() for _ in range(digits))
    if not written or not _HEX.issuperset(written) or int(written, 16) > LAST:
        raise cursor.error(f"{written!r} is no code point in hexadecimal")
    return int(written, 16)


def _property(cursor: Cursor, *, negated: bool, ignore_case: bool) -> Ranges:
    name = cursor.until("}") if cursor.skip("{") else cursor.take()
    if name.startswith("^"):
        name, negated = name[1:], not negated
    plain = name.lower().replace("_", "").replace(" ", "").replace("-", "")
    short = _LONG_CATEGORIES.get(plain, plain.capitalize())
    found = {"Any": ((0, LAST),), "Ascii": POSIX["ascii"], "Whitespace": WHITE_SPACE}.get(short)
    ranges = found or general_category(short)
    if ranges is None:
        raise cursor.error(f"the property {name!r} is none that the reference knows (it knows general categories)")
    ranges = closed_under_folding(ranges) if ignore_case else ranges
    return complement(ranges) if negated else ranges


def read_class(cursor: Cursor, *, ignore_case: bool, verbose: bool = False) -> Ranges:
    """Read a bracketed class; its opening bracket has been read."""
    negated = cursor.skip("^")
    left: Ranges | None = None
    operator = ""
    items: list[tuple[int, int]] = []
    first = True
    while first or not cursor.skip("]"):
        if first and cursor.skip("-"):
            # Any number of hyphens may open a class, and stand for themselves.
            items.append((0x2D, 0x2D))
            continue
        found = next((sign for sign in ("&&", "--", "~~") if cursor.skip(sign)), None)
        if found:
            left = _combine(left, operator, normalise(items))
            operator, items, first = found, [], False
            continue
        items.extend(_item(cursor, ignore_case=ignore_case, verbose=verbose))
        first = False
    ranges = _combine(left, operator, normalise(items))
    return complement(ranges) if negated else ranges


def _combine(left: Ranges | None, operator: str, right: Ranges) -> Ranges:
    if left is None:
        return right
    if operator == "&&":
        return intersection(left, right)
    only_left = intersection(left, complement(right))
    if operator == "--":
        return only_left
    return normalise([*only_left, *intersection(right, complement(left))])


def _item(cursor: Cursor, *, ignore_case: bool, verbose: bool) -> Ranges:
    """Read a nested class, a named one, a range or a single code point."""
    if cursor.sees("[:"):
        named = _posix(cursor, ignore_case=ignore_case)
        if named is not None:
            return named
    if cursor.skip("["):
        return read_class(cursor, ignore_case=ignore_case, verbose=verbose)
    if verbose and cursor.pattern[cursor.place : cursor.place + 1].isspace():
        cursor.take()
        return ()
    start = _member(cursor, ignore_case=ignore_case)
    ranges = ((start, start),) if isinstance(start, int) else start
    if cursor.sees("-") and not cursor.sees("-]") and not cursor.sees("--"):
        cursor.take()
        end = _member(cursor, ignore_case=ignore_case)
        if not (isinstance(start, int) and isinstance(end, int) and start <= end):
            raise cursor.error("a range goes from one code point to a later one")
        ranges = ((start, end),)
    return closed_under_folding(ranges) if ignore_case else ranges


def _member(cursor: Cursor, *, ignore_case: bool) -> int | Ranges:
    char = cursor.take()
    return read_escape(cursor, ignore_case=ignore_case) if char == "\\" else ord(char)


def _posix(cursor: Cursor, *, ignore_case: bool) -> Ranges | None:
    """Read ``[:name:]`` or ``[:^name:]``; anything else that opens like one is a nested class."""
    start = cursor.place
    end = cursor.pattern.find(":]", start)
    name = cursor.pattern[start + 2 : end] if end >= 0 else ""
    ranges = POSIX.get(name.removeprefix("^"))
    if ranges is None:
        return None
    cursor.place = end + 2
    ranges = closed_under_folding(ranges) if ignore_case else ranges
    return complement(ranges) if name.startswith("^") else ranges
