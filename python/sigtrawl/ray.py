"""Matching a dataset of Ray Data, on all machines of a cluster.

The blocks of the dataset go through `map_batches`, and the matches are a dataset again::

    import ray
    import sigtrawl as st
    import sigtrawl.ray

    ruleset = st.RuleSet.load("windows.rules")  # made by: sigtrawl compile rules -o windows.rules
    events = ray.data.read_parquet("events")
    matches = sigtrawl.ray.match(events, ruleset, key=["Computer", "RecordID"])
    matches.write_parquet("matches")

The rules are compiled on the driver and lie in the object store, from where each worker process takes them once. A block is
matched as it is, whatever its size: Ray makes blocks of up to 128 MiB, which is some hundred thousand events, and there is
nothing to tune. Small chunks in a block are put together first.

**A cluster.** All nodes need Sigtrawl and pyarrow: in their image, or by ``ray.init(runtime_env={"pip": ["sigtrawl[ray]"]})``,
for a wheel that is no public one its path or address. A task counts as one processor and uses one.

**Columns.** Ray takes the columns of a dataset from its files or its first blocks, which may run what is before. A block with
other columns is an error. A dataset that turns out to have no rows at all gives no block, and so no columns.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sigtrawl import extras
from sigtrawl.errors import UsageError
from sigtrawl.request import Columns, LogSource
from sigtrawl.ruleset import RuleSet
from sigtrawl.workers import asking, packed, portable, prepare

if TYPE_CHECKING:
    import os

    import pyarrow as pa
    from ray.data import Dataset

_WHAT = "a Ray dataset"
# Rows that show the types of columns which are nothing but objects to pandas.
_SAMPLE = 1_000


def match(
    dataset: "Dataset",
    ruleset: RuleSet,
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    key: Sequence[str] | None = None,
) -> "Dataset":
    """Find the matches of rules in the rows of a Ray dataset.

    Args:
        dataset: The events.
        ruleset: The rules, without correlations: these need all events in one stream.
        schema: As in `sigtrawl.scan`. By default the columns of the dataset are recognised, here and once.
        logsource: As in `sigtrawl.scan`.
        columns: As in `sigtrawl.scan`. With ``"used"`` or a list, fewer columns are read; with an empty list the matches have no
            column ``event``.
        key: The columns that tell one event from another. They stand in a match in the place of ``file``, ``row_group`` and
            ``row``, which rows of a cluster do not have; without them nobody could say which event a match is of, so they are
            required.

    Returns:
        A dataset with the columns of `sigtrawl.Matches` and the key, made when Ray runs it.

    Raises:
        ImportError: The extra is not installed; on a worker, Sigtrawl is not, or another version.
        InputError: When it runs: a block has other columns than the dataset, or text that is no UTF-8.
        NothingToRun: Not one rule can run on these columns.
        SchemaError: No schema mapping recognises the columns, and neither ``schema`` nor ``logsource`` says what they are.
        UsageError: There is no key, a column holds Python objects (it is named), or the rules hold correlations.
    """
    ray = extras.need("ray", "ray", "sigtrawl.ray")
    extras.need("ray.data", "ray", "sigtrawl.ray")
    extras.need("pyarrow", "ray", "sigtrawl.ray")
    asked = asking(_WHAT, schema=schema, logsource=logsource, columns=columns, key=key)
    whole = _arrow_schema(dataset)
    work = prepare(ruleset, whole, asked, _WHAT)
    run, output = portable(work), work.output
    rules = ray.put(packed(ruleset))

    def on_worker(table: "pa.Table") -> "Iterator[pa.Table]":
        import pyarrow as pa
        import ray

        yield output.empty_table()  # a block without a match has columns, too
        for found in run(table.to_batches(), lambda: ray.get(rules)):
            yield pa.Table.from_batches([found])

    # Where nothing is left behind nothing is selected, so that a column that only some blocks have is noticed.
    sent = dataset if work.schema.names == whole.names else dataset.select_columns(work.schema.names)
    return sent.map_batches(on_worker, batch_size=None, batch_format="pyarrow", zero_copy_batch=True)


def _arrow_schema(dataset: "Dataset") -> "pa.Schema":
    """Give the columns of a dataset.

    Raises:
        UsageError: It says of none what it holds, or one holds Python's own objects.
    """
    import pyarrow as pa

    known = dataset.schema()
    if known is None or not known.names:
        message = "this Ray dataset has no columns, or no row to tell them by: give it a schema, or leave it out"
        raise UsageError(message)
    kinds = dict(zip(known.names, known.types, strict=True))
    if not all(isinstance(kind, pa.DataType) for kind in kinds.values()):
        # A block of pandas keeps text, and much else, as objects. What these are is seen when Ray makes Arrow data of some.
        try:
            told = dataset.take_batch(_SAMPLE, batch_format="pyarrow").schema
        except pa.ArrowException as error:
            raise UsageError(_refusal(f"a column ({'; '.join(map(str, error.args))})")) from error
        kinds = {name: told.field(name).type for name in kinds}
    for name, kind in kinds.items():
        if "pickled" in getattr(kind, "extension_name", ""):
            raise UsageError(_refusal(f"the column {name}"))
    return pa.schema(list(kinds.items()))


def _refusal(column: str) -> str:
    return f"{column} holds Python objects, which rules cannot read: give it an Arrow type, or drop it"
