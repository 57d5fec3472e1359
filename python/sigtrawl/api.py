"""The three verbs over events: compile the rules, check what can run, scan.

Each takes what people have at hand (a path, a folder, a glob, a list of these, or data in memory) and passes it on.
"""

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sigtrawl.correlation.opening import correlating, demand_time_of, fields_missing, open_correlated
from sigtrawl.matches import Matches, Origin, Stream
from sigtrawl.report import ScanReport
from sigtrawl.request import Columns, Engine, LogSource, Request, request
from sigtrawl.ruleset import RuleSet, match_in_memory

if TYPE_CHECKING:
    from sigtrawl import _native
    from sigtrawl.config import Config
    from sigtrawl.lake import Snapshot
    from sigtrawl.plan import Plan
    from sigtrawl.rules import Rules


def compile(rules: "Rules | Plan") -> RuleSet:  # noqa: A001 - the documented name, as in `re.compile`
    """Compile rules into one set, ready to match.

    Rules that wait for placeholder values are left out of the matching and kept in the report.

    Args:
        rules: What `load_rules` or `rules_from_yaml` gave, or a Plan.

    Returns:
        The compiled set, immutable and shareable between threads.

    Raises:
        TypeError: ``rules`` is something else.
    """
    from sigtrawl.plan import Plan

    if isinstance(rules, Plan):
        return RuleSet.from_plan(rules)
    if not hasattr(rules, "plan"):  # a Plan needs no pySigma, so its classes are not asked for by name
        message = f"only what load_rules or rules_from_yaml gave can be compiled, not a {_kind(rules)}"
        raise TypeError(message)
    return RuleSet.from_plan(rules.plan())


def check(
    events: Any,
    ruleset: RuleSet,
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    config: "Config | str | os.PathLike[str] | None" = None,
    storage_options: Mapping[str, str] | None = None,
) -> ScanReport:
    """Tell which rules can run on the events, and why the others cannot, without reading a row.

    Args:
        events: Paths, or anything with an Arrow schema.
        ruleset: The rules.
        schema: As in `scan`.
        logsource: As in `scan`.
        config: As in `scan`.
        storage_options: As in `scan`.

    Returns:
        The report of a scan that would read nothing.

    Raises:
        ConfigError: The configuration file is wrong.
        InputError: A path leads nowhere.
        SchemaError: No schema mapping recognises a table, and neither ``schema`` nor ``logsource`` says what it is.
    """
    _demand_compiled(ruleset)
    from sigtrawl.stores import with_profile

    asked = request(schema=schema, logsource=logsource, config=config, storage_options=storage_options)
    paths = as_paths(events)
    if paths is not None and (table := _table(paths, storage_options)) is not None:
        events, paths = table, None  # its schema is all that is asked of it
    asked = asked if paths is None else with_profile(paths, asked)
    report = _checked(events, paths, ruleset, asked.options())
    if (plan := correlating(ruleset)) is not None:
        from sigtrawl.correlation.states import told

        demand_time_of(plan, report, None if paths is None else lambda rules, file: _states_on(rules, file, asked))
        missing = fields_missing(plan, lambda fields: _checked(events, paths, fields, asked.options()))
        report = told(plan, report, missing)
    return ScanReport.from_json(report)


def _checked(events: Any, paths: list[str] | None, ruleset: RuleSet, options: "bytes | _native.Options") -> bytes:
    """Give the core's report of a scan that would read nothing."""
    from sigtrawl import _native

    if paths is None:
        schema_of = events if hasattr(events, "__arrow_c_schema__") else getattr(events, "schema", None)
        if hasattr(schema_of, "__arrow_c_schema__"):
            return _native.check_schema(ruleset.native, schema_of, options)
        stream = _native.match_data(ruleset.native, events, options)  # binds, and reads nothing until it is asked
        stream.close()
        return stream.report()
    return _native.check(ruleset.native, paths, options)


def scan(
    events: Any,
    ruleset: RuleSet,
    *,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    engine: Engine = "core",
    threads: int | None = None,
    memory: int | str | None = None,
    config: "Config | str | os.PathLike[str] | None" = None,
    key: Sequence[str] | None = None,
    storage_options: Mapping[str, str] | None = None,
) -> Matches:
    """Find the matches of rules in events.

    Args:
        events: A file, a folder, a glob, or an address of these in an object store (``s3://``, ``gs://``, ``az://``,
            ``abfs://``, ``http(s)://``); the folder of a Delta or Iceberg table, which is read as it is now
            (`sigtrawl.delta.scan` and `sigtrawl.iceberg.scan` read its other versions); a list of files; or data in memory:
            anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``.
        ruleset: The rules.
        schema: The schema mapping to read the events by: a known name, a file, or ``"none"`` (columns are Sigma fields,
            every rule runs on every row). By default each table is recognised by its columns.
        logsource: What log source every row is, as a mapping or as ``"category=process_creation,product=windows"``.
        columns: What the event of a match holds: ``"all"`` columns, those ``"used"`` by the rules, or a list of names.
        engine: ``"core"``, or ``"reference"``: the small and slow evaluator that the core is checked against.
        threads: How many threads may work; by default one a processor.
        memory: What the scan may take, in bytes or as ``"512MiB"``: with less than some 100 MiB for each thread there are
            fewer threads. By default 1 GiB, at least 64 MiB.
        config: A ``sigtrawl.toml``, as a path or as `load_config` gave it: more schema mappings, and the schema and log source of
            single inputs where ``schema`` and ``logsource`` say nothing. None is looked for by itself; its pipelines concern
            rules, so give them to `load_rules`.
        key: Columns that tell one event from another, such as ``["record_id"]``: they stand in a match in the place of ``file``,
            ``row_group`` and ``row``.
        storage_options: Settings of object stores, such as ``{"aws_region": "eu-west-1"}``, by the names of the provider's
            environment variables; they go before those. For S3 a profile of the AWS configuration is looked up where neither
            has keys.

    Returns:
        The matches, found while they are taken.

    Raises:
        ConfigError: The configuration file is wrong.
        InputError: A path leads nowhere, or no input is a file of events.
        NothingToRun: Not one rule can run on any input; the error lists the reasons.
        SchemaError: No schema mapping recognises a table, and neither ``schema`` nor ``logsource`` says what it is; or nothing
            tells the time of events that a correlation is about.
        TypeError: ``events`` is neither a path nor Arrow data.
    """
    _demand_compiled(ruleset)
    asked = request(
        schema=schema,
        logsource=logsource,
        columns=columns,
        engine=engine,
        threads=threads,
        memory=memory,
        config=config,
        key=key,
        storage_options=storage_options,
    )
    paths = as_paths(events)
    if paths is None:
        matches = match_in_memory(ruleset, events, asked)
        _refuse_idle(matches.report)
        return matches
    table = _table(paths, storage_options)
    if table is not None and asked.engine != "reference":
        from sigtrawl.lake import scan_snapshot

        return scan_snapshot(table, ruleset, asked)
    return scan_paths(ruleset, paths, asked)


def _table(paths: list[str], storage_options: Mapping[str, str] | None) -> "Snapshot | None":
    """Open the table that a single path is, Delta Lake's or Iceberg's, as it is now."""
    if len(paths) != 1 or "://" in paths[0]:
        return None
    from sigtrawl.lake import table_kind

    kind = table_kind(paths[0])
    if kind is None:
        return None
    snapshot: Snapshot = import_module(f"sigtrawl.{kind}").snapshot_of(paths[0], storage_options=storage_options)
    return snapshot


def scan_paths(ruleset: RuleSet, paths: list[str], asked: Request) -> Matches:
    """Scan files, once it is understood what is asked for."""
    from sigtrawl import _native
    from sigtrawl.stores import with_profile

    asked = with_profile(paths, asked)

    def open_stream(rules: RuleSet, asked: Request) -> Stream:
        if asked.engine == "reference":
            from sigtrawl.by_reference import scan_by_reference

            return scan_by_reference(rules, paths, asked)
        return _native.scan(rules.native, paths, asked.options())

    stream = open_correlated(
        ruleset,
        asked,
        open_stream,
        lambda fields: _native.check(fields.native, paths, asked.options()),
        lambda rules, file: _states_on(rules, file, asked),
    )
    return Matches(stream, Origin(ruleset, paths, asked))


def _states_on(rules: RuleSet, file: str, asked: Request) -> list[str]:
    """Give the states of rules on one file."""
    from sigtrawl import _native

    return [rule.state for rule in ScanReport.from_json(_native.check(rules.native, [file], asked.options())).rules]


def as_paths(events: Any) -> list[str] | None:
    """Give the paths that ``events`` names, or None if it is data.

    Raises:
        InputError: A path cannot be one.
        TypeError: It is neither.
    """
    if isinstance(events, (str, os.PathLike)):
        return [_path(events)]
    if any(hasattr(events, name) for name in ("__arrow_c_stream__", "__arrow_c_array__", "__arrow_c_schema__")):
        return None
    if isinstance(events, (list, tuple)) and all(isinstance(path, (str, os.PathLike)) for path in events):
        return [_path(path) for path in events]  # none at all is for the core to refuse
    lazy = type(events).__name__ == "LazyFrame"
    hint = "use its own frame.sigtrawl.match(ruleset)" if lazy else "give a path, a list of paths, or Arrow data"
    message = f"events cannot be a {_kind(events)}: {hint}"
    raise TypeError(message)


def _demand_compiled(ruleset: Any) -> None:
    """Raise where the rules are not what `compile` gives."""
    if not isinstance(ruleset, RuleSet):
        message = f"rules are compiled first, as in scan(events, compile(rules)); this is a {_kind(ruleset)}"
        raise TypeError(message)


def _kind(thing: Any) -> str:
    kind = type(thing)
    return f"{kind.__module__}.{kind.__qualname__}"


def _path(given: "str | os.PathLike[str]") -> str:
    """Give a path as the core takes it."""
    from sigtrawl.errors import InputError

    path = os.fspath(given)
    if not path:
        raise InputError("an input has an empty name; name a file, a folder or a glob")
    try:
        path.encode()
    except UnicodeEncodeError:
        message = f"{path!r} is no UTF-8, and cannot be named as an input; name the folder that it lies in"
        raise InputError(message) from None
    return path


def _refuse_idle(report: ScanReport) -> None:
    """Raise where not one rule can run on data in memory, as the core does for files."""
    from sigtrawl.errors import NothingToRun

    if not report.able():
        states = ", ".join(f"{count:,} {state}" for state, count in report.rule_states().items()) or "none is there"
        reasons = "; ".join(entry.reason for entry in report.inputs if entry.reason)
        message = f"not one rule can run on this data: {states}{': ' if reasons else ''}{reasons}"
        raise NothingToRun(message)
