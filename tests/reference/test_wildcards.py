"""Wildcard patterns, against one regular expression for the whole of a pattern."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigtrawl.reference.wildcards import wildcard_matcher

TOKENS = {"*": ".*", "?": ".", r"\*": r"\*", r"\?": r"\?", "\\\\": r"\\", "a": "a", "b": "b", "\n": "\n", "é": "é"}
PATTERNS = st.lists(st.sampled_from(sorted(TOKENS)), max_size=8)
TEXTS = st.text(alphabet="ab\n*?\\é", max_size=10)


@given(PATTERNS, TEXTS)
def test_against_a_regular_expression(pattern: list[str], text: str) -> None:
    expected = re.fullmatch("".join(TOKENS[token] for token in pattern), text, re.DOTALL) is not None
    assert wildcard_matcher("".join(pattern))(text) is expected


@given(PATTERNS)
def test_a_pattern_matches_what_it_was_made_of(pattern: list[str]) -> None:
    literal = {"*": "abab", "?": "é", r"\*": "*", r"\?": "?", "\\\\": "\\"}
    assert wildcard_matcher("".join(pattern))("".join(literal.get(token, token) for token in pattern))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("**", "a", True),
        ("?", "", False),
        ("a*a", "a", False),
        ("a*?", "a", False),
        ("*a?b*", "xaab\n", True),
        (r"*\\*", "a\\b", True),
        ("*" + "a*" * 40 + "b", "a" * 500, False),
    ],
)
def test_edges(pattern: str, text: str, expected: bool) -> None:
    assert wildcard_matcher(pattern)(text) is expected
