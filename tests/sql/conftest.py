"""Small rules and events for the tests of SQL engines, and a larger archive with known matches."""

from pathlib import Path
from typing import Any

import pytest

import sigtrawl as st
from sigtrawl import archive

NETCAT, FROM_D, NO_USER, ODD = (f"00000000-0000-4000-8000-00000000000{number}" for number in range(4))
CHANNEL = "Microsoft-Windows-Sysmon/Operational"
RULES = f"""\
title: Netcat
id: {NETCAT}
level: high
author: frack113
tags: [attack.command-and-control, attack.t1095]
logsource: {{category: process_creation, product: windows}}
detection:
  selection:
    Image|endswith: ['\\nc.exe', '\\ncat.exe']
  condition: selection
---
title: Any program from D
id: {FROM_D}
level: low
logsource: {{category: process_creation, product: windows}}
detection:
  selection:
    Image|startswith: 'd:'
  condition: selection
---
title: Without a user
id: {NO_USER}
level: medium
logsource: {{category: process_creation, product: windows}}
detection:
  selection:
    User: null
  filter:
    CommandLine|contains: harmless
  condition: selection and not filter
"""
CORRELATION = f"""\
title: Netcat
id: {NETCAT}
name: netcat
logsource: {{category: process_creation, product: windows}}
detection:
  selection:
    Image|endswith: '\\nc.exe'
  condition: selection
---
title: Twice
id: {FROM_D}
correlation:
  type: event_count
  rules: [netcat]
  group-by: [Computer]
  timespan: 1h
  condition: {{gte: 2}}
"""
# Sigma itself has no such fields; with schema="none" a field is the column of its name.
STRANGE = f"""\
title: Odd names
id: {ODD}
logsource: {{category: process_creation}}
detection:
  name:
    'a "b" c': strange
  member:
    outer.inner|contains: deep
  element:
    list: second
  condition: 1 of them
"""


@pytest.fixture(scope="session")
def ruleset() -> st.RuleSet:
    """Three rules; one is true where a column is null, and only where another one is not what it excludes."""
    return st.compile(st.rules_from_yaml(RULES))


@pytest.fixture(scope="session")
def strange() -> st.RuleSet:
    """A rule on columns that need quotes, or hold others."""
    return st.compile(st.rules_from_yaml(STRANGE))


@pytest.fixture(scope="session")
def events() -> Any:
    """Six Sysmon process events, with an id."""
    pa = pytest.importorskip("pyarrow")
    images = [r"C:\t\nc.exe", r"C:\notepad.exe", None, r"D:\NCAT.EXE", r"d:\x.exe", r"C:\calc.exe"]
    users = ["ann", None, None, "bob", "bob", None]
    lines = ["a", "harmless", None, "d", "e", "f"]
    rows = range(len(images))
    return pa.table(
        {
            "id": pa.array([100 + row for row in rows], pa.int64()),
            "Channel": [CHANNEL for _ in rows],
            "EventID": pa.array([1 for _ in rows], pa.int64()),
            "UtcTime": [f"2024-05-01 10:00:0{row}.250" for row in rows],
            "Computer": [f"host-{row % 2}" for row in rows],
            "Image": images,
            "CommandLine": lines,
            "User": users,
        }
    )


@pytest.fixture(scope="session")
def pairs() -> set[tuple[str, int]]:
    """Which rule matches which id of `events`."""
    return {(NETCAT, 100), (NETCAT, 103), (FROM_D, 103), (FROM_D, 104), (NO_USER, 102), (NO_USER, 105)}


@pytest.fixture(scope="session")
def odd_events() -> Any:
    """Three rows; the strange rule matches the first by a name, the second by a member, and the third by an element."""
    pa = pytest.importorskip("pyarrow")
    return pa.table(
        {
            'a "b" c': ["strange", "x", None],
            "outer": pa.array([{"inner": "y"}, {"inner": "deeper"}, None], pa.struct([("inner", pa.string())])),
            "list": [["first"], None, ["first", "second"]],
            "n": [0, 1, 2],
        }
    )


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of 20,000 events in several row groups."""
    path = tmp_path_factory.mktemp("sql") / "planted.parquet"
    archive.generate(path, 20_000, row_group=6_000)
    return path


@pytest.fixture(scope="session")
def corpus(shared: Path) -> st.RuleSet:
    """The public rules for process creations on Windows."""
    return st.compile(st.load_rules(shared / "sigma" / "rules" / "windows" / "process_creation", on_error="skip"))


@pytest.fixture(scope="session")
def expected(corpus: st.RuleSet, planted: Path) -> set[tuple[str, str]]:
    """Rule and event of what the plain scan finds."""
    found = st.scan(planted, corpus, key=["ProcessGuid"]).to_polars().select("rule_id", "ProcessGuid")
    pairs = set(found.iter_rows())
    assert len(pairs) == found.height > 100
    return pairs
