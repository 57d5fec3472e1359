"""Matching the wildcard patterns of `like`: the whole value, ``*`` any run, ``?`` one code point, newlines included.

A pattern is cut at its stars. The first piece stands at the start, the last at the end, and each in between is taken at
its leftmost place after the one before: if any placing works, the leftmost does, so nothing is ever tried twice. One big
regular expression was rejected because it backtracks.
"""

import re
from collections.abc import Callable
from typing import Final

_TOKEN: Final = re.compile(r"\\([*?\\])|([*?])|(.)", re.DOTALL)


def wildcard_matcher(pattern: str) -> Callable[[str], bool]:
    """Compile a strictly escaped pattern; case is the caller's affair."""
    pieces = _pieces(pattern)
    first, *rest = (re.compile("".join(piece), re.DOTALL) for piece in pieces)
    if not rest:
        return lambda text: first.fullmatch(text) is not None
    *middle, last = rest
    last_length = len(pieces[-1])

    def matches(text: str) -> bool:
        found = first.match(text)
        for piece in middle:
            if found is None:
                return False
            found = piece.search(text, found.end())
        start = len(text) - last_length
        return found is not None and found.end() <= start and last.match(text, start) is not None

    return matches


def _pieces(pattern: str) -> list[list[str]]:
    """Cut at the stars; a piece is a list of regular expressions of one code point each."""
    pieces: list[list[str]] = [[]]
    for escaped, wildcard, plain in _TOKEN.findall(pattern):
        if wildcard == "*":
            pieces.append([])
        else:
            pieces[-1].append("." if wildcard else re.escape(escaped or plain))
    return pieces
