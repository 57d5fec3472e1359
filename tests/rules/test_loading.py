"""Files and folders, selection, duplicates, and what the report counts."""

import errno
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from sigtrawl import errors
from sigtrawl.errors import InputError, RuleErrors, UsageError
from sigtrawl.rules import load_rules, rules_from_yaml

ID = "6f1e2d3c-0000-4000-8000-00000000000"


def rule(title: str = "T", **more: Any) -> str:
    lines = [f"title: {title}", "logsource: {product: windows, category: test}", "detection: {s: {f: a}, condition: s}"]
    return "\n".join([*lines, *(f"{key}: {value}" for key, value in more.items()), ""])


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "b" / "one.yaml").write_text(rule("one"))
    (tmp_path / "c.YML").write_text(rule("two") + "---\n" + rule("three"))
    (tmp_path / "a.yml").write_bytes(b"\xef\xbb\xbf" + rule("zero").encode())
    (tmp_path / ".git" / "x.yml").write_text("not a rule")
    (tmp_path / "README.md").write_text("not a rule")
    rules = load_rules(tmp_path)
    assert [(entry.title, entry.path) for entry in rules] == [
        ("zero", "a.yml"),
        ("two", "c.YML"),
        ("three", "c.YML"),
        ("one", "b/one.yaml"),
    ]
    assert rules[3].file == str(tmp_path / "b" / "one.yaml")
    assert load_rules([str(tmp_path / "a.yml"), tmp_path / "b"]).report().files == 2


def test_one_bad_file_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes(b"title: \xff")
    (tmp_path / "b.yml").write_text(rule("good"))
    (tmp_path / "c.yml").write_text(rule("bad", level="none") + "---\n" + rule("fine") + "---\n[")
    with pytest.raises(RuleErrors) as caught:
        load_rules(tmp_path)
    assert [(error.code, Path(error.file or "").name) for error in caught.value.errors] == [
        ("not-utf8", "a.yml"),
        ("bad-level", "c.yml"),
        ("yaml-syntax", "c.yml"),
    ]
    rules = load_rules(tmp_path, on_error="skip")
    assert [entry.title for entry in rules] == ["good", "fine"]
    report = rules.report()
    assert [entry.state for entry in report.rules] == ["invalid", "ready", "invalid", "ready", "invalid"]
    assert report.counts == {"ready": 2, "needs-values": 0, "unsupported": 0, "invalid": 3}
    assert str(report) == "5 rules: 2 ready, 3 invalid"
    assert rules.plan().load_report["counts"] == report.counts


def test_missing_paths_and_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder"):
        load_rules(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no rule files"):
        load_rules(tmp_path)


def test_links_are_followed_and_lead_round_once(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "one.yml").write_text(rule("one"))
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "rules" / "loop").symlink_to(tmp_path / "rules")
    rules = load_rules(tmp_path / "rules")
    assert [entry.path for entry in rules] == ["link/one.yml"]
    assert rules.report().files == 1


def test_a_pipe_among_rules_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yml")
    with pytest.raises(RuleErrors, match=r"pipe\.yml: \[unreadable-file\] it cannot be read: it is no regular file"):
        load_rules(tmp_path)
    with pytest.raises(InputError, match="is neither a file nor a folder"):
        load_rules(tmp_path / "pipe.yml")


@pytest.mark.parametrize("paths", ["", [], [""]])
def test_no_path_is_not_the_current_folder(paths: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here.yml").write_text(rule("here"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="a path to rules is missing or empty"):
        load_rules(paths)


def test_a_path_that_may_not_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "stat", refused)
    with pytest.raises(InputError, match=r"x\.yml cannot be read: Permission denied"):
        load_rules(tmp_path / "x.yml")


def test_the_same_rule_twice_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(rule(id=f"{ID}1"))
    rules = load_rules([tmp_path, tmp_path / "a.yml"])
    assert (len(rules), rules.report().duplicates) == (1, 1)


def test_two_rules_with_one_id_are_an_error() -> None:
    text = rule(id=f"{ID}a") + "---\n" + rule("U", id=f"{ID}A".upper())
    with pytest.raises(RuleErrors, match="duplicate-id"):
        rules_from_yaml(text)
    assert [entry.title for entry in rules_from_yaml(text, on_error="skip")] == ["T"]


def test_rules_without_id_are_no_duplicates() -> None:
    rules = rules_from_yaml(rule() + "---\n" + rule())
    assert [entry.id for entry in rules] == [None, None]


LEVELS = "---\n".join(
    [
        rule("none", tags="[attack.t1059]"),
        rule("low", level="low", status="test", tags="[ATTACK.T1059.001, cve.2024-1]"),
        rule("high", level="High", status="stable"),
        rule("critical", level="critical", status="experimental", tags="[attack.t1003]"),
    ]
)

SELECTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["none", "low", "high", "critical"]),
    ({"min_level": "medium"}, ["high", "critical"]),
    ({"min_level": "informational"}, ["none", "low", "high", "critical"]),
    ({"level": "low"}, ["low"]),
    ({"level": ["low", "HIGH"]}, ["low", "high"]),
    ({"level": ["low", "high"], "min_level": "medium"}, ["high"]),
    ({"status": "stable"}, ["high"]),
    ({"status": ["stable", "test"]}, ["low", "high"]),
    ({"include_tags": "Attack.T1059"}, ["none"]),
    ({"include_tags": ["attack.t1059*"]}, ["none", "low"]),
    ({"exclude_tags": ["attack.*"]}, ["high"]),
    ({"include_tags": ["attack.*"], "exclude_tags": ["cve.*"]}, ["none", "critical"]),
    ({"logsource": "product=Windows"}, ["none", "low", "high", "critical"]),
    ({"logsource": {"product": "linux"}}, []),
    ({"logsource": "service=security"}, []),
]


@pytest.mark.parametrize(("options", "titles"), SELECTIONS)
def test_selection(options: dict[str, Any], titles: list[str]) -> None:
    chosen = rules_from_yaml(LEVELS, **options)
    assert [entry.title for entry in chosen] == titles
    assert chosen.report().filtered == 4 - len(titles)
    afterwards = rules_from_yaml(LEVELS).filter(**options)
    assert afterwards.rules == chosen.rules
    assert afterwards.report().filtered == 4 - len(titles)


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        ({"min_level": "hihg"}, "informational, low, medium, high, critical"),
        ({"level": ["low", "none"]}, "informational, low, medium, high, critical"),
        ({"status": "done"}, "stable, test, experimental, deprecated, unsupported"),
        ({"logsource": "windows"}, "product, category, service"),
        ({"logsource": {"vendor": "x"}}, "product, category, service"),
        ({"on_error": "ignore"}, "raise, skip"),
    ],
)
def test_a_bad_option_names_the_choices(options: dict[str, Any], choices: str) -> None:
    with pytest.raises(UsageError, match=choices):
        rules_from_yaml(LEVELS, **options)


def test_metadata() -> None:
    text = rule(
        id=f"{ID}1", name="a_rule", status="test", level="low", author="Ann, Bob", date="2024/1/5", modified="2024-02-03",
        description="What", tags="[attack.t1059]", references="[https://example.org]", falsepositives="[Admins]",
    )  # fmt: skip
    (one,) = rules_from_yaml(text)
    assert (one.id, one.name, one.status, one.level, one.author) == (f"{ID}1", "a_rule", "test", "low", "Ann, Bob")
    assert (one.date, one.modified, one.description) == ("2024-01-05", "2024-02-03", "What")
    assert (one.tags, one.references, one.falsepositives) == (("attack.t1059",), ("https://example.org",), ("Admins",))
    assert (one.logsource.product, one.logsource.category, one.logsource.service) == ("windows", "test", None)


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 50_000, "? " * 100_000])
def test_deep_nesting_ends_no_process(text: str) -> None:
    with pytest.raises(RuleErrors, match="yaml-nesting"):
        rules_from_yaml(text)


def test_aliases_cannot_stand_for_everything() -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(RuleErrors, match="yaml-aliases"):
        rules_from_yaml("\n".join(layers) + "\n" + rule())


def test_merged_keys_are_no_duplicates() -> None:
    text = "title: T\nx: &d {f: a, g: b}\nlogsource: {category: c}\ndetection: {s: {<<: *d, f: c}, condition: s}\n"
    assert rules_from_yaml(text)[0].raw["detection"]["s"] == {"f": "c", "g": "b"}


def test_rules_and_errors_pickle() -> None:
    rules = rules_from_yaml(LEVELS)
    assert pickle.loads(pickle.dumps(rules)) == rules  # noqa: S301 - just made
    with pytest.raises(RuleErrors) as caught:
        rules_from_yaml("[")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert (str(again), again.errors) == (str(caught.value), caught.value.errors)


@pytest.mark.parametrize("name", [name for name in vars(errors) if name[0].isupper() and name.endswith(("Error", "Run"))])
def test_every_exception_pickles(name: str) -> None:
    kind = getattr(errors, name)
    if not issubclass(kind, errors.SigtrawlError):
        return  # the record
    again = pickle.loads(pickle.dumps(kind("what")))  # noqa: S301
    assert (type(again), str(again)) == (kind, "what")
