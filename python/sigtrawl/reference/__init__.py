"""The reference evaluator: a second, independent answer to what a set of rules matches.

It is small where the core is fast. It reads a Plan as plain data, takes a polars frame, and shares no code with the core:
literals are found by pyahocorasick, regular expressions by a translation to `re`, numbers are compared digit by digit. What
``engine="reference"`` and ``--verify`` compare the core with is this.

The way through it: `routing` says which rows a rule reads and through which view, `answers` which columns answer a field
there, `columns` what texts those hold, `predicates` what is true of a text, `evaluate` walks the rules' conditions.
"""

from sigtrawl.reference.binding import RuleState, bind
from sigtrawl.reference.cursor import RegexNotTranslatableError
from sigtrawl.reference.evaluate import Evaluation, NotEvaluable, evaluate, run

__all__ = ["Evaluation", "NotEvaluable", "RegexNotTranslatableError", "RuleState", "bind", "evaluate", "run"]
