"""pySigma at arm's length: what it is asked, and what it is not asked because it falls short of what we promise.

pySigma is the reference for a rule's metadata and form, and its complaints about them are ours. Its supported versions differ
from each other, and from the specification, in what values mean. Those are lowered from the raw mapping by our own code, so
before pySigma judges the form of a detection, every item that it is known to misjudge is replaced by a plain one. Each such
item is one entry of `_misjudged`; nothing anywhere goes by the text of a message.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sigma.exceptions as sigma_errors
from sigma.rule import SigmaDetections, SigmaRule

from sigtrawl.rules.metadata import Complaint, check_metadata

# What pySigma raises a class of its own for, and what that class is called where the key's name does not tell.
_KEYS = (
    *("author", "date", "description", "falsepositives", "fields", "license", "modified", "name", "references", "related"),
    *("scope", "taxonomy", "title"),
)
_STEMS = {"falsepositives": "FalsePositives"}
# Not every supported version has every class.
_BY_CLASS = {getattr(sigma_errors, f"Sigma{_STEMS.get(key, key.title())}Error", None): key for key in _KEYS}
# A name that is no text is told by a general class.
_BY_CLASS[sigma_errors.SigmaTypeError] = "name"

_STUB = {"any": {"field": "value"}, "condition": "any"}
# Modifiers that all supported versions read alike.
_AGREED = frozenset({"contains", "startswith", "endswith", "all", "cased", "lt", "lte", "gt", "gte", "exists", "fieldref"})
_PLAIN = (str, int, float, bool, type(None))


def read_metadata(raw: Mapping[str, Any]) -> tuple[SigmaRule | None, list[Complaint]]:
    """Let pySigma read all of a rule but its detection, which `check_form` is for."""
    clean, complaints = check_metadata(raw)
    clean["detection"] = _STUB
    try:
        rule = SigmaRule.from_dict(clean, collect_errors=True)
    except Exception as error:  # noqa: BLE001 - pySigma promises nothing about odd metadata; the rule is bad, the load goes on
        complaints.append(Complaint("bad-metadata", "", f"its metadata cannot be read: {error}"))
        return None, complaints
    complaints += [_complaint(error) for error in rule.errors]
    return rule, complaints


def check_form(detection: Mapping[str, Any]) -> Complaint | None:
    """Let pySigma judge the form of a detection that our own lowering has found nothing against."""
    try:
        SigmaDetections.from_dict(_agreed(detection))
    except sigma_errors.SigmaError as error:
        return Complaint("detection-form", "detection", str(error))
    except Exception as error:  # noqa: BLE001 - as above
        return Complaint("detection-form", "detection", f"pySigma cannot read it: {error}")
    return None


def _complaint(error: sigma_errors.SigmaError) -> Complaint:
    key = next((_BY_CLASS[kind] for kind in type(error).__mro__ if kind in _BY_CLASS), "")
    # Without the place that pySigma appends: ours is told beside it.
    message = str(error.args[0]) if error.args else str(error)
    return Complaint(f"bad-{key or 'metadata'}", key, message)


def _agreed(detection: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _detection(definition) if name != "condition" else definition for name, definition in detection.items()}


def _detection(raw: Any) -> Any:
    if isinstance(raw, dict):
        return dict(_items(raw))
    if isinstance(raw, list):
        return [_detection(entry) for entry in raw]
    return raw if isinstance(raw, _PLAIN) else str(raw)


def _items(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for place, (key, value) in enumerate(raw.items()):
        if _misjudged(key, value):
            yield f"field{place}", "value"
        else:
            yield key, value


def _misjudged(key: str, value: Any) -> bool:
    """Whether some supported version of pySigma is known to misread an item, or to refuse what is fine."""
    modifiers = key.split("|")[1:]
    if not modifiers:
        several = value if isinstance(value, list) else (value,)
        # Dates have no type there, nested lists are not flattened, and the text of a lone `%` may be a placeholder.
        return not all(isinstance(entry, _PLAIN) for entry in several)
    # utf16le is unknown, wide/utf16/utf16be take ASCII alone or are unknown, base64 and windash branch differently, regular
    # expressions are compiled by Python's `re`, parts of times cannot be compared, networks and placeholders are read otherwise.
    if not _AGREED.issuperset(modifiers):
        return True
    # `cased` after `fieldref` is refused; dates are text to us.
    return {"cased", "fieldref"}.issubset(modifiers) or _misjudged("", value)
