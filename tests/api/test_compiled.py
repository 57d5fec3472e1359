"""The compiled file says what is wrong with it, and never shows half of itself."""

import os
import pickle
import re
from pathlib import Path

import pytest

from sigtrawl import compiled
from sigtrawl.errors import CompiledFileError, OutputError

PLAN = b'{"format":"sigtrawl-plan","version":1,"predicates":[],"rules":[],"waiting":[],"load_report":{}}' * 40


@pytest.fixture
def packed() -> bytes:
    return compiled.pack(PLAN)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "rules.sigtrawl"
    compiled.write(path, PLAN)
    assert compiled.is_compiled(path)
    assert compiled.read(path) == PLAN
    assert [entry.name for entry in tmp_path.iterdir()] == ["rules.sigtrawl"]


def test_every_truncation_is_named(packed: bytes) -> None:
    for length in range(len(packed)):
        with pytest.raises(CompiledFileError, match=r"^x\.st is (truncated|empty)") as caught:
            compiled.unpack(packed[:length], "x.st")
        assert "sigtrawl compile RULES -o FILE" in str(caught.value)


def test_every_flipped_byte_is_an_error(packed: bytes) -> None:
    for place in range(len(packed)):
        damaged = bytearray(packed)
        damaged[place] ^= 0x41
        with pytest.raises(CompiledFileError, match=r"^x\.st "):
            compiled.unpack(bytes(damaged), "x.st")


def test_bytes_after_the_end_are_damage(packed: bytes) -> None:
    with pytest.raises(CompiledFileError, match="is damaged"):
        compiled.unpack(packed + b"\0", "x.st")


@pytest.mark.parametrize("content", [b"title: a rule\n", b"PAR1", b"\x89PNG\r\n\x1a\n"])
def test_a_foreign_file_is_called_foreign(content: bytes) -> None:
    with pytest.raises(CompiledFileError, match="no compiled rule file"):
        compiled.unpack(content, "x.st")


@pytest.mark.parametrize(("container", "plan"), [(2, 1), (1, 2), (9, 9)])
def test_a_newer_file_names_both_versions(monkeypatch: pytest.MonkeyPatch, container: int, plan: int) -> None:
    with monkeypatch.context() as future:
        future.setattr(compiled, "CONTAINER_VERSION", container)
        future.setattr(compiled, "PLAN_VERSION", plan)
        packed = compiled.pack(PLAN)
    with pytest.raises(CompiledFileError, match=rf"file version {container}\.{plan}, readable up to 1\.1"):
        compiled.unpack(packed, "x.st")


def test_text_mode_transfers_break_the_magic(packed: bytes) -> None:
    with pytest.raises(CompiledFileError):
        compiled.unpack(packed.replace(b"\r\n", b"\n"), "x.st")


def test_a_missing_file_and_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(CompiledFileError, match=re.escape(str(tmp_path / "none"))):
        compiled.read(tmp_path / "none")
    with pytest.raises(OutputError, match="cannot be written"):
        compiled.write(tmp_path / "no" / "rules.st", PLAN)


def test_an_existing_file_survives_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rules.st"
    compiled.write(path, PLAN)

    def full(_: Path, __: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left"):
        compiled.write(path, b"other")
    assert compiled.read(path) == PLAN
    assert len(list(tmp_path.iterdir())) == 1


def test_the_error_pickles() -> None:
    error = pickle.loads(pickle.dumps(CompiledFileError("x is truncated")))  # noqa: S301 - our own
    assert str(error) == "x is truncated"


def test_what_is_no_regular_file_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="it is there and is no regular file"):
        compiled.write(pipe, PLAN)
    assert pipe.is_fifo()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "rules.sigtrawl", tmp_path / "latest"
    link.symlink_to(target)
    compiled.write(link, PLAN)
    assert link.is_symlink()
    assert compiled.read(target) == PLAN
