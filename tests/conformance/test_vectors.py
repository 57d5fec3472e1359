"""One event and one rule each: what every line of the semantics means, on both engines and from every producer of Arrow data.

The project's own vectors are in `tests/vectors`, one file a topic; those of the reference data come on top. A vector's event is
JSON; its rule runs with ``schema="none"`` on a table of one row, typed as the producer infers it.
"""

import json
import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import polars as pl
import pyarrow as pa
import pytest
import yaml

import sigtrawl as st
from sigtrawl.errors import SigtrawlError
from sigtrawl.reference import RegexNotTranslatableError

Event: TypeAlias = dict[str, Any]

OWN = Path(__file__).parent.parent / "vectors"


def retyped(event: Event, text: pa.DataType) -> pa.Table:
    """Make a table whose top-level text columns have a type of their own."""
    table = pa.Table.from_pylist([event])
    for place, field in enumerate(table.schema):
        if field.type == pa.string():
            table = table.set_column(place, field.name, table[field.name].cast(text))
    return table


PRODUCERS: dict[str, Callable[[Event], Any]] = {
    "polars": lambda event: pl.DataFrame([event]),
    "string": lambda event: retyped(event, pa.string()),
    "large_string": lambda event: retyped(event, pa.large_string()),
    "string_view": lambda event: retyped(event, pa.string_view()),
    "dictionary": lambda event: retyped(event, pa.dictionary(pa.int8(), pa.string())),
}


def own_vectors() -> list[Any]:
    return [
        pytest.param(vector, id=f"{path.stem}-{vector['name']}")
        for path in sorted(OWN.glob("*.toml"))
        for vector in tomllib.loads(path.read_text())["vector"]
    ]


@lru_cache(maxsize=8)
def compiled(rule: str) -> st.RuleSet:
    return st.compile(st.rules_from_yaml(rule))


def answer(rule: str, event: Event, producer: str, engine: Literal["core", "reference"]) -> bool | str:
    data = PRODUCERS[producer]({**event, "_row": 0})
    try:
        return bool(compiled(rule).match(data, schema="none", engine=engine))
    except (SigtrawlError, RegexNotTranslatableError):
        return "error"


@pytest.mark.parametrize("engine", ["core", "reference"])
@pytest.mark.parametrize("vector", own_vectors())
def test_own_vectors(vector: dict[str, Any], engine: Literal["core", "reference"]) -> None:
    event = json.loads(vector["event"])
    # The reference reads every table through polars, which makes one text type of all plain ones.
    producers = tuple(PRODUCERS) if engine == "core" else ("polars", "dictionary")
    answers = {producer: answer(vector["rule"], event, producer, engine) for producer in producers}
    assert answers == dict.fromkeys(producers, vector["expect"])


@pytest.mark.parametrize("engine", ["core", "reference"])
@pytest.mark.parametrize("producer", PRODUCERS)
def test_shared_vectors(shared: Path, producer: str, engine: Literal["core", "reference"]) -> None:
    vectors = json.loads((shared / "vectors.json").read_text())
    differing = [
        vector["id"] for vector in vectors if answer(_rule(vector), vector["event"], producer, engine) != vector["expect"]
    ]
    assert differing == []
    assert len(vectors) == 68


def _rule(vector: dict[str, Any]) -> str:
    rule = {"title": vector["id"], "logsource": {"category": "test"}, "detection": vector["detection"]}
    return yaml.safe_dump(rule, allow_unicode=True)
