r"""Translating the regular expressions of rules into Python's `re`.

Rules are written for Rust's `regex` crate with Unicode on. Python reads most of them, but not with the same meaning: its
``$`` stands before a last newline too, its ``\s`` and ``\w`` are other sets, ``a*+`` is possessive, ignoring case makes the
dotless i an i, and its classes know neither POSIX names nor set operations. So a pattern is parsed and every part written
anew, classes as plain ranges and ignored case as explicit alternatives; `re` then runs with no flags at all. What cannot
be said in `re` is refused by name: a reference that guesses is none.

Only whether a match exists is asked, never where it ends, so greed is dropped and every group is written uncaptured.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from sigtrawl.reference.charsets import LAST, Ranges, closed_under_folding, complement, to_pattern, word_characters
from sigtrawl.reference.classes import read_class, read_escape
from sigtrawl.reference.cursor import Cursor

_NOT_NEWLINE: Final[Ranges] = complement(((0x0A, 0x0A),))
_COUNT: Final = re.compile(r"\{\s*([0-9]+)\s*(?:(,)\s*([0-9]*)\s*)?\}")
_NAME: Final = re.compile(r"\?P?<([^\W\d][\w.\[\]]*)>")
_REMARK: Final = re.compile(r"\s+|#[^\n]*")
_FLAGS: Final = re.compile(r"\?([a-zA-Z]*)(?:(-)([a-zA-Z]+))?([:)])")


@dataclass(frozen=True, slots=True)
class _Flags:
    """What the letters ``ims`` and ``x`` switch on; ``U`` (swapped greed) and ``u`` (on anyway) change nothing."""

    i: bool = False
    m: bool = False
    s: bool = False
    x: bool = False


@lru_cache(maxsize=4096)
def translate(pattern: str, flags: str = "") -> re.Pattern[str]:
    """Compile a rule's regular expression.

    Args:
        pattern: The expression in the dialect of Rust's `regex`.
        flags: Letters of ``ims`` that hold for the whole of it.

    Raises:
        RegexNotTranslatableError: It is malformed, or it says what `re` cannot.
    """
    translator = _Translator(pattern)
    written = translator.alternatives(replace(_Flags(), **dict.fromkeys(flags, True)))
    if not translator.cursor.at_end:
        raise translator.cursor.error("a group is closed that was not opened")
    try:
        return re.compile(written)
    except (re.error, OverflowError, RecursionError) as error:
        raise translator.cursor.error(f"Python cannot compile its translation: {error}") from error


class _Translator:
    """One walk over one pattern; every method reads a part and gives its translation."""

    def __init__(self, pattern: str) -> None:
        self.cursor = Cursor(pattern)

    def alternatives(self, flags: _Flags) -> str:
        """Read up to the end of the group or of the pattern."""
        branches: list[list[str]] = [[]]
        while True:
            self._skip_remarks(flags)
            if self.cursor.at_end or self.cursor.sees(")"):
                return "|".join("".join(branch) for branch in branches)
            char = self.cursor.take()
            if char == "|":
                branches.append([])
            elif char == "(":
                changed, inside = self._group(flags)
                if inside is None:
                    flags = changed
                else:
                    branches[-1].append(self._repeated(f"(?:{inside})", flags))
            else:
                branches[-1].append(self._repeated(self._atom(char, flags), flags))

    def _skip_remarks(self, flags: _Flags) -> None:
        """Skip blanks and comments, where flag x makes them so."""
        while flags.x and (found := _REMARK.match(self.cursor.pattern, self.cursor.place)):
            self.cursor.place = found.end()

    def _group(self, flags: _Flags) -> tuple[_Flags, str | None]:
        """Read a group, or a change of flags for the rest of the one around it (then there is no text)."""
        inner = flags
        if self.cursor.sees("?"):
            name = _NAME.match(self.cursor.pattern, self.cursor.place)
            letters = _FLAGS.match(self.cursor.pattern, self.cursor.place)
            if name is not None:
                self.cursor.place = name.end()
            elif letters is not None:
                self.cursor.place = letters.end()
                inner = self._changed(flags, letters[1], letters[3] or "")
                if letters[4] == ")":
                    return inner, None
            else:
                raise self.cursor.error("this kind of group (look-around?) is unsupported")
        inside = self.alternatives(inner)
        if not self.cursor.skip(")"):
            raise self.cursor.error("a group is not closed")
        return flags, inside

    def _changed(self, flags: _Flags, switched_on: str, switched_off: str) -> _Flags:
        if "u" in switched_off or "R" in switched_on:
            raise self.cursor.error("the flags -u and R are unsupported")
        if not frozenset("imsxUuR").issuperset(switched_on + switched_off):
            raise self.cursor.error("a flag is unknown")
        for letters, value in ((switched_on, True), (switched_off, False)):
            flags = replace(flags, **dict.fromkeys(frozenset(letters) & frozenset("imsx"), value))
        return flags

    def _atom(self, char: str, flags: _Flags) -> str:
        if char == "[":
            return to_pattern(read_class(self.cursor, ignore_case=flags.i, verbose=flags.x))
        if char == ".":
            return to_pattern(((0, LAST),) if flags.s else _NOT_NEWLINE)
        if char == "^":
            return "(?m:^)" if flags.m else r"\A"
        if char == "$":
            return "(?m:$)" if flags.m else r"\Z"
        if char in "*+?{":
            raise self.cursor.error("there is nothing to repeat")
        if char != "\\":
            return self._literal(ord(char), flags)
        place = self._assertion()
        if place is not None:
            return place
        escaped = read_escape(self.cursor, ignore_case=flags.i)
        return self._literal(escaped, flags) if isinstance(escaped, int) else to_pattern(escaped)

    def _literal(self, code: int, flags: _Flags) -> str:
        return self._set(((code, code),), flags)

    def _set(self, ranges: Ranges, flags: _Flags) -> str:
        return to_pattern(closed_under_folding(ranges) if flags.i else ranges)

    def _assertion(self) -> str | None:
        """Read the name of an assertion after a backslash, if one stands there."""
        word = to_pattern(word_characters())
        start, end = rf"(?<!{word})(?={word})", rf"(?<={word})(?!{word})"
        for name, written in (
            ("b{start-half}", rf"(?<!{word})"),
            ("b{end-half}", rf"(?!{word})"),
            ("b{start}", start),
            ("b{end}", end),
            ("<", start),
            (">", end),
            ("A", r"\A"),
            ("z", r"\Z"),
            ("b", rf"(?:{start}|{end})"),
            ("B", rf"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))"),
        ):
            if self.cursor.skip(name):
                return written
        return None

    def _repeated(self, atom: str, flags: _Flags) -> str:
        """Read the repetitions after an atom, several in a row too."""
        while True:
            self._skip_remarks(flags)
            count = self._count()
            if not count:
                return atom
            self.cursor.skip("?")
            atom = f"(?:{atom}){count}"

    def _count(self) -> str:
        for sign in "*+?":
            if self.cursor.skip(sign):
                return sign
        if not self.cursor.sees("{"):
            return ""
        found = _COUNT.match(self.cursor.pattern, self.cursor.place)
        if found is None:
            raise self.cursor.error("a counted repetition is malformed")
        self.cursor.place = found.end()
        least, comma, most = found[1], found[2] or "", found[3] or ""
        if most and int(least) > int(most):
            raise self.cursor.error("a counted repetition has its least count above its most")
        return f"{{{least}{comma}{most}}}"
