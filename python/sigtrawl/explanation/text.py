"""An explanation as text: one part of the condition a line, marked with its truth, under the words of the rule.

Lists of values are shortened to what tells the answer: a rule with three hundred names of tools is not read as a list. The plain
data (`Explanation.to_dict`) holds all of it.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sigtrawl.explanation.model import Explanation, Leaf, Part, Reading, RouteFit, Seen, Wanted
from sigtrawl.explanation.words import quoted, source_text, visible

YES, NO = "✓", "✗"
FEW = 4
"""So many values that do not hold are shown of a list; the others are counted."""
ROUTES = 5

_LINKS = {"and": "all of", "or": "any of", "not": "not"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text: how deep it stands, whether what it says holds (None: it is no statement), and the words."""

    depth: int
    truth: bool | None
    words: str

    def __str__(self) -> str:
        """Give the line with its mark."""
        mark = "" if self.truth is None else f"{YES if self.truth else NO} "
        return f"{'  ' * self.depth}{mark}{self.words}"


def render(explanation: Explanation, width: int | None = None) -> str:
    """Write an explanation as text, lines no wider than ``width`` columns where one is given."""
    return "\n".join(piece for line in lines(explanation) for piece in _wrapped(line, width))


def lines(explanation: Explanation) -> Iterator[Line]:
    """Yield the lines of the text."""
    title = f"{explanation.rule_title} ({explanation.rule_id})" if explanation.rule_id else explanation.rule_title
    yield Line(0, None, visible(title))
    place = f"row {explanation.row} of {visible(explanation.file)}" if explanation.file else f"row {explanation.row}"
    yield Line(0, explanation.matches, f"{place} {'matches' if explanation.matches else 'does not match'}")
    yield Line(0, None, "")
    schema = f"schema {explanation.schema}" if explanation.schema else "no schema"
    yield Line(0, None, f"read by {schema}: {visible(explanation.schema_reason)}")
    yield Line(0, explanation.applies, f"log source: {visible(explanation.source_reason)}")
    yield from _routes(explanation.routes)
    shown = [reading for reading in explanation.readings if reading.applies] or list(explanation.readings)
    for reading in shown:
        yield from _reading(reading)


def _routes(routes: Sequence[RouteFit]) -> Iterator[Line]:
    shown = [route for route in routes if route.truth] or list(routes)
    for route in shown[:ROUTES]:
        view = f", read through the view {visible(route.view)}" if route.view else ""
        every = ": every row" if route.truth and not route.when else ""
        yield Line(1, route.truth, f"{visible(source_text(route.logsource))}{every}{view}")
        for column in route.lacks:
            yield Line(2, truth=False, words=f"the table should have the column {visible(column)}")
        for wanted in route.when:
            yield Line(2, wanted.truth, _wanted(wanted))
    if len(shown) > ROUTES:
        yield Line(1, None, f"… and {len(shown) - ROUTES} more routes")


def _wanted(wanted: Wanted) -> str:
    values = ["null" if value is None else quoted(value) if isinstance(value, str) else str(value) for value in wanted.values]
    some = " or ".join(values[:FEW]) + (f" or {len(values) - FEW} more" if len(values) > FEW else "")
    found = "the table has no such column" if wanted.found is None else _seen(wanted.found)
    return f"{visible(wanted.column)} should be {some}: {found}"


def _reading(reading: Reading) -> Iterator[Line]:
    through = f", read through the view {visible(reading.view)}" if reading.view else ""
    where = "" if reading.applies else ", which is not asked of this row"
    part = reading.condition
    # A link without a name of its own needs no line of its own.
    link = f": {_LINKS[part.kind]}" if part.leaf is None and not part.labels else ""
    yield Line(0, part.truth if reading.applies else None, f"condition{through}{where}{link}")
    for inside in _telling(part) if link else (part,):
        yield from _one(inside, 1, None)


def _part(part: Part, depth: int, above: str | None) -> Iterator[Line]:
    """Yield a part and what is inside; ``above`` is what the columns hold, where a line above told it already."""
    *outer, name = part.labels or (None,)
    for label in outer:  # one part of the condition under several names stands below each of them
        yield Line(depth, part.truth, visible(str(label)))
        depth += 1
    if part.leaf is not None:
        words = visible(name) if name else None
        yield Line(depth, part.truth, _leaf(part.leaf, words, above))
        return
    common = _common(part)
    told = f": {common}" if common and common != above else ""
    link = _LINKS[part.kind]
    yield Line(depth, part.truth, f"{visible(name)}, {link}{told}" if name else f"{link}{told}")
    for inside in _telling(part):
        yield from _one(inside, depth + 1, common or above)


def _one(inside: Part | str, depth: int, above: str | None) -> Iterator[Line]:
    if isinstance(inside, str):
        yield Line(depth, None, inside)
    else:
        yield from _part(inside, depth, above)


def _telling(part: Part) -> Iterator[Part | str]:
    """Yield what is inside a part; of a long list of values those that decide it."""
    if len(part.parts) <= FEW + 1 or any(inside.leaf is None or inside.labels for inside in part.parts):
        yield from part.parts
        return
    decisive = part.kind == "or"
    telling = [inside for inside in part.parts if inside.truth == decisive]
    others = [inside for inside in part.parts if inside.truth != decisive]
    room = 0 if telling else FEW
    yield from telling[:FEW]
    yield from others[:room]
    for rest, truth in ((len(telling) - FEW, decisive), (len(others) - room, not decisive)):
        if rest > 0:
            yield f"… and {rest} more that {'hold' if truth else 'do not hold'}"


def _leaf(leaf: Leaf, name: str | None, above: str | None) -> str:
    found = _found(leaf)
    # The line above tells the field where it tells what its columns hold.
    of_field = "" if name or leaf.field is None or above == found else f"{visible(leaf.field)} "
    said = f"{name}: {leaf.asks}" if name else f"{of_field}{leaf.asks}"
    read = f"; holds by the schema's reading of the value: {leaf.because}" if leaf.because else ""
    return f"{said}{read}" if found == above else f"{said}; {found}{read}"


def _found(leaf: Leaf) -> str:
    if leaf.field is None:
        return f"found: {', '.join(map(_seen, leaf.columns))}" if leaf.columns else "found in no column"
    if leaf.missing:
        return "; ".join(_missing(field, leaf) for field in leaf.missing)
    return ", ".join(map(_seen, leaf.columns))


def _missing(field: str, leaf: Leaf) -> str:
    column = leaf.near.get(field)
    if column == field:
        return f"no column answers {visible(field)} (the schema does not take the column of that name here)"
    near = "" if column is None else f" (did you mean the column {visible(column)}?)"
    return f"no column answers {visible(field)}{near}"


def _seen(seen: Seen) -> str:
    if not seen.present:
        return f"{visible(seen.column)} is null"
    if not seen.values:
        return f"{visible(seen.column)} holds no value that has a text form"
    values = ", ".join(map(quoted, seen.values[:FEW])) + (f" and {len(seen.values) - FEW} more" if len(seen.values) > FEW else "")
    return f"{visible(seen.column)} is {values}" if len(seen.values) == 1 else f"{visible(seen.column)} holds {values}"


def _common(part: Part) -> str | None:
    """Give what the columns hold, where all leaves right inside a part look at the same ones."""
    leaves = [inside.leaf for inside in part.parts]
    first = leaves[0] if leaves else None
    if len(leaves) < 2 or first is None or first.field is None:  # noqa: PLR2004 - several
        return None
    same = all(leaf is not None and leaf.field == first.field and _found(leaf) == _found(first) for leaf in leaves)
    return _found(first) if same else None


def _wrapped(line: Line, width: int | None) -> list[str]:
    text = str(line)
    if width is None or len(text) <= width:
        return [text]
    indent = "  " * line.depth
    marked = replace(line, depth=0)
    hanging = indent + ("    " if line.truth is not None else "  ")
    return textwrap.wrap(
        str(marked), width, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False, drop_whitespace=True
    )
