"""``sigtrawl demo``: what it leaves, what it says, and that it would notice."""

from pathlib import Path

import pytest

from sigtrawl.archive.plants import NETCAT
from sigtrawl.cli import main
from sigtrawl.demo import Scan, run

ROWS = 20_000


def test_the_demo_agrees_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["demo", "--rows", str(ROWS), "--dir", str(tmp_path / "demo")])
    said = capsys.readouterr().out
    assert status == 0
    assert said.count("exactly the 40 that were planted, none of the 22 near misses") == 2
    assert "rows/s" in said
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
        "asim.parquet",
        "netcat.kql",
        "netcat.yml",
        "sysmon.parquet",
    ]


def test_every_reason_has_matches(tmp_path: Path) -> None:
    done = run(tmp_path, rows=ROWS)
    assert done.agrees
    assert len(done.reasons()) == 12
    assert all(count > 0 for *_, count in done.reasons())


def test_a_wrong_answer_is_noticed(tmp_path: Path) -> None:
    done = run(tmp_path, rows=ROWS).sysmon
    assert done.planted.matches[NETCAT] == done.rows
    assert not Scan(done.planted, done.matches, done.rows[1:], 1.0).agrees
    assert not Scan(done.planted, done.matches, (*done.rows, ROWS), 1.0).agrees


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(["demo", "--rows", "10", "--dir", str(tmp_path / "file")]) == 5
    assert capsys.readouterr().err.count("error: the sample files cannot be written") == 1
