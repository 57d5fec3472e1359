"""What it costs to begin: imports, rules from YAML, from a compiled file and from the cache, and calls on one row.

    python benches/start_up.py RULES [RUNS]

RULES is a folder of rules, such as SigmaHQ's. Every figure is the median of RUNS (5) processes: wall time, and the processor's
time, which says more on a machine that others use. Rules are counted and matches checked: nothing is quick by doing nothing.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EVENT = {"Channel": ["Microsoft-Windows-Sysmon/Operational"], "EventID": [1], "Image": ["C:\\nc.exe"]}
RULE = r"""
title: Netcat
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: '\nc.exe'
  condition: selection
"""
MATCHING = f"import polars, sigtrawl as st; data = polars.DataFrame({EVENT!r})\nrules = st.compile(st.rules_from_yaml({RULE!r}))"
# What is set up, what is measured, how often it is done.
CODE = {
    "import sigtrawl": ("", "import sigtrawl", 1),
    "rules from YAML to a compiled set": (
        "import sigtrawl as st; st.load_rules; st.compile",
        "assert len(st.compile(st.load_rules({rules!r}, on_error='skip')))",
        1,
    ),
    "the same, imports included": (
        "",
        "import sigtrawl as st; st.compile(st.load_rules({rules!r}, on_error='skip'))",
        1,
    ),
    "from the compiled file": ("import sigtrawl as st; st.RuleSet", "assert len(st.RuleSet.load({compiled!r}))", 1),
    "from the compiled file, imports included": ("", "import sigtrawl as st; assert len(st.RuleSet.load({compiled!r}))", 1),
    "first match of one row": (MATCHING, "assert rules.match(data).to_polars().height == 1", 1),
    "match of one row, again": (MATCHING + "\nrules.match(data).to_polars()", "rules.match(data).to_polars()", 200),
    "match of one row, schema none": (
        MATCHING + "\nrules.match(data, schema='none').to_polars()",
        "rules.match(data, schema='none').to_polars()",
        200,
    ),
}
MAIN = "import sys; from sigtrawl.cli import main; sys.exit(main(sys.argv[1:]))"


def child(setup: str, code: str, times: int) -> tuple[float, float]:
    """Give wall and processor time of some code, in seconds each time."""
    body = "\n".join(f"    {line}" for line in code.splitlines())
    script = f"{setup}\nimport time\nw, c = time.perf_counter(), time.process_time()\nfor _ in range({times}):\n{body}\n"
    script += f"print((time.perf_counter() - w) / {times}, (time.process_time() - c) / {times})"
    out = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    wall, processor = map(float, out.split())
    return wall, processor


def command(*arguments: str) -> tuple[float, float]:
    """Give wall and processor time of a command."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", MAIN, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure everything and print a table."""
    rules, runs = str(Path(sys.argv[1])), int(sys.argv[2]) if len(sys.argv) > 2 else 5  # noqa: PLR2004 - the second argument
    with tempfile.TemporaryDirectory() as folder:
        compiled, events = str(Path(folder, "rules.sigtrawl")), str(Path(folder, "events.parquet"))
        os.environ["SIGTRAWL_CACHE"] = str(Path(folder, "cache"))
        import polars as pl

        pl.DataFrame(EVENT).write_parquet(events)
        command("compile", rules, "-o", compiled, "--skip-bad-rules")
        table = {
            name: [child(setup, code.format(rules=rules, compiled=compiled), times) for _ in range(runs)]
            for name, (setup, code, times) in CODE.items()
        }
        scan = ("scan", events, "-q", "--format", "jsonl", "-r")
        table["sigtrawl --help"] = [command("--help") for _ in range(runs)]
        kept, os.environ["SIGTRAWL_CACHE"] = os.environ["SIGTRAWL_CACHE"], "off"
        table["sigtrawl scan, rule files, no cache"] = [command(*scan, rules, "--skip-bad-rules") for _ in range(runs)]
        os.environ["SIGTRAWL_CACHE"] = kept
        table["sigtrawl scan, rule files"] = [command(*scan, rules, "--skip-bad-rules") for _ in range(runs)]
        table["sigtrawl scan, compiled file"] = [command(*scan, compiled) for _ in range(runs)]
    for name, measured in table.items():
        wall, processor = (statistics.median(column) * 1000 for column in zip(*measured, strict=True))
        print(json.dumps({"what": name, "wall_ms": round(wall, 2), "processor_ms": round(processor, 2), "runs": runs}))


if __name__ == "__main__":
    main()
