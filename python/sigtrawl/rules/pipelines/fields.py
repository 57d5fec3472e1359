"""The names of fields outside detections, which correlations have: what a pipeline makes of them in the events of a rule.

A pipeline renames the names in a rule's own list of ``fields`` with those of its detection, under the same conditions. So a name
is put into that list, of a rule that the correlation refers to, and read again after the pipelines.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sigma.rule import SigmaDetections

from sigtrawl.rules import compat
from sigtrawl.rules.pipelines.finding import Pipelines
from sigtrawl.rules.pipelines.joining import Section, join
from sigtrawl.rules.pipelines.objects import build
from sigtrawl.rules.pipelines.refusing import refusal
from sigtrawl.rules.placeholders import Values


def renamed(
    name: str, raw: Mapping[str, Any], pipelines: Pipelines, given: Values, filters: Sequence[Section] = ()
) -> tuple[str, ...]:
    """Give the fields that a name stands for after the pipelines, in the events of a rule that went through them with filters.

    Raises:
        ValueError: The pipelines refuse the name.
    """
    added = _fields([], raw, pipelines, given, filters)  # steps may add fields of their own, at the end
    found = _fields([name], raw, pipelines, given, filters)
    return tuple(dict.fromkeys(found[: len(found) - len(added)] if added == found[len(found) - len(added) :] else found))


def _fields(
    fields: list[str], raw: Mapping[str, Any], pipelines: Pipelines, given: Values, filters: Sequence[Section]
) -> list[str]:
    meta, _ = compat.read_metadata({**raw, "fields": fields})
    if meta is None:
        raise ValueError("its metadata cannot be read")
    conditions = raw["detection"]["condition"]
    joined = join(raw["detection"], tuple(conditions) if isinstance(conditions, list) else (conditions,), filters)
    detections, _ = build(joined.detections, given)
    try:
        meta.detection = SigmaDetections(detections, list(joined.conditions))
        pipelines.processing.apply(meta)
    except Exception as error:  # the code of plugins may raise anything
        raise ValueError(refusal(error, pipelines.processing).message) from error
    return list(meta.fields)
