"""The floor: the time that reading the columns of the rules takes when nothing is looked for in them.

It is our own reader's, by the option ``"work": "read"`` of the core. A build without it is told by its report, and pyarrow stands
in, which is said in the record: a ratio to a stand-in is no result.
"""

import json
from collections.abc import Callable

import sigtrawl
from race.jobs import Found, Job
from sigtrawl import _native, schemas
from sigtrawl.request import request
from sigtrawl.ruleset import RuleSet


class Floor:
    """Reads `job.more["columns"]` of the files."""

    def version(self) -> str:
        """Our own version."""
        return f"sigtrawl {sigtrawl.__version__} (floor)"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Asks the core whether it can read alone."""
        ruleset = RuleSet.load(job.rules)
        options = json.loads(request(columns=[], threads=job.threads).to_json()) | {"work": "read"}
        asked = _native.Options(json.dumps(options).encode(), schemas.native())

        def go() -> Found:
            stream = _native.scan(ruleset.native, list(job.files), asked)
            while stream.next_batch() is not None:
                pass
            report = json.loads(stream.report())
            return Found(0, notes={"rows": report["rows"], "by": "the core's reader"})

        return go if reads_alone(ruleset, job) else lambda: _stand_in(job)


def reads_alone(ruleset: RuleSet, job: Job) -> bool:
    """Whether this build knows the option: its report then says so, and there is no match."""
    options = json.loads(request(columns=[], threads=job.threads).to_json()) | {"work": "read"}
    stream = _native.scan(ruleset.native, list(job.files)[:1], _native.Options(json.dumps(options).encode(), schemas.native()))
    knows: bool = json.loads(stream.report()).get("work") == "read"
    stream.close()
    return knows


def _stand_in(job: Job) -> Found:
    """Decodes the columns with pyarrow, row group after row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_cpu_count(job.threads)
    rows = 0
    for file in job.files:
        opened = pq.ParquetFile(file)
        for group in range(opened.num_row_groups):
            rows += opened.read_row_group(group, columns=list(job.more["columns"]), use_threads=job.threads > 1).num_rows
    return Found(0, notes={"rows": rows, "by": "pyarrow, a stand-in: this build cannot read alone"})
