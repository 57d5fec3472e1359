"""``sigtrawl.toml`` on the command line: which one is used, and which of its entries speak of no input."""

from pathlib import Path

from sigtrawl.cli.render.screen import Screen
from sigtrawl.config import Config, find_config, load_config, setting_of
from sigtrawl.errors import UsageError
from sigtrawl.report import ScanReport


def configuration(named: Path | None, screen: Screen, *, ignored: bool) -> Config | None:
    """Give the configuration of this run, and say which it is; without a name it is looked for here and in the folders above.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong.
        UsageError: One is named, and none shall be read.
    """
    if ignored:
        if named is not None:
            raise UsageError("--config and --no-config contradict each other")
        return None
    path = named or find_config()
    if path is None:
        return None
    config = load_config(path)
    screen.note(f"using {path}")
    return config


def warn_of_idle_entries(config: Config | None, report: ScanReport, screen: Screen) -> None:
    """Warn of entries that no input was read by: mostly, their glob has a mistake."""
    if config is None:
        return
    used = {entry.setting for entry in report.inputs}
    files = [entry.file for entry in report.inputs if entry.file is not None and entry.state != "ignored"]
    for place, entry in enumerate(config.inputs):
        if place in used:
            continue
        reached = any(setting_of([entry], file) is not None for file in files)
        why = "every input that it matches is taken by an entry before it" if reached else "it matches no input"
        screen.warn(f"{config.path}: inputs[{place + 1}].glob: {entry.glob!r} has no effect: {why}")
