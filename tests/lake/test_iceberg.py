"""Iceberg tables give the matches of their rows: of a snapshot, by the ids of columns, without those that were deleted."""

import json
import struct
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from shutil import rmtree
from typing import Any
from zlib import crc32

import polars as pl
import pytest
from tests.lake.conftest import COLUMNS, Told, events, files_below, long_events, pairs

import sigtrawl as st
from sigtrawl.errors import InputError, NothingToRun, SchemaError, UsageError
from sigtrawl.request import request

pytest.importorskip("pyiceberg")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from pyiceberg.catalog.sql import SqlCatalog  # noqa: E402 - only where pyiceberg is
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat  # noqa: E402
from pyiceberg.partitioning import PartitionSpec  # noqa: E402
from pyiceberg.table import Table  # noqa: E402
from pyiceberg.transforms import IdentityTransform  # noqa: E402
from pyiceberg.types import LongType, StringType  # noqa: E402

from sigtrawl import iceberg, lake  # noqa: E402

KEY = ["id"]


@pytest.fixture(scope="module")
def one_catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlCatalog]:
    """Give a catalogue in a file; making one takes longer than most tests."""
    folder = tmp_path_factory.mktemp("catalogue")
    found = SqlCatalog("test", uri=f"sqlite:///{folder}/catalogue.db", warehouse=(folder / "a lake").as_uri())
    found.create_namespace("events")
    yield found
    found.engine.dispose()


@pytest.fixture
def catalog(one_catalog: SqlCatalog) -> Iterator[SqlCatalog]:
    """Give it without tables."""
    yield one_catalog
    for name in one_catalog.list_tables("events"):
        location = one_catalog.load_table(name).location()
        one_catalog.drop_table(name)
        rmtree(location.removeprefix("file://"), ignore_errors=True)


def arrow(frame: pl.DataFrame) -> Any:
    """Give a frame as pyiceberg takes it."""
    table = pa.table(frame)
    plain = {pa.string_view(): pa.string(), pa.large_string(): pa.string()}
    return table.cast(pa.schema([field.with_type(plain.get(field.type, field.type)) for field in table.schema]))


def made(catalog: SqlCatalog, *frames: pl.DataFrame, name: str = "events.process", **properties: str) -> Table:
    """Make a table, one snapshot a frame."""
    data = [arrow(frame) for frame in frames]
    table = catalog.create_table(name, data[0].schema, properties=properties)
    for one in data:
        table.append(one)
    return table


# Deletes that pyiceberg reads and does not write -------------------------------------------------------------------------------


def with_deletes(table: Table, deletes: Sequence[DataFile]) -> Table:
    """Add a snapshot with delete files: pyiceberg's own writer, told that its manifest is one of deletes."""
    from pyiceberg.manifest import ManifestContent, ManifestWriterV2
    from pyiceberg.table.update.snapshot import _FastAppendFiles

    class Deletes(ManifestWriterV2):
        def content(self) -> ManifestContent:
            return ManifestContent.DELETES

        @property
        def _meta(self) -> dict[str, str]:
            return {**super()._meta, "content": "deletes"}

    class Append(_FastAppendFiles):
        def new_manifest_writer(self, spec: PartitionSpec) -> Any:
            return Deletes(spec, table.schema(), self.new_manifest_output(), self._snapshot_id, "deflate")

    from pyiceberg.table.snapshots import Operation

    with table.transaction() as transaction, Append(Operation.APPEND, transaction, table.io) as append:
        for one in deletes:
            append.append_data_file(one)
    return table


def delete_file(path: Path, content: DataFileContent, file_format: FileFormat, count: int, **more: Any) -> DataFile:
    from pyiceberg.typedef import Record

    made = DataFile.from_args(
        content=content,
        file_path=path.as_uri(),
        file_format=file_format,
        partition=Record(),
        record_count=count,
        file_size_in_bytes=path.stat().st_size,
        column_sizes={},
        value_counts={},
        null_value_counts={},
        nan_value_counts={},
        lower_bounds={},
        upper_bounds={},
        **more,
    )
    made.spec_id = 0
    return made


def position_deletes(path: Path, places: Sequence[tuple[str, int]]) -> DataFile:
    """Write which rows of which files are gone."""
    ids = [{b"PARQUET:field_id": b"2147483546"}, {b"PARQUET:field_id": b"2147483545"}]
    schema = pa.schema([pa.field("file_path", pa.string(), False, ids[0]), pa.field("pos", pa.int64(), False, ids[1])])
    columns = [list(column) for column in zip(*sorted(places), strict=True)]
    pq.write_table(pa.table(columns, schema=schema), path)
    return delete_file(path, DataFileContent.POSITION_DELETES, FileFormat.PARQUET, len(places))


def data_files(table: Table) -> list[str]:
    """List the data files of a table in the order in which they were added."""
    tasks = list(table.scan().plan_files())
    return [task.file.file_path for task in sorted(tasks, key=lambda task: int.from_bytes(task.file.lower_bounds[1], "little"))]


# Snapshots ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", ["all", "used", ["Image"], []])
def test_each_snapshot_has_its_own_rows(catalog: SqlCatalog, ruleset: st.RuleSet, told: Told, columns: Any) -> None:
    table = made(catalog, events(), events(40, 40))
    table.delete("ProcessId >= 30 and ProcessId < 50")
    both = pl.concat([events(), events(40, 40)])
    left = both.filter(~pl.col("id").is_between(30, 49))
    first, second = (entry.snapshot_id for entry in table.history()[:2])
    for snapshot, own in ((first, events()), (second, both), (None, left)):
        matches = iceberg.scan(table, ruleset, snapshot_id=snapshot, key=KEY, columns=columns)
        assert matches.report.inputs[0].file is not None
        assert pairs(matches) == told(own)


def test_without_a_catalogue(catalog: SqlCatalog, ruleset: st.RuleSet, told: Told) -> None:
    table = made(catalog, events(), events(40, 40))
    metadata = Path(table.metadata_location.removeprefix("file://"))
    folder = metadata.parent.parent
    both = told(pl.concat([events(), events(40, 40)]))
    assert [lake.table_kind(str(path)) for path in (metadata, folder, metadata.parent)] == ["iceberg", "iceberg", None]
    for given in (table.metadata_location, metadata, folder, str(folder)):
        assert pairs(iceberg.scan(given, ruleset, key=KEY)) == both
    first = min(metadata.parent.glob("00001-*"))
    assert pairs(iceberg.scan(first, ruleset, key=KEY)) == told(events())
    (metadata.parent / "version-hint.text").write_text(first.name)
    assert pairs(iceberg.scan(folder, ruleset, key=KEY)) == told(events())
    (metadata.parent / "version-hint.text").unlink()
    (metadata.parent / "00002-of-somebody-else.metadata.json").write_text(metadata.read_text())
    with pytest.raises(InputError, match="several newest metadata"):
        iceberg.scan(folder, ruleset)


def test_what_is_not_there(catalog: SqlCatalog, ruleset: st.RuleSet, tmp_path: Path) -> None:
    table = made(catalog, events())
    known = table.current_snapshot().snapshot_id  # type: ignore[union-attr]
    for snapshot in (7, 0, "7"):
        with pytest.raises(InputError, match=rf"events\.process has no snapshot '?{snapshot}'?, or not any more: it has {known}"):
            iceberg.scan(table, ruleset, snapshot_id=snapshot)  # type: ignore[arg-type]
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "v1.metadata.json"):
        with pytest.raises(InputError, match=f"the Iceberg table {path} cannot be opened"):
            iceberg.scan(path, ruleset)
    with pytest.raises(TypeError, match="rules are compiled first"):
        iceberg.scan(table, "rules.yml")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="did you mean id"):
        iceberg.scan(table, ruleset, key=["Id"])


def test_a_snapshot_that_has_expired(catalog: SqlCatalog, ruleset: st.RuleSet) -> None:
    table = made(catalog, events(), events(40, 40))
    first = table.history()[0].snapshot_id
    table.maintenance.expire_snapshots().by_id(first).commit()
    with pytest.raises(InputError, match=rf"has no snapshot {first}, or not any more"):
        iceberg.scan(table.refresh(), ruleset, snapshot_id=first)


def test_a_table_without_rows(catalog: SqlCatalog, ruleset: st.RuleSet) -> None:
    table = made(catalog, events().clear())
    empty = catalog.create_table("events.new", arrow(events()).schema)
    for one in (table, empty):
        assert iceberg.scan(one, ruleset, key=KEY).to_polars().is_empty()


def test_a_table_that_nothing_runs_on(catalog: SqlCatalog, ruleset: st.RuleSet) -> None:
    table = made(catalog, pl.DataFrame({"x": ["y"]}))
    with pytest.raises(SchemaError, match="no schema"):
        iceberg.scan(table, ruleset)
    with pytest.raises(NothingToRun):
        iceberg.scan(table, ruleset, logsource="product=linux")


# Filters and partitions --------------------------------------------------------------------------------------------------------


@pytest.fixture
def partitioned(catalog: SqlCatalog) -> tuple[Table, pl.DataFrame]:
    """Give a table with partitions, and its rows."""
    rows = events().with_columns(on=pl.lit(date(2025, 12, 30)) + pl.duration(days=pl.col("id") % 3))
    data = arrow(rows)
    table = catalog.create_table("events.partitioned", data.schema)
    with table.update_spec() as spec:
        spec.add_field("day", IdentityTransform())
        spec.add_field("on", IdentityTransform())
    table.append(data)
    return table, rows


@pytest.mark.parametrize(
    ("row_filter", "meaning"),
    [
        ("day = '2026-05-01'", pl.col("day") == "2026-05-01"),
        ("day != '2026-05-01' and on < '2026-01-01'", (pl.col("day") != "2026-05-01") & (pl.col("on") < date(2026, 1, 1))),
        ("on >= '2025-12-31'", pl.col("on") >= date(2025, 12, 31)),
        ("id < 20 or User is null", (pl.col("id") < 20) | pl.col("User").is_null()),
        ("CommandLine not in ('-h')", pl.col("CommandLine") != "-h"),
    ],
)
def test_a_filter_chooses_rows(
    partitioned: tuple[Table, pl.DataFrame], ruleset: st.RuleSet, told: Told, row_filter: str, meaning: pl.Expr
) -> None:
    table, rows = partitioned
    expected = {pair for pair in told(rows) if pair[1] in set(rows.filter(meaning)["id"])}
    for columns in COLUMNS:
        assert pairs(iceberg.scan(table, ruleset, row_filter=row_filter, key=KEY, columns=columns)) == expected


def test_partitions_that_are_not_asked_for_are_not_read(
    partitioned: tuple[Table, pl.DataFrame], ruleset: st.RuleSet, told: Told
) -> None:
    table, rows = partitioned
    for path in files_below(Path(table.location().removeprefix("file://"))):
        if "day=2026-05-01" not in str(path):
            path.unlink()
    expected = {pair for pair in told(rows) if pair[1] % 3 == 0}
    assert pairs(iceberg.scan(table, ruleset, row_filter="day = '2026-05-01'", key=KEY)) == expected


def test_partitions_have_the_types_of_their_columns(partitioned: tuple[Table, pl.DataFrame], ruleset: st.RuleSet) -> None:
    found = iceberg.scan(partitioned[0], ruleset, key=["on", "id"]).to_polars()
    assert found.schema["on"] == pl.Date
    assert [name for name, _ in found["event"].struct.schema.items()] == partitioned[1].columns


def test_a_filter_that_is_none(partitioned: tuple[Table, pl.DataFrame], ruleset: st.RuleSet) -> None:
    for row_filter in ("Day = '2026-05-01'", "id >", "id = 'x'"):
        with pytest.raises(UsageError, match=r"the row_filter .* cannot be understood by the Iceberg table events\.partitioned"):
            iceberg.scan(partitioned[0], ruleset, row_filter=row_filter)


# The two ways ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", ["all", "used", ["User", "id"], []])
def test_plain_files_are_read_as_they_are(
    catalog: SqlCatalog, ruleset: st.RuleSet, told: Told, monkeypatch: pytest.MonkeyPatch, columns: Any
) -> None:
    frames = [events(40, first).with_columns(_source=pl.lit("secret")) for first in (0, 40, 80)]
    table = made(catalog, *frames)
    fast = iceberg.scan(table, ruleset, key=KEY, columns=columns)
    with monkeypatch.context() as patched:
        patched.setattr(lake, "_of_files", lambda *_: None)
        general = iceberg.scan(table, ruleset, key=KEY, columns=columns)
    assert fast.report.inputs[0].file is not None
    assert general.report.inputs[0].file is None
    one, other = fast.to_polars(), general.to_polars()
    assert one.schema == other.schema
    assert one.sort("id", "rule_id").equals(other.sort("id", "rule_id"))
    assert set(one.select("rule_id", "id").rows()) == told(pl.concat(frames))
    placed = set(iceberg.scan(table, ruleset).to_polars()["file"])
    assert placed == {str(path) for path in files_below(Path(table.location().removeprefix("file://")))}


def test_a_match_is_explained_where_its_row_is_known(catalog: SqlCatalog, ruleset: st.RuleSet) -> None:
    table = made(catalog, events())
    assert "Netcat" in str(iceberg.scan(table, ruleset).explain(0))
    with pytest.raises(UsageError, match=r"the rows of the Iceberg table events\.process, snapshot \d+, come in no fixed order"):
        iceberg.scan(table, ruleset, row_filter="id < 20").explain(1)


@pytest.mark.parametrize("row_filter", [None, "id < 20"])
def test_the_reference_evaluator_agrees(catalog: SqlCatalog, ruleset: st.RuleSet, told: Told, row_filter: str | None) -> None:
    table = made(catalog, events())
    found = lake.scan_snapshot(iceberg.snapshot_of(table, row_filter=row_filter), ruleset, request(engine="reference", key=KEY))
    assert pairs(found) == {pair for pair in told(events()) if row_filter is None or pair[1] < 20}


def test_a_filter_of_rows_leaves_the_fast_way(catalog: SqlCatalog, ruleset: st.RuleSet, told: Told) -> None:
    table = made(catalog, events())
    matches = iceberg.scan(table, ruleset, row_filter="id < 20", key=KEY)
    assert matches.report.inputs[0].file is None
    assert pairs(matches) == {pair for pair in told(events()) if pair[1] < 20}


# Deletes -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [2, 10])
def test_rows_of_position_deletes_are_gone(
    catalog: SqlCatalog, ruleset: st.RuleSet, told: Told, tmp_path: Path, files: int
) -> None:
    frames = [events(40, 40 * number) for number in range(files)]
    table = made(catalog, frames[0], **{"write.parquet.row-group-limit": "8"})
    for frame in frames[1:]:
        table.append(arrow(frame))
    before = table.current_snapshot().snapshot_id  # type: ignore[union-attr]
    paths = data_files(table)
    places = [(paths[one // 40], one % 40) for one in (0, 5, 39, 40, 52)]
    with_deletes(table, [position_deletes(tmp_path / "deletes.parquet", places)])
    table.append(arrow(events(40, 40 * files)))
    rows = pl.concat([*frames, events(40, 40 * files)])
    live = rows.filter(~pl.col("id").is_in([0, 5, 39, 40, 52]))
    assert told(live) != told(rows)
    for columns in COLUMNS:
        assert pairs(iceberg.scan(table, ruleset, key=KEY, columns=columns)) == told(live)
    found = pairs(iceberg.scan(table, ruleset, row_filter="id < 60", key=KEY))
    assert found == {pair for pair in told(live) if pair[1] < 60}
    assert pairs(iceberg.scan(table, ruleset, key=KEY, snapshot_id=before)) == told(pl.concat(frames))


def test_deletes_that_are_gone(catalog: SqlCatalog, ruleset: st.RuleSet, tmp_path: Path) -> None:
    table = made(catalog, events())
    with_deletes(table, [position_deletes(tmp_path / "deletes.parquet", [(data_files(table)[0], 3)])])
    (tmp_path / "deletes.parquet").unlink()
    with pytest.raises(
        InputError, match=r"snapshot \d+, was not read to its end: .* lists a file that is gone: .*deletes\.parquet"
    ):
        iceberg.scan(table, ruleset).to_polars()


def test_rows_of_deletion_vectors_are_gone(catalog: SqlCatalog, ruleset: st.RuleSet, told: Told, tmp_path: Path) -> None:
    table = made(catalog, events(), events(40, 40))
    data = data_files(table)[0]
    path = tmp_path / "deletes.puffin"
    dead = [0, 1, 5, 12]
    path.write_bytes(puffin(data, dead))
    vector = delete_file(path, DataFileContent.POSITION_DELETES, FileFormat.PUFFIN, len(dead))
    with_deletes(table, [vector])
    rows = pl.concat([events(), events(40, 40)])
    live = rows.filter(~pl.col("id").is_in(dead))
    assert told(live) != told(rows)
    assert pairs(iceberg.scan(table, ruleset, key=KEY)) == told(live)


def puffin(data: str, rows: Sequence[int]) -> bytes:
    """Write row numbers below 65,536 of a data file as a deletion vector in a Puffin file."""
    bitmap = struct.pack("<qiIIHHI", 1, 0, 12346, 1, 0, len(rows) - 1, 16) + struct.pack(f"<{len(rows)}H", *sorted(rows))
    framed = b"\xd1\xd3\x39\x64" + bitmap
    blob = struct.pack(">I", len(framed)) + framed + struct.pack(">I", crc32(framed))
    entry = {"type": "deletion-vector-v1", "fields": [2147483546], "snapshot-id": -1, "sequence-number": -1, "offset": 4}
    told = {"referenced-data-file": data, "cardinality": str(len(rows))}
    footer = json.dumps({"blobs": [{**entry, "length": len(blob), "properties": told}]}).encode()
    return b"PFA1" + blob + b"PFA1" + footer + struct.pack("<I", len(footer)) + b"\0\0\0\0" + b"PFA1"


def test_equality_deletes_are_refused(catalog: SqlCatalog, ruleset: st.RuleSet, tmp_path: Path) -> None:
    table = made(catalog, events())
    field = pa.field("id", pa.int64(), metadata={b"PARQUET:field_id": b"1"})
    pq.write_table(pa.table([[3]], schema=pa.schema([field])), tmp_path / "deletes.parquet")
    deletes = delete_file(tmp_path / "deletes.parquet", DataFileContent.EQUALITY_DELETES, FileFormat.PARQUET, 1, equality_ids=[1])
    with_deletes(table, [deletes])
    with pytest.raises(InputError, match=r"the Iceberg table events\.process, snapshot \d+, cannot be read: .*equality deletes"):
        iceberg.scan(table, ruleset)


# Columns by their ids ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", ["all", "used", ["Image"]])
def test_columns_are_found_by_their_ids(catalog: SqlCatalog, ruleset: st.RuleSet, told: Told, columns: Any) -> None:
    first = events().rename({"Image": "program", "User": "Image"}).with_columns(gone=pl.lit("secret"))
    table = made(catalog, first)
    with table.update_schema() as change:
        change.rename_column("Image", "User")
        change.rename_column("program", "Image")
        change.delete_column("gone")
        change.add_column("added", StringType())
    old = table.current_snapshot().snapshot_id  # type: ignore[union-attr]
    second = events(40, 40).with_columns(added=pl.lit("a secret"))
    assert pairs(iceberg.scan(table, ruleset, key=KEY, columns=columns)) == told(events())
    table.append(arrow(second.select([field.name for field in table.schema().fields])))
    rows = pl.concat([events().with_columns(added=pl.lit(None, pl.String)), second])
    assert pairs(iceberg.scan(table, ruleset, key=KEY, columns=columns)) == told(rows)
    # The old snapshot is read, and its filter understood, by the names of then.
    if columns != ["Image"]:
        before = iceberg.scan(table, ruleset, key=KEY, snapshot_id=old, columns=columns, row_filter="Image = 'who'")
        assert pairs(before) == {pair for pair in told(first) if pair[1] % 4 != 0}


def test_a_column_that_was_dropped_and_added_again_is_another(catalog: SqlCatalog, ruleset: st.RuleSet, told: Told) -> None:
    table = made(catalog, events())
    with table.update_schema() as change:
        change.delete_column("CommandLine")
    with table.update_schema() as change:
        change.add_column("CommandLine", StringType())
        change.move_after("CommandLine", "Image")
    assert table.schema().column_names == events().columns
    matches = iceberg.scan(table, ruleset, key=KEY)
    assert matches.report.inputs[0].file is None
    assert pairs(matches) == {pair for pair in told(events()) if pair[0] != "502b42de-4306-40b4-9596-6f590c81f073"}


def test_a_type_that_was_widened(catalog: SqlCatalog, ruleset: st.RuleSet, told: Told) -> None:
    table = made(catalog, events())
    with table.update_schema() as change:
        change.update_column("ProcessId", LongType())
    second = events(40, 40).cast({"ProcessId": pl.Int64})
    table.append(arrow(second))
    matches = iceberg.scan(table, ruleset, key=KEY)
    assert pairs(matches) == told(pl.concat([events().cast({"ProcessId": pl.Int64}), second]))
    assert pl.Schema(matches.to_polars()["event"].struct.schema)["ProcessId"] == pl.Int64


def test_files_without_ids_are_read_by_name(catalog: SqlCatalog, ruleset: st.RuleSet, told: Told, tmp_path: Path) -> None:
    table = made(catalog, events())
    (tmp_path / "own").mkdir()
    arrow_rows = arrow(events(40, 40))
    pq.write_table(arrow_rows, tmp_path / "own" / "added.parquet")
    table.add_files([(tmp_path / "own" / "added.parquet").as_uri()])
    assert pairs(iceberg.scan(table, ruleset, key=KEY)) == told(pl.concat([events(), events(40, 40)]))


# Files that vanish -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("taken", [st.Matches.to_polars, list, len, pl.DataFrame])
@pytest.mark.parametrize("plain", [True, False])
def test_a_file_that_vanishes_in_mid_scan(catalog: SqlCatalog, ruleset: st.RuleSet, plain: bool, taken: Any) -> None:
    small = {"write.target-file-size-bytes": str(2 << 20)}
    table = made(catalog, long_events(24_000), **small)
    matches = iceberg.scan(table, ruleset, threads=1, memory="64MiB", row_filter=None if plain else "id >= 0")
    assert (matches.report.inputs[0].file is not None) == plain
    for gone in files_below(Path(table.location().removeprefix("file://"))):
        gone.unlink()
    with pytest.raises(InputError, match=r"events\.process, snapshot \d+, was not read to its end: .*\.parquet") as raised:
        taken(matches)
    assert "\n" not in str(raised.value)
    assert not matches.report.complete
    assert "\n" not in (matches.report.unread[0].reason or "")


@pytest.mark.parametrize("plain", [True, False])
def test_a_file_that_is_gone_before(catalog: SqlCatalog, ruleset: st.RuleSet, plain: bool) -> None:
    table = made(catalog, events(), events(40, 40))
    gone = files_below(Path(table.location().removeprefix("file://")))[0]
    gone.unlink()
    with pytest.raises(InputError, match=rf"events\.process, snapshot \d+, .*a file that is gone: .*{gone.name}"):
        iceberg.scan(table, ruleset, row_filter=None if plain else "id >= 0").to_polars()


def test_a_manifest_that_is_gone(catalog: SqlCatalog, ruleset: st.RuleSet) -> None:
    table = made(catalog, events())
    for path in Path(table.location().removeprefix("file://"), "metadata").glob("*-m0.avro"):
        path.unlink()
    with pytest.raises(InputError, match=r"events\.process, snapshot \d+,.*m0\.avro"):
        iceberg.scan(table, ruleset)


def test_files_are_put_together_up_to_a_size() -> None:
    class Task:
        def __init__(self, size: int) -> None:
            self.file = self
            self.file_size_in_bytes = size

    sizes = [
        [task.file_size_in_bytes for task in held]
        for held in iceberg._together([Task(n << 20) for n in (300, 1, 255, 1, *[1] * 12)])
    ]
    assert [len(held) for held in sizes] == [1, 2, 8, 5]
    assert list(iceberg._together([])) == []


# The extra ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("absent", ["pyiceberg", "pyarrow"])
def test_without_the_extra_one_line_names_it(monkeypatch: pytest.MonkeyPatch, absent: str) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    monkeypatch.delitem(sys.modules, "sigtrawl.iceberg")
    with pytest.raises(ImportError, match=rf"^sigtrawl\.iceberg needs {absent}: pip install 'sigtrawl\[iceberg\]'") as raised:
        __import__("sigtrawl.iceberg")
    assert "\n" not in str(raised.value)
