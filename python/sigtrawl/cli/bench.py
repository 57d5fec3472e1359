"""``sigtrawl bench``: how fast rules run over events, and what takes the time; or an archive to try it with."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sigtrawl.benching import RUNS
from sigtrawl.cli import options as given
from sigtrawl.cli.configuration import configuration
from sigtrawl.cli.exit import Exit
from sigtrawl.cli.render.benched import show, write_json
from sigtrawl.cli.render.screen import Screen
from sigtrawl.cli.selection import Selection, load
from sigtrawl.config import Config
from sigtrawl.errors import OutputError, UsageError

_GENERATE_PANEL = "Instead: generate events"
_ROWS = 1_000_000


class Compression(StrEnum):
    """A codec of Parquet pages."""

    ZSTD = "zstd"
    SNAPPY = "snappy"
    LZ4 = "lz4"
    GZIP = "gzip"
    UNCOMPRESSED = "uncompressed"


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What the user asked for."""

    events: tuple[str, ...]
    selection: Selection
    schema: str | None
    logsource: str | None
    config: Config | None
    threads: int | None
    runs: int
    as_json: bool


def bench(
    events: Annotated[
        list[str] | None,
        typer.Argument(metavar="EVENTS...", help="Parquet files, folders or globs.", show_default=False),
    ] = None,
    *,
    rules: Annotated[
        list[Path] | None,
        typer.Option(
            "-r",
            "--rules",
            parser=given.path,
            metavar="PATH",
            help="Rule files, folders of them, or a compiled file; repeatable.",
            show_default=False,
            rich_help_panel=given.RULES_PANEL,
        ),
    ] = None,
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
    schema: given.Schema = None,
    logsource: given.LogSource = None,
    threads: Annotated[
        int | None,
        typer.Option(help="How many threads may work.", min=1, show_default="one a processor", rich_help_panel=given.READ_PANEL),
    ] = None,
    runs: Annotated[int, typer.Option(help="How many scans are timed, after one that is not.", min=1)] = RUNS,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write the figures as JSON.", rich_help_panel=given.OUTPUT_PANEL)
    ] = False,
    generate: Annotated[
        Path | None,
        typer.Option(
            parser=given.path,
            metavar="FILE",
            help="Write a Parquet file of synthetic events with known matches, and stop.",
            show_default=False,
            rich_help_panel=_GENERATE_PANEL,
        ),
    ] = None,
    rows: Annotated[int, typer.Option(help="How many events to generate.", min=1, rich_help_panel=_GENERATE_PANEL)] = _ROWS,
    seed: Annotated[
        int, typer.Option(help="Another number makes other events of the same kind.", min=0, rich_help_panel=_GENERATE_PANEL)
    ] = 1,
    compression: Annotated[
        Compression, typer.Option(help="The codec of the generated file.", rich_help_panel=_GENERATE_PANEL)
    ] = Compression.ZSTD,
    mixed: Annotated[
        bool,
        typer.Option(
            "--mixed", help="All that a Windows host logs, not process creations alone.", rich_help_panel=_GENERATE_PANEL
        ),
    ] = False,
    config: given.ConfigFile = None,
    no_cache: given.NoCache = False,
    no_config: given.NoConfig = False,
    quiet: given.Quiet = False,
    no_color: given.NoColor = False,
) -> int:
    """Measure how fast Sigma rules run over Parquet events.

    The files are scanned several times, matches are counted and written nowhere; figures go to stdout.
    """
    screen = Screen(quiet=quiet, color=not no_color)
    if generate is not None:
        if events or rules:
            raise UsageError("--generate writes events and measures nothing; give EVENTS and -r in a second command")
        return write_events(generate, rows, seed, compression, screen, mixed=mixed)
    if not events:
        raise UsageError("name EVENTS to measure on, or write some with --generate FILE")
    if not rules:
        raise UsageError("name rules with -r: rule files, folders of them, or a compiled file")
    settings = configuration(config, screen, ignored=no_config)
    selection = Selection.of(
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
        no_cache=no_cache,
        pipeline=pipeline,
        config=settings,
    )
    return run(BenchOptions(tuple(events), selection, schema, logsource, settings, threads, runs, as_json), screen)


def run(options: BenchOptions, screen: Screen) -> Exit:
    """Load the rules, scan several times, show the figures."""
    from sigtrawl.benching import bench as measure

    loaded = load(options.selection, screen)
    measured = measure(
        list(options.events),
        loaded.ruleset,
        runs=options.runs,
        schema=options.schema,
        logsource=options.logsource,
        threads=options.threads,
        config=options.config,
    )
    (write_json if options.as_json else show)(measured, loaded, screen)
    return Exit.DONE


def write_events(path: Path, rows: int, seed: int, compression: Compression, screen: Screen, *, mixed: bool) -> Exit:
    """Generate an archive and say what was planted in it.

    Raises:
        OutputError: The file cannot be written.
    """
    from sigtrawl.archive.shapes import recipe, write  # they make archives with polars: loaded only here

    made = recipe("mixed" if mixed else "process", rows, seed=seed)
    try:
        write(made, path, compression=compression.value)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
    screen.out.print(f"{path}: {rows:,} events, {path.stat().st_size / 2**20:,.1f} MiB", soft_wrap=True)
    for rule, places in made.matches.items():
        screen.out.print(f"  {rule}: {len(places):,} matches planted", soft_wrap=True)
    return Exit.DONE
