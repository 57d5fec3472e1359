"""``frame.sigtrawl``: matching where the frame is, eager or lazy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from sigtrawl.request import Columns, LogSource, request
from sigtrawl.ruleset import RuleSet

if TYPE_CHECKING:
    import os


class FrameNamespace:
    """What a `polars.DataFrame` of events can be asked."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def match(
        self,
        ruleset: RuleSet,
        *,
        schema: "str | os.PathLike[str] | None" = None,
        logsource: LogSource | None = None,
        columns: Columns = "all",
        threads: int | None = None,
        key: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Find the matches, one row for each rule and event; ``row`` is the number of the row in the frame.

        The arguments and errors are those of `sigtrawl.RuleSet.match`, which also gives a report.
        """
        matches = ruleset.match(self._frame, schema=schema, logsource=logsource, columns=columns, threads=threads, key=key)
        return matches.to_polars()

    def any(
        self,
        ruleset: RuleSet,
        *,
        schema: "str | os.PathLike[str] | None" = None,
        logsource: LogSource | None = None,
        min_level: str | None = None,
    ) -> pl.DataFrame:
        """Keep the rows that some rule matches; see `sigtrawl.RuleSet.expr`."""
        return self._frame.filter(ruleset.expr("any", schema=schema, logsource=logsource, min_level=min_level))


class LazyNamespace:
    """What a `polars.LazyFrame` of events can be asked."""

    def __init__(self, frame: pl.LazyFrame) -> None:
        self._frame = frame

    def match(
        self,
        ruleset: RuleSet,
        *,
        schema: "str | os.PathLike[str] | None" = None,
        logsource: LogSource | None = None,
        columns: Columns = "all",
        threads: int | None = None,
        key: Sequence[str] | None = None,
    ) -> pl.LazyFrame:
        """Find the matches, one row for each rule and event; ``row`` is the number of the row in what this frame would collect.

        The events are streamed through the matcher when the query runs; correlations collect them first. The arguments and
        errors are those of `sigtrawl.RuleSet.match`.
        """
        from sigtrawl.polars.source import match_frame

        asked = request(schema=schema, logsource=logsource, columns=columns, threads=threads, key=key)
        return match_frame(self._frame, ruleset, asked)

    def any(
        self,
        ruleset: RuleSet,
        *,
        schema: "str | os.PathLike[str] | None" = None,
        logsource: LogSource | None = None,
        min_level: str | None = None,
    ) -> pl.LazyFrame:
        """Keep the rows that some rule matches; see `sigtrawl.RuleSet.expr`."""
        return self._frame.filter(ruleset.expr("any", schema=schema, logsource=logsource, min_level=min_level))


def register() -> None:
    """Put the namespace into polars; to do it again changes nothing."""
    if getattr(pl.DataFrame, "sigtrawl", None) is None:
        pl.api.register_dataframe_namespace("sigtrawl")(FrameNamespace)
        pl.api.register_lazyframe_namespace("sigtrawl")(LazyNamespace)
