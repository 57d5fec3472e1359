r"""Escapes and wildcards: what stands in a rule's text, and the predicate that it becomes."""

from collections.abc import Callable
from typing import Any

import pytest

from sigtrawl.plan import Node, Predicate
from sigtrawl.rules.text import QUERY, STAR, Part, parse, parse_listed

ESCAPES: list[tuple[str, tuple[Part, ...]]] = [
    ("", ()),
    ("abc", ("abc",)),
    ("a*b", ("a", STAR, "b")),
    ("a?b", ("a", QUERY, "b")),
    (r"\*", ("*",)),
    (r"\?", ("?",)),
    (r"\\", ("\\",)),
    (r"\a", (r"\a",)),
    ("a\\", ("a\\",)),
    (r"\\\\", (r"\\",)),
    (r"\\*", ("\\", STAR)),
    (r"\\\*", (r"\*",)),
    (r"\\\\*", (r"\\", STAR)),
    (r"C:\Windows\*\x.exe", (r"C:\Windows*\x.exe",)),
    (r"\\srv\c$", (r"\srv\c$",)),
    ("**", (STAR, STAR)),
]


@pytest.mark.parametrize(("text", "parts"), ESCAPES)
def test_escapes(text: str, parts: tuple[Part, ...]) -> None:
    assert parse(text) == parts


def test_listed_values_know_no_escape() -> None:
    assert parse_listed(r"DOM\*") == ("DOM\\", STAR)
    assert parse_listed(r"a\\b") == (r"a\\b",)


PLAINEST = [
    ({"f": "a"}, Predicate("f", "equals", "a")),
    ({"f": ""}, Predicate("f", "equals", "")),
    ({"f": "*"}, Predicate("f", "contains", "")),
    ({"f": "***"}, Predicate("f", "contains", "")),
    ({"f": "a*"}, Predicate("f", "startswith", "a")),
    ({"f": "*a"}, Predicate("f", "endswith", "a")),
    ({"f": "*a*"}, Predicate("f", "contains", "a")),
    ({"f": "?"}, Predicate("f", "like", "?")),
    ({"f": "*a?"}, Predicate("f", "like", "*a?")),
    ({"f": r"a*b\*\\c"}, Predicate("f", "like", r"a*b\*\\c")),
    ({"f": r"\d*\e"}, Predicate("f", "like", r"\\d*\\e")),
    ({"f": " a "}, Predicate("f", "equals", " a ")),
    ({"f|contains": ""}, Predicate("f", "contains", "")),
    ({"f|startswith": ""}, Predicate("f", "contains", "")),
    ({"f|endswith": ""}, Predicate("f", "contains", "")),
    ({"f|contains": "\\foo\\"}, Predicate("f", "contains", "\\foo\\")),
    ({"f|startswith": "c:\\"}, Predicate("f", "startswith", "c:\\")),
    ({"f|startswith": "/home/*/pub"}, Predicate("f", "like", "/home/*/pub*")),
    ({"f|endswith": "8???"}, Predicate("f", "like", "*8???")),
    ({"f|contains": "a*b"}, Predicate("f", "like", "*a*b*")),
    ({"f|contains": "*a*"}, Predicate("f", "contains", "a")),
    ({"f|startswith": "*a"}, Predicate("f", "contains", "a")),
    ({"f|cased": "Ab"}, Predicate("f", "equals", "Ab", cased=True)),
    ({"f|cased|contains": "Ab"}, Predicate("f", "contains", "Ab", cased=True)),
    ({"f|contains|cased": "Ab"}, Predicate("f", "contains", "Ab", cased=True)),
    ({"f|cased": "A*b"}, Predicate("f", "like", "A*b", cased=True)),
    ({"f|cased": "*"}, Predicate("f", "contains", "")),
]


@pytest.mark.parametrize(("item", "expected"), PLAINEST)
def test_plainest_predicate(lower: Callable[..., Node], item: dict[str, Any], expected: Predicate) -> None:
    assert lower(item) == expected


KEYWORDS = [
    ("evil", Predicate(None, "contains", "evil")),
    ("e*l", Predicate(None, "like", "*e*l*")),
    ("*evil*", Predicate(None, "contains", "evil")),
    ("", Predicate(None, "contains", "")),
    (4688, Predicate(None, "number", "4688", cmp="eq")),
    (True, Predicate(None, "contains", "true")),
    ({"|startswith": "a"}, Predicate(None, "startswith", "a")),
    ({"|endswith": "a"}, Predicate(None, "endswith", "a")),
    ({"|re": "a+"}, Predicate(None, "regex", "a+")),
    ({"|cased": "A"}, Predicate(None, "contains", "A", cased=True)),
    ({"|base64": "foo"}, Predicate(None, "contains", "Zm9v")),
    ({"": "a"}, Predicate(None, "contains", "a")),
]


@pytest.mark.parametrize(("item", "expected"), KEYWORDS)
def test_keywords(lower: Callable[..., Node], item: Any, expected: Predicate) -> None:
    assert lower(item) == expected
