"""What an explanation consists of: frozen records, from the whole down to one value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Seen:
    """What a column holds in the row.

    Attributes:
        column: Its path.
        values: Its values in their text form; several in a list; none where it is null or has no text form.
        present: Whether it is not null.
    """

    column: str
    values: tuple[str, ...]
    present: bool


@dataclass(frozen=True, slots=True)
class Leaf:
    """One predicate of a rule, asked of the row.

    Attributes:
        field: The rule's field; None for a keyword.
        asks: What is asked, in words.
        columns: The columns that answer the field, the first that is not null counts; for a keyword the places
            in which it was found, members of structs and keys of maps by their paths, with the values that satisfy it.
        missing: The fields among those of the predicate that no column answers.
        near: Missing field → a column whose name differs only in case, a space or an ``@``;
            or the field's own name, where there is such a column and the schema does not take it for the field.
        because: What the column was read as, where the predicate holds only so; None otherwise.
    """

    field: str | None
    asks: str
    columns: tuple[Seen, ...]
    missing: tuple[str, ...]
    near: Mapping[str, str]
    because: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A node of the condition.

    Attributes:
        kind: ``and``, ``or``, ``not`` or ``leaf``.
        labels: What the rule calls it, the outermost first: a selector, a detection's name, a key with its modifiers.
        truth: Whether it holds in the row.
        parts: The nodes inside.
        leaf: What a ``leaf`` found.
    """

    kind: Literal["and", "or", "not", "leaf"]
    labels: tuple[str, ...]
    truth: bool
    parts: "tuple[Part, ...]"
    leaf: Leaf | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One column that a route asks for.

    Attributes:
        column: Its path.
        values: What it may be, as the mapping writes it; None stands for null or missing.
        found: What it holds in the row; None where the table has no such column.
        truth: Whether it agrees.
    """

    column: str
    values: tuple[str | int | None, ...]
    found: Seen | None
    truth: bool


@dataclass(frozen=True, slots=True)
class RouteFit:
    """A route whose log source is the rule's.

    Attributes:
        logsource: The route's log source.
        view: The view through which the rule reads its rows, if any.
        when: What the route asks of a row; nothing at all: every row is of it.
        lacks: Columns without which a table has no rows of the route, and which this table does not have.
        truth: Whether the row is of it.
    """

    logsource: Mapping[str, str]
    view: str | None
    when: tuple[Wanted, ...]
    lacks: tuple[str, ...]
    truth: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """The condition, read through one view.

    Attributes:
        view: The view, or None for the schema's plain fields.
        applies: Whether the row is read through it.
        condition: The condition and what it found; its truth says nothing where the view does not apply.
    """

    view: str | None
    applies: bool
    condition: Part


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a rule matches a row or does not. ``str`` of it is the whole story as text.

    Attributes:
        rule_id: The rule's id.
        rule_title: Its title.
        file: The file of the row; None for data in memory.
        row: The row's number there, from 0, as in `Matches`.
        matches: The answer.
        schema: The schema mapping that reads the table; None where column names are Sigma's.
        schema_reason: Why.
        logsource: The log source that the rule states.
        applies: Whether the row is of that log source.
        source_reason: Why, in a sentence.
        routes: The schema's routes that are of that log source; none where the caller says what the rows are.
        readings: The condition, once for each view that the rule may read through; it matches if it holds in one that applies.
    """

    rule_id: str | None
    rule_title: str
    file: str | None
    row: int
    matches: bool
    schema: str | None
    schema_reason: str
    logsource: Mapping[str, str]
    applies: bool
    source_reason: str
    routes: tuple[RouteFit, ...]
    readings: tuple[Reading, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """Tell it as text, one part of the condition a line."""
        from sigtrawl.explanation.text import render

        return render(self)
