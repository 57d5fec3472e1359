"""Which columns answer a predicate in a view, and what else they may say in answer to it.

A mapping's value readings are made into further predicates here, joined by or, so that nobody after this knows of schemas.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sigtrawl.reference.folding import fold
from sigtrawl.reference.literals import TEXT_OPS, is_any_value
from sigtrawl.reference.paths import Joined, Path, Schema, Source, find_path
from sigtrawl.reference.predicates import Predicate
from sigtrawl.schemas import Answer, Mapping

_WHOLE_NUMBER: Final = re.compile(r"\A(?:0|[1-9][0-9]{0,19})\Z")
_BARE_NAME: Final = re.compile(r"[\\/]([^\\/]+)", re.DOTALL)
_BARE_PATTERN: Final = re.compile(r"\*(?:\\\\|/)((?:[^\\/]|\\[*?])+)", re.DOTALL)
_DIGEST: Final = re.compile(r"(?:([^=]*)=)?([0-9A-Fa-f]+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """A predicate on the first of some columns that is not null.

    Attributes:
        predicate: What is asked; its field no longer matters.
        sources: Where; never empty.
        others: Where the other side of a ``fieldref`` stands.
    """

    predicate: Predicate
    sources: tuple[Source, ...]
    others: tuple[Source, ...] = ()


class View:
    """How rules see the columns of one table."""

    def __init__(self, schema: Schema, mapping: Mapping | None, name: str | None) -> None:
        self.schema = schema
        self._own_names = mapping is None or mapping.own_names
        self._answers: dict[str, Answer] = {}
        if mapping is not None:
            self._answers.update(mapping.fields)
            self._answers.update(mapping.views[name] if name is not None else {})

    def readings(self, predicate: Predicate) -> list[Reading]:
        """List the readings of a predicate on a field; none at all if nothing in the table answers the field."""
        answer = self._answer(predicate["field"])
        sources = self._sources(answer)
        hashes = {algorithm: self._paths([column]) for algorithm, column in answer.hashes.items()}
        op = predicate["op"]
        if op == "fieldref":
            others = self._sources(self._answer(predicate["value"]))
            return [Reading(predicate, sources, others)] if sources and others else []
        digests = [paths for paths in hashes.values() if paths]
        if op in {"null", "exists"}:
            everywhere = sources + tuple(path for paths in digests for path in paths)
            return [Reading(predicate, everywhere)] if everywhere else []
        found = [Reading(asked, sources) for asked in (predicate, *_further(predicate, answer))] if sources else []
        if is_any_value(predicate):
            found += [Reading(predicate, paths) for paths in digests]
        return found + _digests(predicate, hashes)

    def comparable(self, field: str) -> bool:
        """Say whether anything in the table is a field's value; columns of digests are none, they are asked one by one."""
        return bool(self._sources(self._answer(field)))

    def wanted(self, field: str) -> tuple[str, ...] | None:
        """Name the columns that would answer a field, if the table had them; None where nothing shall answer it."""
        answer = self._answer(field)
        # A join is nothing without what it needs.
        columns = (*answer.columns, *answer.needed(), *(answer.hashes[name] for name in sorted(answer.hashes)))
        return columns if columns or field not in self._answers else None

    def _answer(self, field: str) -> Answer:
        answer = self._answers.get(field)
        if answer is None:
            return Answer((field,)) if self._own_names else Answer()
        return answer

    def _sources(self, answer: Answer) -> tuple[Source, ...]:
        if not answer.join:
            return self._paths(answer.columns)
        needed = self._paths(answer.needed())
        if len(needed) < len(answer.needed()):
            return ()
        parts = self._paths(answer.join)
        return (Joined(parts, answer.separator, tuple(part for part in parts if part in needed)),)

    def _paths(self, columns: Iterable[str]) -> tuple[Path, ...]:
        found = (find_path(self.schema, column) for column in columns)
        return tuple(path for path in found if path is not None)


def _further(predicate: Predicate, answer: Answer) -> list[Predicate]:
    """List what is accepted besides the predicate itself."""
    op, value, cased = predicate["op"], predicate.get("value"), bool(predicate.get("cased"))
    if op == "boolean":
        op, value = "equals", "true" if value else "false"
    equal = op == "equals" or (op == "number" and predicate["cmp"] == "eq")
    accepted: list[str] = []
    further: list[Predicate] = []
    if equal:
        for text, texts in answer.values.items():
            if text == value if cased else fold(text) == fold(str(value)):
                accepted.extend(texts)
    if op in TEXT_OPS or op == "like":
        for begin, others in answer.prefixes.items():
            spelled = _respelled(op, str(value), begin, others, cased=cased)
            further.extend({"op": op, "value": text, "cased": cased} for text in spelled)
    if answer.hex and op == "number" and not equal:
        further.append({**predicate, "hex": True})
    if answer.hex and equal:
        accepted.extend(f"{int(text):#x}" for text in _WHOLE_NUMBER.findall(str(value)))
    if answer.bare:
        bare = _BARE_NAME.fullmatch(str(value)) if op == "endswith" else None
        accepted.extend(bare.groups() if bare else ())
        pattern = _BARE_PATTERN.fullmatch(str(value)) if op == "like" else None
        further.extend({"op": "like", "value": name, "cased": cased} for name in (pattern.groups() if pattern else ()))
    return [*further, *({"op": "equals", "value": text, "cased": cased} for text in accepted)]


def _respelled(op: str, value: str, begin: str, others: Iterable[str], *, cased: bool) -> Iterator[str]:
    """Spell the beginning of a rule's text otherwise; what a pattern contains begins behind its leading wildcards."""
    write = _escape if op == "like" else str
    literal = value.lstrip("*") if op == "like" else value
    lead = value[: len(value) - len(literal)]
    begin = write(begin)
    here, rest = literal[: len(begin)], literal[len(begin) :]
    if here == begin or (not cased and fold(here) == fold(begin)):
        yield from (lead + write(other) + rest for other in others)


def _escape(text: str) -> str:
    return re.sub(r"[*?\\]", r"\\\g<0>", text)


def _digests(predicate: Predicate, hashes: dict[str, tuple[Path, ...]]) -> list[Reading]:
    """Read ``ALGO=hex`` as an equality on that algorithm's column, and plain ``hex`` as one on any."""
    if predicate["op"] not in TEXT_OPS or not hashes:
        return []
    digest = _DIGEST.fullmatch(predicate["value"])
    if digest is None:
        return []
    wanted: Predicate = {"op": "equals", "value": digest[2]}
    return [
        Reading(wanted, paths)
        for algorithm, paths in hashes.items()
        if paths and (digest[1] is None or fold(digest[1]) == fold(algorithm))
    ]
