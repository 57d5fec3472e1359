"""The condition: a small language of its own, parsed into a tree over the named detections.

pySigma's parser is not used: its older versions read ``notsel`` as ``not sel`` and let selectors that match nothing pass, and
its messages speak of characters where rule authors think in names. The grammar is small enough to be told in full::

    or    := and ("or" and)*          and     := not ("and" not)*
    not   := "not"* operand           operand := "(" or ")" | quantifier "of" pattern | identifier
    quantifier := "1" | "any" | "all"

A quantifier is only one before ``of``, so a detection may even be called ``all``.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sigtrawl.plan import Node, Not, all_of, any_of

# Brackets and negations that a person can still read; deeper nesting is a generator's mistake.
MAX_NESTING = 64

TOKEN = re.compile(r"[()|]|[^\s()|]+")
QUANTIFIERS = frozenset({"1", "any", "all"})
WORDS = frozenset({"and", "or", "not", "of"})
_AGGREGATION = re.compile(r"\|\s*(count|min|max|avg|sum|near)?\s*(\(\s*[^)\s]+)?", re.IGNORECASE)
_TYPES = {"count": "event_count", "sum": "value_sum", "avg": "value_avg", "near": "temporal"}


class ConditionError(ValueError):
    """A condition cannot be read; ``code`` is the stable name of the reason."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


def parse_condition(
    text: str,
    detections: Mapping[str, Node],
    used: set[str],
    selected: Callable[[str, Node], Node] = lambda _, node: node,
    what: str = "detection",
) -> Node:
    """Parse a condition over named detections; the names it refers to are added to ``used``, and ``what`` is what is named.

    ``selected`` may mark what a selector stands for; it gets the selector as it is written (``1 of selection_*``).

    Raises:
        ConditionError: It cannot be read, or refers to something that is not there.
    """
    if "|" in text:
        raise _aggregation(text)
    parser = _Parser(TOKEN.findall(text), detections, used, selected, what)
    if not parser.tokens:
        raise ConditionError("condition-syntax", "the condition is empty")
    node = parser.disjunction()
    if (word := parser.peek()) is not None:
        if word == ")":
            raise ConditionError("condition-syntax", "a ')' closes nothing")
        raise parser.unexpected(word, "'and' or 'or'")
    return node


def _aggregation(text: str) -> ConditionError:
    """Name the correlation that says what an aggregation in the old syntax said."""
    match = _AGGREGATION.search(text)
    function, of_field = (match.group(1), match.group(2)) if match else (None, None)
    kind = _TYPES.get((function or "count").lower(), "event_count")
    if of_field and kind == "event_count":
        kind = "value_count"
    return ConditionError(
        "condition-aggregation",
        "a condition with '|' is the aggregation of old Sigma, which correlation rules replace",
        f"keep this rule without '|' and write a correlation rule of type {kind} that refers to it",
    )


@dataclass(slots=True)
class _Parser:
    tokens: list[str]
    detections: Mapping[str, Node]
    used: set[str]
    selected: Callable[[str, Node], Node]
    what: str
    place: int = 0
    depth: int = field(default=0)

    def peek(self, ahead: int = 0) -> str | None:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def accept(self, word: str) -> bool:
        if self.peek() != word:
            return False
        self.place += 1
        return True

    def disjunction(self) -> Node:
        nodes = [self.conjunction()]
        while self.accept("or"):
            nodes.append(self.conjunction())
        return any_of(nodes)

    def conjunction(self) -> Node:
        nodes = [self.negation()]
        while self.accept("and"):
            nodes.append(self.negation())
        return all_of(nodes)

    def negation(self) -> Node:
        count = 0
        while self.accept("not"):
            count += 1
        node = self.operand()
        # Two negations are none: truth has two values.
        return Not(node) if count % 2 else node

    def operand(self) -> Node:
        word = self.peek()
        if word is None:
            raise ConditionError("condition-syntax", f"the condition ends after {self.tokens[-1]!r}, where an operand is due")
        if word == "(":
            return self.bracket()
        if self.peek(1) in ("of", "OF", "Of"):
            return self.selector(word)
        if word not in self.detections:
            raise self.no_operand(word)
        self.place += 1
        self.used.add(word)
        return self.detections[word]

    def bracket(self) -> Node:
        self.place += 1
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise ConditionError("condition-nesting", f"brackets nest more than {MAX_NESTING} levels deep")
        node = self.disjunction()
        if not self.accept(")"):
            word = self.peek()
            if word is None:
                raise ConditionError("condition-syntax", "a '(' is never closed")
            raise self.unexpected(word, "'and', 'or' or ')'")
        self.depth -= 1
        return node

    def selector(self, quantifier: str) -> Node:
        of, pattern = self.peek(1), self.peek(2)
        if of != "of":
            raise ConditionError("condition-case", f"{of!r} is no keyword", "keywords are written in lower case: 'of'")
        if quantifier not in QUANTIFIERS:
            hint = f"write '{quantifier.lower()} of'" if quantifier.lower() in QUANTIFIERS else None
            code = "condition-case" if hint else "condition-syntax"
            raise ConditionError(code, f"{quantifier!r} is no quantifier; there are '1', 'any' and 'all'", hint)
        if pattern is None or pattern in "()":
            raise ConditionError("condition-syntax", f"'{quantifier} of' needs a pattern of identifiers or 'them'")
        self.place += 3
        names = [name for name in self.detections if _selects(pattern, name)]
        if not names:
            raise ConditionError("empty-selector", f"'{quantifier} of {pattern}' selects no identifier", self.near(pattern))
        self.used.update(names)
        nodes = [self.detections[name] for name in names]
        return self.selected(f"{quantifier} of {pattern}", all_of(nodes) if quantifier == "all" else any_of(nodes))

    def no_operand(self, word: str) -> ConditionError:
        lower = word.lower()
        if word == ")":
            return ConditionError("condition-syntax", "a ')' stands where an operand is due")
        if word in WORDS:
            return ConditionError("condition-syntax", f"{word!r} stands where an operand is due")
        if lower in WORDS:
            return ConditionError("condition-case", f"{word!r} is no keyword", f"keywords are written in lower case: {lower!r}")
        if "*" in word or word == "them":
            return ConditionError("condition-syntax", f"{word!r} needs a quantifier", f"write '1 of {word}' or 'all of {word}'")
        return ConditionError("unknown-identifier", f"there is no {self.what} {word!r}", self.near(word))

    def unexpected(self, word: str, due: str) -> ConditionError:
        lower = word.lower()
        if word != lower and lower in WORDS:
            return ConditionError("condition-case", f"{word!r} is no keyword", f"keywords are written in lower case: {lower!r}")
        return ConditionError("condition-syntax", f"{word!r} stands where {due} is due")

    def near(self, word: str) -> str | None:
        found = difflib.get_close_matches(word, list(self.detections), 1)
        if found:
            return f"did you mean {found[0]!r}?"
        return f"the {self.what}s are: {', '.join(sorted(self.detections))}" if self.detections else None


def _selects(pattern: str, name: str) -> bool:
    """Whether a selector's pattern takes an identifier; those that begin with ``_`` are only taken by patterns that do."""
    if name.startswith("_") and not pattern.startswith("_"):
        return False
    if pattern == "them":
        return True
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None
