"""One archive, all public rules for Windows, every way in: the same rules match the same events.

What an environment does not hold cannot be asked there; which ways it has to hold is said by `EXPECTED`, so that none goes
missing unseen: the engines of clusters have an environment of their own (``make test-engines``), all others are in ``make test``.
"""

import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sigtrawl as st
from sigtrawl.archive import generate

KEY = ["Computer", "RecordID"]
ROWS = 20_000
# Of the real events' columns some are enough: their rules are for a dozen kinds of events.
FIELDS = ["Channel", "EventID", "UtcTime", "Computer", "Image", "CommandLine", "ParentImage", "ParentCommandLine", "User"]
FIELDS += ["TargetObject", "Details", "TargetFilename", "ImageLoaded", "SourceImage", "TargetImage", "GrantedAccess", "CallTrace"]
FIELDS += ["PipeName", "ServiceName", "ImagePath", "TargetUserName", "Hashes", "Product", "Company"]
Pairs = set[tuple[str, str, int]]
Way = Callable[[st.RuleSet, Path], Any]

# Engines say so of themselves and of pandas.
pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray(\..*)?"),
    pytest.mark.filterwarnings("ignore:The inplace keyword in"),
]

CLUSTERS = {"spark": "pyspark", "ray": "ray", "daft": "daft", "dask": "dask"}
SINGLE = {"duckdb": "duckdb", "datafusion": "datafusion", "delta": "deltalake", "iceberg": "pyiceberg", "s3": "moto"}


@pytest.fixture(scope="module")
def rules(shared: Path) -> st.RuleSet:
    loaded = st.load_rules(shared / "sigma" / "rules" / "windows", on_error="skip")
    return st.compile(loaded).without_correlations()


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """Generated events and those of real attacks among them, numbered, in two files."""
    folder = tmp_path_factory.mktemp("every") / "events"
    folder.mkdir()
    generate(folder / "generated.parquet", ROWS, matches=200)
    generated = pl.read_parquet(folder / "generated.parquet").cast({"ProcessId": pl.String})
    (folder / "generated.parquet").unlink()
    real = pl.read_parquet(shared / "attack_samples.parquet").select(cs.by_name(*FIELDS, require_all=False))
    mixed = pl.concat([generated.with_columns(pl.col("UtcTime").dt.to_string()), real], how="diagonal")
    mixed = mixed.sample(fraction=1, shuffle=True, seed=5)
    mixed = mixed.with_row_index("RecordID").cast({"RecordID": pl.Int64})
    half = mixed.height // 2
    mixed[:half].write_parquet(folder / "0.parquet", row_group_size=4_000)
    mixed[half:].write_parquet(folder / "1.parquet", row_group_size=4_000)
    return folder


@pytest.fixture(scope="module")
def expected(rules: st.RuleSet, events: Path) -> Pairs:
    """What the plain scan finds; another engine of the core agrees."""
    found = pairs(st.scan(events, rules, key=KEY, columns=[]))
    assert len(found) > 400
    assert len({rule for rule, *_ in found}) > 20
    assert found == pairs(st.scan(events, rules, key=KEY, columns=[], engine="automaton"))
    return found


def pairs(matches: Any) -> Pairs:
    if isinstance(matches, st.Matches):
        matches = matches.to_polars()
    named = pl.DataFrame(matches).with_columns(rule=pl.coalesce("rule_id", "rule_title"))
    rows = named.select("rule", *KEY).rows()
    assert len(rows) == len(set(rows))
    return set(rows)


def from_lists(events: pl.DataFrame, lists: Any) -> Pairs:
    """Name what a column of lists of rules says of the rows beside it."""
    named = events.select(KEY).with_columns(rule=pl.Series(lists, dtype=pl.List(pl.String))).explode("rule", empty_as_null=False)
    return set(named.select("rule", *KEY).rows())


def _scan_parquet(rules: st.RuleSet, events: Path) -> Any:
    return st.scan_parquet(events, rules, key=KEY).select("rule_id", "rule_title", *KEY).collect()


def _frame(rules: st.RuleSet, events: Path) -> Any:
    frame: Any = pl.read_parquet(events / "*.parquet")
    return frame.sigtrawl.match(rules, key=KEY)


def _lazy(rules: st.RuleSet, events: Path, engine: Any = "in-memory") -> Any:
    frame: Any = pl.scan_parquet(events / "*.parquet")
    return frame.sigtrawl.match(rules, key=KEY, columns=[]).collect(engine=engine)


def _expression(rules: st.RuleSet, events: Path, engine: Any = "in-memory") -> Pairs:
    lazy = pl.scan_parquet(events / "*.parquet").filter(rules.expr()).with_columns(rules.expr("rules"), rules.expr("count"))
    found = lazy.collect(engine=engine)
    assert found["rules"].list.len().equals(found["count"].cast(pl.UInt32), check_names=False)
    return from_lists(found, found["rules"])


def _stream(rules: st.RuleSet, events: Path) -> Any:
    return rules.match(pq.read_table(events).to_reader(max_chunksize=1_000), key=KEY)


def _scanner(rules: st.RuleSet, events: Path) -> Any:
    table = pq.read_table(events)
    scanner = rules.scanner(table.schema, key=KEY, columns=[])
    return pl.concat([pl.DataFrame(scanner.match(batch)) for batch in table.to_batches(max_chunksize=2_048)])


def _duckdb(rules: st.RuleSet, events: Path) -> Any:
    import duckdb

    import sigtrawl.duckdb

    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(events / "*.parquet"))
        return sigtrawl.duckdb.match(relation, rules, key=KEY, columns=[]).to_arrow_table()


def _duckdb_function(rules: st.RuleSet, events: Path) -> Pairs:
    import duckdb

    import sigtrawl.duckdb

    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW events AS SELECT * FROM read_parquet('{events}/*.parquet')")  # noqa: S608 - our own path
        call = sigtrawl.duckdb.register(connection, rules, "events", answer="rules")
        found = connection.sql(f"SELECT Computer, RecordID, {call} AS rules FROM events").to_arrow_table()  # noqa: S608
        return from_lists(pl.DataFrame(found), pl.DataFrame(found)["rules"])


def _datafusion(rules: st.RuleSet, events: Path) -> Any:
    import datafusion

    import sigtrawl.datafusion

    frame = datafusion.SessionContext().read_parquet(str(events))
    return sigtrawl.datafusion.match(frame, rules, key=KEY, columns=[]).to_arrow_table()


def _datafusion_function(rules: st.RuleSet, events: Path) -> Pairs:
    import datafusion

    import sigtrawl.datafusion

    frame = datafusion.SessionContext().read_parquet(str(events))
    function = sigtrawl.datafusion.udf(rules, frame, answer="rules")
    found = pl.DataFrame(frame.select(*KEY_COLUMNS(datafusion), function().alias("rules")).to_arrow_table())
    return from_lists(found, found["rules"])


def KEY_COLUMNS(datafusion: Any) -> list[Any]:  # noqa: N802
    """Name the key as DataFusion does, which folds names that are not quoted."""
    return [datafusion.col(f'"{name}"') for name in KEY]


def _delta(rules: st.RuleSet, events: Path) -> Any:
    import deltalake

    import sigtrawl.delta

    table = events.parent / "delta"
    if not table.exists():
        for file in sorted(events.iterdir()):
            deltalake.write_deltalake(table, pq.read_table(file), mode="append")
    return sigtrawl.delta.scan(table, rules, key=KEY, columns=[])


def _iceberg(rules: st.RuleSet, events: Path) -> Any:
    from pyiceberg.catalog.sql import SqlCatalog

    import sigtrawl.iceberg

    home = events.parent / "iceberg"
    home.mkdir()
    catalog = SqlCatalog("lake", uri=f"sqlite:///{home}/catalog.db", warehouse=f"file://{home}")
    catalog.create_namespace("lake")
    rows = pq.read_table(events)
    table = catalog.create_table("lake.events", rows.schema)
    table.append(rows)
    try:
        return pairs(sigtrawl.iceberg.scan(table, rules, key=KEY, columns=[]))
    finally:
        catalog.close()


def _s3(rules: st.RuleSet, events: Path) -> Any:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    options = {"aws_endpoint_url": address, "aws_access_key_id": "a", "aws_secret_access_key": "b", "aws_region": "us-east-1"}
    try:
        client = boto3.client(
            "s3",
            endpoint_url=address,
            aws_access_key_id="a",
            aws_secret_access_key="b",  # noqa: S106 - the server knows none
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="every")
        for file in events.iterdir():
            client.put_object(Bucket="every", Key=f"events/{file.name}", Body=file.read_bytes())
        client.close()
        matches = st.scan("s3://every/events", rules, key=KEY, storage_options={**options, "aws_allow_http": "true"})
        return pairs(matches)
    finally:
        server.stop()


def _spark(rules: st.RuleSet, events: Path) -> Any:
    from pyspark.sql import SparkSession

    import sigtrawl.spark

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYTHONPATH", str(Path(st.__file__).parent.parent))
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate()
        )
        try:
            frame = session.read.parquet(str(events))
            return sigtrawl.spark.match(frame, rules, key=KEY, columns=["Image"]).toArrow()
        finally:
            session.stop()


def _ray(rules: st.RuleSet, events: Path) -> Any:
    import ray
    import ray.data

    import sigtrawl.ray

    home = str(Path(st.__file__).parent.parent)
    ray.init(num_cpus=2, include_dashboard=False, runtime_env={"env_vars": {"PYTHONPATH": home}}, log_to_driver=False)
    try:
        matches = sigtrawl.ray.match(ray.data.read_parquet(str(events)), rules, key=KEY, columns=["Image"])
        tables = [table for table in ray.get(matches.to_arrow_refs()) if table.num_rows]
        return pa.concat_tables(tables)
    finally:
        ray.shutdown()


def _daft(rules: st.RuleSet, events: Path) -> Any:
    import daft

    import sigtrawl.daft

    return sigtrawl.daft.match(daft.read_parquet(str(events)), rules, key=KEY, columns=["Image"]).to_arrow()


def _dask(rules: st.RuleSet, events: Path) -> Any:
    import dask.dataframe as dd

    import sigtrawl.dask

    frame = dd.read_parquet(str(events), dtype_backend="pyarrow")
    matches = sigtrawl.dask.match(frame, rules, key=KEY, columns=["Image"])
    return pa.Table.from_pandas(matches.compute(), preserve_index=False)


WAYS: dict[str, tuple[str | None, Way]] = {
    "scan_parquet": (None, _scan_parquet),
    "frame": (None, _frame),
    "lazy frame": (None, _lazy),
    "lazy frame, streaming": (None, lambda rules, events: _lazy(rules, events, "streaming")),
    "expression": (None, _expression),
    "expression, streaming": (None, lambda rules, events: _expression(rules, events, "streaming")),
    "Arrow stream": (None, _stream),
    "scanner": (None, _scanner),
    "duckdb": ("duckdb", _duckdb),
    "duckdb, function": ("duckdb", _duckdb_function),
    "datafusion": ("datafusion", _datafusion),
    "datafusion, function": ("datafusion", _datafusion_function),
    "delta": ("delta", _delta),
    "iceberg": ("iceberg", _iceberg),
    "s3": ("s3", _s3),
    "spark": ("spark", _spark),
    "ray": ("ray", _ray),
    "daft": ("daft", _daft),
    "dask": ("dask", _dask),
}
PRESENT = {name for name, module in {**SINGLE, **CLUSTERS}.items() if find_spec(module) is not None}
EXPECTED = set(CLUSTERS) if os.environ.get("SIGTRAWL_ENGINES") else set(SINGLE)


def test_this_environment_holds_what_it_should() -> None:
    assert PRESENT >= EXPECTED


@pytest.fixture(params=[name for name, (needs, _) in WAYS.items() if needs is None or needs in PRESENT])
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param][1]


def test_every_way_finds_the_same(way: Way, rules: st.RuleSet, events: Path, expected: Pairs) -> None:
    found = way(rules, events)
    assert (found if isinstance(found, set) else pairs(found)) == expected
