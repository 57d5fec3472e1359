"""The answers, before any figure: engine against engine on the first rows, path against path on whole archives.

On the head every engine must say what the reference evaluator says. Our own must; a peer's rules that differ are listed with
rule and row, and leave its race on both sides. On a whole archive both of our paths must find the same, and of the rules that
something was planted for exactly the planted rows.
"""

from collections.abc import Sequence

from race.jobs import Pairs
from race.record import Check
from race.track import Events, Set, Track


def on_the_head(track: Track, events: Events, rules: Set, peers: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Compares engines on the first rows.

    Args:
        track: Where to run them.
        events: The archive.
        rules: The rules.
        peers: The engines to compare beside our own.

    Returns:
        Engine → the places of the rules that stay in its race.
    """
    reference = track.pairs("reference", events, rules)
    if reference is None:
        message = "the reference evaluator cannot be run, and nothing can be compared"
        raise RuntimeError(message)
    right = set(reference[0])
    for ours in ("sigtrawl", "sigtrawl-automaton"):
        if (found := track.pairs(ours, events, rules)) is not None:
            _check(track, events, rules, f"{ours} = reference on the first {events.head_rows:,} rows", right, set(found[0]))
    stay = {"reference": tuple(range(rules.rules.count))}
    for peer in peers:
        if peer == "reference" or (found := track.pairs(peer, events, rules)) is None:
            continue
        stay[peer] = _staying(track, events, rules, peer, right, found)
    return stay


def _staying(
    track: Track, events: Events, rules: Set, peer: str, right: set[tuple[int, int]], found: tuple[Pairs, dict[int, str]]
) -> tuple[int, ...]:
    """Gives the rules that a peer answers rightly, and keeps the others."""
    pairs, untranslated = found
    plan = rules.plan
    first: dict[int, int] = {}
    for row, rule in sorted(set(pairs) ^ {pair for pair in right if pair[1] not in untranslated}):
        first.setdefault(rule, row)
    for place, why in untranslated.items():
        track.differ(events, peer, plan.rules[place].title, None, f"no words for {why}")
    for place, row in first.items():
        track.differ(events, peer, plan.rules[place].title, row, "differs from the reference evaluator")
    return tuple(place for place in range(rules.rules.count) if place not in untranslated and place not in first)


def on_the_whole(track: Track, events: Events, rules: Set) -> None:
    """Compares our paths, and both with what was planted."""
    fast = track.pairs("sigtrawl", events, rules, head=False)
    automaton = track.pairs("sigtrawl-automaton", events, rules, head=False)
    if fast is None:
        message = "our own engine cannot be run"
        raise RuntimeError(message)
    if automaton is not None:
        _check(track, events, rules, "fast path = automaton path on all rows", set(automaton[0]), set(fast[0]))
    places = {rule.id: place for place, rule in enumerate(rules.plan.rules)}
    for rule in sorted(events.archive.rules):
        if rule in places:
            planted, first = set(), 0
            for rows, count in zip(events.archive.planted, events.archive.rows, strict=True):
                planted |= {(first + row, places[rule]) for row in rows.get(rule, ())}
                first += count
            found = {pair for pair in fast[0] if pair[1] == places[rule]}
            _check(track, events, rules, f"planted rows of {rules.plan.rules[places[rule]].title}", planted, found)


def _check(
    track: Track, events: Events, rules: Set, what: str, expected: set[tuple[int, int]], found: set[tuple[int, int]]
) -> None:
    track.record.keep_check(Check(events.name, rules.name, what, len(expected), len(found), expected == found))


def count_is(track: Track, events: Events, rules: Set, engine: str, expected: int, found: int) -> None:
    """Keeps whether an engine counts what was planted."""
    what = f"{engine} counts the planted rows"
    track.record.keep_check(Check(events.name, rules.name, what, expected, found, expected == found))
