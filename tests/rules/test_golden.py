"""What a rule's author reads: every error code has a rule that causes it, and the exact text that it gets.

``golden/NAME.yml`` is loaded and ``golden/NAME.txt`` is what `RuleErrors` prints. After a deliberate change of wording, run with
``SIGTRAWL_UPDATE_GOLDEN=1`` and read the difference.
"""

import os
import re
from pathlib import Path

import pytest

import sigtrawl.rules
from sigtrawl.errors import RuleErrors
from sigtrawl.rules import rules_from_yaml

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.stem for path in GOLDEN.glob("*.yml"))

# Codes that no text of a rule can cause here: they need a file, a placeholder value, the core, or pySigma's own opinion.
ELSEWHERE = {"not-utf8", "unreadable-file", "placeholder-limit", "regex-unsupported", "regex-invalid"}
PYSIGMA = {"bad-metadata"}
WARNINGS = {
    *("unused-identifier", "yaml-reading", "filter-unused", "filter-without-not", "filter-thinned"),
    *("correlation-one-rule", "correlation-unused-alias", "correlation-never"),
}


@pytest.mark.parametrize("name", CASES)
def test_error_text(name: str) -> None:
    text = (GOLDEN / f"{name}.yml").read_text(encoding="utf-8")
    with pytest.raises(RuleErrors) as caught:
        rules_from_yaml(text, name=f"{name}.yml")
    told = f"{caught.value}\n"
    expected = GOLDEN / f"{name}.txt"
    if os.environ.get("SIGTRAWL_UPDATE_GOLDEN"):
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")


def test_every_code_has_a_golden_text() -> None:
    folder = Path(sigtrawl.rules.__file__).parent
    sources = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    # Codes are the first text given to an error, or to whoever reports one.
    raised = set(re.findall(r'(?:[Ee]rror|Complaint|warning|return)\(?\s*"([a-z0-9]+(?:-[a-z0-9]+)+)"', sources))
    told = "\n".join(path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.txt"))
    missing = {code for code in raised if f"[{code}]" not in told}
    assert missing - ELSEWHERE - PYSIGMA == WARNINGS


def test_unsupported_is_told_from_invalid() -> None:
    states = {}
    for name in CASES:
        text = (GOLDEN / f"{name}.yml").read_text(encoding="utf-8")
        report = rules_from_yaml(text, on_error="skip").report()
        states[name] = {rule.state for rule in report.rules} - {"ready"}
        assert len(report.rules) == sum(report.counts.values())
    unsupported = {name for name, found in states.items() if found == {"unsupported"}}
    assert unsupported == {"collection-action", "encoding-not-text"}
    assert all(found == {"invalid"} for name, found in states.items() if name not in unsupported)
