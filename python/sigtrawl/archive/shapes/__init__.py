"""The archives that benchmarks run on: three shapes, the same plants in all, any writer.

A shape is told as a `Recipe`: what chunk of rows holds what, and which rows a rule must find. A recipe writes nothing, so the
same events can be put down by polars, pyarrow or DuckDB, whose Parquet differs in encodings, pages and row groups.

    made = recipe("mixed", 1_000_000, seed=1)
    made.matches["d6a9b252-c666-4de6-8806-5561bbbd3bdc"]   # the rows that this rule must find, and no other
    write(made, "mixed.parquet", compression="snappy")
"""

from sigtrawl.archive.shapes.recipe import SHAPES, Recipe, Shape, recipe
from sigtrawl.archive.shapes.writing import write

__all__ = ["SHAPES", "Recipe", "Shape", "recipe", "write"]
