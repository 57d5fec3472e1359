"""Archives that are made to hurt (T9): much to look at twice, everything the same, one huge value, no ASCII.

Each comes in two sizes, the larger four times the smaller: a cost that grows faster than the data is found by their ratio. All
are process creations, so that the rules of the race look at them.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from sigtrawl.archive.mixing import mix_int
from sigtrawl.plan import Plan

SIZES = (16 << 20, 64 << 20)
"""Bytes of command lines."""

_LINE = 200


def archives(folder: Path, plan: Plan) -> Iterator[tuple[str, int, Path]]:
    """Writes each archive in each size where it is not there, and tells (kind, bytes, file)."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, lines in kinds(plan).items():
        for size in SIZES:
            path = folder / f"{kind}-{size >> 20}.parquet"
            if not path.exists():
                _events(lines(size)).write_parquet(path, compression="zstd")
            yield kind, size, path


def kinds(plan: Plan) -> dict[str, Callable[[int], list[str]]]:
    """What makes the command lines of each kind, for so many bytes."""
    return {
        "candidates": lambda size: _candidates(plan, size),
        "one byte": lambda size: ["a" * _LINE] * (size // _LINE),
        "one huge value": lambda size: ["x", _pattern(size), "x"],
        "no ASCII": lambda size: [
            "".join(chr(0x430 + (row + place) % 32) for place in range(_LINE // 2)) for row in range(size // _LINE)
        ],
    }


def _candidates(plan: Plan, size: int) -> list[str]:
    """Lines of literals without their last letter: what a filter stops at and no rule means."""
    texts = sorted(
        {str(p.value)[:-1] for p in plan.predicates if p.field == "CommandLine" and p.op == "contains" and len(str(p.value)) > 4}  # noqa: PLR2004
    )
    lines: list[str] = []
    done, drawn = 0, 0
    while done < size:
        line = ""
        while len(line) < _LINE:
            line += texts[mix_int(drawn) % len(texts)]
            drawn += 1
        lines.append(line)
        done += len(line.encode())
    return lines


def _pattern(size: int) -> str:
    piece = "".join(f"-opt{mix_int(n) % 1000} C:\\Data\\{n}.bin " for n in range(5000))
    return (piece * math.ceil(size / len(piece)))[:size]


def _events(lines: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"CommandLine": lines}).select(
        pl.lit("Microsoft-Windows-Sysmon/Operational").alias("Channel"),
        pl.lit(1, pl.Int64).alias("EventID"),
        pl.lit("C:\\Tools\\program.exe").alias("Image"),
        "CommandLine",
    )
