"""A compiled set of rules: made once, shared freely, matched many times.

It is a frozen handle on the core's own object. What it knows of its rules is the Plan it was compiled from, which the core keeps;
titles and the load report are read from there when somebody asks, so opening a compiled file never parses JSON in Python.
"""

from collections.abc import Mapping, Sequence
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

    import polars as pl

    from sigtrawl import _native
    from sigtrawl.plan import Plan
    from sigtrawl.scanner import Answer, Scanner


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
        key: Sequence[str] | None = None,
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
            key: As in `sigtrawl.scan`; without it ``row`` is the number of the row since the data began.

        Raises:
            SchemaError: No schema mapping recognises the data, and neither ``schema`` nor ``logsource`` says what it is.
            TypeError: ``data`` is no Arrow data.
        """
        asked = request(schema=schema, logsource=logsource, columns=columns, engine=engine, threads=threads, key=key)
        return match_in_memory(self, data, asked)

    def scanner(
        self,
        arrow_schema: Any,
        *,
        schema: "str | os.PathLike[str] | None" = None,
        logsource: LogSource | None = None,
        columns: Columns = "all",
        threads: int | None = None,
        key: Sequence[str] | None = None,
    ) -> "Scanner":
        """Bind the rules to one schema, to match batch by batch as a stream brings them.

        Binding happens here, once, and what is learnt of the data in one batch serves the next.

        Args:
            arrow_schema: The columns of all batches: anything with ``__arrow_c_schema__``.
            schema: As in `sigtrawl.scan`.
            logsource: As in `sigtrawl.scan`.
            columns: As in `sigtrawl.scan`.
            threads: How many threads share a batch of more than 100,000 rows; by default one a processor.
            key: As in `sigtrawl.scan`; without it ``row`` is counted over all batches.

        Raises:
            SchemaError: No schema mapping recognises the columns, and neither ``schema`` nor ``logsource`` says what they are.
            TypeError: ``arrow_schema`` is no schema.
            UsageError: The rules hold correlations, which need all events at once.
        """
        from sigtrawl.scanner import Scanner

        asked = request(schema=schema, logsource=logsource, columns=columns, threads=threads, key=key)
        return Scanner.bind(self, arrow_schema, asked)

    def expr(
        self,
        answer: "Answer" = "any",
        *,
        columns: Any = None,
        schema: "str | os.PathLike[str] | None" = None,
        logsource: LogSource | None = None,
        min_level: str | None = None,
    ) -> "pl.Expr":
        """Give a polars expression over the rows of a frame, for ``filter``, ``select`` and ``with_columns``.

        It is elementwise: it runs in the streaming engine, and as a predicate goes down into the scan of the files.

        Args:
            answer: ``"any"``, whether some rule matches the row (a truth value); ``"count"``, how many do (an unsigned number
                of 32 bits); ``"rules"``, which (a list of text: ids; of a rule without an id its file, or its title). The
                output has this name.
            columns: What the rules read: names, or expressions and selectors. By default the columns of the frame that
                the rules may need; all, where keywords are searched.
            schema: As in `sigtrawl.scan`.
            logsource: As in `sigtrawl.scan`.
            min_level: Leaves out rules below this level.

        Raises:
            SchemaError: There is no such schema. That none recognises a frame is an error when the frame is read.
            UsageError: There is no such answer or level, or the rules hold correlations, which no row answers alone.
        """
        from sigtrawl.polars.expression import expression

        asked = request(schema=schema, logsource=logsource)
        return expression(self, answer, asked, columns=columns, min_level=min_level)

    def without_correlations(self) -> "RuleSet":
        """Give the same rules without correlations, and without the rules that are only there for them."""
        from sigtrawl.subset import plain

        return RuleSet.from_plan(plain(self.plan()))

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
        why = (
            "use its own frame.sigtrawl.match(ruleset)"
            if kind.__name__ == "LazyFrame"
            else "it has neither __arrow_c_stream__ nor __arrow_c_array__"
        )
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
