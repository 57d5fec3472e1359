"""The small rules and events of the API's tests, here too."""

from tests.api.conftest import events, frame, rules, ruleset

__all__ = ["events", "frame", "rules", "ruleset"]
