"""Reading the answers of a schema mapping: what answers which Sigma field."""

from collections.abc import Mapping as AnyMapping
from types import MappingProxyType
from typing import Any

from sigtrawl.schemas.model import Answer
from sigtrawl.schemas.places import Place, kind, read_bool, read_list, read_texts
from sigtrawl.schemas.places import read_column as read_any_column

_ANSWER_KEYS = frozenset({"columns", "join", "with", "needs", "values", "prefixes", "hex", "bare", "hashes"})


def read_answers(plain: Any, place: Place) -> AnyMapping[str, Answer]:
    """Take a mapping of Sigma fields to answers."""
    return MappingProxyType({name: _read_answer(item, place / name) for name, item in place.mapping(plain).items()})


def _read_column(plain: Any, place: Place) -> str:
    """Take a column that can answer a field."""
    column = read_any_column(plain, place)
    if column.startswith("_"):
        raise place.error(f"{column!r} is a column that no rule sees: a name that begins with _ says where an event came from")
    return column


def _read_columns(plain: Any, place: Place) -> tuple[str, ...]:
    return read_list(plain, place, _read_column)


def _read_answer(plain: Any, place: Place) -> Answer:
    if isinstance(plain, str):
        return Answer(columns=(_read_column(plain, place),))
    if isinstance(plain, list):
        return Answer(columns=_read_columns(plain, place))
    if plain is None or not isinstance(plain, dict):
        raise place.error(f"must be a column, a list of columns or a mapping, not {kind(plain)} ([] answers nothing)")
    table = place.table(plain, _ANSWER_KEYS)
    if not {"columns", "join", "hashes"} & table.keys():
        raise place.error("needs 'columns', 'join' or 'hashes'")
    if "columns" in table and "join" in table:
        raise place.error("has both 'columns' and 'join'; a value comes from one of them")
    join, separator, needs = _read_join(table, place)
    return Answer(
        columns=_read_one_or_several(table.get("columns"), place / "columns"),
        join=join,
        separator=separator,
        needs=needs,
        values=_read_spellings(table.get("values"), place / "values"),
        prefixes=_read_spellings(table.get("prefixes"), place / "prefixes"),
        hex=read_bool(table.get("hex", False), place / "hex"),
        bare=read_bool(table.get("bare", False), place / "bare"),
        hashes=_read_hashes(table.get("hashes"), place / "hashes"),
    )


def _read_join(table: AnyMapping[str, Any], place: Place) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    if "join" not in table:
        if "with" in table:
            raise (place / "with").error("stands between joined columns, and there is no 'join'")
        if "needs" in table:
            raise (place / "needs").error("names joined columns, and there is no 'join'")
        return (), "", ()
    join = _read_columns(table["join"], place / "join")
    if len(join) < 2:  # noqa: PLR2004 - it takes two to join
        raise (place / "join").error("needs at least two columns")
    separator = table.get("with")
    if not isinstance(separator, str):
        raise (place / "with").error(f"must be the text between the joined columns, not {kind(separator)}")
    needs = _read_columns(table.get("needs"), place / "needs")
    if "needs" in table and not needs:
        raise (place / "needs").error("must be a list of at least one column")
    for number, column in enumerate(needs, start=1):
        if column not in join:
            raise (place / "needs" / number).error(f"{column!r} is not among the joined columns")
    return join, separator, needs


def _read_one_or_several(plain: Any, place: Place) -> tuple[str, ...]:
    return (_read_column(plain, place),) if isinstance(plain, str) and plain else _read_columns(plain, place)


def _read_spellings(plain: Any, place: Place) -> AnyMapping[str, tuple[str, ...]]:
    """Take a mapping of texts to other texts."""
    spellings: dict[str, tuple[str, ...]] = {}
    for text, accepted in place.mapping(plain).items():
        spellings[text] = read_texts(accepted, place / text)
        if not spellings[text]:
            raise (place / text).error("must be a list of at least one text")
    return MappingProxyType(spellings)


def _read_hashes(plain: Any, place: Place) -> AnyMapping[str, str]:
    hashes: dict[str, str] = {}
    for algorithm, column in place.mapping(plain).items():
        if algorithm.lower() in {known.lower() for known in hashes}:
            raise (place / algorithm).error("the algorithm is listed twice, in another case")
        hashes[algorithm] = _read_column(column, place / algorithm)
    return MappingProxyType(hashes)
