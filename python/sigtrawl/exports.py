"""Data in memory, made fit to be handed to the core.

One producer needs help: polars exports a column of type Null with a buffer where Arrow wants none, and the core's reader refuses
that. Such a column has no value to lose, so it goes over as text.
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


def exportable(data: Any) -> Any:
    """Give the data back, without columns of type Null if it is a polars frame."""
    polars = sys.modules.get("polars")  # whoever holds a frame has imported it
    if polars is None or not isinstance(data, polars.DataFrame):
        return data
    changed = {name: typed(dtype) for name, dtype in data.schema.items() if typed(dtype) != dtype}
    return data.cast(changed) if changed else data


def typed(dtype: "pl.DataType") -> "pl.DataType":
    """Put text in the place of Null, at any depth."""
    import polars as pl

    if isinstance(dtype, pl.Null):
        return pl.String()
    if isinstance(dtype, pl.List):
        return pl.List(typed(_instance(dtype.inner)))
    if isinstance(dtype, pl.Array):
        return pl.Array(typed(_instance(dtype.inner)), dtype.size)
    if isinstance(dtype, pl.Map):
        return pl.Map(dtype.key, typed(_instance(dtype.value)))
    if isinstance(dtype, pl.Struct):
        return pl.Struct({field.name: typed(_instance(field.dtype)) for field in dtype.fields})
    return dtype


def _instance(dtype: Any) -> "pl.DataType":
    """Give a type as an object; polars lets a class stand for one without parameters."""
    instance: pl.DataType = dtype() if isinstance(dtype, type) else dtype
    return instance
