"""`sigtrawl.spark.match`, on Spark itself in local mode: two threads of tasks, Python workers of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from pyspark import cloudpickle
from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession
from tests.clusters import common
from tests.clusters.common import KEY, in_order, lines

import sigtrawl as st
import sigtrawl.spark
from sigtrawl.errors import UsageError
from sigtrawl.workers import packed

# PySpark says so of itself, wherever it touches pandas.
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")

HOME = str(Path(st.__file__).parent.parent)


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.delenv("PYTHONPATH", raising=False)  # what workers see is said below
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "3")
            .config("spark.sql.session.timeZone", "Asia/Tokyo")
            .config("spark.executorEnv.PYTHONPATH", HOME)
            .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")  # it lives for a minute
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()


@pytest.fixture
def frame(spark: SparkSession, events: Path) -> DataFrame:
    return spark.read.parquet(str(events))


def arrow(frame: DataFrame) -> pa.Table:
    """Collect; `DataFrame.toArrow` came with Spark 4."""
    if hasattr(frame, "toArrow"):
        return frame.toArrow()
    batches = frame._collect_as_arrow()
    return pa.Table.from_batches(batches) if batches else pa.table({name: [] for name in frame.columns})


def in_utc(matches: pa.Table) -> pl.DataFrame:
    """Spark 3 shows instants in the zone of the session."""
    frame = pl.DataFrame(matches)
    times = pl.Datetime("us", "UTC")
    event = (
        pl.col("event").struct.with_fields(pl.field("UtcTime").cast(times))
        if "UtcTime" in str(frame.schema["event"])
        else pl.col("event")
    )
    return frame.with_columns(event, pl.col("time").cast(times))


@pytest.mark.parametrize("rows", [700, 10_000])
def test_matches_are_those_of_the_scan(
    spark: SparkSession, frame: DataFrame, ruleset: st.RuleSet, expected: pl.DataFrame, rows: int
) -> None:
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", rows)
    shuffled = frame.repartition(3)
    common.same_as_scan(lambda **options: in_utc(arrow(sigtrawl.spark.match(shuffled, ruleset, **options))), expected)


def test_an_event_holds_what_was_asked_for(frame: DataFrame, ruleset: st.RuleSet, narrow: pl.DataFrame) -> None:
    common.same_as_scan(
        lambda **options: in_utc(arrow(sigtrawl.spark.match(frame, ruleset, **options))), narrow, columns=["Image"]
    )
    without = sigtrawl.spark.match(frame, ruleset, key=KEY, columns=[])
    assert "event" not in without.columns
    assert common.pairs(arrow(without)) == common.pairs(narrow)


def test_columns_that_nobody_needs_stay_in_the_jvm(frame: DataFrame, small: st.RuleSet) -> None:
    renamed = frame.withColumnRenamed("Image", "A")
    matches = sigtrawl.spark.match(renamed, small, key=KEY, schema="none", columns=["A"])
    assert "ParentCommandLine" not in matches._jdf.queryExecution().executedPlan().toString()


def test_partitions_may_be_empty(frame: DataFrame, ruleset: st.RuleSet, expected: pl.DataFrame) -> None:
    first = expected["RecordID"][0]
    few = frame.where(frame.RecordID == first).repartition(5)
    found = in_order(arrow(sigtrawl.spark.match(few, ruleset, key=KEY)))
    assert found["RecordID"].unique().to_list() == [first]
    none = sigtrawl.spark.match(frame.where("RecordID < 0"), ruleset, key=KEY)
    assert arrow(none).num_rows == 0
    assert none.columns == expected.columns


def test_the_documented_examples_run(
    spark: SparkSession, events: Path, ruleset: st.RuleSet, expected: pl.DataFrame, tmp_path: Path
) -> None:
    ruleset.save(tmp_path / "windows.rules")
    first, second = common.examples(sigtrawl.spark)
    here = {
        '"windows.rules"': repr(str(tmp_path / "windows.rules")),
        '"events"': repr(str(events)),
        '"matches"': repr(str(tmp_path / "matches")),
    }
    for name, path in here.items():
        first, second = first.replace(name, path), second.replace(name, path)
    names: dict[str, Any] = {"spark": spark}
    exec(first, names)  # noqa: S102 - it is our own
    written = pl.read_parquet(tmp_path / "matches" / "*.parquet")
    assert common.pairs(written) == common.pairs(expected)
    exec(second, names)  # noqa: S102 - it is our own
    placed = arrow(names["matches"].select("rule_id", "file_path", "row_index")).to_pylist()
    scanned = st.scan(events, ruleset).to_polars()
    assert sorted((row["rule_id"], row["file_path"].removeprefix("file:"), row["row_index"]) for row in placed) == sorted(
        scanned.select("rule_id", "file", "row").iter_rows()
    )


def test_frames_of_a_stream(
    spark: SparkSession, events: Path, frame: DataFrame, ruleset: st.RuleSet, expected: pl.DataFrame
) -> None:
    stream = spark.readStream.schema(frame.schema).parquet(str(events))
    matches = sigtrawl.spark.match(stream, ruleset, key=KEY)
    query = matches.writeStream.format("memory").queryName("matches").trigger(availableNow=True).start()
    query.awaitTermination(120)
    assert common.pairs(arrow(spark.table("matches"))) == common.pairs(expected)


EVERY_TYPE = """\
select 'a' A, 1L id, timestamp'2024-05-01 10:00:00' t, timestamp_ntz'2024-05-01 10:00:00' n, date'2024-01-01' d, 1.50bd c,
    array(1, null) l, map('k', array(named_struct('t', timestamp'2024-05-01 10:00:00'))) m, named_struct('x', 1Y, 'y', 'é') s,
    X'FF00' b, null nothing, interval '1' day i, 1S i16, 1 i32, 1.5f f, 2.5d g, true yes"""


def test_every_type_that_can_travel(spark: SparkSession, small: st.RuleSet) -> None:
    found = sigtrawl.spark.match(spark.sql(EVERY_TYPE), small, schema="none", key=["id", "t"])
    (row,) = found.collect()
    # Spark gives instants to Python in the zone of the process.
    instant = datetime(2024, 5, 1, 1, tzinfo=UTC).astimezone().replace(tzinfo=None)
    assert (row.rule_id, row.id, row.t, row.time) == ("55555555-4306-40b4-9596-6f590c81f073", 1, instant, None)
    event = row.event.asDict(recursive=True)
    assert event == {
        "A": "a",
        "id": 1,
        "t": instant,
        "n": datetime(2024, 5, 1, 10),  # noqa: DTZ001 - the type has no zone
        "d": date(2024, 1, 1),
        "c": Decimal("1.50"),
        "l": [1, None],
        "m": {"k": [{"t": instant}]},
        "s": {"x": 1, "y": "é"},
        "b": b"\xff\x00",
        "nothing": None,
        "i": timedelta(days=1),
        "i16": 1,
        "i32": 1,
        "f": 1.5,
        "g": 2.5,
        "yes": True,
    }
    types = {field.name: field.dataType.simpleString() for field in found.schema["event"].dataType}
    assert types == {field.name: field.dataType.simpleString() for field in spark.sql(EVERY_TYPE).schema} | {
        "i": "interval day to second"
    }


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("make_ym_interval(1, 2)", "the column x has the type interval year to month, which rules cannot read"),
        ("array(make_ym_interval(1, 2))", "the column x has the type interval year to month"),
        ("parse_json('1')", "the column x has the type variant, which rules cannot read: make text of it, as by to_json(x)"),
    ],
)
def test_types_that_cannot_travel_are_named(spark: SparkSession, small: st.RuleSet, column: str, says: str) -> None:
    if "json" in column and spark.version < "4":
        pytest.skip("variants came with Spark 4")
    with pytest.raises(UsageError) as raised:
        sigtrawl.spark.match(spark.sql(f"select 'a' A, 1 id, {column} x"), small, schema="none", key=["id"])
    assert str(raised.value).startswith(says)


def test_columns_may_have_any_names(spark: SparkSession, small: st.RuleSet) -> None:
    frame = spark.sql("select 'a' A, 1 `a.b`, 2 `c``d`, 3 `e f`, 4 `Ä`")
    (row,) = sigtrawl.spark.match(frame, small, schema="none", key=["a.b"]).collect()
    assert (row["a.b"], row.event.asDict()) == (1, {"A": "a", "a.b": 1, "c`d": 2, "e f": 3, "Ä": 4})


def test_a_key_is_demanded(frame: DataFrame, ruleset: st.RuleSet) -> None:
    with pytest.raises(UsageError, match="the rows of a Spark frame have no number"):
        sigtrawl.spark.match(frame, ruleset)


def test_text_that_is_none_fails_the_job(spark: SparkSession, small: st.RuleSet) -> None:
    frame = spark.sql("select cast(unhex('FF61') as string) A, 1 id")
    with pytest.raises(PythonException) as raised:
        sigtrawl.spark.match(frame, small, schema="none", key=["id"]).collect()
    assert any(
        line.endswith("InputError: the column A cannot be read: Invalid UTF8 sequence at string index 0")
        for line in lines(raised.value)
    )


def test_a_worker_without_the_package_says_so(
    spark: SparkSession, frame: DataFrame, ruleset: st.RuleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sigtrawl.py").write_text(common.MISSING)
    monkeypatch.setitem(spark.sparkContext.environment, "PYTHONPATH", str(tmp_path))
    with pytest.raises(PythonException) as raised:
        sigtrawl.spark.match(frame, ruleset, key=KEY).collect()
    assert common.says_what_is_missing(raised.value)


def test_rules_are_broadcast(frame: DataFrame, ruleset: st.RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    real = type(frame).mapInArrow

    def spy(self: DataFrame, function: Any, *rest: Any, **more: Any) -> DataFrame:
        sent.append(cloudpickle.dumps(function))
        return real(self, function, *rest, **more)

    monkeypatch.setattr(type(frame), "mapInArrow", spy)
    sigtrawl.spark.match(frame, ruleset, key=KEY)
    assert len(sent) == 1
    assert packed(ruleset) not in sent[0]
    assert len(sent[0]) < 20_000


CONNECTED = """\
import sys
from pyspark.sql import SparkSession
import sigtrawl as st
import sigtrawl.spark

spark = SparkSession.builder.remote("local[1]").config("spark.ui.enabled", "false")
spark = spark.config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1").getOrCreate()
frame = spark.read.parquet(sys.argv[1])
matches = sigtrawl.spark.match(frame, st.RuleSet.load(sys.argv[2]), key=["Computer", "RecordID"])
print("matches:", matches.count())
spark.stop()
"""


def test_a_client_of_spark_connect(events: Path, ruleset: st.RuleSet, expected: pl.DataFrame, tmp_path: Path) -> None:
    """In a process of its own, because one process has one kind of session."""
    pytest.importorskip("grpc", reason="pyspark[connect] is not installed")
    if version("pyspark") < "4":
        pytest.skip("the server of Spark 3 is a package of its own")
    ruleset.save(tmp_path / "windows.rules")
    paths = {"PYTHONPATH": HOME, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", CONNECTED, str(events), str(tmp_path / "windows.rules")],
        env={**os.environ, **paths},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"matches: {expected.height}" in done.stdout
