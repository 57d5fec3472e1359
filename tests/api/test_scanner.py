"""Batch by batch: the same matches as all at once, and words on what does not fit."""

import pickle
import threading
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import sigtrawl as st
from sigtrawl.errors import InputError, SchemaError, UsageError


def _pairs(matches: Any, *columns: str) -> list[tuple[Any, ...]]:
    return pl.DataFrame(matches).select("rule_title", *columns).rows()


def test_batches_give_what_the_whole_gives(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    scanner = ruleset.scanner(frame.schema)
    whole = ruleset.match(frame).to_polars()
    single = [pl.DataFrame(scanner.match(frame[row])) for row in range(frame.height)]
    assert pl.concat(single).equals(whole)
    assert pl.Schema(scanner) == whole.schema
    assert [batch.height for batch in single] == [1, 0, 0, 2]
    assert scanner.report.rows == 4
    assert [rule.matches for rule in scanner.report.rules] == [2, 1, 0]
    assert scanner.report.input_states() == {"whole": 1}
    assert set(scanner.columns) == {"Channel", "EventID", "Image"}
    assert repr(scanner) == "<Scanner: 2 of 3 rules run, 4 rows done>"


def test_a_large_batch_is_shared_among_threads(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    many = pl.concat([frame] * 60_000)
    expected = ruleset.match(many, columns=["Image"], threads=1).to_polars()
    for threads in (1, 3):
        scanner = ruleset.scanner(many.schema, columns=["Image"], threads=threads)
        assert pl.DataFrame(scanner.match(many)).equals(expected)
        assert pl.Series(scanner.answer(many, "count")).to_list() == [1, 0, 0, 2] * 60_000
        assert scanner.report.rows == 480_000


def test_threads_may_share_it(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    many = pl.concat([frame] * 1_000)
    scanner = ruleset.scanner(many.schema, key=["CommandLine"])
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(scanner.match(many).num_rows)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3_000] * 8
    assert scanner.report.matches == 24_000


def test_one_value_a_row(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    scanner = ruleset.scanner(frame.schema)
    assert pl.Series(scanner.answer(frame)).to_list() == [True, False, False, True]
    assert pa.array(scanner.answer(frame, "count")).to_pylist() == [1, 0, 0, 2]
    netcat, program = "e31033fc-33f0-4020-9a16-faf9b31cbf08", "502b42de-4306-40b4-9596-6f590c81f073"
    assert pl.Series(scanner.answer(frame, "rules")).to_list() == [[netcat], [], [], [netcat, program]]
    assert len(scanner.answer(frame.clear(), "rules")) == 0
    with pytest.raises(UsageError, match='there is no answer "all"; ask for any, count or rules'):
        scanner.answer(frame, "all")  # type: ignore[arg-type]


def test_a_rule_without_an_id_is_named_by_its_file() -> None:
    text = "title: A title\nlogsource: {category: test}\ndetection:\n  sel: {f: x}\n  condition: sel\n"
    frame = pl.DataFrame({"f": ["x", "y"]})
    rules = st.compile(st.rules_from_yaml(text, name="some.yml"))
    named = pl.Series(rules.scanner(frame.schema, schema="none").answer(frame, "rules")).to_list()
    assert named == [[rules.match(frame, schema="none").to_polars()["rule_title"][0]], []]


def test_text_may_be_kept_in_any_form(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    table = frame.to_arrow()
    scanner = ruleset.scanner(table.schema)
    expected = _pairs(ruleset.match(table), "event")
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        batch = table.set_column(3, "Image", table["Image"].cast(kind))
        assert _pairs(scanner.match(batch), "event") == expected


def test_what_does_not_fit_is_named(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    scanner = ruleset.scanner(frame.schema)
    for batch, told in (
        (frame.drop("_source"), "the batch lacks the column _source"),
        (frame.drop("Image"), "the batch has the column CommandLine where the schema has Image"),
        (frame.with_columns(more=1), "the batch has the column more, which the schema lacks"),
        (frame.with_columns(pl.col("EventID").cast(pl.String)), "the column EventID is .* in the batch and Int64 in the schema"),
    ):
        with pytest.raises(InputError, match=told):
            scanner.match(batch)
        with pytest.raises(InputError, match=told):
            scanner.answer(batch)
    assert scanner.report.rows == 0
    with pytest.raises(TypeError, match=r"a builtins\.dict is no Arrow data"):
        scanner.match({})
    with pytest.raises(TypeError, match=r"a builtins\.list is no Arrow schema"):
        ruleset.scanner([])
    with pytest.raises(SchemaError, match="no schema mapping recognises"):
        ruleset.scanner(pl.Schema({"a": pl.String()}))
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(scanner)


def test_rules_that_cannot_run_match_nothing(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    idle = frame.with_columns(EventID=pl.lit(99)).drop("Image")
    scanner = ruleset.scanner(idle.schema)
    assert scanner.match(idle).num_rows == 0
    assert pl.Series(scanner.answer(idle, "count")).to_list() == [0] * 4
    assert scanner.report.inputs[0].state == "nothing-to-run"


def test_correlations_need_the_whole_stream(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    plan = st.compile(
        st.rules_from_yaml(
            "title: Base\nname: base\nid: 7e4be8a1-6a4c-4f0e-9a53-2f3f2d0a1b01\n"
            "logsource: {category: process_creation, product: windows}\n"
            "detection:\n  sel: {Image|endswith: '\\nc.exe'}\n  condition: sel\n---\n"
            "title: Many\nid: 7e4be8a1-6a4c-4f0e-9a53-2f3f2d0a1b02\ncorrelation:\n  type: event_count\n  rules: [base]\n"
            "  group-by: [Channel]\n  timespan: 1h\n  condition: {gte: 1}\n  generate: true\n"
        )
    )
    for asks in (lambda: plan.scanner(frame.schema), plan.expr):
        with pytest.raises(UsageError, match=r"without_correlations\(\)"):
            asks()
    plain = plan.without_correlations()
    assert plain.scanner(frame.schema).match(frame).num_rows == 1
    assert ruleset.without_correlations().plan() == ruleset.plan()
