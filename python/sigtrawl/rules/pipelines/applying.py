"""One rule through the pipelines, and what comes out.

A pipeline may refuse a rule, on purpose (``rule_failure``) or because its code meets what it does not expect. Either makes that
rule unsupported, with the pipeline's own words, and the load goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigma.exceptions import SigmaError
from sigma.rule import SigmaDetections, SigmaRule

from sigtrawl.plan import LogSource, Node
from sigtrawl.rules.detections import Context, Report
from sigtrawl.rules.pipelines.finding import Pipelines
from sigtrawl.rules.pipelines.lowering import Lowerer
from sigtrawl.rules.pipelines.objects import build
from sigtrawl.rules.placeholders import Values

CODE = "pipeline"


@dataclass(frozen=True, slots=True)
class Applied:
    """What the pipelines made of a rule.

    Attributes:
        node: Its lowered condition; None while it waits, or if something was wrong.
        missing: The placeholders that nothing has filled.
        logsource: The log source that it has now.
        reworded: Whether its conditions have other texts than before.
    """

    node: Node | None
    missing: tuple[str, ...]
    logsource: LogSource
    reworded: bool


def apply(
    pipelines: Pipelines, meta: SigmaRule, detection: Mapping[str, Any], texts: tuple[str, ...], given: Values, report: Report
) -> Applied | None:
    """Apply pipelines to a rule that nothing is wrong with; None if they refuse it, and ``report`` has heard why.

    Args:
        pipelines: The pipelines.
        meta: The rule as pySigma read its metadata; it is changed.
        detection: Its raw detection.
        texts: Its conditions.
        given: Values of placeholders, which go before what a pipeline has for them.
        report: Is called with code, message, place, hint and state.
    """

    def told(_code: str, message: str, place: str | None, hint: str | None, _state: str) -> None:
        report(CODE, f"after the pipelines: {message}", place, hint, "unsupported")

    detections, memories = build(detection, given)
    try:
        meta.detection = SigmaDetections(detections, list(texts))
        pipelines.processing.apply(meta)
    except SigmaError as error:
        # Without the place that pySigma appends: ours is told beside it.
        report(CODE, f"the pipeline refuses it: {error.args[0] if error.args else error}", None, None, "unsupported")
        return None
    except Exception as error:  # noqa: BLE001 - the code of plugins may raise anything; the rule is lost, the load goes on
        report(CODE, f"the pipeline fails on it: {type(error).__name__}: {error}", None, None, "unsupported")
        return None
    lowerer = Lowerer(memories, Context(told, given))
    node = lowerer.rule(meta)
    source = meta.logsource
    reworded = texts != tuple(condition.condition for condition in meta.detection.parsed_condition)
    return Applied(node, tuple(lowerer.missing), LogSource(source.product, source.category, source.service), reworded)
