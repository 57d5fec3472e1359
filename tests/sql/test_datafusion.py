"""Inside DataFusion: a frame of matches, and a scalar function, find what the plain scan finds, and say what is in the way."""

# ruff: noqa: S608 - the calls that are written into these queries are what is tested

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.sql.conftest import CORRELATION, FROM_D, NETCAT, NO_USER, ODD, RULES

import sigtrawl as st
from sigtrawl.errors import InputError, NothingToRun, SchemaError, UsageError
from sigtrawl.matches import COLUMNS

pa = pytest.importorskip("pyarrow")
datafusion = pytest.importorskip("datafusion")

fusion = importlib.import_module("sigtrawl.datafusion")
col, lit = datafusion.col, datafusion.lit


@pytest.fixture
def ctx(events: Any) -> Any:
    context = datafusion.SessionContext()
    context.from_arrow(events, "events")
    return context


def _pairs(frame: Any, key: str = "id") -> set[tuple[Any, ...]]:
    found = [tuple(row.values()) for row in frame.select(col("rule_id"), col(f'"{key}"')).to_pylist()]
    assert len(set(found)) == len(found)
    return set(found)


def _tables(context: Any) -> set[str]:
    return set(context.catalog().schema().names())


# ---- a frame of matches --------------------------------------------------------------------------------------------------


def test_the_public_rules_find_what_the_scan_finds(corpus: st.RuleSet, planted: Path, expected: set[tuple[str, str]]) -> None:
    frame = datafusion.SessionContext().read_parquet(str(planted))
    for columns in ("all", "used"):
        assert _pairs(fusion.match(frame, corpus, key=["ProcessGuid"], columns=columns), "ProcessGuid") == expected


def test_matches_have_the_columns_and_rows_of_any_match(ctx: Any, ruleset: st.RuleSet, events: Any) -> None:
    found = fusion.match(ctx.table("events"), ruleset).to_arrow_table()
    assert found.column_names == list(COLUMNS)
    assert found.to_pylist() == ruleset.match(events).to_arrow().to_pylist()


def test_a_key_stands_in_the_place_of_the_row(ctx: Any, ruleset: st.RuleSet, pairs: set[tuple[str, int]]) -> None:
    found = fusion.match(ctx.table("events"), ruleset, key=["id", "Computer"])
    assert found.schema().names == ["rule_id", "rule_title", "level", "author", "tags", "id", "Computer", "time", "event"]
    assert _pairs(found) == pairs
    assert {(row["id"] % 2, row["Computer"]) for row in found.to_pylist()} == {(0, "host-0"), (1, "host-1")}


def test_the_matches_can_be_asked_again_and_joined_with_the_events(ctx: Any, ruleset: st.RuleSet) -> None:
    events = ctx.table("events")
    found = fusion.match(events, ruleset, key=["id"])
    assert found.count() == found.count() == 6
    assert sorted(found.filter(col("level") == lit("high")).to_pydict()["id"]) == [100, 103]
    assert found.filter(col("event")["Image"] == lit(r"d:\x.exe")).to_pydict()["rule_id"] == [FROM_D]
    # The frames are of two contexts.
    joined = events.join(found.select(col("id"), col("level")), on="id")
    assert sorted(joined.filter(col("level") == lit("high")).to_pydict()["Computer"]) == ["host-0", "host-1"]


def test_a_table_of_the_matches_for_sql(ctx: Any, ruleset: st.RuleSet) -> None:
    found = fusion.match(ctx.table("events"), ruleset, key=["id"], context=ctx, name="matches")
    assert found.count() == 6
    assert _tables(ctx) == {"events", "matches"}
    query = """
        WITH high AS (SELECT id FROM matches WHERE level = 'high')
        SELECT e."Computer" AS computer, count(*) AS matches FROM events AS e JOIN high USING (id) GROUP BY 1 ORDER BY 1
    """
    assert ctx.sql(query).to_pydict() == {"computer": ["host-0", "host-1"], "matches": [1, 1]}
    # A table of this name is there now; nothing is read in vain.
    with pytest.raises(UsageError, match="there is a table matches in the context"):
        fusion.match(ctx.table("events"), ruleset, context=ctx, name="matches")
    with pytest.raises(UsageError, match="the name others needs a context"):
        fusion.match(ctx.table("events"), ruleset, name="others")


def test_without_a_name_no_table_stays_behind(ctx: Any, ruleset: st.RuleSet) -> None:
    found = fusion.match(ctx.table("events"), ruleset, context=ctx)
    assert _tables(ctx) == {"events"}
    assert found.count() == 6


def test_a_query_may_have_joins_and_parts(ctx: Any, ruleset: st.RuleSet, pairs: set[tuple[str, int]]) -> None:
    frame = ctx.sql("""
        WITH part AS (SELECT * EXCEPT ("User") FROM events WHERE id > 100), users AS (SELECT id AS one, "User" FROM events)
        SELECT part.*, users."User" FROM part JOIN users ON part.id = users.one ORDER BY id DESC
    """)
    found = fusion.match(frame, ruleset, key=["id"])
    assert _pairs(found) == {pair for pair in pairs if pair[1] > 100}
    assert found.to_pydict()["id"] == sorted((row for _, row in pairs if row > 100), reverse=True)


def test_only_what_is_needed_is_read(events: Any, ruleset: st.RuleSet, pairs: set[tuple[str, int]]) -> None:
    def fail(_: Any) -> Any:
        message = "asked for"
        raise ValueError(message)

    never = datafusion.udf(fail, [pa.string()], pa.string(), "volatile", "never")
    frame = datafusion.SessionContext().from_arrow(events).with_column("Computer", never(col('"Computer"')))
    for columns in ("used", [], ["Image"]):
        found = fusion.match(frame, ruleset, columns=columns, key=["id"])
        assert _pairs(found) == pairs
        members = [field.name for field in found.schema().field("event").type]
        assert members == {"used": ["Channel", "EventID", "Image", "CommandLine", "User"]}.get(str(columns), list(columns))
        # The time is read, though no rule asks for it.
        assert {time.microsecond for time in found.to_pydict()["time"]} == {250_000}
    with pytest.raises(InputError, match="asked for"):
        fusion.match(frame, ruleset)


def test_correlations_see_all_events(events: Any) -> None:
    rules = st.compile(st.rules_from_yaml(CORRELATION))
    context = datafusion.SessionContext()
    later = events.set_column(0, "id", pa.array([200 + row for row in range(events.num_rows)], pa.int64()))
    context.from_arrow(pa.concat_tables([events, later]), "events")
    for columns in ("all", "used"):
        found = fusion.match(context.sql("SELECT * FROM events ORDER BY id"), rules, columns=columns, key=["id"])
        assert _pairs(found.filter(col("correlated").is_not_null())) == {(FROM_D, 200)}


def test_names_that_need_quotes_and_columns_that_hold_others(strange: st.RuleSet, odd_events: Any) -> None:
    frame = datafusion.SessionContext().from_arrow(odd_events)
    for columns in ("all", "used"):
        found = fusion.match(frame, strange, schema="none", columns=columns, key=["n", 'a "b" c'])
        assert _pairs(found, "n") == {(ODD, 0), (ODD, 1), (ODD, 2)}
        assert {(event["outer"] or {}).get("inner") for event in found.to_pydict()["event"]} == {"y", "deeper", None}


def test_a_failure_in_the_midst_is_no_shorter_result(ruleset: st.RuleSet, events: Any) -> None:
    seen = []

    def tear(images: Any) -> Any:
        seen.append(len(images))
        if sum(seen) > 100_000:
            message = "torn"
            raise ValueError(message)
        return images

    torn = datafusion.udf(tear, [pa.string()], pa.string(), "volatile", "torn")
    frame = datafusion.SessionContext().from_arrow(pa.concat_tables([events] * 50_000).combine_chunks())
    with pytest.raises(InputError, match="torn"):
        fusion.match(frame.with_column("Image", torn(col('"Image"'))), ruleset)


# ---- a scalar function ---------------------------------------------------------------------------------------------------


def test_the_function_keeps_the_rows_that_the_scan_finds(
    corpus: st.RuleSet, planted: Path, expected: set[tuple[str, str]]
) -> None:
    frame = datafusion.SessionContext().read_parquet(str(planted))
    guid = col('"ProcessGuid"').alias("guid")
    some = frame.filter(fusion.udf(corpus, frame)()).select(guid)
    assert set(some.to_pydict()["guid"]) == {guid for _, guid in expected}
    which = frame.select(guid, fusion.udf(corpus, frame, answer="rules")()).to_pylist()
    assert {(rule, row["guid"]) for row in which for rule in row["rules"]} == expected


def test_the_function_is_an_expression_over_the_columns_that_are_read(ctx: Any, ruleset: st.RuleSet) -> None:
    frame = ctx.table("events")
    function = fusion.udf(ruleset, frame)
    assert function.columns == ("Channel", "EventID", "Image", "CommandLine", "User")
    assert repr(function) == '<Function: sigtrawl("Channel", "EventID", "Image", "CommandLine", "User")>'
    assert frame.filter(function()).to_pydict()["id"] == [100, 102, 103, 104, 105]
    assert frame.select(function()).to_arrow_table().schema.field("any").type == pa.bool_()
    assert frame.with_column("bad", function()).filter(col("bad")).count() == 5
    # An Arrow schema says as much as a frame.
    assert fusion.udf(ruleset, frame.schema()).columns == function.columns


def test_the_function_in_sql(ctx: Any, ruleset: st.RuleSet) -> None:
    call = fusion.udf(ruleset, ctx.table("events")).register(ctx)
    assert call == 'sigtrawl("Channel", "EventID", "Image", "CommandLine", "User")'
    query = f"""
        WITH bad AS (SELECT *, {call} AS bad FROM events)
        SELECT a."Computer" AS computer, count(DISTINCT b.id) AS ids
        FROM bad AS a JOIN bad AS b ON a."Computer" = b."Computer" AND b.bad GROUP BY 1 ORDER BY 1
    """
    assert ctx.sql(query).to_pydict() == {"computer": ["host-0", "host-1"], "ids": [3, 2]}
    # A stream that comes through the function can itself be matched: the interpreter is not held while it is waited for.
    assert fusion.match(ctx.sql(f"SELECT * FROM events WHERE {call}"), ruleset).count() == 6
    # Registering again puts another one in its place.
    call = fusion.udf(ruleset, ctx.table("events"), min_level="high").register(ctx)
    assert call == 'sigtrawl("Channel", "EventID", "Image")'
    assert ctx.sql(f"SELECT id FROM events WHERE {call}").to_pydict()["id"] == [100, 103]


def test_the_columns_may_have_other_names(ctx: Any, ruleset: st.RuleSet) -> None:
    frame = ctx.table("events")
    function = fusion.udf(ruleset, frame)
    renamed = frame.with_column_renamed('"Image"', "program")
    given = [col("program") if name == "Image" else col(f'"{name}"') for name in function.columns]
    assert renamed.filter(function(*given)).to_pydict()["id"] == [100, 102, 103, 104, 105]
    with pytest.raises(UsageError, match=r"sigtrawl takes 5 columns \(Channel, EventID, Image, CommandLine, User\), not 1"):
        function(col("id"))


def test_null_is_answered_and_not_passed_over(ctx: Any, ruleset: st.RuleSet) -> None:
    frame = ctx.table("events")
    function = fusion.udf(ruleset, frame)
    # The third event has neither image nor command line nor user, the second has no user.
    assert frame.select(function()).to_pydict() == {"any": [True, False, True, True, True, True]}
    assert frame.filter(~function()).to_pydict()["id"] == [101]
    nothing = [
        lit(None).cast(pa.string()) if name in {"Image", "CommandLine", "User"} else col(f'"{name}"') for name in function.columns
    ]
    assert frame.select(function(*nothing)).to_pydict() == {"any": [True] * 6}


def test_which_rules_and_how_many(ctx: Any, ruleset: st.RuleSet, pairs: set[tuple[str, int]]) -> None:
    frame = ctx.table("events")
    which, count = (fusion.udf(ruleset, frame, answer=answer) for answer in ("rules", "count"))
    found = frame.select(col("id"), which(), count()).to_arrow_table()
    assert found.schema.types == [pa.int64(), pa.list_(pa.string()), pa.uint32()]
    assert {(rule, row["id"]) for row in found.to_pylist() for rule in row["rules"]} == pairs
    assert found.column("count").to_pylist() == [1, 0, 1, 2, 1, 1]


def test_rules_below_a_level_are_left_out(ctx: Any, ruleset: st.RuleSet) -> None:
    frame = ctx.table("events")
    rows = frame.select(fusion.udf(ruleset, frame, answer="rules", min_level="medium")()).to_pydict()["rules"]
    assert {rule for rules in rows for rule in rules} == {NETCAT, NO_USER}


def test_the_columns_can_be_named(ctx: Any, ruleset: st.RuleSet) -> None:
    frame = ctx.table("events")
    function = fusion.udf(ruleset, frame, columns=["Image", "EventID", "Channel"])
    assert function.sql == 'sigtrawl("Image", "EventID", "Channel")'
    # Without the column User there is no user, and the filter of that rule never holds.
    assert frame.filter(function()).count() == 6
    with pytest.raises(UsageError, match=r"there is no column 'Nope'; the table has id, Channel, "):
        fusion.udf(ruleset, frame, columns=["Nope"])


def test_the_function_with_odd_names_and_nested_columns(strange: st.RuleSet, odd_events: Any) -> None:
    context = datafusion.SessionContext()
    frame = context.from_arrow(odd_events, "odd")
    function = fusion.udf(strange, frame, schema="none", name='The "odd" one')
    assert frame.filter(function()).to_pydict()["n"] == [0, 1, 2]
    call = function.register(context)
    assert call == '"The ""odd"" one"("a ""b"" c", "outer", "list")'
    assert context.sql(f"SELECT n FROM odd WHERE {call} ORDER BY n").to_pydict() == {"n": [0, 1, 2]}
    nulls = frame.select(function(*(lit(None).cast(odd_events.schema.field(name).type) for name in function.columns)))
    assert nulls.to_pydict() == {"any": [False] * 3}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_text_may_come_in_any_form(ruleset: st.RuleSet, events: Any, kind: Any, pairs: set[tuple[str, int]]) -> None:
    frame = datafusion.SessionContext().from_arrow(events.set_column(5, "Image", events.column("Image").cast(kind)))
    assert _pairs(fusion.match(frame, ruleset, key=["id"], columns="used")) == pairs
    # The function of a table with plain text does for it too, and its own for plain text.
    for table in (frame, events.schema):
        function = fusion.udf(ruleset, table)
        assert frame.filter(function()).to_pydict()["id"] == [100, 102, 103, 104, 105]


# ---- what is in the way --------------------------------------------------------------------------------------------------


def test_a_table_that_nothing_recognises_is_told(ruleset: st.RuleSet) -> None:
    frame = datafusion.SessionContext().from_pydict({"foo": [1], "bar": ["x"]})
    for call in (fusion.match, lambda frame, rules: fusion.udf(rules, frame)):
        with pytest.raises(SchemaError, match="no schema mapping recognises this table"):
            call(frame, ruleset)


def test_where_no_rule_can_run_it_is_told(ctx: Any) -> None:
    frame = datafusion.SessionContext().from_pydict({"foo": [1]})
    rules = st.compile(st.rules_from_yaml(RULES.split("---")[0]))
    for columns in ("all", "used"):
        with pytest.raises(NothingToRun, match=r"no rule can run on the columns of this table: 1 rule .*\(missing: Image\)"):
            fusion.match(frame, rules, schema="none", columns=columns)
    with pytest.raises(NothingToRun, match=r"no rule can run on the columns of this table: 1 rule .*\(missing: Image\)"):
        fusion.udf(rules, frame, schema="none")
    with pytest.raises(NothingToRun, match="no rule can run on id, Computer"):
        fusion.udf(rules, ctx.table("events"), columns=["id", "Computer"])


def test_a_frame_that_cannot_be_planned_is_told(ctx: Any, ruleset: st.RuleSet) -> None:
    function = fusion.udf(ruleset, ctx.table("events"))
    others = [datafusion.functions.struct(col("id")), *(col(f'"{name}"') for name in function.columns[1:])]
    with pytest.raises(InputError, match=r"the frame cannot be read: (?s:.)*Cannot automatically convert Struct"):
        fusion.match(ctx.table("events").with_column("bad", function(*others)), ruleset, columns=["bad"])


def test_what_is_no_frame_is_refused(ruleset: st.RuleSet, events: Any) -> None:
    with pytest.raises(TypeError, match=r"a pyarrow\.lib\.Table is no frame of DataFusion: give context\.table"):
        fusion.match(events, ruleset)
    with pytest.raises(TypeError, match=r"a builtins\.str is no frame of DataFusion"):
        fusion.udf(ruleset, "events")


def test_two_columns_of_one_name_are_refused(ruleset: st.RuleSet) -> None:
    twice = pa.schema([("Image", pa.string()), ("Image", pa.string())])
    with pytest.raises(UsageError, match="two columns have the name Image: give one of them another"):
        fusion.udf(ruleset, twice, schema="none")


def test_a_key_or_column_that_is_not_there_is_named(ctx: Any, ruleset: st.RuleSet) -> None:
    for columns in ("all", "used"):
        with pytest.raises(UsageError, match="no input has a column nope"):
            fusion.match(ctx.table("events"), ruleset, columns=columns, key=["nope"])
    with pytest.raises(UsageError, match="no input has a column nope"):
        fusion.match(ctx.table("events"), ruleset, columns=["nope"])


def test_answers_and_levels_that_are_not_there(ctx: Any, ruleset: st.RuleSet) -> None:
    with pytest.raises(UsageError, match="there is no answer 'all'; ask for any, count or rules"):
        fusion.udf(ruleset, ctx.table("events"), answer="all")
    with pytest.raises(UsageError, match="min_level 'severe' does not exist"):
        fusion.udf(ruleset, ctx.table("events"), min_level="severe")


def test_a_function_knows_no_correlations(ctx: Any) -> None:
    with pytest.raises(UsageError, match="these rules hold correlations"):
        fusion.udf(st.compile(st.rules_from_yaml(CORRELATION)), ctx.table("events"))


@pytest.mark.parametrize("missing", ["datafusion", "pyarrow"])
def test_without_the_extra_one_line_names_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sigtrawl.datafusion")
    monkeypatch.setitem(sys.modules, missing, None)
    told = rf"^sigtrawl\.datafusion needs {missing}: pip install 'sigtrawl\[datafusion\]'.*$"
    with pytest.raises(ImportError, match=told) as error:
        importlib.import_module("sigtrawl.datafusion")
    assert "\n" not in str(error.value)
