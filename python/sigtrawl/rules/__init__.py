"""Rule files → `Rule` → `Plan`.

::

    text ─ documents ─▶ mapping ─ compat (pySigma) ─▶ metadata ─┐
                           └─ detections ── modifiers, values ──┴▶ Rule ─ collection ─▶ Plan
                                 └─ conditions

`loading` drives it over files, `selection` leaves rules out, and `report` says what became of each one.
"""

from sigtrawl.rules.collection import Rules
from sigtrawl.rules.loading import load_rules, rules_from_yaml
from sigtrawl.rules.report import LoadedRule, LoadReport
from sigtrawl.rules.rule import Rule
from sigtrawl.rules.selection import LEVELS, STATUSES

__all__ = ["LEVELS", "STATUSES", "LoadReport", "LoadedRule", "Rule", "Rules", "load_rules", "rules_from_yaml"]
