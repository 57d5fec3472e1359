"""What each predicate of a condition says of the row, and why.

Truth comes from one run of the reference evaluator, each predicate a rule of its own, under a mapping that has the view's answers
as its fields. The columns and values shown beside it are what the same view reads; a predicate that holds only through another
reading of the value (an integrity level written as a SID, a bare name, a number in hexadecimal) names that reading.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from sigtrawl import reference
from sigtrawl.explanation.model import Leaf, Part, Seen
from sigtrawl.explanation.places import found_at
from sigtrawl.explanation.row import Asked
from sigtrawl.explanation.words import asks
from sigtrawl.reference.answers import Reading, View
from sigtrawl.reference.columns import Table
from sigtrawl.reference.literals import Literals
from sigtrawl.reference.near import Near
from sigtrawl.reference.paths import Chosen, Joined, Path, Source
from sigtrawl.reference.predicates import Predicate
from sigtrawl.rules.outline import Outline
from sigtrawl.schemas import LogSource, Route

_NO_VALUE = frozenset({"null", "exists", "fieldref"})


class Judge:
    """A row, read through one view."""

    def __init__(self, asked: Asked, view: str | None, predicates: Sequence[Predicate]) -> None:
        self._asked = asked
        self._predicates = predicates
        self._schema = dict(asked.frame.schema)
        self._view = View(self._schema, asked.mapping, view)
        self._table = Table(asked.frame)
        self._near = Near(self._schema)
        self._leaves: dict[int, Leaf] = {}
        self._truths = self._run(asked.frame, range(len(predicates)), view)

    def part(self, outline: Outline) -> Part:
        """Tell the truth of a part of the condition, with all that is inside."""
        if outline.kind == "leaf":
            number = outline.predicate or 0
            if number not in self._leaves:
                self._leaves[number] = self._leaf(number)
            return Part("leaf", outline.labels, self._truths[number], (), self._leaves[number])
        parts = tuple(map(self.part, outline.parts))
        inside = [part.truth for part in parts]
        truth = not inside[0] if outline.kind == "not" else all(inside) if outline.kind == "and" else any(inside)
        return Part(outline.kind, outline.labels, truth, parts, None)

    def _run(self, frame: pl.DataFrame, numbers: Sequence[int], view: str | None) -> list[bool]:
        """Ask the evaluator for the truth of each predicate in the one row."""
        mapping = self._asked.mapping
        if mapping is not None:
            fields = {**mapping.fields, **(mapping.views[view] if view is not None else {})}
            mapping = replace(mapping, fields=fields, views={}, routes=(Route(LogSource()),))
        rules: list[dict[str, Any]] = [{"logsource": {}, "condition": number} for number in numbers]
        plan = {"predicates": list(self._predicates), "rules": rules}
        true = {rule for _, rule in reference.evaluate(plan, frame, mapping=mapping, schema_none=mapping is None)}
        return [rule in true for rule in range(len(rules))]

    def _leaf(self, number: int) -> Leaf:
        predicate = self._predicates[number]
        if predicate["field"] is None:
            return Leaf(None, asks(predicate), tuple(self._found(number)) if self._truths[number] else (), (), {}, None)
        readings = self._view.readings(predicate)
        paths = dict.fromkeys(path for reading in readings for path in (*reading.sources, *reading.others))
        fields = [predicate["field"], *([predicate["value"]] if predicate["op"] == "fieldref" else [])]
        missing = tuple(field for field in fields if not self._view.comparable(field)) if not readings else ()
        if not readings and not missing:  # the columns that the field has do not answer such a value
            missing = (predicate["field"],)
        near = {field: column for field in missing if (column := self._near.column(field, self._view.wanted(field)))}
        because = self._because(predicate, readings) if self._truths[number] else None
        return Leaf(predicate["field"], asks(predicate), tuple(map(self._see, paths)), missing, near, because)

    def _found(self, number: int) -> Iterator[Seen]:
        """Find the places in which a keyword stands, each column asked alone."""
        for series in self._asked.frame.iter_columns():
            if not series.name.startswith("_") and self._run(series.to_frame(), [number], None)[0]:
                for path, values in found_at(series, self._predicates[number]).items():
                    yield Seen(_name(path), values, present=True)

    def _see(self, source: Source) -> Seen:
        column = self._table.column(source)
        name = source.separator.join(map(_name, source.parts)) if isinstance(source, Joined) else _name(source)
        return Seen(name, tuple(column.by_text), bool(column.exists))

    def _because(self, predicate: Predicate, readings: Sequence[Reading]) -> str | None:
        """Name the reading through which a predicate holds, where the value as it stands does not satisfy it."""
        if predicate["op"] in _NO_VALUE:
            return None
        holding = [reading.predicate for reading in readings if self._satisfies(reading)]
        if not holding or any(held is predicate for held in holding):
            return None
        return asks(holding[0])

    def _satisfies(self, reading: Reading) -> bool:
        for path in reading.sources:
            column = self._table.column(path)
            if column.exists:
                column.search(Literals([reading.predicate]))
                return bool(column.matches(reading.predicate))
        return False


def _name(path: Path) -> str:
    """Write a path as mappings do."""
    name = path.column
    for step in path.steps:
        if isinstance(step, Chosen):
            member = _name(Path(str(step.member[0]), step.member[1:])) if step.member else ""
            name += f"[{member}={'|'.join(sorted(step.texts))}]"
        else:
            name += f".{step}"
    return name
