"""Small rules and events for the API's tests."""

from pathlib import Path

import polars as pl
import pytest

import sigtrawl as st

RULES = """\
title: Netcat
id: e31033fc-33f0-4020-9a16-faf9b31cbf08
status: test
level: high
author: frack113
tags: [attack.command-and-control, attack.t1095]
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: ['\\nc.exe', '\\ncat.exe']
  condition: selection
---
title: Any program from D
id: 502b42de-4306-40b4-9596-6f590c81f073
status: stable
level: low
author: someone
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|startswith: 'd:'
  condition: selection
---
title: Without an id
status: test
level: low
logsource: {product: linux}
detection:
  selection:
    Image: x
  condition: selection
---
title: Waiting
id: 11111111-4306-40b4-9596-6f590c81f073
status: test
level: medium
logsource: {category: process_creation, product: windows}
detection:
  selection:
    User|expand: '%admins%'
  condition: selection
"""


@pytest.fixture
def rules() -> st.Rules:
    """Give three rules that are ready and one that waits."""
    return st.rules_from_yaml(RULES, name="four.yml")


@pytest.fixture
def ruleset(rules: st.Rules) -> st.RuleSet:
    """Give them compiled."""
    return st.compile(rules)


@pytest.fixture
def frame() -> pl.DataFrame:
    """Give four Sysmon process events."""
    images = [r"C:\t\nc.exe", r"C:\notepad.exe", None, r"D:\NCAT.EXE"]
    return pl.DataFrame(
        {
            "Channel": ["Microsoft-Windows-Sysmon/Operational"] * 4,
            "EventID": [1] * 4,
            "UtcTime": [f"2024-05-01 10:00:0{second}.250" for second in range(4)],
            "Image": images,
            "CommandLine": ["a", "b", "c", "d"],
            "_source": ["x"] * 4,
        }
    )


@pytest.fixture
def events(tmp_path: Path, frame: pl.DataFrame) -> Path:
    """Give the same in a file of two row groups."""
    path = tmp_path / "events.parquet"
    frame.write_parquet(path, row_group_size=2)
    return path
