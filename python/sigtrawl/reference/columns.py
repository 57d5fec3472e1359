"""What the columns of one table hold, by distinct text.

A predicate is asked once per distinct text and the answer spread over the rows that have it: event tables repeat
themselves, and this alone makes a plain evaluator usable on thousands of rules.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import polars as pl

from sigtrawl.reference import bits
from sigtrawl.reference.literals import TEXT_OPS, Literals, is_any_value, literal_key
from sigtrawl.reference.numbers import canonical
from sigtrawl.reference.paths import Joined, Path, Source, Steps, end_type
from sigtrawl.reference.predicates import Matcher, Predicate, keyword_number, matcher
from sigtrawl.reference.texts import Odd, Text, formatter, keyword_texts, stored, texts


class Column:
    """The texts of one path into a table, and which rows are null.

    Attributes:
        exists: The rows that have a value; the others are null, or have nothing at the end of the path.
        valued: The rows that have some value that is not null; an empty list exists and has none.
        unreadable: How many values are there whose text form cannot be given. No predicate on text is true of them.
    """

    def __init__(self, table: "Table", rows: Iterable[tuple[int, Iterable[Text]]], dtype: pl.DataType) -> None:
        self.table = table
        self._dtype = dtype
        self.unreadable = 0
        self.by_text: dict[str, list[int]] = {}
        present: list[int] = []
        valued: list[int] = []
        for row, found in rows:
            values = list(found)
            if any(value is not Odd.NULL for value in values):
                present.append(row)
            if any(value not in {Odd.NULL, Odd.LIST} for value in values):
                valued.append(row)
            self.unreadable += values.count(Odd.UNREADABLE)
            for text in dict.fromkeys(values):
                if isinstance(text, str):
                    self.by_text.setdefault(text, []).append(row)
        self.exists = bits.from_rows(present, table.height)
        self.valued = bits.from_rows(valued, table.height)
        self._found: dict[tuple[bool, str], dict[str, set[str]]] = {}

    def search(self, literals: Literals) -> None:
        """Look for all literals that will be asked about, so that asking is a lookup."""
        self._found = literals.search(self.by_text)

    @cached_property
    def by_row(self) -> dict[int, list[str]]:
        """The texts of each row that has some."""
        rows: dict[int, list[str]] = {}
        for text, places in self.by_text.items():
            for row in places:
                rows.setdefault(row, []).append(text)
        return rows

    def matches(self, predicate: Predicate) -> int:
        """Give the rows in which some value satisfies a predicate."""
        op = predicate["op"]
        if op == "exists":
            return self.exists
        if is_any_value(predicate):
            return self.valued
        if op in TEXT_OPS and predicate["value"]:
            found = self._found.get(literal_key(predicate), {})
            return self._rows(text for text, ops in found.items() if op in ops)
        if op == "number" and self._dtype.is_temporal():
            return 0
        if op == "number" and self._dtype.is_decimal() and predicate["cmp"] == "eq":
            # A column's scale is no part of a value: 5.00 is 5 in it.
            return self.rows_where(lambda text: canonical(text) == predicate["value"])
        return self.rows_where(matcher(predicate))

    def matches_keyword(self, predicate: Predicate) -> int:
        """Give the rows in which some value satisfies a keyword."""
        if predicate["op"] == "number":
            return self.rows_where(keyword_number(predicate["value"]))
        return self.matches(predicate)

    def rows_where(self, matches: Matcher) -> int:
        """Give the rows that have a text of which a function is true."""
        return self._rows(filter(matches, self.by_text))

    def _rows(self, found: Iterable[str]) -> int:
        return bits.from_rows((row for text in found for row in self.by_text[text]), self.table.height)


class Table:
    """A polars frame, read column by column as it is asked for."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self._columns: dict[Source, Column] = {}
        self.height = frame.height
        self.all = bits.all_rows(frame.height)

    def column(self, source: Source) -> Column:
        """Give what stands at the end of a path, or what a join puts together."""
        if source not in self._columns:
            self._columns[source] = self._joined(source) if isinstance(source, Joined) else self._at(source)
        return self._columns[source]

    def unreadable(self, source: Source) -> Iterator[tuple[str, int]]:
        """Give the columns that a source reads, each with how many of the values asked there have no text form."""
        if not isinstance(source, Joined):
            yield source.column, self.column(source).unreadable
            return
        # A row is asked for what is needed first, and for nothing more once that is not there.
        asked = set(range(self.height))
        for part in source.needed:
            texts_by_row = self._first_texts(part)
            yield part.column, sum(texts_by_row.get(row) is Odd.UNREADABLE for row in asked)
            asked = {row for row in asked if _counts(texts_by_row.get(row))}
        for part in source.parts:
            if part not in source.needed:
                texts_by_row = self._first_texts(part)
                yield part.column, sum(texts_by_row.get(row) is Odd.UNREADABLE for row in asked)

    def _at(self, path: Path) -> Column:
        series = self._frame[path.column]
        return Column(self, _path_rows(series, path.steps), end_type(series.dtype, path.steps))

    def _joined(self, join: Joined) -> Column:
        parts = {part: self._first_texts(part) for part in join.parts}
        rows: list[tuple[int, Iterable[Text]]] = []
        for row in range(self.height):
            pieces = {part: text for part, by_row in parts.items() if isinstance(text := by_row.get(row), str) and text}
            if all(part in pieces for part in join.needed):
                rows.append((row, [join.separator.join(pieces.values())]))
        return Column(self, rows, pl.String())

    def _first_texts(self, path: Path) -> dict[int, Text]:
        """Give each row's first value that is not null, as its text."""
        rows = _path_rows(self._frame[path.column], path.steps)
        values = ((row, [text for text in found if text not in {Odd.NULL, Odd.LIST}]) for row, found in rows)
        return {row: found[0] for row, found in values if found}

    def keyword_columns(self, literals: Literals) -> Iterator[Column]:
        """Give every column that keywords are looked for in."""
        for series in self._frame.iter_columns():
            if not series.name.startswith("_"):
                column = Column(self, _keyword_rows(series), pl.String())
                if column.by_text:
                    column.search(literals)
                    yield column


def _counts(text: Text | None) -> bool:
    return isinstance(text, str) and text != ""


def _present(series: pl.Series) -> Iterator[tuple[int, Any]]:
    """List the rows that are not null, with the stored values."""
    rows = series.is_not_null().arg_true().to_list()
    return zip(rows, stored(series.drop_nulls()).to_list(), strict=True)


def _path_rows(series: pl.Series, steps: Steps) -> Iterator[tuple[int, Iterable[Text]]]:
    dtype = series.dtype
    if dtype.is_nested():
        return ((row, texts(value, dtype, steps)) for row, value in _present(series))
    write = formatter(dtype)
    return ((row, (write(value),)) for row, value in _present(series))


def _keyword_rows(series: pl.Series) -> Iterator[tuple[int, Iterable[Text]]]:
    return ((row, keyword_texts(value, series.dtype)) for row, value in _present(series))
