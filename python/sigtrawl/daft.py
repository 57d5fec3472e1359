"""Matching a Daft frame, on one machine or on a Ray cluster.

The rows go through a batch function, and the matches are a frame again::

    import daft
    import sigtrawl as st
    import sigtrawl.daft

    ruleset = st.RuleSet.load("windows.rules")  # made by: sigtrawl compile rules -o windows.rules
    events = daft.read_parquet("events/*.parquet")
    matches = sigtrawl.daft.match(events, ruleset, key=["Computer", "RecordID"])
    matches.write_parquet("matches")

The function is called with up to 131,072 rows at a time in threads of Daft's own process, and leaves them to each other while it
matches. It carries the rules as a compiled file; under the Ray runner the file is part of the plan, and a process reads it once.
All nodes of a cluster need Sigtrawl and pyarrow.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from sigtrawl import extras
from sigtrawl.errors import UsageError
from sigtrawl.request import Columns, LogSource
from sigtrawl.ruleset import RuleSet
from sigtrawl.workers import asking, packed, portable, prepare

if TYPE_CHECKING:
    import os

    import pyarrow as pa
    from daft import DataFrame, Series

_WHAT = "a Daft frame"
# A function of Daft gives one value for each row. So rows are numbered, and each gets the list of its matches.
_ROW = "_sigtrawl_row"


def match(
    frame: "DataFrame",
    ruleset: RuleSet,
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    key: Sequence[str] | None = None,
) -> "DataFrame":
    """Find the matches of rules in the rows of a Daft frame.

    Args:
        frame: The events.
        ruleset: The rules, without correlations: these need all events in one stream.
        schema: As in `sigtrawl.scan`. By default the columns of the frame are recognised, here and once.
        logsource: As in `sigtrawl.scan`.
        columns: As in `sigtrawl.scan`. With ``"used"`` or a list, fewer columns are read; with an empty list the matches have no
            column ``event``.
        key: The columns that tell one event from another. They stand in a match in the place of ``file``, ``row_group`` and
            ``row``, which rows of a query do not have; without them nobody could say which event a match is of, so they are
            required.

    Returns:
        A frame with the columns of `sigtrawl.Matches` and the key, made when Daft collects it.

    Raises:
        ImportError: The extra is not installed; on a worker, Sigtrawl is not, or another version.
        InputError: When it is collected: text that is no UTF-8.
        NothingToRun: Not one rule can run on these columns.
        SchemaError: No schema mapping recognises the columns, and neither ``schema`` nor ``logsource`` says what they are.
        UsageError: There is no key, a column holds Python objects (it is named), or the rules hold correlations.
    """
    daft = extras.need("daft", "daft", "sigtrawl.daft")
    arrow = extras.need("pyarrow", "daft", "sigtrawl.daft")
    asked = asking(_WHAT, schema=schema, logsource=logsource, columns=columns, key=key)
    numbered = replace(asked, key=(*(asked.key or ()), _ROW))
    work = prepare(ruleset, _arrow_schema(frame).append(arrow.field(_ROW, arrow.int64())), numbered, _WHAT)
    run, rules = portable(work), packed(ruleset)
    names = [name for name in work.schema.names if name != _ROW]
    shown = [field.name for field in work.output if field.name != _ROW]
    lists = arrow.list_(arrow.struct([work.output.field(name) for name in shown]))
    output = work.output

    def on_worker(*columns: "Series") -> "pa.Array":
        import pyarrow as pa

        numbers = pa.array(range(len(columns[0])), pa.int64())
        batch = pa.RecordBatch.from_arrays([*(column.to_arrow() for column in columns), numbers], names=[*names, _ROW])
        found = pa.Table.from_batches(run([batch], lambda: rules), schema=output)
        from sigtrawl.daft import by_row

        return by_row(found, len(numbers))

    matching = daft.func.batch(return_dtype=daft.DataType.from_arrow_type(lists), use_process=False)(on_worker)
    found = daft.col("matches")
    matched = frame.select(matching(*map(daft.col, names)).alias("matches")).where(found.not_null())
    return matched.explode(found).select(found.unnest())


def by_row(found: "pa.Table", rows: int) -> "pa.Array":
    """Give the matches, which are ordered by their row, as one list a row; null where there is none."""
    import pyarrow as pa

    counts = [0] * rows
    for row in found.column(_ROW).to_pylist():
        counts[row] += 1
    starts = accumulate(counts, initial=0)
    offsets = [start if count else None for start, count in zip(starts, counts, strict=False)]
    shown = found.drop_columns([_ROW])
    events = pa.StructArray.from_arrays([column.combine_chunks() for column in shown.columns], fields=list(shown.schema))
    return pa.ListArray.from_arrays(pa.array([*offsets, len(events)], pa.int32()), events)


def _arrow_schema(frame: "DataFrame") -> "pa.Schema":
    """Give the columns of a Daft frame.

    Raises:
        UsageError: One holds Python's own objects.
    """
    schema = frame.schema()
    for field in schema:
        if field.dtype.is_python():
            message = f"the column {field.name} holds Python objects, which rules cannot read: cast it, or drop it"
            raise UsageError(message)
    return schema.to_pyarrow_schema()
