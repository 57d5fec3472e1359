"""Archives of process creations: the common programs, or the second archive's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrawl.archive.events import CORP, creations, draw_templates, scatter_rows
from sigtrawl.archive.names import name_columns
from sigtrawl.archive.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl


class Creations:
    """The background of one archive of process creations, in Sysmon's columns."""

    def __init__(self, seed: int, *, second: bool) -> None:
        from sigtrawl.archive.shapes.second import FLEET, programs

        self._seed = seed
        self._fleet = FLEET if second else CORP
        self._tables = tables(seed, [], programs() if second else None)

    def sources(self) -> frozenset[str]:
        """Only one."""
        return frozenset({"creation"})

    def chunk(self, first: int, rows: int, forced: Mapping[int, str]) -> pl.DataFrame:
        """Makes rows; they are all of one source."""
        del forced
        scattered = scatter_rows(first, rows, self._seed)
        made = creations(scattered, draw_templates(scattered, self._tables), self._tables, self._fleet)
        return name_columns(made, "sysmon")
