"""The shape of a rule's condition in a Plan: a number, or ``{"and" | "or" | "not": ...}``."""

from collections.abc import Iterator
from typing import Any, TypeAlias

Node: TypeAlias = "int | dict[str, Any]"


def children(node: dict[str, Any]) -> tuple[str, list[Node]]:
    """Give a node's operator and what it joins; ``not`` joins one.

    Raises:
        ValueError: The node is none of the three.
    """
    if len(node) == 1:
        ((operator, inside),) = node.items()
        if operator in {"and", "or"} and isinstance(inside, list):
            return operator, inside
        if operator == "not":
            return operator, [inside]
    message = f"{node!r} is no node of a condition"
    raise ValueError(message)


def predicates_of(node: Node) -> Iterator[int]:
    """List the predicates of a condition, in order, repeated as they are."""
    if isinstance(node, int):
        yield node
        return
    for child in children(node)[1]:
        yield from predicates_of(child)
