"""`Rules`: what loading gives, and what a Plan is made of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sigtrawl.errors import RuleError
from sigtrawl.plan import Plan, PlanBuilder
from sigtrawl.rules.report import LoadedRule, LoadReport
from sigtrawl.rules.rule import Rule
from sigtrawl.rules.selection import select


@dataclass(frozen=True, slots=True)
class Rules:
    """Usable rules, those that wait for placeholders included; what is known of the others is in the report.

    Attributes:
        rules: The rules, in the order of loading.
        bad: Rules that cannot be used, each with the number of usable ones before it.
        errors: Why they cannot.
        files: How many files were read.
        duplicates: How many rules were there twice.
        filtered: How many rules the selection left out.
        pipelines: The names of the pipelines that the rules went through.
        notices: What is to be told of the load as a whole, such as steps of pipelines that have no effect.
    """

    rules: tuple[Rule, ...] = ()
    bad: tuple[tuple[int, LoadedRule], ...] = ()
    errors: tuple[RuleError, ...] = ()
    files: int = 0
    duplicates: int = 0
    filtered: int = 0
    pipelines: tuple[str, ...] = ()
    notices: tuple[RuleError, ...] = ()

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def __getitem__(self, place: int) -> Rule:
        return self.rules[place]

    def __repr__(self) -> str:
        return f"<Rules: {self.report()}>"

    def filter(
        self,
        *,
        min_level: str | None = None,
        level: str | Iterable[str] | None = None,
        status: str | Iterable[str] | None = None,
        include_tags: str | Iterable[str] = (),
        exclude_tags: str | Iterable[str] = (),
        logsource: str | Mapping[str, str] | None = None,
    ) -> "Rules":
        """Keep some of the rules; the options are those of `load_rules`.

        Raises:
            UsageError: An option has a value that does not exist.
        """
        selection = select(
            min_level=min_level,
            level=level,
            status=status,
            include_tags=include_tags,
            exclude_tags=exclude_tags,
            logsource=logsource,
        )
        kept = tuple(rule for rule in self.rules if selection.takes(rule.raw))
        # Bad rules keep a place in the report; among fewer rules it can only be the end.
        bad = tuple((min(place, len(kept)), entry) for place, entry in self.bad)
        return replace(self, rules=kept, bad=bad, filtered=self.filtered + len(self.rules) - len(kept))

    def report(self) -> LoadReport:
        """Say what became of every rule."""
        entries: list[LoadedRule] = []
        bad = iter(self.bad)
        next_bad = next(bad, None)
        for place in range(len(self.rules) + 1):
            while next_bad is not None and next_bad[0] == place:
                entries.append(next_bad[1])
                next_bad = next(bad, None)
            if place < len(self.rules):
                rule = self.rules[place]
                entries.append(LoadedRule(rule.state, rule.file, rule.id, rule.title, rule.placeholders))
        return LoadReport(
            rules=tuple(entries),
            errors=self.errors,
            warnings=(*self.notices, *(warning for rule in self.rules for warning in rule.warnings)),
            files=self.files,
            duplicates=self.duplicates,
            filtered=self.filtered,
            pipelines=self.pipelines,
        )

    def plan(self) -> Plan:
        """Lower the rules to a Plan; waiting rules are kept in its ``waiting``."""
        builder = PlanBuilder()
        for rule in self.rules:
            builder.add(rule.entry())
        return builder.build(self.report().to_dict())
