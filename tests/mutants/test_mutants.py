"""The planted mistakes can still be planted; `make mutants` plants them and runs the tests that must notice."""

import ast

import pytest
from tests.mutants.planting import ROOT, Mutant, NotApplicableError, mutants

DEMANDED = {
    "not-ignored",
    "and-read-as-or",
    "three-valued-not",
    "keywords-never-match",
    "cidr-never-matches",
    "fieldref-never-matches",
    "null-never-matches",
    "wildcards-stop-at-a-newline",
    "ascii-only-folding",
    "anchors-ignored",
    "values-trimmed",
    "empty-merged-with-null",
}


@pytest.mark.parametrize("mutant", mutants(), ids=str)
def test_it_applies(mutant: Mutant) -> None:
    changed = mutant.applied(ROOT)
    assert changed != (ROOT / mutant.file).read_text()
    if mutant.file.endswith(".py"):
        ast.parse(changed)
    assert (ROOT / mutant.tests[0]).is_file()


def test_each_engine_has_those_that_are_demanded() -> None:
    names = [(mutant.part, mutant.name) for mutant in mutants()]
    assert len(names) == len(set(names))
    for part in ("core", "reference"):
        assert {name for of, name in names if of == part} >= DEMANDED
    lowering = {name for of, name in names if of == "lowering"}
    assert lowering >= {"only-the-first-windash-variant", "only-the-first-base64offset-variant"}


def test_a_text_that_is_gone_is_an_error() -> None:
    gone = Mutant("gone", "core", "Makefile", "no such text", "", ())
    with pytest.raises(NotApplicableError, match=r"core: gone: in Makefile the text to be replaced stands 0 times"):
        gone.applied(ROOT)
