"""Finding literals with pyahocorasick: one automaton over all literals that are asked of a column.

Where a literal stands in a text tells which of equals, contains, startswith and endswith hold, so one pass over each
distinct text answers every literal predicate of the column. There are two automata, over folded and over plain text,
because `cased` literals must not see the fold.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import ahocorasick

from sigtrawl.reference.folding import fold

TEXT_OPS: Final = frozenset({"equals", "contains", "startswith", "endswith"})


class Literals:
    """The literals of some predicates, ready to be searched for."""

    def __init__(self, predicates: Iterable[Mapping[str, Any]]) -> None:
        self._needles: dict[bool, set[str]] = {True: set(), False: set()}
        for predicate in predicates:
            if predicate["op"] in TEXT_OPS and predicate["value"]:
                cased, needle = literal_key(predicate)
                self._needles[cased].add(needle)
        self._automata = {cased: _automaton(needles) for cased, needles in self._needles.items() if needles}

    def search(self, texts: Iterable[str]) -> dict[tuple[bool, str], dict[str, set[str]]]:
        """Say where literals stand: literal → text → the ops that hold (``contains`` always does)."""
        found: dict[tuple[bool, str], dict[str, set[str]]] = {}
        for cased, automaton in self._automata.items():
            for text in texts:
                searched = text if cased else fold(text)
                for end, needle in automaton.iter(searched):
                    ops = found.setdefault((cased, needle), {}).setdefault(text, {"contains"})
                    starts, ends = end + 1 == len(needle), end + 1 == len(searched)
                    if starts:
                        ops.add("startswith")
                    if ends:
                        ops.add("endswith")
                    if starts and ends:
                        ops.add("equals")
        return found


def is_any_value(predicate: Mapping[str, Any]) -> bool:
    """Whether every present value satisfies a predicate: it contains the empty text."""
    return predicate["op"] in TEXT_OPS - {"equals"} and not predicate["value"]


def literal_key(predicate: Mapping[str, Any]) -> tuple[bool, str]:
    """Give what is searched for: whether in plain text, and the needle."""
    cased = bool(predicate.get("cased"))
    return cased, predicate["value"] if cased else fold(predicate["value"])


def _automaton(needles: Iterable[str]) -> Any:
    automaton = ahocorasick.Automaton()
    for needle in needles:
        automaton.add_word(needle, needle)
    automaton.make_automaton()
    return automaton
