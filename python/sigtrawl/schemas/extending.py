"""``extends``: one mapping as the defaults of another.

A lake that differs from a known schema in three columns should say these three and nothing else. What is laid over is what
people add to: fields and the answers of views, name by name. Everything else is one statement (how a table is recognised,
which rows are what) and is replaced as a whole, because half of a statement means something else.
"""

from collections.abc import Callable, Collection, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from sigtrawl.schemas.model import Mapping
from sigtrawl.schemas.places import Place

FindBase: TypeAlias = Callable[[str, Place], Mapping]
"""Finds the mapping that is extended, by what stands there and the place for error messages."""

_Item = TypeVar("_Item")

_SUFFIXES = frozenset({".yml", ".yaml"})


def without_files(known: Sequence[Mapping]) -> FindBase:
    """Find what is extended among known mappings alone."""

    def find(given: str, place: Place) -> Mapping:
        for mapping in known:
            if given in {mapping.name, *mapping.aliases}:
                return mapping
        names = sorted(name for mapping in known for name in (mapping.name, *mapping.aliases))
        close = get_close_matches(given, names, n=1)
        told = f"did you mean {close[0]}?" if close else f"known: {', '.join(names) or 'none'}"
        raise place.error(f"there is no schema {given!r} to extend ({told})")

    return find


def beside(
    path: Path, opened: tuple[Path, ...], known: Sequence[Mapping], load: Callable[[Path, tuple[Path, ...]], Mapping]
) -> FindBase:
    """Find what a file extends: a known mapping, or a file that is named as seen from it.

    Args:
        path: The file.
        opened: The files that extend it, directly or not: none of them can be its base.
        known: The known mappings.
        load: Reads a file, given those that are opened by then.
    """

    def find(given: str, place: Place) -> Mapping:
        base = path.parent / given
        if base.suffix not in _SUFFIXES:
            return without_files(known)(given, place)
        trail = (*opened, path.resolve())
        if base.resolve() in trail:
            around = " → ".join(str(file) for file in (*trail[trail.index(base.resolve()) :], base.resolve()))
            raise place.error(f"the file extends itself: {around}")
        if not base.is_file():
            raise place.error(f"there is no file {base} to extend")
        return load(base, trail)

    return find


def laid_over(base: Mapping, own: Mapping, *, stated: Collection[str]) -> Mapping:
    """Lay a mapping over another.

    Args:
        base: The one that is extended.
        own: What the extending file says; members that it leaves out are empty.
        stated: The members that it does not leave out, by their names in the file.
    """
    merged = replace(
        base,
        name=own.name,
        aliases=own.aliases,
        source=own.source,
        fields=_over(base.fields, own.fields),
        views=_over(base.views, {view: _over(base.views.get(view, {}), answers) for view, answers in own.views.items()}),
    )
    if "title" in stated:
        merged = replace(merged, title=own.title)
    if "recognise" in stated:
        merged = replace(
            merged, recognise_all=own.recognise_all, recognise_any=own.recognise_any, recognise_none=own.recognise_none
        )
    if "time" in stated:
        merged = replace(merged, time=own.time)
    if "own_names" in stated:
        merged = replace(merged, own_names=own.own_names)
    return merged


def _over(base: AnyMapping[str, _Item], own: AnyMapping[str, _Item]) -> AnyMapping[str, _Item]:
    return MappingProxyType({**base, **own})
