"""Unicode simple case folding, out of what Python's `str` offers.

Python has full folding only (``"ß".casefold()`` is ``"ss"``), which changes lengths and makes words equal that a rule tells
apart. Simple folding maps one code point to one. It is nearly the part of `str.casefold` that stays within one code point;
where full folding goes further, the lower case does what is left (capitals with iota subscript, ẞ). What remains is told in
two tables: pairs that Unicode folds although neither is the lower case of the other, and letters younger than the Unicode
of the oldest supported Python. A third-party folding table was rejected: the whole difference is below.
"""

from functools import cache
from typing import Final

_SAME_LETTER: Final = {
    0x1FD3: 0x0390,  # iota with dialytika and oxia / tonos: canonically equivalent, encoded twice
    0x1FE3: 0x03B0,  # upsilon, the same
    0xFB05: 0xFB06,  # the ligatures of long s and t, and of s and t
}

_YOUNGER: Final = {
    # Unicode 16
    0x1C89: 0x1C8A,
    0xA7CB: 0x0264,
    0xA7CC: 0xA7CD,
    0xA7DA: 0xA7DB,
    0xA7DC: 0x019B,
    **{upper: upper + 0x20 for upper in range(0x10D50, 0x10D66)},
    # Unicode 17
    0xA7CE: 0xA7CF,
    0xA7D2: 0xA7D3,
    0xA7D4: 0xA7D5,
    **{upper: upper + 0x1B for upper in range(0x16EA0, 0x16EB9)},
}

_EXPLICIT: Final = _SAME_LETTER | _YOUNGER

_LAST_CASED: Final = 0x1E943
"""The last code point that has case; scanning to the end of Unicode would only cost time."""


def fold_char(char: str) -> str:
    """Fold one code point."""
    explicit = _EXPLICIT.get(ord(char))
    if explicit is not None:
        return chr(explicit)
    folded = char.casefold()
    if len(folded) == 1:
        return folded
    lower = char.lower()
    return lower if len(lower) == 1 else char  # the dotted capital I has no simple folding


class _FoldTable(dict[int, str]):
    """A table for `str.translate` that fills itself."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = fold_char(chr(code))
        return folded


_TABLE: Final = _FoldTable()


def fold(text: str) -> str:
    """Fold a text; the result has as many code points."""
    return text.lower() if text.isascii() else text.translate(_TABLE)


@cache
def fold_classes() -> dict[str, frozenset[str]]:
    """Give, for every code point that is not alone in its folding class, that class."""
    classes: dict[str, set[str]] = {}
    for code in range(_LAST_CASED + 1):
        char = chr(code)
        folded = fold_char(char)
        if folded != char:
            classes.setdefault(folded, {folded}).add(char)
    return {char: frozenset(members) for members in classes.values() for char in members}
