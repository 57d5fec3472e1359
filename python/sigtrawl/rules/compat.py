"""pySigma at arm's length: what it is asked, and what it is not asked because it falls short of what we promise.

pySigma is the reference for a rule's metadata and form, and its complaints about them are ours. Its supported versions differ
from each other, and from the specification, in what values mean. Those are lowered from the raw mapping by our own code, so
before pySigma judges the form of a detection, every item that it is known to misjudge is replaced by a plain one. Each such
item is one entry of `_misjudged`; nothing anywhere goes by the text of a message.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

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
_PLAIN_ITEM = {"field": "value"}

# Whether the field is empty, the modifiers, and how many texts: -1 for one that is in no list, 2 for all above.
Form: TypeAlias = tuple[bool, tuple[str, ...], int]
# Under these a text is as good as any other; `fieldref` asks for one without wildcards.
_ALIKE = frozenset({"contains", "startswith", "endswith", "all", "cased"})
_ACCEPTED: set[Form] = set()
_MOST_FORMS, _MOST_MODIFIERS = 1_000, 4
_FEW = 5_000  # pySigma counts up to 10,000


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
    """Let pySigma judge the form of a detection that our own lowering has found nothing against.

    To pySigma, texts under the same modifiers are alike, so of items of one form it is shown the first that it accepts, and plain
    ones in the place of the others. What it refuses, it has seen as it is written.
    """
    forms: set[Form] = set()
    try:
        SigmaDetections.from_dict(_agreed(detection, forms))
    except sigma_errors.SigmaError as error:
        return Complaint("detection-form", "detection", str(error))
    except Exception as error:  # noqa: BLE001 - as above
        return Complaint("detection-form", "detection", f"pySigma cannot read it: {error}")
    if len(_ACCEPTED) < _MOST_FORMS:
        _ACCEPTED.update(forms)
    return None


def _complaint(error: sigma_errors.SigmaError) -> Complaint:
    key = next((_BY_CLASS[kind] for kind in type(error).__mro__ if kind in _BY_CLASS), "")
    # Without the place that pySigma appends: ours is told beside it.
    message = str(error.args[0]) if error.args else str(error)
    return Complaint(f"bad-{key or 'metadata'}", key, message)


def _agreed(detection: Mapping[str, Any], forms: set[Form]) -> dict[str, Any]:
    """Give what pySigma is shown; the forms of items that it has not accepted yet are added to ``forms``."""
    accepted = _ACCEPTED if _few(detection) else frozenset[Form]()
    return {
        name: _detection(definition, accepted, forms) if name != "condition" else definition
        for name, definition in detection.items()
    }


def _detection(raw: Any, accepted: AbstractSet[Form], forms: set[Form]) -> Any:
    if isinstance(raw, dict):
        return dict(_items(raw, accepted, forms)) or (_PLAIN_ITEM if raw else raw)
    if isinstance(raw, list):
        return [_detection(entry, accepted, forms) for entry in raw]
    return raw if isinstance(raw, _PLAIN) else str(raw)


def _items(raw: Mapping[str, Any], accepted: AbstractSet[Form], forms: set[Form]) -> Iterator[tuple[str, Any]]:
    """Give the items to be judged; among them nothing stands for those that need no judging, of which one item is left."""
    for key, value in raw.items():
        form = _form(key, value)
        if form is not None and form in accepted:
            continue
        if _misjudged(key, value):
            continue
        if form is not None:
            forms.add(form)
        yield key, value


def _form(key: str, value: Any) -> Form | None:
    """Give the form of an item of texts; None where more than its form may count."""
    field, *modifiers = key.split("|")
    if not _ALIKE.issuperset(modifiers) or len(modifiers) > _MOST_MODIFIERS:
        return None
    if isinstance(value, str):
        return field == "", tuple(modifiers), -1
    if isinstance(value, list) and value and all(entry.__class__ is str for entry in value):
        return field == "", tuple(modifiers), min(len(value), 2)
    return None


def _few(detection: Mapping[str, Any]) -> bool:
    """Whether a detection is so small that pySigma cannot find that its aliases stand for too much."""
    left = _FEW
    waiting: list[Any] = [detection]
    while waiting:
        raw = waiting.pop()
        left -= len(raw)
        if left < 0:
            return False
        waiting += [entry for entry in (raw.values() if isinstance(raw, dict) else raw) if isinstance(entry, dict | list)]
    return True


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
