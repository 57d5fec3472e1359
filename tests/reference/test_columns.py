"""The text form of each column type, and the way into nested ones."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from sigtrawl.reference import NotEvaluable, run
from sigtrawl.reference.columns import Table
from sigtrawl.reference.paths import Path, find_path

WHEN = datetime(2021, 4, 22, 9, 51, 3, tzinfo=UTC).replace(tzinfo=None)


def texts(series: pl.Series, name: str = "f") -> list[list[str]]:
    frame = pl.DataFrame({"f": series})
    path = find_path(dict(frame.schema), name)
    assert path is not None
    by_row = Table(frame).column(path).by_row
    return [sorted(by_row.get(row, [])) for row in range(frame.height)]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (["a", ""], pl.String(), ["a", ""]),
        (["a"], pl.Categorical(), ["a"]),
        (["a"], pl.Enum(["a"]), ["a"]),
        ([-5, 2**63 - 1], pl.Int64(), ["-5", "9223372036854775807"]),
        ([2**64 - 1], pl.UInt64(), ["18446744073709551615"]),
        ([True, False], pl.Boolean(), ["true", "false"]),
        ([5.0, 0.1, -0.0, 1e22, 1.5e-7], pl.Float64(), ["5", "0.1", "0", "1" + "0" * 22, "0.00000015"]),
        ([float("nan"), float("-inf")], pl.Float64(), ["NaN", "-inf"]),
        ([0.1, 16777216.0], pl.Float32(), ["0.1", "16777216"]),
        ([Decimal("5.00"), Decimal("-0.25")], pl.Decimal(10, 2), ["5.00", "-0.25"]),
        ([b"caf\xc3\xa9"], pl.Binary(), ["café"]),
        ([date(2021, 4, 22)], pl.Date(), ["2021-04-22"]),
        ([WHEN], pl.Datetime("ms"), ["2021-04-22T09:51:03"]),
        ([WHEN.replace(microsecond=135000)], pl.Datetime("us"), ["2021-04-22T09:51:03.135"]),
        ([datetime(1969, 12, 31, 23, 59, 59, 500000, UTC)], pl.Datetime("us", "UTC"), ["1969-12-31T23:59:59.5Z"]),
        ([1619085063135000001], pl.Datetime("ns"), ["2021-04-22T09:51:03.135000001"]),
    ],
)
def test_text_forms(values: list[Any], dtype: pl.DataType, expected: list[str]) -> None:
    series = pl.Series(values).cast(dtype) if isinstance(dtype, pl.Datetime) else pl.Series(values, dtype=dtype)
    assert texts(series) == [[text] for text in expected]


def test_times_inside_lists_and_structs() -> None:
    assert texts(pl.Series([[WHEN, None]])) == [["2021-04-22T09:51:03"]]
    assert texts(pl.Series([{"at": WHEN, "on": WHEN.date()}]), "f.on") == [["2021-04-22"]]


def test_zoned_times_are_written_in_utc() -> None:
    series = pl.Series([WHEN]).dt.replace_time_zone("Europe/Berlin")
    assert texts(series) == [["2021-04-22T07:51:03Z"]]


def test_lists_fan_out() -> None:
    assert texts(pl.Series([["a", "b", None], [], None])) == [["a", "b"], [], []]
    assert texts(pl.Series([[["a"], ["b"]]])) == [["a", "b"]]
    assert texts(pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2))) == [["1", "2"]]
    nested = pl.Series([[{"b": "x"}, {"b": None}, None, {"b": "y"}], [{"b": None}], []])
    assert texts(nested, "f.b") == [["x", "y"], [], []]
    column = Table(pl.DataFrame({"f": nested})).column(Path("f", ("b",)))
    assert column.exists == 0b001


def test_a_list_is_there_even_if_it_is_empty() -> None:
    column = Table(pl.DataFrame({"f": pl.Series([[], None, [None]], dtype=pl.List(pl.String))})).column(Path("f"))
    assert column.exists == 0b101


def test_maps_are_reached_by_key() -> None:
    series = pl.Series([{"a": "x", "b.c": "y"}, {"a": None}], dtype=pl.Map(pl.String, pl.String))
    assert texts(series, "f.a") == [["x"], []]
    assert texts(series, "f.b.c") == [["y"], []]
    assert texts(series, "f.none") == [[], []]


def test_paths() -> None:
    frame = pl.DataFrame(
        {
            "a.b": ["flat"],
            "a": [{"b": "inside", "c": {"d": "deep"}, "e.f": "dotted"}],
            "_where": ["x"],
        }
    )
    schema = dict(frame.schema)
    assert find_path(schema, "a.b") == Path("a.b")
    assert find_path(schema, "a.c.d") == Path("a", ("c", "d"))
    assert find_path(schema, "a.e.f") == Path("a", ("e.f",))
    for name in ("A.b", "a.x", "a.b.c", "_where", "", "a."):
        assert find_path(schema, name) is None, name


def test_null_structs_have_no_members() -> None:
    series = pl.Series([{"b": "x"}, None], dtype=pl.Struct({"b": pl.String}))
    column = Table(pl.DataFrame({"f": series})).column(Path("f", ("b",)))
    assert column.exists == 0b01


def test_what_has_no_text_is_reported_where_a_rule_asks_for_it() -> None:
    frame = pl.DataFrame({"blob": [b"\xff", b"ok"], "at": [time(1, 2), None], "quiet": [b"\xff", None]})

    def rule(number: int) -> dict[str, Any]:
        return {"id": str(number), "logsource": {}, "condition": number}

    predicates: list[dict[str, Any]] = [
        {"field": "blob", "op": "contains", "value": "o"},
        {"field": "at", "op": "contains", "value": "0"},
        {"field": "quiet", "op": "exists"},
    ]
    plan = {"predicates": predicates, "rules": [rule(number) for number in range(3)]}
    found = run(plan, frame, mapping=None, schema_none=True)
    assert found.matches == [(0, 2), (1, 0)]
    assert found.not_evaluable == [NotEvaluable("at", 1), NotEvaluable("blob", 1)]


def test_a_decimals_scale_is_no_part_of_its_number() -> None:
    frame = pl.DataFrame({"f": pl.Series([Decimal("5.00"), Decimal("5.50")], dtype=pl.Decimal(10, 2))})
    plan = {
        "predicates": [{"field": "f", "op": "number", "cmp": "eq", "value": "5"}],
        "rules": [{"id": "r", "logsource": {}, "condition": 0}],
    }
    assert run(plan, frame, mapping=None, schema_none=True).matches == [(0, 0)]
