"""Makes the sample archives, scans them through the public interface, and holds the answer against what was planted."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from sigtrawl.archive import Planted, generate
from sigtrawl.archive.names import Names
from sigtrawl.archive.plants import NETCAT
from sigtrawl.demo.netcat import QUERY, RULE, asked
from sigtrawl.matches import Matches

ROWS = 200_000
"""Events of a sample archive: made and scanned in a second or two, and enough to look like a day of a small office."""

_SEED = 2026


@dataclass(frozen=True)
class Scan:
    """One sample archive and what a scan of it found.

    Attributes:
        planted: The archive, and the rows that must match.
        matches: The matches, collected.
        rows: The rows that matched, in order.
        seconds: How long the scan took, rules not included.
    """

    planted: Planted
    matches: Matches
    rows: tuple[int, ...]
    seconds: float

    @property
    def agrees(self) -> bool:
        """Whether the scan found what was planted and nothing else."""
        return self.rows == self.planted.matches[NETCAT]


@dataclass(frozen=True)
class Demo:
    """What a demonstration did.

    Attributes:
        rule: The file of the rule.
        query: The file of the query that means the same.
        sysmon: The scan of the events under Sysmon's column names.
        asim: The scan of the same events under ASIM's.
    """

    rule: Path
    query: Path
    sysmon: Scan
    asim: Scan

    @property
    def agrees(self) -> bool:
        """Whether both scans found what was planted and nothing else."""
        return self.sysmon.agrees and self.asim.agrees

    def reasons(self) -> list[tuple[str, str, str, int]]:
        """Each alternative of the query with the number of matches that it is true of; one match may have several.

        Returns:
            (column, `endswith` or `contains`, text, matches), in the query's order.
        """
        import polars as pl

        events = self.sysmon.matches.to_polars().select(pl.col("event").struct.unnest())
        counted = []
        for column, operator, text in asked():
            values = events[column].str.to_lowercase()
            wanted = text.lower()
            true = values.str.ends_with(wanted) if operator == "endswith" else values.str.contains(wanted, literal=True)
            counted.append((column, operator, text, int(true.sum())))
        return counted


def run(directory: str | os.PathLike[str], *, rows: int = ROWS) -> Demo:
    """Generates the sample archives into a folder, beside the rule and the query, and scans them.

    Args:
        directory: Where to; it is made if it is not there, and files of an earlier run are replaced.
        rows: Events of each archive.

    Raises:
        OSError: A file cannot be written.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    rule, query = folder / "netcat.yml", folder / "netcat.kql"
    rule.write_text(RULE, encoding="utf-8")
    query.write_text(QUERY, encoding="utf-8")
    return Demo(rule, query, _scan(folder, rule, rows, "sysmon"), _scan(folder, rule, rows, "asim"))


def _scan(folder: Path, rule: Path, rows: int, names: Names) -> Scan:
    import sigtrawl

    planted = generate(folder / f"{names}.parquet", rows, seed=_SEED, names=names)
    ruleset = sigtrawl.compile(sigtrawl.load_rules([rule]))
    started = time.perf_counter()
    matches = sigtrawl.scan(planted.path, ruleset).collect()
    seconds = time.perf_counter() - started
    return Scan(planted, matches, tuple(matches.to_polars()["row"].to_list()), seconds)
