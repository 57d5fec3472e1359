"""Sigtrawl inside polars, lazy and eager, in both engines.

Three ways, by what is at hand::

    import polars as pl
    import sigtrawl as st

    ruleset = st.compile(st.load_rules("rules"))

    st.scan_parquet("events/*.parquet", ruleset)         # files: a LazyFrame of matches, read by Sigtrawl's own reader
    frame.sigtrawl.match(ruleset)                         # a frame of events, eager or lazy: a frame of matches
    frame.filter(ruleset.expr("any"))                     # rows of the frame itself

The first is the fastest, because it reads files page by page. The second matches what some query gives. The third is an
expression and goes wherever expressions do.

The namespace ``sigtrawl`` is there as soon as both packages are imported, whichever is first.
"""
