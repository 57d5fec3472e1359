"""The options that several commands share, each told once: its names, its help, what values it takes.

Commands use these as the annotations of their parameters; the meaning of a value is in `sigtrawl.cli.selection` and in the
public API.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

RULES_PANEL = "Which rules"
READ_PANEL = "How to read the events"
OUTPUT_PANEL = "Output"


def path(text: str) -> Path:
    """Read a path; an empty one would mean the current folder, and is a variable that was not set."""
    if not text:
        raise typer.BadParameter("the path is empty")
    return Path(text)


class Level(StrEnum):
    """How serious a rule is, from the least."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Status(StrEnum):
    """How settled a rule is."""

    STABLE = "stable"
    TEST = "test"
    EXPERIMENTAL = "experimental"
    DEPRECATED = "deprecated"
    UNSUPPORTED = "unsupported"


class Engine(StrEnum):
    """Who matches."""

    CORE = "core"
    REFERENCE = "reference"


class MatchFormat(StrEnum):
    """How matches are written."""

    PARQUET = "parquet"
    JSONL = "jsonl"
    CSV = "csv"
    TABLE = "table"


class ExplainFormat(StrEnum):
    """How an explanation is written."""

    TEXT = "text"
    JSON = "json"


class ListFormat(StrEnum):
    """How a list is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Events: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="EVENTS...", help="Parquet files, folders or globs.", show_default=False),
]
Rules: TypeAlias = Annotated[
    list[Path],
    typer.Option(
        "-r",
        "--rules",
        parser=path,
        metavar="PATH",
        help="Rule files, folders of them, or a compiled file; repeatable.",
        show_default=False,
        rich_help_panel=RULES_PANEL,
    ),
]
RulePaths: TypeAlias = Annotated[
    list[Path],
    typer.Argument(parser=path, metavar="RULES...", help="Rule files, folders of them, or a compiled file.", show_default=False),
]
MinLevel: TypeAlias = Annotated[
    Level | None,
    typer.Option("--min-level", help="Only rules of this level or a higher one.", rich_help_panel=RULES_PANEL),
]
Levels: TypeAlias = Annotated[
    list[Level] | None,
    typer.Option("--level", help="Only rules of this level; repeatable.", rich_help_panel=RULES_PANEL),
]
Statuses: TypeAlias = Annotated[
    list[Status] | None,
    typer.Option("--status", help="Only rules of this status; repeatable.", rich_help_panel=RULES_PANEL),
]
IncludeTags: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--include-tag",
        metavar="TAG",
        help="Only rules with one of these tags, such as attack.t1059; repeatable.",
        rich_help_panel=RULES_PANEL,
    ),
]
ExcludeTags: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude-tag",
        metavar="TAG",
        help="No rules with one of these tags; repeatable.",
        rich_help_panel=RULES_PANEL,
    ),
]
ForLogSource: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--for-logsource",
        metavar="KEY=VALUE,...",
        help="Only rules that state this log source, as in category=process_creation,product=windows.",
        show_default=False,
        rich_help_panel=RULES_PANEL,
    ),
]
Placeholders: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--placeholder",
        metavar="NAME=VALUE",
        help="A value for a placeholder of the rules; repeatable, also for one name.",
        rich_help_panel=RULES_PANEL,
    ),
]
PlaceholderFiles: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--placeholders",
        parser=path,
        metavar="FILE",
        help="A YAML file of placeholders: name, then a list of values; repeatable.",
        rich_help_panel=RULES_PANEL,
    ),
]
Pipelines: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        "--pipeline",
        metavar="NAME|FILE|FOLDER",
        help="Send the rules through a pySigma pipeline: the name of an installed one, a YAML file, or a folder; repeatable. "
        "Fields are columns then: scan with --schema none or a mapping with own_names.",
        show_default="those of sigtrawl.toml",
        rich_help_panel=RULES_PANEL,
    ),
]
SkipBadRules: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--skip-bad-rules",
        help="Go on without rules that are wrong or unsupported, and list them.",
        rich_help_panel=RULES_PANEL,
    ),
]
NoCache: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-cache",
        help="Load rule files even if they have not changed since the last run, and keep nothing for the next.",
        rich_help_panel=RULES_PANEL,
    ),
]
Schema: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--schema",
        metavar="NAME|FILE|none",
        help="Read the events by this schema mapping. 'none': columns are Sigma fields, every rule runs on every row.",
        show_default="recognised from the columns",
        rich_help_panel=READ_PANEL,
    ),
]
LogSource: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--logsource",
        metavar="KEY=VALUE,...",
        help="What all rows are, as in category=process_creation,product=windows.",
        rich_help_panel=READ_PANEL,
    ),
]
ConfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        parser=path,
        metavar="FILE",
        help="Read this configuration; what the command line says goes before it.",
        show_default="sigtrawl.toml here or above",
    ),
]
NoConfig: TypeAlias = Annotated[bool, typer.Option("--no-config", help="Read no configuration.")]
Strict: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Exit with 2, before reading, if a rule's log source is there and the rule still can never match.",
        rich_help_panel=READ_PANEL,
    ),
]
Quiet: TypeAlias = Annotated[
    bool,
    typer.Option("-q", "--quiet", help="No summary and no progress, only warnings and errors.", rich_help_panel=OUTPUT_PANEL),
]
NoColor: TypeAlias = Annotated[
    bool,
    typer.Option("--no-color", help="No colours, as with the variable NO_COLOR.", rich_help_panel=OUTPUT_PANEL),
]
AsList: TypeAlias = Annotated[
    ListFormat | None,
    typer.Option(
        "--format",
        help="How to write the list.",
        show_default="table on a terminal, json on a pipe",
        rich_help_panel=OUTPUT_PANEL,
    ),
]
