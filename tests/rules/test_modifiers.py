"""Every modifier: what it makes of a value, and what it refuses."""

from collections.abc import Callable
from typing import Any

import pytest

from sigtrawl.plan import And, Node, Not, Or, Predicate
from sigtrawl.rules.modifiers import LISTWISE, TABLE

Lower = Callable[..., Node]
Refused = Callable[..., tuple[str, ...]]


def P(op: str, value: Any = None, **more: Any) -> Predicate:  # noqa: N802 - it stands for the class
    return Predicate("f", op, value, **more)


ACCEPTED: list[tuple[str, Any, Node]] = [
    ("contains", "a", P("contains", "a")),
    ("startswith", "a", P("startswith", "a")),
    ("endswith", "a", P("endswith", "a")),
    ("startswith|endswith", "a", P("contains", "a")),
    ("all", "a", P("equals", "a")),
    ("contains|all", ["a", "b"], And((P("contains", "a"), P("contains", "b")))),
    ("all|contains", ["a", "b"], And((P("contains", "a"), P("contains", "b")))),
    ("contains", ["a", "b"], Or((P("contains", "a"), P("contains", "b")))),
    ("all", [["a", "b"], "c"], And((Or((P("equals", "a"), P("equals", "b"))), P("equals", "c")))),
    ("exists", True, P("exists")),
    ("exists", False, Not(P("exists"))),
    ("neq", "a", Not(P("equals", "a"))),
    ("neq", None, Not(P("null"))),
    ("neq", ["a", "b"], Not(Or((P("equals", "a"), P("equals", "b"))))),
    ("neq|contains", "a", Not(P("contains", "a"))),
    ("contains|neq", "a", Not(P("contains", "a"))),
    ("exists|neq", True, Not(P("exists"))),
    ("re", r"a\.b*", P("regex", r"a\.b*")),
    ("re|i", "a", P("regex", "a", flags="i")),
    ("re|ignorecase", "a", P("regex", "a", flags="i")),
    ("re|m", "a", P("regex", "a", flags="m")),
    ("re|multiline", "a", P("regex", "a", flags="m")),
    ("re|s", "a", P("regex", "a", flags="s")),
    ("re|dotall", "a", P("regex", "a", flags="s")),
    ("re|s|i|m|i", "a", P("regex", "a", flags="ims")),
    ("re|contains", "a|b", P("regex", "a|b")),
    ("re|startswith", "a|b", P("regex", r"\A(?:a|b)")),
    ("re|endswith", "a|b", P("regex", r"(?:a|b)\z")),
    ("re|all", ["a", "b"], And((P("regex", "a"), P("regex", "b")))),
    ("base64", "foo", P("equals", "Zm9v")),
    ("base64", "fo", P("equals", "Zm8=")),
    ("base64", r"a\*", P("equals", "YSo=")),
    ("base64", "é", P("equals", "w6k=")),
    ("base64|contains", "foo", P("contains", "Zm9v")),
    ("base64offset|contains", "foo", Or((P("contains", "Zm9v"), P("contains", "Zvb"), P("contains", "mb2")))),
    (
        "base64offset|contains|all",
        ["foo", "bar"],
        And(
            (
                Or((P("contains", "Zm9v"), P("contains", "Zvb"), P("contains", "mb2"))),
                Or((P("contains", "YmFy"), P("contains", "Jhc"), P("contains", "iYX"))),
            )
        ),
    ),
    ("wide", "ab", P("equals", "a\0b\0")),
    ("utf16le", "ab", P("equals", "a\0b\0")),
    ("utf16be", "ab", P("equals", "\0a\0b")),
    ("utf16", "ab", P("equals", "\ufeffa\0b\0")),
    ("wide", "a*b", P("like", "a\0*b\0")),
    ("wide|base64", "é", P("equals", "6QA=")),
    ("utf16le|base64", "foo", P("equals", "ZgBvAG8A")),
    ("utf16be|base64", "foo", P("equals", "AGYAbwBv")),
    ("utf16|base64", "foo", P("equals", "//5mAG8AbwA=")),
    ("cidr", "10.0.0.0/8", P("cidr", "10.0.0.0/8")),
    ("cidr", "10.0.0.1", P("cidr", "10.0.0.1/32")),
    ("cidr", "10.0.0.0/255.0.0.0", P("cidr", "10.0.0.0/8")),
    ("cidr", "FE80::/10", P("cidr", "fe80::/10")),
    ("lt", 5, P("number", "5", cmp="lt")),
    ("lte", -5, P("number", "-5", cmp="lte")),
    ("gt", 0.5, P("number", "0.5", cmp="gt")),
    ("gte", 2**70 + 1, P("number", str(2**70 + 1), cmp="gte")),
    ("minute", 5, P("timepart", 5, part="minute", cmp="eq")),
    ("hour|gte", 5, P("timepart", 5, part="hour", cmp="gte")),
    ("day|lt", 5, P("timepart", 5, part="day", cmp="lt")),
    ("week|lte", 5, P("timepart", 5, part="week", cmp="lte")),
    ("month|gt", 5, P("timepart", 5, part="month", cmp="gt")),
    ("year", 2024.0, P("timepart", 2024, part="year", cmp="eq")),
    ("fieldref", "g", P("fieldref", "g", how="equals")),
    ("fieldref|startswith", "g", P("fieldref", "g", how="startswith")),
    ("fieldref|endswith", "g", P("fieldref", "g", how="endswith")),
    ("fieldref|contains", "g", P("fieldref", "g", how="contains")),
    ("fieldref|cased", "g", P("fieldref", "g", how="equals", cased=True)),
    ("cased|fieldref", "g", P("fieldref", "g", how="equals", cased=True)),
    ("expand", "no placeholder, 100%", P("equals", "no placeholder, 100%")),
    ("windash", "a", P("equals", "a")),
]


@pytest.mark.parametrize(("modifiers", "value", "expected"), ACCEPTED)
def test_meaning(lower: Lower, modifiers: str, value: Any, expected: Node) -> None:
    assert lower({f"f|{modifiers}": value}) == expected


def test_every_modifier_is_tested() -> None:
    tested = {name for modifiers, _, _ in ACCEPTED for name in modifiers.split("|")}
    assert (set(TABLE) | LISTWISE) <= tested


REFUSED: list[tuple[str, Any, str]] = [
    ("nope", "a", "unknown-modifier"),
    ("Contains", "a", "unknown-modifier"),
    ("", "a", "unknown-modifier"),
    ("contains", 5, "value-type"),
    ("startswith", True, "value-type"),
    ("endswith", None, "value-type"),
    ("lt|contains", 5, "value-type"),
    ("exists", "true", "value-type"),
    ("exists", 1, "value-type"),
    ("contains|exists", True, "misplaced-modifier"),
    ("cased|re", "a", "misplaced-modifier"),
    ("re|cased", "a", "misplaced-modifier"),
    ("re|base64", "a", "misplaced-modifier"),
    ("i", "a", "misplaced-modifier"),
    ("re", 5, "value-type"),
    ("base64", 5, "value-type"),
    ("base64", "a*", "base64-wildcard"),
    ("base64offset", "a?", "base64-wildcard"),
    ("contains|base64offset", "a", "base64-wildcard"),
    ("wide|wide", "a", "misplaced-modifier"),
    ("wide", "é", "encoding-not-text"),
    ("windash", 5, "value-type"),
    ("windash", "-a -b -c -d", "windash-limit"),
    ("cidr", "10.0.0.1/8", "bad-network"),
    ("cidr", "fe80::1/10", "bad-network"),
    ("cidr", "fe80::%eth0/128", "bad-network"),
    ("cidr", "10.0.*", "bad-network"),
    ("cidr", "10.0.0.0/33", "bad-network"),
    ("cidr", 10, "value-type"),
    ("cidr|contains", "10.0.0.0/8", "misplaced-modifier"),
    ("contains|cidr", "10.0.0.0/8", "misplaced-modifier"),
    ("lt", "5", "value-type"),
    ("gt", True, "value-type"),
    ("lt|gt", 5, "misplaced-modifier"),
    ("gte|hour", 5, "misplaced-modifier"),
    ("hour", "5", "value-type"),
    ("hour", 5.5, "value-type"),
    ("hour|minute", 5, "value-type"),
    ("fieldref", "a*", "value-type"),
    ("fieldref", "", "value-type"),
    ("fieldref", 5, "value-type"),
    ("contains|fieldref", "g", "misplaced-modifier"),
    ("expand", 5, "value-type"),
    ("cased", 5, "value-type"),
]


@pytest.mark.parametrize(("modifiers", "value", "code"), REFUSED)
def test_refusal(refused: Refused, modifiers: str, value: Any, code: str) -> None:
    assert refused({f"f|{modifiers}": value}) == (code,)


@pytest.mark.parametrize("key", ["|cidr", "|lt", "|hour", "|exists", "|fieldref"])
def test_keywords_refuse_what_needs_a_field(refused: Refused, key: str) -> None:
    value: Any = {"|cidr": "10.0.0.0/8", "|exists": True, "|fieldref": "g"}.get(key, 5)
    assert refused({key: value}) == ("keyword-type",)


def test_windash_varies_each_dash_by_itself(lower: Lower) -> None:
    node = lower({"f|windash|contains": " -a /b"})
    assert isinstance(node, Or)
    dashes = "-/\u2013\u2014\u2015"
    assert node.nodes == tuple(P("contains", f" {first}a {second}b") for first in dashes for second in dashes)
    assert lower({"f|contains|windash": " -a /b"}) == node


def test_windash_leaves_dashes_inside_words(lower: Lower) -> None:
    node = lower({"f|windash": "-a-b / c -- d"})
    assert isinstance(node, Or)
    assert [leaf.value for leaf in node.nodes if isinstance(leaf, Predicate)] == [
        f"{dash}a-b / c -- d" for dash in "-/\u2013\u2014\u2015"
    ]


def test_windash_alternatives_stay_alternatives_under_all(lower: Lower) -> None:
    node = lower({"f|windash|contains|all": ["-a", "-b"]})
    assert isinstance(node, And)
    assert [len(value.nodes) for value in node.nodes if isinstance(value, Or)] == [5, 5]
