"""A stream of matches that are made in polars, for what `sigtrawl.matches.Stream` asks of one.

The core's own stream hands out record batches. The reference evaluator and correlations work on frames, whose library speaks of
streams only; what both need for that is here.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """A batch of matches in a polars frame."""

    frame: pl.DataFrame

    @property
    def num_rows(self) -> int:
        """How many matches it holds."""
        return self.frame.height

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The frame's stream."""
        return self.frame.__arrow_c_stream__(requested_schema)


def members_of(schema: pl.Schema) -> list[str]:
    """Name the members of a match's event."""
    event = schema["event"]
    return [field.name for field in event.fields] if isinstance(event, pl.Struct) else []


def keyed(frame: pl.DataFrame, key: Sequence[str], target: pl.Schema) -> pl.DataFrame:
    """Put the columns of a key, which are members of the events, in the place of where the events lie."""
    event = frame["event"]
    own = [event.struct.field(name).alias(name) for name in key]
    return frame.with_columns(*own, narrowed(event, members_of(target))).select(target.names()).cast(target)


def narrowed(event: pl.Series, members: Sequence[str]) -> pl.Series:
    """Keep some members of a struct."""
    if not members:
        return pl.Series("event", [{}] * len(event), pl.Struct([]))
    return event.struct.unnest().select(members).to_struct("event")


class FrameStream:
    """The part of a stream that gives out what a generator of frames makes."""

    def __init__(self, target: pl.Schema, batches: Generator[pl.DataFrame, None, None]) -> None:
        """Take the schema of all frames, and what makes them."""
        self._target = target
        self._batches = batches

    def __arrow_c_schema__(self) -> object:
        """The schema of all batches."""
        return self._target.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rest of the matches."""
        empty = pl.DataFrame(schema=self._target)
        return pl.concat([empty, *self._batches]).__arrow_c_stream__(requested_schema)

    def next_batch(self) -> FrameBatch | None:
        """The next matches, or None at the end."""
        frame = next(self._batches, None)
        return None if frame is None else FrameBatch(frame)
