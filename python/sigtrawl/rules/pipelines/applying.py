"""One rule through the pipelines, with the filters that are for it, and what comes out.

A pipeline may refuse a rule, on purpose (``rule_failure``) or because its code meets what it does not expect. Either makes that
rule unsupported, with the pipeline's own words, and the load goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sigma.rule import SigmaDetection, SigmaDetections, SigmaRule

from sigtrawl.plan import LogSource, Node
from sigtrawl.rules.detections import Context, Report
from sigtrawl.rules.pipelines.finding import Pipelines
from sigtrawl.rules.pipelines.joining import Joined, Section, join
from sigtrawl.rules.pipelines.lowering import Lowerer
from sigtrawl.rules.pipelines.objects import build
from sigtrawl.rules.pipelines.refusing import refusal
from sigtrawl.rules.placeholders import Values

CODE = "pipeline"

Form: TypeAlias = "list[Form | None]"


@dataclass(frozen=True, slots=True)
class Applied:
    """What the pipelines made of a rule.

    Attributes:
        node: Its lowered condition; None while it waits, or if something was wrong.
        missing: The placeholders that nothing has filled.
        logsource: The log source that it has now.
        reworded: Whether its conditions have other texts than before.
        thinned: Of which filters, by their place, the pipelines have dropped a part: place and names of detections.
    """

    node: Node | None
    missing: tuple[str, ...]
    logsource: LogSource
    reworded: bool
    thinned: tuple[tuple[int, str], ...] = ()


def apply(
    pipelines: Pipelines,
    meta: SigmaRule,
    detection: Mapping[str, Any],
    texts: tuple[str, ...],
    given: Values,
    report: Report,
    filters: Sequence[Section] = (),
) -> Applied | None:
    """Apply pipelines to a rule that nothing is wrong with; None if they refuse it, and ``report`` has heard why.

    Args:
        pipelines: The pipelines.
        meta: The rule as pySigma read its metadata; it is changed.
        detection: Its raw detection.
        texts: Its conditions.
        given: Values of placeholders, which go before what a pipeline has for them.
        report: Is called with code, message, place, hint and state.
        filters: The filters that are for it.
    """
    joined = join(detection, texts, filters)

    def told(_code: str, message: str, place: str | None, hint: str | None, _state: str) -> None:
        where, place = joined.place(place)
        report(CODE, f"{where}after the pipelines: {message}", place, hint, "unsupported")

    detections, memories = build(joined.detections, given)
    before = {name: _form(one) for name, one in detections.items()}
    try:
        meta.detection = SigmaDetections(detections, list(joined.conditions))
        pipelines.processing.apply(meta)
    except Exception as error:  # noqa: BLE001 - the code of plugins may raise anything; the rule is lost, the load goes on
        refused = refusal(error, pipelines.processing)
        where, place = joined.place(refused.place(detections))
        if place is None and joined.parts:  # a step that looks at the whole rule has looked at its filters too
            named = ", ".join(repr(part.title) for part in joined.parts)
            where = f"with the filter{'s' if len(joined.parts) > 1 else ''} {named}: "
        report(CODE, f"{where}{refused.message}", place, None, "unsupported")
        return None
    lowerer = Lowerer(memories, Context(told, given))
    node = lowerer.rule(meta, joined)
    source = meta.logsource
    return Applied(
        node,
        tuple(lowerer.missing),
        LogSource(source.product, source.category, source.service),
        joined.conditions != tuple(condition.condition for condition in meta.detection.parsed_condition),
        tuple(_thinned(joined, before, meta.detection.detections)),
    )


def _form(detection: SigmaDetection) -> Form:
    """Note of what a detection consists: one entry for each item, a list for what stands deeper."""
    return [_form(entry) if isinstance(entry, SigmaDetection) else None for entry in detection.detection_items]


def _thinned(joined: Joined, before: Mapping[str, Form], after: Mapping[str, SigmaDetection]) -> Iterator[tuple[int, str]]:
    for number, part in enumerate(joined.parts):
        names = [name for name in before if name.startswith(part.prefix)]
        gone = [name.removeprefix(part.prefix) for name in names if name not in after or _lacks(after[name], before[name])]
        if gone:
            yield number, ", ".join(gone)


def _lacks(after: SigmaDetection, before: Form) -> bool:
    """Whether something of a detection is gone; an item may have become several, which stand in its place."""
    entries = after.detection_items
    if len(entries) < len(before):
        return True
    for entry, form in zip(entries, before, strict=False):
        if isinstance(entry, SigmaDetection) and (not entry.detection_items if form is None else _lacks(entry, form)):
            return True
    return False
