"""The demonstration: one rule, the query that means the same, and a sample archive under both of their column names.

from sigtrawl.demo import run

result = run("demo", rows=200_000)
result.agrees        # every planted match was found, and nothing else, in both archives
"""

from sigtrawl.demo.netcat import QUERY, RULE, asked
from sigtrawl.demo.run import Demo, Scan, run

__all__ = ["QUERY", "RULE", "Demo", "Scan", "asked", "run"]
