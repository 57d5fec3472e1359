"""The Plan: rules lowered to plain data, and its JSON.

It is the seam between the two halves of Sigtrawl. Rule loading ends in a Plan, and the core, the reference evaluator, compiled
files, pickles and tests begin with one, so none of them needs to know YAML or Sigma. DESIGN.md fixes the JSON; this module is
its one writer in Python, and it writes the same bytes for the same rules every time.

Conditions are trees of `And`, `Or` and `Not`. In a `Plan` the leaves are places in ``predicates``; in a rule that is not yet
part of a Plan they are the predicates themselves. Interning happens when a Plan is built, because only then is it known which
rules take part.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from sigtrawl.correlation.entry import CorrelationEntry, entry_in, silenced
from sigtrawl.errors import CompiledFileError
from sigtrawl.memory import uncollected

FORMAT = "sigtrawl-plan"
VERSION = 1

TEXT_OPS = ("equals", "contains", "startswith", "endswith")
OPS = (*TEXT_OPS, "like", "regex", "cidr", "number", "boolean", "null", "exists", "fieldref", "timepart")


@dataclass(frozen=True, slots=True)
class Predicate:
    """One test of one field. DESIGN.md tells what each ``op`` means and which members it uses.

    Attributes:
        field: The Sigma field; None for a keyword, which looks at every column of the row.
        op: One of `OPS`.
        value: Text, a pattern, decimal text, a boolean, or the integer of a ``timepart``.
        cased: Whether letters' case counts.
        flags: Letters of ``ims``, for ``regex``.
        cmp: ``eq lt lte gt gte``, for ``number`` and ``timepart``.
        how: One of `TEXT_OPS`, for ``fieldref``.
        part: ``minute hour day week month year``, for ``timepart``.
    """

    field: str | None
    op: str
    value: str | bool | int | None = None
    cased: bool = False
    flags: str = ""
    cmp: str | None = None
    how: str | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class And:
    """True if every node is; true if there is none."""

    nodes: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """True if some node is; false if there is none."""

    nodes: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """True if the node is not."""

    node: "Node"


Node: TypeAlias = int | Predicate | And | Or | Not


def all_of(nodes: Iterable[Node]) -> Node:
    """AND the nodes; a single one stands for itself."""
    nodes = tuple(nodes)
    return nodes[0] if len(nodes) == 1 else And(nodes)


def any_of(nodes: Iterable[Node]) -> Node:
    """OR the nodes; a single one stands for itself."""
    nodes = tuple(nodes)
    return nodes[0] if len(nodes) == 1 else Or(nodes)


@dataclass(frozen=True, slots=True)
class LogSource:
    """The events that a rule is about; an attribute that is None stands for any."""

    product: str | None = None
    category: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """A rule in a Plan: who it is, and what it looks for.

    Attributes:
        id: The rule's UUID in canonical form, or None.
        title: Its title.
        name: The name by which correlations refer to it.
        status: Its status, lower case.
        level: Its level, lower case.
        author: Its author.
        tags: Its tags, lower case.
        logsource: The events that it is about.
        path: Its file, relative to the folder that was searched.
        condition: The lowered condition; None for a rule that waits for placeholders.
        placeholders: The names that a waiting rule waits for.
        silent: Whether its matches are not put out, because it is only there for correlations.
        parts: The rule's own words for the parts of its condition (`sigtrawl.rules.outline`), for explanations; matching does
            not look at them.
    """

    id: str | None
    title: str
    name: str | None = None
    status: str | None = None
    level: str | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()
    logsource: LogSource = LogSource()
    path: str | None = None
    condition: Node | None = None
    placeholders: tuple[str, ...] = ()
    silent: bool = False
    parts: Mapping[str, Any] | None = field(default=None, hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """Rules as plain data.

    Attributes:
        predicates: Every distinct test, in the order of first use.
        rules: The rules that can run; the leaves of their conditions are places in ``predicates``.
        waiting: Rules that wait for placeholder values.
        load_report: What loading said, carried as it is.
        correlations: The correlations, each after all that it refers to; those that wait are among them.
    """

    predicates: tuple[Predicate, ...] = ()
    rules: tuple[RuleEntry, ...] = ()
    waiting: tuple[RuleEntry, ...] = ()
    load_report: Mapping[str, Any] = field(default_factory=dict)
    correlations: tuple[CorrelationEntry, ...] = ()

    @uncollected()
    def to_json(self) -> bytes:
        """Write the Plan; the same Plan gives the same bytes."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "predicates": [_predicate_out(predicate) for predicate in self.predicates],
            "rules": [
                {**_entry_out(entry), "condition": _node_out(entry.condition), **_parts_out(entry)} for entry in self.rules
            ],
            "waiting": [{**_entry_out(entry), "placeholders": list(entry.placeholders)} for entry in self.waiting],
            "load_report": dict(self.load_report),
        }
        if self.correlations:
            document["correlations"] = [entry.out() for entry in self.correlations]
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    @uncollected()
    def from_json(cls, data: bytes | str) -> "Plan":
        """Read a Plan.

        Raises:
            CompiledFileError: This is no Plan, it is damaged, or its version is not `VERSION`.
        """
        try:
            document = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise CompiledFileError(f"this is no Plan: its JSON cannot be read ({error})") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise CompiledFileError(f'this is no Plan: it does not say "format": "{FORMAT}"')
        version = document.get("version")
        if version != VERSION:
            raise CompiledFileError(
                f"the Plan has version {version!r}, and only version {VERSION} can be read; compile the rules again"
            )
        try:
            predicates = tuple(_predicate_in(raw) for raw in document["predicates"])
            check = _leaf_check(len(predicates))
            rules = tuple(_entry_in(raw, check) for raw in document["rules"])
            correlations = enumerate(document.get("correlations", ()))
            return cls(
                predicates=predicates,
                rules=rules,
                waiting=tuple(_entry_in(raw, check) for raw in document.get("waiting", ())),
                load_report=document.get("load_report") or {},
                correlations=tuple(entry_in(raw, len(rules), place) for place, raw in correlations),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CompiledFileError(f"the Plan is damaged: {type(error).__name__}: {error}") from None


def with_predicates(node: Node | None, plan: Plan) -> Node | None:
    """Put the predicates back into a condition of a Plan, where their places stand; so it can join another Plan."""
    if isinstance(node, int):
        return plan.predicates[node]
    if isinstance(node, And | Or):
        return type(node)(tuple(with_predicates(child, plan) or child for child in node.nodes))
    if isinstance(node, Not):
        return Not(with_predicates(node.node, plan) or node.node)
    return node


class PlanBuilder:
    """Gathers rules into a Plan and interns their predicates on the way."""

    def __init__(self) -> None:
        self._places: dict[Predicate, int] = {}
        self._rules: list[RuleEntry] = []
        self._waiting: list[RuleEntry] = []

    def intern(self, node: Node) -> Node:
        """Replace the predicates of a tree by their places."""
        if isinstance(node, Predicate):
            return self._places.setdefault(node, len(self._places))
        if isinstance(node, And | Or):
            return type(node)(tuple(self.intern(child) for child in node.nodes))
        if isinstance(node, Not):
            return Not(self.intern(node.node))
        raise TypeError(f"a condition that joins a Plan holds predicates, not {node!r}")

    def add(self, entry: RuleEntry) -> int | None:
        """Add a rule and give its place; one without a condition waits, and has none."""
        if entry.condition is None:
            self._waiting.append(entry)
            return None
        self._rules.append(replace(entry, condition=self.intern(entry.condition)))
        return len(self._rules) - 1

    def build(
        self,
        load_report: Mapping[str, Any] | None = None,
        correlations: Sequence[CorrelationEntry] = (),
        *,
        left_out: tuple[Collection[int], Collection[int]] = ((), ()),
    ) -> Plan:
        """Give the Plan of all rules added so far.

        Args:
            load_report: What loading said.
            correlations: The correlations, in their order.
            left_out: The places of rules and of correlations that nobody asked for and others need; they are silent.
        """
        inner_rules, inner = silenced(correlations)
        rules = (replace(rule, silent=place in inner_rules or place in left_out[0]) for place, rule in enumerate(self._rules))
        settled = (replace(entry, silent=place in inner or place in left_out[1]) for place, entry in enumerate(correlations))
        return Plan(tuple(self._places), tuple(rules), tuple(self._waiting), load_report or {}, tuple(settled))


def _predicate_out(predicate: Predicate) -> dict[str, Any]:
    raw: dict[str, Any] = {"field": predicate.field, "op": predicate.op}
    # `value` may be false or '', the others never mean anything when they are empty.
    if predicate.value is not None:
        raw["value"] = predicate.value
    for name in ("cased", "flags", "cmp", "how", "part"):
        if member := getattr(predicate, name):
            raw[name] = member
    return raw


def _predicate_in(raw: Mapping[str, Any]) -> Predicate:
    if raw["op"] not in OPS:
        raise ValueError(f"there is no operation {raw['op']!r}")
    return Predicate(**raw)


def _node_out(node: Node | None) -> Any:
    if isinstance(node, int):
        return node
    if isinstance(node, And):
        return {"and": [_node_out(child) for child in node.nodes]}
    if isinstance(node, Or):
        return {"or": [_node_out(child) for child in node.nodes]}
    if isinstance(node, Not):
        return {"not": _node_out(node.node)}
    raise TypeError(f"a Plan holds places of predicates, not {node!r}")


def _node_in(raw: Any, check: Callable[[int], int]) -> Node:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return check(raw)
    ((kind, inner),) = raw.items()
    if kind == "not":
        return Not(_node_in(inner, check))
    nodes = tuple(_node_in(child, check) for child in inner)
    if kind not in ("and", "or"):
        raise ValueError(f"there is no node {kind!r}")
    return And(nodes) if kind == "and" else Or(nodes)


def _leaf_check(count: int) -> Callable[[int], int]:
    def check(place: int) -> int:
        if not 0 <= place < count:
            raise ValueError(f"predicate {place} is not among the {count}")
        return place

    return check


def _entry_out(entry: RuleEntry) -> dict[str, Any]:
    source = entry.logsource
    return {
        "id": entry.id,
        "title": entry.title,
        "name": entry.name,
        "status": entry.status,
        "level": entry.level,
        "author": entry.author,
        "tags": list(entry.tags),
        "logsource": {"product": source.product, "category": source.category, "service": source.service},
        "path": entry.path,
        **({"silent": True} if entry.silent else {}),
    }


def _parts_out(entry: RuleEntry) -> dict[str, Any]:
    return {} if entry.parts is None else {"parts": dict(entry.parts)}


def _entry_in(raw: Mapping[str, Any], check: Callable[[int], int]) -> RuleEntry:
    members = dict(raw)
    members["tags"] = tuple(members.get("tags") or ())
    members["logsource"] = LogSource(**(members.get("logsource") or {}))
    members["placeholders"] = tuple(members.get("placeholders") or ())
    if (condition := members.get("condition")) is not None:
        members["condition"] = _node_in(condition, check)
    return RuleEntry(**members)
