"""Delta tables give the matches of their rows: of a version, of partitions, without those that were deleted."""

import json
import struct
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import polars as pl
import pytest
from tests.lake.conftest import COLUMNS, Told, events, files_below, long_events, pairs

import sigtrawl as st
from sigtrawl.errors import InputError, NothingToRun, SchemaError, UsageError

deltalake = pytest.importorskip("deltalake")

from sigtrawl import delta, lake  # noqa: E402 - only where deltalake is

KEY = ["id"]
TYPES = {pl.Int64: "long", pl.Int32: "integer", pl.String: "string"}
Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


# Tables that deltalake does not write: the log is put down as the protocol has it ----------------------------------------------


def fields(frame: pl.DataFrame, **more: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "type": TYPES[type(kind)], "nullable": True, "metadata": more.get(name, {})}
        for name, kind in frame.schema.items()
    ]


def file(table: Path, name: str, frame: pl.DataFrame, keys: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Write a file; give the action that adds it."""
    path = table / name
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, row_group_size=8)
    stats = json.dumps({"numRecords": frame.height})
    added = {"path": name, "partitionValues": keys or {}, "size": path.stat().st_size, "modificationTime": 1, "dataChange": True}
    return {"add": {**added, "stats": stats, **more}}


def log(
    table: Path,
    columns: list[dict[str, Any]],
    actions: Sequence[dict[str, Any]],
    *,
    features: Sequence[str] = (),
    partitioned_by: Sequence[str] = (),
    **configuration: str,
) -> str:
    """Write the first version of a log."""
    named = {"readerFeatures": list(features), "writerFeatures": list(features)}
    protocol = (
        {"minReaderVersion": 3, "minWriterVersion": 7, **named} if features else {"minReaderVersion": 1, "minWriterVersion": 2}
    )
    metadata = {
        "id": "0f6e9b5e-4f43-4b8e-9c0e-7b8b4a3c6f10",
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": columns}),
        "partitionColumns": list(partitioned_by),
        "configuration": {name.replace("_", "."): value for name, value in configuration.items()},
        "createdTime": 1,
    }
    lines = [{"protocol": protocol}, {"metaData": metadata}, *actions]
    (table / "_delta_log").mkdir(parents=True)
    (table / "_delta_log" / f"{0:020}.json").write_text("\n".join(map(json.dumps, lines)))
    return str(table)


def bitmap(rows: Sequence[int]) -> bytes:
    """Write row numbers below 65,536 as a deletion vector: one bitmap of one array of 16-bit numbers."""
    head = struct.pack("<iqiIIHHI", 1681511377, 1, 0, 12346, 1, 0, len(rows) - 1, 16)
    return head + struct.pack(f"<{len(rows)}H", *sorted(rows))


def inline(rows: Sequence[int]) -> dict[str, Any]:
    raw = bitmap(rows)
    text = ""
    for word in struct.iter_unpack(">I", raw + bytes(-len(raw) % 4)):
        text += "".join(Z85[word[0] // 85**place % 85] for place in (4, 3, 2, 1, 0))
    return {"storageType": "i", "pathOrInlineDv": text, "sizeInBytes": len(raw), "cardinality": len(rows)}


def in_file(path: Path, rows: Sequence[int]) -> dict[str, Any]:
    raw = bitmap(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x01" + struct.pack(">I", len(raw)) + raw + struct.pack(">I", crc32(raw)))
    place = {"storageType": "p", "pathOrInlineDv": path.as_uri(), "offset": 1}
    return {**place, "sizeInBytes": len(raw), "cardinality": len(rows)}


def plain_table(table: Path, frames: Sequence[pl.DataFrame]) -> str:
    """Write a table of plain files, each in a folder."""
    actions = [file(table, f"a{number:03}/part.parquet", frame) for number, frame in enumerate(frames)]
    return log(table, fields(frames[0]), actions)


# Versions ----------------------------------------------------------------------------------------------------------------------


def test_each_version_has_its_own_rows(tmp_path: Path, ruleset: st.RuleSet, told: Told) -> None:
    table = str(tmp_path / "events")
    first, second = events(), events(40, 40)
    deltalake.write_deltalake(table, first)
    deltalake.write_deltalake(table, second, mode="append")
    deltalake.DeltaTable(table).delete('"ProcessId" >= 30 AND "ProcessId" < 50')
    both = pl.concat([first, second])
    rows = {
        0: first,
        1: both,
        2: both.filter(~pl.col("ProcessId").is_between(30, 49)),
        None: both.filter(~pl.col("id").is_between(30, 49)),
    }
    for version, own in rows.items():
        for columns in ("all", "used", ["Image"], []):
            matches = delta.scan(table, ruleset, version=version, key=KEY, columns=columns)
            assert matches.report.inputs[0].file is not None
            assert pairs(matches) == told(own)


def test_an_open_table_stays_at_its_version(tmp_path: Path, ruleset: st.RuleSet, told: Told) -> None:
    deltalake.write_deltalake(str(tmp_path), events())
    table = deltalake.DeltaTable(tmp_path)
    deltalake.write_deltalake(str(tmp_path), events(40, 40), mode="append")
    assert pairs(delta.scan(table, ruleset, key=KEY)) == told(events())
    assert pairs(delta.scan(table, ruleset, key=KEY, version=1)) == told(pl.concat([events(), events(40, 40)]))
    assert table.version() == 0


def test_what_is_not_there(tmp_path: Path, ruleset: st.RuleSet) -> None:
    deltalake.write_deltalake(str(tmp_path / "t"), events())
    assert [lake.table_kind(str(path)) for path in (tmp_path / "t", tmp_path, tmp_path / "nowhere")] == ["delta", None, None]
    with pytest.raises(InputError, match=r"the Delta table .*/t, version 7, cannot be opened: .*7"):
        delta.scan(tmp_path / "t", ruleset, version=7)
    with pytest.raises(InputError, match=r"the Delta table .*nowhere cannot be opened"):
        delta.scan(tmp_path / "nowhere", ruleset)
    with pytest.raises(UsageError, match="version must be a whole number from 0, not '1'"):
        delta.scan(tmp_path / "t", ruleset, version="1")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="rules are compiled first"):
        delta.scan(tmp_path / "t", "rules.yml")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no input has a column Id; did you mean id"):
        delta.scan(tmp_path / "t", ruleset, key=["Id"])


def test_a_table_that_nothing_runs_on(tmp_path: Path, ruleset: st.RuleSet) -> None:
    deltalake.write_deltalake(str(tmp_path), pl.DataFrame({"x": ["y"]}))
    with pytest.raises(SchemaError, match="no schema"):
        delta.scan(tmp_path, ruleset)
    for columns in ("all", "used"):
        with pytest.raises(NothingToRun):
            delta.scan(tmp_path, ruleset, logsource="product=linux", columns=columns)


def test_a_table_without_rows(tmp_path: Path, ruleset: st.RuleSet) -> None:
    deltalake.write_deltalake(str(tmp_path), events().clear())
    matches = delta.scan(tmp_path, ruleset)
    assert matches.to_polars().is_empty()
    assert "Image" in [field.name for field in matches.to_polars().schema["event"].fields]  # type: ignore[attr-defined]


# Partitions --------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def partitioned(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, pl.DataFrame]:
    """Give a table with partitions of six types, and its rows."""
    table = str(tmp_path_factory.mktemp("partitioned") / "a table")
    place = pl.col("id") % 3
    rows = events().with_columns(
        on=place.replace_strict({0: date(2026, 5, 1), 1: date(2026, 5, 10), 2: None}, return_dtype=pl.Date),
        at=place.replace_strict(
            {0: datetime(2026, 5, 1, 3, tzinfo=UTC), 1: datetime(2026, 5, 2, tzinfo=UTC), 2: None},
            return_dtype=pl.Datetime("us", "UTC"),
        ),
        number=place.replace_strict({0: 9, 1: 10, 2: None}, return_dtype=pl.Int64),
        share=place.replace_strict({0: 0.5, 1: -10.25, 2: None}, return_dtype=pl.Float64),
        truth=place.replace_strict({0: True, 1: False, 2: None}, return_dtype=pl.Boolean),
        host=place.replace_strict({0: "o'x/a b%20", 1: "b", 2: None}, return_dtype=pl.String),
    )
    deltalake.write_deltalake(table, rows, partition_by=["on", "at", "number", "share", "truth", "host"])
    return table, rows


FILTERS: list[tuple[Any, pl.Expr]] = [
    ([("host", "=", "o'x/a b%20")], pl.col("host") == "o'x/a b%20"),
    ([("host", "!=", "b")], pl.col("host") != "b"),
    ([("host", "=", "")], pl.col("host").is_null()),
    ([("host", "!=", None)], pl.col("host").is_not_null()),
    ([("host", "in", ["b", None])], (pl.col("host") == "b") | pl.col("host").is_null()),
    ([("host", "not in", ["b"])], pl.col("host") != "b"),
    ([("on", ">=", "2026-05-10")], pl.col("on") >= date(2026, 5, 10)),
    ([("on", "=", date(2026, 5, 1))], pl.col("on") == date(2026, 5, 1)),
    ([("at", "=", "2026-05-01T05:00:00+02:00")], pl.col("id") % 3 == 0),
    ([("at", ">", datetime(2026, 5, 1, 3, tzinfo=UTC))], pl.col("id") % 3 == 1),
    ([("number", ">=", 10)], pl.col("number") >= 10),
    ([("number", "<", "10")], pl.col("number") < 10),
    ([("share", "<", 0)], pl.col("share") < 0),
    ([("truth", "=", True)], pl.col("truth")),
    ([("truth", "=", "false"), ("number", ">", 3)], ~pl.col("truth")),
    ([[("number", "=", 9)], [("on", "=", None), ("host", "=", None)]], pl.col("id") % 3 != 1),
]


@pytest.mark.parametrize(("filters", "meaning"), FILTERS, ids=str)
def test_partitions_are_chosen(
    partitioned: tuple[str, pl.DataFrame], ruleset: st.RuleSet, told: Told, filters: Any, meaning: pl.Expr
) -> None:
    table, rows = partitioned
    expected = {pair for pair in told(rows) if pair[1] in set(rows.filter(meaning)["id"])}
    assert pairs(delta.scan(table, ruleset, partitions=filters, key=KEY, columns="used")) == expected
    opened = deltalake.DeltaTable(table)
    condition = delta._condition(opened, filters)
    chosen = set(opened.file_uris(file_pruning_predicate=condition))
    if "None" not in str(filters):  # which deltalake writes as an empty text, and not in a list
        assert chosen == set(opened.file_uris(file_pruning_predicate=filters))


def test_a_filter_that_is_none(partitioned: tuple[str, pl.DataFrame], ruleset: st.RuleSet) -> None:
    for filters, why in (
        ([("Image", "=", "x")], "'Image' is none; they are: on, at, number, share, truth, host"),
        ([("on", "like", "x")], "has no 'like'"),
        ([("on", "=")], r"is \(column, op, value\)"),
        (["on = 1"], r"is \(column, op, value\)"),
        ([("on", "=", "May")], "on is of type date, and 'May' is no value of it"),
        ([("number", "=", "1 OR true")], "number is of type long, and '1 OR true' is no value"),
        ([("number", "=", 1.5)], "no value of it"),
        ([("truth", "=", "1")], "no value of it"),
        ([("host", "in", "b")], "needs a list"),
        ([("host", "in", [])], "needs a list"),
        ([("host", "<", "")], "holds of nothing"),
        ([[]], "an empty list"),
    ):
        with pytest.raises(UsageError, match=why):
            delta.scan(partitioned[0], ruleset, partitions=filters)


def test_a_choice_that_leaves_nothing(partitioned: tuple[str, pl.DataFrame], ruleset: st.RuleSet) -> None:
    assert delta.scan(partitioned[0], ruleset, partitions=[("number", "=", 77)]).to_polars().is_empty()


# The two ways ------------------------------------------------------------------------------------------------------------------


def both_ways(
    table: str, ruleset: st.RuleSet, monkeypatch: pytest.MonkeyPatch, **asked: Any
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scan twice: by the files, and by the rows."""
    fast = delta.scan(table, ruleset, **asked)
    with monkeypatch.context() as patched:
        patched.setattr(lake, "_of_files", lambda *_: None)
        general = delta.scan(table, ruleset, **asked)
    assert fast.report.inputs[0].file is not None
    assert general.report.inputs[0].file is None
    return fast.to_polars(), general.to_polars()


@pytest.mark.parametrize("columns", ["all", "used", ["User", "id"], []])
def test_plain_files_are_read_as_they_are(
    tmp_path: Path, ruleset: st.RuleSet, told: Told, monkeypatch: pytest.MonkeyPatch, columns: Any
) -> None:
    frames = [events(40, first).with_columns(_source=pl.lit("secret")) for first in (0, 40, 80)]
    table = plain_table(tmp_path, frames)
    (tmp_path / "a000" / "dead.parquet").write_bytes((tmp_path / "a001" / "part.parquet").read_bytes())
    fast, general = both_ways(table, ruleset, monkeypatch, key=KEY, columns=columns)
    assert fast.schema == general.schema
    assert fast.sort("id", "rule_id").equals(general.sort("id", "rule_id"))
    assert set(fast.select("rule_id", "id").rows()) == told(pl.concat(frames))
    placed = delta.scan(table, ruleset).to_polars()
    assert set(placed["file"]) == {str(tmp_path / f"a{number:03}" / "part.parquet") for number in range(3)}
    assert placed["row_group"].max() == 4


@pytest.mark.parametrize("columns", ["all", ["day", "Image"]])
def test_partitions_of_text_are_columns_on_both_ways(
    tmp_path: Path, ruleset: st.RuleSet, told: Told, monkeypatch: pytest.MonkeyPatch, columns: Any
) -> None:
    rows = events().with_columns(day=pl.col("day").replace({"2026-05-01": "the secret/day"}))
    actions = [
        file(tmp_path, f"a/day={day.replace('/', '%2F')}/part.parquet", own.drop("day"), {"day": day})
        for (day,), own in rows.group_by("day", maintain_order=True)
    ]
    for action in actions:  # in the log a name is an address
        action["add"]["path"] = action["add"]["path"].replace("%", "%25").replace(" ", "%20")
    table = log(tmp_path, fields(rows), actions, partitioned_by=["day"])
    for partitions in (None, [("day", "!=", "2026-05-02")]):
        fast, general = both_ways(table, ruleset, monkeypatch, key=["day", "id"], columns=columns, partitions=partitions)
        assert fast.schema == general.schema
        assert fast.sort("id", "rule_id").equals(general.sort("id", "rule_id"))
        kept = rows.filter(pl.col("day") != "2026-05-02") if partitions else rows
        assert set(fast.select("rule_id", "id").rows()) == told(kept)
    assert delta.scan(table, ruleset, columns="used").report.inputs[0].file is None


def test_folders_are_not_believed(tmp_path: Path, ruleset: st.RuleSet, told: Told) -> None:
    rows = events()
    for name, action in (
        ("other", file(tmp_path / "other", "a/day=2026-05-02/part.parquet", rows.drop("day"), {"day": "2026-05-01"})),
        ("none", file(tmp_path / "none", "a/b/part.parquet", rows.drop("day"), {"day": "2026-05-01"})),
    ):
        table = log(tmp_path / name, fields(rows), [action], partitioned_by=["day"])
        found = delta.scan(table, ruleset, key=["id", "day"]).to_polars()
        assert set(found["day"]) == {"2026-05-01"}
        assert set(found.select("rule_id", "id").rows()) == told(rows)
    above = plain_table(tmp_path / "word=secret" / "t", [rows])
    assert pairs(delta.scan(above, ruleset, key=KEY)) == told(rows)


def test_correlations_take_either_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = st.compile(
        st.rules_from_yaml(
            """\
title: Netcat
name: netcat
logsource: {category: process_creation, product: windows}
detection:
  selection: {Image|endswith: '\\nc.exe'}
  condition: selection
---
title: Often
id: 502b42de-4306-40b4-9596-6f590c81f073
correlation: {type: event_count, rules: [netcat], group-by: [User], timespan: 1h, condition: {gte: 3}}
"""
        )
    )
    rows = events().with_columns(UtcTime=pl.format("2026-05-01 10:00:{}.000", pl.col("id").cast(pl.String).str.zfill(2)))
    table = plain_table(tmp_path / "t", [rows])
    rows.write_parquet(tmp_path / "plain.parquet")
    for columns in ("all", "used", ["Image"]):
        fast, general = both_ways(table, rules, monkeypatch, key=KEY, columns=columns)
        plain = st.scan(tmp_path / "plain.parquet", rules, key=KEY, columns=columns).to_polars()
        assert plain.height > 1
        for found in (fast, general):
            assert found.sort("id").equals(plain.drop("correlated").with_columns(found["correlated"]).sort("id"), null_equal=True)


# What a table says beside its files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept_in", ["the log", "a file"])
def test_rows_of_deletion_vectors_are_gone(tmp_path: Path, ruleset: st.RuleSet, told: Told, kept_in: str) -> None:
    rows, dead = pl.concat([events(), events(40, 40)]), [0, 1, 5, 12, 39]
    vector = inline(dead) if kept_in == "the log" else in_file(tmp_path / "x" / "vector.bin", dead)
    actions = [file(tmp_path, "a/one.parquet", events(), deletionVector=vector), file(tmp_path, "a/two.parquet", events(40, 40))]
    table = log(tmp_path, fields(rows), actions, features=["deletionVectors"], delta_enableDeletionVectors="true")
    live = rows.filter(~pl.col("id").is_in(dead))
    assert told(live) != told(rows)
    for columns in COLUMNS:
        assert pairs(delta.scan(table, ruleset, key=KEY, columns=columns)) == told(live)


def test_a_deletion_vector_that_is_gone(tmp_path: Path, ruleset: st.RuleSet) -> None:
    vector = in_file(tmp_path / "vector.bin", [0])
    action = file(tmp_path, "a/one.parquet", events(), deletionVector=vector)
    table = log(tmp_path, fields(events()), [action], features=["deletionVectors"])
    (tmp_path / "vector.bin").unlink()
    with pytest.raises(InputError, match=r"the Delta table .*, version 0,.*vector\.bin"):
        delta.scan(table, ruleset, key=KEY).to_polars()


@pytest.mark.parametrize("mode", ["name", "id"])
def test_columns_are_renamed_by_mapping(tmp_path: Path, ruleset: st.RuleSet, told: Told, mode: str) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")

    rows = events()
    ids = {name: number for number, name in enumerate(rows.columns, 1)}
    physical = {name: f"col-{number}" for name, number in ids.items()}
    # Image was once called User, and User Image.
    physical["Image"], physical["User"] = physical["User"], physical["Image"]
    ids["Image"], ids["User"] = ids["User"], ids["Image"]
    metadata = {name: {"delta.columnMapping.id": ids[name], "delta.columnMapping.physicalName": physical[name]} for name in ids}
    action = file(tmp_path, "a/one.parquet", rows.rename(physical))
    stored = rows.rename(physical).to_arrow(compat_level=pl.CompatLevel.oldest())
    numbered = [field.with_metadata({"PARQUET:field_id": field.name[4:]}) for field in stored.schema]
    named = pa.Table.from_arrays(stored.columns, schema=pa.schema(numbered))
    pq.write_table(named, tmp_path / "a" / "one.parquet")
    action["add"]["size"] = (tmp_path / "a" / "one.parquet").stat().st_size
    table = log(tmp_path, fields(rows, **metadata), [action], features=["columnMapping"], delta_columnMapping_mode=mode)
    for columns in ("all", "used", ["Image"]):
        found = delta.scan(table, ruleset, key=KEY, columns=columns)
        assert pairs(found) == told(rows)


def test_a_column_that_was_added_is_null_before(tmp_path: Path, ruleset: st.RuleSet, told: Told) -> None:
    deltalake.write_deltalake(str(tmp_path), events().drop("User", "EventID"))
    deltalake.write_deltalake(str(tmp_path), events(40, 40), mode="append", schema_mode="merge")
    old = events().with_columns(User=pl.lit(None, pl.String), EventID=pl.lit(None, pl.Int32))
    assert pairs(delta.scan(tmp_path, ruleset, key=KEY, schema="windows")) == told(pl.concat([old, events(40, 40)]))


def test_a_column_that_is_gone_is_not_read(tmp_path: Path, ruleset: st.RuleSet, told: Told) -> None:
    wider = [events().with_columns(more=pl.lit("secret")), events(40, 40).with_columns(more=pl.lit("secret"))]
    actions = [file(tmp_path, f"a/{number}.parquet", frame) for number, frame in enumerate(wider)]
    table = log(tmp_path, fields(events()), actions)
    assert pairs(delta.scan(table, ruleset, key=KEY)) == told(pl.concat([events(), events(40, 40)]))


def test_a_feature_that_deltalake_lacks_is_refused(tmp_path: Path, ruleset: st.RuleSet) -> None:
    narrow = file(tmp_path, "a/one.parquet", events())
    wide = fields(events().cast({"ProcessId": pl.Int64}))
    table = log(tmp_path, wide, [narrow], features=["typeWidening"], delta_enableTypeWidening="true")
    with pytest.raises(InputError, match=r"(?i)the Delta table .*, version 0, cannot be read: .*type ?widening"):
        delta.scan(table, ruleset, key=KEY).to_polars()


def test_another_type_in_a_file_is_read_as_the_tables(tmp_path: Path, ruleset: st.RuleSet, told: Told) -> None:
    actions = [
        file(tmp_path, "a/one.parquet", events()),
        file(tmp_path, "a/two.parquet", events(40, 40).cast({"ProcessId": pl.Int64})),
    ]
    table = log(tmp_path, fields(events().cast({"ProcessId": pl.Int64})), actions)
    found = delta.scan(table, ruleset, key=KEY)
    assert pairs(found) == told(pl.concat([events(), events(40, 40)]))
    assert pl.Schema(found.to_polars()["event"].struct.schema)["ProcessId"] == pl.Int64


# Files that vanish -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("taken", [st.Matches.to_polars, list, len, pl.DataFrame])
@pytest.mark.parametrize("plain", [True, False])
def test_a_file_that_vanishes_in_mid_scan(tmp_path: Path, ruleset: st.RuleSet, plain: bool, taken: Any) -> None:
    rows = long_events(24_000)
    actions = [file(tmp_path, f"a/{n}.parquet", rows.slice(1000 * n, 1000)) for n in range(24)]
    table = log(tmp_path, fields(rows), actions, features=() if plain else ["deletionVectors"])
    matches = delta.scan(table, ruleset, threads=1, memory="64MiB")
    assert (matches.report.inputs[0].file is not None) == plain
    for gone in files_below(tmp_path):
        gone.unlink()
    with pytest.raises(InputError, match=r"the Delta table .*, version 0, was not read to its end: .*\d\.parquet"):
        taken(matches)
    assert not matches.report.complete
    assert matches.report.unread


def test_nothing_is_written_of_a_table_that_is_not_whole(tmp_path: Path, ruleset: st.RuleSet) -> None:
    table = plain_table(tmp_path / "t", [events(), events(40, 40)])
    matches = delta.scan(table, ruleset)
    files_below(tmp_path)[-1].unlink()
    with pytest.raises(InputError, match="was not read to its end"):
        matches.write(tmp_path / "out.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


@pytest.mark.parametrize("features", [(), ("deletionVectors",)])
def test_a_file_that_is_gone_before(tmp_path: Path, ruleset: st.RuleSet, features: tuple[str, ...]) -> None:
    actions = [file(tmp_path, f"a/{n}.parquet", events()) for n in range(2)]
    table = log(tmp_path, fields(events()), actions, features=features)
    (tmp_path / "a" / "1.parquet").unlink()
    with pytest.raises(InputError, match=r"the Delta table .*, version 0, .*1\.parquet"):
        delta.scan(table, ruleset).to_polars()


# The extra ---------------------------------------------------------------------------------------------------------------------


def test_without_the_extra_one_line_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)
    monkeypatch.delitem(sys.modules, "sigtrawl.delta")
    with pytest.raises(ImportError, match=r"^sigtrawl\.delta needs deltalake: pip install 'sigtrawl\[delta\]'") as raised:
        __import__("sigtrawl.delta")
    assert "\n" not in str(raised.value)
