"""What makes loading quick gives what the long way gives: plain values, forms that were judged, tags of scalars, nesting."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sigma.rule import SigmaDetections

from sigtrawl.rules import compat, documents, load_rules
from sigtrawl.rules.detections import Context, plain, through_modifiers
from sigtrawl.rules.modifiers import Item

MODIFIERS = ["contains", "startswith", "endswith", "all", "cased", "re", "windash", "wide", "base64", "exists", "fieldref", "lt"]
TEXTS = st.text(alphabet="aA1%*?\\ .ß\u0130\n", max_size=8) | st.sampled_from([r"\\nc.exe", r"C:\a\\", "", "true", "1"])


@given(
    TEXTS | st.integers() | st.booleans() | st.none(),
    st.none() | st.just("Image"),
    st.lists(st.sampled_from(MODIFIERS), max_size=3),
)
def test_a_plain_value_is_what_the_modifiers_make_of_it(raw: Any, field: str | None, modifiers: list[str]) -> None:
    quick = plain(raw, field, tuple(modifiers))
    if quick is not None:
        context = Context(lambda *told: pytest.fail(str(told)), {})
        assert quick == through_modifiers(raw, "place", Item(field, {}, {}), tuple(modifiers), context)


@pytest.mark.parametrize(
    ("modifiers", "op"),
    [((), "equals"), (("contains",), "contains"), (("contains", "all"), "contains"), (("endswith",), "endswith")],
)
def test_the_commonest_values_are_plain(modifiers: tuple[str, ...], op: str) -> None:
    made = plain(r"\nc.exe", "Image", modifiers)
    assert made is not None
    assert (made.op, made.value) == (op, r"\nc.exe")


@pytest.mark.parametrize("text", ["", "*", "a?", r"a\*", "\\\\x"])
def test_what_is_more_than_its_text_is_not_plain(text: str) -> None:
    assert plain(text, "Image", ()) is None


ITEMS = st.dictionaries(
    st.builds(
        lambda field, modifiers: "|".join([field, *modifiers]),
        st.sampled_from(["Image", "", "User name"]),
        st.lists(st.sampled_from(MODIFIERS), max_size=2),
    ),
    TEXTS | st.lists(TEXTS, max_size=3) | st.integers() | st.lists(st.integers() | TEXTS, max_size=2) | st.booleans(),
    max_size=3,
)


@given(st.lists(ITEMS, min_size=1, max_size=3))
def test_a_form_that_was_judged_before_is_judged_alike(several: list[dict[str, Any]]) -> None:
    """The verdict is that of a judge who has seen nothing, message included."""
    for items in several:
        detection = {"selection": items, "condition": "selection"}
        told = compat.check_form(detection)
        known = compat._ACCEPTED.copy()
        compat._ACCEPTED.clear()
        assert told == compat.check_form(detection)
        compat._ACCEPTED.update(known)


def test_a_form_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compat._ACCEPTED.clear()
    shown: list[Any] = []
    original = SigmaDetections.from_dict

    def show(raw: dict[str, Any]) -> object:
        shown.append(raw)
        return original(raw)

    monkeypatch.setattr(SigmaDetections, "from_dict", show)
    for text in ("a", "b"):
        assert compat.check_form({"s": {"Image|contains": [text, text]}, "condition": "s"}) is None
    assert [raw["s"] for raw in shown] == [{"Image|contains": ["a", "a"]}, {"field": "value"}]


def test_a_detection_that_may_be_too_large_is_shown_as_it_is() -> None:
    compat._ACCEPTED.clear()
    small: dict[str, Any] = {"s": {"Image": ["a", "b"]}, "condition": "s"}
    assert compat.check_form(small) is None
    several = ["a"] * 4_000
    shared: dict[str, Any] = {"s": {f"Field{number}": several for number in range(5)}, "condition": "s"}
    told = compat.check_form(shared)
    compat._ACCEPTED.clear()
    assert told == compat.check_form(shared)


SCALARS = [
    "yes",
    "No",
    "on",
    "true",
    "~",
    "null",
    "",
    "1",
    "010",
    "0x1f",
    "1_000",
    "12:30:45",
    "1.5",
    ".5",
    "1e3",
    "-.inf",
    ".nan",
]
SCALARS += ["2024-01-01", "2024-01-01T00:00:00Z", "<<", "=", "-", "+1", "-a", "!x", "&a", "n", "y", "text", "*"]


THEIRS: Any = yaml.SafeLoader("")


@given(st.sampled_from(SCALARS) | st.text(max_size=6), st.booleans())
def test_a_scalar_is_what_pyyaml_says(text: str, plain: bool) -> None:
    ours, theirs = documents._Loader(""), THEIRS
    implicit = (plain, not plain)
    assert ours.resolve(yaml.ScalarNode, text, implicit) == theirs.resolve(yaml.ScalarNode, text, implicit)


@pytest.mark.parametrize("kind", [yaml.MappingNode, yaml.SequenceNode])
def test_a_collection_is_what_pyyaml_says(kind: type[yaml.Node]) -> None:
    assert documents._Loader("").resolve(kind, None, True) == THEIRS.resolve(kind, None, True)


DEEP = re.compile(r"(?:[-?:][ \t]+){32}")


@given(st.text(alphabet="-?: \ta\n\r\u2028é", max_size=40), st.integers(0, 40), st.sampled_from(["- ", "? ", ":\t", "-  "]))
def test_a_line_of_many_markers_is_never_overlooked(text: str, times: int, marker: str) -> None:
    whole = text + marker * times + text
    assert documents._many_markers(whole) or not DEEP.search(whole)


def test_the_corpus_is_the_same_without_shortcuts(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shared / "sigma" / "rules" / "windows" / "process_creation"
    quick = load_rules(folder).plan().to_json()
    monkeypatch.setattr("sigtrawl.rules.detections.plain", lambda *_: None)
    monkeypatch.setattr(compat, "_form", lambda *_: None)
    monkeypatch.setattr(documents, "_Loader", documents._SafeLoader)
    monkeypatch.setattr(documents, "_many_markers", lambda text: DEEP.search(text) is not None)
    assert load_rules(folder).plan().to_json() == quick


def test_the_collector_is_as_it_was() -> None:
    import gc

    from sigtrawl.memory import uncollected

    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
    with pytest.raises(RuntimeError), uncollected():
        raise RuntimeError
    assert gc.isenabled()
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
