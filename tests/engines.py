"""Everybody who finds matches: the answers must be the same.

``core`` samples the data and chooses its way; a small table it examines as ``automaton`` does. ``search`` and ``values`` are the
two ways of its sieve without a sample, so that they take place on small tables too.
"""

from typing import Literal, TypeAlias

Engine: TypeAlias = Literal["core", "automaton", "search", "values", "reference"]
ENGINES: tuple[Engine, ...] = ("core", "automaton", "search", "values", "reference")
# On a single row `core` is `automaton`.
ENGINES_OF_A_ROW: tuple[Engine, ...] = ("automaton", "search", "values", "reference")
