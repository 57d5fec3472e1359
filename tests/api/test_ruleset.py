"""`RuleSet`: frozen, shareable, picklable; saved and loaded without parsing JSON in Python."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import sigtrawl as st
from sigtrawl.errors import CompiledFileError


def test_length_and_plan(ruleset: st.RuleSet, rules: st.Rules) -> None:
    assert len(ruleset) == 3
    assert repr(ruleset) == "<RuleSet: 3 rules>"
    assert ruleset.plan() == rules.plan()
    assert [entry.title for entry in ruleset.plan().waiting] == ["Waiting"]
    assert ruleset.plan().waiting[0].placeholders == ("admins",)
    assert ruleset.load_report()["counts"]["needs-values"] == 1


def test_it_is_frozen(ruleset: st.RuleSet) -> None:
    with pytest.raises(FrozenInstanceError):
        ruleset.native = None  # type: ignore[assignment, misc]


def test_it_pickles(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    again = pickle.loads(pickle.dumps(ruleset))  # noqa: S301 - our own
    assert again.plan() == ruleset.plan()
    assert again.match(frame).to_polars().equals(ruleset.match(frame).to_polars())


def test_save_and_load(ruleset: st.RuleSet, frame: pl.DataFrame, tmp_path: Path) -> None:
    ruleset.save(tmp_path / "rules.st")
    again = st.RuleSet.load(str(tmp_path / "rules.st"))
    assert again.plan() == ruleset.plan()
    assert again.match(frame).to_polars().equals(ruleset.match(frame).to_polars())


def test_loading_parses_no_json(ruleset: st.RuleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ruleset.save(tmp_path / "rules.st")

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(json, "loads", never)
    assert len(st.RuleSet.load(tmp_path / "rules.st")) == 3


def test_a_plan_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(CompiledFileError):
        st.RuleSet.from_plan(b"{}")
    with pytest.raises(CompiledFileError):
        st.RuleSet.load(tmp_path)


def test_threads_may_share_it(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: ruleset.match(frame).to_polars().height, range(16)))
    assert found == [3] * 16
