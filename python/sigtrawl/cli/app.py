"""The program: its commands, and the one place where a run begins and ends."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

import sigtrawl
from sigtrawl.cli import bench, check, compile, demo, explain, rules, scan, show  # noqa: A004 - a command's name
from sigtrawl.cli.failure import report

EPILOG = (
    "Exit status: 0 done; 1 matches, with --fail-on-match; 2 bad rules; 3 usage, or nothing can run; "
    "4 an input was not read to its end; 5 output or internal error; 130 interrupted."
)

app = typer.Typer(
    name="sigtrawl",
    help="Sigma detection rules over Parquet archives, all of them in one pass.",
    epilog=EPILOG,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("scan", epilog=EPILOG)(scan.scan)
app.command("check")(check.check)
app.command("rules")(rules.rules)
app.command("show")(show.show)
app.command("explain")(explain.explain)
app.command("compile")(compile.compile_rules)
app.command("demo")(demo.demo)
app.command("bench")(bench.bench)


def _version(wanted: bool) -> None:  # noqa: FBT001 - the parser calls it so
    if wanted:
        typer.echo(f"sigtrawl {sigtrawl.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def program(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool,
        typer.Option("-V", "--version", help="Show the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Sigma detection rules over Parquet archives, all of them in one pass."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and give its exit status."""
    try:
        status = get_command(app).main(args=arguments, prog_name="sigtrawl", standalone_mode=False)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # it is where the shell closed it
                stream.flush()
    except BaseException as error:  # noqa: BLE001 - the end of the program: everything becomes a message and a status
        return report(error)
    return status if isinstance(status, int) else 0
