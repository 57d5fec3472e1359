"""Some rules of a compiled file: what filters leave of a Plan.

The selection is the one that loading makes, so a compiled file and the rules that it was made of give the same matches: what a
correlation needs stays, and is silent where nobody asked for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sigtrawl.correlation.entry import CorrelationEntry, rules_of, silenced
from sigtrawl.plan import Plan, PlanBuilder, RuleEntry, with_predicates

if TYPE_CHECKING:
    from sigtrawl.rules.selection import Selection


def subset(plan: Plan, filters: Mapping[str, Any]) -> Plan:
    """Keep some rules of a Plan, and of its predicates those that they use; correlations keep what they need."""
    from sigtrawl.rules.selection import select

    wanted = select(**filters)
    builder = PlanBuilder()
    # What an earlier selection left out, and only correlations needed, is not asked for by a later one.
    building_blocks, _ = silenced(plan.correlations)
    taken = [
        wanted.takes(_known(rule)) and not (rule.silent and place not in building_blocks) for place, rule in enumerate(plan.rules)
    ]
    correlations = [place for place, entry in enumerate(plan.correlations) if _takes(entry, place, plan, wanted)]
    needed, inner = _needed(correlations, plan)
    places: dict[int, int] = {}
    for place, entry in enumerate(plan.rules):
        if taken[place] or place in needed:
            added = builder.add(replace(entry, condition=with_predicates(entry.condition, plan)))
            places[place] = len(places) if added is None else added
    waiting = [entry for entry in plan.waiting if wanted.takes(_known(entry))]
    for entry in waiting:
        builder.add(entry)
    kept = sorted({*correlations, *inner})
    among = {place: number for number, place in enumerate(kept)}
    entries = [_moved(plan.correlations[place], places, among) for place in kept]
    left_out = ({places[place] for place in needed if not taken[place]}, {among[place] for place in inner - set(correlations)})
    report = dict(plan.load_report)
    gone = taken.count(False) + len(plan.waiting) - len(waiting) + len(plan.correlations) - len(correlations)
    report["filtered"] = int(report.get("filtered", 0)) + gone
    return builder.build(report, entries, left_out=left_out)


def plain(plan: Plan) -> Plan:
    """Keep the rules whose matches are put out, and no correlation."""
    return only(plan, [place for place, rule in enumerate(plan.rules) if not rule.silent])


def only(plan: Plan, places: Sequence[int]) -> Plan:
    """Keep the rules at these places, and no correlation; what waits, and the load report, stay."""
    builder = PlanBuilder()
    for place in places:
        entry = plan.rules[place]
        builder.add(replace(entry, condition=with_predicates(entry.condition, plan)))
    for entry in plan.waiting:
        builder.add(entry)
    return builder.build(plan.load_report)


def _known(entry: RuleEntry) -> dict[str, Any]:
    return {"level": entry.level, "status": entry.status, "tags": entry.tags, "logsource": asdict(entry.logsource)}


def _takes(entry: CorrelationEntry, place: int, plan: Plan, wanted: "Selection") -> bool:
    """Whether a correlation is asked for; its log sources are those of its rules."""
    if not wanted.takes({"level": entry.level, "status": entry.status, "tags": entry.tags}):
        return False
    sources = [{"logsource": asdict(plan.rules[rule].logsource)} for rule in rules_of(place, plan.correlations)]
    return entry.waits or not wanted.logsource or any(wanted.takes_source(source) for source in sources)


def _needed(correlations: Sequence[int], plan: Plan) -> tuple[set[int], set[int]]:
    """Give the places of the rules and of the correlations that some correlations need."""
    inner: set[int] = set()
    waiting = list(correlations)
    while waiting:
        for one in plan.correlations[waiting.pop()].references:
            if one.correlation is not None and one.correlation not in inner:
                inner.add(one.correlation)
                waiting.append(one.correlation)
    return {rule for place in correlations for rule in rules_of(place, plan.correlations)}, inner


def _moved(entry: CorrelationEntry, rules: Mapping[int, int], correlations: Mapping[int, int]) -> CorrelationEntry:
    """Let a correlation refer to places among fewer rules and correlations."""
    return replace(
        entry,
        references=tuple(
            replace(
                one,
                rule=None if one.rule is None else rules[one.rule],
                correlation=None if one.correlation is None else correlations[one.correlation],
                by_rule=tuple((rules[place], group_by, field) for place, group_by, field in one.by_rule),
            )
            for one in entry.references
        ),
    )
