r"""Text items against a naive reading of the specification, which shares no code with the project.

The two engines share the lowering of rules, so no comparison of them can find a wrong anchor, a lost variant of `windash` or a
mistaken escape. Here a value and its modifiers are read anew: tokens, then variants, then one regular expression over the whole
text, with case folded for the few letters that the alphabet has.
"""

import base64
import itertools
import re
from typing import TypeAlias

import polars as pl
from hypothesis import given, seed, settings
from hypothesis import strategies as st

import sigtrawl
from sigtrawl.plan import PlanBuilder, RuleEntry
from sigtrawl.rules.detections import lower_detection

ALPHABET = "aAbBkK\u212as\u017f\\\\*?\n -/\u2013\u2014\u20151x"
DASHES = "-/\u2013\u2014\u2015"

Tokens: TypeAlias = list[str]
"""Characters; the wildcards are the two-character texts ``.*`` and ``.?``."""


def tokens(value: str) -> Tokens:
    return [f".{found}" if found in ("*", "?") else found[-1] for found in re.findall(r"(?s)\\[\\*?]|.", value)]


def variants(value: str, modifiers: list[str]) -> list[Tokens] | None:
    """Give what the value stands for, or None where it must be refused."""
    alternatives: list[Tokens] = [tokens(value)]
    wide = False
    for modifier in modifiers:
        match modifier:
            case "windash":
                places = [
                    [at.start() for at in re.finditer(r"\B[-/]\b", "".join(token[0] for token in one).replace(".", "\n"))]
                    for one in alternatives
                ]
                if len(places[0]) > 3:
                    return None
                alternatives = [
                    [dash_at.get(place, token) for place, token in enumerate(one)]
                    for one, here in zip(alternatives, places, strict=True)
                    for dashes in itertools.product(DASHES, repeat=len(here))
                    for dash_at in [dict(zip(here, dashes, strict=True))]
                ]
            case "wide":
                wide = True
            case "base64" | "base64offset":
                if any(len(token) > 1 for one in alternatives for token in one):
                    return None
                raw = ["".join(one).encode("utf-16-le" if wide else "utf-8") for one in alternatives]
                offsets = range(3) if modifier == "base64offset" else range(1)
                alternatives = [list(window(one, offset, modifier)) for one in raw for offset in offsets]
            case "contains":
                alternatives = [[".*", *one, ".*"] for one in alternatives]
            case "startswith":
                alternatives = [[*one, ".*"] for one in alternatives]
            case "endswith":
                alternatives = [[".*", *one] for one in alternatives]
    return alternatives


def window(raw: bytes, offset: int, modifier: str) -> str:
    encoded = base64.b64encode(b" " * offset + raw).decode()
    if modifier == "base64":
        return encoded
    return encoded[(0, 2, 3)[offset] : (None, -3, -2)[(len(raw) + offset) % 3]]


def fold(text: str) -> str:
    return text.replace("\u212a", "k").replace("\u017f", "s").lower()


def holds(alternatives: list[Tokens], text: str, *, cased: bool) -> bool:
    changed = str if cased else fold
    for one in alternatives:
        pattern = "".join({".*": ".*", ".?": "."}.get(token) or re.escape(changed(token)) for token in one)
        if re.fullmatch(pattern, changed(text), re.DOTALL):
            return True
    return False


texts = st.text(alphabet=ALPHABET, max_size=6)
modifiers = st.tuples(
    st.sampled_from([[], [], ["windash"]]),
    st.sampled_from([[], [], [], ["base64"], ["base64offset"], ["wide", "base64offset"]]),
    st.sampled_from([[], ["contains"], ["startswith"], ["endswith"]]),
    st.sampled_from([[], [], ["cased"]]),
).map(lambda parts: [name for part in parts for name in part])


@seed(20260805)
@settings(max_examples=800, deadline=None, database=None)
@given(st.lists(st.tuples(texts, modifiers), min_size=1, max_size=8), st.lists(texts, max_size=6))
def test_text_items(items: list[tuple[str, list[str]]], others: list[str]) -> None:
    builder = PlanBuilder()
    meant: list[tuple[str, list[str], list[Tokens]]] = []
    for value, names in items:
        alternatives = variants(value, names)
        node = lower_detection({"sel": {"|".join(["f", *names]): value}, "condition": "sel"}, {}, lambda *_: None).node
        assert (node is None) == (alternatives is None), (value, names)
        if alternatives is not None:
            builder.add(RuleEntry(id=str(len(meant)), title="generated", condition=node))
            meant.append((value, names, alternatives))
    near = ["".join(token[-1] for token in one) for *_, alternatives in meant for one in alternatives[:4]]
    table = pl.DataFrame({"f": [*others, *near, *(f"{text}x" for text in near), *(f"-{text.swapcase()}" for text in near)]})
    found = sigtrawl.compile(builder.build()).match(table, schema="none", columns=[], threads=1).to_polars()
    told = {(row, int(rule)) for row, rule in found.select("row", "rule_id").iter_rows()}
    for rule, (value, names, alternatives) in enumerate(meant):
        for row, text in enumerate(table["f"]):
            assert holds(alternatives, text, cased="cased" in names) == ((row, rule) in told), (value, names, text)
