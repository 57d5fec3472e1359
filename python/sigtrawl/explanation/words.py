"""Predicates and values in words, for people: what is asked, and what a column holds."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigtrawl.reference.predicates import Predicate  # the evaluator itself is loaded where something is judged

HEAD, TAIL = 90, 30
"""Of a long value so much is shown: how it begins, and how it ends."""


def asks(predicate: "Predicate") -> str:
    r"""Say what a predicate asks: ``endswith '\nc.exe'``."""
    op, value = predicate["op"], predicate.get("value")
    match op:
        case "null" | "exists":
            said = f"is {op}" if op == "null" else "exists"
        case "number" | "timepart":
            said = " ".join(word for word in (predicate.get("part"), predicate["cmp"], str(value)) if word)
            said += " (in hexadecimal)" if predicate.get("hex") else ""
        case "boolean":
            said = "is true" if value else "is false"
        case "fieldref":
            said = f"{predicate['how']} the field {visible(str(value))}"
        case "like":
            said = f"is like {quoted(str(value))}"
        case "regex":
            said = f"regex {quoted(str(value))}{_flags(predicate)}"
        case "cidr":
            said = f"is in {value}"
        case _:
            said = f"{op} {quoted(str(value))}"
    return f"{said} (cased)" if predicate.get("cased") else said


def quoted(text: str) -> str:
    """Put a value in quotes: shortened, and with everything in it spelled out that cannot be seen."""
    if len(text) > HEAD + TAIL:
        return f"'{visible(text[:HEAD])} … {visible(text[-TAIL:])}' ({len(text):,} characters)"
    return f"'{visible(text)}'"


def visible(text: str) -> str:
    """Spell out what cannot be seen, or what a terminal would obey."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text)


def source_text(source: Mapping[str, str | None]) -> str:
    """Write a log source as ``--logsource`` reads it."""
    return ",".join(f"{name}={value}" for name, value in source.items() if value is not None) or "any log source"


def _flags(predicate: Mapping[str, Any]) -> str:
    return f" with flags {predicate['flags']}" if predicate.get("flags") else ""
