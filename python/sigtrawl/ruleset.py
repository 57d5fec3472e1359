"""A compiled set of rules: made once, shared freely, matched many times.

It is a frozen handle on the core's own object. What it knows of its rules is the Plan it was compiled from, which the core keeps;
titles and the load report are read from there when somebody asks, so opening a compiled file never parses JSON in Python.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from sigtrawl import compiled
from sigtrawl.correlation.opening import correlating, open_correlated
from sigtrawl.errors import SigtrawlError
from sigtrawl.exports import exportable
from sigtrawl.matches import Matches, Origin, Stream
from sigtrawl.request import Columns, Engine, LogSource, Request, request

if TYPE_CHECKING:
    import os

    from sigtrawl import _native
    from sigtrawl.plan import Plan


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False, weakref_slot=True)
class RuleSet:
    """Compiled rules. Immutable; threads may share it, and it pickles as its Plan.

    Attributes:
        native: The core's object.
    """

    native: "_native.RuleSet"

    @classmethod
    def from_plan(cls, plan: "Plan | bytes") -> "RuleSet":
        """Compile a Plan, given as such or as its JSON."""
        from sigtrawl import _native

        return cls(_native.RuleSet(plan if isinstance(plan, bytes) else plan.to_json()))

    @classmethod
    def load(cls, path: "str | os.PathLike[str]") -> "RuleSet":
        """Load a compiled file.

        Raises:
            CompiledFileError: The file is missing, foreign, truncated, damaged, or from a newer Sigtrawl.
        """
        return cls.from_plan(compiled.read(Path(path)))

    def save(self, path: "str | os.PathLike[str]") -> None:
        """Write a compiled file, which `load` and the command line's ``-r`` take.

        Raises:
            OutputError: The file cannot be written.
        """
        compiled.write(Path(path), self.native.plan())

    def match(
        self,
        data: Any,
        *,
        schema: "str | os.PathLike[str] | None" = None,
        logsource: LogSource | None = None,
        columns: Columns = "all",
        engine: Engine = "core",
        threads: int | None = None,
    ) -> Matches:
        """Match data in memory.

        Where no rule can run the matches are empty and their report says why; that is no error here.

        Args:
            data: Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``: a polars frame, a pyarrow table or batch, …
            schema: As in `sigtrawl.scan`.
            logsource: As in `sigtrawl.scan`.
            columns: As in `sigtrawl.scan`.
            engine: As in `sigtrawl.scan`.
            threads: As in `sigtrawl.scan`.

        Raises:
            SchemaError: No schema mapping recognises the data, and neither ``schema`` nor ``logsource`` says what it is.
            TypeError: ``data`` is no Arrow data.
        """
        asked = request(schema=schema, logsource=logsource, columns=columns, engine=engine, threads=threads)
        return match_in_memory(self, data, asked)

    def plan(self) -> "Plan":
        """Give the Plan that this was compiled from."""
        return _plan_of(self)

    def load_report(self) -> Mapping[str, Any]:
        """Give what loading the rules said, as `LoadReport.to_dict` wrote it: counts, rules that are not ready, errors."""
        return self.plan().load_report

    def __len__(self) -> int:
        """How many rules can match; waiting ones do not count."""
        return len(self.native)

    def __repr__(self) -> str:
        """Say how many rules it holds."""
        return f"<RuleSet: {len(self):,} rules>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the Plan's JSON."""
        return RuleSet.from_plan, (self.native.plan(),)


def match_in_memory(ruleset: RuleSet, data: Any, asked: Request) -> Matches:
    """Match data in memory with one engine or the other."""
    if not (hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")):
        kind = type(data)
        why = "collect() it first" if kind.__name__ == "LazyFrame" else "it has neither __arrow_c_stream__ nor __arrow_c_array__"
        message = f"a {kind.__module__}.{kind.__qualname__} is no Arrow data: {why}"
        raise TypeError(message)
    twice = asked.columns == "used" and correlating(ruleset) is not None
    if twice:  # a stream would be gone after the first time
        import polars as pl

        data = data if isinstance(data, pl.DataFrame) else pl.DataFrame(data)
    stream = open_correlated(ruleset, asked, lambda rules, asked: _opened(rules, data, asked), twice=twice)
    return Matches(stream, Origin(ruleset, data, asked))


def _opened(ruleset: RuleSet, data: Any, asked: Request) -> Stream:
    """Open data in memory with one engine or the other."""
    from sigtrawl import _native

    if asked.engine == "reference":
        from sigtrawl.by_reference import match_by_reference

        return match_by_reference(ruleset, data, asked)
    try:
        return _native.match_data(ruleset.native, exportable(data), asked.options())
    except SigtrawlError:
        raise
    except ValueError as error:  # one column, as a series is, or a type that no table of ours can hold
        message = f"a {type(data).__module__}.{type(data).__qualname__} cannot be read as a table of events: {error}"
        raise TypeError(message) from error


@lru_cache(maxsize=4)
def _plan_of(ruleset: RuleSet) -> "Plan":
    """Parse a Plan once for each of the last few rule sets."""
    from sigtrawl.plan import Plan

    return Plan.from_json(ruleset.native.plan())
