"""Finding rule files, and reading them.

Folders are walked in sorted order, so the same folder gives the same Plan on every machine. Nothing here knows what is in the
files, and nothing heavy is imported: whoever only asks whether the files have changed needs no more.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sigtrawl.errors import InputError

Paths: TypeAlias = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_SUFFIXES = (".yml", ".yaml")


class RuleFile(NamedTuple):
    """A rule file.

    Attributes:
        name: Its path, as the caller can open it.
        relative: Its path as seen from the folder that was searched.
        content: What it holds, or why it cannot be read.
    """

    name: str
    relative: str
    content: bytes | OSError


def rule_files(paths: Paths) -> Iterator[RuleFile]:
    """Read the rule files at some paths, one by one.

    Raises:
        InputError: A path does not exist, or a folder holds no rule files.
    """
    several = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not several or not all(os.fspath(path) for path in several):
        raise InputError("a path to rules is missing or empty; name files or folders")
    for path in several:
        for file, relative in _at(Path(path)):
            name = str(file)
            yield RuleFile(name, relative, _read(name))


def _at(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the rule files at a path, each with the name that the Plan gives it."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"there is no file or folder {path}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    if stat.S_ISREG(mode):
        yield path, path.name
        return
    if not stat.S_ISDIR(mode):
        raise InputError(f"{path} is neither a file nor a folder")
    found = False
    walked: set[str] = set()
    for folder, folders, files in os.walk(path, onerror=_cannot_list, followlinks=True):
        real = os.path.realpath(folder)
        if real in walked:  # a link may lead up again
            folders.clear()
            continue
        walked.add(real)
        here = Path(folder)
        inside = here.relative_to(path).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(_SUFFIXES) and not name.startswith("."):
                found = True
                yield here / name, prefix + name
    if not found:
        raise InputError(f"the folder {path} holds no rule files (*.yml, *.yaml)")


def _read(file: str) -> bytes | OSError:
    try:
        if not stat.S_ISREG(os.stat(file).st_mode):  # noqa: PTH116 - as below; and a pipe would keep us waiting
            return OSError(errno.EINVAL, "it is no regular file")
        with open(file, "rb", buffering=0) as opened:  # noqa: PTH123 - with Path it takes twice as long
            return opened.read()
    except OSError as error:
        return error


def _cannot_list(error: OSError) -> None:
    raise InputError(f"the folder {error.filename} cannot be read: {error.strerror or error}") from error
