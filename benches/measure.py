#!/usr/bin/env python
"""Measures the speed table of the README on the machine at hand.

Two scans of generated process events: the netcat rule over ten million, and every Windows process creation rule of a corpus over
one million. Each run is a process of its own, so that its peak memory is the scan's; the table gives the median of the runs. The
matches of the netcat rule are held against the planted ones: a wrong answer is no result.

    python benches/measure.py --sigma path/to/sigma        (or: make bench SIGMA=path/to/sigma)

Archives are kept in target/benches and made again only where they are absent.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Run:
    """One scan: how many matches, how long, and the process's peak of resident memory."""

    matches: int
    seconds: float
    peak_bytes: int


def main() -> int:
    """Measures what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sigma", type=Path, help="a folder of Sigma rules, for the second line of the table")
    parser.add_argument("--rows", type=int, default=10_000_000, help="events for the netcat rule")
    parser.add_argument("--all-rows", type=int, default=1_000_000, help="events for all rules")
    parser.add_argument("--runs", type=int, default=5, help="scans of each kind; the table has their median")
    parser.add_argument("--threads", type=int, help="threads of a scan; by default one a processor")
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "benches", help="where the archives are kept")
    parser.add_argument("--one", nargs=2, metavar=("ARCHIVE", "RULES"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        archive, rules = asked.one
        print(json.dumps(_one(archive, rules, asked.threads)))
        return 0
    asked.work.mkdir(parents=True, exist_ok=True)
    print(_machine())
    print()
    print("| rules | events | Parquet | rows/s | peak memory |")
    print("|---|---|---|---|---|")
    _netcat(asked)
    if asked.sigma:
        _all_rules(asked)
    else:
        print("\nall Windows process creation rules: left out; --sigma says where they are", file=sys.stderr)
    return 0


def _netcat(asked: argparse.Namespace) -> None:
    from sigtrawl.archive import generate
    from sigtrawl.archive.plants import NETCAT
    from sigtrawl.demo import RULE

    rule = asked.work / "netcat.yml"
    rule.write_text(RULE, encoding="utf-8")
    rules = _compiled([rule], asked.work / "netcat.compiled")[0]
    archive = asked.work / f"process-{asked.rows}.parquet"
    told = archive.with_suffix(".planted")
    if not (archive.exists() and told.exists()):
        told.write_text(str(len(generate(archive, asked.rows).matches[NETCAT])))
    runs = _runs(archive, rules, asked)
    if {run.matches for run in runs} != {int(told.read_text())}:
        sys.exit(f"wrong: {runs[0].matches} matches where {told.read_text()} were planted")
    _line("netcat", asked.rows, archive, runs)


def _all_rules(asked: argparse.Namespace) -> None:
    from sigtrawl.archive import generate

    files = sorted(path for path in asked.sigma.rglob("*.yml") if _is_windows_process_creation(path))
    rules, count = _compiled(files, asked.work / "process-creation.compiled")
    archive = asked.work / f"process-{asked.all_rows}.parquet"
    if not archive.exists():
        generate(archive, asked.all_rows)
    _line(f"all {count:,} of Windows process creation", asked.all_rows, archive, _runs(archive, rules, asked))


def _is_windows_process_creation(path: Path) -> bool:
    import yaml

    text = path.read_text(encoding="utf-8")
    if "process_creation" not in text:
        return False
    source = yaml.load(text, Loader=yaml.CSafeLoader).get("logsource", {})
    return bool((source.get("product"), source.get("category")) == ("windows", "process_creation"))


def _compiled(files: Iterable[Path], target: Path) -> tuple[Path, int]:
    import sigtrawl

    ruleset = sigtrawl.compile(sigtrawl.load_rules(list(files)))
    ruleset.save(target)
    return target, len(ruleset)


def _runs(archive: Path, rules: Path, asked: argparse.Namespace) -> list[Run]:
    command = [sys.executable, __file__, "--one", str(archive), str(rules)]
    if asked.threads:
        command += ["--threads", str(asked.threads)]
    with archive.open("rb") as file:  # into the page cache
        while file.read(16 * MIB):
            pass
    said = [subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout for _ in range(asked.runs)]
    return [Run(**json.loads(line)) for line in said]


def _one(archive: str, rules: str, threads: int | None) -> dict[str, float]:
    """Scans once, in this process; loading the rules is not counted."""
    import sigtrawl

    ruleset = sigtrawl.RuleSet.load(rules)
    started = time.perf_counter()
    matches = sum(batch.num_rows for batch in sigtrawl.scan(archive, ruleset, threads=threads).batches())
    seconds = time.perf_counter() - started
    return {"matches": matches, "seconds": seconds, "peak_bytes": _peak()}


def _peak() -> int:
    """The most memory that this process has had resident.

    On Linux `ru_maxrss` will not do, for a child begins with its parent's figure; the mark of the address space is its own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (mark,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(mark.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _line(rules: str, rows: int, archive: Path, runs: list[Run]) -> None:
    seconds = statistics.median(run.seconds for run in runs)
    peak = max(run.peak_bytes for run in runs)
    size = archive.stat().st_size / MIB
    print(f"| {rules} | {rows:,} | {size:,.0f} MiB, zstd | {rows / seconds:,.0f} | {peak / MIB:,.0f} MiB |", flush=True)
    spread = f"{min(run.seconds for run in runs):.3f} to {max(run.seconds for run in runs):.3f} s"
    print(f"{rules}: {runs[0].matches:,} matches; median {seconds:.3f} s of {len(runs)} runs, {spread}", file=sys.stderr)


def _machine() -> str:
    import sigtrawl

    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    return f"sigtrawl {sigtrawl.__version__}, Python {platform.python_version()}, {os.cpu_count()} processors: {model}"


if __name__ == "__main__":
    sys.exit(main())
