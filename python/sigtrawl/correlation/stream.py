"""A stream of matches, with the results of correlations after them.

It stands between a scan and whoever takes its matches, and is a stream like the scan's own. Matches pass through as they come,
but those of rules that are only there for correlations. The matches that a correlation refers to are put aside (`spool`); when
the scan is over, correlations are evaluated one after the other, inner ones first, and a result is an event of the correlations
that refer to it: it looks like the last match of its window, has that one's time, and is grouped by that one's fields.

A match does not say which rule it is of beyond doubt: rules may lack an id and share a title. The scan is therefore made with a
Plan in which each rule's id is its place, and what a match shows of its rule is put in here.
"""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from sigtrawl.correlation.entry import NUMERIC, CorrelationEntry, Reference
from sigtrawl.correlation.evaluate import CORRELATED, evaluate
from sigtrawl.correlation.fields import EventTable, FieldReader, Values
from sigtrawl.correlation.missing import Missing
from sigtrawl.correlation.numbers import is_number
from sigtrawl.correlation.spool import EVENT_SCHEMA, Events, Folder, Store
from sigtrawl.correlation.states import correlation_reports
from sigtrawl.frames import FrameStream, narrowed
from sigtrawl.matches import columns_of
from sigtrawl.plan import Plan, RuleEntry
from sigtrawl.request import NO_SCHEMA, Request

if TYPE_CHECKING:
    from sigtrawl.matches import Stream

RESULT_ROWS = 8_192
"""Results of one batch at most; each holds a whole event."""


def by_place(plan: Plan) -> bytes:
    """Give the JSON of a Plan in which each rule's id is its place."""
    rules = (
        RuleEntry(id=str(place), title="", logsource=rule.logsource, condition=rule.condition)
        for place, rule in enumerate(plan.rules)
    )
    return Plan(plan.predicates, tuple(rules)).to_json()


@dataclass(slots=True)
class _Counts:
    """What is told of one correlation."""

    results: int = 0
    events: int = 0
    without_time: int = 0
    not_numbers: int = 0


class CorrelatedStream(FrameStream):
    """Matches and results, as a `sigtrawl.matches.Stream`."""

    def __init__(
        self,
        plan: Plan,
        base: "Stream",
        asked: Request,
        members: Sequence[str] | None,
        asked_for: Sequence[str],
        missing: Sequence[Missing],
    ) -> None:
        """Wrap the stream of a scan that was made with `by_place`.

        Args:
            plan: The rules and correlations.
            base: The scan.
            asked: How it was asked for.
            members: The members of ``event`` that the caller is to see; None is all of them.
            asked_for: The columns that may be needed to answer fields.
            missing: What no column answers, for each correlation.
        """
        self._asked_for = asked_for
        self._missing = missing
        self._plan = plan
        self._base = base
        self._asked = asked
        self._members = members
        wide = dict(pl.Schema(cast("Any", base)))
        event = wide["event"]
        inside = {field.name: field.dtype for field in event.fields} if isinstance(event, pl.Struct) else {}
        kept = inside if members is None else {name: inside[name] for name in members}
        types = {**wide, **{name: inside[name] for name in asked.key or ()}, "event": pl.Struct(kept)}
        target = {name: types[name] for name in columns_of(asked.key)}
        super().__init__(pl.Schema({**target, "correlated": CORRELATED}), self._run())
        self.columns = tuple(self._target)
        self._folder = Folder()
        self._store = Store(self._folder)
        self._running = {place: entry for place, entry in enumerate(plan.correlations) if not entry.waits}
        self._events = {place: Events(self._folder, str(place)) for place in self._running}
        self._counts = {place: _Counts() for place in self._running}
        self._users = _users(self._running)
        self._names = {place: (rule.id, _title(rule)) for place, rule in enumerate(plan.rules)}
        self._names |= {-1 - place: (entry.id, _title(entry)) for place, entry in enumerate(plan.correlations)}
        self._shown = _metadata(plan)
        self._files: dict[str | None, int] = {}
        self._readers: dict[object, FieldReader] = {}
        self._schemas: dict[str | None, str | None] = {
            entry["file"]: entry["schema"] for entry in json.loads(base.report())["inputs"]
        }
        self._last_event: tuple[object, object] | None = None
        self._event_count = self._result_count = self._out = 0
        self._over = False

    def progress(self) -> tuple[int, int, int, int, int]:
        """The scan's, with the matches and results that were put out."""
        rows, rows_total, size, size_total, _ = self._base.progress()
        return rows, rows_total, size, size_total, self._out

    def report(self) -> bytes:
        """The scan's, with what correlations did; the matches in all are those that were put out."""
        report = json.loads(self._base.report())
        report["matches"] = self._out
        report["complete"] = report["complete"] and self._over
        report["correlations"] = correlation_reports(self._plan, [rule["state"] for rule in report["rules"]], self._missing)
        for place, counts in self._counts.items():
            report["correlations"][place].update(
                results=counts.results, events=counts.events, without_time=counts.without_time, not_numbers=counts.not_numbers
            )
        return json.dumps(report).encode()

    def close(self) -> None:
        """Stop, and remove what was put aside."""
        self._batches.close()
        self._base.close()
        self._folder.remove()

    def _run(self) -> Generator[pl.DataFrame, None, None]:
        try:
            while (batch := self._base.next_batch()) is not None:
                frame = pl.DataFrame(batch)
                places = frame["rule_id"].cast(pl.Int32)
                self._put_aside(frame, places)
                yield from self._plain(frame, places)
            for place, entry in self._running.items():
                yield from self._results(place, entry)
            self._over = True
        finally:
            self._folder.remove()

    def _plain(self, frame: pl.DataFrame, places: pl.Series) -> Iterator[pl.DataFrame]:
        """Give the matches that are put out, with what they show of their rules."""
        loud = [place for place, rule in enumerate(self._plan.rules) if not rule.silent]
        put_out = frame.filter(places.is_in(loud))
        if put_out.height:
            shown = self._shown[places.filter(places.is_in(loud)).to_list()]
            yield self._finished(put_out, shown, pl.Series("correlated", [None] * put_out.height, CORRELATED))

    def _finished(self, frame: pl.DataFrame, shown: pl.DataFrame, correlated: pl.Series) -> pl.DataFrame:
        """Put matches into the form of the result."""
        self._out += frame.height
        event = frame["event"]
        own = [event.struct.field(name).alias(name) for name in self._asked.key or ()]
        if self._members is not None:
            event = narrowed(event, self._members)
        finished = frame.with_columns(*shown.get_columns(), *own, event, correlated)
        return finished.select(self._target.names()).cast(self._target)

    def _put_aside(self, frame: pl.DataFrame, places: pl.Series) -> None:
        """Keep the matches that correlations refer to."""
        needed = places.is_in(list(self._users))
        if not needed.any():
            return
        kept, kept_places = frame.filter(needed), places.filter(needed)
        for place in kept_places.filter(kept["time"].is_null()).to_list():
            for number, _ in self._users[place]:
                self._counts[number].without_time += 1
        timed = kept["time"].is_not_null()
        kept, kept_places = kept.filter(timed), kept_places.filter(timed)
        if kept.height:
            first = self._store.add(kept.with_columns(kept_places.alias("rule_id").cast(pl.String)))
            numbers = list(range(first, first + kept.height))
            self._feed(kept, kept_places.to_list(), kept_places.to_list(), numbers, self._events_of(kept))

    def _events_of(self, frame: pl.DataFrame) -> list[int]:
        """Number the events of matches: those of one row are one, and they come one after the other."""
        found = []
        for where in zip(frame["file"].to_list(), frame["row"].to_list(), strict=True):
            if where != self._last_event:
                self._last_event = where
                self._event_count += 1
            found.append(self._event_count)
        return found

    def _feed(
        self, frame: pl.DataFrame, sources: Sequence[int], rules: Sequence[int], numbers: Sequence[int], events: Sequence[int]
    ) -> None:
        """Give matches, or results that look like them, to the correlations that refer to their sources."""
        times = frame["time"].dt.epoch("us").to_list()
        files, groups, rows = (frame[name].to_list() for name in ("file", "row_group", "row"))
        by_file: dict[str | None, list[int]] = {}
        for line, file in enumerate(files):
            by_file.setdefault(file, []).append(line)
        collected: dict[int, list[tuple[Any, ...]]] = {}
        for file, lines in by_file.items():
            number = self._files.setdefault(file, len(self._files))
            table: EventTable | None = None
            by_source: dict[tuple[int, int], list[int]] = {}
            for position, line in enumerate(lines):
                by_source.setdefault((sources[line], rules[line]), []).append(position)
            for (source, rule), positions in by_source.items():
                for place, reference in self._users.get(source, ()):
                    entry = self._running[place]
                    one = entry.references[reference]
                    if table is None:
                        table = self._reader(file).table(frame["event"][lines].struct.unnest(), self._asked_for)
                    values = table.values(rule, one, entry, positions)
                    self._count_odd(place, entry, values)
                    collected.setdefault(place, []).extend(
                        (
                            *(value.key, times[line], events[line], reference, source, rule, numbers[line]),
                            *(number, groups[line], rows[line], value.value),
                        )
                        for line, value in zip((lines[position] for position in positions), values, strict=True)
                    )
        for place, records in collected.items():
            self._counts[place].events += len(records)
            self._events[place].add(pl.DataFrame(records, schema=EVENT_SCHEMA, orient="row"))

    def _count_odd(self, place: int, entry: CorrelationEntry, values: list[Values]) -> None:
        """Count the values that are no numbers where numbers are needed."""
        if entry.type in NUMERIC:
            texts = (value.value for value in values)
            self._counts[place].not_numbers += sum(text is not None and not is_number(text) for text in texts)

    def _reader(self, file: str | None) -> FieldReader:
        """Give what reads the fields of an input."""
        said, logsource = self._asked.said_of(file)
        schema = None if said == NO_SCHEMA else self._schemas.get(file)
        key = schema, None if logsource is None else tuple(sorted(logsource.items()))
        if key not in self._readers:
            mapping = next((mapping for mapping in self._asked.mappings if mapping.name == schema), None)
            self._readers[key] = FieldReader(self._plan.rules, mapping, logsource)
        return self._readers[key]

    def _results(self, place: int, entry: CorrelationEntry) -> Iterator[pl.DataFrame]:
        """Evaluate one correlation."""
        files = list(self._files)
        for part in self._events.pop(place).parts():
            found = evaluate(entry, part, self._names, files)
            self._counts[place].results += found.height
            for chunk in found.iter_slices(RESULT_ROWS):
                matches = self._store.fetch(chunk["match"].to_list())
                if matches is None:
                    continue
                source = -1 - place
                if source in self._users:
                    events = list(range(-self._result_count - chunk.height, -self._result_count))
                    self._result_count += chunk.height
                    sources = [source] * chunk.height
                    self._feed(matches, sources, chunk["rule"].to_list(), chunk["match"].to_list(), events)
                if not entry.silent:
                    shown = self._shown[[len(self._plan.rules) + place] * chunk.height]
                    yield self._finished(matches, shown, chunk["correlated"])


def _users(running: Mapping[int, CorrelationEntry]) -> dict[int, list[tuple[int, int]]]:
    """Give, for each rule and (below zero) correlation, the correlations that refer to it, and by which reference."""
    users: dict[int, list[tuple[int, int]]] = {}
    for place, entry in running.items():
        for number, one in enumerate(entry.references):
            users.setdefault(_source(one), []).append((place, number))
    return users


def _source(one: Reference) -> int:
    return one.rule if one.rule is not None else -1 - (one.correlation or 0)


def _metadata(plan: Plan) -> pl.DataFrame:
    """Give what a match shows of its rule: a row a rule, then a row a correlation."""
    everything: tuple[RuleEntry | CorrelationEntry, ...] = (*plan.rules, *plan.correlations)
    rows = [
        {
            "rule_id": one.id,
            "rule_title": _title(one),
            "level": one.level,
            "author": one.author,
            "tags": list(one.tags),
        }
        for one in everything
    ]
    texts = dict.fromkeys(("rule_id", "rule_title", "level", "author"), pl.String())
    return pl.DataFrame(rows, schema={**texts, "tags": pl.List(pl.String())}, orient="row")


def _title(one: RuleEntry | CorrelationEntry) -> str:
    """Give what a match calls its rule; of one without an id the file tells more, as in the core's matches."""
    return one.title if one.id else one.path or one.title
