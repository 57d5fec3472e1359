"""Pipes and terminals: tested from outside, in a process of its own."""

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

PROGRAM = [sys.executable, "-c", "import sys; from sigtrawl.cli import main; sys.exit(main())"]


def environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "CI"}}
    return {**kept, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40", **extra}


def on_terminal(*arguments: object, **extra: str) -> tuple[int, str]:
    """Run with stdout and stderr on one terminal."""
    leader, follower = pty.openpty()
    command = [*PROGRAM, *(str(argument) for argument in arguments)]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=environment(**extra))
    os.close(follower)
    said = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
    os.close(leader)
    return process.wait(timeout=60), said.decode()


def test_a_terminal_gets_a_table_in_colour(rules: Path, events: Path) -> None:
    status, said = on_terminal("scan", events, "-r", rules)
    assert status == 0
    assert "Event" in said
    assert r"C:\t\nc.exe" in said
    assert "\x1b[1;31mhigh" in said
    assert "Matches: 3 of 2 rules" in said
    assert '{"rule_id"' not in said


@pytest.mark.parametrize(("option", "variable"), [(["--no-color"], {}), ([], {"NO_COLOR": "1"})])
def test_no_colour_when_told(rules: Path, events: Path, option: list[str], variable: dict[str, str]) -> None:
    _, said = on_terminal("scan", events, "-r", rules, "--no-progress", *option, **variable)
    assert "high" in said
    assert "31m" not in said


def test_a_terminal_obeys_no_event_and_no_rule(rules: Path, tmp_path: Path) -> None:
    text = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202egpj.exe [bold]x[/bold] nc -lvp 1"
    path = tmp_path / "hostile.parquet"
    columns = {"Channel": ["Microsoft-Windows-Sysmon/Operational"], "EventID": [1], "Image": [r"C:\nc.exe"]}
    pl.DataFrame({**columns, "CommandLine": [text], "\x1b[7mx": ["y"]}).write_parquet(path)
    rule = (rules / "netcat.yml").read_text().replace("title: Netcat", 'title: "Net\\e[5mcat"')
    (rules / "netcat.yml").write_text(rule)
    for arguments in (("scan", path, "-r", rules, "--no-progress"), ("rules", rules), ("show", "e310", "-r", rules)):
        _, said = on_terminal(*arguments, COLUMNS="250")
        assert not re.search("\x1b\\[2J|\x1b\\]|\x07|\x9b|\u202e|\x1b\\[[57]m", said)
        assert r"Net\x1b[5mcat" in said
    _, said = on_terminal("scan", path, "-r", rules, "--no-progress", COLUMNS="250")
    assert r"\x1b[2J\x1b]0;owned\x07 \x9b31m \u202egpj.exe [bold]x[/bold]" in said


def test_a_table_shows_what_no_other_library_reads(rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "wide.parquet"
    columns = {"Channel": ["Microsoft-Windows-Sysmon/Operational"], "EventID": [1], "Image": [r"C:\nc.exe"]}
    pq.write_table(pa.table({**columns, "Big": pa.array([Decimal("1.5")], pa.decimal256(50, 2))}), path)
    status, said = on_terminal("scan", path, "-r", rules)
    assert status == 0
    assert r"Image: C:\nc.exe" in re.sub(r"\x1b\[[0-9;]*m", "", said)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no full device here")
def test_a_full_device(rules: Path, events: Path) -> None:
    for arguments in (("scan", str(events), "-r", str(rules)), ("check", str(events), "-r", str(rules)), ("--help",)):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run([*PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 5
        assert "error: the output cannot be written: No space left on device" in done.stderr
        assert "report" not in done.stderr
    with Path("/dev/full").open("wb") as full:
        command = [*PROGRAM, "scan", str(events), "-r", str(rules)]
        assert subprocess.run(command, stdout=subprocess.PIPE, stderr=full, check=False).returncode == 5


def test_a_closed_stdout(rules: Path, events: Path) -> None:
    command = shlex.join([*PROGRAM, "scan", str(events), "-r", str(rules)])
    done = subprocess.run(f"{command} >&-", shell=True, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.returncode == 5
    assert done.stderr == "error: the output cannot be written: stdout is closed\n"


def test_a_pipe_is_clean(rules: Path, events: Path) -> None:
    command = [*PROGRAM, "scan", str(events), "-r", str(rules)]
    done = subprocess.run(command, capture_output=True, check=True, env=environment())
    assert done.stdout.count(b"\n") == 3
    assert b"\x1b" not in done.stdout + done.stderr


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Give events that all match: more than a pipe holds."""
    path = tmp_path / "many.parquet"
    count = 200_000
    pl.DataFrame(
        {
            "Channel": ["Microsoft-Windows-Sysmon/Operational"] * count,
            "EventID": [1] * count,
            "Image": [r"C:\nc.exe"] * count,
            "CommandLine": [f"nc {number}" for number in range(count)],
        }
    ).write_parquet(path, row_group_size=20_000)
    return path


def test_a_reader_that_leaves_is_no_error(rules: Path, many: Path) -> None:
    command = [*PROGRAM, "scan", str(many), "-r", str(rules)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b'{"rule_id"')
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert b"Broken" not in said
    assert b"Traceback" not in said


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_with_130_and_keeps_what_was_found(rules: Path, many: Path, tmp_path: Path, order: int) -> None:
    output = tmp_path / "m.jsonl"
    command = [*PROGRAM, "scan", str(many), "-r", str(rules), "-o", str(output), "--engine", "reference"]
    # What the test runner ignores (nohup ignores SIGHUP), its children would ignore too, and rightly.
    before = signal.signal(order, signal.SIG_DFL)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    signal.signal(order, before)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("*m.jsonl*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)  # the file is there a moment before anybody answers for it
    process.send_signal(order)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted; the matches found so far are in" in said
    assert b"Traceback" not in said
    assert not output.exists()
    assert [path.name for path in tmp_path.glob("*m.jsonl*")] == ["m.jsonl.partial"]


def test_an_unexpected_error_is_one_line(rules: Path, events: Path) -> None:
    code = (
        "import sys, sigtrawl.cli.scan as scan\n"
        "def broken(*_, **__): raise RuntimeError('the sky')\n"
        "scan.load = broken\n"
        "from sigtrawl.cli import main\n"
        "sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "scan", str(events), "-r", str(rules)]
    quiet = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert quiet.returncode == 5
    assert quiet.stderr.count("\n") == 1
    assert "(RuntimeError: the sky); please report it with the command" in quiet.stderr
    loud = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(SIGTRAWL_DEBUG="1"))
    assert loud.returncode == 5
    assert "Traceback" in loud.stderr
