"""The writers of archives: the same chunks, put down by polars, pyarrow or DuckDB.

Their Parquet differs: polars and pyarrow begin a column with a dictionary and go on PLAIN when it grows too large, DuckDB writes
unique texts PLAIN from the start; pages are of version 1 or 2; row groups are as each can make them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigtrawl.archive.shapes import Recipe, write
from sigtrawl.archive.sink import ROW_GROUP, Compression

WRITERS = ("polars", "pyarrow", "duckdb")


@dataclass(frozen=True, slots=True)
class Part:
    """How one file of an archive is written."""

    writer: str
    compression: Compression
    row_group: int


def write_part(made: Recipe, path: Path, part: Part) -> str:
    """Writes a file, under its name only when it is whole.

    Returns:
        The writer and its version.
    """
    partial = path.with_name(f"{path.name}.partial")
    version = {"polars": _polars, "pyarrow": _pyarrow, "duckdb": _duckdb}[part.writer](made, partial, part)
    partial.replace(path)
    return version


def _polars(made: Recipe, path: Path, part: Part) -> str:
    import polars as pl

    write(made, path, compression=part.compression, row_group=part.row_group)
    return f"polars {pl.__version__}"


def _pyarrow(made: Recipe, path: Path, part: Part) -> str:
    """Data pages of version 2, and a dictionary page of half the usual size."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(made)
    codec = "none" if part.compression == "uncompressed" else part.compression
    with pq.ParquetWriter(
        path, schema, compression=codec, data_page_version="2.0", dictionary_pagesize_limit=512 * 1024, use_dictionary=True
    ) as writer:
        for first in range(0, made.rows, part.row_group):
            pieces = _chunks(made, first, min(first + part.row_group, made.rows), schema)
            writer.write_table(pa.concat_tables(pieces), row_group_size=part.row_group)
    return f"pyarrow {pa.__version__}"


def _duckdb(made: Recipe, path: Path, part: Part) -> str:
    import duckdb
    import pyarrow as pa

    schema = _schema(made)
    batches = (batch for table in _chunks(made, 0, made.rows, schema) for batch in table.to_batches())
    events = pa.RecordBatchReader.from_batches(schema, batches)
    codec = {"lz4": "lz4_raw"}.get(part.compression, part.compression)
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1; SET preserve_insertion_order = true; SET TimeZone = 'UTC'")
        connection.register("events", events)
        options = f"FORMAT parquet, COMPRESSION {codec}, ROW_GROUP_SIZE {part.row_group}"
        connection.execute(f"COPY (SELECT * FROM events) TO '{path}' ({options})")  # noqa: S608 - a path of our own
    return f"duckdb {duckdb.__version__}"


def _schema(made: Recipe) -> Any:
    """The Arrow schema with plain strings: DuckDB and pyarrow's writer take them as every producer makes them."""
    import pyarrow as pa

    def plain(kind: Any) -> Any:
        return pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind

    return pa.schema([field.with_type(plain(field.type)) for field in made.chunk(0, 0).to_arrow().schema])


def _chunks(made: Recipe, first: int, end: int, schema: Any) -> Iterator[Any]:
    for start in range(first, end, ROW_GROUP):
        yield made.chunk(start, min(ROW_GROUP, end - start)).to_arrow().cast(schema)
