"""Inside DuckDB: a relation of matches, and a function, find what the plain scan finds, and say what is in the way."""

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
duckdb = pytest.importorskip("duckdb")
pytest.importorskip("numpy")

sql = importlib.import_module("sigtrawl.duckdb")


@pytest.fixture
def con(events: Any) -> Any:
    connection = duckdb.connect()
    connection.from_arrow(events).create("events")
    return connection


@pytest.fixture
def read(con: Any) -> list[int]:
    """The numbers that went through ``reading(number)``, a function that gives them back."""
    numbers: list[int] = []

    def reading(number: int) -> int:
        numbers.append(number)
        return number

    con.create_function("reading", reading, ["BIGINT"], "BIGINT", side_effects=True)
    return numbers


def _pairs(relation: Any, key: str = "id") -> set[tuple[Any, ...]]:
    found = relation.select("rule_id", f'"{key}"').fetchall()
    assert len(set(found)) == len(found)
    return set(found)


# ---- a relation of matches -----------------------------------------------------------------------------------------------


def test_the_public_rules_find_what_the_scan_finds(corpus: st.RuleSet, planted: Path, expected: set[tuple[str, str]]) -> None:
    relation = duckdb.connect().read_parquet(str(planted))
    for columns in ("all", "used"):
        assert _pairs(sql.match(relation, corpus, key=["ProcessGuid"], columns=columns), "ProcessGuid") == expected


def test_matches_have_the_columns_and_rows_of_any_match(con: Any, ruleset: st.RuleSet, events: Any) -> None:
    found = sql.match(con.table("events"), ruleset).to_arrow_table()
    assert found.column_names == list(COLUMNS)
    assert found.to_pylist() == ruleset.match(events).to_arrow().to_pylist()


def test_a_key_stands_in_the_place_of_the_row(con: Any, ruleset: st.RuleSet, pairs: set[tuple[str, int]]) -> None:
    found = sql.match(con.table("events"), ruleset, key=["id", "Computer"])
    assert found.columns == ["rule_id", "rule_title", "level", "author", "tags", "id", "Computer", "time", "event"]
    assert _pairs(found) == pairs
    assert found.filter("\"Computer\" <> 'host-' || (id % 2)").fetchall() == []


def test_the_matches_can_be_asked_again_and_joined_with_the_events(con: Any, ruleset: st.RuleSet) -> None:
    events = con.table("events")
    found = sql.match(events, ruleset, key=["id"])
    assert found.aggregate("count(*)").fetchall() == found.aggregate("count(*)").fetchall() == [(6,)]
    assert found.filter("level = 'high'").order("id").select("id").fetchall() == [(100,), (103,)]
    assert found.filter("event.Image = 'd:\\x.exe'").select("rule_id").fetchall() == [(FROM_D,)]
    assert found.filter("list_contains(tags, 'attack.t1095')").select("id").order("id").fetchall() == [(100,), (103,)]
    # The name of the relation stands for it in SQL, on the connection that the events are on.
    query = """
        WITH high AS (SELECT id FROM found WHERE level = 'high')
        SELECT e."Computer", count(*) FROM events AS e JOIN high USING (id) GROUP BY ALL ORDER BY ALL
    """
    assert con.sql(query).fetchall() == [("host-0", 1), ("host-1", 1)]
    # What is found stays when the events change.
    con.execute("DELETE FROM events")
    assert found.aggregate("count(*)").fetchall() == [(6,)]


def test_a_query_is_run_once_and_may_have_joins_and_parts(
    con: Any, ruleset: st.RuleSet, pairs: set[tuple[str, int]], read: list[int]
) -> None:
    con.execute('CREATE TABLE users AS SELECT id, "User" FROM events')
    relation = con.sql("""
        WITH part AS (SELECT * EXCLUDE ("User") FROM events WHERE id > 100)
        SELECT part.* REPLACE (reading(id) AS id), users."User" FROM part JOIN users USING (id) ORDER BY id DESC
    """)
    found = sql.match(relation, ruleset, key=["id"])
    assert _pairs(found) == {pair for pair in pairs if pair[1] > 100}
    assert [row for (row,) in found.select("id").fetchall()] == sorted((row for _, row in pairs if row > 100), reverse=True)
    assert sorted(read) == [101, 102, 103, 104, 105]


def test_nothing_stays_behind(con: Any, ruleset: st.RuleSet) -> None:
    before = con.sql("SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views()").fetchall()
    sql.match(con.table("events"), ruleset)
    assert con.sql("SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views()").fetchall() == before


def test_the_connection_can_be_named(con: Any, ruleset: st.RuleSet) -> None:
    other = duckdb.connect()
    found = sql.match(con.table("events"), ruleset, key=["id"], connection=other)
    found.create("kept")
    assert other.table("kept").aggregate("count(*)").fetchall() == [(6,)]


def test_where_names_of_python_are_not_looked_up_a_connection_must_be_named(
    con: Any, ruleset: st.RuleSet, read: list[int]
) -> None:
    con.execute("SET python_enable_replacements = false")
    with pytest.raises(UsageError, match=r"so name one \(connection=…\)"):
        sql.match(con.sql("SELECT * REPLACE (reading(id) AS id) FROM events"), ruleset)
    assert read == [], "it is told before the events are read"
    assert len(_pairs(sql.match(con.table("events"), ruleset, key=["id"], connection=con))) == 6


def test_a_read_only_database_will_do(ruleset: st.RuleSet, events: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "events.db")
    with duckdb.connect(path) as connection:
        connection.from_arrow(events).create("events")
    with duckdb.connect(path, read_only=True) as connection:
        found = sql.match(connection.table("events"), ruleset, key=["id"])
        assert len(_pairs(found)) == 6
        call = sql.register(connection, ruleset, "events")
        assert connection.sql(f"SELECT count(*) FROM events WHERE {call}").fetchall() == [(5,)]


def test_only_what_is_needed_is_read(con: Any, ruleset: st.RuleSet, pairs: set[tuple[str, int]]) -> None:
    relation = con.sql("""SELECT * REPLACE (CASE WHEN id > 0 THEN error('asked for') ELSE '' END AS "Computer") FROM events""")
    for columns in ("used", [], ["Image"]):
        found = sql.match(relation, ruleset, columns=columns, key=["id"])
        assert _pairs(found) == pairs
        assert ("event" in found.columns) == (columns != [])
        # The time is read, though no rule asks for it.
        assert found.filter("epoch_ms(time) % 1000 <> 250 OR time IS NULL").aggregate("count(*)").fetchall() == [(0,)]
    with pytest.raises(InputError, match=r"the relation cannot be read: .*asked for"):
        sql.match(relation, ruleset)


def test_correlations_see_all_events(con: Any) -> None:
    rules = st.compile(st.rules_from_yaml(CORRELATION))
    con.execute("""INSERT INTO events SELECT * REPLACE (id + 100 AS id) FROM events""")
    for columns in ("all", "used"):
        found = sql.match(con.table("events"), rules, columns=columns, key=["id"])
        assert _pairs(found.filter("correlated IS NOT NULL")) == {(FROM_D, 200)}


def test_names_that_need_quotes_and_columns_that_hold_others(strange: st.RuleSet, odd_events: Any) -> None:
    relation = duckdb.connect().from_arrow(odd_events)
    for columns in ("all", "used"):
        found = sql.match(relation, strange, schema="none", columns=columns, key=["n", 'a "b" c'])
        assert _pairs(found, "n") == {(ODD, 0), (ODD, 1), (ODD, 2)}
        assert found.select('event."outer".inner').order("ALL").fetchall() == [("deeper",), ("y",), (None,)]


def test_a_failure_in_the_midst_is_no_shorter_result(con: Any, ruleset: st.RuleSet) -> None:
    con.execute("CREATE TABLE many AS SELECT events.* FROM events, range(50_000)")
    relation = con.sql("""
        SELECT * REPLACE (CASE WHEN row_number() OVER () = 250_000 THEN error('torn') ELSE "Image" END AS "Image") FROM many
    """)
    with pytest.raises(InputError, match="torn"):
        sql.match(relation, ruleset)
    # The connection is free again.
    assert con.sql("SELECT 1").fetchall() == [(1,)]
    assert len(_pairs(sql.match(con.table("events"), ruleset, key=["id"]))) == 6


# ---- a function ----------------------------------------------------------------------------------------------------------


def test_the_function_keeps_the_rows_that_the_scan_finds(
    corpus: st.RuleSet, planted: Path, expected: set[tuple[str, str]]
) -> None:
    connection = duckdb.connect()
    relation = connection.read_parquet(str(planted))
    call = sql.register(connection, corpus, relation)
    assert {guid for (guid,) in relation.filter(call).select('"ProcessGuid"').fetchall()} == {guid for _, guid in expected}
    call = sql.register(connection, corpus, relation, name="which", answer="rules")
    found = relation.select(f'"ProcessGuid", unnest({call}) AS rule').fetchall()
    assert {(rule, guid) for guid, rule in found} == expected


def test_the_call_is_sql_over_the_columns_that_are_read(con: Any, ruleset: st.RuleSet) -> None:
    call = sql.register(con, ruleset, "events")
    assert call == 'sigtrawl("Channel", "EventID", "Image", "CommandLine", "User")'
    assert con.sql(f"SELECT id FROM events WHERE {call} ORDER BY id").fetchall() == [(100,), (102,), (103,), (104,), (105,)]
    assert con.sql(f"SELECT typeof({call}), count(*) FROM events GROUP BY ALL").fetchall() == [("BOOLEAN", 6)]


def test_null_is_answered_and_not_passed_over(con: Any, ruleset: st.RuleSet) -> None:
    call = sql.register(con, ruleset, "events")
    # The third event has neither image nor command line nor user, the second has no user.
    assert con.sql(f"SELECT {call} FROM events ORDER BY id").fetchall() == [(True,), (False,), (True,), (True,), (True,), (True,)]
    assert con.sql(f"SELECT id FROM events WHERE NOT {call}").fetchall() == [(101,)]
    con.execute('UPDATE events SET "CommandLine" = NULL, "Image" = NULL, "User" = NULL')
    assert con.sql(f"SELECT DISTINCT {call} FROM events").fetchall() == [(True,)]


def test_which_rules_and_how_many(con: Any, ruleset: st.RuleSet, pairs: set[tuple[str, int]]) -> None:
    which = sql.register(con, ruleset, con.table("events"), name="which", answer="rules")
    count = sql.register(con, ruleset, con.table("events"), name="how_many", answer="count")
    rows = con.sql(f"SELECT id, {which}, {count}, typeof({which}), typeof({count}) FROM events").fetchall()
    assert {(rule, row) for row, rules, *_ in rows for rule in rules} == pairs
    assert [number for _, _, number, *_ in rows] == [len(rules) for _, rules, *_ in rows] == [1, 0, 1, 2, 1, 1]
    assert {row[-2:] for row in rows} == {("VARCHAR[]", "UINTEGER")}


def test_rules_below_a_level_are_left_out(con: Any, ruleset: st.RuleSet) -> None:
    call = sql.register(con, ruleset, "events", min_level="medium", answer="rules")
    assert con.sql(f"SELECT DISTINCT unnest({call}) FROM events ORDER BY ALL").fetchall() == [(NETCAT,), (NO_USER,)]


def test_the_columns_can_be_named(con: Any, ruleset: st.RuleSet) -> None:
    call = sql.register(con, ruleset, "events", columns=["Image", "EventID", "Channel"])
    assert call == 'sigtrawl("Image", "EventID", "Channel")'
    # Without the column User there is no user, and the filter of that rule never holds.
    assert con.sql(f"SELECT count(*) FROM events WHERE {call}").fetchall() == [(6,)]
    with pytest.raises(UsageError, match=r"there is no column 'Nope'; the table has id, Channel, "):
        sql.register(con, ruleset, "events", columns=["Nope"])


def test_the_function_in_a_larger_query(con: Any, ruleset: st.RuleSet) -> None:
    call = sql.register(con, ruleset, "events")
    query = f"""
        WITH bad AS (SELECT *, {call} AS bad FROM events)
        SELECT a."Computer", count(*) FILTER (a.bad), count(DISTINCT b.id)
        FROM bad AS a JOIN bad AS b ON a."Computer" = b."Computer" AND b.bad GROUP BY ALL ORDER BY ALL
    """
    assert con.sql(query).fetchall() == [("host-0", 9, 3), ("host-1", 4, 2)]
    # A stream that comes through the function can itself be matched: the interpreter is not held while it is waited for.
    found = sql.match(con.sql(f"SELECT * FROM events WHERE {call}"), ruleset, key=["id"])
    assert len(_pairs(found)) == 6


def test_the_function_with_odd_names_and_nested_columns(strange: st.RuleSet, odd_events: Any) -> None:
    connection = duckdb.connect()
    relation = connection.from_arrow(odd_events)
    relation.create_view("odd")
    call = sql.register(connection, strange, "odd", schema="none", name='the "odd" one')
    assert call == '"the ""odd"" one"("a ""b"" c", "outer", "list")'
    assert connection.sql(f"SELECT n FROM odd WHERE {call} ORDER BY n").fetchall() == [(0,), (1,), (2,)]
    nulls = """SELECT NULL AS "a ""b"" c", NULL AS "outer", NULL AS list"""
    assert connection.sql(f"SELECT {call} FROM ({nulls})").fetchall() == [(False,)]


def test_every_type_that_arrow_has_is_taken(strange: st.RuleSet) -> None:
    connection = duckdb.connect()
    values = {
        "an enum": "'strange'::ENUM ('strange', 'y')",
        "a number": "1.5::DECIMAL(18, 3)",
        "a time": "TIMESTAMPTZ '2024-05-01 10:00:00+00'",
        "an interval": "INTERVAL 1 DAY",
        "some bytes": "'strange'::BLOB",
        "a map": "MAP {'a': 'strange'}",
        "a fixed list": "['strange', 'b']::VARCHAR[2]",
    }
    for name, value in values.items():
        relation = connection.sql(f"""SELECT {value} AS "a ""b"" c", 1 AS n FROM range(3)""")
        call = sql.register(connection, strange, relation, schema="none", name=name)
        want = name in {"an enum", "some bytes", "a fixed list"}
        assert relation.select(call).distinct().fetchall() == [(want,)], name
        found = sql.match(relation, strange, schema="none", columns="used", key=["n"])
        assert found.aggregate("count(*)").fetchall() == [(3 if want else 0,)], name


def test_the_time_zone_of_the_session_may_change(strange: st.RuleSet) -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    relation = connection.sql("""SELECT TIMESTAMPTZ '2024-05-01 10:00:00+00' AS "a ""b"" c" FROM range(3)""")
    call = sql.register(connection, strange, relation, schema="none")
    connection.execute("SET TimeZone = 'Asia/Tokyo'")
    assert relation.select(call).distinct().fetchall() == [(False,)]


# ---- what is in the way --------------------------------------------------------------------------------------------------


def test_a_table_that_nothing_recognises_is_told(con: Any, ruleset: st.RuleSet) -> None:
    relation = con.sql("SELECT 1 AS foo, 'x' AS bar")
    for call in (sql.match, lambda relation, rules: sql.register(con, rules, relation)):
        with pytest.raises(SchemaError, match="no schema mapping recognises this table"):
            call(relation, ruleset)


def test_where_no_rule_can_run_it_is_told(con: Any) -> None:
    relation = con.sql("SELECT 1 AS foo")
    rules = st.compile(st.rules_from_yaml(RULES.split("---")[0]))
    for columns in ("all", "used"):
        with pytest.raises(NothingToRun, match=r"no rule can run on the columns of this table: 1 rule .*\(missing: Image\)"):
            sql.match(relation, rules, schema="none", columns=columns)
    with pytest.raises(NothingToRun, match=r"no rule can run on the columns of this table: 1 rule .*\(missing: Image\)"):
        sql.register(con, rules, relation, schema="none")
    with pytest.raises(NothingToRun, match="no rule can run on id, Computer"):
        sql.register(con, rules, "events", columns=["id", "Computer"])


def test_what_is_no_relation_is_refused(con: Any, ruleset: st.RuleSet, events: Any) -> None:
    with pytest.raises(TypeError, match=r"a pyarrow\.lib\.Table is no relation of DuckDB: give connection\.table"):
        sql.match(events, ruleset)
    with pytest.raises(TypeError, match=r"a pyarrow\.lib\.Table is no relation of DuckDB"):
        sql.register(con, ruleset, events)
    with pytest.raises(duckdb.CatalogException, match="nowhere"):
        sql.register(con, ruleset, "nowhere")


def test_two_columns_of_one_name_are_refused(con: Any, ruleset: st.RuleSet) -> None:
    relation = con.sql("""SELECT *, 'x' AS "Image" FROM events""")
    with pytest.raises(UsageError, match="two columns have the name Image: give one of them another"):
        sql.match(relation, ruleset)


def test_a_key_or_column_that_is_not_there_is_named(con: Any, ruleset: st.RuleSet) -> None:
    for columns in ("all", "used"):
        with pytest.raises(UsageError, match="no input has a column nope"):
            sql.match(con.table("events"), ruleset, columns=columns, key=["nope"])
    with pytest.raises(UsageError, match="no input has a column nope"):
        sql.match(con.table("events"), ruleset, columns=["nope"])


def test_a_name_that_is_taken_is_told(con: Any, ruleset: st.RuleSet) -> None:
    sql.register(con, ruleset, "events")
    with pytest.raises(UsageError, match=r"DuckDB does not take the function sigtrawl: .*already"):
        sql.register(con, ruleset, "events")
    con.remove_function("sigtrawl")
    assert sql.register(con, ruleset, "events").startswith("sigtrawl(")


def test_answers_and_levels_that_are_not_there(con: Any, ruleset: st.RuleSet) -> None:
    with pytest.raises(UsageError, match="there is no answer 'all'; ask for any, count or rules"):
        sql.register(con, ruleset, "events", answer="all")
    with pytest.raises(UsageError, match="min_level 'severe' does not exist"):
        sql.register(con, ruleset, "events", min_level="severe")


def test_a_function_knows_no_correlations(con: Any) -> None:
    with pytest.raises(UsageError, match="these rules hold correlations"):
        sql.register(con, st.compile(st.rules_from_yaml(CORRELATION)), "events")


def test_a_column_that_duckdb_cannot_hand_over_is_named() -> None:
    """Older versions have such types; a relation that stands for one of theirs will do."""

    class Relation:
        columns: tuple[str, ...] = ("id", 'the "v"')
        types = ("BIGINT", "VARIANT")

        def limit(self, _: int) -> "Relation":
            return self

        def select(self, text: str) -> "Relation":
            narrow = Relation()
            narrow.columns = ("id",) if text == '"id"' else ('the "v"',)
            return narrow

        def to_arrow_table(self) -> Any:
            if 'the "v"' in self.columns:
                raise duckdb.NotImplementedException("unsupported Arrow type VARIANT")
            return pa.table({"id": [1]})

    with pytest.raises(
        InputError, match=r'the column the "v" is of type VARIANT, which DuckDB does not hand over: cast it'
    ) as told:
        sql._arrow_schema(Relation())
    assert "unsupported Arrow type VARIANT" in str(told.value)


@pytest.mark.parametrize("missing", ["duckdb", "pyarrow"])
def test_without_the_extra_one_line_names_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sigtrawl.duckdb")
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=rf"^sigtrawl\.duckdb needs {missing}: pip install 'sigtrawl\[duckdb\]'.*$") as told:
        importlib.import_module("sigtrawl.duckdb")
    assert "\n" not in str(told.value)


def test_without_numpy_a_function_says_so(con: Any, ruleset: st.RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ImportError, match=r"^sigtrawl\.duckdb\.register needs numpy: pip install 'sigtrawl\[duckdb\]'"):
        sql.register(con, ruleset, "events")
