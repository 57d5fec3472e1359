"""Regular expressions are judged by the core; here the judge is replaced, so that the states are tested without it."""

import pytest

from sigtrawl.rules import regexes, rules_from_yaml

NAMED = ("(?P<n>a)(?P=n)", r"(?<n>a)\k<n>", r"(?<n>a)\k{n}", r"\\\k<n>")
ESCAPED = (r"\\k<n>(", r"\(?P=(", r"\k")
RULE = "title: T\nlogsource: {category: c}\ndetection: {s: {f|re: '%s'}, condition: s}\n"


@pytest.fixture(autouse=True)
def _judge(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "(?=a)": "unsupported: look-around",
        "a{9}": "unsupported: it is too large",
        "(": "unclosed\n  group",
        **dict.fromkeys((*NAMED, *ESCAPED), "wrong"),
    }
    monkeypatch.setattr(regexes, "_judge", lambda: lambda pattern, _flags: told.get(pattern))


@pytest.mark.parametrize(
    ("pattern", "state", "code", "message"),
    [
        ("(?=a)", "unsupported", "regex-unsupported", "unsupported: look-around"),
        ("(", "invalid", "regex-invalid", "unclosed group"),
    ],
)
def test_refused_patterns(pattern: str, state: str, code: str, message: str) -> None:
    report = rules_from_yaml(RULE % pattern, on_error="skip").report()
    assert [rule.state for rule in report.rules] == [state]
    assert [(error.code, error.message, error.state) for error in report.errors] == [(code, message, state)]


@pytest.mark.parametrize("pattern", NAMED)
def test_named_back_references_are_called_that(pattern: str) -> None:
    report = rules_from_yaml(RULE % pattern, on_error="skip").report()
    assert [(rule.state, error.code) for rule, error in zip(report.rules, report.errors, strict=True)] == [
        ("unsupported", "regex-unsupported")
    ]
    assert "a named back-reference" in report.errors[0].message


@pytest.mark.parametrize("pattern", ESCAPED)
def test_what_only_looks_like_one_is_not(pattern: str) -> None:
    assert [error.code for error in rules_from_yaml(RULE % pattern, on_error="skip").report().errors] == ["regex-invalid"]


def test_the_hint_is_about_what_is_unsupported() -> None:
    errors = [rules_from_yaml(RULE % pattern, on_error="skip").report().errors[0] for pattern in ("(?=a)", NAMED[0], "a{9}")]
    assert [(error.state, error.hint is None) for error in errors] == [
        ("unsupported", unhinted) for unhinted in (False, False, True)
    ]


def test_other_patterns_pass() -> None:
    assert rules_from_yaml(RULE % "a+").report().counts["ready"] == 1
