"""The plot: rows a second by number of rules, both axes logarithmic."""

from collections import defaultdict
from pathlib import Path

from race.record import Measure, Record

LINES = {
    "sigtrawl": "Sigtrawl",
    "polars-regex-rules": "polars, rule by rule",
    "duckdb-ilike-rules": "DuckDB, rule by rule",
    "reference": "reference (pyahocorasick)",
    "rsigma": "rsigma, one core",
}


def draw(record: Record, archive: str, path: Path) -> bool:
    """Draws the lines of an archive; tells whether there was anything to draw.

    Raises:
        ImportError: matplotlib is not installed.
    """
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = archive  # the same record gives the same file
    from matplotlib import pyplot as plt

    lines = points(record, archive)
    if not lines:
        return False
    figure, axes = plt.subplots(figsize=(7.5, 4.8))
    for engine, line in lines.items():
        axes.plot([count for count, _ in line], [rate for _, rate in line], marker="o", label=LINES[engine])
    floor = record.find(archive, "process creation", "floor")
    if floor is not None:
        axes.axhline(floor.rate, color="0.5", linestyle="--", linewidth=1, label="floor: reading the columns of all rules")
    axes.set(xscale="log", yscale="log", xlabel="rules", ylabel="rows per second", title=_title(record, archive))
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return True


def points(record: Record, archive: str) -> dict[str, list[tuple[int, float]]]:
    """Gives for each engine (number of rules, rows a second), by number of rules; one run each count."""
    found: dict[str, dict[int, Measure]] = defaultdict(dict)
    for one in record.measures:
        if one.archive == archive and one.engine in LINES and not one.variant and one.rules not in {"netcat", "all"} and one.rows:
            found[one.engine][one.count] = one
    return {engine: [(count, ones[count].rate) for count in sorted(ones)] for engine, ones in found.items()}


def _title(record: Record, archive: str) -> str:
    told = record.archives[archive]
    return f"{told['rows']:,} process events, {told['compression']}, {record.settings['threads']} threads, {record.date}"
