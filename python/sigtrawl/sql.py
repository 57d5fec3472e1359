"""What SQL engines have in common: which columns to ask them for, and rules as a function of columns.

An engine reads only the columns that it is asked for, so a match that shows no more than the rules read should ask for no more.
But a table is recognised by all of its columns. So rules are bound twice: to the whole table, which tells its schema and what
is read, and then, under the name of that schema, to the columns that are left. Asking for every column that might be needed, as
a polars expression does, was rejected: here the table is known beforehand.

Neither a relation nor a call carries a report. So what a report would tell is an error: that something was not read, or that
nothing can run.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, final

from sigtrawl.correlation.opening import correlating
from sigtrawl.errors import InputError, NothingToRun, UsageError
from sigtrawl.request import LogSource, Request, request
from sigtrawl.ruleset import RuleSet, match_in_memory
from sigtrawl.scanner import ANSWERS, Answer, Scanner
from sigtrawl.subset import subset

if TYPE_CHECKING:
    import os

    import pyarrow as pa

    from sigtrawl.report import InputReport

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


@final
@dataclass(frozen=True, slots=True)
class RowFunction:
    """Rules as a function of some columns of one table, as engines call one: with Arrow arrays of the same length.

    Attributes:
        scanner: The rules, bound to these columns.
        schema: The columns that it takes, in their order.
        answer: What it answers, as in `sigtrawl.RuleSet.expr`.
    """

    scanner: Scanner
    schema: "pa.Schema"
    answer: Answer

    @property
    def returns(self) -> "pa.DataType":
        """The type of the answers."""
        import pyarrow as pa

        of_answer: dict[Answer, Any] = {"any": pa.bool_(), "count": pa.uint32(), "rules": pa.list_(pa.string())}
        return of_answer[self.answer]

    def __call__(self, *arrays: Any) -> "pa.Array":
        """Answer for each row, nulls included.

        Raises:
            InputError: An array is not of the type of its column, or cannot be read.
        """
        import pyarrow as pa

        fitting = [_in_zone_of(field.type, array) for field, array in zip(self.schema, arrays, strict=True)]
        rows = pa.Table.from_arrays(fitting, names=self.schema.names)
        return pa.array(self.scanner.answer(rows, self.answer), type=self.returns)


def row_function(
    ruleset: RuleSet,
    table: "pa.Schema",
    answer: str,
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    min_level: str | None = None,
    columns: Sequence[str] | None = None,
) -> RowFunction:
    """Bind rules to those columns of a table that they read.

    Args:
        ruleset: The rules.
        table: All columns of the table, by which it is recognised.
        answer: As in `sigtrawl.RuleSet.expr`.
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        min_level: Leaves out rules below this level.
        columns: The columns that the rules may read instead, in this order.

    Raises:
        NothingToRun: No rule can run on these columns.
        SchemaError: No schema mapping recognises the table, and neither ``schema`` nor ``logsource`` says what it is.
        UsageError: There is no such answer, level or column, two columns have one name, or the rules hold correlations.
    """
    if answer not in ANSWERS:
        message = f"there is no answer {answer!r}; ask for {', '.join(ANSWERS[:-1])} or {ANSWERS[-1]}"
        raise UsageError(message)
    demand_one_of_each(table.names)
    asked = request(schema=schema, logsource=logsource)
    rules = ruleset if min_level is None else _above(ruleset, min_level)
    whole = Scanner.bind(rules, table, asked)
    read = whole.columns if columns is None else _named(columns, table)
    own = _fields(table, read or table.names[:1])  # an engine tells the number of rows by a column
    bound = Scanner.bind(rules, own, _resolved(asked, whole.report.inputs[0]))
    _demand_work(bound.report.inputs, "the columns of this table" if columns is None else ", ".join(own.names))
    return RowFunction(bound, own, answer)


def columns_to_read(ruleset: RuleSet, table: "pa.Schema", asked: Request) -> tuple[list[str], Request]:
    """Name the columns of a table that a match of its rows needs, and say how to match when only these are there.

    Raises:
        NothingToRun: No rule can run on this table.
        SchemaError: As in `row_function`.
        UsageError: Two columns have one name, or the request names one that is not there.
    """
    demand_one_of_each(table.names)
    if asked.columns == "all" or correlating(ruleset) is not None:
        return list(table.names), asked
    bound = Scanner.bind(ruleset, table, asked)
    (entry,) = bound.report.inputs
    _demand_work((entry,), "the columns of this table")
    own = () if isinstance(asked.columns, str) else tuple(asked.columns)
    paths = {*bound.columns, *entry.time, *own, *(asked.key or ())}
    names = [name for name in table.names if any(_begins(path, name) for path in paths)]
    return names or list(table.names[:1]), _resolved(asked, entry)


def matches_of(ruleset: RuleSet, data: Any, asked: Request) -> "pa.Table":
    """Collect the matches of a stream in Arrow memory.

    Raises:
        InputError: The stream was not read to its end.
        NothingToRun: No rule can run on it.
    """
    with match_in_memory(ruleset, data, asked) as matches:
        _demand_work(matches.report.inputs, "the columns of this table")
        found = matches.to_arrow()
        unread = matches.report.unread
    if unread:
        message = f"not all of the input was read: {unread[0].reason}"
        raise InputError(message)
    return found


def demand_one_of_each(names: Sequence[str]) -> None:
    """Refuse columns that no name tells apart.

    Raises:
        UsageError: Two columns have one name.
    """
    for place, name in enumerate(names):
        if name in names[:place]:
            message = f"two columns have the name {name}: give one of them another"
            raise UsageError(message)


def quoted(name: str) -> str:
    """Write the name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


def call_text(function: str, columns: Sequence[str]) -> str:
    """Write the call of a function in SQL."""
    name = function if _PLAIN.fullmatch(function) else quoted(function)
    return f"{name}({', '.join(map(quoted, columns))})"


def _demand_work(inputs: "Sequence[InputReport]", where: str) -> None:
    for entry in inputs:
        if entry.state == "nothing-to-run":
            message = f"no rule can run on {where}: {entry.reason}"
            raise NothingToRun(message)


def _named(columns: Sequence[str], table: "pa.Schema") -> tuple[str, ...]:
    names = (columns,) if isinstance(columns, str) else tuple(dict.fromkeys(columns))
    for name in names:
        if name not in table.names:
            message = f"there is no column {name!r}; the table has {', '.join(table.names)}"
            raise UsageError(message)
    return names


def _fields(table: "pa.Schema", names: Sequence[str]) -> "pa.Schema":
    import pyarrow as pa

    return pa.schema([table.field(name) for name in names])


def _resolved(asked: Request, entry: "InputReport") -> Request:
    """Ask for the schema that the whole table was recognised by, of which a user's file was seen to fit."""
    return replace(asked, schema=entry.schema or asked.schema, own=())


def _begins(path: str, name: str) -> bool:
    return path == name or path.startswith((f"{name}.", f"{name}["))


def _in_zone_of(promised: "pa.DataType", array: Any) -> Any:
    """Give times the zone of their column: engines take it from their settings, which may change; the instants are the same."""
    import pyarrow as pa

    if pa.types.is_timestamp(promised) and promised.tz is not None and array.type != promised:
        return array.cast(promised)
    return array


@lru_cache(maxsize=8)
def _above(ruleset: RuleSet, min_level: str) -> RuleSet:
    return RuleSet.from_plan(subset(ruleset.plan(), {"min_level": min_level}))
