"""Sigtrawl inside DataFusion: a data frame of matches, and a scalar function for frames and SQL.

::

    from datafusion import SessionContext

    import sigtrawl.datafusion

    ctx = SessionContext()
    events = ctx.read_parquet("events/")
    sigtrawl.datafusion.match(events, ruleset, key=["id"], context=ctx, name="matches")     # a frame, and a table for SQL
    function = sigtrawl.datafusion.udf(ruleset, events)
    events.filter(function())                                                                # rows of the frame itself
    ctx.sql(f"SELECT * FROM events WHERE {function.register(ctx)}")                          # the same in SQL

`match` takes a frame as one stream and keeps the matches in memory. The function is called by DataFusion's own threads, with
8,192 rows at a time.

Everything crosses as Arrow data, through the package ``datafusion`` for Python. To implement DataFusion's own interfaces in
Sigtrawl's core was rejected: it would tie the core to one version of them, and there is a new one every month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final
from uuid import uuid4

from sigtrawl.errors import InputError, UsageError
from sigtrawl.extras import need
from sigtrawl.request import Columns, LogSource, request
from sigtrawl.ruleset import RuleSet
from sigtrawl.scanner import Answer
from sigtrawl.sql import call_text, columns_to_read, matches_of, quoted, row_function

if TYPE_CHECKING:
    import os

    import datafusion
    import pyarrow as pa
else:
    datafusion = need("datafusion", "datafusion", "sigtrawl.datafusion")
    pa = need("pyarrow", "datafusion", "sigtrawl.datafusion")


@final
@dataclass(frozen=True, slots=True, repr=False)
class Function:
    """Rules as a scalar function, and the columns that it is for; `udf` makes one.

    Attributes:
        udf: DataFusion's object; it takes one expression for each column.
        name: What it is called in SQL.
        columns: The names of the columns that the rules read, in the order of the arguments.
        answer: What it answers, as in `sigtrawl.RuleSet.expr`.
    """

    udf: "datafusion.ScalarUDF"
    name: str
    columns: tuple[str, ...]
    answer: Answer

    def __call__(self, *columns: "datafusion.Expr") -> "datafusion.Expr":
        """Give an expression, named for what is answered.

        Args:
            columns: What stands for `columns`, where they have other names in the frame; by default these names.

        Raises:
            UsageError: There are more or fewer than `columns`.
        """
        if columns and len(columns) != len(self.columns):
            message = f"{self.name} takes {len(self.columns)} columns ({', '.join(self.columns)}), not {len(columns)}"
            raise UsageError(message)
        return self.udf(*(columns or map(_column, self.columns))).alias(self.answer)

    @property
    def sql(self) -> str:
        """The call, as it is written in SQL: ``sigtrawl("Channel", "EventID", "Image")``."""
        return call_text(self.name, self.columns)

    def register(self, context: "datafusion.SessionContext") -> str:
        """Make the function known to SQL, in the place of one of the same name; returns `sql`."""
        context.register_udf(self.udf)
        return self.sql

    def __repr__(self) -> str:
        """Show the call."""
        return f"<Function: {self.sql}>"


def match(
    frame: "datafusion.DataFrame",
    ruleset: RuleSet,
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    threads: int | None = None,
    key: Sequence[str] | None = None,
    context: "datafusion.SessionContext | None" = None,
    name: str | None = None,
) -> "datafusion.DataFrame":
    """Find the matches of rules in the rows of a frame.

    The frame is run once, now, and its matches are kept in memory. With ``columns="used"``, or a list of columns, DataFusion is
    asked for no more columns than that takes.

    Args:
        frame: The events.
        ruleset: The rules.
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        columns: As in `sigtrawl.scan`.
        threads: As in `sigtrawl.scan`.
        key: Columns that stand in a match in the place of ``file``, ``row_group`` and ``row``. Without it ``row`` is the number
            of the row in what the frame gave, and DataFusion promises no order where it is not sorted.
        context: Where the matches are wanted; by default nowhere in particular. Frames of several contexts can be joined.
        name: The name of a table of the matches in ``context``, for SQL; by default there is none.

    Returns:
        A frame with the columns of `sigtrawl.Matches`.

    Raises:
        InputError: The frame could not be read to its end.
        NothingToRun: No rule can run on these columns.
        SchemaError: As in `sigtrawl.RuleSet.match`.
        TypeError: ``frame`` is no frame of DataFusion.
        UsageError: An argument makes no sense, there is a name without a context, or a table of this name.
    """
    table = _frame(frame).schema()
    if name is not None and (context is None or context.table_exist(name)):
        message = f"the name {name} needs a context" if context is None else f"there is a table {name} in the context"
        raise UsageError(message)
    asked = request(schema=schema, logsource=logsource, columns=columns, threads=threads, key=key)
    names, asked = columns_to_read(ruleset, table, asked)
    wanted = frame if names == table.names else frame.select(*map(_column, names))
    found = matches_of(ruleset, _stream(wanted), asked)
    home = datafusion.SessionContext() if context is None else context
    if name is not None:
        return home.from_arrow(found, name)
    # There is no frame over Arrow data without a table, but it outlives the table.
    passing = f"sigtrawl_{uuid4().hex}"
    over = home.from_arrow(found, passing)
    home.deregister_table(passing)
    return over


def udf(
    ruleset: RuleSet,
    table: Any,
    *,
    name: str = "sigtrawl",
    answer: Answer = "any",
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    min_level: str | None = None,
    columns: Sequence[str] | None = None,
) -> Function:
    """Make rules a scalar function of the columns of a table.

    It answers for every row, also where columns are null. DataFusion casts what it is given to the types of the columns here.

    Args:
        ruleset: The rules.
        table: The events: a frame, or an Arrow schema.
        name: What the function is called in SQL and in plans.
        answer: ``"any"``, whether some rule matches the row (a truth value); ``"count"``, how many do (an unsigned number of 32
            bits); ``"rules"``, which (a list of text: ids; of a rule without an id its file, or its title).
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        min_level: Leaves out rules below this level.
        columns: The columns to take. By default those that the rules read; all, where keywords are searched.

    Raises:
        NothingToRun: No rule can run on these columns.
        SchemaError: No schema mapping recognises the table, and neither ``schema`` nor ``logsource`` says what it is.
        TypeError: ``table`` is neither a frame nor a schema.
        UsageError: There is no such answer, level or column, two columns have one name, or the rules hold correlations.
    """
    function = row_function(
        ruleset, _schema(table), answer, schema=schema, logsource=logsource, min_level=min_level, columns=columns
    )
    made = datafusion.udf(function, function.schema.types, function.returns, "immutable", name)
    return Function(made, name, tuple(function.schema.names), answer)


def _column(name: str) -> "datafusion.Expr":
    """Name a column as it is: without quotes, letters are made small and dots separate."""
    return datafusion.col(quoted(name))


def _frame(given: Any) -> Any:
    if not isinstance(given, datafusion.DataFrame):
        kind = type(given)
        message = (
            f"a {kind.__module__}.{kind.__qualname__} is no frame of DataFusion: give context.table(name) or context.sql(query)"
        )
        raise TypeError(message)
    return given


def _stream(frame: Any) -> Any:
    """Run a frame; its rows come while they are read.

    Raises:
        InputError: It cannot be planned; what fails later is told by the same.
    """
    try:
        return pa.RecordBatchReader.from_stream(frame)
    except Exception as error:  # DataFusion raises no narrower one
        message = f"the frame cannot be read: {error}"
        raise InputError(message) from error


def _schema(given: Any) -> "pa.Schema":
    if not isinstance(given, datafusion.DataFrame) and hasattr(given, "__arrow_c_schema__"):
        return pa.schema(given)
    return _frame(given).schema()
