"""Sigtrawl inside DuckDB: a relation of matches, and a function for queries.

::

    import duckdb
    import sigtrawl.duckdb

    con = duckdb.connect("events.db")
    matches = sigtrawl.duckdb.match(con.table("events"), ruleset, key=["id"])     # one row for each rule and event
    call = sigtrawl.duckdb.register(con, ruleset, "events")                       # 'sigtrawl("Channel", "EventID", …)'
    con.sql(f"SELECT * FROM events WHERE {call}")                                 # rows of the table itself

`match` takes a relation as one stream, shared out among threads. A function is called with 2,048 rows at a time, which costs
somewhat more, but it goes wherever an expression does, and what else the query asks for is done first.

A connection has one result at a time. Were matches found only while their relation is read, the events would stream from the
connection on which that very query runs: it would wait for itself, and DuckDB 2 refuses it. So `match` reads the events to their
end, keeps the matches in Arrow memory, which is bounded by how many there are, and gives a relation over these; it can be queried
again and again. A table in the database was rejected: it would stay behind, and cannot be made where the database is
read-only.
"""

from collections.abc import Sequence
from contextlib import closing
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sigtrawl.errors import InputError, UsageError
from sigtrawl.extras import need
from sigtrawl.request import Columns, LogSource, request
from sigtrawl.ruleset import RuleSet
from sigtrawl.scanner import Answer
from sigtrawl.sql import RowFunction, call_text, columns_to_read, demand_one_of_each, matches_of, quoted, row_function

if TYPE_CHECKING:
    import os

    import duckdb
    import pyarrow as pa
else:
    duckdb = need("duckdb", "duckdb", "sigtrawl.duckdb")
    pa = need("pyarrow", "duckdb", "sigtrawl.duckdb")

# DuckDB makes batches of 131,072 rows by itself, or of a million before 2.0; a third of the memory is as fast.
_BATCH_ROWS = 40_960
_RETURNS = {"any": "BOOLEAN", "count": "UINTEGER", "rules": "VARCHAR[]"}


def match(
    relation: "duckdb.DuckDBPyRelation",
    ruleset: RuleSet,
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    threads: int | None = None,
    key: Sequence[str] | None = None,
    connection: "duckdb.DuckDBPyConnection | None" = None,
) -> "duckdb.DuckDBPyRelation":
    """Find the matches of rules in the rows of a relation.

    The relation is run once, now. With ``columns="used"``, or a list of columns, DuckDB is asked for no more columns than that
    takes.

    Args:
        relation: The events.
        ruleset: The rules.
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        columns: As in `sigtrawl.scan`. Where it leaves the event without members there is no column ``event``.
        threads: As in `sigtrawl.scan`.
        key: Columns that stand in a match in the place of ``file``, ``row_group`` and ``row``. Without it ``row`` is the number
            of the row in what the relation gave.
        connection: Where the matches are wanted; by default on the connection of ``relation``, so that the two can be joined.

    Returns:
        A relation with the columns of `sigtrawl.Matches`.

    Raises:
        InputError: The relation could not be read to its end, or has a column that Arrow has no type for.
        NothingToRun: No rule can run on these columns.
        SchemaError: As in `sigtrawl.RuleSet.match`.
        TypeError: ``relation`` is no relation of DuckDB.
        UsageError: An argument makes no sense, two columns have one name, or the matches cannot be put on the connection of
            ``relation``.
    """
    table = _arrow_schema(_relation(relation))
    asked = request(schema=schema, logsource=logsource, columns=columns, threads=threads, key=key)
    names, asked = columns_to_read(ruleset, table, asked)
    _over(pa.table({"probe": pa.nulls(0, pa.int64())}), relation, connection)  # not after an hour of matching
    wanted = relation if names == table.names else relation.select(", ".join(map(quoted, names)))
    with closing(_stream(wanted)) as stream:
        found = matches_of(ruleset, stream, asked)
    if found.schema.field("event").type.num_fields == 0:  # DuckDB has no such struct
        found = found.drop_columns(["event"])
    return _over(found, relation, connection)


def register(
    connection: "duckdb.DuckDBPyConnection",
    ruleset: RuleSet,
    table: "duckdb.DuckDBPyRelation | str",
    *,
    name: str = "sigtrawl",
    answer: Answer = "any",
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    min_level: str | None = None,
    columns: Sequence[str] | None = None,
) -> str:
    """Make rules a function of a connection, for ``SELECT`` and ``WHERE``.

    It answers for every row, also where columns are NULL. It is made for the columns of one table; for another one, register
    again, under another name.

    Args:
        connection: Where the function is wanted.
        ruleset: The rules.
        table: The events: a relation, or the name of a table or view.
        name: What the function is called.
        answer: ``"any"``, whether some rule matches the row (BOOLEAN); ``"count"``, how many do (UINTEGER); ``"rules"``, which
            (VARCHAR[]: ids; of a rule without an id its file, or its title).
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        min_level: Leaves out rules below this level.
        columns: The columns to take. By default those that the rules read; all, where keywords are searched.

    Returns:
        The call, as it is written in SQL: ``sigtrawl("Channel", "EventID", "Image")``.

    Raises:
        ImportError: numpy is missing, without which DuckDB takes no function.
        InputError: A column has a type that Arrow has none for.
        NothingToRun: No rule can run on these columns.
        SchemaError: No schema mapping recognises the table, and neither ``schema`` nor ``logsource`` says what it is.
        TypeError: ``table`` is neither a relation nor a name.
        UsageError: There is no such answer, level or column, two columns have one name, the rules hold correlations, or DuckDB
            does not take the function: it has one of this name.
    """
    need("numpy", "duckdb", "sigtrawl.duckdb.register")
    relation = connection.table(table) if isinstance(table, str) else _relation(table)
    function = row_function(
        ruleset, _arrow_schema(relation), answer, schema=schema, logsource=logsource, min_level=min_level, columns=columns
    )
    names = function.schema.names
    types = dict(zip(relation.columns, relation.types, strict=True))
    parameters = [types[column] for column in names]
    called = _taking(len(names), function)
    try:
        connection.create_function(name, called, parameters, _RETURNS[answer], type="arrow", null_handling="special")
    except duckdb.NotImplementedException as error:
        message = f"DuckDB does not take the function {name}: {error}"
        raise UsageError(message) from error
    return call_text(name, names)


def _taking(count: int, function: RowFunction) -> Any:
    """Give a function whose signature has so many parameters: DuckDB counts them there, and takes ``*arrays`` for one."""

    def call(*arrays: Any) -> Any:
        return function(*arrays)

    places = [Parameter(f"column_{place}", Parameter.POSITIONAL_ONLY) for place in range(count)]
    call.__signature__ = Signature(places)  # type: ignore[attr-defined]
    return call


def _relation(given: Any) -> Any:
    if not isinstance(given, duckdb.DuckDBPyRelation):
        kind = type(given)
        what = f"{kind.__module__}.{kind.__qualname__}"
        message = f"a {what} is no relation of DuckDB: give connection.table(name) or connection.sql(query)"
        raise TypeError(message)
    return given


def _arrow_schema(relation: Any) -> "pa.Schema":
    """Give the columns as DuckDB hands them over.

    Raises:
        InputError: It cannot hand one over.
        UsageError: Two have one name, and a query over the relation would know one of them by another.
    """
    demand_one_of_each(relation.columns)
    try:
        return relation.limit(0).to_arrow_table().schema
    except duckdb.NotImplementedException as error:
        for name, kind in zip(relation.columns, relation.types, strict=True):
            try:
                relation.select(quoted(name)).limit(0).to_arrow_table()
            except duckdb.NotImplementedException as reason:
                message = (
                    f"the column {name} is of type {kind}, which DuckDB does not hand over: cast it or leave it out ({reason})"
                )
                raise InputError(message) from error
        raise


def _stream(relation: Any) -> Any:
    """Run a relation; its rows come while they are read.

    Raises:
        InputError: It fails at once; what fails later is told by the same.
    """
    try:
        return relation.to_arrow_reader(_BATCH_ROWS)
    except duckdb.Error as error:
        message = f"the relation cannot be read: {error}"
        raise InputError(message) from error


def _over(found: "pa.Table", relation: Any, connection: Any) -> Any:
    """Give a relation over a table in memory.

    No method tells the connection of a relation, but a query over it runs there, and finds ``found`` by its name. The name that
    the query gives the relation stays behind as a temporary view before 2.0; earlier than 1.5.4 it was a lasting one, so these
    are not supported.

    Raises:
        UsageError: The relation's connection cannot be used.
    """
    if connection is not None:
        return connection.from_arrow(found)
    name = f"sigtrawl_{uuid4().hex}"
    try:
        over = relation.query(name, "FROM found")
        relation.query(name, f"DROP VIEW IF EXISTS {name}")
    except duckdb.Error as error:
        message = f"the matches cannot be put on the connection of the relation, so name one (connection=…): {error}"
        raise UsageError(message) from error
    return over
