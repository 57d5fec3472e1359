"""The race itself, on two thousand rows with polars as the only peer: answers are compared and kept, absence is told."""

from pathlib import Path

import polars as pl
import pytest

import sigtrawl as st
from race import answers, corpus, engines, literals
from race.adversarial import kinds
from race.heats import once
from race.jobs import AbsentError, Job
from race.plot import points
from race.record import Record
from race.track import Events, Track
from sigtrawl.archive.plants import NETCAT
from sigtrawl.demo import RULE
from targets import holds, speed, table

PEERS = ("polars-regex", "polars-contains-any", "polars-lower")


def test_every_peer_is_an_engine_that_can_be_named() -> None:
    assert {*engines.ANY, *engines.RULES, *engines.LITERALS} <= set(engines.NAMES)
    with pytest.raises(KeyError):
        engines.engine("nobody")


def test_an_engine_that_is_not_installed_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engines.NAMES, "nobody", ("nowhere_peer", "Nobody", ()))
    with pytest.raises(AbsentError, match="nobody is not installed: No module named"):
        engines.engine("nobody")


def test_polars_answers_as_the_reference_evaluator(track: Track, events: Events) -> None:
    stay = answers.on_the_head(track, events, track.netcat(), PEERS)
    assert {peer: stay[peer] for peer in PEERS} == dict.fromkeys(PEERS, (0,))
    assert not track.record.differences
    (check,) = (check for check in track.record.checks if check.what.startswith("sigtrawl = reference"))
    assert check.ok
    assert check.expected > 0


def test_the_whole_archive_holds_what_was_planted(track: Track, events: Events) -> None:
    answers.on_the_whole(track, events, track.netcat())
    (check,) = (check for check in track.record.checks if check.what.startswith("planted rows of"))
    assert check.ok
    assert check.expected == events.archive.matches(NETCAT) > 0


def test_a_path_that_this_build_does_not_have_is_absent_with_its_reason(track: Track, events: Events) -> None:
    job = Job("sigtrawl-automaton", events.files, str(track.netcat().rules.path))
    try:
        outcome = once(job)
    except AbsentError as error:
        assert str(error) == "this build does not report the path 'automaton'"  # noqa: PT017
    else:
        assert outcome.found.notes["engine"] == "automaton"


def test_measures_are_kept_and_judged(track: Track, events: Events, tmp_path: Path) -> None:
    rules = track.netcat()
    for engine in ("sigtrawl", "floor", "polars-regex"):
        measure = track.measure(engine, events, rules)
        assert measure is not None
        assert len(measure.seconds) == 2
        assert (measure.rows, measure.peak > 0) == (2_000, True)
        if engine != "floor":
            assert measure.matches == events.archive.matches(NETCAT)
    path = tmp_path / "record.json"
    track.record.save(path)
    record = Record.load(path)
    assert record == track.record
    assert "| T1 | process-zstd | netcat rule / floor | ≤ 1.15 × |" in table(record)
    assert "| netcat | 2,000 process |" in speed(record)
    assert "## Every measure" in record.summary(table(record), None)


def test_a_rule_that_a_peer_answers_differently_leaves_its_race(
    track: Track, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = track.pairs

    def forgetful(engine: str, *arguments: object, **options: object) -> object:
        found = real(engine, *arguments, **options)  # type: ignore[arg-type]
        return (found[0][1:], found[1]) if engine == "polars-lower" and found else found

    monkeypatch.setattr(track, "pairs", forgetful)
    stay = answers.on_the_head(track, events, track.netcat(), ("polars-lower",))
    assert stay["polars-lower"] == ()
    difference = track.record.differences.pop()
    assert (difference.engine, difference.why) == ("polars-lower", "differs from the reference evaluator")
    assert difference.row is not None


def test_a_wrong_answer_is_no_good_record(track: Track) -> None:
    record = Record("2026-01-05", {}, {})
    assert holds(record)
    record.checks = [*track.record.checks]
    record.checks[0].ok = False
    try:
        assert not holds(record)
    finally:
        record.checks[0].ok = True


def test_the_plot_has_a_line_an_engine(track: Track, events: Events) -> None:
    record = Record("2026-01-05", {}, {})
    measure = track.measure("sigtrawl", events, track.netcat(), runs=1)
    assert measure is not None
    measure.rules = "10 of process creation"
    measure.count = 10
    record.measures = [measure]
    assert points(record, "process-zstd") == {"sigtrawl": [(10, measure.rate)]}
    track.record.measures.remove(measure)


def test_ten_times_the_rules_have_literals_of_their_own(tmp_path: Path) -> None:
    plan = st.rules_from_yaml(RULE).plan()
    path = tmp_path / "one.rules"
    st.compile(plan).save(path)
    tenfold = corpus.tenfold(tmp_path, corpus.Rules(path, 1))
    many = st.RuleSet.load(tenfold.path).plan()
    assert tenfold.count == 10
    assert len(many.predicates) == 10 * len(plan.predicates)
    again = corpus.tenfold(tmp_path, corpus.Rules(path, 1))
    assert st.RuleSet.load(again.path).plan() == many


def test_copies_of_a_rule_of_nothing_but_nots_keep_their_literals(tmp_path: Path) -> None:
    """With others they would be true of every event."""
    rule = "title: t\nlogsource: {category: test}\ndetection:\n  sel: {f: a}\n  condition: not sel\n"
    plan = st.rules_from_yaml(rule).plan()
    path = tmp_path / "one.rules"
    st.compile(plan).save(path)
    many = st.RuleSet.load(corpus.tenfold(tmp_path, corpus.Rules(path, 1)).path).plan()
    assert (len(many.rules), many.predicates) == (10, plan.predicates)


def test_literals_are_told_by_a_digest_of_every_row() -> None:
    plan = st.rules_from_yaml(RULE).plan()
    texts = literals.literals_of(plan, "CommandLine")
    assert " -lvp " in texts
    first, second = (literals.told_as(rows, texts) for rows in ([[0], []], [[], [0]]))
    assert first.matches == second.matches == 1
    assert first.notes["digest"] != second.notes["digest"]


def test_hostile_archives_are_as_large_as_they_say() -> None:
    plan = st.rules_from_yaml(RULE).plan()
    for kind, lines in kinds(plan).items():
        made = lines(100_000)
        assert 95_000 <= sum(len(line.encode()) for line in made) <= 101_000, kind
    assert max(map(len, kinds(plan)["one huge value"](100_000))) == 100_000
    assert not any(line.isascii() for line in kinds(plan)["no ASCII"](10_000))


def test_an_archive_is_taken_where_it_is_there(track: Track, events: Events) -> None:
    before = events.archive.files[0].stat().st_mtime_ns
    other = Track(track.settings, Record("2026-01-05", {}, {}))
    again = other.events("process-zstd", "process", 2_000)
    assert again.archive == events.archive
    assert again.archive.files[0].stat().st_mtime_ns == before
    assert pl.read_parquet(again.head).height == again.head_rows == 500
