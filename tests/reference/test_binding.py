"""The state of a rule on a table, told from the columns."""

import json
from typing import Any

import polars as pl
import pytest

from sigtrawl import _native, schemas
from sigtrawl.reference import RuleState, bind

BY_NAME = {mapping.name: mapping for mapping in schemas.builtin()}
WINDOWS, ASIM = BY_NAME["windows"], BY_NAME["asim"]

PREDICATES: list[dict[str, Any]] = [
    {"field": "there", "op": "equals", "value": "x"},
    {"field": "gone", "op": "equals", "value": "x"},
    {"field": "lost", "op": "equals", "value": "x"},
    {"field": "gone", "op": "null"},
    {"field": "there", "op": "fieldref", "value": "gone", "how": "equals"},
    {"field": None, "op": "contains", "value": "x"},
]


def state(condition: Any, **options: Any) -> RuleState:
    plan = {"predicates": PREDICATES, "rules": [{"id": "r", "logsource": {"category": "c"}, "condition": condition}]}
    options = {"mapping": None, "schema_none": True} | options
    (found,) = bind(plan, {"there": pl.String(), "_lost": pl.String()}, **options)
    return found


@pytest.mark.parametrize(
    ("condition", "name", "lost", "missing"),
    [
        (0, "runs", (), ()),
        (1, "inert", (), ("gone",)),
        ({"and": [0, 1]}, "inert", (), ("gone",)),
        ({"or": [0, 1, 2]}, "partial", ("branches",), ("gone", "lost")),
        ({"and": [0, {"not": 1}]}, "partial", ("filters",), ("gone",)),
        ({"and": [0, {"not": {"and": [1, 0]}}]}, "partial", ("filters",), ("gone",)),
        ({"and": [{"or": [0, 1]}, {"not": 2}]}, "partial", ("branches", "filters"), ("gone", "lost")),
        ({"or": [0, {"and": [1, {"not": 2}]}]}, "partial", ("branches",), ("gone", "lost")),
        ({"not": 1}, "partial", ("filters",), ("gone",)),
        ({"and": [0, 3]}, "partial", ("filters",), ("gone",)),
        ({"and": [0, {"not": 3}]}, "inert", (), ("gone",)),
        ({"or": [0, {"not": 3}]}, "partial", ("branches",), ("gone",)),
        (4, "inert", (), ("gone",)),
        (5, "runs", (), ()),
    ],
)
def test_states(condition: Any, name: Any, lost: tuple[str, ...], missing: tuple[str, ...]) -> None:
    assert state(condition) == RuleState(name, lost, missing)


def test_no_log_source() -> None:
    assert state(0, schema_none=False, logsource={"category": "c"}).state == "runs"
    assert state(0, schema_none=False, logsource={"category": "else"}).state == "no-log-source"
    assert state(0, schema_none=False, mapping=WINDOWS).state == "no-log-source"


def windows_state(columns: list[str], category: str, *fields: str) -> RuleState:
    plan = {
        "predicates": [{"field": field, "op": "exists"} for field in fields],
        "rules": [
            {
                "id": "r",
                "logsource": {"product": "windows", "category": category},
                "condition": {"or": list(range(len(fields)))},
            }
        ],
    }
    (found,) = bind(plan, dict.fromkeys(["Channel", "EventID", *columns], pl.String()), mapping=WINDOWS)
    return found


def test_the_best_place_counts() -> None:
    assert windows_state(["Image", "Hashes"], "process_creation", "Image", "Hashes") == RuleState("runs")
    partial = windows_state(["Image"], "process_creation", "Image", "Hashes")
    assert partial == RuleState("partial", ("branches",), ("Hashes",))
    assert windows_state(["NewProcessName"], "process_creation", "Image", "Hashes").state == "partial"
    assert windows_state(["NewProcessName"], "process_creation", "Image").state == "runs"
    assert windows_state([], "process_creation", "Image").state == "inert"


def test_a_route_whose_columns_are_missing_is_none() -> None:
    assert windows_state(["TargetObject"], "registry_add", "TargetObject").state == "no-log-source"
    assert windows_state(["TargetObject", "EventType"], "registry_add", "TargetObject").state == "runs"
    assert windows_state(["TargetFilename"], "file_access", "TargetFilename").state == "no-log-source"


OWN = """
name: own
recognise: {all: [kind]}
fields: {Image: process.executable, User: [], Path: {join: [folder, file], with: '/', needs: [file]}}
views: {v: {User: account}}
routes: [{logsource: {category: a}}, {logsource: {category: v}, view: v}]
"""


@pytest.mark.parametrize(
    ("category", "field", "column"),
    [
        ("a", "Image", "Image"),
        ("a", "CommandLine", "CommandLine"),
        ("a", "commandline", None),
        ("a", "_raw", None),
        ("a", "User", None),
        ("v", "User", "User"),
        ("a", "Path", "File"),
    ],
)
@pytest.mark.parametrize("engine", ["core", "reference"])
def test_a_column_that_the_mapping_does_not_take_is_told(category: str, field: str, column: str | None, engine: Any) -> None:
    """The column is there under the field's own name, and still nothing answers: unless the mapping says that nothing shall."""
    mapping = schemas.read_mapping(OWN)
    plan: dict[str, Any] = {
        "format": "sigtrawl-plan",
        "version": 1,
        "predicates": [{"field": field, "op": "equals", "value": "x"}],
        "rules": [{"id": "r", "title": "t", "logsource": {"category": category}, "condition": 0}],
    }
    table = pl.DataFrame(
        schema=dict.fromkeys(["kind", "Image", "CommandLine", "_raw", "User", "folder", "File", "Path"], pl.String())
    )
    if engine == "reference":
        (found,) = bind(plan, table.schema, mapping=mapping)
        state, near = found.state, dict(found.near)
    else:
        options = json.dumps({"mappings": [mapping.to_dict()], "schema": "own", "columns": []}).encode()
        stream = _native.match_data(_native.RuleSet(json.dumps(plan).encode()), table, options)
        while stream.next_batch() is not None:
            pass
        (told,) = json.loads(stream.report())["rules"]
        state, near = told["state"], told["near"]
    assert (state, near) == ("inert", {} if column is None else {field: column})


def test_a_hash_is_missing_where_its_algorithm_is() -> None:
    def hashes(value: str) -> RuleState:
        plan = {
            "predicates": [{"field": "Hashes", "op": "contains", "value": value}],
            "rules": [{"id": "r", "logsource": {"category": "process_creation"}, "condition": 0}],
        }
        return bind(plan, {"TargetProcessName": pl.String(), "TargetProcessMD5": pl.String()}, mapping=ASIM)[0]

    assert hashes("MD5=ab").state == "runs"
    assert hashes("IMPHASH=ab") == RuleState("inert", (), ("Hashes",))
