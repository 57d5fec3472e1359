"""``sigtrawl explain``: why a rule matches a row, or why it does not."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import sigtrawl
from sigtrawl.cli import options as given
from sigtrawl.cli.configuration import configuration
from sigtrawl.cli.exit import Exit
from sigtrawl.cli.render import explanation
from sigtrawl.cli.render.screen import Screen
from sigtrawl.cli.selection import Selection, load
from sigtrawl.config import Config


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What the user asked for."""

    selection: Selection
    events: tuple[str, ...]
    row: int
    rule: str | None
    file: str | None
    schema: str | None
    logsource: str | None
    config: Config | None
    format: given.ExplainFormat


def explain(
    rules: Annotated[
        Path,
        typer.Argument(
            parser=given.path,
            metavar="RULE",
            help="A rule file; or a folder or a compiled file, with --rule.",
            show_default=False,
        ),
    ],
    events: given.Events,
    *,
    row: Annotated[int, typer.Option(help="The row, counted from 0 in its file, as in a match.", min=0, show_default=False)],
    rule: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="The rule's id, the beginning of it, its title or its name, where RULE holds several.",
            show_default=False,
            rich_help_panel=given.RULES_PANEL,
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--file",  # told, because older versions of Typer name an option after such a metavar
            metavar="FILE",
            help="The file of the row, or the end of its path, where EVENTS are several files.",
            show_default=False,
            rich_help_panel=given.READ_PANEL,
        ),
    ] = None,
    placeholder: given.Placeholders = None,
    placeholders: given.PlaceholderFiles = None,
    pipeline: given.Pipelines = None,
    skip_bad_rules: given.SkipBadRules = False,
    no_cache: given.NoCache = False,
    schema: given.Schema = None,
    logsource: given.LogSource = None,
    format_: Annotated[
        given.ExplainFormat,
        typer.Option("--format", help="How to write the explanation.", rich_help_panel=given.OUTPUT_PANEL),
    ] = given.ExplainFormat.TEXT,
    config: given.ConfigFile = None,
    no_config: given.NoConfig = False,
    quiet: given.Quiet = False,
    no_color: given.NoColor = False,
) -> int:
    """Tell why a rule matches a row, or why not: its log source, and every part of its condition with what it found.

    The exit status is 0 whatever the answer.
    """
    screen = Screen(quiet=quiet, color=not no_color)
    settings = configuration(config, screen, ignored=no_config)
    selection = Selection.of(
        [rules],
        min_level=None,
        level=None,
        status=None,
        include_tag=None,
        exclude_tag=None,
        for_logsource=None,
        placeholder=placeholder,
        placeholders=placeholders,
        skip_bad=skip_bad_rules,
        pipeline=pipeline,
        config=settings,
        no_cache=no_cache,
    )
    options = ExplainOptions(selection, tuple(events), row, rule, file, schema, logsource, settings, format_)
    return run(options, screen)


def run(options: ExplainOptions, screen: Screen) -> Exit:
    """Load the rule, read the row, tell."""
    loaded = load(options.selection, screen, waiting=True)
    found = sigtrawl.explain(
        loaded.plan,
        list(options.events),
        row=options.row,
        rule=options.rule,
        file=options.file,
        schema=options.schema,
        logsource=options.logsource,
        config=options.config,
    )
    if options.format is given.ExplainFormat.JSON:
        screen.raw(json.dumps(found.to_dict(), ensure_ascii=False, indent=1).encode(errors="backslashreplace") + b"\n")
    else:
        explanation.show(found, screen)
    return Exit.DONE
