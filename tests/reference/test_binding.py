"""The state of a rule on a table, told from the columns."""

from typing import Any

import polars as pl
import pytest

from sigtrawl import schemas
from sigtrawl.reference import RuleState, bind

WINDOWS, ASIM = schemas.builtin()[:2]

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


def test_a_hash_is_missing_where_its_algorithm_is() -> None:
    def hashes(value: str) -> RuleState:
        plan = {
            "predicates": [{"field": "Hashes", "op": "contains", "value": value}],
            "rules": [{"id": "r", "logsource": {"category": "process_creation"}, "condition": 0}],
        }
        return bind(plan, {"TargetProcessName": pl.String(), "TargetProcessMD5": pl.String()}, mapping=ASIM)[0]

    assert hashes("MD5=ab").state == "runs"
    assert hashes("IMPHASH=ab") == RuleState("inert", (), ("Hashes",))
