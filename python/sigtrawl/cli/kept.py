"""Rules that were loaded before: the Plan of rule files, kept from one run to the next.

A run over the public corpus spends most of its time on YAML that has not changed. What is kept is the Plan's JSON with what
loading said, under a key of everything that it depends on: the name and content of each rule file, the options that choose and
change rules, and the code that reads them (ours, pySigma's, PyYAML's, Python's). Files are read once: what the key was made of is
what the rules are made of. So a Plan that was kept is the Plan that loading would make, and what a command says is the same.

Not kept: a load that ends in an error; one of files that cannot be read; and one through pipelines, which may ask other files,
programs and servers for values. `sigtrawl.load_rules` keeps nothing: it gives rules as they are written, of which a Plan holds
only the meaning, and a library writes no files that nobody asked for.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sigtrawl
from sigtrawl import cache
from sigtrawl.errors import InputError
from sigtrawl.plan import Plan
from sigtrawl.rules.files import RuleFile, rule_files


@dataclass(frozen=True, slots=True)
class Made:
    """A Plan, and what a command asks of it first, so that many never parse it.

    Attributes:
        plan: Its JSON.
        load_report: What loading said.
        ready: How many rules can run.
        waiting: How many wait for placeholder values.
        parsed: The Plan itself, where it was just made.
    """

    plan: bytes
    load_report: Mapping[str, Any]
    ready: int
    waiting: int
    parsed: Plan | None = None

    @classmethod
    def of(cls, plan: Plan) -> "Made":
        """Take a Plan."""
        return cls(plan.to_json(), plan.load_report, len(plan.rules), len(plan.waiting), plan)

    def packed(self) -> bytes:
        """Give a line of JSON, then the Plan's."""
        head = {"load_report": dict(self.load_report), "ready": self.ready, "waiting": self.waiting}
        return json.dumps(head).encode() + b"\n" + self.plan

    @classmethod
    def unpacked(cls, content: bytes) -> "Made":
        """Read what `packed` wrote."""
        head, _, plan = content.partition(b"\n")
        return cls(plan, **json.loads(head))


def made(paths: Sequence[Path], options: Mapping[str, Any]) -> Made:
    """Give the Plan of rule files and folders: the one that was kept, or else a new one, which is then kept.

    Args:
        paths: Files and folders.
        options: All other options of `sigtrawl.load_rules`, without pipelines.

    Raises:
        InputError: A path leads nowhere.
        RuleErrors: Some rules are bad, and ``on_error`` says that this is an error.
    """
    files = _read(paths)
    code = None if files is None else _code()
    if files is None or code is None:  # loading says what is wrong
        return Made.of(sigtrawl.load_rules(paths, **options).plan())
    key = _key(files, options, code)
    if (content := cache.find(key)) is not None:
        return Made.unpacked(content)
    from sigtrawl.rules.loading import load_found

    new = Made.of(load_found(files, **options).plan())
    cache.keep(key, new.packed())
    return new


def _read(paths: Sequence[Path]) -> list[RuleFile] | None:
    """Read all rule files; None where one cannot be."""
    try:
        files = list(rule_files(paths))
    except InputError:
        return None
    return None if any(isinstance(file.content, OSError) for file in files) else files


def _key(files: Iterable[RuleFile], options: Mapping[str, Any], code: bytes) -> bytes:
    """Give the digest of all that a Plan depends on; every part goes in with its length, so none can pass for another."""
    digest = hashlib.sha256(code)
    for part in _parts(files, options):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


def _parts(files: Iterable[RuleFile], options: Mapping[str, Any]) -> Iterator[bytes]:
    yield json.dumps(options).encode()
    for file in files:
        yield os.fsencode(file.name)
        yield os.fsencode(file.relative)
        if isinstance(file.content, bytes):
            yield file.content


def _code() -> bytes | None:
    """Give the digest of the code that makes Plans; None if some of it cannot be seen.

    Versions are not enough: a working copy changes without one. Files are not read but known by size and time, as compilers and
    Python itself know them.
    """
    digest = hashlib.sha256(f"{sigtrawl.__version__} {sys.version} {sys.flags.optimize}".encode())
    ours = Path(sigtrawl.__file__).parent
    places = [(ours, pattern) for pattern in ("*.py", "_native*", "rules/**/*.py", "correlation/*.py", "cli/kept.py")]
    for package, patterns in (("sigma", ("**/*.py",)), ("yaml", ("*.py", "_yaml*"))):
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            return None
        places += [(Path(folder), pattern) for folder in sorted(spec.submodule_search_locations) for pattern in patterns]
    try:
        for folder, pattern in places:
            _stamp(digest, folder, pattern)
    except OSError:
        return None
    return digest.digest()


def _stamp(digest: "hashlib._Hash", folder: Path, pattern: str) -> None:
    for file in sorted(folder.glob(pattern)):
        state = file.stat()
        digest.update(f"{file}\0{state.st_size}\0{state.st_mtime_ns}\n".encode(errors="surrogateescape"))
