"""The fields of correlations under pySigma pipelines: named as the pipelines name them in the events of each rule.

A correlation says ``group-by: [User]`` of rules whose fields a pipeline may have renamed, each in its own way. What a name stands
for in the events of a rule is what an alias says, so that is how it is written down; nothing after this knows of pipelines.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sigtrawl.errors import RuleError
from sigtrawl.rules.correlations import Correlation
from sigtrawl.rules.names import Directory, canonical_name
from sigtrawl.rules.placeholders import Values
from sigtrawl.rules.rule import UNSUPPORTED, Rule

if TYPE_CHECKING:
    from sigtrawl.rules.pipelines import Pipelines
    from sigtrawl.rules.pipelines.joining import Section


def rename_fields(
    one: Correlation,
    directory: Directory[Rule | Correlation],
    pipelines: "Pipelines",
    given: Values,
    filters: Callable[[Rule], "list[Section]"],
) -> tuple[Correlation, list[RuleError]]:
    """Write down what the fields of a correlation are called in the events of each of its rules; or say where that is not one.

    ``filters`` gives the filters that went through the pipelines with a rule.
    """
    aliases = dict(one.aliases)
    errors: list[RuleError] = []
    for stated in dict.fromkeys((*one.group_by, *one.field)):
        meant: dict[str, str] = {}
        for name in one.rules:
            before = one.aliases[stated][canonical_name(name)] if stated in one.aliases else stated
            try:
                meant[canonical_name(name)] = _renamed(before, _rules(name, directory, frozenset()), pipelines, given, filters)
            except ValueError as error:
                told = f"its field {before!r} in the events of {name!r}: {error}"
                errors.append(RuleError("pipeline", told, one.file, one.id, one.title, "correlation", state=UNSUPPORTED))
        if stated in one.aliases or any(field != stated for field in meant.values()):
            aliases[stated] = meant
    return replace(one, aliases=aliases), errors


def _renamed(
    name: str, rules: Iterator[Rule], pipelines: "Pipelines", given: Values, filters: Callable[[Rule], "list[Section]"]
) -> str:
    from sigtrawl.rules.pipelines import renamed

    found = dict.fromkeys(field for rule in rules for field in renamed(name, rule.raw, pipelines, given, filters(rule)))
    if len(found) > 1:
        raise ValueError(f"the pipelines make several fields of it ({', '.join(found)}), and a correlation needs one")
    return next(iter(found), name)


def _rules(name: str, directory: Directory[Rule | Correlation], open_: frozenset[int]) -> Iterator[Rule]:
    """Give the rules whose events a reference brings; one that leads nowhere or back is told of elsewhere."""
    for target in directory.find(name):
        if isinstance(target, Rule):
            yield target
        elif id(target) not in open_:
            for inner in target.rules:
                yield from _rules(inner, directory, open_ | {id(target)})
