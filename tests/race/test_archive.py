"""The folder of an archive: its files by a writer, its plants beside them, made once."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from archive import Asked, make, read
from sigtrawl.archive.plants import NETCAT
from sigtrawl.archive.shapes import recipe

ASKED = Asked("process", 3_000, 1, "zstd", 700, "pyarrow", 4)


def test_another_writer_puts_the_same_events_down(tmp_path: Path) -> None:
    made = make(tmp_path / "events", ASKED)
    (file,) = made.files
    expected = recipe("process", 3_000, seed=1, matches=4)
    assert pl.read_parquet(file).equals(expected.chunk(0, 3_000))
    assert made.planted == ({rule: list(rows) for rule, rows in expected.matches.items()},)
    assert (made.matches(NETCAT), made.rows) == (4, (3_000,))
    metadata = pq.ParquetFile(file).metadata
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [700, 700, 700, 700, 200]
    assert metadata.created_by.startswith("parquet-cpp-arrow")
    assert read(tmp_path / "events") == made


def test_other_arguments_make_it_anew(tmp_path: Path) -> None:
    first = make(tmp_path / "events", ASKED)
    other = make(tmp_path / "events", replace(ASKED, seed=2, writer="polars"))
    assert other.planted != first.planted
    assert [file.name for file in other.files] == ["polars-700.parquet"]
    assert not first.files[0].exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(SystemExit, match="is no archive of this program, and not empty"):
        make(tmp_path, ASKED)
    assert (tmp_path / "mine.txt").read_text() == "kept"
