"""Walking the conditions of all rules over one table.

Everything a rule needs is worked out first: its places, the predicates read there, the columns that answer them. Then each
column's literals are searched for in one pass, and a condition is bit arithmetic over sets of rows. Predicates are asked
at most once per view.
"""

from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from sigtrawl.reference import bits
from sigtrawl.reference.answers import Reading, View
from sigtrawl.reference.binding import RuleState, bind, check_options
from sigtrawl.reference.columns import Table
from sigtrawl.reference.conditions import Node, children, predicates_of
from sigtrawl.reference.literals import Literals
from sigtrawl.reference.paths import Source
from sigtrawl.reference.predicates import Predicate, relation
from sigtrawl.reference.routing import Place, places, rows, source_of
from sigtrawl.schemas import LogSource, Mapping

_WITHOUT_TEXT = frozenset({"null", "exists"})


@dataclass(frozen=True, slots=True)
class NotEvaluable:
    """A column with values that have no text form, which some rule asked for: to it they are no match."""

    column: str
    values: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a Plan says of a table.

    Attributes:
        matches: (row, rule) pairs in order; a rule is its place in the Plan.
        states: The binding state of each rule.
        not_evaluable: The columns in which rules asked for texts that there are not, in order of name.
    """

    matches: list[tuple[int, int]]
    states: list[RuleState]
    not_evaluable: list[NotEvaluable]


def evaluate(
    plan: AnyMapping[str, Any],
    frame: pl.DataFrame,
    *,
    mapping: Mapping | None,
    schema_none: bool = False,
    logsource: AnyMapping[str, str | None] | None = None,
) -> list[tuple[int, int]]:
    """Give the (row, rule) pairs that match, in order. See `run`."""
    return run(plan, frame, mapping=mapping, schema_none=schema_none, logsource=logsource).matches


def run(
    plan: AnyMapping[str, Any],
    frame: pl.DataFrame,
    *,
    mapping: Mapping | None,
    schema_none: bool = False,
    logsource: AnyMapping[str, str | None] | None = None,
) -> Evaluation:
    """Evaluate all rules of a Plan on a table.

    Args:
        plan: A Plan as plain data, as its JSON says it.
        frame: The events.
        mapping: The table's schema, or None.
        schema_none: Columns are Sigma fields, and every rule runs on every row.
        logsource: The log source that every row is said to be.

    Raises:
        RegexNotTranslatableError: A rule that runs here has a regular expression that `re` cannot run.
        ValueError: The Plan is malformed, or nobody says what the table is.
    """
    check_options(mapping, schema_none=schema_none, logsource=logsource)
    evaluator = _Evaluator(plan["predicates"], frame, mapping)
    asserted = None if logsource is None else source_of(logsource)
    matches = evaluator.matches(plan["rules"], asserted)
    states = bind(plan, dict(frame.schema), mapping=mapping, schema_none=schema_none, logsource=logsource)
    return Evaluation(matches, states, evaluator.not_evaluable())


class _Evaluator:
    def __init__(self, predicates: list[Predicate], frame: pl.DataFrame, mapping: Mapping | None) -> None:
        self._predicates = predicates
        self._mapping = mapping
        self._schema = dict(frame.schema)
        self._table = Table(frame)
        self._views: dict[str | None, View] = {}
        self._rows: dict[Place, int] = {}
        self._readings: dict[tuple[str | None, int], list[Reading]] = {}
        self._answers: dict[tuple[str | None, int], int] = {}
        self._keywords: dict[int, int] = {}

    def matches(self, rules: list[dict[str, Any]], asserted: LogSource | None) -> list[tuple[int, int]]:
        """Give the (row, rule) pairs, in order."""
        work = []
        for number, rule in enumerate(rules):
            for place in places(source_of(rule["logsource"]), self._mapping, asserted):
                if self._rows_of(place):
                    self._read(place.view, rule["condition"])
                    work.append((number, place, rule["condition"]))
        self._search()
        found: dict[int, int] = {}
        for number, place, condition in work:
            answer = self._evaluate(place.view, condition) & self._rows_of(place)
            found[number] = found.get(number, 0) | answer
        return sorted((row, number) for number, answer in found.items() for row in bits.to_rows(answer))

    def not_evaluable(self) -> list[NotEvaluable]:
        """List the columns in which rules asked for texts that there are not."""
        asked = {
            source
            for readings in self._readings.values()
            for reading in readings
            if reading.predicate["op"] not in _WITHOUT_TEXT
            for source in reading.sources + reading.others
        }
        unreadable: dict[str, int] = {}
        for source in asked:
            for column, values in self._table.unreadable(source):
                if values:
                    unreadable[column] = unreadable.get(column, 0) + values
        return [NotEvaluable(column, values) for column, values in sorted(unreadable.items())]

    def _rows_of(self, place: Place) -> int:
        if place not in self._rows:
            self._rows[place] = rows(place, self._mapping, self._table, self._schema)
        return self._rows[place]

    def _read(self, view: str | None, condition: Node) -> None:
        """Note what a condition will ask."""
        if view not in self._views:
            self._views[view] = View(self._schema, self._mapping, view)
        for number in predicates_of(condition):
            predicate = self._predicates[number]
            if predicate["field"] is None:
                self._keywords[number] = 0
            elif (view, number) not in self._readings:
                self._readings[view, number] = self._views[view].readings(predicate)

    def _search(self) -> None:
        """Look for every literal that was noted, column by column."""
        asked: dict[Source, list[Predicate]] = {}
        for readings in self._readings.values():
            for reading in readings:
                for source in reading.sources:
                    asked.setdefault(source, []).append(reading.predicate)
        for source, predicates in asked.items():
            self._table.column(source).search(Literals(predicates))
        if self._keywords:
            for column in self._table.keyword_columns(Literals(self._predicates[number] for number in self._keywords)):
                for number in self._keywords:
                    self._keywords[number] |= column.matches_keyword(self._predicates[number])

    def _evaluate(self, view: str | None, node: Node) -> int:
        if isinstance(node, int):
            return self._answer(view, node)
        operator, inside = children(node)
        if operator == "not":
            return self._table.all & ~self._evaluate(view, inside[0])
        if operator == "and":
            result = self._table.all
            for child in inside:
                result &= self._evaluate(view, child)
                if not result:
                    break
            return result
        result = 0
        for child in inside:
            result |= self._evaluate(view, child)
        return result

    def _answer(self, view: str | None, number: int) -> int:
        if number in self._keywords:
            return self._keywords[number]
        if (view, number) not in self._answers:
            self._answers[view, number] = self._ask(self._predicates[number], self._readings[view, number])
        return self._answers[view, number]

    def _ask(self, predicate: Predicate, readings: Iterable[Reading]) -> int:
        if predicate["op"] == "null":
            answer = self._table.all
            for reading in readings:
                for source in reading.sources:
                    answer &= ~self._table.column(source).exists
            return answer
        answer = 0
        for reading in readings:
            if predicate["op"] == "fieldref":
                answer |= self._compare_fields(reading)
                continue
            for source, here in self._shares(reading.sources):
                answer |= here & self._table.column(source).matches(reading.predicate)
        return answer

    def _shares(self, sources: tuple[Source, ...]) -> Iterable[tuple[Source, int]]:
        """Share the rows out among columns: each row to the first that is not null."""
        remaining = self._table.all
        for source in sources:
            present = self._table.column(source).exists
            yield source, remaining & present
            remaining &= ~present

    def _compare_fields(self, reading: Reading) -> int:
        related = relation(reading.predicate["how"], cased=bool(reading.predicate.get("cased")))
        mine, theirs = self._texts(reading.sources), self._texts(reading.others)
        return bits.from_rows(
            (row for row, texts in mine.items() if any(related(text, other) for text in texts for other in theirs.get(row, ()))),
            self._table.height,
        )

    def _texts(self, sources: tuple[Source, ...]) -> dict[int, list[str]]:
        """Give each row's texts in the first column that is not null."""
        return {
            row: texts
            for source, here in self._shares(sources)
            for row, texts in self._table.column(source).by_row.items()
            if here >> row & 1
        }
