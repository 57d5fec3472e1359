"""Lazy frames of matches: over Parquet files, read by Sigtrawl's own reader, and over any other lazy frame.

Both are sources of polars: generators that it calls with what the query needs. What of that saves work is taken: columns that
nobody asks for are not read, a limit ends the scan, and a predicate over what rules say of themselves (``level``, ``rule_id``,
…) leaves the other rules out before anything is read. The rest of a predicate is applied to each batch.

A lazy frame has no report. So what a scan would tell there is an error here: an input that was not read to its end, or not at
all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.io.plugins import register_io_source

from sigtrawl import _native
from sigtrawl.correlation.opening import correlating
from sigtrawl.errors import InputError
from sigtrawl.matches import Matches
from sigtrawl.plan import RuleEntry
from sigtrawl.report import ScanReport
from sigtrawl.request import Columns, LogSource, Request, request
from sigtrawl.ruleset import RuleSet, match_in_memory
from sigtrawl.subset import only

if TYPE_CHECKING:
    import os

    from sigtrawl.config import Config

_OF_RULES = ("rule_id", "rule_title", "level", "author", "tags")
_REASONS = 5


def scan_parquet(
    events: Any,
    ruleset: RuleSet,
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    threads: int | None = None,
    memory: int | str | None = None,
    config: "Config | str | os.PathLike[str] | None" = None,
    key: Sequence[str] | None = None,
    storage_options: Mapping[str, str] | None = None,
) -> pl.LazyFrame:
    """Find the matches of rules in Parquet files, as a lazy frame of polars.

    The files are looked at now, as far as their footers, and read when the query runs. It reads what it needs: without the
    column ``event`` no event, with a limit no more than that many matches, and with a predicate over ``rule_id``,
    ``rule_title``, ``level``, ``author`` and ``tags`` alone only the rules that satisfy it.

    Args:
        events: A file, a folder, a glob, or a list of these.
        ruleset: The rules.
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        columns: As in `sigtrawl.scan`.
        threads: As in `sigtrawl.scan`.
        memory: As in `sigtrawl.scan`.
        config: As in `sigtrawl.scan`.
        key: As in `sigtrawl.scan`.
        storage_options: As in `sigtrawl.scan`.

    Returns:
        A frame with the columns of `sigtrawl.Matches`, in the same order of rows.

    Raises:
        InputError: As in `sigtrawl.scan`; and, when the query runs, an input cannot be read to its end.
        NothingToRun: As in `sigtrawl.scan`.
        SchemaError: As in `sigtrawl.scan`.
        TypeError: ``events`` are no paths.
    """
    from sigtrawl.api import as_paths, scan_paths

    asked = request(
        schema=schema,
        logsource=logsource,
        columns=columns,
        threads=threads,
        memory=memory,
        config=config,
        key=key,
        storage_options=storage_options,
    )
    paths = as_paths(events)
    if paths is None:
        kind = type(events)
        message = f"scan_parquet reads files, and this is a {kind.__module__}.{kind.__qualname__}; use ruleset.match(data)"
        raise TypeError(message)
    return _lazily(ruleset, asked, lambda rules, asked: scan_paths(rules, paths, asked))


def match_frame(frame: pl.LazyFrame, ruleset: RuleSet, asked: Request) -> pl.LazyFrame:
    """Find the matches of rules in the rows of a lazy frame."""
    schema = frame.collect_schema()

    def open_matches(rules: RuleSet, asked: Request) -> Matches:
        if correlating(rules) is not None:
            return match_in_memory(rules, frame.collect(engine="streaming"), asked)
        wanted = frame
        if asked.columns != "all":
            names, asked = _needed(schema, rules, asked)
            wanted = frame.select(names)
        return match_in_memory(rules, _fit(wanted).collect_batches(maintain_order=True), asked)

    def fixed(rules: RuleSet, asked: Request) -> Matches:
        return match_in_memory(rules, schema.to_frame(), asked)

    return _lazily(ruleset, asked, open_matches, fixed)


def _lazily(
    ruleset: RuleSet,
    asked: Request,
    open_matches: Callable[[RuleSet, Request], Matches],
    open_empty: Callable[[RuleSet, Request], Matches] | None = None,
) -> pl.LazyFrame:
    """Make a source of matches."""
    with (open_empty or open_matches)(ruleset, asked) as matches:
        schema = pl.Schema(matches)

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        del batch_size  # the batches are as large as it suits the scan
        seen = list(schema) if with_columns is None else with_columns
        read = {*seen, *(() if predicate is None else predicate.meta.root_names())}
        less = asked if "event" in read else replace(asked, columns=())
        rules = ruleset if predicate is None else _satisfying(ruleset, predicate)
        left = n_rows
        # Without a rule there is nothing to open, and no input that could fail.
        if len(rules) == 0 < len(ruleset):
            yield pl.DataFrame(schema=schema).select(seen)
            return
        with open_matches(rules, less) as matches:
            for batch in matches.batches():
                found = pl.DataFrame(batch)
                if predicate is not None:
                    found = found.filter(predicate)
                if left is not None:
                    found = found.head(left)
                    left -= found.height
                yield found.select(seen)
                if left == 0:
                    return
            _demand_whole(matches)

    return register_io_source(source, schema=schema)


def _satisfying(ruleset: RuleSet, predicate: pl.Expr) -> RuleSet:
    """Leave out the rules of which no match would be kept, where the predicate is about rules alone."""
    if not set(predicate.meta.root_names()) <= set(_OF_RULES) or correlating(ruleset) is not None:
        return ruleset
    plan = ruleset.plan()
    rows = [(rule.id, _title(rule), rule.level, rule.author, list(rule.tags)) for rule in plan.rules]
    texts = dict.fromkeys(_OF_RULES[:-1], pl.String())
    rules = pl.DataFrame(rows, schema={**texts, "tags": pl.List(pl.String())}, orient="row").with_row_index("sigtrawl place")
    kept = rules.filter(predicate)["sigtrawl place"].to_list()
    return ruleset if len(kept) == len(plan.rules) else RuleSet.from_plan(only(plan, kept))


def _title(rule: RuleEntry) -> str:
    """Give what a match calls its rule."""
    return rule.title if rule.id else rule.path or rule.title


def _demand_whole(matches: Matches) -> None:
    """Raise where not everything was read.

    Raises:
        InputError: An input was not read to its end.
    """
    unread = matches.report.unread
    if unread:
        told = [f"{entry.file or 'the data'}: {entry.reason}" for entry in unread[:_REASONS]]
        more = [f"and {len(unread) - _REASONS} more"] if len(unread) > _REASONS else []
        message = "not all of the input was read: " + "; ".join([*told, *more])
        raise InputError(message)


def _needed(schema: pl.Schema, ruleset: RuleSet, asked: Request) -> tuple[list[str], Request]:
    """Name the columns of a frame that its matches need, and how to ask for the matches of these columns alone."""
    bound = _native.Scanner(ruleset.native, schema, asked.options())
    table = ScanReport.from_json(bound.report()).inputs[0]
    if table.schema is None and asked.schema is None:
        return list(schema), asked  # what a table is not recognised by cannot be told by name
    own = [] if isinstance(asked.columns, str) else asked.columns
    wanted = {*bound.columns(), *(path.partition(".")[0] for path in table.time), *table.time, *own, *(asked.key or ())}
    return [name for name in schema if name in wanted], replace(asked, schema=table.schema or asked.schema, own=())


def _fit(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Give columns of type Null a type that can be handed over."""
    from sigtrawl.exports import typed

    changed = [pl.col(name).cast(typed(dtype)) for name, dtype in frame.collect_schema().items() if typed(dtype) != dtype]
    return frame.with_columns(changed) if changed else frame
