"""The generator: the same archive for the same arguments, in the shape that benchmarks count on, with the answers it states."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from sigtrawl.archive import Planted, generate
from sigtrawl.archive.names import ASIM
from sigtrawl.archive.plants import NETCAT

ROWS = 300_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archive")


@pytest.fixture(scope="module")
def sysmon(folder: Path) -> Planted:
    return generate(folder / "sysmon.parquet", ROWS, seed=7)


@pytest.fixture(scope="module")
def asim(folder: Path) -> Planted:
    return generate(folder / "asim.parquet", ROWS, seed=7, names="asim")


def test_the_same_arguments_make_the_same_bytes(folder: Path) -> None:
    digests = {hashlib.sha256(generate(folder / f"{n}.parquet", 20_000, seed=3).path.read_bytes()).hexdigest() for n in range(2)}
    assert len(digests) == 1


def test_another_seed_makes_other_events(folder: Path, sysmon: Planted) -> None:
    other = generate(folder / "other.parquet", ROWS, seed=8)
    assert other.matches != sysmon.matches
    first, second = (pl.read_parquet(planted.path)["ProcessGuid"] for planted in (sysmon, other))
    assert not first.is_in(second.implode()).any()


@pytest.mark.parametrize("compression", ["snappy", "lz4", "uncompressed"])
def test_row_groups_and_codecs_change_no_event(folder: Path, compression: str) -> None:
    plain = generate(folder / "plain.parquet", 50_000)
    cut = generate(folder / "cut.parquet", 50_000, row_group=7_000, compression=compression)  # type: ignore[arg-type]
    assert pl.read_parquet(cut.path).equals(pl.read_parquet(plain.path))
    assert cut.matches == plain.matches


def test_known_events_stay_as_they_are(sysmon: Planted) -> None:
    """Archives are compared across machines and years: a change of the generator must be meant."""
    events = pl.read_parquet(sysmon.path).select(pl.col(pl.String), pl.col("UtcTime").dt.timestamp("us"), "ProcessId")
    text = repr(events.gather([0, 1, 150_000, ROWS - 1]).rows())
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "451f8719456a0d6a"


def test_columns_repeat_as_those_of_real_logs(sysmon: Planted) -> None:
    events = pl.read_parquet(sysmon.path)
    distinct = {name: events[name].n_unique() for name in events.columns}
    assert events.height == ROWS
    assert distinct["ProcessGuid"] == ROWS
    assert distinct["Computer"] == 5_000
    assert 650 <= distinct["Image"] <= 750
    assert 0.36 * ROWS <= distinct["CommandLine"] <= 0.44 * ROWS
    assert distinct["Hashes"] < 9_000


def test_texts_have_the_lengths_of_real_ones(sysmon: Planted) -> None:
    events = pl.read_parquet(sysmon.path)
    assert 120 <= events.select(pl.col("CommandLine").str.len_bytes().mean()).item() <= 200
    assert events.select(pl.col("Hashes").str.len_bytes().min()).item() >= 150


def test_every_text_is_ascii(sysmon: Planted) -> None:
    texts = pl.read_parquet(sysmon.path).select(pl.col(pl.String))
    assert texts.select(pl.all().str.contains(r"[^ -~]").any()).row(0) == (False,) * texts.width


def test_time_runs_on(sysmon: Planted) -> None:
    events = pl.read_parquet(sysmon.path)
    assert events.schema["UtcTime"] == pl.Datetime("us", "UTC")
    assert events["UtcTime"].is_sorted()


def test_both_names_tell_the_same_events(sysmon: Planted, asim: Planted) -> None:
    first, second = pl.read_parquet(sysmon.path), pl.read_parquet(asim.path)
    assert asim.matches == sysmon.matches
    assert second["EventStartTime"].equals(first["UtcTime"])
    for ours, theirs in ASIM.items():
        expected = _digest(first, ours) if ours not in first.columns else first[ours].cast(pl.String)
        assert second[theirs].equals(expected), theirs


def _digest(events: pl.DataFrame, algorithm: str) -> pl.Series:
    return events["Hashes"].str.extract(rf"\b{algorithm}=([0-9A-F]+)")


def test_plants_are_rows_in_order_and_spread(sysmon: Planted) -> None:
    rows = sysmon.matches[NETCAT]
    assert len(rows) == ROWS // 5_000
    assert list(rows) == sorted(set(rows))
    assert not set(rows) & set(sysmon.near_misses)
    assert rows[0] < ROWS // 10
    assert rows[-1] > ROWS - ROWS // 10


@pytest.mark.parametrize("rows", [0, 1, 2, 5, 30, 100])
def test_small_archives_hold_what_has_room(folder: Path, rows: int) -> None:
    planted = generate(folder / "small.parquet", rows)
    assert pl.read_parquet(planted.path).height == rows
    assert len(planted.matches[NETCAT]) + len(planted.near_misses) <= rows


def test_the_number_of_plants_can_be_stated(folder: Path) -> None:
    assert len(generate(folder / "few.parquet", 10_000, matches=3).matches[NETCAT]) == 3
    assert generate(folder / "none.parquet", 10_000, matches=0).matches[NETCAT] == ()


@pytest.mark.parametrize("arguments", [{"rows": -1}, {"rows": 1, "row_group": 0}, {"rows": 1, "matches": -1}])
def test_impossible_numbers_are_refused(folder: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        generate(folder / "refused.parquet", **arguments)  # type: ignore[arg-type]
    assert not (folder / "refused.parquet").exists()


def test_a_finished_archive_leaves_no_partial_file(sysmon: Planted) -> None:
    assert not list(sysmon.path.parent.glob("*.partial"))
