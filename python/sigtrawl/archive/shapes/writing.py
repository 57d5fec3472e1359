"""Writes a recipe's archive with polars: chunk after chunk through its streaming writer, never more than a few in memory.

`archive.generate` writes through the same function.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sigtrawl.archive.sink import ROW_GROUP, Compression, sink

if TYPE_CHECKING:
    import os

    from sigtrawl.archive.shapes.recipe import Recipe


def write(made: Recipe, path: str | os.PathLike[str], *, compression: Compression = "zstd", row_group: int = ROW_GROUP) -> Path:
    """Writes one Parquet file.

    Args:
        made: The archive.
        path: The file to write; it appears under its name when it is whole.
        compression: Codec of the pages.
        row_group: Rows of a row group.

    Raises:
        ValueError: A row group has no rows.
        OSError: The file cannot be written.
    """
    path = Path(path)
    sink(path, made.chunk, made.rows, compression=compression, row_group=row_group)
    return path
