"""Paths with a choice among elements: what is read, and what is malformed."""

import pytest

from sigtrawl.schemas import Choice, PathPart, parse_path


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.b", (PathPart("a.b"),)),
        ("a[b=c]", (PathPart("a", Choice("b", ("c",))),)),
        ("a.b[c.d=X-1|y z].e.f", (PathPart("a.b", Choice("c.d", ("X-1", "y z"))), PathPart("e.f"))),
        ("a[b=c].d[e=f=g]", (PathPart("a", Choice("b", ("c",))), PathPart("d", Choice("e", ("f=g",))))),
    ],
)
def test_parts(text: str, parts: tuple[PathPart, ...]) -> None:
    assert parse_path(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        *("a[0]", "a[b]", "a[b=]", "a[=c]", "[b=c]", "a[b=c", "a]b", "a[b=c]d", "a[b=c].", "a.[b=c]", "a[b=c][d=e]"),
        *("a[b=[c]]", "a[b=c|]", "a[b=|c]", "a[b =c]", "a[b= c]", "a[b=c].d]"),
    ],
)
def test_malformed_paths(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no path to a column; a choice among the elements of a list is written list\["):
        parse_path(text)
