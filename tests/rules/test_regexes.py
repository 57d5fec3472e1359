"""Regular expressions are judged by the core; here the judge is replaced, so that the states are tested without it."""

import pytest

from sigtrawl.rules import regexes, rules_from_yaml

RULE = "title: T\nlogsource: {category: c}\ndetection: {s: {f|re: '%s'}, condition: s}\n"


@pytest.fixture(autouse=True)
def _judge(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"(?=a)": "unsupported: look-around", "(": "unclosed\n  group"}
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


def test_other_patterns_pass() -> None:
    assert rules_from_yaml(RULE % "a+").report().counts["ready"] == 1
