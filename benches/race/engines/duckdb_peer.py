"""DuckDB: one rule over an archive, rule by rule over events in memory, and the lengths of the columns alone."""

from collections.abc import Callable
from typing import Any

import duckdb

from race.conditions import UntranslatableError, condition
from race.jobs import Found, Job, Pairs
from race.to_sql import Dialect, where
from sigtrawl.plan import Plan
from sigtrawl.ruleset import RuleSet


def _connect(threads: int) -> Any:
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}; SET enable_progress_bar = false; SET TimeZone = 'UTC'")
    return connection


def _source(job: Job) -> str:
    return f"read_parquet([{', '.join(repr(file) for file in job.files)}])"


def _kinds(connection: Any, source: str) -> dict[str, str]:
    told = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608 - files of our own
    return {name: "text" if kind == "VARCHAR" else "number" if "INT" in kind else "other" for name, kind, *_ in told}


class DuckDb:
    """One rule as one query on the files."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect: Dialect = dialect

    def version(self) -> str:
        """The library's version."""
        return f"duckdb {duckdb.__version__} ({self._dialect})"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Builds the query; with pairs it tells the rows (of one file), else it counts them."""
        plan = RuleSet.load(job.rules).plan()
        connection = _connect(job.threads)
        source = _source(job)
        (place,) = job.places or range(len(plan.rules))
        true = where(condition(plan, place, _kinds(connection, source)), self._dialect)
        if job.pairs:
            rows = f"SELECT file_row_number FROM read_parquet({job.files[0]!r}, file_row_number = true) WHERE {true} ORDER BY 1"  # noqa: S608

            def tell() -> Found:
                pairs = [(row, place) for (row,) in connection.execute(rows).fetchall()]
                return Found(len(pairs), pairs)

            return tell
        counted = f"SELECT count(*) FROM {source} WHERE {true}"  # noqa: S608
        return lambda: Found(int(connection.execute(counted).fetchone()[0]))


class DuckDbRules:
    """Rule by rule over a table in memory; reading it is not counted against DuckDB."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect: Dialect = dialect

    def version(self) -> str:
        """The library's version."""
        return f"duckdb {duckdb.__version__} ({self._dialect}, rule by rule)"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Reads the events into a table and writes one query a rule."""
        plan = RuleSet.load(job.rules).plan()
        connection = _connect(job.threads)
        connection.execute(f"CREATE TABLE events AS SELECT * FROM {_source(job)}")  # noqa: S608
        queries, untranslated = _queries(plan, job, _kinds(connection, "events"), self._dialect)

        def go() -> Found:
            found: Pairs = []
            for place, query in queries.items():
                found.extend((row, place) for (row,) in connection.execute(query).fetchall())
            return Found(len(found), sorted(found) if job.pairs else None, untranslated)

        return go


def _queries(plan: Plan, job: Job, columns: dict[str, str], dialect: Dialect) -> tuple[dict[int, str], dict[int, str]]:
    queries: dict[int, str] = {}
    untranslated: dict[int, str] = {}
    for place in job.places if job.places is not None else range(len(plan.rules)):
        try:
            queries[place] = f"SELECT rowid FROM events WHERE {where(condition(plan, place, columns), dialect)}"  # noqa: S608
        except UntranslatableError as error:
            untranslated[place] = str(error)
    return queries, untranslated


class Lengths:
    """The sum of the lengths of the texts that the rules look at: what reading them costs DuckDB."""

    def version(self) -> str:
        """The library's version."""
        return f"duckdb {duckdb.__version__} (strlen)"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Writes the query over the columns of `job.more["columns"]`."""
        connection = _connect(job.threads)
        columns = ", ".join(f'sum(strlen("{name}"::VARCHAR))' for name in job.more["columns"])
        query = f"SELECT {columns} FROM {_source(job)}"  # noqa: S608

        def go() -> Found:
            sums = connection.execute(query).fetchone()
            return Found(0, notes={"bytes": int(sum(length or 0 for length in sums))})

        return go
