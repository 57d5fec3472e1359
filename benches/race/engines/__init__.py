"""Who runs: one module for each library, one name for each way of asking it.

Nothing is imported before it is asked for, so that an engine that is not installed is absent, with its reason, and no more.
"""

from importlib import import_module

from race.jobs import AbsentError, Engine

NAMES = {
    "sigtrawl": ("sigtrawl_core", "Core", ()),
    "sigtrawl-automaton": ("sigtrawl_core", "Core", ("automaton",)),
    "sigtrawl-arrow": ("sigtrawl_core", "InMemory", ()),
    "floor": ("floor", "Floor", ()),
    "reference": ("reference", "Reference", ()),
    "polars-regex": ("polars_peer", "Polars", ("regex",)),
    "polars-contains-any": ("polars_peer", "Polars", ("any",)),
    "polars-lower": ("polars_peer", "Polars", ("lower",)),
    "polars-regex-rules": ("polars_peer", "PolarsRules", ("regex",)),
    "polars-contains-any-rules": ("polars_peer", "PolarsRules", ("any",)),
    "duckdb-ilike": ("duckdb_peer", "DuckDb", ("ilike",)),
    "duckdb-lower": ("duckdb_peer", "DuckDb", ("lower",)),
    "duckdb-ilike-rules": ("duckdb_peer", "DuckDbRules", ("ilike",)),
    "duckdb-lower-rules": ("duckdb_peer", "DuckDbRules", ("lower",)),
    "duckdb-strlen": ("duckdb_peer", "Lengths", ()),
    "chdb": ("chdb_peer", "ChDb", ()),
    "chdb-literals": ("chdb_peer", "Literals", ()),
    "hyperscan": ("hyperscan_peer", "Netcat", ()),
    "hyperscan-literals": ("hyperscan_peer", "Literals", ()),
    "ahocorasick-literals": ("reference", "Literals", ()),
    "rsigma": ("rsigma_peer", "Rsigma", ()),
    "rsigma-all-at-once": ("rsigma_peer", "Rsigma", ("--cross-rule-ac", "daachorse-index")),
}
"""Name → module, class, arguments."""

ANY = ("polars-regex", "polars-contains-any", "polars-lower", "duckdb-ilike", "duckdb-lower", "chdb", "hyperscan")
"""Those that say for each row whether the one rule matches."""

RULES = (
    *("polars-regex-rules", "polars-contains-any-rules", "duckdb-ilike-rules", "duckdb-lower-rules"),
    *("reference", "rsigma", "rsigma-all-at-once"),
)
"""Those that say which rule matches which row, one rule after the other or all at once."""

LITERALS = ("hyperscan-literals", "chdb-literals", "ahocorasick-literals")
"""Those that say which literals of all rules stand in which value: a part of the work only."""


def engine(name: str) -> Engine:
    """Gives an engine.

    Raises:
        AbsentError: Its library is not installed.
    """
    module, kind, arguments = NAMES[name]
    try:
        made: Engine = getattr(import_module(f"race.engines.{module}"), kind)(*arguments)
    except ImportError as error:
        message = f"{name} is not installed: {error}"
        raise AbsentError(message) from None
    return made
