"""What each op says of one value: the conditions are one predicate, the events one row."""

from typing import Any

import polars as pl
import pytest

from sigtrawl.reference import RegexNotTranslatableError, evaluate


def plan(*predicates: dict[str, Any], condition: Any = 0) -> dict[str, Any]:
    rule = {"id": "r", "logsource": {"product": None, "category": "test", "service": None}, "condition": condition}
    return {"format": "sigtrawl-plan", "version": 1, "predicates": list(predicates), "rules": [rule]}


def matches(predicate: dict[str, Any], value: Any, dtype: pl.DataType | None = None) -> bool:
    frame = pl.DataFrame({"f": pl.Series([value], dtype=dtype), "_row": [0]})
    return bool(evaluate(plan({"field": "f", **predicate}), frame, mapping=None, schema_none=True))


@pytest.mark.parametrize(
    ("op", "value", "text", "expected"),
    [
        ("equals", "WhoAmI", "whoami", True),
        ("equals", "whoami", "whoami ", False),
        ("equals", "", "", True),
        ("equals", "", "x", False),
        ("contains", "OAM", "whoami", True),
        ("contains", "", "x", True),
        ("startswith", "who", "WHOAMI", True),
        ("startswith", "hoa", "whoami", False),
        ("endswith", "ami", "WHOAMI", True),
        ("endswith", "who", "whoami", False),
        ("endswith", "aa", "aaa", True),
        ("contains", "kill", "\u212aill", True),
        ("contains", "windows", "WINDOW\u017f", True),
        ("equals", "straße", "STRASSE", False),
        ("equals", "straße", "STRA\u1e9eE", True),
        ("like", "a*c", "A\nC", True),
        ("like", "a?c", "aéc", True),
        ("like", "a??c", "aéc", False),
        ("like", r"a\*c*", "a*cd", True),
        ("like", r"a\*c*", "abcd", False),
        ("like", r"*\\x?y", r"C:\xzy", True),
        ("like", "ab*ba", "aba", False),
        ("like", "*ab*ba*", "xabxba", True),
        ("regex", "ab+c", "xxabbcyy", True),
        ("regex", "AB", "ab", False),
        ("regex", "^a$", "a\n", False),
        ("cidr", "10.0.0.0/8", "10.1.2.3", True),
        ("cidr", "10.0.0.0/8", "10.1", False),
        ("cidr", "10.0.0.0/8", "::ffff:10.1.2.3", False),
        ("cidr", "fe80::/10", "FE80::1", True),
        ("cidr", "fe80::/10", "fe80::1%eth0", False),
    ],
)
def test_text(op: str, value: str, text: str, expected: bool) -> None:
    assert matches({"op": op, "value": value}, text) is expected
    assert matches({"op": op, "value": value}, [text, "zzz"]) is (expected or matches({"op": op, "value": value}, "zzz"))


@pytest.mark.parametrize("op", ["equals", "contains", "startswith", "endswith", "like"])
def test_cased(op: str) -> None:
    assert matches({"op": op, "value": "AbC", "cased": True}, "AbC")
    assert not matches({"op": op, "value": "AbC", "cased": True}, "abc")


def test_cased_and_folded_literals_live_side_by_side() -> None:
    folded, cased = ({"field": "f", "op": "contains", "value": "AB", "cased": flag} for flag in (False, True))
    frame = pl.DataFrame({"f": ["ab", "AB"]})
    assert evaluate(plan(folded, cased, condition={"or": [1]}), frame, mapping=None, schema_none=True) == [(1, 0)]
    assert len(evaluate(plan(folded, cased, condition={"or": [0, 1]}), frame, mapping=None, schema_none=True)) == 2


@pytest.mark.parametrize(
    ("cmp", "value", "event", "expected"),
    [
        ("eq", "5", "5", True),
        ("eq", "5", "05", False),
        ("eq", "5", 5, True),
        ("eq", "5", 5.0, True),
        ("eq", "9007199254740993", 9007199254740992, False),
        ("lt", "9007199254740993", 9007199254740992, True),
        ("gt", "5", "10", True),
        ("gte", "0.5", "5e-1", True),
        ("lte", "-7", "-7.50", True),
        ("gt", "5", "10 apples", False),
        ("gt", "5", "0x10", False),
        ("gt", "5", True, False),
        ("lt", "99999", "2021-01-01", False),
    ],
)
def test_number(cmp: str, value: str, event: Any, expected: bool) -> None:
    assert matches({"op": "number", "cmp": cmp, "value": value}, event) is expected


@pytest.mark.parametrize(
    ("event", "expected"), [(True, True), ("TRUE", True), ("true", True), (False, False), (1, False), ("yes", False)]
)
def test_boolean(event: Any, expected: bool) -> None:
    assert matches({"op": "boolean", "value": True}, event) is expected


@pytest.mark.parametrize(("event", "null"), [(None, True), ("", False), ("x", False), ([], False), ([None], False), (0, False)])
def test_null_and_exists_are_opposites(event: Any, null: bool) -> None:
    dtype = pl.List(pl.String) if isinstance(event, list) else None
    assert matches({"op": "null"}, event, dtype) is null
    assert matches({"op": "exists"}, event, dtype) is not null


def test_missing_fields() -> None:
    frame = pl.DataFrame({"f": ["x"]})
    for op, expected in (("null", True), ("exists", False)):
        assert bool(evaluate(plan({"field": "g", "op": op}), frame, mapping=None, schema_none=True)) is expected
    missing = {"field": "g", "op": "equals", "value": "x"}
    assert not evaluate(plan(missing), frame, mapping=None, schema_none=True)
    assert evaluate(plan(missing, condition={"not": 0}), frame, mapping=None, schema_none=True) == [(0, 0)]


@pytest.mark.parametrize(
    ("part", "value", "text", "expected"),
    [
        ("hour", 5, "2026-01-02T05:06:07Z", True),
        ("hour", 4, "2026-01-02 05:06:07.123456789+01:00", True),
        ("minute", 6, "2026-01-02T05:06:07", True),
        ("day", 2, "2026-01-02", True),
        ("week", 53, "2021-01-01T05:06:07Z", True),
        ("month", 12, "2020-12-31T23:30:00-0030", False),
        ("year", 2021, "2020-12-31T23:30:00-0030", True),
        ("hour", 5, "05:06", False),
        ("day", 30, "2021-02-30", False),
        ("hour", 0, "2021-02-30T25:00:00", False),
    ],
)
def test_timepart(part: str, value: int, text: str, expected: bool) -> None:
    assert matches({"op": "timepart", "part": part, "cmp": "eq", "value": value}, text) is expected


def test_timepart_of_a_timestamp_column_and_its_order() -> None:
    from datetime import UTC, datetime

    moment = datetime(2026, 1, 2, 22, 30, tzinfo=UTC)
    assert matches({"op": "timepart", "part": "hour", "cmp": "gte", "value": 22}, moment)
    assert not matches({"op": "timepart", "part": "hour", "cmp": "lt", "value": 22}, moment)


@pytest.mark.parametrize(
    ("how", "cased", "f", "g", "expected"),
    [
        ("equals", False, "ABC", "abc", True),
        ("equals", True, "ABC", "abc", False),
        ("startswith", False, "abc", "AB", True),
        ("endswith", False, "abc", "AB", False),
        ("contains", False, "xa*cx", "a*c", True),
        ("contains", False, "xabcx", "a*c", False),
        ("equals", False, None, None, False),
        ("equals", False, "a", None, False),
        ("equals", False, ["x", "a"], "A", True),
    ],
)
def test_fieldref(how: str, cased: bool, f: Any, g: Any, expected: bool) -> None:
    frame = pl.DataFrame({"f": [f], "g": [g]}, schema_overrides={"g": pl.String})
    asked = plan({"field": "f", "op": "fieldref", "value": "g", "how": how, "cased": cased})
    assert bool(evaluate(asked, frame, mapping=None, schema_none=True)) is expected


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ({"op": "contains", "value": "EVIL"}, [0, 2, 3]),
        ({"op": "like", "value": "*ev?l*"}, [0, 2, 3]),
        ({"op": "startswith", "value": "ev"}, [2, 3]),
        ({"op": "regex", "value": "evil$"}, [2, 3]),
        ({"op": "number", "cmp": "eq", "value": "46"}, [4]),
        ({"op": "contains", "value": "468"}, [5]),
        ({"op": "contains", "value": "secret"}, []),
        ({"op": "contains", "value": "true"}, []),
        ({"op": "contains", "value": "nested"}, []),
    ],
)
def test_keywords(predicate: dict[str, Any], expected: list[int]) -> None:
    frame = pl.DataFrame(
        {
            "a": ["xevilx", None, None, None, "id=46;", None],
            "nested": [None, None, {"b": "evil", "c": 1}, None, None, {"b": None, "c": 4688}],
            "list": [None, None, None, ["x", "evil"], None, None],
            "flag": [True] * 6,
            "_origin": ["secret"] * 6,
        }
    )
    found = evaluate(plan({"field": None, **predicate}), frame, mapping=None, schema_none=True)
    assert [row for row, _ in found] == expected


def test_conditions_have_two_values() -> None:
    frame = pl.DataFrame({"f": ["a", None], "g": [None, "x"]})
    f = {"field": "f", "op": "equals", "value": "a"}
    g = {"field": "g", "op": "equals", "value": "x"}
    for condition, expected in (
        ({"and": [0, {"not": 1}]}, [0]),
        ({"not": 0}, [1]),
        ({"and": []}, [0, 1]),
        ({"or": []}, []),
        ({"not": {"or": [0, 1]}}, []),
    ):
        found = evaluate(plan(f, g, condition=condition), frame, mapping=None, schema_none=True)
        assert [row for row, _ in found] == expected, condition


def test_malformed_plans_are_refused() -> None:
    frame = pl.DataFrame({"f": ["a"]})
    with pytest.raises(ValueError, match="'sounds-like' is no op"):
        evaluate(plan({"field": "f", "op": "sounds-like", "value": "x"}), frame, mapping=None, schema_none=True)
    with pytest.raises(ValueError, match="no node of a condition"):
        evaluate(plan({"field": "f", "op": "exists"}, condition={"xor": [0]}), frame, mapping=None, schema_none=True)
    with pytest.raises(RegexNotTranslatableError, match="look-around"):
        evaluate(plan({"field": "f", "op": "regex", "value": "(?=a)"}), frame, mapping=None, schema_none=True)
    with pytest.raises(ValueError, match="without a schema mapping"):
        evaluate(plan(), frame, mapping=None)


def test_an_empty_table_has_no_matches() -> None:
    frame = pl.DataFrame({"f": pl.Series([], dtype=pl.String)})
    assert evaluate(plan({"field": "f", "op": "null"}), frame, mapping=None, schema_none=True) == []
