"""Matching a Dask frame, in threads, processes or on a cluster.

The parts of the frame are matched one by one, and the matches are a frame again::

    import dask.dataframe as dd
    import sigtrawl as st
    import sigtrawl.dask

    ruleset = st.RuleSet.load("windows.rules")  # made by: sigtrawl compile rules -o windows.rules
    events = dd.read_parquet("events", dtype_backend="pyarrow")
    matches = sigtrawl.dask.match(events, ruleset, key=["Computer", "RecordID"])
    matches.to_parquet("matches")

The rules are a value of the graph, which a worker gets once. Parts are pandas frames. With ``dtype_backend="pyarrow"`` these
keep the types of the files; without it pandas makes floats of whole numbers with nulls, in those parts that have some, which is
an error here, and Dask makes text of what pandas has no type for. The index is no column: ``reset_index()`` makes it one.

All workers of a cluster need Sigtrawl and pyarrow, in their image or by `distributed.PipInstall`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sigtrawl import extras
from sigtrawl.errors import UsageError
from sigtrawl.request import Columns, LogSource
from sigtrawl.ruleset import RuleSet
from sigtrawl.workers import asking, packed, portable, prepare

if TYPE_CHECKING:
    import os

    import pandas as pd
    import pyarrow as pa
    from dask.dataframe import DataFrame

_WHAT = "a Dask frame"


def match(
    frame: "DataFrame",
    ruleset: RuleSet,
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    key: Sequence[str] | None = None,
) -> "DataFrame":
    """Find the matches of rules in the rows of a Dask frame.

    Args:
        frame: The events.
        ruleset: The rules, without correlations: these need all events in one stream.
        schema: As in `sigtrawl.scan`. By default the columns of the frame are recognised, here and once.
        logsource: As in `sigtrawl.scan`.
        columns: As in `sigtrawl.scan`. With ``"used"`` or a list, fewer columns are read; with an empty list the matches have no
            column ``event``.
        key: The columns that tell one event from another. They stand in a match in the place of ``file``, ``row_group`` and
            ``row``, which rows of parts do not have; without them nobody could say which event a match is of, so they are
            required.

    Returns:
        A frame with the columns of `sigtrawl.Matches` and the key, in types of Arrow, made when Dask computes it.

    Raises:
        ImportError: The extra is not installed; on a worker, Sigtrawl is not, or another version.
        InputError: When it is computed: a part has other columns than the frame, or text that is no UTF-8.
        NothingToRun: Not one rule can run on these columns.
        SchemaError: No schema mapping recognises the columns, and neither ``schema`` nor ``logsource`` says what they are.
        UsageError: There is no key, a column holds Python objects (it is named), or the rules hold correlations.
    """
    dask = extras.need("dask", "dask", "sigtrawl.dask")
    extras.need("dask.dataframe", "dask", "sigtrawl.dask")
    extras.need("pyarrow", "dask", "sigtrawl.dask")
    asked = asking(_WHAT, schema=schema, logsource=logsource, columns=columns, key=key)
    whole = _arrow_schema(frame)
    work = prepare(ruleset, whole, asked, _WHAT)
    run, output = portable(work), work.output

    def on_worker(part: "pd.DataFrame", rules: bytes) -> "pd.DataFrame":
        import pandas as pd
        import pyarrow as pa

        rows = pa.Table.from_pandas(part, preserve_index=False).replace_schema_metadata()
        found = pa.Table.from_batches(run(rows.to_batches(), lambda: rules), schema=output)
        made: pd.DataFrame = found.to_pandas(types_mapper=pd.ArrowDtype)
        return made

    # A value of the graph travels to each worker once, and from one worker to the next; an argument would travel with each part.
    rules = dask.delayed(packed(ruleset), name=f"sigtrawl-rules-{work.digest}", traverse=False)
    import pandas as pd

    empty = output.empty_table().to_pandas(types_mapper=pd.ArrowDtype)
    # Where nothing is left behind nothing is selected, so that a column that only some parts have is noticed.
    sent = frame if work.schema.names == whole.names else frame[work.schema.names]
    return sent.map_partitions(on_worker, rules, meta=empty, enforce_metadata=False, clear_divisions=True)


def _arrow_schema(frame: "DataFrame") -> "pa.Schema":
    """Give the columns of a Dask frame.

    Raises:
        UsageError: Nothing says what one of them holds.
    """
    import pyarrow as pa

    fields = []
    for name, part in frame._meta.items():  # noqa: SLF001 - what Dask calls it everywhere, in its documentation too
        if not isinstance(name, str) or part.dtype == object:
            raise UsageError(_refusal(name))
        fields.append(pa.field(name, pa.Array.from_pandas(part).type))
    return pa.schema(fields)


def _refusal(name: Any) -> str:
    if not isinstance(name, str):
        return f"the column {name!r} has no text as its name: rename it"
    return (
        f"the column {name} holds Python objects, which rules cannot read: give it a type, as read_parquet does with "
        "dtype_backend='pyarrow', or drop it"
    )
