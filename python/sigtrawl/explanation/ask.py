"""`explain`: one rule, one row, both engines."""

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sigtrawl.errors import SigtrawlError, UsageError
from sigtrawl.explanation.find import find_rule, only_rule
from sigtrawl.explanation.model import Explanation, Reading
from sigtrawl.plan import And, Plan, PlanBuilder, RuleEntry, with_predicates
from sigtrawl.request import LogSource, Request, request
from sigtrawl.ruleset import RuleSet

if TYPE_CHECKING:
    from sigtrawl.config import Config
    from sigtrawl.explanation.row import Asked
    from sigtrawl.rules import Rule, Rules


def explain(
    rules: "Rule | Rules | RuleSet | Plan",
    events: Any,
    *,
    row: int,
    rule: str | None = None,
    file: "str | os.PathLike[str] | None" = None,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    config: "Config | str | os.PathLike[str] | None" = None,
) -> Explanation:
    """Tell why a rule matches a row, or why not.

    Args:
        rules: A rule, or several of which ``rule`` names one.
        events: Paths or data in memory, as in `sigtrawl.scan`.
        row: The row's number, from 0: in its file, or in the data; the ``row`` of a match.
        rule: The id of the rule, the beginning of it, its title or its name.
        file: The file of the row, where ``events`` are several: its path or the end of it.
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        config: As in `sigtrawl.scan`.

    Returns:
        The explanation.

    Raises:
        ConfigError: The configuration file is wrong.
        InputError: There is no such file or row.
        SchemaError: No schema mapping recognises the table, and neither ``schema`` nor ``logsource`` says what it is.
        SigtrawlError: The core and the reference evaluator do not agree, which is an internal error.
        UsageError: There is no such rule, several are meant, it waits for placeholder values, or several files are meant.
    """
    plan = _plan(rules)
    entry = only_rule(plan) if rule is None else find_rule(plan, rule)
    asked = request(schema=schema, logsource=logsource, config=config)
    return explain_rule(plan, entry, events, asked, row, None if file is None else os.fspath(file))


def explain_rule(plan: Plan, entry: RuleEntry, events: Any, asked: Request, row: int, file: str | None) -> Explanation:
    """Explain one rule of a Plan; see `explain`."""
    from sigtrawl.explanation.row import take

    if entry.condition is None:
        names = ", ".join(entry.placeholders)
        raise UsageError(f"the rule {entry.title!r} waits for values of {names}; give them where it is loaded")
    alone = _alone(plan, entry)
    asked = replace(asked, engine="core", columns=(), also=(), threads=1)  # what a match shows is no matter here
    ruleset = RuleSet.from_plan(alone)
    return _explain(alone, ruleset, take(events, ruleset, asked, row, file))


def _explain(plan: Plan, ruleset: RuleSet, asked: "Asked") -> Explanation:
    from sigtrawl import reference
    from sigtrawl.explanation.judge import Judge
    from sigtrawl.explanation.sources import routes_of, source_reason
    from sigtrawl.reference.columns import Table
    from sigtrawl.reference.routing import places, rows, source_of
    from sigtrawl.rules.outline import outline

    (entry,) = plan.rules
    document: dict[str, Any] = json.loads(plan.to_json())
    told = asked.request.logsource
    source = source_of(document["rules"][0]["logsource"])
    words = outline(entry.condition if entry.condition is not None else And(()), entry.parts)
    table, schema = Table(asked.frame), dict(asked.frame.schema)
    views: dict[str | None, bool] = {}
    for place in places(source, asked.mapping, None if told is None else source_of(told)):
        views[place.view] = views.get(place.view, False) or bool(rows(place, asked.mapping, table, schema))
    readings = tuple(Reading(view, here, Judge(asked, view, document["predicates"]).part(words)) for view, here in views.items())
    applies = any(reading.applies for reading in readings)
    routes = routes_of(asked, source)
    found = reference.evaluate(document, asked.frame, mapping=asked.mapping, schema_none=asked.schema_none, logsource=told)
    answers = {
        "the explanation": any(reading.applies and reading.condition.truth for reading in readings),
        "the reference evaluator": bool(found),
        "the core": _core(ruleset, asked),
    }
    if len(set(answers.values())) > 1:
        said = ", ".join(f"{who} says that it {'matches' if answer else 'does not match'}" for who, answer in answers.items())
        where = f"row {asked.row:,} of {asked.file or 'the data'}"
        raise SigtrawlError(f"internal error: of rule {entry.id or entry.title} on {where} {said}; please report it with both")
    return Explanation(
        rule_id=entry.id,
        rule_title=entry.title,
        file=asked.file,
        row=asked.row,
        matches=answers["the core"],
        schema=asked.mapping.name if asked.mapping else None,
        schema_reason=asked.reason,
        logsource=source.to_dict(),
        applies=applies,
        source_reason=source_reason(asked, source, routes, applies=applies),
        routes=routes,
        readings=readings,
    )


def _core(ruleset: RuleSet, asked: "Asked") -> bool:
    """Ask the core about the same row."""
    from sigtrawl.ruleset import match_in_memory

    with match_in_memory(ruleset, asked.frame, asked.request) as matches:
        return len(matches) > 0


def _plan(rules: Any) -> Plan:
    """Give the Plan of whatever holds rules."""
    if isinstance(rules, Plan):
        return rules
    if hasattr(rules, "entry"):  # a Rule; its class is not asked for by name, as it would load pySigma
        builder = PlanBuilder()
        builder.add(rules.entry())
        return builder.build()
    if not hasattr(rules, "plan"):
        kind = type(rules)
        name = f"{kind.__module__}.{kind.__qualname__}"
        message = f"a rule to explain comes from load_rules, rules_from_yaml or compile, not from a {name}"
        raise TypeError(message)
    plan: Plan = rules.plan()
    return plan


def _alone(plan: Plan, entry: RuleEntry) -> Plan:
    """Give a Plan of one rule."""
    builder = PlanBuilder()
    builder.add(replace(entry, condition=with_predicates(entry.condition, plan)))
    return builder.build()
