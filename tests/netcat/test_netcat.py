"""The rule that the project began with: the same answer as its query, under both kinds of column names, by both engines.

The query is written out here once more as a plain polars expression, so that neither the rule's text nor the query's file is its
own judge.
"""

from pathlib import Path

import polars as pl
import pytest
from tests.engines import ENGINES, Engine

import sigtrawl
from sigtrawl.archive import Planted, generate
from sigtrawl.archive.forms import Form
from sigtrawl.archive.names import ASIM
from sigtrawl.archive.plants import NETCAT
from sigtrawl.demo import QUERY, RULE, asked

ROWS = 200_000
SMALL = 20_000  # what the reference evaluator answers in a second or two

FILES = ("\\nc.exe", "\\ncat.exe", "\\netcat.exe")
TEXTS = (
    " -lvp ",
    " -lvnp",
    " -l -v -p ",
    " -lv -p ",
    " -l --proxy-type http ",
    " -vnl --exec ",
    " -vnl -e ",
    " --lua-exec ",
    " --sh-exec ",
)


def query(names: Form) -> pl.Expr:
    """What the query asks of an archive with these names, ignoring case as KQL does."""
    image, line = (name if names == "sysmon" else ASIM[name] for name in ("Image", "CommandLine"))
    return pl.any_horizontal(
        *(pl.col(image).str.to_lowercase().str.ends_with(text) for text in FILES),
        *(pl.col(line).str.to_lowercase().str.contains(text, literal=True) for text in TEXTS),
    )


def answer(planted: Planted) -> list[int]:
    """The rows that the query finds."""
    return pl.read_parquet(planted.path).select(pl.arg_where(query(planted.names))).to_series().to_list()


@pytest.fixture(scope="module", params=["sysmon", "asim"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return generate(tmp_path_factory.mktemp("netcat") / "events.parquet", ROWS, names=request.param)


@pytest.fixture(scope="module", params=["sysmon", "asim"])
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return generate(tmp_path_factory.mktemp("netcat") / "small.parquet", SMALL, names=request.param)


@pytest.fixture(scope="module")
def ruleset() -> sigtrawl.RuleSet:
    return sigtrawl.compile(sigtrawl.rules_from_yaml(RULE))


def test_what_is_planted_is_what_the_query_finds(archive: Planted) -> None:
    assert list(archive.matches[NETCAT]) == answer(archive)


def test_every_way_to_match_is_planted(archive: Planted) -> None:
    events = pl.read_parquet(archive.path).gather(list(archive.matches[NETCAT]))
    image, line = (
        events[name if archive.names == "sysmon" else ASIM[name]].str.to_lowercase() for name in ("Image", "CommandLine")
    )
    assert all(image.str.ends_with(text).any() for text in FILES)
    assert all(line.str.contains(text, literal=True).any() for text in TEXTS)


def test_the_scan_finds_what_the_query_finds(archive: Planted, ruleset: sigtrawl.RuleSet) -> None:
    matches = sigtrawl.scan(archive.path, ruleset).to_polars()
    assert matches["row"].to_list() == answer(archive)
    assert set(matches["rule_id"]) == {NETCAT}


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_find_what_the_query_finds(small: Planted, ruleset: sigtrawl.RuleSet, engine: Engine) -> None:
    matches = sigtrawl.scan(small.path, ruleset, engine=engine).to_polars()
    assert matches["row"].to_list() == answer(small)


def test_both_names_give_the_same_matches(tmp_path: Path, ruleset: sigtrawl.RuleSet) -> None:
    found = []
    for names in ("sysmon", "asim"):
        planted = generate(tmp_path / f"{names}.parquet", SMALL, names=names)
        found.append(sigtrawl.scan(planted.path, ruleset).to_polars().select("rule_id", "rule_title", "row_group", "row", "time"))
    assert found[0].equals(found[1])


def test_the_match_says_who_wrote_the_rule(archive: Planted, ruleset: sigtrawl.RuleSet) -> None:
    match = next(iter(sigtrawl.scan(archive.path, ruleset)))
    assert match["rule_title"] == "PUA - Netcat Suspicious Execution"
    assert match["level"] == "high"
    assert match["author"] == "frack113, Florian Roth (Nextron Systems)"
    assert match["tags"] == ["attack.command-and-control", "attack.t1095"]


def test_rule_and_query_of_the_demonstration_ask_the_same(ruleset: sigtrawl.RuleSet) -> None:
    assert [(column, operator, text) for column, operator, text in asked() if operator == "endswith"] == [
        ("Image", "endswith", text) for text in FILES
    ]
    assert [text for _, operator, text in asked() if operator == "contains"] == list(TEXTS)
    predicates = {(predicate.field, predicate.op, predicate.value) for predicate in ruleset.plan().predicates}
    assert predicates == set(asked())
    assert QUERY.count("\n    or ") == len(asked()) - 1


def test_the_rule_asks_what_the_published_one_asks(shared: Path, ruleset: sigtrawl.RuleSet) -> None:
    """Ours is a rendering of its own; where the published file is at hand, both lower to the same."""
    published = sigtrawl.load_rules([shared / "sigma/rules/windows/process_creation/proc_creation_win_pua_netcat.yml"])
    ours, theirs = ruleset.plan(), sigtrawl.compile(published).plan()
    assert {(p.field, p.op, p.value) for p in ours.predicates} == {(p.field, p.op, p.value) for p in theirs.predicates}
    for name in ("id", "title", "status", "level", "author", "tags", "logsource"):
        assert getattr(ours.rules[0], name) == getattr(theirs.rules[0], name), name
