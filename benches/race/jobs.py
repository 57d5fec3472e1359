"""One run of one engine: what it is told, and what it tells back. It crosses a process boundary, so it is plain data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

Pairs: TypeAlias = list[tuple[int, int]]
"""(row, rule): a rule is its place in the Plan, a row is counted through all files."""


@dataclass(frozen=True, slots=True)
class Job:
    """What an engine runs.

    Attributes:
        engine: Its name, of `engines.NAMES`.
        files: The Parquet files, or one file of NDJSON for engines that read no Parquet.
        rules: The compiled rules.
        threads: How many threads may work.
        places: The rules that take part, by their places in the Plan; None: all.
        pairs: Whether to tell every (row, rule); else matches are counted and the time is taken.
        more: What a single engine wants to know besides.
    """

    engine: str
    files: tuple[str, ...]
    rules: str
    threads: int = 2
    places: tuple[int, ...] | None = None
    pairs: bool = False
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Found:
    """What an engine found.

    Attributes:
        matches: How many (row, rule) pairs, or rows where the engine only says that some rule matches.
        pairs: All of them, where they were asked for.
        untranslated: Places of rules that the engine has no words for, and why.
        notes: Anything that belongs into the record: times of the core's own report, what a stand-in is.
    """

    matches: int
    pairs: Pairs | None = None
    untranslated: dict[int, str] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """What came out of one run.

    Attributes:
        found: The answer.
        seconds: From the first look at the events to the last match; loading rules and libraries is not in it.
        peak: The most memory that the process had resident, in bytes.
        version: The engine and its version.
    """

    found: Found
    seconds: float
    peak: int
    version: str


class Engine(Protocol):
    """What a module of `engines` gives: one class of this form for each way of running."""

    def version(self) -> str:
        """Names the library and its version.

        Raises:
            Absent: It cannot be run here.
        """

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Loads, translates and compiles everything that is not the race itself."""


class AbsentError(Exception):
    """An engine that cannot be run here; the message says why."""


def absolute(paths: list[Path]) -> tuple[str, ...]:
    """Gives paths as jobs carry them."""
    return tuple(str(path.resolve()) for path in paths)
