"""``sigtrawl compile``: rules into one file that opens in a fraction of a second."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from sigtrawl.cli import options as given
from sigtrawl.cli.configuration import configuration
from sigtrawl.cli.exit import Exit
from sigtrawl.cli.render.screen import Screen
from sigtrawl.cli.selection import Selection, load


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """What the user asked for."""

    selection: Selection
    output: Path


def compile_rules(
    rules: given.RulePaths,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            parser=given.path,
            metavar="FILE",
            help="The compiled file to write.",
            show_default=False,
            rich_help_panel=given.OUTPUT_PANEL,
        ),
    ],
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
    config: given.ConfigFile = None,
    no_config: given.NoConfig = False,
    quiet: given.Quiet = False,
    no_color: given.NoColor = False,
) -> int:
    """Compile Sigma rules into one file, which -r of the other commands takes.

    Rules that wait for placeholder values stay waiting, and the file lists them.
    """
    screen = Screen(quiet=quiet, color=not no_color)
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
        pipeline=pipeline,
        config=settings,
        no_cache=no_cache,
    )
    return run(CompileOptions(selection, output), screen)


def run(options: CompileOptions, screen: Screen) -> Exit:
    """Load, compile, save."""
    options.selection.spare(options.output)
    loaded = load(options.selection, screen)
    loaded.ruleset.save(options.output)
    size = options.output.stat().st_size
    waiting = f", {loaded.waiting:,} waiting for placeholder values" if loaded.waiting else ""
    correlations = f", {len(loaded.correlations):,} correlations" if loaded.correlations else ""
    skipped = f", {loaded.skipped:,} bad and skipped" if loaded.skipped else ""
    screen.note(f"{options.output}: {len(loaded.ruleset):,} rules{correlations}{waiting}{skipped}; {size / 1024:,.0f} KiB")
    return Exit.DONE
