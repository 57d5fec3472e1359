"""The course: what is run for each target, in which order. `targets.py` reads what these leave in the record."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import archive as archives
from race import adversarial, answers, startup
from race.engines import ANY, LITERALS, RULES
from race.track import Events, Set, Track

CURVE = (1, 10, 100, 500)
"""Numbers of rules between which the growth is drawn; all of them are measured anyway."""

SHORT_RULES = ("polars-regex-rules", "duckdb-ilike-rules", "reference", "rsigma")
"""The peers that go rule by rule in the short form and on the second archive: the faster way of each library."""

SLOWER = ("polars-lower", "duckdb-lower", "polars-contains-any-rules", "duckdb-lower-rules")
"""The slower way of a library whose faster one is raced too: asked once, to show that it is the slower one."""

_MEMORY = 256 << 20
_ARROW_ROWS = 1_000_000
_SMALL, _LARGE = 2_048, 131_072
_SINGLE = "1 thread"
_FORMS = ("dictionary", "utf8_view", "utf8")


def process_archives(track: Track) -> list[Events]:
    """The archives of T1, T2 and T5: the first and the second, each with two codecs."""
    given = track.settings
    made = []
    for shape, rows in (("process", given.rows), ("second", given.second)):
        codecs = ("zstd",) if track.settings.short and shape == "second" else ("zstd", "snappy")
        made += [track.events(f"{shape}-{codec}", shape, rows, codec) for codec in codecs]
    return made


def one_rule(track: Track, events: Events, stay: Mapping[str, Sequence[int]]) -> None:
    """T1: the netcat rule against everybody who says whether a row matches; `stay` tells who answered rightly."""
    rules = track.netcat()
    answers.on_the_whole(track, events, rules)
    planted = events.archive.matches(rules.plan.rules[0].id or "")
    for engine in ("sigtrawl", "floor", *ANY):
        if engine in ANY and not stay.get(engine):
            continue
        measure = track.measure(engine, events, rules, runs=1 if engine in SLOWER else None)
        if measure is not None and engine != "floor":
            answers.count_is(track, events, rules, engine, planted, measure.matches)


def base(track: Track, events: Events, *engines: str) -> None:
    """Measures what ratios are taken to, where this record does not have it yet."""
    rules = track.creations()
    for engine in engines:
        if track.record.find(events.name, rules.name, engine) is None:
            track.measure(engine, events, rules)


def all_rules(track: Track, events: Events, rules: Set) -> None:
    """T2, and the base of T3, T4, T5 and T8: all rules on process creations."""
    answers.on_the_whole(track, events, rules)
    for engine in ("sigtrawl", "floor", "duckdb-strlen"):
        track.measure(engine, events, rules)
    track.measure("sigtrawl-automaton", events, rules, runs=1)


def rule_by_rule(track: Track, events: Events, peers: Sequence[str] = RULES) -> None:
    """T3: the peers that go rule by rule, on the first rows; what they answer differently is left out on both sides."""
    rules = track.creations()
    base(track, events, "sigtrawl")
    if any(peer.startswith("rsigma") for peer in peers):
        threads(track, events)
    stay = answers.on_the_head(track, events, rules, peers)
    for peer, places in stay.items():
        if peer not in peers:
            continue
        whole = len(places) == rules.rules.count
        runs = 1 if peer in SLOWER else track.settings.rule_runs
        track.measure(peer, events, rules, head=True, runs=runs, places=None if whole else places)
        if not whole:
            track.measure("sigtrawl", events, rules, variant=f"the rules of {peer}", places=places)


def literals(track: Track, events: Events) -> None:
    """The searching alone: engines that find many texts at once, with all texts that rules look for in command lines."""
    rules = track.creations()
    found = {}
    for engine in LITERALS:
        runs = track.settings.rule_runs
        measure = track.measure(engine, events, rules, head=True, runs=runs, more={"column": "CommandLine"})
        if measure is not None:
            found[engine] = (measure.matches, measure.notes["digest"])
    if len(set(found.values())) > 1:
        message = f"engines do not find the same literals: {found}"
        raise RuntimeError(message)


def memory(track: Track) -> None:
    """T4: peak memory with all rules, on two archives of which one is ten times the other, and with a budget."""
    given = track.settings
    rules = track.everything()
    for rows in (given.rows, given.huge):
        if rows:
            name = "process-zstd" if rows == given.rows else "process-huge"
            events = track.events(name, "process", rows)
            track.measure("sigtrawl", events, rules, runs=1 if rows == given.huge else given.runs)
    events = track.events("process-zstd", "process", given.rows)
    track.measure("sigtrawl", events, rules, variant="256 MiB", more={"memory": _MEMORY})


def growth(track: Track, events: Events) -> None:
    """T5 and the plot: more and more rules, ours on the whole archive, peers on the first rows."""
    base(track, events, "sigtrawl", "floor")
    track.measure("sigtrawl", events, track.tenfold())
    if track.settings.short and events.archive.asked.shape != "process":
        return
    for count in CURVE:
        some = track.some(count)
        track.measure("sigtrawl", events, some, runs=1)
        for peer in SHORT_RULES:
            track.measure(peer, events, some, head=True, runs=1)


def start(track: Track) -> None:
    """T6."""
    startup.measure(track, track.everything())


def arrow(track: Track) -> None:
    """T7: the same rows as Parquet and as Arrow data in memory."""
    rules = track.creations()
    events = track.events("process-arrow", "process", min(_ARROW_ROWS, track.settings.rows))
    track.measure("sigtrawl", events, rules)
    for form in _FORMS:
        for batch in (_LARGE, _SMALL):
            track.measure("sigtrawl-arrow", events, rules, variant=f"{form}, {batch:,} rows", more={"form": form, "batch": batch})


def threads(track: Track, events: Events) -> None:
    """T8."""
    base(track, events, "sigtrawl")
    rules = track.creations()
    if track.record.find(events.name, rules.name, "sigtrawl", _SINGLE) is None:
        track.measure("sigtrawl", events, rules, variant=_SINGLE, threads=1)


def hostile(track: Track) -> None:
    """T9: what is made to hurt, in two sizes."""
    rules = track.creations()
    base(track, track.events("process-zstd", "process", track.settings.rows), "sigtrawl", "duckdb-strlen")
    for kind, size, path in adversarial.archives(track.settings.work / "hostile", rules.plan):
        asked = archives.Asked("process", 0, 0, "zstd", None, None, None)
        made = archives.Archive(path.parent, asked, (path,), (_rows(path),), ({},), path.stat().st_size)
        events = Events(f"hostile: {kind}", made, path, _rows(path))
        track.measure("sigtrawl", events, rules, variant=f"{size >> 20} MiB", runs=track.settings.rule_runs)


def everything_at_once(track: Track) -> None:
    """The mixed archive with all rules: no target of its own, and the nearest to what a user does."""
    events = track.events("mixed-zstd", "mixed", track.settings.mixed)
    rules = track.everything()
    answers.on_the_head(track, events, rules, ())
    answers.on_the_whole(track, events, rules)
    for engine in ("sigtrawl", "floor", "duckdb-strlen"):
        track.measure(engine, events, rules)


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.ParquetFile(path).metadata.num_rows)


Part = Callable[[Track], None]


def _t1(track: Track) -> None:
    stay: dict[str, Mapping[str, Sequence[int]]] = {}
    for events in process_archives(track):
        shape = events.archive.asked.shape
        if shape not in stay:  # the heads of both codecs hold the same
            stay[shape] = answers.on_the_head(track, events, track.netcat(), ANY)
        one_rule(track, events, stay[shape])


def _t2(track: Track) -> None:
    for events in process_archives(track):
        all_rules(track, events, track.creations())


def _t3(track: Track) -> None:
    for events in process_archives(track):
        if events.name.endswith("zstd"):  # the heads of both codecs hold the same
            first = events.archive.asked.shape == "process" and not track.settings.short
            rule_by_rule(track, events, RULES if first else SHORT_RULES)
            literals(track, events)


def _t5(track: Track) -> None:
    for events in process_archives(track):
        if events.name.endswith("zstd"):
            growth(track, events)


def _t8(track: Track) -> None:
    for events in process_archives(track):
        threads(track, events)


PARTS: dict[str, Part] = {
    "T1": _t1,
    "T2": _t2,
    "T3": _t3,
    "T4": memory,
    "T5": _t5,
    "T6": start,
    "T7": arrow,
    "T8": _t8,
    "T9": hostile,
    "mixed": everything_at_once,
}
"""What can be run alone; what a ratio is taken to is measured with it, where the record does not have it."""
