"""The reference evaluator (pyahocorasick and Python), and pyahocorasick alone."""

from collections.abc import Callable
from importlib.metadata import version

import ahocorasick
import polars as pl

from race.jobs import Found, Job
from race.literals import literals_of, told_as
from sigtrawl import reference
from sigtrawl.ruleset import RuleSet
from sigtrawl.schemas import builtin


class Reference:
    """The evaluator that defines the right answer."""

    def version(self) -> str:
        """The version of the library that finds its literals."""
        return f"reference evaluator (pyahocorasick {version('pyahocorasick')})"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Reads the events; finding the literals' automata is part of the evaluator's work."""
        import json

        plan = json.loads(RuleSet.load(job.rules).native.plan())
        events = pl.read_parquet(list(job.files))
        places = list(job.places) if job.places is not None else list(range(len(plan["rules"])))
        plan["rules"] = [plan["rules"][place] for place in places]
        (mapping,) = (one for one in builtin() if one.name == "windows")

        def go() -> Found:
            found = reference.evaluate(plan, events, mapping=mapping)
            pairs = sorted((row, places[rule]) for row, rule in found)
            return Found(len(pairs), pairs if job.pairs else None)

        return go


class Literals:
    """All literals that rules look for in one column, by one automaton."""

    def version(self) -> str:
        """The library's version."""
        return f"pyahocorasick {version('pyahocorasick')} (literals)"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Builds the automaton."""
        column = job.more["column"]
        literals = literals_of(RuleSet.load(job.rules).plan(), column)
        automaton = ahocorasick.Automaton()
        for number, text in enumerate(literals):
            automaton.add_word(text, number)
        automaton.make_automaton()
        values = pl.read_parquet(list(job.files), columns=[column])[column]

        def go() -> Found:
            lowered = values.str.to_lowercase().fill_null("").to_list()
            return told_as([sorted({number for _, number in automaton.iter(text)}) for text in lowered], literals)

        return go
