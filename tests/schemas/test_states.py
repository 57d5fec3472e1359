"""How many public rules run on each sample, and which fields the others hang on: only what a source truly does not tell.

Rules for other log sources are left out of the counts. The last test turns the question round: which rules run nowhere.
"""

from collections import Counter
from pathlib import Path

import pytest
from tests.schemas.corpus import Corpus, outside_windows
from tests.schemas.sample import Sample
from tests.schemas.samples_cloud import SAMPLES
from tests.schemas.states_expected import NOWHERE, STATES, States

from sigtrawl.report import RuleReport


@pytest.fixture(scope="module")
def corpus(shared: Path) -> Corpus:
    return outside_windows(shared)


def states(sample: Sample, corpus: Corpus) -> tuple[RuleReport, ...]:
    """Give the state of each rule on a table with the sample's columns."""
    return corpus.ruleset.match(sample.table([]), columns=[], threads=1).report.rules


def test_every_sample_has_its_states() -> None:
    assert [sample.name for sample in SAMPLES] == list(STATES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_states(sample: Sample, corpus: Corpus) -> None:
    reports = states(sample, corpus)
    counts = Counter(report.state for report in reports)
    lacking = Counter(field for report in reports if report.state == "inert" for field in report.missing)
    assert States(counts["runs"], counts["partial"], counts["inert"], dict(lacking)) == STATES[sample.name]


def test_what_runs_nowhere(corpus: Corpus) -> None:
    per_sample = [states(sample, corpus) for sample in SAMPLES]
    homeless = Counter(
        (rule.logsource.product, rule.logsource.category, rule.logsource.service)
        for rule, *reports in zip(corpus.plan.rules, *per_sample, strict=True)
        if not any(report.state in {"runs", "partial"} for report in reports)
    )
    assert homeless == NOWHERE
