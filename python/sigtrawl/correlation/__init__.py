"""Correlations: what the matches of several rules say together (DESIGN.md, "Correlations and filters").

::

    Plan ─ entry ──────────────▶ fields ─ which columns are asked for ─▶ scan
    matches ─ stream ─ fields ─ spool ─ windows ─▶ results, after the plain matches

The core matches the rules that a correlation refers to and knows nothing of the rest. `windows` is the definition, on plain
lists; `evaluate` brings each group there, out of core; `stream` stands between a scan and whoever takes its matches.
"""
