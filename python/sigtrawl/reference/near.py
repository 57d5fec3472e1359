"""A column whose name is that of a missing one but for its case, a space or an ``@``: told, and never used.

The same names in another case may be other columns, so binding goes by exact names; but whoever reads that a field is missing
wants to know of the column beside it.
"""

import polars as pl

from sigtrawl.reference.folding import fold
from sigtrawl.reference.paths import Schema, find_path, inner_type, members, normalised


class Near:
    """The columns of a table and the places inside them, by their loose names."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._names: dict[str, str] = {}
        for name, dtype in schema.items():
            if not name.startswith("_"):
                self._gather(name, dtype)

    def column(self, field: str, wanted: tuple[str, ...] | None) -> str | None:
        """Give the column by which whoever reads that a field is missing will most likely understand why.

        Args:
            field: The field.
            wanted: The columns that would answer it; None where nothing shall.

        Returns:
            The first column that one of the wanted names may mean; or the one of the field's own name, which the mapping does not
            take for it; none if the table has a wanted one as it is named, or nothing shall answer.
        """
        if wanted is None or any(find_path(self._schema, name) is not None for name in wanted):
            return None
        own = field if field in self._schema and not field.startswith("_") else None
        return next((self._names[_loose(name)] for name in wanted if _loose(name) in self._names), own)

    def _gather(self, name: str, dtype: pl.DataType) -> None:
        self._names.setdefault(_loose(name), name)
        while (inner := inner_type(dtype)) is not None:
            dtype = inner
        if isinstance(dtype, pl.Struct):
            for member, member_type in members(dtype).items():
                self._gather(f"{name}.{member}", member_type)


def _loose(name: str) -> str:
    return fold(normalised(name))
