"""Which columns answer a predicate in a view, and what else they may say in answer to it.

A mapping's value readings are made into further predicates here, joined by or, so that nobody after this knows of schemas.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sigtrawl.reference.folding import fold
from sigtrawl.reference.literals import TEXT_OPS, is_any_value
from sigtrawl.reference.paths import Path, Schema, find_path
from sigtrawl.reference.predicates import Predicate
from sigtrawl.schemas import Answer, Mapping

_WHOLE_NUMBER: Final = re.compile(r"\A(?:0|[1-9][0-9]{0,19})\Z")
_BARE_NAME: Final = re.compile(r"[\\/]([^\\/]+)", re.DOTALL)
_BARE_PATTERN: Final = re.compile(r"\*(?:\\\\|/)((?:[^\\/]|\\[*?])+)", re.DOTALL)
_DIGEST: Final = re.compile(r"(?:([A-Za-z0-9]+)=)?([0-9A-Fa-f]+)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A predicate on the first of some columns that is not null.

    Attributes:
        predicate: What is asked; its field no longer matters.
        paths: Where; never empty.
        others: Where the other side of a ``fieldref`` stands.
    """

    predicate: Predicate
    paths: tuple[Path, ...]
    others: tuple[Path, ...] = ()


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
        columns = self._paths(answer.columns)
        hashes = {algorithm: self._paths([column]) for algorithm, column in answer.hashes.items()}
        op = predicate["op"]
        if op == "fieldref":
            others = self._paths(self._answer(predicate["value"]).columns)
            return [Reading(predicate, columns, others)] if columns and others else []
        if op in {"null", "exists"} or (hashes and is_any_value(predicate)):
            everywhere = columns + tuple(path for paths in hashes.values() for path in paths)
            return [Reading(predicate, everywhere)] if everywhere else []
        found = [Reading(asked, columns) for asked in (predicate, *_further(predicate, answer))] if columns else []
        return found + _digests(predicate, hashes)

    def answers(self, field: str) -> bool:
        """Say whether anything in the table answers a field."""
        answer = self._answer(field)
        return bool(self._paths([*answer.columns, *answer.hashes.values()]))

    def wanted(self, field: str) -> tuple[str, ...]:
        """Name the columns that would answer a field, if the table had them."""
        answer = self._answer(field)
        # A join is nothing without its first column.
        return (*answer.columns, *answer.join[:1], *(answer.hashes[name] for name in sorted(answer.hashes)))

    def _answer(self, field: str) -> Answer:
        answer = self._answers.get(field)
        if answer is None:
            return Answer((field,)) if self._own_names else Answer()
        return answer

    def _paths(self, columns: Iterable[str]) -> tuple[Path, ...]:
        found = (find_path(self.schema, column) for column in columns)
        return tuple(path for path in found if path is not None)


def _further(predicate: Predicate, answer: Answer) -> list[Predicate]:
    """List what is accepted besides the predicate itself."""
    op, value, cased = predicate["op"], predicate.get("value"), bool(predicate.get("cased"))
    accepted: list[str] = []
    further: list[Predicate] = []
    if op == "equals":
        for text, texts in answer.values.items():
            if text == value if cased else fold(text) == fold(str(value)):
                accepted.extend(texts)
    if answer.hex and (op == "equals" or (op == "number" and predicate["cmp"] == "eq")):
        accepted.extend(f"{int(text):#x}" for text in _WHOLE_NUMBER.findall(str(value)))
    if answer.bare:
        bare = _BARE_NAME.fullmatch(str(value)) if op == "endswith" else None
        accepted.extend(bare.groups() if bare else ())
        pattern = _BARE_PATTERN.fullmatch(str(value)) if op == "like" else None
        further.extend({"op": "like", "value": name, "cased": cased} for name in (pattern.groups() if pattern else ()))
    return [*further, *({"op": "equals", "value": text, "cased": cased} for text in accepted)]


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
