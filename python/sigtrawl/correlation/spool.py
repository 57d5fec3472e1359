"""Matches that wait for the end of a scan, outside of memory.

There are two kinds of them. The `Events` of a correlation are narrow: a group, a time, and where the match is. They are cut
into parts by their group once they are many, so that a part can be sorted and searched alone. The `Store` holds the matches
themselves, as they will be shown, to be fetched by number: a result looks like the last match of its window.

Everything lies in one temporary folder, made when the first file is written and removed with the owner.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

EVENT_SCHEMA = {
    "key": pl.String(),
    "time": pl.Int64(),
    "event": pl.Int64(),
    "reference": pl.Int32(),
    "source": pl.Int32(),
    "rule": pl.Int32(),
    "match": pl.Int64(),
    "file": pl.Int32(),
    "row_group": pl.Int32(),
    "row": pl.Int64(),
    "value": pl.String(),
}
"""An event of a correlation: its group, its time in microseconds, which of several matches are one event, which reference it is a
match of, which rule (or, below zero, correlation) that is, the rule in the end, the number of the match, where it is, the
value."""

PARTS = 64
"""So many parts a correlation: a hundred million matches are then parts of about a gigabyte at most."""

BUFFERED_ROWS = 500_000
"""So many events of a correlation, some fifty megabytes, stay in memory before they are cut into parts."""

STORED_ROWS = 32_768
"""So many matches are one file of the store."""


class Folder:
    """A temporary folder that is there when somebody needs it."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._removal: weakref.finalize[..., object] | None = None

    @property
    def path(self) -> Path:
        """The folder, made now if it was not there."""
        if self._path is None:
            self._path = Path(tempfile.mkdtemp(prefix="sigtrawl-"))
            self._removal = weakref.finalize(self, shutil.rmtree, self._path, ignore_errors=True)
        return self._path

    def remove(self) -> None:
        """Remove it with all that is in it."""
        if self._removal is not None:
            self._removal()


class Events:
    """The events of one correlation."""

    def __init__(self, folder: Folder, name: str, buffered: int = BUFFERED_ROWS) -> None:
        self._folder = folder
        self._name = name
        self._buffered = buffered
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self._written = 0
        self._in_parts: dict[int, list[Path]] = {}

    def add(self, frame: pl.DataFrame) -> None:
        """Take events."""
        self._frames.append(frame)
        self._rows += frame.height
        if self._rows >= self._buffered:
            self._cut()

    def parts(self) -> Iterator[pl.DataFrame]:
        """Give all events, the groups of each part whole, and let go of them."""
        if not self._in_parts:
            frames, self._frames = self._frames, []
            if frames:
                yield pl.concat(frames)
            return
        self._cut()
        for _, paths in sorted(self._in_parts.items()):
            yield pl.concat([pl.read_ipc(path) for path in paths])
            for path in paths:
                path.unlink()
        self._in_parts = {}

    def _cut(self) -> None:
        if not self._frames:
            return
        whole = pl.concat(self._frames).with_columns((pl.col("key").hash(seed=0) % PARTS).cast(pl.Int32).alias("part"))
        for (part,), frame in whole.partition_by("part", as_dict=True, include_key=False).items():
            path = self._folder.path / f"{self._name}-{part}-{self._written}.ipc"
            frame.write_ipc(path, compression="lz4")
            self._in_parts.setdefault(int(str(part)), []).append(path)
        self._written += 1
        self._frames, self._rows = [], 0


class Store:
    """Matches by number."""

    def __init__(self, folder: Folder, rows: int = STORED_ROWS) -> None:
        self._folder = folder
        self._limit = rows
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self._files: list[Path] = []
        self._starts: list[int] = [0]

    def add(self, frame: pl.DataFrame) -> int:
        """Take matches; they are numbered on from the number that comes back."""
        first = self._starts[-1] + self._rows
        self._frames.append(frame)
        self._rows += frame.height
        if self._rows >= self._limit:
            path = self._folder.path / f"matches-{len(self._files)}.ipc"
            pl.concat(self._frames).write_ipc(path, compression="lz4")
            self._files.append(path)
            self._starts.append(self._starts[-1] + self._rows)
            self._frames, self._rows = [], 0
        return first

    def fetch(self, numbers: Sequence[int]) -> pl.DataFrame | None:
        """Give matches in the order asked for, or None of no numbers; each file that holds some of them is read once."""
        wanted = pl.DataFrame({"match": numbers}, schema={"match": pl.Int64()}).with_row_index("order")
        found = []
        for place, start in enumerate(self._starts):
            stop = self._starts[place + 1] if place + 1 < len(self._starts) else start + self._rows
            here = wanted.filter(pl.col("match").is_between(start, stop, closed="left"))
            if here.height:
                frame = pl.read_ipc(self._files[place]) if place < len(self._files) else pl.concat(self._frames)
                rows = frame[(here["match"] - start).to_list()]
                found.append(rows.with_columns(here["order"].alias("order")))
        return pl.concat(found).sort("order").drop("order") if found else None
