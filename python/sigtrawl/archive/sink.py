"""The streaming writer: chunks go through polars into one Parquet file, and a few of them at most are in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import polars as pl

ROW_GROUP = 131_072
"""Rows of a row group, and of a chunk: enough for dictionaries to pay, few enough for many to be read at once."""

Compression: TypeAlias = Literal["zstd", "snappy", "lz4", "gzip", "uncompressed"]
"""A codec of Parquet pages."""

COMPRESSIONS: tuple[Compression, ...] = get_args(Compression)


def sink(path: Path, chunk: Callable[[int, int], pl.DataFrame], rows: int, *, compression: Compression, row_group: int) -> None:
    """Writes `rows` rows, as `chunk(first, count)` makes them; the file appears under its name when it is whole.

    Raises:
        ValueError: A row group has no rows.
        OSError: The file cannot be written.
    """
    from polars.io.plugins import register_io_source

    if row_group < 1:
        message = f"row_group {row_group} must be positive"
        raise ValueError(message)

    step = min(row_group, ROW_GROUP)  # larger row groups are gathered by the writer

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        del with_columns, predicate, n_rows, batch_size  # the writer asks for everything
        for first in range(0, rows, step):
            yield chunk(first, min(step, rows - first))

    partial = path.with_name(f"{path.name}.partial")
    partial.touch()  # what forbids writing is told by the system, whose message does not shorten the path
    archive = register_io_source(source, schema=chunk(0, 0).schema)
    archive.sink_parquet(partial, compression=compression, row_group_size=row_group, statistics=True, maintain_order=True)
    partial.replace(path)
