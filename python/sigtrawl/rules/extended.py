"""The extended condition of temporal correlations: a boolean expression over names of rules.

The grammar is that of conditions, and so is the parser. The tree is then written out as alternatives, each a set of rules whose
matches must be in the window and a set whose matches must not: that is the form in which order can be asked for
(`sigtrawl.correlation.windows`), and in which it can be told whether rules that cannot run leave anything over.
"""

import itertools
from collections.abc import Sequence

from sigtrawl.correlation.entry import Terms
from sigtrawl.plan import And, Node, Not, Or
from sigtrawl.rules.conditions import QUANTIFIERS, TOKEN, WORDS, ConditionError, parse_condition

# A person's condition has a handful; an expression that multiplies out to more is a generator's mistake.
MAX_ALTERNATIVES = 256

_Term = tuple[frozenset[int], frozenset[int]]


def names_of(text: str) -> tuple[str, ...]:
    """Give the names in a condition in the order of their appearance; they are the rules where none are listed."""
    words = TOKEN.findall(text)
    names = [word for word in words if word not in {"(", ")", "|"} and word not in WORDS and word not in QUANTIFIERS]
    return tuple(dict.fromkeys(name for name in names if "*" not in name and name != "them"))


def read_terms(text: str, rules: Sequence[str]) -> tuple[Terms, list[str]]:
    """Give the alternatives of a condition over places in ``rules``, and the rules that it does not refer to.

    Raises:
        ConditionError: It cannot be read, refers to something else, or can never hold.
    """
    used: set[str] = set()
    places: dict[str, Node] = {name: place for place, name in enumerate(rules)}
    terms = _alternatives(parse_condition(text, places, used, what="rule"), positive=True)
    kept = sorted({term for term in terms if not term[0] & term[1]}, key=lambda term: (sorted(term[0]), sorted(term[1])))
    if not kept:
        raise ConditionError("correlation-condition", "the condition can never hold: it asks for a rule and excludes it")
    written = tuple((tuple(sorted(there)), tuple(sorted(absent))) for there, absent in kept)
    return written, [name for name in rules if name not in used]


def _alternatives(node: Node, *, positive: bool) -> list[_Term]:
    if isinstance(node, int):
        one = frozenset({node})
        return [(one, frozenset())] if positive else [(frozenset(), one)]
    if isinstance(node, Not):
        return _alternatives(node.node, positive=not positive)
    if not isinstance(node, And | Or):
        raise TypeError(f"a condition over rules holds places, not {node!r}")
    parts = [_alternatives(child, positive=positive) for child in node.nodes]
    if isinstance(node, Or) == positive:
        return _bounded(list(dict.fromkeys(itertools.chain.from_iterable(parts))))
    terms: list[_Term] = [(frozenset(), frozenset())]
    for part in parts:
        product = ((a[0] | b[0], a[1] | b[1]) for a in terms for b in part)
        terms = _bounded(list(dict.fromkeys(product)))
    return terms


def _bounded(terms: list[_Term]) -> list[_Term]:
    if len(terms) > MAX_ALTERNATIVES:
        told = f"the condition has more than {MAX_ALTERNATIVES} alternatives"
        raise ConditionError("correlation-condition", told, "split it into several correlations")
    return terms
