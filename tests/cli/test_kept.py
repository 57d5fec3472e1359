"""Plans that are kept between runs: nothing that a command says depends on them, whatever is in the cache."""

import importlib.machinery
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_messages import CASES

from sigtrawl import cache as store
from sigtrawl.cli import kept

Run = Callable[..., Any]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a cache that nothing is in."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SIGTRAWL_CACHE", str(folder))
    return folder


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often rules are loaded from YAML, by the number of their files."""
    from sigtrawl.rules import loading

    counted: list[int] = []
    original = loading.load_found

    def count(files: Any, **options: Any) -> Any:
        files = list(files)
        counted.append(len(files))
        return original(files, **options)

    monkeypatch.setattr(loading, "load_found", count)
    return counted


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


MORE: dict[str, tuple[str, ...]] = {
    "scan": ("scan", "{events}", "-r", "{rules}", "--format", "jsonl"),
    "scan-summary": ("scan", "{events}", "-r", "{rules}", "--summary"),
    "scan-skips": ("scan", "{events}", "-r", "{rules}", "-r", "{bad}", "--skip-bad-rules"),
    "scan-levels": ("scan", "{events}", "-r", "{rules}", "--level", "high", "--summary"),
    "scan-values": ("scan", "{events}", "-r", "{rules}", "--placeholder", "admins=root", "--dry-run"),
    "check": ("check", "{events}", "-r", "{rules}"),
    "check-json": ("check", "{events}", "-r", "{rules}", "--format", "json"),
    "show": ("show", "Netcat", "-r", "{rules}"),
    "show-json": ("show", "Netcat", "-r", "{rules}", "--json"),
    "show-waiting": ("show", "Admins", "-r", "{rules}"),
    "explain": ("explain", "{rules}", "{events}", "--row", "0", "--rule", "Netcat"),
    "explain-json": ("explain", "{rules}", "{events}", "--row", "1", "--rule", "Netcat", "--format", "json"),
    "compile": ("compile", "{rules}", "-o", "{tmp}/out.sigc"),
    "compile-skips": ("compile", "{rules}", "{bad}", "-o", "{tmp}/out.sigc", "--skip-bad-rules"),
    "only-waiting": ("scan", "{events}", "-r", "{rules}/waiting.yml"),
}
READING = {name: arguments for name, (_, arguments) in CASES.items() if "{rules}" in " ".join(arguments)} | MORE


@pytest.mark.parametrize("name", READING)
def test_the_same_is_said_without_a_cache_with_an_empty_one_and_with_a_full_one(
    name: str, run: Run, rules: Path, bad_rule: Path, events: Path, tmp_path: Path, own: Path
) -> None:
    (tmp_path / "empty").mkdir()
    import polars as pl

    pl.DataFrame({"proc": ["nc.exe"], "cmd": ["nc"]}).write_parquet(tmp_path / "other.parquet")
    arguments = [one.format(events=events, rules=rules, bad=bad_rule, tmp=tmp_path) for one in READING[name]]

    def said(*more: str) -> tuple[int, str, str, bytes | None]:
        output = tmp_path / "out.sigc"
        output.unlink(missing_ok=True)
        result = run(*arguments, *more)
        told = "\n".join(line for line in result.err.splitlines() if " in 0." not in line)  # how long it took
        return result.status, result.out, told, output.read_bytes() if output.exists() else None

    without = said("--no-cache")
    assert entries(own) == []
    cold = said()
    warm = said()
    assert without == cold == warm


def test_the_second_run_loads_nothing(run: Run, rules: Path, events: Path, own: Path, loads: list[int]) -> None:
    first = run("scan", events, "-r", rules, "--format", "csv")
    second = run("scan", events, "-r", rules, "--format", "csv")
    assert loads == [5]
    assert first.out == second.out
    assert len(entries(own)) == 1


@pytest.mark.parametrize(
    "more",
    [
        ("--level", "high"),
        ("--min-level", "high"),
        ("--status", "test"),
        ("--include-tag", "attack.t1095"),
        ("--exclude-tag", "attack.t1033"),
        ("--for-logsource", "product=windows"),
        ("--placeholder", "admins=root"),
        ("--skip-bad-rules",),
    ],
)
def test_every_option_is_part_of_the_key(
    more: tuple[str, ...], run: Run, rules: Path, events: Path, own: Path, loads: list[int]
) -> None:
    run("scan", events, "-r", rules, "--dry-run")
    run("scan", events, "-r", rules, "--dry-run", *more)
    run("scan", events, "-r", rules, "--dry-run", *more)
    assert len(loads) == len(entries(own)) == 2


def changed(path: Path) -> None:
    """Change one letter, and leave size and time as they were."""
    state = path.stat()
    path.write_text(path.read_text().replace("nc.exe", "nd.exe"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        lambda rules: changed(rules / "netcat.yml"),
        lambda rules: (rules / "netcat.yml").rename(rules / "other.yml"),
        lambda rules: (rules / "netcat.yml").unlink(),
        lambda rules: shutil.copy(rules / "netcat.yml", rules / "copy.yml"),
    ],
    ids=["content", "name", "removed", "added"],
)
def test_every_change_of_the_files_is_seen(
    change: Callable[[Path], object], run: Run, rules: Path, events: Path, own: Path, loads: list[int]
) -> None:
    run("scan", events, "-r", rules, "--dry-run")
    change(rules)
    run("scan", events, "-r", rules, "--dry-run")
    assert len(loads) == len(entries(own)) == 2


def test_the_code_is_part_of_the_key(
    run: Run, rules: Path, events: Path, own: Path, loads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("scan", events, "-r", rules, "--dry-run")
    monkeypatch.setattr(kept, "_code", lambda: b"another version")
    run("scan", events, "-r", rules, "--dry-run")
    assert len(loads) == len(entries(own)) == 2


def test_code_that_cannot_be_seen_keeps_nothing(
    run: Run, rules: Path, events: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run("scan", events, "-r", rules, "--format", "csv", "--no-cache")
    for lost in (lambda _: None, lambda name: importlib.machinery.ModuleSpec(name, None)):
        with monkeypatch.context() as patch:
            patch.setattr(kept, "find_spec", lost)
            assert kept._code() is None
            assert run("scan", events, "-r", rules, "--format", "csv").out == expected.out

    def unseen(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(kept, "_stamp", unseen)
    assert kept._code() is None
    assert run("scan", events, "-r", rules, "--format", "csv").out == expected.out
    assert entries(own) == []


def test_the_code_is_seen() -> None:
    assert kept._code() == kept._code() is not None


def test_the_stamp_of_code_changes_with_it(tmp_path: Path) -> None:
    import hashlib

    def stamp() -> str:
        digest = hashlib.sha256()
        kept._stamp(digest, tmp_path, "**/*.py")
        return digest.hexdigest()

    (tmp_path / "inner").mkdir()
    seen = {stamp()}
    (tmp_path / "inner" / "one.py").write_text("x = 1")
    seen.add(stamp())
    (tmp_path / "inner" / "one.py").write_text("x = 12")
    seen.add(stamp())
    os.utime(tmp_path / "inner" / "one.py", ns=(1, 1))
    seen.add(stamp())
    assert len(seen) == 4


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:40],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
        lambda data: data[:20] + bytes([data[20] ^ 1]) + data[21:],
        lambda _: b"something else entirely",
    ],
    ids=["empty", "in-the-head", "truncated", "longer", "one-bit", "another-key", "foreign"],
)
def test_a_damaged_entry_is_written_anew(
    damage: Callable[[bytes], bytes], run: Run, rules: Path, events: Path, own: Path, loads: list[int]
) -> None:
    first = run("scan", events, "-r", rules, "--format", "csv")
    (entry,) = entries(own)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    second = run("scan", events, "-r", rules, "--format", "csv")
    assert (first.status, first.out) == (second.status, second.out)
    assert len(loads) == 2
    assert entry.read_bytes() == whole


def test_a_load_with_errors_is_not_kept(run: Run, rules: Path, bad_rule: Path, events: Path, own: Path) -> None:
    assert run("scan", events, "-r", rules, "-r", bad_rule).status == 2
    assert entries(own) == []


def test_a_load_through_pipelines_is_not_kept(run: Run, rules: Path, events: Path, tmp_path: Path, own: Path) -> None:
    pipeline = tmp_path / "p.yml"
    pipeline.write_text("name: p\npriority: 1\ntransformations: []\n")
    assert run("scan", events, "-r", rules, "-p", pipeline, "--dry-run").status == 0
    assert entries(own) == []


def test_a_file_that_cannot_be_read_is_told_each_time(run: Run, rules: Path, events: Path, own: Path) -> None:
    os.mkfifo(rules / "pipe.yml")
    results = [run("scan", events, "-r", rules, "--skip-bad-rules", "--dry-run") for _ in range(2)]
    assert "it is no regular file" in results[0].err
    assert results[0] == results[1]
    assert entries(own) == []


def test_a_cache_that_cannot_be_is_no_error(
    run: Run, rules: Path, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run("scan", events, "-r", rules, "--format", "csv", "--no-cache")
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nothing"), tmp_path / ("x" * 300)):
        monkeypatch.setenv("SIGTRAWL_CACHE", str(folder))
        result = run("scan", events, "-r", rules, "--format", "csv")
        assert (result.status, result.out) == (expected.status, expected.out)


def test_off_keeps_nothing(run: Run, rules: Path, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGTRAWL_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)
    assert run("scan", events, "-r", rules, "--dry-run").status == 0
    assert not (tmp_path / "xdg").exists()
    assert not (tmp_path / "off").exists()


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGTRAWL_CACHE", str(tmp_path))
    assert store.folder() == tmp_path
    monkeypatch.delenv("SIGTRAWL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert store.folder() == tmp_path / "xdg" / "sigtrawl"
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        assert store.folder() == tmp_path / "home" / ".cache" / "sigtrawl"


def test_only_the_user_may_look_into_the_cache(own: Path) -> None:
    store.keep(b"key", b"content")
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


def test_a_folder_of_somebody_else_is_not_used(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.keep(b"key", b"content")
    assert store.find(b"key") == b"content"
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)
    assert store.find(b"key") is None
    store.keep(b"other", b"content")
    assert len(entries(own)) == 1


def test_what_was_not_used_for_longest_goes_first(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = os.urandom(10_000)  # nothing to compress
    monkeypatch.setattr(store, "MOST_BYTES", 35_000)
    for age, key in enumerate((b"one", b"two", b"three")):
        store.keep(key, content)
        (newest,) = [path for path in entries(own) if path.stat().st_mtime > 1_000_000]
        os.utime(newest, (age, age))
    assert store.find(b"one") == content  # and so it is the one used last
    store.keep(b"four", content)
    assert [key for key in (b"one", b"two", b"three", b"four") if store.find(key) is not None] == [b"one", b"three", b"four"]
    assert sum(path.stat().st_size for path in entries(own)) <= 35_000


def test_more_than_the_cache_may_hold_is_not_kept(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_BYTES", 1_000)
    store.keep(b"key", os.urandom(2_000))
    assert entries(own) == []


def test_what_a_broken_run_left_goes_with_age(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.keep(b"key", b"content")
    left = own / ".abc.kept.123"
    left.write_bytes(bytes(3_000))
    os.utime(left, (1, 1))
    foreign = own / "notes.txt"
    foreign.write_bytes(bytes(3_000))
    monkeypatch.setattr(store, "MOST_BYTES", 2_000)
    store.keep(b"other", b"content")
    assert not left.exists()
    assert foreign.exists()
    assert store.find(b"key") == store.find(b"other") == b"content"


LIGHT = """\
import sys
from sigtrawl.cli import main
status = main(sys.argv[1:])
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"sigma", "yaml", "polars", "pyarrow", "ahocorasick"}),
      file=sys.stderr)
sys.exit(status)
"""


def heavy(*arguments: object) -> list[str]:
    """Run a command that says something, and tell what it loaded."""
    command = [sys.executable, "-c", LIGHT, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout
    return done.stderr.split()


@pytest.mark.parametrize("rules_are", ["compiled", "kept"])
@pytest.mark.parametrize("command", ["scan", "check"])
def test_a_run_with_rules_that_are_ready_loads_nothing_heavy(
    command: str, rules_are: str, run: Run, rules: Path, events: Path, tmp_path: Path, own: Path
) -> None:
    given = rules
    if rules_are == "compiled":
        given = tmp_path / "rules.sigc"
        assert run("compile", rules, "-o", given).status == 0
    else:
        assert run("check", events, "-r", rules).status == 0
        assert len(entries(own)) == 1
    more = ["--format", "jsonl"] if command == "scan" else []
    assert heavy(command, events, "-r", given, "-q", *more) == []


@pytest.mark.parametrize("arguments", [["--help"], ["scan", "--help"], ["explain", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert heavy(*arguments) == []
