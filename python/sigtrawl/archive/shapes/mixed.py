"""All that a Windows host logs in one table, in the shares and with the repetition of real hosts.

Each row is of one source, drawn by weight; a source makes its rows' columns and leaves the others null. Of ten thousand events
some 4,270 are accesses to processes, 1,970 to the registry, 1,320 loads of libraries, 370 pipelines of PowerShell, and 94
creations of processes, as in the measured logs; nine of ten have the text that the event viewer shows (`Message`), most of
them one of their own.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from sigtrawl.archive.events import scatter_rows
from sigtrawl.archive.mixing import draw, look_up
from sigtrawl.archive.shapes.sources import SCHEMA, SOURCES, Common, message

if TYPE_CHECKING:
    from collections.abc import Mapping

_WEIGHTS = 10_000


class Mixed:
    """The background of one mixed archive."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._names = [source.name for source in SOURCES]
        drawn = [number for number, source in enumerate(SOURCES) for _ in range(source.weight)]
        self._drawn = pl.Series("source", drawn, dtype=pl.UInt8)

    @cached_property
    def _common(self) -> Common:
        return Common(self._seed)

    def sources(self) -> frozenset[str]:
        """All of a host."""
        return frozenset(self._names)

    def chunk(self, first: int, rows: int, forced: Mapping[int, str]) -> pl.DataFrame:
        """Makes rows, each of the source that it draws or is told."""
        scattered = scatter_rows(first, rows, self._seed)
        source = scattered.select(look_up(self._drawn, draw(pl.col("b"), 20, _WEIGHTS))).to_series()
        if forced:
            source = source.scatter(list(forced), [self._names.index(name) for name in forced.values()])
        parts = [
            self._part(number, scattered.filter(source == number))
            for number in range(len(SOURCES))
            if rows == 0 or (source == number).any()
        ]
        together = pl.concat(parts, how="diagonal")
        absent = [pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in together.columns]
        return together.sort("row").with_columns(absent).select(SCHEMA.keys())

    def _part(self, number: int, rows: pl.DataFrame) -> pl.DataFrame:
        source = SOURCES[number]
        made = source.make(self._common.of(rows), self._common)
        channel = pl.lit(source.channel).alias("Channel")
        with_channel = made.with_columns(channel, pl.col("EventID").cast(pl.Int64))
        return with_channel.with_columns(message(source.title, source.shown, source.own)) if source.title else with_channel
