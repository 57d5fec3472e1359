"""Running the command line in this process, and small inputs for it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from sigtrawl.cli import main

NETCAT = """\
title: Netcat
id: e31033fc-33f0-4020-9a16-faf9b31cbf08
status: test
level: high
author: frack113
tags: [attack.t1095]
logsource: {category: process_creation, product: windows}
detection:
  selection_img:
    Image|endswith: ['\\nc.exe', '\\ncat.exe']
  selection_cmd:
    CommandLine|contains: ' -lvp '
  condition: 1 of selection_*
"""
WHOAMI = """\
title: Whoami
id: 502b42de-4306-40b4-9596-6f590c81f073
status: stable
level: low
author: someone
tags: [attack.t1033]
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: '\\whoami.exe'
  condition: selection
"""
WAITING = """\
title: Admins
id: 11111111-4306-40b4-9596-6f590c81f073
status: test
level: medium
logsource: {category: process_creation, product: windows}
detection:
  selection:
    User|expand: '%admins%'
  condition: selection
"""
LINUX = """\
title: On Linux
id: 22222222-4306-40b4-9596-6f590c81f073
status: test
level: high
logsource: {category: process_creation, product: linux}
detection:
  selection:
    Image|endswith: '/nc'
  condition: selection
"""
INERT = """\
title: Never
id: 33333333-4306-40b4-9596-6f590c81f073
status: test
level: high
logsource: {category: process_creation, product: windows}
detection:
  selection:
    OriginalFileName: x.exe
  condition: selection
"""
BAD = """\
title: Bad
id: 44444444-4306-40b4-9596-6f590c81f073
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endwith: x
  condition: selection
"""


@dataclass(frozen=True)
class Result:
    """What a run said and how it ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line in this process."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def call(*arguments: object) -> Result:
        status = main([str(argument) for argument in arguments])
        captured = capfdbinary.readouterr()
        return Result(status, captured.out.decode(), captured.err.decode())

    return call


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Give a folder of five rules: two that match, one waiting, one for another product, one that can never match."""
    folder = tmp_path / "rules"
    folder.mkdir()
    texts = {"netcat": NETCAT, "whoami": WHOAMI, "waiting": WAITING, "linux": LINUX, "inert": INERT}
    for name, text in texts.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


@pytest.fixture
def bad_rule(tmp_path: Path) -> Path:
    """Give a folder with a rule that is wrong."""
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "bad.yml").write_text(BAD)
    return folder


def frame(images: list[str]) -> pl.DataFrame:
    """Make Sysmon process events."""
    return pl.DataFrame(
        {
            "Channel": ["Microsoft-Windows-Sysmon/Operational"] * len(images),
            "EventID": [1] * len(images),
            "UtcTime": [f"2024-05-01 10:00:{second:02}.000" for second in range(len(images))],
            "Image": images,
            "CommandLine": [f"{image} -x" for image in images],
        }
    )


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Give a file of four events: netcat, notepad, whoami, netcat."""
    path = tmp_path / "events.parquet"
    frame([r"C:\t\nc.exe", r"C:\notepad.exe", r"C:\Windows\whoami.exe", r"D:\NCAT.EXE"]).write_parquet(path)
    return path
