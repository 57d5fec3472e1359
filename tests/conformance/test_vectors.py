"""One event and one rule each: what every line of the semantics means, on both engines and from every producer of Arrow data.

The project's own vectors are in `tests/vectors`, one file a topic, and `vectors` tells what a vector may say; those of the
reference data come on top.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from tests.conformance.vectors import MEMBERS, TYPES, Vector, lines, lines_of, typed, vectors
from tests.engines import ENGINES_OF_A_ROW, Engine

import sigtrawl as st
from sigtrawl.errors import NothingToRun, SigtrawlError
from sigtrawl.reference import RegexNotTranslatableError

Event: TypeAlias = dict[str, Any]

ROOT = Path(__file__).parents[2]


def retyped(event: Event, text: pa.DataType) -> pa.Table:
    """Make a table whose top-level text columns have a type of their own."""
    table = pa.Table.from_pylist([event])
    for place, field in enumerate(table.schema):
        if field.type == pa.string():
            # Made anew, not cast: pyarrow before 25 ends the process when it hands out short texts cast to views.
            table = table.set_column(place, field.name, pa.array(table[field.name].to_pylist(), text))
    return table


PRODUCERS: dict[str, Callable[[Event], Any]] = {
    "polars": lambda event: pl.DataFrame([event]),
    "string": lambda event: retyped(event, pa.string()),
    "large_string": lambda event: retyped(event, pa.large_string()),
    "string_view": lambda event: retyped(event, pa.string_view()),
    "dictionary": lambda event: retyped(event, pa.dictionary(pa.int8(), pa.string())),
}


def own(*, told: bool) -> list[Any]:
    """List vectors: those of which the event alone is `told`, or those that say more."""
    plain = MEMBERS - {"types", "placeholders", "logsource", "schema", "state", "not_evaluable", "warning", "core_only"}
    return [
        pytest.param(vector, id=f"{file}-{vector['name']}") for file, vector in vectors() if (set(vector) <= plain) is not told
    ]


@lru_cache(maxsize=8)
def compiled(rule: str) -> st.RuleSet:
    return st.compile(st.rules_from_yaml(rule))


def answer(rule: str, event: Event, producer: str, engine: Engine) -> bool | str:
    data = PRODUCERS[producer]({**event, "_row": 0})
    try:
        return bool(compiled(rule).match(data, schema="none", engine=engine))
    except (SigtrawlError, RegexNotTranslatableError):
        return "error"


@pytest.mark.parametrize("engine", ENGINES_OF_A_ROW)
@pytest.mark.parametrize("vector", own(told=False))
def test_own_vectors(vector: Vector, engine: Engine) -> None:
    event = json.loads(vector["event"])
    # The reference reads every table through polars, which makes one text type of all plain ones.
    producers = tuple(PRODUCERS) if engine != "reference" else ("polars", "dictionary")
    answers = {producer: answer(vector["rule"], event, producer, engine) for producer in producers}
    assert answers == dict.fromkeys(producers, vector["expect"])


@pytest.mark.parametrize("engine", ENGINES_OF_A_ROW)
@pytest.mark.parametrize("vector", own(told=True))
def test_own_vectors_that_say_more_than_an_event(vector: Vector, engine: Engine, tmp_path: Path) -> None:
    if engine == "reference" and vector.get("core_only"):
        return  # told in the vector, beside the reason
    types = vector.get("types", {})
    old_times = "int96" in types.values()
    types = {name: "timestamp[ns]" if kind == "int96" else kind for name, kind in types.items()}
    table = typed({**json.loads(vector["event"]), "_row": 0}, types)
    rules = st.rules_from_yaml(vector["rule"], placeholders=vector.get("placeholders"))
    if "warning" in vector:
        assert vector["warning"] in {warning.code for warning in rules.report().warnings}
    compiled_rules = st.compile(rules)
    options: dict[str, Any] = {name: vector[name] for name in ("logsource", "schema") if name in vector} or {"schema": "none"}
    options |= {"engine": engine, "columns": []}
    found = [] if old_times else [compiled_rules.match(table, **options)]
    path = tmp_path / "event.parquet"
    try:
        pq.write_table(table, path, use_deprecated_int96_timestamps=old_times)
    except pa.ArrowNotImplementedError:  # no pyarrow writes every type: list views, and views in the oldest that is supported
        assert {"list_view", "string_view", "binary_view"} & {str(kind).split("<")[0] for kind in table.schema.types}
    else:
        try:
            found.append(st.scan(path, compiled_rules, **options))
        except NothingToRun:
            assert not vector["expect"]
    assert found
    for matches in found:
        assert bool(matches.to_polars().height) is vector["expect"]
        assert vector.get("state") in {None, *(rule.state for rule in matches.report.rules)}
        assert sum(matches.report.not_evaluable.values()) == vector.get("not_evaluable", 0)


@pytest.mark.parametrize("key", lines())
def test_every_line_has_its_vectors(key: str) -> None:
    line = lines()[key]
    assert line["means"].endswith(".")
    if "tests" in line:
        assert set(line) == {"means", "tests"}
        for file, _, name in (test.partition("::") for test in line["tests"]):
            assert f"\ndef {name}(" in (ROOT / file).read_text()
    else:
        assert set(line) == {"means", "answers"}
        assert {vector["expect"] for _, vector in vectors() if key in lines_of(vector)} >= set(line["answers"])


def test_every_vector_has_its_lines() -> None:
    assert [vector["name"] for _, vector in vectors() if not lines_of(vector) or not set(lines_of(vector)) <= set(lines())] == []
    assert [vector["name"] for _, vector in vectors() if not set(vector) <= MEMBERS] == []
    names = [(file, vector["name"]) for file, vector in vectors()]
    assert len(names) == len(set(names))
    used = {kind for _, vector in vectors() for kind in vector.get("types", {}).values()}
    assert used == {*TYPES, "int96"}


@pytest.mark.parametrize("engine", ENGINES_OF_A_ROW)
@pytest.mark.parametrize("producer", PRODUCERS)
def test_shared_vectors(shared: Path, producer: str, engine: Engine) -> None:
    vectors = json.loads((shared / "vectors.json").read_text())
    differing = [
        vector["id"] for vector in vectors if answer(_rule(vector), vector["event"], producer, engine) != vector["expect"]
    ]
    assert differing == []
    assert len(vectors) == 68


def _rule(vector: dict[str, Any]) -> str:
    rule = {"title": vector["id"], "logsource": {"category": "test"}, "detection": vector["detection"]}
    return yaml.safe_dump(rule, allow_unicode=True)
