"""Logon events of two hosts, the rules that find them, and a way to see results in a line each."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import sigtrawl as st

RULES = """\
title: Failed logon
id: 4b1f9f0a-0000-4000-8000-000000000001
name: failed
level: low
logsource: {product: windows, service: security}
detection: {s: {EventID: 4625}, condition: s}
---
title: Logon
id: 4b1f9f0a-0000-4000-8000-000000000002
name: logon
level: medium
logsource: {product: windows, service: security}
detection: {s: {EventID: 4624}, condition: s}
---
title: Cleared
id: 4b1f9f0a-0000-4000-8000-000000000003
level: high
author: Ann
tags: [attack.t1070]
logsource: {product: windows, service: security}
detection: {s: {EventID: 1102}, condition: s}
"""
MANY = """\
title: Many failed logons
id: 4b1f9f0a-0000-4000-8000-000000000011
name: many_failed
level: high
author: Bob
tags: [attack.t1110]
correlation:
  type: event_count
  rules: [failed]
  group-by: [TargetUserName]
  timespan: 10s
  condition: {gte: 3}
"""
THEN = """\
title: Failed logons, then one that works
id: 4b1f9f0a-0000-4000-8000-000000000012
level: critical
correlation:
  type: temporal_ordered
  rules: [many_failed, logon]
  group-by: [TargetUserName]
  timespan: 1m
"""
BEGIN = datetime(2024, 5, 1, 10, tzinfo=UTC)

Row = tuple[float | None, int, str | None]
"""Seconds after the beginning, the event's id, the user."""


def together(*texts: str) -> str:
    """Put documents into one text."""
    return "---\n".join(texts)


@pytest.fixture
def events() -> Callable[..., pl.DataFrame]:
    """Make security events."""

    def made(rows: Sequence[Row], **more: Sequence[Any]) -> pl.DataFrame:
        times = [None if second is None else BEGIN + timedelta(seconds=second) for second, _, _ in rows]
        columns = {
            "Channel": ["Security"] * len(rows),
            "EventID": [number for _, number, _ in rows],
            "TimeCreated_SystemTime": pl.Series(times, dtype=pl.Datetime("us", "UTC")),
            "TargetUserName": pl.Series([user for _, _, user in rows], dtype=pl.String()),
        }
        return pl.DataFrame({**columns, **more})

    return made


@pytest.fixture
def attack(events: Callable[..., pl.DataFrame]) -> pl.DataFrame:
    """Give four failed logons of eve and one that works, two failed ones of bob, and a log that is cleared."""
    rows: list[Row] = [
        (0, 4625, "eve"), (1, 4625, "bob"), (2, 4625, "eve"), (3, 4625, "eve"),
        (4, 4625, "bob"), (5, 4625, "eve"), (30, 4624, "eve"), (31, 4624, "bob"), (40, 1102, None),
    ]  # fmt: skip
    return events(rows)


def results(matches: st.Matches) -> list[tuple[str, int, list[int]]]:
    """Give title, row, and the rows that made it, of each result."""
    return [
        (row["rule_title"], row["row"], [one["row"] for one in row["correlated"]])
        for row in matches.collect()
        if row["correlated"] is not None
    ]
