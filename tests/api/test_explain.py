"""Why a rule matches a row, or why not: the answer as records, from files, from memory, from a match."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import sigtrawl as st
from sigtrawl import errors
from sigtrawl.explanation import Leaf, Part

HEAD = "title: t\nid: 5b2e43de-4306-40b4-9596-6f590c81f073\nlogsource: {category: process_creation, product: windows}\n"


def rule(*detection: str) -> st.Rules:
    return st.rules_from_yaml(HEAD + "detection:\n" + "\n".join(f"  {line}" for line in detection))


def windows(rows: list[dict[str, Any]]) -> pl.DataFrame:
    known = {"Channel": pl.String, "EventID": pl.Int64, "Image": pl.String, "NewProcessName": pl.String}
    return pl.DataFrame(rows, schema_overrides=known)


SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Image": r"C:\t\nc.exe", "NewProcessName": None}
SECURITY = {"Channel": "Security", "EventID": 4688, "Image": None, "NewProcessName": r"C:\t\nc.exe"}
OTHER = {"Channel": "Security", "EventID": 4624, "Image": r"C:\t\nc.exe", "NewProcessName": None}


def leaves(part: Part) -> list[tuple[bool, Leaf]]:
    here = [(part.truth, part.leaf)] if part.leaf is not None else []
    return [*here, *(found for inside in part.parts for found in leaves(inside))]


def only(told: st.Explanation) -> tuple[bool, Leaf]:
    (reading,) = [reading for reading in told.readings if reading.applies]
    (found,) = leaves(reading.condition)
    return found


def test_a_match_from_a_file(events: Path, ruleset: st.RuleSet) -> None:
    matches = st.scan(events, ruleset)
    assert [(match["rule_title"], match["row"]) for match in matches.collect()] == [
        ("Netcat", 0),
        ("Netcat", 3),
        ("Any program from D", 3),
    ]
    told = matches.explain(-2)
    assert (told.rule_title, told.file, told.row, told.matches) == ("Netcat", str(events), 3, True)
    assert (told.schema, told.applies) == ("windows", True)
    assert told == matches.explain(next(iter(matches.to_polars().slice(1, 1).iter_rows(named=True))))
    (sysmon,) = [route for route in told.routes if route.truth]
    assert [(wanted.column, wanted.values, wanted.truth) for wanted in sysmon.when] == [
        ("Channel", ("Microsoft-Windows-Sysmon/Operational",), True),
        ("EventID", (1,), True),
    ]
    condition = told.readings[0].condition
    assert (condition.kind, condition.labels, condition.truth) == ("or", ("selection", "Image|endswith"), True)
    assert [(truth, test.asks) for truth, test in leaves(condition)] == [
        (False, r"endswith '\nc.exe'"),
        (True, r"endswith '\ncat.exe'"),
    ]
    assert leaves(condition)[1][1].columns[0].values == (r"D:\NCAT.EXE",)
    with pytest.raises(IndexError, match="no match 3: there are 3"):
        matches.explain(3)


def test_a_match_from_memory_and_by_the_reference(frame: pl.DataFrame, ruleset: st.RuleSet) -> None:
    matches = ruleset.match(frame, columns=[])
    told = matches.explain(0)
    assert (told.file, told.row, told.matches) == (None, 0, True)
    assert ruleset.match(frame, engine="reference").explain(0) == told
    with pytest.raises(errors.UsageError, match="no rule of these matches is 'x'"):
        matches.explain({"rule_id": None, "rule_title": "x", "row": 0})
    with pytest.raises(errors.UsageError, match="this is no match: it has no 'row'"):
        matches.explain({"rule_title": "x"})


@pytest.mark.parametrize("match", [1.0, True, False, None, "0", (0,), float("nan")])
def test_what_is_no_match_is_told_by_its_type(frame: pl.DataFrame, ruleset: st.RuleSet, match: Any) -> None:
    matches = ruleset.match(frame)
    told = f"a match is a row of the matches or its number, and this is {match!r}, of type {type(match).__name__}"
    with pytest.raises(errors.UsageError, match=re.escape(told)):
        matches.explain(match)
    row = matches.to_polars().row(0, named=True)
    with pytest.raises(errors.UsageError, match=re.escape(f"its 'row' is {match!r}")):
        matches.explain({**row, "row": match})


def test_numbers_of_other_libraries_are_numbers(frame: pl.DataFrame, ruleset: st.RuleSet) -> None:
    class Int64:
        def __index__(self) -> int:
            return 0

    matches = ruleset.match(frame)
    assert matches.explain(Int64()) == matches.explain(0)


def test_it_is_plain_data_and_text(frame: pl.DataFrame, rules: st.Rules) -> None:
    told = st.explain(rules, frame, row=1, rule="netcat")
    document = json.loads(json.dumps(told.to_dict()))
    assert document["matches"] is False
    assert document["readings"][0]["condition"]["labels"] == ["selection", "Image|endswith"]
    assert "✗ row 1 does not match" in str(told)


def test_rules_in_every_form(frame: pl.DataFrame, rules: st.Rules, tmp_path: Path) -> None:
    ruleset = st.compile(rules)
    ruleset.save(tmp_path / "rules.stc")
    first = next(iter(rules))
    expected = st.explain(rules, frame, row=0, rule="Netcat")
    for given in (first, ruleset, ruleset.plan(), st.RuleSet.load(tmp_path / "rules.stc")):
        assert st.explain(given, frame, row=0, rule=None if given is first else "e31033fc") == expected
    with pytest.raises(TypeError, match=r"not from a builtins\.str"):
        st.explain("Netcat", frame, row=0)  # type: ignore[arg-type]


def test_a_plan_without_words_gives_the_plain_tree(frame: pl.DataFrame, rules: st.Rules) -> None:
    document = json.loads(rules.plan().to_json())
    for entry in document["rules"]:
        del entry["parts"]
    told = st.explain(st.RuleSet.from_plan(json.dumps(document).encode()), frame, row=0, rule="Netcat")
    assert (told.matches, told.readings[0].condition.labels, told.readings[0].condition.kind) == (True, (), "or")


def test_the_row_decides_log_source_and_view() -> None:
    rules, frame = rule(r"sel: {Image|endswith: '\nc.exe'}", "condition: sel"), windows([SYSMON, SECURITY, OTHER])
    answers = [st.explain(rules, frame, row=row) for row in range(3)]
    assert [(told.matches, told.applies) for told in answers] == [(True, True), (True, True), (False, False)]
    assert [[reading.view for reading in told.readings if reading.applies] for told in answers] == [[None], ["security-4688"], []]
    assert only(answers[1])[1].columns[0].column == "NewProcessName"
    assert "the row is not of product=windows,category=process_creation" in answers[2].source_reason
    assert not any(route.truth for route in answers[2].routes)
    # The condition is told all the same, but says nothing of the answer.
    assert answers[2].readings[0].condition.truth


def test_a_log_source_that_the_schema_does_not_have() -> None:
    rules = st.rules_from_yaml("title: t\nlogsource: {product: zeek}\ndetection: {s: {a: b}, condition: s}\n")
    told = st.explain(rules, windows([SYSMON]), row=0)
    assert (told.matches, told.routes, told.readings) == (False, (), ())
    assert told.source_reason == "schema windows has no rows of product=zeek"


def test_what_the_caller_says_of_the_rows() -> None:
    rules, frame = rule("sel: {a: x}", "condition: sel"), pl.DataFrame({"a": ["x"]})
    told = st.explain(rules, frame, row=0, logsource="category=process_creation,product=windows")
    assert (told.matches, told.schema, told.source_reason) == (
        True,
        None,
        "all rows are said to be product=windows,category=process_creation",
    )
    told = st.explain(rules, frame, row=0, logsource="category=dns_query")
    assert (told.matches, told.readings) == (False, ())
    assert "and the rule is about product=windows,category=process_creation" in told.source_reason
    told = st.explain(rules, frame, row=0, schema="none")
    assert (told.matches, told.source_reason) == (True, "every rule runs on every row, as asked")
    with pytest.raises(errors.SchemaError, match="no schema mapping recognises"):
        st.explain(rules, frame, row=0)


@pytest.mark.parametrize(
    ("detection", "column", "value", "because"),
    [
        ("IntegrityLevel: High", "MandatoryLabel", "S-1-16-12288", "equals 'S-1-16-12288'"),
        ("IntegrityLevel: S-1-16-12288", "MandatoryLabel", "S-1-16-12288", None),
        ("ProcessId: 4660", "NewProcessId", "0x1234", "equals '0x1234'"),
        ("ProcessId: '0x1234'", "NewProcessId", "0x1234", None),
        ("ProcessId|gte: 4660", "NewProcessId", "0x1234", "gte 4660 (in hexadecimal)"),
        ("ProcessId|gte: 4660", "NewProcessId", "4660", None),
    ],
)
def test_readings_of_values_are_named_where_they_are_why(detection: str, column: str, value: str, because: str | None) -> None:
    frame = windows([SECURITY]).with_columns(pl.lit(value).alias(column))
    truth, test = only(st.explain(rule(f"sel: {{{detection}}}", "condition: sel"), frame, row=0))
    assert (truth, test.because) == (True, because)
    assert [(seen.column, seen.values) for seen in test.columns] == [(column, (value,))]


def test_digests_of_a_table_that_splits_them() -> None:
    frame = pl.DataFrame(
        {"TargetProcessCommandLine": ["x"], "TargetProcessName": ["x"], "TargetProcessMD5": ["00ff"], "DvcOs": ["Windows"]}
    )
    truth, test = only(st.explain(rule("sel: {Hashes|contains: 'MD5=00FF'}", "condition: sel"), frame, row=0))
    assert (truth, test.because, test.columns[0].column) == (True, "equals '00FF'", "TargetProcessMD5")


def test_missing_columns_are_marked() -> None:
    frame = windows([SYSMON]).with_columns(commandline=pl.lit("x"))
    told = st.explain(rule("sel: {CommandLine: x}", "gone: {Gone: null}", "condition: sel or gone"), frame, row=0)
    (_, missing), (null, gone) = leaves(told.readings[0].condition)
    assert (missing.missing, missing.columns, dict(missing.near)) == (("CommandLine",), (), {"CommandLine": "commandline"})
    assert (null, gone.missing, told.matches) == (True, ("Gone",), True)
    assert "no column answers CommandLine (did you mean the column commandline?)" in str(told)


def test_keywords_say_in_which_columns_they_stand() -> None:
    frame = windows([SYSMON]).with_columns(Payload=pl.lit("run NC.exe"), _secret=pl.lit("nc.exe"), Other=pl.lit("x"))
    told = st.explain(rule("keywords: [nc.exe, nowhere]", "condition: keywords"), frame, row=0)
    (found, first), (absent, second) = leaves(told.readings[0].condition)
    assert (found, [seen.column for seen in first.columns]) == (True, ["Image", "Payload"])
    assert (absent, second.columns) == (False, ())


def test_a_keyword_in_a_nested_column_is_found_by_its_place() -> None:
    deep = {"who": {"name": "x", "tools": ["ls", "NC.exe -l", "nc.exe"]}, "n": 4688, "flag": True}
    extra = pl.Series("Extra", [[{"key": "Path", "value": "c:/nc.exe"}, {"key": "nc.exe", "value": "y"}]])
    frame = windows([SYSMON]).with_columns(
        Deep=pl.Series([deep]),
        Pairs=extra,
        Tags=extra.cast(pl.Map(pl.String, pl.String)),
        Image=pl.lit("x"),
        Bytes=pl.Series([b"nc.exe"]),
    )
    told = st.explain(rule("keywords: [nc.exe, 4688, nowhere]", "condition: keywords"), frame, row=0)
    (found, first), (number, second), (absent, third) = leaves(told.readings[0].condition)
    assert (found, number, absent) == (True, True, False)
    assert [(seen.column, seen.values, seen.present) for seen in first.columns] == [
        ("Deep.who.tools", ("NC.exe -l", "nc.exe"), True),
        ("Pairs.value", ("c:/nc.exe",), True),
        ("Pairs.key", ("nc.exe",), True),
        ("Tags.Path", ("c:/nc.exe",), True),
        ("Bytes", ("nc.exe",), True),
    ]
    assert [(seen.column, seen.values) for seen in second.columns] == [("Deep.n", ("4688",))]
    assert third.columns == ()
    assert "found: Deep.who.tools holds 'NC.exe -l', 'nc.exe', Pairs.value is 'c:/nc.exe'" in str(told)
    assert "text form" not in str(told)


def test_nested_columns_and_references_between_fields() -> None:
    frame = pl.DataFrame({"a": [{"b": ["x", "y"]}, {"b": []}, None], "c": ["y", "y", "y"]})
    rules = rule("sel: {a.b|fieldref: c}", "condition: sel")
    answers = [only(st.explain(rules, frame, row=row, schema="none")) for row in range(3)]
    assert [truth for truth, _ in answers] == [True, False, False]
    assert [[(seen.column, seen.values, seen.present) for seen in test.columns] for _, test in answers] == [
        [("a.b", ("x", "y"), True), ("c", ("y",), True)],
        [("a.b", (), True), ("c", ("y",), True)],
        [("a.b", (), False), ("c", ("y",), True)],
    ]


def test_values_are_shortened_and_cannot_write_to_the_terminal() -> None:
    value = "\x1b[2J\n" + "a" * 500 + "\u202eend"
    told = st.explain(rule("sel: {a: x}", "condition: sel"), pl.DataFrame({"a": [value]}), row=0, schema="none")
    assert only(told)[1].columns[0].values == (value,)
    assert "a is '\\x1b[2J\\naaa" in str(told)
    assert "\\u202eend' (509 characters)" in str(told)
    assert "\x1b" not in str(told)


def test_a_row_of_several_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"day={name}").mkdir()
        windows([SYSMON, OTHER]).write_parquet(tmp_path / f"day={name}" / "x.parquet")
    (tmp_path / "notes.txt").write_text("x")
    rules = rule(r"sel: {Image|endswith: '\nc.exe', day: b}", "condition: sel")
    with pytest.raises(errors.UsageError, match=r"the events are 2 files: .*day=a.*name the one whose row it is"):
        st.explain(rules, tmp_path, row=0)
    with pytest.raises(errors.UsageError, match=r"'x\.parquet' may be 2 files"):
        st.explain(rules, tmp_path, row=0, file="x.parquet")
    with pytest.raises(errors.InputError, match=r"no input is the file 'c\.parquet'; the inputs are"):
        st.explain(rules, tmp_path, row=0, file="c.parquet")
    assert not st.explain(rules, tmp_path, row=0, file="day=a/x.parquet").matches
    assert st.explain(rules, tmp_path, row=0, file=tmp_path / "day=b" / "x.parquet").matches
    (match,) = st.scan(tmp_path, st.compile(rules)).collect()
    assert st.scan(tmp_path, st.compile(rules)).explain(match).file == str(tmp_path / "day=b" / "x.parquet")


def test_rows_that_are_not_there(events: Path, frame: pl.DataFrame, rules: st.Rules, tmp_path: Path) -> None:
    with pytest.raises(
        errors.InputError, match=r"events\.parquet has no row 4: it holds 4 rows, counted from 0, the last one is row 3"
    ):
        st.explain(rules, events, row=4, rule="Netcat")
    with pytest.raises(errors.InputError, match="the data has no row 0: it holds 0 rows, counted from 0, there is none"):
        st.explain(rules, frame.clear(), row=0, rule="Netcat")
    for row in (-1, True, 1.0):
        with pytest.raises(errors.UsageError, match="a row is a whole number from 0"):
            st.explain(rules, frame, row=row, rule="Netcat")  # type: ignore[arg-type]
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(errors.InputError, match=r"bad\.parquet: not a Parquet file"):
        st.explain(rules, tmp_path / "bad.parquet", row=0, rule="Netcat")
    with pytest.raises(errors.UsageError, match="data in memory has no file"):
        st.explain(rules, frame, row=0, rule="Netcat", file="a.parquet")


def test_rules_that_are_not_there(frame: pl.DataFrame, rules: st.Rules) -> None:
    with pytest.raises(errors.UsageError, match=r"no rule is 'Netcta' by id or by title \(did you mean 'Netcat'\?\)"):
        st.explain(rules, frame, row=0, rule="Netcta")
    with pytest.raises(errors.UsageError, match="one rule can be explained, and these are 4 rules"):
        st.explain(rules, frame, row=0)
    with pytest.raises(errors.UsageError, match="waits for values of admins"):
        st.explain(rules, frame, row=0, rule="Waiting")


def test_a_difference_between_the_engines_is_an_error_of_its_own(
    frame: pl.DataFrame, rules: st.Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sigtrawl.explanation.ask._core", lambda *_: False)
    with pytest.raises(errors.SigtrawlError, match=r"internal error: .* the core says that it does not match") as raised:
        st.explain(rules, frame, row=0, rule="Netcat")
    assert type(raised.value) is errors.SigtrawlError


MAPPING = """\
name: own
recognise: {all: [actor]}
fields:
  Image: {join: [folder, name], with: /}
  Hashes: {hashes: {MD5: 'file.hashes[algorithm=MD5].value'}}
  TargetObject: {columns: [key], prefixes: {'HKLM\\': ['HKEY_LOCAL_MACHINE\\']}}
routes:
  - {needs: [folder], logsource: {product: windows, category: process_creation}}
  - {needs: [registry], logsource: {product: windows, category: registry_set}}
"""


@pytest.mark.parametrize(
    ("detection", "column", "values", "because"),
    [
        ("Image|endswith: /nc", "folder/name", ("/usr/bin/nc",), None),
        ("Hashes|contains: MD5=AA", "file.hashes[algorithm=md5].value", ("aa",), "equals 'AA'"),
        (r"TargetObject|startswith: HKLM\Run", "key", (r"HKEY_LOCAL_MACHINE\Run\x",), r"startswith 'HKEY_LOCAL_MACHINE\Run'"),
    ],
)
def test_what_a_mapping_puts_together(
    tmp_path: Path, detection: str, column: str, values: tuple[str, ...], because: str | None
) -> None:
    (tmp_path / "own.yml").write_text(MAPPING)
    hashes = [{"algorithm": "SHA-1", "value": "bb"}, {"algorithm": "MD5", "value": "aa"}]
    row = {"actor": "a", "folder": "/usr/bin", "name": "nc", "file": {"hashes": hashes}, "key": r"HKEY_LOCAL_MACHINE\Run\x"}
    rules, frame = rule(f"sel: {{{detection}}}", "condition: sel"), pl.DataFrame([row])
    truth, leaf = only(st.explain(rules, frame, row=0, schema=tmp_path / "own.yml"))
    assert (truth, leaf.because) == (True, because)
    assert [(seen.column, seen.values) for seen in leaf.columns] == [(column, values)]


def test_a_route_that_needs_a_column_says_so(tmp_path: Path) -> None:
    (tmp_path / "own.yml").write_text(MAPPING)
    rules = st.rules_from_yaml("title: t\nlogsource: {category: registry_set}\ndetection: {s: {a: b}, condition: s}\n")
    row = {"actor": "a", "folder": "f", "name": "n", "key": "k", "file": {"hashes": [{"algorithm": "MD5", "value": "v"}]}}
    told = st.explain(rules, pl.DataFrame([row]), row=0, schema=tmp_path / "own.yml")
    assert (told.matches, told.applies, told.routes[0].lacks) == (False, False, ("registry",))
    assert "✗ the table should have the column registry" in str(told)


def test_a_configuration_is_heard(tmp_path: Path) -> None:
    for name in ("fw", "edr"):
        pl.DataFrame({"Image": [r"C:\nc.exe"]}).write_parquet(tmp_path / f"{name}.parquet")
    said = '[[inputs]]\nglob = "fw*"\nlogsource = "category=firewall"\n'
    said += '[[inputs]]\nglob = "edr*"\nlogsource = "category=process_creation,product=windows"\n'
    (tmp_path / "sigtrawl.toml").write_text(said)
    rules, config = rule(r"sel: {Image|endswith: '\nc.exe'}", "condition: sel"), tmp_path / "sigtrawl.toml"
    answers = [st.explain(rules, tmp_path, row=0, file=f"{name}.parquet", config=config) for name in ("fw", "edr")]
    assert [(told.matches, told.applies) for told in answers] == [(False, False), (True, True)]
    assert "all rows are said to be category=firewall" in answers[0].source_reason
    assert st.scan(tmp_path, st.compile(rules), config=config).explain(0) == answers[1]


CORRELATED = """\
title: Netcat
name: netcat
id: e31033fc-33f0-4020-9a16-faf9b31cbf08
logsource: {category: process_creation, product: windows}
detection:
  selection: {Image|endswith: '\\nc.exe'}
  condition: selection
---
title: Many
id: 7b2e43de-4306-40b4-9596-6f590c81f073
correlation: {type: event_count, rules: [netcat], group-by: [Channel], timespan: 1h, condition: {gte: 1}}
---
title: Not mine
id: 8b2e43de-4306-40b4-9596-6f590c81f073
logsource: {category: process_creation, product: windows}
filter:
  rules: [netcat]
  mine: {CommandLine: mine}
  condition: not mine
"""


def test_correlations_are_about_many_events_and_filters_are_parts(frame: pl.DataFrame) -> None:
    rules = st.rules_from_yaml(CORRELATED)
    matches = st.compile(rules).match(frame).collect()
    (result,) = [match for match in matches if match["correlated"]]
    said = r"'Many' is a correlation: .*; explain a rule that it refers to \(Netcat\)"
    with pytest.raises(errors.UsageError, match=said):
        matches.explain(result)
    with pytest.raises(errors.UsageError, match=said):
        st.explain(rules, frame, row=0, rule="Many")
    told = st.explain(rules, frame, row=0, rule="Netcat")
    assert told.matches  # although its matches are not put out
    first, added = told.readings[0].condition.parts
    assert (first.labels[0], added.labels, added.truth) == ("selection", ("filter Not mine",), True)
