"""Rules and events for tables, and what plain Parquet of the same rows gives."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

import sigtrawl as st

Pairs: TypeAlias = set[tuple[str, int]]
Told: TypeAlias = Callable[[pl.DataFrame], Pairs]

COLUMNS: tuple[Any, ...] = ("all", "used", [])

RULES = """\
title: Netcat
id: e31033fc-33f0-4020-9a16-faf9b31cbf08
level: high
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: '\\nc.exe'
  condition: selection
---
title: A word in any column
id: 502b42de-4306-40b4-9596-6f590c81f073
level: low
logsource: {category: process_creation, product: windows}
detection:
  keywords: [secret]
  condition: keywords
---
title: Nobody's
id: 11111111-4306-40b4-9596-6f590c81f073
level: medium
logsource: {category: process_creation, product: windows}
detection:
  selection:
    User: null
  filter:
    Image|endswith: '\\nc.exe'
  condition: selection and not filter
---
title: A high number
id: 22222222-4306-40b4-9596-6f590c81f073
level: medium
logsource: {category: process_creation, product: windows}
detection:
  selection:
    ProcessId|gte: 25
  condition: selection
"""


@pytest.fixture(scope="session")
def ruleset() -> st.RuleSet:
    """Give rules that look at text, at all columns, at nulls and at a number."""
    return st.compile(st.rules_from_yaml(RULES, name="lake.yml"))


@pytest.fixture(scope="session")
def told(ruleset: st.RuleSet, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Say which rules match which rows, by a scan of them as plain Parquet."""

    def scanned(rows: pl.DataFrame) -> Pairs:
        path = tmp_path_factory.mktemp("plain") / "rows.parquet"
        rows.write_parquet(path)
        found = pairs(st.scan(path, ruleset, key=["id"]))
        assert len({rule for rule, _ in found}) >= 3, "rows that tell too little"
        return found

    return scanned


def events(count: int = 40, first: int = 0) -> pl.DataFrame:
    """Make Sysmon process events with an id each."""
    ids = range(first, first + count)
    return pl.DataFrame(
        {
            "id": list(ids),
            "Channel": ["Microsoft-Windows-Sysmon/Operational"] * count,
            "EventID": pl.Series([1] * count, dtype=pl.Int32),
            "Image": [rf"C:\t\{'nc' if one % 3 == 0 else 'other'}.exe" for one in ids],
            "CommandLine": ["tell no secret" if one % 5 == 0 else "-h" for one in ids],
            "User": [None if one % 4 == 0 else "who" for one in ids],
            "ProcessId": pl.Series(list(ids), dtype=pl.Int32),
            "day": [f"2026-05-0{1 + one % 3}" for one in ids],
        }
    )


def long_events(count: int) -> pl.DataFrame:
    """Make events that all match and are too long to be read ahead of whoever takes the matches."""
    return events(count).with_columns(Image=pl.lit(r"C:\nc.exe"), CommandLine=pl.lit("long " * 500))


def pairs(matches: st.Matches) -> Pairs:
    """Give the rules and the rows of matches; each pair comes once."""
    found = matches.to_polars().select("rule_id", "id").rows()
    assert len(found) == len(set(found))
    assert matches.report.complete
    return set(found)


def files_below(folder: Path) -> list[Path]:
    """List the Parquet files of a table."""
    return sorted(folder.rglob("*.parquet"))
