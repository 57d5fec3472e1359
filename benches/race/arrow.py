"""The same events as Arrow data in memory: plain, views or dictionaries, in batches of any size."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

Form: TypeAlias = Literal["utf8", "large_utf8", "utf8_view", "dictionary"]


def table(files: Sequence[str], columns: Sequence[str], form: Form, batch: int) -> Any:
    """Reads columns of Parquet files and gives them as a stream of batches that can be taken again.

    Args:
        files: Parquet files.
        columns: The columns; those that tell what the events are must be among them.
        form: What texts become.
        batch: Rows of a batch.
    """
    read = pa.concat_tables(pq.read_table(file, columns=list(columns)) for file in files)
    shaped = pa.table({name: _shaped(read.column(name), form) for name in columns})
    return pa.Table.from_batches(shaped.to_batches(max_chunksize=batch), schema=shaped.schema)


def _shaped(column: Any, form: Form) -> Any:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type)):
        return column
    plain = column.cast(pa.string())
    if form == "dictionary":  # one dictionary a chunk, as a reader that keeps Parquet's dictionaries gives them
        return pa.chunked_array([chunk.dictionary_encode() for chunk in plain.chunks])
    return plain.cast({"utf8": pa.string(), "large_utf8": pa.large_string(), "utf8_view": pa.string_view()}[form])
