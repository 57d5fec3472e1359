"""Matching a Spark frame, on all machines of a cluster.

The frame goes through `mapInArrow`, and the matches are a frame again::

    import sigtrawl as st
    import sigtrawl.spark

    ruleset = st.RuleSet.load("windows.rules")  # made by: sigtrawl compile rules -o windows.rules
    events = spark.read.parquet("events")
    matches = sigtrawl.spark.match(events, ruleset, key=["Computer", "RecordID"])
    matches.write.parquet("matches")

The rules are compiled on the driver and broadcast. A Python worker binds them once and keeps them for all its partitions. Only
the columns that rules, key and event need leave the JVM. Matches come in no order. Spark 3.5 and 4 are supported, Spark Connect
too, where the rules travel in the plan because a client has no broadcast.

**A key.** Take what tells events apart in the log itself (``["Computer", "RecordID"]``, ``["eventID"]``). Rows of Parquet files
without such columns have their place, as Spark knows it::

    events = spark.read.parquet("events").select("*", "_metadata.file_path", "_metadata.row_index")
    matches = sigtrawl.spark.match(events, ruleset, key=["file_path", "row_index"])

**Sizes.** Spark hands 10,000 rows at a time to Python (``spark.sql.execution.arrow.maxRecordsPerBatch``), and that is a good
size. With 1,415 rules and a million process creations on two cores, batches of 10,000 took 6.8 seconds, of 50,000 the same, of
131,072 took 7.4 and of 1,000 took 12; four of the 6.8 are Spark's own, for reading the files and moving the rows. Where rows are
long (script blocks of megabytes), set a smaller number, because the JVM and Python each build a batch in memory; small batches
are put together again, up to 16 MiB, before they are matched. A Python worker holds some 70 MiB for these rules beside pyarrow
and one batch. There is one for each core, outside of the JVM's heap: ``spark.executor.memoryOverhead`` has to leave room.

**Databricks.** ``%pip install sigtrawl`` in the notebook, or the wheel as a library of the cluster, brings it to driver and
executors. Leave the extra ``[spark]`` out: the runtime has its own PySpark and pyarrow.

**EMR, and YARN elsewhere.** All nodes need Python 3.11 or newer with Sigtrawl and pyarrow. Pack an environment that has them
(``venv-pack -o sigtrawl.tar.gz`` on the system of the nodes), then
``PYSPARK_PYTHON=./sigtrawl/bin/python spark-submit --archives sigtrawl.tar.gz#sigtrawl job.py``. The wheel is compiled code, so
``--py-files`` does not do.
"""

from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sigtrawl import extras
from sigtrawl.request import Columns, LogSource
from sigtrawl.ruleset import RuleSet
from sigtrawl.workers import asking, packed, portable, prepare

if TYPE_CHECKING:
    import os

    import pyarrow as pa
    from pyspark.sql import DataFrame

_WHAT = "a Spark frame"


def match(
    df: "DataFrame",
    ruleset: RuleSet,
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    key: Sequence[str] | None = None,
) -> "DataFrame":
    """Find the matches of rules in the rows of a Spark frame.

    Args:
        df: The events, batch or streaming. Instants are instants, whatever the time zone of the session.
        ruleset: The rules, without correlations: these need all events in one stream.
        schema: As in `sigtrawl.scan`. By default the columns of the frame are recognised, here and once.
        logsource: As in `sigtrawl.scan`.
        columns: As in `sigtrawl.scan`. With ``"used"`` or a list, fewer columns leave the JVM; with an empty list the matches
            have no column ``event``.
        key: The columns that tell one event from another. They stand in a match in the place of ``file``, ``row_group`` and
            ``row``, which rows of a cluster do not have; without them nobody could say which event a match is of, so they are
            required.

    Returns:
        A frame with the columns of `sigtrawl.Matches` and the key, made when Spark runs it.

    Raises:
        ImportError: The extra is not installed; on a worker, Sigtrawl is not, or another version.
        InputError: When it runs: text that is no UTF-8 (``make_valid_utf8`` of Spark 4 repairs it).
        NothingToRun: Not one rule can run on these columns.
        SchemaError: No schema mapping recognises the columns, and neither ``schema`` nor ``logsource`` says what they are.
        UsageError: There is no key, a column has a type that no Python worker can read (it is named), or the rules hold
            correlations.
    """
    extras.need("pyspark.sql", "spark", "sigtrawl.spark")
    extras.need("pyarrow", "spark", "sigtrawl.spark")
    from sigtrawl.spark_types import from_arrow, to_arrow

    asked = asking(_WHAT, schema=schema, logsource=logsource, columns=columns, key=key)
    work = prepare(ruleset, to_arrow(df.schema), asked, _WHAT)
    run, shared = portable(work), _shared(df, packed(ruleset))
    names = work.schema.names

    def on_worker(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        return run((batch.rename_columns(names) for batch in batches), lambda: shared.value)

    # `mapInArrow` asks for each column by its name, and would take the dot in `winlog.channel` for a way into a struct.
    numbers = {name: f"c{place}" for place, name in enumerate(df.columns)}
    sent = df.toDF(*numbers.values()).select(*(numbers[name] for name in names))
    return sent.mapInArrow(on_worker, from_arrow(work.output))


def _shared(df: "DataFrame", rules: bytes) -> Any:
    """Give what has the rules as its ``value`` on every worker: a broadcast, or where a client has none the bytes themselves."""
    if type(df).__module__.startswith("pyspark.sql.connect."):
        return SimpleNamespace(value=rules)
    return df.sparkSession.sparkContext.broadcast(rules)
