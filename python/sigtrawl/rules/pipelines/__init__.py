"""pySigma's processing pipelines: rules rewritten before they are lowered.

::

    names, files, folders ── finding ──▶ Pipelines ─┐
    raw detection ── objects ──▶ pySigma's objects ─┴─ applying ─▶ transformed objects ── lowering ──▶ Plan's nodes

A pipeline works on pySigma's objects, and we lower from the raw text, because that is where meanings are exact (DESIGN.md tells
why). So the objects are made from our own reading of the raw text, each value remembers what it was read as, and what a pipeline
leaves alone is lowered from that memory: renaming a field cannot change what its value means.
"""

from sigtrawl.rules.pipelines.applying import Applied, apply
from sigtrawl.rules.pipelines.fields import renamed
from sigtrawl.rules.pipelines.finding import Given, Pipelines, load_pipelines

__all__ = ["Applied", "Given", "Pipelines", "apply", "load_pipelines", "renamed"]
