"""Events of every kind in the forms of the Windows families, and rules in Sigma's words that find them, with either engine.

The cases are in `events/SCHEMA.yml`, each one row as the product writes it. Process creation at large is tested with the archives
(`tests/archive`); here are the other categories, and what is particular to a product.

| key | |
|---|---|
| `row` | the event; mappings are structs |
| `category` | the category of the rules that find it; their product is `product`, or `windows` |
| `asked` | field with modifiers → value: a rule that asks for all of them finds the event, and one that asks for any single one |
| `misses` | questions of that category that do not find it |
| `categories` | further categories whose rules do not, whatever they ask |
"""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from tests.engines import ENGINES_OF_A_ROW, Engine

import sigtrawl as st

CASES = [
    (file.stem, case)
    for file in sorted((Path(__file__).parent / "events").glob("*.yml"))
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]


def rule(category: str, asked: dict[str, Any], product: str | None) -> st.RuleSet:
    """Write and compile one rule."""
    logsource = {"category": category, **({"product": product} if product else {})}
    document = {"title": "one", "logsource": logsource, "detection": {"selection": asked, "condition": "selection"}}
    return st.compile(st.rules_from_yaml(yaml.safe_dump(document)))


def finds(schema: str, case: dict[str, Any], category: str, asked: dict[str, Any], engine: Engine) -> bool:
    """Say whether a rule finds the event; the table must be recognised as what the file is named for."""
    table = pl.DataFrame([case["row"]], infer_schema_length=None)
    found = rule(category, asked, case.get("product", "windows")).match(table, engine=engine, columns=[])
    height = found.to_polars().height
    assert [entry.schema for entry in found.report.inputs] == [schema]
    return height == 1


@pytest.mark.parametrize("engine", ENGINES_OF_A_ROW)
@pytest.mark.parametrize(("schema", "case"), CASES, ids=[f"{schema}-{case['category']}" for schema, case in CASES])
def test_rules_find_the_event(schema: str, case: dict[str, Any], engine: Engine) -> None:
    category = case["category"]
    assert finds(schema, case, category, case["asked"], engine)
    for field, value in case["asked"].items():
        assert finds(schema, case, category, {field: value}, engine), field
    for missed in case.get("misses", []):
        assert not finds(schema, case, category, missed, engine), missed
    for other in case.get("categories", []):
        field, value = next(iter(case["asked"].items()))
        assert not finds(schema, case, other, {field: value}, engine), other
