"""What starts the programs of a synthetic archive: a few hundred pairs of image and command line, by kind of ancestry.

Parents repeat far more than children do: a handful of services and shells starts nearly everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigtrawl.archive.program import Ancestry

_SYSTEM = "C:\\Windows\\System32\\"


def parents() -> dict[Ancestry, list[tuple[str, str]]]:
    """(image, command line) of every possible parent of each kind."""
    svchost = f"{_SYSTEM}svchost.exe"
    explorer = "C:\\Windows\\explorer.exe"
    cmd = f"{_SYSTEM}cmd.exe"
    system = [(f"{_SYSTEM}services.exe", f"{_SYSTEM}services.exe")]
    service = [*system]
    service += [(svchost, f"{svchost} -k DcomLaunch -p -s {name}") for name in ("PlugPlay", "Power", "LSM", "SystemEventsBroker")]
    user = [(explorer, "C:\\Windows\\Explorer.EXE")]
    user += [
        (explorer, f"C:\\Windows\\explorer.exe /factory,{{682159d9-c321-47ca-b3f1-30e36b2ec8b{n:x}}} -Embedding")
        for n in range(8)
    ]
    shell = [
        (cmd, f'"{cmd}" /d /s /c "C:\\ProgramData\\Corp\\jobs\\step{n:02}.cmd --quiet --site {n * 7 % 90}"') for n in range(96)
    ]
    task = [
        (svchost, f"{svchost} -k netsvcs -p -s Schedule"),
        (f"{_SYSTEM}taskeng.exe", "taskeng.exe {51C7E1A2-D0B5} S-1-5-18"),
    ]
    app = [
        (
            f"C:\\Program Files\\Corp\\Workspace\\{n % 6 + 1}.0\\Workspace.exe",
            f'"C:\\Program Files\\Corp\\Workspace\\{n % 6 + 1}.0\\Workspace.exe" --profile Default --window {n} --restore',
        )
        for n in range(128)
    ]
    return {"system": system, "service": service, "user": user, "shell": shell, "task": task, "app": app}
