"""``sigtrawl scan``: the matches of rules in events."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import sigtrawl
from sigtrawl.cli import options as given
from sigtrawl.cli.configuration import configuration, warn_of_idle_entries
from sigtrawl.cli.exit import Exit, decide
from sigtrawl.cli.orders import as_interrupts
from sigtrawl.cli.render import progress, summary
from sigtrawl.cli.render.output import Destination, destination
from sigtrawl.cli.render.screen import Screen
from sigtrawl.cli.selection import Loaded, Selection, load
from sigtrawl.config import Config
from sigtrawl.errors import InputError, NothingToRun, UsageError
from sigtrawl.matches import Matches
from sigtrawl.report import ScanReport
from sigtrawl.request import Columns, Engine


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What the user asked for."""

    events: tuple[str, ...]
    selection: Selection
    schema: str | None
    logsource: str | None
    config: Config | None
    columns: Columns
    engine: Engine
    threads: int | None
    memory: str | None
    destination: Destination
    summary: bool
    strict: bool
    dry_run: bool
    fail_on_match: bool
    progress: bool | None


def scan(
    events: given.Events,
    rules: given.Rules,
    *,
    min_level: given.MinLevel = None,
    level: given.Levels = None,
    status: given.Statuses = None,
    include_tag: given.IncludeTags = None,
    exclude_tag: given.ExcludeTags = None,
    for_logsource: given.ForLogSource = None,
    placeholder: given.Placeholders = None,
    placeholders: given.PlaceholderFiles = None,
    pipeline: given.Pipelines = None,
    skip_bad_rules: given.SkipBadRules = False,
    no_cache: given.NoCache = False,
    schema: given.Schema = None,
    logsource: given.LogSource = None,
    strict: given.Strict = False,
    threads: Annotated[
        int | None,
        typer.Option(
            help="How many threads may work.",
            min=1,
            show_default="one a processor",
            rich_help_panel=given.READ_PANEL,
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="What the scan may take, such as 512MiB; with little there are fewer threads.",
            metavar="SIZE",
            show_default="1GiB",
            rich_help_panel=given.READ_PANEL,
        ),
    ] = None,
    engine: Annotated[
        given.Engine,
        typer.Option(
            help="Who matches; 'reference' is the slow evaluator that the core is checked against.",
            rich_help_panel=given.READ_PANEL,
        ),
    ] = given.Engine.CORE,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            parser=given.path,
            metavar="FILE",
            help="Write the matches to a .parquet, .jsonl or .csv file.",
            show_default="stdout",
            rich_help_panel=given.OUTPUT_PANEL,
        ),
    ] = None,
    format_: Annotated[
        given.MatchFormat | None,
        typer.Option(
            "--format",
            help="How to write the matches; wins over the suffix of -o.",
            show_default="the suffix of -o; table on a terminal, jsonl on a pipe",
            rich_help_panel=given.OUTPUT_PANEL,
        ),
    ] = None,
    columns: Annotated[
        str,
        typer.Option(
            metavar="all|used|NAME,...",
            help="Which columns of the event a match holds.",
            rich_help_panel=given.OUTPUT_PANEL,
        ),
    ] = "all",
    limit: Annotated[
        int,
        typer.Option(
            help="How many matches the table shows; 0 shows all. Files and pipes always get all.",
            min=0,
            rich_help_panel=given.OUTPUT_PANEL,
        ),
    ] = 50,
    summary: Annotated[
        bool,
        typer.Option(
            "--summary",
            help="Show the number of matches per rule instead of the matches, or beside -o.",
            rich_help_panel=given.OUTPUT_PANEL,
        ),
    ] = False,
    fail_on_match: Annotated[
        bool,
        typer.Option("--fail-on-match", help="Exit with 1 if there is a match.", rich_help_panel=given.OUTPUT_PANEL),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Say what would be read and which rules would run, and stop.",
            rich_help_panel=given.OUTPUT_PANEL,
        ),
    ] = False,
    show_progress: Annotated[
        bool | None,
        typer.Option(
            "--progress/--no-progress",
            help="Show a progress bar on stderr.",
            show_default="on a terminal",
            rich_help_panel=given.OUTPUT_PANEL,
        ),
    ] = None,
    config: given.ConfigFile = None,
    no_config: given.NoConfig = False,
    quiet: given.Quiet = False,
    no_color: given.NoColor = False,
) -> int:
    """Find the matches of Sigma rules in Parquet events.

    Matches go to stdout: a table on a terminal, JSON lines on a pipe; or to a file with -o. A summary goes to stderr.
    """
    screen = Screen(quiet=quiet, color=not no_color)
    settings = configuration(config, screen, ignored=no_config)
    options = ScanOptions(
        events=tuple(events),
        selection=Selection.of(
            rules,
            min_level=min_level,
            level=level,
            status=status,
            include_tag=include_tag,
            exclude_tag=exclude_tag,
            for_logsource=for_logsource,
            placeholder=placeholder,
            placeholders=placeholders,
            skip_bad=skip_bad_rules,
            pipeline=pipeline,
            config=settings,
            no_cache=no_cache,
        ),
        schema=schema,
        logsource=logsource,
        config=settings,
        columns=_columns(columns),
        engine=engine.value,
        threads=threads,
        memory=memory,
        destination=destination(output, format_, summary=summary, terminal=screen.terminal, limit=limit),
        summary=summary,
        strict=strict,
        dry_run=dry_run,
        fail_on_match=fail_on_match,
        progress=show_progress,
    )
    return run(options, screen)


def run(options: ScanOptions, screen: Screen) -> Exit:
    """Load the rules, scan, show."""
    options.selection.spare(options.destination.path)
    loaded = load(options.selection, screen)
    if options.strict or options.dry_run:
        plan = _check(options, loaded)
        inert = summary.inert(plan, loaded) if options.strict else ()
        if options.dry_run:
            summary.dry_run(plan, loaded, screen)
        if inert:
            screen.error(summary.strict_message(inert))
        if inert or options.dry_run:
            warn_of_idle_entries(options.config, plan, screen)
            return decide(_conditions(options, plan) | ({Exit.RULES} if inert else set()) | summary.idle(plan, screen))
    started = time.perf_counter()
    try:
        matches = sigtrawl.scan(
            list(options.events),
            loaded.ruleset,
            schema=options.schema,
            logsource=options.logsource,
            columns=options.columns,
            engine=options.engine,
            threads=options.threads,
            memory=options.memory,
            config=options.config,
        )
    except NothingToRun:
        if options.config is not None:  # a glob with a mistake may be why
            warn_of_idle_entries(options.config, _check(options, loaded), screen)
        raise
    return _take(matches, options, loaded, screen, started)


def _check(options: ScanOptions, loaded: Loaded) -> ScanReport:
    events = list(options.events)
    return sigtrawl.check(events, loaded.ruleset, schema=options.schema, logsource=options.logsource, config=options.config)


def _take(matches: Matches, options: ScanOptions, loaded: Loaded, screen: Screen, started: float) -> Exit:
    """Run the scan into its destination, then say what happened."""
    interrupted = False
    with matches:
        try:
            with as_interrupts(), progress.shown(matches, screen, wanted=options.progress):
                shown = options.destination.write(matches, screen)
        except KeyboardInterrupt:
            interrupted = True
            screen.error(options.destination.interrupted())
        except InputError as error:
            screen.error(str(error))
            return Exit.UNREAD
        else:
            shown()
        report = matches.report
    if options.summary and not interrupted:
        summary.per_rule(report, loaded, options.destination.counts, screen)
    warn_of_idle_entries(options.config, report, screen)
    summary.after_scan(report, loaded, screen, time.perf_counter() - started)
    conditions = _conditions(options, report)
    return Exit.INTERRUPTED if interrupted else decide(conditions)


def _conditions(options: ScanOptions, report: ScanReport) -> set[Exit]:
    """Everything that the report says about the exit status."""
    conditions = {Exit.UNREAD} if report.unread else set()
    if options.fail_on_match and report.matches:
        conditions.add(Exit.FOUND)
    return conditions


def _columns(text: str) -> Columns:
    if text == "all" or text == "used":  # noqa: PLR1714 - two literals, as the type knows them
        return text
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise UsageError("--columns is empty; write all, used, or names with commas between them")
    return names
