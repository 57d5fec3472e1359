"""Results over events: what is put out, in which columns, on which engine, from memory and from files."""

import dataclasses
import json
import pickle
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import polars as pl
import pytest
from tests.correlation.conftest import MANY, RULES, THEN, together
from tests.correlation.conftest import results as found
from tests.engines import ENGINES

import sigtrawl as st
from sigtrawl.correlation import spool, stream
from sigtrawl.errors import SchemaError
from sigtrawl.matches import COLUMNS

ID = "4b1f9f0a-0000-4000-8000-0000000000"
Events = Callable[..., pl.DataFrame]


def compiled(*texts: str, **options: Any) -> st.RuleSet:
    return st.compile(st.rules_from_yaml(together(RULES, *texts), **options))


def correlation(kind: str, rules: str, **more: Any) -> str:
    members = {
        "type": kind,
        "rules": rules.split(),
        "timespan": "10s",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    own = uuid5(NAMESPACE_OID, json.dumps(members))  # without an id a rule is shown by its path
    return f"title: {kind}\nid: {own}\ncorrelation: {json.dumps(members)}\n"


def test_a_correlation_and_what_is_put_out(attack: pl.DataFrame) -> None:
    matches = compiled(MANY).match(attack)
    frame = matches.to_polars()
    assert frame.columns == [*COLUMNS, "correlated"]
    # Failed logons are only there for the correlation; the other two rules are not.
    assert frame["rule_title"].to_list() == ["Logon", "Logon", "Cleared", "Many failed logons"]
    last = frame.row(-1, named=True)
    assert (last["rule_id"], last["level"], last["author"], last["tags"]) == (f"{ID}11", "high", "Bob", ["attack.t1110"])
    assert (last["row"], last["event"]["TargetUserName"], last["time"].second) == (5, "eve", 5)
    assert [(one["rule_id"], one["file"], one["row"], one["time"].second) for one in last["correlated"]] == [
        (f"{ID}01", None, row, second) for row, second in ((0, 0), (2, 2), (3, 3), (5, 5))
    ]
    assert frame["correlated"].null_count() == 3
    report = matches.report
    assert (report.matches, report.complete) == (4, True)
    assert [rule.matches for rule in report.rules] == [6, 2, 1]
    (one,) = report.correlations
    assert (one.id, one.title, one.state, one.results, one.events) == (f"{ID}11", "Many failed logons", "runs", 1, 6)


@pytest.mark.parametrize("engine", ENGINES)
def test_rules_without_an_id_are_told_as_in_their_matches(attack: pl.DataFrame, engine: Any) -> None:
    nameless = re.sub(r"(?m)^id: .*\n", "", together(RULES, THEN, MANY))
    plan = st.rules_from_yaml(nameless, name="all.yml").plan()
    (made,) = st.compile(plan).match(attack, engine=engine).to_polars()["correlated"].drop_nulls().to_list()
    assert {(one["rule_id"], one["rule_title"]) for one in made} == {(None, "all.yml")}
    # As an id-less rule of a file is called by the file, one of nowhere is called by its title.
    rules = tuple(dataclasses.replace(rule, path=None) for rule in plan.rules)
    correlations = tuple(dataclasses.replace(one, path=None) for one in plan.correlations)
    plan = dataclasses.replace(plan, rules=rules, correlations=correlations)
    matches = st.compile(plan).match(attack, engine=engine).to_polars()
    (made,) = matches["correlated"].drop_nulls().to_list()
    assert [(one["rule_id"], one["rule_title"]) for one in made] == [(None, "Many failed logons"), (None, "Logon")]


def test_without_correlations_nothing_changes(attack: pl.DataFrame) -> None:
    matches = compiled().match(attack)
    assert matches.to_polars().columns == list(COLUMNS)
    assert matches.report.correlations == ()


def test_generate_puts_out_the_matches_of_the_rules_too(attack: pl.DataFrame) -> None:
    for text in (MANY + "generate: true\n", MANY + "  generate: true\n"):
        titles = compiled(text).match(attack).to_polars()["rule_title"].to_list()
        assert titles.count("Failed logon") == 6


def test_chained(attack: pl.DataFrame) -> None:
    for texts in ((MANY, THEN), (THEN, MANY)):
        matches = compiled(*texts).match(attack)
        # The inner result is an event of the outer correlation, at the time of its last event, and is not put out.
        assert found(matches) == [("Failed logons, then one that works", 6, [5, 6])]
        assert {one.title: (one.results, one.silent) for one in matches.report.correlations} == {
            "Many failed logons": (1, True),
            "Failed logons, then one that works": (1, False),
        }
    outer = compiled(THEN, MANY).match(attack).to_polars().row(-1, named=True)["correlated"]
    assert [one["rule_id"] for one in outer] == [f"{ID}11", f"{ID}02"]


def test_the_engines_agree_from_memory_and_from_files(attack: pl.DataFrame, tmp_path: Path) -> None:
    ruleset = compiled(MANY, THEN, correlation("value_count", "failed logon", condition={"field": "TargetUserName", "gte": 2}))
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    attack[:5].write_parquet(first, row_group_size=2)
    attack[5:].write_parquet(second)
    core = st.scan(tmp_path, ruleset).to_polars()
    slow = st.scan(tmp_path, ruleset, engine="reference").to_polars()
    assert core.equals(slow)
    made = core.filter(pl.col("rule_title").str.starts_with("Failed logons")).row(0, named=True)["correlated"]
    assert [(Path(one["file"]).name, one["row_group"], one["row"]) for one in made] == [("b.parquet", 0, 0), ("b.parquet", 0, 1)]
    memory = ruleset.match(attack).to_polars()
    assert memory.drop("file", "row_group", "row", "correlated").equals(core.drop("file", "row_group", "row", "correlated"))
    assert ruleset.match(attack, engine="reference").to_polars().equals(memory)


def test_a_null_key_is_a_group_and_the_text_form_decides(events: Events) -> None:
    text = correlation("event_count", "failed", group_by=["TargetUserName"], condition={"gte": 2})
    rows = [(0, 4625, None), (1, 4625, "a"), (2, 4625, None), (3, 4625, "A")]
    assert found(compiled(text).match(events(rows))) == [("event_count", 2, [0, 2])]
    numbers = correlation("event_count", "failed", group_by=["Port"], condition={"gte": 2})
    frame = events([(0, 4625, "a"), (1, 4625, "b")], Port=[5, 5])
    assert len(found(compiled(numbers).match(frame))) == 1


def test_groups_by_several_fields_and_by_none(events: Events) -> None:
    frame = events([(0, 4625, "a"), (1, 4625, "a"), (2, 4625, "b")], Host=["x", "y", "x"])
    two = correlation("event_count", "failed", group_by=["TargetUserName", "Host"], condition={"gte": 2})
    assert found(compiled(two).match(frame)) == []
    none = correlation("event_count", "failed", condition={"gte": 3})
    assert found(compiled(none).match(frame)) == [("event_count", 2, [0, 1, 2])]


def test_aliases_join_different_fields(events: Events) -> None:
    aliases = {"who": {"failed": "TargetUserName", "logon": "SubjectUserName"}}
    text = correlation("temporal", "failed logon", group_by=["who"], aliases=aliases)
    rows = [(0, 4625, "eve"), (1, 4624, "x"), (2, 4624, "eve")]
    frame = events(rows, SubjectUserName=["y", "eve", "z"])
    assert found(compiled(text).match(frame)) == [("temporal", 1, [0, 1])]


def test_fields_are_read_as_the_schema_says() -> None:
    """Process events of Sysmon and of the Security log spell the program's name differently, and are one group."""
    source = "logsource: {product: windows, category: process_creation}\n"
    rule = f"title: R\nname: any\n{source}detection: {{s: {{Image|contains: x}}, condition: s}}\n"
    text = correlation("event_count", "any", group_by=["Image"], condition={"gte": 2})
    frame = pl.DataFrame(
        {
            "Channel": ["Microsoft-Windows-Sysmon/Operational", "Security"],
            "EventID": [1, 4688],
            "UtcTime": ["2024-05-01 10:00:00", "2024-05-01 10:00:01"],
            "Image": ["x.exe", None],
            "NewProcessName": [None, "x.exe"],
        }
    )
    ruleset = st.compile(st.rules_from_yaml(together(rule, text)))
    for columns in ("all", "used", ["EventID"], []):
        matches = ruleset.match(frame, columns=columns)
        assert found(matches) == [("event_count", 1, [0, 1])]
        kept = {"all": 5, "used": 4}.get(str(columns), len(columns))
        assert len(getattr(matches.to_polars().schema["event"], "fields", ())) == kept


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("columns", ["all", "used", ["EventID"], ["_source", "Channel"], []])
def test_columns_that_only_correlations_need_are_not_shown(
    attack: pl.DataFrame, tmp_path: Path, columns: Any, engine: Any
) -> None:
    path = tmp_path / "a.parquet"
    attack.with_columns(pl.lit("s").alias("_source")).write_parquet(path)
    text = correlation("event_count", "failed", group_by=["_source", "TargetUserName"], condition={"gte": 4})
    with_it = st.scan(path, compiled(text), columns=columns, engine=engine).to_polars()
    without = st.scan(path, compiled(), columns=columns, engine=engine).to_polars()
    assert with_it.schema["event"] == without.schema["event"]
    from_memory = compiled(text).match(pl.read_parquet(path), columns=columns, engine=engine).to_polars()
    assert from_memory.schema["event"] == without.schema["event"]


def test_partition_keys_can_be_grouped_by(attack: pl.DataFrame, tmp_path: Path) -> None:
    for host in ("a", "b"):
        (tmp_path / f"host={host}").mkdir()
        attack[:4].write_parquet(tmp_path / f"host={host}" / "x.parquet")
    text = correlation("event_count", "failed", group_by=["host"], condition={"eq": 4})
    matches = st.scan(tmp_path, compiled(text))
    assert [rows for _, _, rows in found(matches)] == [[0, 1, 2, 3], [0, 1, 2, 3]]
    event = matches.to_polars().schema["event"]
    assert "host" not in [field.name for field in getattr(event, "fields", ())]


def test_numbers(events: Events) -> None:
    rows = [(0, 4625, "a"), (1, 4625, "a"), (2, 4625, "a")]
    frame = events(rows, Size=["9007199254740993", "1", "n/a"])
    text = correlation("value_sum", "failed", condition={"field": "Size", "eq": 9007199254740994})
    matches = compiled(text).match(frame)
    assert found(matches) == [("value_sum", 2, [0, 1, 2])]
    assert matches.report.correlations[0].not_numbers == 1


def test_an_event_without_a_time_is_left_out_and_counted(events: Events) -> None:
    text = correlation("event_count", "failed", condition={"gte": 2})
    matches = compiled(text).match(events([(0, 4625, "a"), (None, 4625, "a"), (1, 4625, "a")]))
    assert found(matches) == [("event_count", 2, [0, 2])]
    (one,) = matches.report.correlations
    assert (one.events, one.without_time) == (2, 1)


def test_a_table_without_a_time_column_is_an_error(attack: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "timeless.parquet"
    attack.drop("TimeCreated_SystemTime").write_parquet(path)
    attack.write_parquet(tmp_path / "timed.parquet")
    for run in (st.scan, st.check):
        with pytest.raises(SchemaError, match=r"correlation 'Many failed logons' .* no column tells it in .*timeless\.parquet;"):
            run(tmp_path, compiled(MANY))
    with pytest.raises(SchemaError, match="in the data"):
        compiled(MANY).match(pl.read_parquet(path))
    # Where none of its rules can run, nobody misses the time.
    assert compiled(MANY).match(pl.DataFrame({"Image": ["x"]}), logsource="product=linux").to_polars().height == 0


def test_states(attack: pl.DataFrame) -> None:
    linux = RULES.replace("windows", "linux").replace("name: failed", "name: other").replace("name: logon", "name: fine")
    linux = linux.replace(ID, "4b1f9f0a-0000-4000-9000-0000000000")
    texts = [
        correlation("event_count", "failed other", condition={"gte": 1}),
        correlation("event_count", "other", condition={"gte": 1}).replace("title: event_count", "title: elsewhere"),
        correlation("temporal", "failed other"),
        correlation("temporal_ordered", "failed logon other", condition={"gte": 2}),
    ]
    ruleset = st.compile(st.rules_from_yaml(together(RULES, linux, *texts)))
    report = st.check(attack.head(0), ruleset)
    assert {one.title: one.state for one in report.correlations} == {
        "event_count": "partial",
        "elsewhere": "no-log-source",
        "temporal": "inert",
        "temporal_ordered": "partial",
    }


def test_a_compiled_file_and_a_pickle_carry_correlations(attack: pl.DataFrame, tmp_path: Path) -> None:
    ruleset = compiled(MANY, THEN)
    ruleset.save(tmp_path / "rules.st")
    expected = ruleset.match(attack).to_polars()
    assert st.RuleSet.load(tmp_path / "rules.st").match(attack).to_polars().equals(expected)
    assert pickle.loads(pickle.dumps(ruleset)).match(attack).to_polars().equals(expected)  # noqa: S301 - our own
    again = st.Plan.from_json(ruleset.native.plan())
    assert again == ruleset.plan()
    assert again.to_json() == ruleset.native.plan()


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_every_form_of_output(attack: pl.DataFrame, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"m.{suffix}"
    assert compiled(MANY).match(attack).write(path) == 4
    if suffix == "parquet":
        assert pl.read_parquet(path)["correlated"].list.len().to_list() == [None, None, None, 4]
    elif suffix == "jsonl":
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert ["correlated" in line for line in lines] == [False, False, False, True]
        assert lines[-1]["correlated"][0] == {
            "rule_id": f"{ID}01",
            "rule_title": "Failed logon",
            "row": 0,
            "time": "2024-05-01T10:00:00Z",
        }
    else:
        frame = pl.read_csv(path)
        assert frame.columns == [*COLUMNS, "correlated"]
        assert len(json.loads(frame["correlated"][-1])) == 4


def test_no_match_still_has_the_columns(attack: pl.DataFrame) -> None:
    nothing = compiled(MANY).match(attack.head(0))
    assert b"".join(nothing.encoded("csv")).decode().strip().split(",") == [*COLUMNS, "correlated"]
    assert pl.DataFrame(compiled(MANY).match(attack)).height == 4  # through the Arrow stream


def test_the_folder_goes_with_the_stream(attack: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(spool.Store.__init__, "__defaults__", (1,))
    monkeypatch.setattr(spool.Events.__init__, "__defaults__", (2,))
    matches = compiled(MANY).match(attack)
    batches = matches.batches()
    next(batches)
    assert len(list(tmp_path.iterdir())) == 1
    matches.close()
    assert list(tmp_path.iterdir()) == []
    assert len(compiled(MANY).match(attack)) == 4
    assert list(tmp_path.iterdir()) == []

    def fails(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(stream, "evaluate", fails)
    with pytest.raises(RuntimeError, match="no"):
        compiled(MANY).match(attack).collect()
    assert list(tmp_path.iterdir()) == []


def test_many_matches_go_out_of_memory_with_the_same_results(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(second / 10, 4625 if second % 3 else 4624, f"user{second * 7 % 40}") for second in range(2_000)]
    texts = [
        correlation("event_count", "failed", group_by=["TargetUserName"], condition={"gte": 3}, timespan="20s"),
        correlation("temporal", "failed logon", group_by=["TargetUserName"], timespan="5s"),
    ]
    ruleset = compiled(*texts)
    frame = events(rows)
    within = sorted(found(ruleset.match(frame)))
    assert len(within) > 100
    monkeypatch.setattr(spool.Store.__init__, "__defaults__", (64,))
    monkeypatch.setattr(spool.Events.__init__, "__defaults__", (100,))
    monkeypatch.setattr(stream, "RESULT_ROWS", 10)
    assert sorted(found(ruleset.match(frame))) == within


def test_a_field_of_several_values_is_one_group_by_all_of_them(events: Events) -> None:
    frame = events([(0, 4625, "a"), (1, 4625, "a"), (2, 4625, "a")], Groups=[["x", "y"], ["y"], ["x", "y"]])
    text = correlation("event_count", "failed", group_by=["Groups"], condition={"gte": 2})
    assert found(compiled(text).match(frame)) == [("event_count", 2, [0, 2])]


def test_a_field_is_found_as_a_rule_finds_it(events: Events) -> None:
    frame = events([(0, 4625, "a"), (1, 4625, "a"), (2, 4625, "a")]).with_columns(pl.Series("Provider@Name", ["x", "y", "x"]))
    text = correlation("event_count", "failed", group_by=["Provider_Name"], condition={"gte": 2})
    for columns in ("all", ["EventID"]):
        assert found(compiled(text).match(frame, columns=columns)) == [("event_count", 2, [0, 2])]


def test_settings_of_single_inputs_count(attack: pl.DataFrame, tmp_path: Path) -> None:
    attack.select("EventID", "TargetUserName", pl.col("TimeCreated_SystemTime")).write_parquet(tmp_path / "plain.parquet")
    (tmp_path / "sigtrawl.toml").write_text(
        '[[inputs]]\nglob = "plain.parquet"\nlogsource = {product = "windows", service = "security"}\n'
    )
    for engine in ("core", "reference"):
        matches = st.scan(tmp_path / "plain.parquet", compiled(MANY), config=tmp_path / "sigtrawl.toml", engine=engine)
        assert found(matches) == [("Many failed logons", 5, [0, 2, 3, 5])]


def test_the_value_of_an_event_is_taken_whichever_rule_has_it(events: Events) -> None:
    rows = events([(0, 4625, "eve")], v1=[None], v2=[7])
    again = "title: Again\nname: again\nlogsource: {product: windows}\ndetection: {s: {EventID: 4625}, condition: s}\n"
    for rules in ("failed again", "again failed"):
        condition = {"gte": 5, "field": "v"}
        text = correlation("value_sum", rules, condition=condition, aliases={"v": {"failed": "v1", "again": "v2"}})
        assert len(compiled(again, text).match(rows)) == 1


def test_an_alias_of_an_inner_correlation_is_one_of_its_results(events: Events, tmp_path: Path) -> None:
    seconds = [(0, 4625, None), (1, 4624, None), (2, 4625, None), (3, 4624, None), (4, 4624, None), (5, 4625, None)]
    rows = events(seconds, su=["bob", None, "eve", None, None, "bob"], tu=[None, "bob", None, "eve", "bob", None])
    aliases = {"user": {"failed": "su", "logon": "tu"}}
    inner = correlation("temporal", "failed logon", group_by=["user"], aliases=aliases) + "name: inner\n"
    for kind, more, made in (
        ("event_count", {"condition": {"gte": 2}, "group_by": ["user"], "timespan": "1m"}, []),  # each user has one result
        ("value_count", {"condition": {"gte": 2, "field": "user"}, "timespan": "1m"}, [[3, 5]]),
    ):
        ruleset = compiled(inner, correlation(kind, "inner", **more))
        ruleset.save(tmp_path / "rules.st")
        for one in (ruleset, st.RuleSet.load(tmp_path / "rules.st")):
            frame = one.match(rows).to_polars().filter(pl.col("rule_title") == kind)
            assert [[event["row"] for event in several] for several in frame["correlated"].to_list()] == made


@pytest.mark.parametrize(
    ("group_by", "field", "state", "missing", "near"),
    [
        ("TargetUserName", "TargetUserName", "runs", (), {}),
        ("targetusername", "TargetUserName", "partial", ("targetusername",), {"targetusername": "TargetUserName"}),
        ("Elsewhere", "TargetUserName", "partial", ("Elsewhere",), {}),
        ("TargetUserName", "Elsewhere", "inert", ("Elsewhere",), {}),
    ],
)
def test_fields_that_no_column_answers_are_told(
    attack: pl.DataFrame, tmp_path: Path, group_by: str, field: str, state: str, missing: tuple[str, ...], near: dict[str, str]
) -> None:
    ruleset = compiled(correlation("value_count", "failed", group_by=[group_by], condition={"gte": 1, "field": field}))
    path = tmp_path / "events.parquet"
    attack.write_parquet(path)
    reports = [
        st.check(path, ruleset),
        st.check(attack, ruleset),
        st.scan(path, ruleset).report,
        st.scan(path, ruleset, engine="reference").report,
        *(ruleset.match(attack, columns=columns).report for columns in ("all", "used", ["EventID"])),
    ]
    for report in reports:
        (one,) = report.correlations
        assert (one.state, one.missing) == (state, missing)
    # Where only some columns are asked for, the one that was meant may not be among them.
    assert [report.correlations[0].near for report in reports[:4]] == [near] * 4
