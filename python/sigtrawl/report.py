"""What a scan or a check says about itself: every input and every rule in exactly one counted state.

The core reports in JSON (DESIGN.md, "The report of a scan"); these are the same facts as frozen, typed objects, joined with
nothing. Rules are told apart by their place, which is their place in the Plan.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INPUT_STATES = ("whole", "part", "failed", "nothing-to-run", "ignored")
RULE_STATES = ("runs", "partial", "inert", "no-log-source")
NEEDS_VALUES = "needs-values"

_UNREAD = frozenset({"part", "failed"})
_ABLE = frozenset({"runs", "partial"})


@dataclass(frozen=True, slots=True)
class InputReport:
    """One input: a file, or the data handed over in memory.

    Attributes:
        file: Its path; None for data in memory.
        state: One of `INPUT_STATES`.
        reason: Why the state is not ``whole``, in words.
        schema: The name of the schema mapping that reads it, if any.
        schema_reason: Why that mapping was chosen.
        rows: How many rows it holds.
        rows_read: How many of them were looked at.
        row_groups: How many row groups it holds.
        size: In bytes.
        setting: The place, from 0, of the entry of the configuration's ``inputs`` that says how it is read; None if none does.
        rules: How many rules are in each state of `RULE_STATES` on it.
        time: The columns that its events' times are read from, the preferred first; none: no event has a time.
    """

    file: str | None
    state: str
    reason: str | None
    schema: str | None
    schema_reason: str | None
    rows: int
    rows_read: int
    row_groups: int
    size: int
    rules: Mapping[str, int]
    time: tuple[str, ...] = ()
    setting: int | None = None


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule: its best state over all inputs.

    Attributes:
        state: One of `RULE_STATES`.
        lost: What a ``partial`` rule lost: ``branches`` (fewer matches), ``filters`` (more), or both.
        missing: Fields that no column answers.
        matches: How many matches it has.
        rows: How many rows it matched.
        near: Missing field → a column that it most likely means: its name differs only in case, a space or an ``@``;
            or the field's own name, where there is such a column and the schema does not take it for the field.
        any_product: The rule states a product, and rows that it reads do not tell theirs: it runs on those of any.
        cost: Seconds of all threads that the rule took alone, where they were asked for (`Request.costs`); else None.
    """

    state: str
    lost: tuple[str, ...]
    missing: tuple[str, ...]
    matches: int
    rows: int
    near: Mapping[str, str] = field(default_factory=dict)
    any_product: bool = False
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column whose type is not the same in all groups.

    Attributes:
        column: Its path.
        before: Its type in the largest group.
        after: Its type here.
    """

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class GroupReport:
    """Inputs that have the same columns and are read the same way; only those that could be opened.

    Attributes:
        files: How many inputs.
        examples: The first of them, at most three; none for data in memory.
        rows: Their rows.
        schema: The name of the schema mapping that reads them, if any.
        schema_reason: Why that mapping, or why none.
        rules: How many rules are in each state of `RULE_STATES` on them.
        near: Field that some rule misses here → a column that it most likely means.
        added: Columns that the largest group lacks.
        removed: Columns of the largest group that these inputs lack.
        changed: Columns that are of another type in the largest group.
    """

    files: int
    examples: tuple[str, ...]
    rows: int
    schema: str | None
    schema_reason: str | None
    rules: Mapping[str, int]
    near: Mapping[str, str]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[ColumnChange, ...]


@dataclass(frozen=True, slots=True)
class DifferingRule:
    """A rule whose state is not the same in all groups.

    Attributes:
        rule: Its place in the rule set.
        states: Its state in each group; None where no mapping reads the group.
    """

    rule: int
    states: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class CorrelationReport:
    """One correlation.

    Attributes:
        id: Its id, if it has one.
        title: Its title.
        state: One of `RULE_STATES`, as its rules' states make it; ``needs-values`` if it waits for placeholders.
        silent: Whether its results are only events of another correlation, and are not put out.
        missing: Fields that it groups by or looks at, and that no column answers.
        near: Of some of these, the column that is most likely meant.
        results: How many results it has.
        events: How many matches of its rules, and results of its correlations, it was evaluated over.
        without_time: Matches that were left out because their time is not known.
        not_numbers: Events whose value is no number, where one is needed.
    """

    id: str | None
    title: str
    state: str
    silent: bool
    missing: tuple[str, ...]
    near: Mapping[str, str]
    results: int
    events: int
    without_time: int
    not_numbers: int


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a scan did, or what a check says a scan would do.

    Attributes:
        inputs: One entry an input, ignored ones included.
        rules: One entry a rule, in the order of the rule set.
        rows: Rows looked at.
        size: Bytes of the inputs.
        matches: Matches put out, the results of correlations among them.
        unreadable_times: Matches whose time column held something that is no time.
        not_evaluable: Column → how many values had no text form.
        complete: Whether the scan has come to its end.
        groups: The inputs by their columns; more than one where columns differ between files.
        differing: The rules whose state is not the same in all groups.
        correlations: One entry a correlation, in the order of the rule set.
        times: What the work took, in seconds of all threads together: ``read``, ``match``, ``emit``, and of ``match`` the part
            ``verify``; those that the core measures.
    """

    inputs: tuple[InputReport, ...]
    rules: tuple[RuleReport, ...]
    rows: int
    size: int
    matches: int
    unreadable_times: int
    not_evaluable: Mapping[str, int]
    complete: bool
    groups: tuple[GroupReport, ...] = ()
    differing: tuple[DifferingRule, ...] = ()
    correlations: tuple[CorrelationReport, ...] = ()
    times: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: bytes) -> "ScanReport":
        """Read the core's report."""
        raw = json.loads(text)
        return cls(
            inputs=tuple(_input(entry) for entry in raw["inputs"]),
            rules=tuple(_rule(entry) for entry in raw["rules"]),
            rows=raw["rows"],
            size=raw["bytes"],
            matches=raw["matches"],
            unreadable_times=raw.get("unreadable_times", 0),
            not_evaluable={entry["column"]: entry["values"] for entry in raw.get("not_evaluable", ())},
            complete=raw["complete"],
            groups=tuple(_group(entry) for entry in raw.get("groups", ())),
            differing=tuple(DifferingRule(entry["rule"], tuple(entry["states"])) for entry in raw.get("differing", ())),
            correlations=tuple(_correlation(entry) for entry in raw.get("correlations", ())),
            times=raw.get("times") or {},
        )

    @property
    def unread(self) -> tuple[InputReport, ...]:
        """The inputs that were not read to their end, or not at all."""
        return tuple(entry for entry in self.inputs if entry.state in _UNREAD)

    def input_states(self) -> dict[str, int]:
        """How many inputs are in each state, in the order of `INPUT_STATES`."""
        return _counted(INPUT_STATES, Counter(entry.state for entry in self.inputs))

    def rule_states(self) -> dict[str, int]:
        """How many rules are in each state, in the order of `RULE_STATES`."""
        return _counted(RULE_STATES, Counter(entry.state for entry in self.rules))

    def able(self) -> bool:
        """Whether at least one rule can run."""
        return any(entry.state in _ABLE for entry in self.rules)


def _counted(states: tuple[str, ...], counts: Counter[str]) -> dict[str, int]:
    return {state: counts[state] for state in (*states, *sorted(set(counts) - set(states))) if counts[state]}


def _input(raw: Mapping[str, Any]) -> InputReport:
    return InputReport(
        file=raw.get("file"),
        state=raw["state"],
        reason=raw.get("reason"),
        schema=raw.get("schema"),
        schema_reason=raw.get("schema_reason"),
        rows=raw.get("rows") or 0,
        rows_read=raw.get("rows_read") or 0,
        row_groups=raw.get("row_groups") or 0,
        size=raw.get("bytes") or 0,
        rules=raw.get("rules") or {},
        time=tuple(raw.get("time", ())),
        setting=raw.get("setting"),
    )


def _correlation(raw: Mapping[str, Any]) -> CorrelationReport:
    return CorrelationReport(**{**raw, "missing": tuple(raw["missing"])})


def _rule(raw: Mapping[str, Any]) -> RuleReport:
    return RuleReport(
        state=raw["state"],
        lost=tuple(raw.get("lost", ())),
        missing=tuple(raw.get("missing", ())),
        matches=raw.get("matches", 0),
        rows=raw.get("rows", 0),
        near=raw.get("near") or {},
        any_product=raw.get("any_product", False),
        cost=raw.get("cost"),
    )


def _group(raw: Mapping[str, Any]) -> GroupReport:
    return GroupReport(
        files=raw["files"],
        examples=tuple(raw["examples"]),
        rows=raw["rows"],
        schema=raw.get("schema"),
        schema_reason=raw.get("schema_reason"),
        rules=raw["rules"],
        near=raw["near"],
        added=tuple(raw["added"]),
        removed=tuple(raw["removed"]),
        changed=tuple(ColumnChange(entry["column"], entry["from"], entry["to"]) for entry in raw["changed"]),
    )
