"""polars: one rule over an archive, and rule by rule over events in memory."""

from collections.abc import Callable

import polars as pl

from race.conditions import UntranslatableError, condition
from race.jobs import Found, Job, Pairs
from race.to_polars import Dialect, expression, kinds
from sigtrawl.ruleset import RuleSet


class Polars:
    """One rule as one lazy query on the files."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect: Dialect = dialect

    def version(self) -> str:
        """The library's version."""
        return f"polars {pl.__version__} ({self._dialect})"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Builds the query; with pairs it tells the rows, else it counts them."""
        plan = RuleSet.load(job.rules).plan()
        events = pl.scan_parquet(list(job.files))
        (place,) = job.places or range(len(plan.rules))
        asked = expression(condition(plan, place, kinds(events.collect_schema())), self._dialect)
        if job.pairs:
            rows = events.select(asked.alias("true")).with_row_index("row").filter("true").select("row")
            return lambda: _told([(row, place) for row in rows.collect()["row"].to_list()])
        counted = events.filter(asked).select(pl.len())
        return lambda: Found(int(counted.collect(engine="streaming").item()))


class PolarsRules:
    """Rule by rule over events that are in memory already; reading them is not counted against polars."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect: Dialect = dialect

    def version(self) -> str:
        """The library's version."""
        return f"polars {pl.__version__} ({self._dialect}, rule by rule)"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Reads the events and builds one expression a rule."""
        plan = RuleSet.load(job.rules).plan()
        events = pl.read_parquet(list(job.files))
        columns = kinds(events.schema)
        asked: dict[int, pl.Expr] = {}
        untranslated: dict[int, str] = {}
        for place in job.places if job.places is not None else range(len(plan.rules)):
            try:
                asked[place] = expression(condition(plan, place, columns), self._dialect)
            except UntranslatableError as error:
                untranslated[place] = str(error)

        def go() -> Found:
            found: Pairs = []
            for place, one in asked.items():
                rows = events.select(one.arg_true()).to_series()
                found.extend((row, place) for row in rows)
            return Found(len(found), sorted(found) if job.pairs else None, untranslated)

        return go


def _told(pairs: Pairs) -> Found:
    return Found(len(pairs), pairs)
