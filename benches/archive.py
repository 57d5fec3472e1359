#!/usr/bin/env python
"""Writes the archives that benchmarks run on, and states what was planted in them.

    python benches/archive.py target/benches/process --shape process --rows 10_000_000
    python benches/archive.py target/benches/second --shape second --rows 10_000_000
    python benches/archive.py target/benches/mixed --shape mixed --rows 1_000_000 --compression snappy

An archive is a folder: Parquet files, and `archive.json` with the plants, the arguments and the versions of the writers. The
second archive is three files by three writers with row groups of three sizes, unless a writer is named. The same arguments give
the same events; the folder is left alone where its `archive.json` says that it was made by them.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from race.writers import WRITERS, Part, write_part
from sigtrawl.archive.shapes import SHAPES, Recipe, Shape, recipe
from sigtrawl.archive.sink import COMPRESSIONS, ROW_GROUP, Compression

MANIFEST = "archive.json"
VERSION = 1
"""To be raised when the generator makes other events from the same arguments."""

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of an archive: what is made anew when one of them changes."""

    shape: Shape
    rows: int
    seed: int
    compression: Compression
    row_group: int | None
    writer: str | None
    matches: int | None
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that lies on disk.

    Attributes:
        folder: Where.
        asked: How it was made.
        files: Its Parquet files, in order.
        rows: The rows of each file.
        planted: For each file: rule id → the rows that the rule must match.
        size: Bytes of the files.
    """

    folder: Path
    asked: Asked
    files: tuple[Path, ...]
    rows: tuple[int, ...]
    planted: tuple[dict[str, list[int]], ...]
    size: int

    def matches(self, rule: str) -> int:
        """How many rows were planted for a rule."""
        return sum(len(places.get(rule, ())) for places in self.planted)

    @property
    def rules(self) -> frozenset[str]:
        """The rules that something was planted for."""
        return frozenset(rule for places in self.planted for rule in places)


def make(folder: Path, asked: Asked) -> Archive:
    """Writes an archive, or takes the one that is there already."""
    if (folder / MANIFEST).exists() and _manifest(folder)["asked"] == asdict(asked):
        return read(folder)
    if folder.exists():
        if not (folder / MANIFEST).exists() and any(folder.iterdir()):
            sys.exit(f"{folder} is no archive of this program, and not empty; name another folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    started = time.perf_counter()
    files = []
    for part, made in _parts(asked):
        path = folder / f"{part.writer}-{part.row_group}.parquet"
        version = write_part(made, path, part)
        planted = {rule: list(rows) for rule, rows in made.matches.items()}
        told = {"name": path.name, "rows": made.rows, "writer": version, "row_group": part.row_group, "planted": planted}
        files.append(told)
    seconds = time.perf_counter() - started
    (folder / MANIFEST).write_text(json.dumps({"asked": asdict(asked), "seconds": seconds, "files": files}), encoding="utf-8")
    return read(folder)


def _parts(asked: Asked) -> Iterator[tuple[Part, Recipe]]:
    """Tells the files of an archive."""
    if asked.writer is None and asked.shape == "second":
        kinds = [("polars", 1 << 20), ("pyarrow", 250_000), ("duckdb", 122_880)]
    else:
        kinds = [(asked.writer or "polars", ROW_GROUP)]
    bounds = [asked.rows * n // len(kinds) for n in range(len(kinds) + 1)]
    for place, (writer, row_group) in enumerate(kinds):
        made = recipe(asked.shape, bounds[place + 1] - bounds[place], seed=asked.seed + 1000 * place, matches=asked.matches)
        yield Part(writer, asked.compression, asked.row_group or row_group), made


def read(folder: Path) -> Archive:
    """Reads what is said of an archive."""
    said = _manifest(folder)
    files = tuple(folder / file["name"] for file in said["files"])
    return Archive(
        folder,
        Asked(**said["asked"]),
        files,
        tuple(file["rows"] for file in said["files"]),
        tuple(file["planted"] for file in said["files"]),
        sum(file.stat().st_size for file in files),
    )


def _manifest(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return said


def main() -> int:
    """Makes what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the archive goes")
    parser.add_argument("--shape", choices=SHAPES, default="process")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compression", choices=COMPRESSIONS, default="zstd")
    parser.add_argument("--row-group", type=int, help=f"rows of a row group; by default {ROW_GROUP:,}")
    parser.add_argument("--writer", choices=WRITERS, help="by default polars; the second archive is by all three")
    parser.add_argument("--matches", type=int, help="rows to plant for each rule; by default one in 20,000, at least 20")
    given = parser.parse_args()
    asked = Asked(given.shape, given.rows, given.seed, given.compression, given.row_group, given.writer, given.matches)
    archive = make(given.folder, asked)
    seconds = _manifest(given.folder)["seconds"]
    print(f"{archive.folder}: {asked.rows:,} rows, {archive.size / MIB:,.0f} MiB, made at {asked.rows / seconds:,.0f} rows/s")
    for rule in sorted(archive.rules):
        print(f"  {rule}: {archive.matches(rule):,} planted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
