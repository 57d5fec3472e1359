r"""One text that several predicates on a field agree about, and texts that narrowly fail one of them.

Each predicate says what stands at the start, somewhere inside, at the end, or is the whole; the parts are put together and the
result is asked back. What was asked for and the ways to fail it are written from the meaning of each op, not from an engine's
code; only the asking uses the reference evaluator's reading of a single predicate.
"""

import ipaddress
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from tests.conformance.generated import patterns

from sigtrawl.reference.dialect import translate
from sigtrawl.reference.folding import fold
from sigtrawl.reference.predicates import keyword_number, matcher

Predicate: TypeAlias = Mapping[str, Any]

ATTEMPTS = 60
"""How often parts are put together anew before predicates are taken to contradict each other."""

_TOKEN = re.compile(r"\\([*?\\])|([*?])|([^*?\\]+)", re.DOTALL)


class Frozen(dict[str, Any]):
    """A predicate that can be a key: `functools.cache` compiles each once."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted((name, str(value)) for name, value in self.items())))


@dataclass(frozen=True, slots=True)
class Shape:
    """What a predicate wants of a text; ``whole`` leaves no room for anything else."""

    head: str = ""
    inside: tuple[str, ...] = ()
    tail: str = ""
    whole: str | None = None


@cache
def _ask(predicate: Frozen) -> Any:
    if predicate["field"] is None and predicate["op"] == "number":
        return keyword_number(predicate["value"])
    return matcher(predicate)


def holds(predicate: Frozen, text: str | None) -> bool:
    """Say whether a text satisfies a predicate (not a ``fieldref``); None is a null."""
    if predicate["op"] == "null":
        return text is None
    if predicate["op"] == "exists":
        return text is not None
    return text is not None and bool(_ask(predicate)(text))


def build(wanted: list[Frozen], unwanted: Iterable[Frozen], rng: random.Random) -> str | None:
    """Build a text that satisfies all that is wanted and, if that can be had, nothing that is unwanted.

    Returns:
        None if no attempt satisfied all that is wanted.
    """
    unwanted = list(unwanted)
    second_best = None
    for text in _attempts(wanted, rng):
        if all(holds(predicate, text) for predicate in wanted):
            if not any(holds(predicate, text) for predicate in unwanted):
                return text
            second_best = text if second_best is None else second_best
    return second_best


def _attempts(wanted: list[Frozen], rng: random.Random) -> Iterator[str]:
    tried: set[str] = set()
    fillers = ("", " ", "x", "7", "\\", ".", "-", "/")
    for attempt in range(ATTEMPTS):
        filler = fillers[attempt % len(fillers)]
        shapes = [shape_of(predicate, filler, rng) for predicate in wanted]
        wholes = [shape.whole for shape in shapes if shape.whole is not None]
        text = wholes[0] if wholes else _put_together(shapes, filler if attempt else " ", rng, shuffle=attempt > 2)
        if text not in tried:
            tried.add(text)
            yield text


def _put_together(shapes: list[Shape], filler: str, rng: random.Random, *, shuffle: bool) -> str:
    head = max((shape.head for shape in shapes), key=len)
    tail = max((shape.tail for shape in shapes), key=len)
    inside = [part for shape in shapes for part in shape.inside]
    if shuffle:
        rng.shuffle(inside)
    text = head or (filler if shuffle else "")
    for part in inside:
        if fold(part) not in fold(text):
            text += (filler if text else "") + part
    if not tail or (text.endswith(tail) and not shuffle):
        return text or filler.strip() or "x"
    return text + (filler if shuffle else "") + tail


def shape_of(predicate: Frozen, filler: str, rng: random.Random) -> Shape:
    """Say what a predicate wants; `filler` stands where a wildcard is."""
    op: str = predicate["op"]
    value: Any = predicate.get("value")
    match op:
        case "equals":
            return Shape(whole=value)
        case "startswith":
            return Shape(head=value)
        case "endswith":
            return Shape(tail=value)
        case "contains":
            return Shape(inside=(value,) if value else ())
        case "like":
            return _like(value, filler)
        case "regex":
            return _regex(predicate, rng)
        case "number" if predicate["field"] is None:
            return Shape(inside=(value,))
        case "number" if predicate["cmp"] == "eq":
            return Shape(whole=value)
        case "boolean":
            return Shape(whole="true" if value else "false")
        case "cidr":
            network = ipaddress.ip_network(value)
            return Shape(whole=str(network[rng.randrange(min(network.num_addresses, 200))]))
        case "exists":
            return Shape(inside=(f"some {predicate['field']}",))  # fields that are only there differ from each other
    message = f"the generator has no text for {dict(predicate)}"
    raise ValueError(message)


def _like(pattern: str, filler: str) -> Shape:
    runs: list[str] = [""]
    for escaped, wild, plain in _TOKEN.findall(pattern):
        if wild == "*":
            runs.append("")
        else:
            runs[-1] += (filler or "q")[0] if wild else escaped or plain
    if len(runs) == 1:
        return Shape(whole=runs[0])
    middle = filler.join(runs[1:-1])
    if runs[0] and runs[-1]:
        return Shape(whole=filler.join(runs))
    return Shape(head=runs[0], inside=(middle,) if middle else (), tail=runs[-1])


def _regex(predicate: Frozen, rng: random.Random) -> Shape:
    pattern = translate(predicate["value"], predicate.get("flags") or "")
    start, end = patterns.anchors(pattern)
    text = patterns.sample(pattern, rng)
    if start and end:
        return Shape(whole=text)
    return Shape(head=text) if start else Shape(tail=text) if end else Shape(inside=(text,))


def near_miss(predicate: Frozen, text: str) -> str | None:
    """Change a satisfying text as little as makes it fail; None if no small change does (``contains ''``)."""
    return next((changed for changed in _narrowly(predicate, text) if not holds(predicate, changed)), None)


def _narrowly(predicate: Frozen, text: str) -> Iterator[str]:
    op, value = predicate["op"], str(predicate.get("value"))
    if op == "cidr":
        network = ipaddress.ip_network(value)
        if network.num_addresses < 1 << network.max_prefixlen:
            last = int(network.broadcast_address)
            outside = last + 1 if last + 1 < 1 << network.max_prefixlen else int(network.network_address) - 1
            yield str(type(network.network_address)(outside))
    if op == "startswith":
        yield "~" + text
    if op in {"endswith", "equals"}:
        yield text + "~"
    if op == "number":
        yield text.replace(value, f"{value}0")
    if op == "contains" and value:
        yield re.sub(re.escape(fold(value)), lambda found: found.group()[:-1], fold(text))
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]
    yield text + "~"
    yield "~" + text
    yield "~"


def with_newline(predicate: Frozen, text: str, rng: random.Random) -> str:
    """Put a newline where the op's wildcard stands; where it has none, at the end or in the middle."""
    match predicate["op"]:
        case "startswith":
            return text + "\nx"
        case "endswith":
            return "x\n" + text
        case "contains":
            return "x\n" + text + "\nx"
        case "like":
            shape = shape_of(predicate, "\n", rng)
            return shape.whole if shape.whole is not None else "".join((shape.head, "\n", *shape.inside, "\n", shape.tail))
        case "regex":
            middle = len(text) // 2
            return text[:middle] + "\n" + text[middle:]
    return text + "\n"
