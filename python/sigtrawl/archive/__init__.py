"""Synthetic event archives: as large as wanted, the same for everybody, with known answers.

A benchmark needs events by the hundred million, a demo needs events at all, and real ones can seldom be passed on. The archives
made here are neither recorded nor derived from anybody's data: programs, users and command lines come from the templates of this
package, filled by hashes of the row number. The shape that decides how fast rules run is that of real logs: few distinct images,
many repeated command lines, a share of unique ones, long hashes. `archive.shapes` has further ones, for benchmarks: the
programs of another fleet, and all that a Windows host logs.

    planted = generate("events.parquet", 1_000_000)
    planted.matches["e31033fc-33f0-4020-9a16-faf9b31cbf08"]   # the rows that the netcat rule must find
"""

from sigtrawl.archive.generate import Planted, generate

__all__ = ["Planted", "generate"]
