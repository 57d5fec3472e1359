"""Matching batch by batch: for streams, and for engines that call a function with some rows at a time.

`sigtrawl.RuleSet.match` takes a whole stream and drives it. Here the caller drives: each batch is answered before the next one
comes. The binding, and what was learnt of the values, is kept in between, so that a batch of some thousand rows costs
little more than its rows.
"""

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, final

from sigtrawl.correlation.opening import correlating
from sigtrawl.errors import UsageError
from sigtrawl.exports import exportable
from sigtrawl.report import ScanReport

if TYPE_CHECKING:
    from sigtrawl import _native
    from sigtrawl.request import Request
    from sigtrawl.ruleset import RuleSet

Answer: TypeAlias = Literal["any", "count", "rules"]

ANSWERS: tuple[Answer, ...] = ("any", "count", "rules")


@final
class Scanner:
    """Rules bound to one schema. Threads may share it; to pickle it, pickle the rules and bind them there."""

    __slots__ = ("_native",)

    def __init__(self, native: "_native.Scanner") -> None:
        """Wrap the core's object; `sigtrawl.RuleSet.scanner` does."""
        self._native = native

    @classmethod
    def bind(cls, ruleset: "RuleSet", arrow_schema: Any, asked: "Request") -> "Scanner":
        """Bind rules to the columns of a schema; see `sigtrawl.RuleSet.scanner`."""
        from sigtrawl import _native

        refuse_correlations(ruleset)
        if not hasattr(arrow_schema, "__arrow_c_schema__"):
            kind = type(arrow_schema)
            message = f"a {kind.__module__}.{kind.__qualname__} is no Arrow schema: it has no __arrow_c_schema__"
            raise TypeError(message)
        return cls(_native.Scanner(ruleset.native, arrow_schema, asked.options()))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rules read here."""
        return tuple(self._native.columns())

    @property
    def report(self) -> ScanReport:
        """What was done so far, and which rules can run on these columns."""
        return ScanReport.from_json(self._native.report())

    def match(self, batch: Any) -> "_native.Found":
        """Give the matches of a batch: ``num_rows`` of them, as an Arrow stream of batches.

        Args:
            batch: A record batch, a frame or a stream, with the columns of the schema in its order. How text is kept (plain, as a
                view, as a dictionary) may change from batch to batch.

        Raises:
            InputError: The batch has other columns, or one cannot be read.
            TypeError: It is no Arrow data.
        """
        return self._native.matches(_readable(batch))

    def answer(self, batch: Any, answer: Answer = "any") -> "_native.Column":
        """Give one value for each row of a batch, as an Arrow array.

        Args:
            batch: As in `match`.
            answer: As in `sigtrawl.RuleSet.expr`.

        Raises:
            InputError: The batch has other columns, or one cannot be read.
            TypeError: It is no Arrow data.
            UsageError: There is no such answer.
        """
        return self._native.answer(_readable(batch), answer)

    def __arrow_c_schema__(self) -> object:
        """The schema of the matches, as an Arrow PyCapsule."""
        return self._native.__arrow_c_schema__()

    def __repr__(self) -> str:
        """Say what it is bound to."""
        report = self.report
        able = sum(count for state, count in report.rule_states().items() if state in {"runs", "partial"})
        return f"<Scanner: {able:,} of {len(report.rules):,} rules run, {report.rows:,} rows done>"


def refuse_correlations(ruleset: "RuleSet") -> None:
    """Raise where rows alone cannot say what matches.

    Raises:
        UsageError: There are correlations among the rules.
    """
    if correlating(ruleset) is not None:
        message = (
            "these rules hold correlations, which need all events in one stream: use scan() or match(), or leave them out with "
            "ruleset.without_correlations()"
        )
        raise UsageError(message)


def _readable(batch: Any) -> Any:
    if not (hasattr(batch, "__arrow_c_stream__") or hasattr(batch, "__arrow_c_array__")):
        kind = type(batch)
        message = (
            f"a {kind.__module__}.{kind.__qualname__} is no Arrow data: it has neither __arrow_c_stream__ nor __arrow_c_array__"
        )
        raise TypeError(message)
    return exportable(batch)
