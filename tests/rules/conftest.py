"""Loading one detection, which is what most tests here do."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sigtrawl.errors import RuleErrors
from sigtrawl.plan import Node
from sigtrawl.rules import Rule, rules_from_yaml

Detect = Callable[..., Rule]


def _rule(detection: Mapping[str, Any], **options: Any) -> Rule:
    # JSON is YAML, and what a test writes as a Python value means the same in it.
    text = json.dumps({"title": "A rule", "logsource": {"category": "test"}, "detection": dict(detection)})
    (rule,) = rules_from_yaml(text, **options)
    return rule


@pytest.fixture
def detect() -> Detect:
    """Load a rule with this detection."""
    return _rule


@pytest.fixture
def lower() -> Callable[..., Node]:
    """Lower one detection item, or one detection that is no mapping."""

    def lowered(item: Any, **options: Any) -> Node:
        node = _rule({"sel": item, "condition": "sel"}, **options).condition
        assert node is not None
        return node

    return lowered


@pytest.fixture
def refused() -> Callable[..., tuple[str, ...]]:
    """Give the codes of the errors that one detection item causes."""

    def codes(item: Any, **options: Any) -> tuple[str, ...]:
        with pytest.raises(RuleErrors) as caught:
            _rule({"sel": item, "condition": "sel"}, **options)
        return tuple(error.code for error in caught.value.errors)

    return codes
