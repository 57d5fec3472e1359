"""Explanations of the attack samples' matches and of what is next to them: both engines and the tree of parts agree on each.

`explain` itself refuses to answer where they do not, so it is enough that it answers, and that it says what was expected.
"""

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import sigtrawl as st
from sigtrawl.explanation import Part
from sigtrawl.explanation.text import render


def labels(part: Part) -> set[str]:
    return set(part.labels).union(*(labels(inside) for inside in part.parts))


@pytest.fixture(scope="module")
def expected(shared: Path) -> list[tuple[str, int]]:
    """(rule id, row) of every match, in order."""
    pairs = pl.read_parquet(shared / "attack_samples.expected.parquet").unique().sort("row", "rule_id")
    return list(pairs.select("rule_id", "row").iter_rows())


@pytest.mark.parametrize("number", range(4))
def test_matches_and_their_neighbours(
    shared: Path, corpus: st.RuleSet, corpus_plan: dict[str, Any], expected: list[tuple[str, int]], number: int
) -> None:
    path = shared / "attack_samples.parquet"
    draw = random.Random(number)  # noqa: S311 - to be the same every time
    known = set(expected)
    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    names = {rule["id"]: set(rule["parts"]["detections"]) for rule in corpus_plan["rules"]}
    for rule, row in draw.sample(expected, 8):
        for asked in (row, draw.randrange(rows)):
            told = st.explain(corpus, path, row=asked, rule=rule)
            assert told.matches == ((rule, asked) in known)
            assert told.applies or not told.matches
            assert labels(told.readings[0].condition) & names[rule]
            assert max(map(len, render(told, 100).splitlines())) <= 100
