"""`Rules`: what loading gives, and what a Plan is made of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sigtrawl.errors import RuleError
from sigtrawl.memory import uncollected
from sigtrawl.plan import Plan, PlanBuilder
from sigtrawl.rules.correlations import Correlation
from sigtrawl.rules.filters import Filter
from sigtrawl.rules.names import canonical_name
from sigtrawl.rules.references import Document, lowered, matched_for, on_selected_sources
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
        filtered: How many rules and correlations the selection left out.
        pipelines: The names of the pipelines that the rules went through.
        notices: What is to be told of the load as a whole, such as steps of pipelines that have no effect.
        filters: The filters, which were applied to the rules already.
        correlations: The correlations, each after all that it refers to.
        needed_rules: Rules that were left out, and are matched for correlations.
        needed_correlations: Correlations that were left out, and are evaluated for others.
        notes: Warnings about how all of these fit together.
    """

    rules: tuple[Rule, ...] = ()
    bad: tuple[tuple[int, LoadedRule], ...] = ()
    errors: tuple[RuleError, ...] = ()
    files: int = 0
    duplicates: int = 0
    filtered: int = 0
    pipelines: tuple[str, ...] = ()
    notices: tuple[RuleError, ...] = ()
    filters: tuple[Filter, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    needed_rules: tuple[Rule, ...] = ()
    needed_correlations: tuple[Correlation, ...] = ()
    notes: tuple[RuleError, ...] = ()

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
        everything: list[Document] = [*self.rules, *self.needed_rules, *self._ordered()]
        correlations = tuple(
            one for one in self.correlations if selection.takes(one.raw) and on_selected_sources(one, everything, selection)
        )
        needed = [
            one for one in matched_for(correlations, everything) if not any(one is other for other in (*kept, *correlations))
        ]
        # Bad rules keep a place in the report; among fewer rules it can only be the end.
        bad = tuple((min(place, len(kept)), entry) for place, entry in self.bad)
        left_out = len(self.rules) - len(kept) + len(self.correlations) - len(correlations)
        return replace(
            self,
            rules=kept,
            bad=bad,
            filtered=self.filtered + left_out,
            correlations=correlations,
            needed_rules=tuple(one for one in needed if isinstance(one, Rule)),
            needed_correlations=tuple(one for one in needed if isinstance(one, Correlation)),
        )

    def _ordered(self) -> list[Correlation]:
        """Give all correlations, each after all that it refers to."""
        ordered: list[Correlation] = []
        known = {name: one for one in (*self.correlations, *self.needed_correlations) for name in (one.id, one.name) if name}

        def add(one: Correlation) -> None:
            if not any(one is other for other in ordered):
                for name in one.rules:
                    if (inner := known.get(canonical_name(name))) is not None:
                        add(inner)
                ordered.append(one)

        for one in (*self.correlations, *self.needed_correlations):
            add(one)
        return ordered

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
        for kind, several in (("filter", self.filters), ("correlation", self.correlations)):
            entries += [LoadedRule(one.state, one.file, one.id, one.title, one.placeholders, kind) for one in several]
        return LoadReport(
            rules=tuple(entries),
            errors=self.errors,
            warnings=(
                *self.notices,
                *(warning for rule in self.rules for warning in rule.warnings),
                *(warning for one in self.filters for warning in one.warnings),
                *(warning for correlation in self.correlations for warning in correlation.warnings),
                *self.notes,
            ),
            files=self.files,
            duplicates=self.duplicates,
            filtered=self.filtered,
            needed=len(self.needed_rules) + len(self.needed_correlations),
            pipelines=self.pipelines,
        )

    @uncollected()
    def plan(self) -> Plan:
        """Lower the rules to a Plan; waiting rules are kept in its ``waiting``."""
        builder = PlanBuilder()
        places: dict[int, int | None] = {}
        for rule in (*self.rules, *self.needed_rules):
            places[id(rule)] = builder.add(rule.entry())
        ordered = self._ordered()
        entries = lowered(ordered, (*self.rules, *self.needed_rules), lambda rule: places[id(rule)])
        unwanted_rules = {place for rule in self.needed_rules if (place := places[id(rule)]) is not None}
        unwanted = {place for place, one in enumerate(ordered) if any(one is other for other in self.needed_correlations)}
        return builder.build(self.report().to_dict(), entries, left_out=(unwanted_rules, unwanted))
