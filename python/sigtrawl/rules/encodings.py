r"""Modifiers that rewrite text: base64, UTF-16 and the dashes of Windows command lines.

base64offset finds a value inside a longer text that was encoded as a whole. Where the value begins in that text, counted modulo
three, decides which of three encodings it gets; at both ends the characters that also carry bits of its neighbours are cut off.
What is left occurs in the encoding of any text that contains the value, which the tests check as a property.
"""

import itertools
import re
from base64 import b64encode
from dataclasses import replace

from sigtrawl.rules.text import Parts, Placeholder, Wild
from sigtrawl.rules.values import ItemError, Text

# Characters to cut: at the start by the offset, at the end by how far the last group of three bytes is filled.
_CUT_START = (0, 2, 3)
_CUT_END = (None, -3, -2)
_BOM = b"\xff\xfe"

# Hyphen, slash, en dash, em dash, horizontal bar: Windows programs take any of them before an option.
_DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
_DASH = re.compile(r"\B[-/]\b")
# Each place multiplies the alternatives by five; more than 125 of them are no rule but a mistake.
_MAX_DASHES = 3


def base64_text(value: Text) -> list[Text]:
    """Encode the bytes of a text in base64, padding included."""
    if _waits(value):
        return [value]
    return [replace(value, parts=(b64encode(_bytes(value, "base64")).decode(),), bom=False)]


def base64_windows(value: Text) -> list[Text]:
    """Encode the bytes of a text as they appear in the base64 of any text around it: three alternatives."""
    if _waits(value):
        return [value]
    data = _bytes(value, "base64offset")
    windows = (
        b64encode(bytes(offset) + data)[_CUT_START[offset] : _CUT_END[(len(data) + offset) % 3]].decode() for offset in range(3)
    )
    return [replace(value, parts=(window,), bom=False) for window in windows]


def to_bytes(value: Text, modifier: str, encoding: str, *, bom: bool = False) -> list[Text]:
    """Encode the literal runs of a text; wildcards stay."""
    if value.bom or any(isinstance(part, bytes) for part in value.parts):
        raise ItemError("misplaced-modifier", f"the modifier {modifier!r} follows another encoding")
    parts = tuple(part.encode(encoding) if isinstance(part, str) else part for part in value.parts)
    return [replace(value, parts=parts, bom=bom)]


def dash_variants(value: Text) -> list[Text]:
    """Give a text with every dash before a word replaced by each of the five, independently."""
    pieces: list[tuple[Parts, ...]] = []
    places = 0
    for part in value.parts:
        if not isinstance(part, str):
            pieces.append(((part,),))
            continue
        end = 0
        for match in _DASH.finditer(part):
            pieces.append(((part[end : match.start()],),))
            pieces.append(tuple((dash,) for dash in _DASHES))
            places += 1
            end = match.end()
        pieces.append(((part[end:],),))
    if places > _MAX_DASHES:
        raise ItemError(
            "windash-limit",
            f"windash varies at most {_MAX_DASHES} dashes of one value, and here are {places}",
            "list the options as separate values under all",
        )
    if not places:
        return [value]
    variants = (tuple(itertools.chain.from_iterable(choice)) for choice in itertools.product(*pieces))
    return [replace(value, parts=tuple(part for part in variant if part != "")) for variant in variants]


def _waits(value: Text) -> bool:
    return any(isinstance(part, Placeholder) for part in value.parts)


def _bytes(value: Text, modifier: str) -> bytes:
    if any(isinstance(part, Wild) for part in value.parts):
        hint = f"contains, startswith and endswith stand after {modifier}" if value.anchored else "escape it as \\* or \\?"
        raise ItemError("base64-wildcard", f"a text with wildcards cannot be encoded by {modifier}", hint)
    data = b"".join(part if isinstance(part, bytes) else str(part).encode() for part in value.parts)
    return _BOM + data if value.bom else data
