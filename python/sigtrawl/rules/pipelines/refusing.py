"""What a pipeline's refusal of a rule says: one line with the step and the place, and not the insides of pySigma.

An exception of pySigma names neither, and some of its messages hold the text of a step with the whole pipeline in it. Which step
and which item of the rule were at work stands in the frames that the exception went through; it is read there, and not by
running the steps one by one, because pySigma's own loop keeps the state that conditions of later steps ask for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sigma.exceptions import SigmaError
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import transformations
from sigma.rule import SigmaDetection, SigmaDetectionItem

_TYPES = {kind: word for word, kind in transformations.items()}
# Enough to tell what is wrong; some values are long.
_MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a rule did not get through.

    Attributes:
        message: The reason in one line, with the step.
        item: The item of the rule that the step was at; None if it was at the rule as a whole.
    """

    message: str
    item: SigmaDetectionItem | None

    def place(self, detections: Mapping[str, SigmaDetection]) -> str | None:
        """Name the item by its detection and field."""
        for name, detection in detections.items():
            if any(one is self.item for one in _items(detection)):
                return f"{name}.{self.item.field}" if self.item is not None and self.item.field else name
        return None


def refusal(error: Exception, processing: ProcessingPipeline) -> Refusal:
    """Read an exception that a pipeline's step has raised."""
    steps, item = _at_work(error)
    # Without the place that pySigma appends: ours is told beside it.
    reason = str(error.args[0] if isinstance(error, SigmaError) and error.args else error)
    told = "the pipeline refuses it" if isinstance(error, SigmaError) else f"the pipeline fails on it: {type(error).__name__}"
    named = ""
    if steps:
        kind = _kind(steps[-1])
        reason = reason.replace(str(steps[-1].transformation), kind)
        # By its number: pySigma gives steps names of its own making, which stand in no file.
        number = next((f"step {place}, " for place, one in enumerate(processing.items, start=1) if one is steps[0]), "")
        named = f" ({number}{kind})"
    return Refusal(f"{told}: {brief(reason)}{named}", item)


def brief(reason: str) -> str:
    """Write a reason of pySigma's or of a plugin's in one line of bounded length."""
    line = " ".join(reason.split())
    return line if len(line) <= _MAX_REASON else f"{line[: _MAX_REASON - 1]}…"


def _at_work(error: Exception) -> tuple[list[ProcessingItem], SigmaDetectionItem | None]:
    """Give the steps that were running, the outermost first, and the item that the last one was given."""
    steps: list[ProcessingItem] = []
    item: SigmaDetectionItem | None = None
    trace = error.__traceback__
    while trace is not None:
        here = trace.tb_frame.f_locals
        trace = trace.tb_next
        if isinstance(own := here.get("self"), ProcessingItem) and all(own is not step for step in steps):
            steps.append(own)
        if isinstance(given := here.get("detection_item"), SigmaDetectionItem):
            item = given
    return steps, item


def _kind(step: ProcessingItem) -> str:
    kind = type(step.transformation)
    return _TYPES.get(kind, kind.__name__)


def _items(detection: SigmaDetection) -> Iterator[SigmaDetectionItem]:
    for entry in detection.detection_items:
        if isinstance(entry, SigmaDetection):
            yield from _items(entry)
        else:
            yield entry
