"""What loading says: every rule in exactly one state, counted, with the reasons.

The counts add up by construction: an entry is made for each document that is a rule or claims to be one, and a file that
cannot be read at all counts as one invalid entry.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from sigtrawl.errors import RuleError
from sigtrawl.rules.rule import STATES

KINDS = ("rule", "filter", "correlation")


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """One rule's, filter's or correlation's line in the report.

    Attributes:
        state: ``ready``, ``needs-values``, ``unsupported`` or ``invalid``.
        file: Where it stands.
        id: Its id, if it has a readable one.
        title: Its title, if it has one.
        placeholders: What it waits for.
        kind: One of `KINDS`.
    """

    state: str
    file: str
    id: str | None = None
    title: str | None = None
    placeholders: tuple[str, ...] = ()
    kind: str = "rule"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of the rules.

    Attributes:
        rules: One entry a rule, in the order of loading; then those of filters, then those of correlations.
        errors: Why rules are ``invalid`` or ``unsupported``.
        warnings: What to look at in rules that are fine.
        files: How many files were read.
        duplicates: How many rules were left out because the same rule was there already.
        filtered: How many rules the selection left out.
        pipelines: The names of the pySigma pipelines that the rules went through, in order.
        needed: How many of those are matched all the same, because a correlation refers to them.
    """

    rules: tuple[LoadedRule, ...] = ()
    errors: tuple[RuleError, ...] = ()
    warnings: tuple[RuleError, ...] = ()
    files: int = 0
    duplicates: int = 0
    filtered: int = 0
    pipelines: tuple[str, ...] = ()
    needed: int = 0
    _counts: Counter[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Count the states once."""
        object.__setattr__(self, "_counts", Counter(rule.state for rule in self.rules))

    @property
    def counts(self) -> dict[str, int]:
        """How many rules are in each state; all four states are there."""
        return {state: self._counts[state] for state in STATES}

    @property
    def kinds(self) -> dict[str, int]:
        """How many rules, filters and correlations there are; all three are there."""
        found = Counter(rule.kind for rule in self.rules)
        return {kind: found[kind] for kind in KINDS}

    def in_state(self, state: str) -> tuple[LoadedRule, ...]:
        """The rules in one state."""
        return tuple(rule for rule in self.rules if rule.state == state)

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain data; rules that are ready are counted, the others listed."""
        return {
            "files": self.files,
            "rules": len(self.rules),
            "counts": self.counts,
            "kinds": self.kinds,
            "duplicates": self.duplicates,
            "filtered": self.filtered,
            "pipelines": list(self.pipelines),
            "needed": self.needed,
            "not_ready": [
                {**asdict(rule), "placeholders": list(rule.placeholders)} for rule in self.rules if rule.state != "ready"
            ],
            "errors": _plain(self.errors),
            "warnings": _plain(self.warnings),
        }

    def __str__(self) -> str:
        """Tell the counts in one line."""
        told = [f"{count} {state}" for state, count in self.counts.items() if count or state == "ready"]
        told += [_counted(self.duplicates, "duplicate")] if self.duplicates else []
        told += [f"{self.filtered} filtered out"] if self.filtered else []
        told += [f"{self.needed} of them needed by correlations"] if self.needed else []
        told += [_counted(len(self.warnings), "warning")] if self.warnings else []
        kinds = self.kinds
        more = [_counted(kinds[kind], kind) for kind in KINDS[1:] if kinds[kind]]
        return f"{', '.join([_counted(kinds['rule'], 'rule'), *more])}: {', '.join(told)}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _plain(records: Iterable[RuleError]) -> list[dict[str, Any]]:
    return [{name: member for name, member in asdict(record).items() if member is not None} for record in records]
