"""A rule as a peer can be told it: its condition on columns that are there, with the texts of one column gathered.

What a column that is not there answers is folded in, so no peer needs to know of missing fields; keywords become one question a
column. Values of one column that a rule joins by OR become one `Texts`, so that every peer can ask for them in its best way: one
regular expression, one search for many texts, one chain of LIKE.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeGuard

from sigtrawl.plan import And, Node, Not, Or, Plan, Predicate

TEXT_OPS = ("equals", "contains", "startswith", "endswith", "like", "regex")


@dataclass(frozen=True, slots=True)
class Texts:
    """True where one of the predicates, all of them texts on one column, is."""

    column: str
    predicates: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class All:
    """True where every part is."""

    parts: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """True where some part is."""

    parts: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Neither:
    """True where the part is not."""

    part: "Tree"


Tree: TypeAlias = bool | Predicate | Texts | All | Some | Neither


class UntranslatableError(Exception):
    """A peer has no words for a predicate; the message says for which."""


def condition(plan: Plan, place: int, columns: Mapping[str, str]) -> Tree:
    """Gives a rule's condition on a table.

    Args:
        plan: The rules.
        place: The rule's place.
        columns: Column → what it holds: `text`, `number`, or anything else for what has no text form.

    Raises:
        UntranslatableError: A keyword asks for a column that cannot be told as text.
    """
    node = plan.rules[place].condition
    if node is None:
        message = "a rule that waits for placeholders"
        raise UntranslatableError(message)
    return _gathered(_folded(node, plan, columns))


def _folded(node: Node, plan: Plan, columns: Mapping[str, str]) -> Tree:
    if isinstance(node, int):
        return _leaf(plan.predicates[node], columns)
    if isinstance(node, Not):
        inner = _folded(node.node, plan, columns)
        return (not inner) if isinstance(inner, bool) else Neither(inner)
    if isinstance(node, And | Or):
        return _joined(All if isinstance(node, And) else Some, [_folded(child, plan, columns) for child in node.nodes])
    message = f"{node!r} is no node of a Plan"
    raise TypeError(message)


def _joined(kind: type[All | Some], parts: list[Tree]) -> Tree:
    absorbing = kind is Some
    if any(part is absorbing for part in parts):
        return absorbing
    kept = tuple(part for part in parts if not isinstance(part, bool))
    if not kept:
        return not absorbing
    return kept[0] if len(kept) == 1 else kind(kept)


def _leaf(predicate: Predicate, columns: Mapping[str, str]) -> Tree:
    if predicate.field is None:
        asked = [name for name, kind in columns.items() if kind in {"text", "number"} and not name.startswith("_")]
        return _joined(Some, [_keyword(predicate, name) for name in asked])
    if predicate.field not in columns:
        return predicate.op == "null"
    if predicate.op == "fieldref" and predicate.value not in columns:
        return False
    return predicate


def _keyword(predicate: Predicate, column: str) -> Tree:
    if predicate.op == "number":
        return Predicate(column, "regex", rf"(?:^|[^0-9]){predicate.value}(?:[^0-9]|$)")
    return replace(predicate, field=column)


def _gathered(tree: Tree) -> Tree:
    """Gathers what an OR asks of one column."""
    if _is_text(tree):
        return _texts([tree])
    if isinstance(tree, Neither):
        return Neither(_gathered(tree.part))
    if isinstance(tree, All):
        return All(tuple(_gathered(part) for part in tree.parts))
    if not isinstance(tree, Some):
        return tree
    flat = list(_flattened(tree))
    texts: dict[str | None, list[Predicate]] = {}
    for part in flat:
        if _is_text(part):
            texts.setdefault(part.field, []).append(part)
    rest = [_gathered(part) for part in flat if not _is_text(part)]
    return _joined(Some, [*(_texts(predicates) for predicates in texts.values()), *rest])


def _is_text(tree: Tree) -> TypeGuard[Predicate]:
    return isinstance(tree, Predicate) and tree.op in TEXT_OPS


def _texts(predicates: list[Predicate]) -> Texts:
    return Texts(str(predicates[0].field), tuple(predicates))


def _flattened(tree: Some) -> Iterator[Tree]:
    for part in tree.parts:
        if isinstance(part, Some):
            yield from _flattened(part)
        else:
            yield part


def pattern_of(predicate: Predicate, escape: Callable[[str], str]) -> str:
    """Gives a regular expression that means what a text predicate means, with the flags in it.

    Args:
        predicate: A predicate with one of `TEXT_OPS`.
        escape: Makes a literal text part of a regular expression.
    """
    value = str(predicate.value)
    if predicate.op == "regex":
        return f"(?{predicate.flags}:{value})" if predicate.flags else f"(?:{value})"
    flags = "s" if predicate.cased else "is"
    body = _like(value, escape) if predicate.op == "like" else escape(value)
    front = "" if predicate.op in {"contains", "endswith"} else r"\A"
    back = "" if predicate.op in {"contains", "startswith"} else r"\z"
    return f"(?{flags}:{front}{body}{back})"


def _like(pattern: str, escape: Callable[[str], str]) -> str:
    made, literal, escaped = [], "", False
    for character in pattern:
        if escaped or character not in "*?\\":
            literal, escaped = literal + character, False
        elif character == "\\":
            escaped = True
        else:
            made.append(escape(literal) + (".*" if character == "*" else "."))
            literal = ""
    return "".join(made) + escape(literal)
