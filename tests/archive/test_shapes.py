"""The archives of benchmarks: what is planted is found and nothing else, and the texts repeat as those of real logs do."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import sigtrawl as st
from sigtrawl import reference
from sigtrawl.archive.shapes import SHAPES, Shape, recipe, write
from sigtrawl.archive.shapes.cases import PLANTS
from sigtrawl.archive.shapes.sources import SOURCES
from sigtrawl.archive.sink import COMPRESSIONS, Compression
from sigtrawl.schemas import builtin

ROWS = 60_000
_CREATIONS: tuple[Shape, ...] = ("process", "second")


@pytest.fixture(scope="session")
def planted_rules(shared: Path) -> st.RuleSet:
    """The public rules that something is planted for."""
    plan = st.load_rules(shared / "sigma" / "rules" / "windows", on_error="skip").plan()
    rules = tuple(rule for rule in plan.rules if rule.id in PLANTS)
    assert {rule.id for rule in rules} == set(PLANTS)
    return st.compile(replace(plan, rules=rules, waiting=()))


@pytest.fixture(scope="module")
def mixed() -> pl.DataFrame:
    return recipe("mixed", ROWS, seed=3).chunk(0, ROWS)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_reference_evaluator_finds_what_was_planted_and_nothing_else(shape: Shape, planted_rules: st.RuleSet) -> None:
    made = recipe(shape, 4_000, seed=9, matches=5)
    (mapping,) = (one for one in builtin() if one.name == "windows")
    plan = json.loads(planted_rules.native.plan())
    found: dict[str, list[int]] = {}
    for row, rule in reference.evaluate(plan, made.chunk(0, made.rows), mapping=mapping):
        found.setdefault(plan["rules"][rule]["id"], []).append(row)
    assert {rule: tuple(rows) for rule, rows in found.items()} == dict(made.matches)
    assert all(len(rows) == 5 for rows in made.matches.values())
    assert made.near_misses


@pytest.mark.parametrize("shape", SHAPES)
def test_the_core_finds_what_was_planted_and_nothing_else(shape: Shape, planted_rules: st.RuleSet, tmp_path: Path) -> None:
    made = recipe(shape, ROWS, seed=4)
    matches = st.scan(write(made, tmp_path / "events.parquet", row_group=25_000), planted_rules, columns=[]).to_polars()
    found = {rule: tuple(rows.sort()) for (rule,), rows in _rows_by_rule(matches)}
    assert found == dict(made.matches)


def _rows_by_rule(matches: pl.DataFrame) -> list[tuple[tuple[object, ...], pl.Series]]:
    return [(rule, part["row"]) for rule, part in matches.group_by("rule_id")]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_chunk_is_the_same_wherever_it_is_cut(shape: Shape) -> None:
    made = recipe(shape, 5_000, seed=2)
    whole = made.chunk(0, 5_000)
    pieces = [made.chunk(first, min(1_300, 5_000 - first)) for first in range(0, 5_000, 1_300)]
    assert pl.concat(pieces).equals(whole)
    assert whole.schema == made.schema


@pytest.mark.parametrize("shape", SHAPES)
def test_another_seed_makes_other_events(shape: Shape) -> None:
    first, second = (recipe(shape, 2_000, seed=seed) for seed in (1, 2))
    assert first.matches != second.matches
    assert not first.chunk(0, 2_000).equals(second.chunk(0, 2_000))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_codecs_and_row_groups_change_no_event(compression: Compression, tmp_path: Path) -> None:
    made = recipe("mixed", 3_000)
    path = write(made, tmp_path / "events.parquet", compression=compression, row_group=700)
    assert pl.read_parquet(path).equals(made.chunk(0, 3_000))


def test_a_row_group_needs_rows(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="row_group 0 must be positive"):
        write(recipe("process", 10), tmp_path / "events.parquet", row_group=0)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        recipe("process", -1)
    with pytest.raises(ValueError, match="there is no shape 'odd'"):
        recipe("odd", 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rows", [0, 1, 3, 40])
def test_small_archives_hold_what_has_room(shape: Shape, rows: int) -> None:
    made = recipe(shape, rows)
    assert made.chunk(0, rows).height == rows
    assert sum(map(len, made.matches.values())) + len(made.near_misses) <= rows


@pytest.mark.parametrize("shape", _CREATIONS)
def test_command_lines_are_as_long_and_as_often_new_as_they_should_be(shape: Shape) -> None:
    events = recipe(shape, ROWS).chunk(0, ROWS)
    lengths = events["CommandLine"].str.len_bytes()
    mean = lengths.mean()
    assert isinstance(mean, float)
    assert 120 <= mean <= 200
    assert 0.36 <= events["CommandLine"].n_unique() / ROWS <= 0.6
    assert 500 <= events["Image"].n_unique() <= 800
    assert (events["Hashes"].str.len_bytes() >= 150).all()


def test_the_second_archive_shares_no_text_with_the_first() -> None:
    first, second = (recipe(shape, 20_000, matches=0).chunk(0, 20_000) for shape in _CREATIONS)
    for column in ("Computer", "CommandLine", "Hashes"):
        background = second.filter(~second["Image"].is_in(first["Image"].implode()))[column]
        assert not background.is_in(first[column].implode()).any(), column


@pytest.mark.parametrize("shape", SHAPES)
def test_every_text_is_ascii(shape: Shape) -> None:
    texts = recipe(shape, 5_000).chunk(0, 5_000).select(pl.col(pl.String))
    assert texts.select(pl.all().str.contains(r"[^ -~\r\n]").any()).row(0) == (False,) * texts.width


def test_the_weights_of_the_sources_make_ten_thousand() -> None:
    assert sum(source.weight for source in SOURCES) == 10_000


def test_the_mixed_archive_has_the_shares_of_a_host(mixed: pl.DataFrame) -> None:
    present = {name: 1 - mixed[name].null_count() / ROWS for name in mixed.columns}
    expected = {"Image": 0.371, "TargetImage": 0.427, "ImageLoaded": 0.132, "TargetObject": 0.197, "Hashes": 0.141}
    expected |= {"CommandLine": 0.0094, "Payload": 0.037, "Message": 0.882}
    assert {name: round(present[name], 2) for name in expected} == pytest.approx(expected, abs=0.012)


def test_the_columns_of_the_mixed_archive_repeat_as_those_of_a_host(mixed: pl.DataFrame) -> None:
    distinct = {name: mixed[name].drop_nulls().n_unique() for name in mixed.columns}
    assert distinct["CallTrace"] < 3_500
    assert distinct["TargetImage"] < 480
    assert distinct["ImageLoaded"] < 2_400
    assert distinct["ContextInfo"] == mixed["ContextInfo"].drop_nulls().len()
    assert distinct["Message"] > 0.75 * mixed["Message"].drop_nulls().len()
    assert 480 < (mixed["CallTrace"].str.len_bytes().mean() or 0) < 580  # type: ignore[operator]


def test_rows_of_a_source_are_of_its_channel(mixed: pl.DataFrame) -> None:
    kinds = Counter(mixed.select("Channel", "EventID").rows())
    assert kinds["Microsoft-Windows-Sysmon/Operational", 10] > kinds["Microsoft-Windows-Sysmon/Operational", 13]
    assert {channel for channel, _ in kinds} == {source.channel for source in SOURCES}
    accesses = mixed.filter(pl.col("EventID") == 10)
    assert accesses["SourceImage"].null_count() == 0
    assert accesses["CommandLine"].null_count() == accesses.height
