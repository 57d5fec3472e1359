"""chDB, ClickHouse in a process: one rule by `multiSearchAnyCaseInsensitive`, all literals by `multiMatchAllIndices`."""

import json
from collections.abc import Callable

import chdb

from race.conditions import condition
from race.jobs import Found, Job
from race.literals import literals_of, told_as
from race.to_sql import quoted, where
from sigtrawl.ruleset import RuleSet


def _version() -> str:
    return f"chdb {chdb.__version__}"


def _ask(query: str, threads: int) -> str:
    settings = f"SETTINGS max_threads = {threads}, schema_inference_make_columns_nullable = 0"
    return str(chdb.query(f"{query} {settings}", "TabSeparated"))


def _source(file: str) -> str:
    return f"file({quoted(file, 'clickhouse')}, 'Parquet')"


class ChDb:
    """One rule as one query on the files."""

    def version(self) -> str:
        """The library's version."""
        return _version()

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Builds the query; with pairs it tells the rows (of one file), else it counts them."""
        import polars as pl

        from race.to_polars import kinds

        plan = RuleSet.load(job.rules).plan()
        (place,) = job.places or range(len(plan.rules))
        true = where(condition(plan, place, kinds(pl.scan_parquet(job.files[0]).collect_schema())), "clickhouse")
        if job.pairs:
            rows = f"SELECT _row_number FROM {_source(job.files[0])} WHERE {true} ORDER BY 1"  # noqa: S608 - files of our own

            def tell() -> Found:
                pairs = [(int(line), place) for line in _ask(rows, job.threads).split()]
                return Found(len(pairs), pairs)

            return tell
        queries = [f"SELECT count() FROM {_source(file)} WHERE {true}" for file in job.files]  # noqa: S608
        return lambda: Found(sum(int(_ask(query, job.threads)) for query in queries))


class Literals:
    """All literals that rules look for in one column, by the engine that ClickHouse has for many patterns at once."""

    def version(self) -> str:
        """The library's version."""
        return f"{_version()} (multiMatchAllIndices)"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Writes the query with one pattern a literal."""
        column = job.more["column"]
        literals = literals_of(RuleSet.load(job.rules).plan(), column)
        patterns = ", ".join(quoted(f"(?i){_hexadecimal(text)}", "clickhouse") for text in literals)
        query = f"SELECT toJSONString(arraySort(multiMatchAllIndices({column}, [{patterns}]))) FROM {_source(job.files[0])}"  # noqa: S608
        large = "max_query_size = 100000000, max_ast_elements = 10000000, max_expanded_ast_elements = 10000000"
        unbounded = "max_hyperscan_regexp_total_length = 0, max_hyperscan_regexp_length = 0"
        options = f"{large}, {unbounded}, reject_expensive_hyperscan_regexps = 0"

        def go() -> Found:
            told = str(chdb.query(f"{query} SETTINGS max_threads = {job.threads}, {options}", "TSVRaw"))
            return told_as([[index - 1 for index in json.loads(line)] for line in told.splitlines()], literals)

        return go


def _hexadecimal(text: str) -> str:
    r"""A literal as a regular expression without a character that could mean anything else."""
    return "".join(character if character.isalnum() else f"\\x{ord(character):02x}" for character in text)
