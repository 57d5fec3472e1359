"""A recipe: an archive before it is written, as chunks that can be made alone and in any order.

Everything is drawn from row numbers (`archive.mixing`), so a hundred million rows need no more memory than one chunk. Planted
rows are laid over the background: each takes the row of its place, of the source that it is of, and says its own texts.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, get_args

from sigtrawl.archive.shapes.placing import Planting, lay_over, place

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

Shape: TypeAlias = Literal["process", "second", "mixed"]
"""`process`: Windows process creations. `second`: the same kind of events of other programs in other texts. `mixed`: all that a
Windows host logs."""

SHAPES: tuple[Shape, ...] = get_args(Shape)


class Background(Protocol):
    """What an archive holds where nothing is planted."""

    def sources(self) -> frozenset[str]:
        """Names the sources of events that rows can be of."""

    def chunk(self, first: int, rows: int, forced: Mapping[int, str]) -> pl.DataFrame:
        """Makes rows; `forced` tells the source of some, by their distance from `first`."""


@dataclass(frozen=True)
class Recipe:
    """An archive that can be written.

    Attributes:
        shape: What kind of archive it is.
        rows: How many events it has.
        seed: What it is drawn from.
        background: What it holds where nothing is planted.
        plantings: The planted rows, in order.
        matches: Rule id → the rows, in order, that the rule must match; it must match no other.
        near_misses: The rows that look alike and must not match.
    """

    shape: Shape
    rows: int
    seed: int
    background: Background
    plantings: tuple[Planting, ...]
    matches: Mapping[str, tuple[int, ...]]
    near_misses: tuple[int, ...]

    @property
    def schema(self) -> pl.Schema:
        """The columns, in order."""
        return self.background.chunk(0, 0, {}).schema

    def chunk(self, first: int, rows: int) -> pl.DataFrame:
        """Makes the events of rows `first` to `first + rows`."""
        start, end = (bisect_left(self.plantings, place, key=lambda planting: planting.row) for place in (first, first + rows))
        here = self.plantings[start:end]
        events = self.background.chunk(first, rows, {planting.row - first: planting.case.source for planting in here})
        return lay_over(events, first, here)


def recipe(shape: Shape, rows: int, *, seed: int = 1, matches: int | None = None) -> Recipe:
    """Tells an archive.

    Args:
        shape: What kind of archive.
        rows: How many events.
        seed: Another seed gives other events of the same kind.
        matches: How many events to plant for each rule; by default one in 20,000, at least 20. A small archive holds fewer.

    Raises:
        ValueError: A number is negative, or there is no such shape.
    """
    if rows < 0 or (matches is not None and matches < 0):
        message = f"rows {rows} and matches {matches} must not be negative"
        raise ValueError(message)
    background = _background(shape, seed)
    wanted = max(20, rows // 20_000) if matches is None else matches
    plantings = place(rows, seed, wanted, background.sources())
    found: dict[str, list[int]] = {}
    for planting in plantings:
        if planting.rule is not None:
            found.setdefault(planting.rule, []).append(planting.row)
    rule_rows = MappingProxyType({rule: tuple(places) for rule, places in found.items()})
    return Recipe(
        shape,
        rows,
        seed,
        background,
        plantings,
        rule_rows,
        tuple(planting.row for planting in plantings if planting.rule is None),
    )


def _background(shape: Shape, seed: int) -> Background:
    if shape == "mixed":
        from sigtrawl.archive.shapes.mixed import Mixed

        return Mixed(seed)
    from sigtrawl.archive.shapes.creations import Creations

    if shape not in SHAPES:
        message = f"there is no shape {shape!r} (shapes: {', '.join(SHAPES)})"
        raise ValueError(message)
    return Creations(seed, second=shape == "second")
