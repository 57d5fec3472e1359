"""The values of Sigma fields in matched events: what a group is, and what is counted or added up.

A correlation names fields as rules do, so they are answered as they are answered for its rules: through the schema mapping of the
input, in the view of the route that the row is of. The reference evaluator knows how and is asked; a second implementation would
only be a second chance to differ.

A value is its text form, exactly as it stands: 5 in an integer column and "5" in a text are one group, and case counts. A field
with several values in one event (a list) is one group by all of them together.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigtrawl.correlation.entry import CorrelationEntry, Reference
from sigtrawl.plan import RuleEntry
from sigtrawl.reference.answers import View
from sigtrawl.reference.bits import to_rows
from sigtrawl.reference.columns import Table
from sigtrawl.reference.paths import normalised
from sigtrawl.reference.routing import Place, places, rows, source_of
from sigtrawl.schemas.needed import may_answer

if TYPE_CHECKING:
    import polars as pl

    from sigtrawl.request import Request
    from sigtrawl.schemas import LogSource
    from sigtrawl.schemas import Mapping as Schema

NO_GROUP = "[]"

# No column is called so.
_NUMBER = "\0"


@dataclass(frozen=True, slots=True)
class Values:
    """What one match says to one correlation.

    Attributes:
        key: Which group it is of; a null value is a value of its own.
        value: What is counted or added up; None if there is nothing.
    """

    key: str
    value: str | None


def columns_to_ask(correlations: Iterable[CorrelationEntry], asked: "Request") -> tuple[str, ...]:
    """Name every column that may be needed to answer the fields of correlations; most tables have few of them."""
    fields = {field for entry in correlations for one in entry.references for field in one.fields()}
    return may_answer(fields, asked.mappings)


class FieldReader:
    """Reads fields out of the matched events of inputs with one mapping."""

    def __init__(self, rules: Sequence[RuleEntry], mapping: "Schema | None", asserted: Mapping[str, str | None] | None) -> None:
        self._mapping = mapping
        self._asserted: LogSource | None = None if asserted is None else source_of(asserted)
        self._rules = rules
        self._places: dict[int, list[Place]] = {}

    def table(self, events: "pl.DataFrame", asked: Sequence[str]) -> "EventTable":
        """Take the events of a batch, and of their columns those that were asked for (`columns_to_ask`)."""
        wanted = {normalised(name) for name in asked}
        return EventTable(self, events.select([name for name in events.columns if normalised(name) in wanted]))

    def places(self, rule: int) -> list[Place]:
        """Give the places where a rule runs."""
        if rule not in self._places:
            source = self._rules[rule].logsource
            plain = {"product": source.product, "category": source.category, "service": source.service}
            self._places[rule] = places(source_of(plain), self._mapping, self._asserted)
        return self._places[rule]

    @property
    def mapping(self) -> "Schema | None":
        """The mapping of the inputs."""
        return self._mapping


class EventTable:
    """The events of one batch, of one input."""

    def __init__(self, reader: FieldReader, events: "pl.DataFrame") -> None:
        self._reader = reader
        self._schema = dict(events.schema)
        events, self._lines = _distinct(events)
        self._table = Table(events)
        self._views: dict[str | None, View] = {}
        self._members: dict[Place, frozenset[int]] = {}
        self._fields: dict[tuple[str | None, str], list[dict[int, list[str]]]] = {}

    def values(self, rule: int, reference: Reference, entry: CorrelationEntry, events: Sequence[int]) -> list[Values]:
        """Give what the matches of a rule, by the rows of their events, say to a correlation."""
        group_by, field = reference.in_events_of(rule)
        if not group_by and not field:
            return [Values(NO_GROUP, None)] * len(events)
        single = entry.type != "value_count"
        known: dict[int, Values] = {}
        lines = list(events) if self._lines is None else [self._lines[row] for row in events]
        fresh = list(dict.fromkeys(lines))
        for row, view in zip(fresh, self._views_of(rule, fresh), strict=True):
            group = [self._texts(view, name, row) for name in group_by]
            looked_at = [self._texts(view, name, row) for name in field]
            known[row] = Values(_key(group), _value(looked_at, single=single))
        return [known[row] for row in lines]

    def _views_of(self, rule: int, events: Sequence[int]) -> list[str | None]:
        """Give the view through which a rule reads each row: of several places that have the row, the first."""
        there = [(place.view, self._rows_of(place)) for place in self._reader.places(rule)]
        return [next((view for view, members in there if row in members), None) for row in events]

    def _rows_of(self, place: Place) -> frozenset[int]:
        if place not in self._members:
            found = rows(place, self._reader.mapping, self._table, self._schema)
            self._members[place] = frozenset(to_rows(found))
        return self._members[place]

    def _texts(self, view: str | None, field: str, row: int) -> list[str] | None:
        """Give the texts of a field in a row: of the first column that has some."""
        return next((texts for column in self._columns(view, field) if (texts := column.get(row)) is not None), None)

    def _columns(self, view: str | None, field: str) -> list[dict[int, list[str]]]:
        if (view, field) not in self._fields:
            if view not in self._views:
                self._views[view] = View(self._schema, self._reader.mapping, view)
            readings = self._views[view].readings({"field": field, "op": "exists"})
            columns = [self._table.column(path).by_row for reading in readings for path in reading.sources]
            self._fields[view, field] = columns
        return self._fields[view, field]


def _distinct(events: "pl.DataFrame") -> "tuple[pl.DataFrame, list[int] | None]":
    """Give the distinct rows of a table, and which of them each row is: events repeat themselves, above all in a correlation.

    Columns of lists and structs are not compared; a table with such is taken as it is.
    """
    if not events.width or any(dtype.is_nested() for dtype in events.dtypes):
        return events, None
    import polars as pl

    kinds = events.unique(maintain_order=True)
    numbered = kinds.with_columns(pl.Series(_NUMBER, range(kinds.height), pl.Int64()))
    lines = events.join(numbered, on=events.columns, how="left", nulls_equal=True, maintain_order="left")[_NUMBER]
    return kinds, lines.to_list()


def _key(group: list[list[str] | None]) -> str:
    plain = [texts[0] if texts is not None and len(texts) == 1 else texts for texts in group]
    return json.dumps(plain, ensure_ascii=False) if plain else NO_GROUP


def _value(looked_at: list[list[str] | None], *, single: bool) -> str | None:
    """Give the value; several fields are one value together, which is there if all of them are."""
    if not looked_at or any(texts is None for texts in looked_at):
        return None
    if single and looked_at[0] is not None and len(looked_at[0]) == 1:
        return looked_at[0][0]
    return json.dumps(looked_at, ensure_ascii=False)
