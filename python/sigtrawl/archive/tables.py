"""The programs as columns: what the generator looks up by number instead of making anew.

A row of an archive is a few numbers drawn from its row number; the texts stand in the tables here, once. A *template* is one line
of arguments of one program, cut at its slot; an *image* is one path, with its version resource; an *edition* is one build of an
image, with its hashes and file version.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import polars as pl

from sigtrawl.archive.invented import invented
from sigtrawl.archive.mixing import mix_int
from sigtrawl.archive.parents import parents
from sigtrawl.archive.windows import windows

if TYPE_CHECKING:
    from sigtrawl.archive.plants import Plant
    from sigtrawl.archive.program import Program

EDITIONS = 12
"""Builds of each image in use at one time; a host keeps to one."""

WEIGHTS = 1 << 16
"""Entries of the table that draws a template: the rarest of some 400 still has a score of them."""

HASHES = ("SHA1", "MD5", "SHA256", "IMPHASH")
"""In the order in which they stand in the `Hashes` column."""

SLOTS = ("<guid>", "<path>", "<num>", "<b64>")


@dataclass(frozen=True)
class Tables:
    """All tables of one archive.

    Attributes:
        drawn: Template numbers, each as often as its weight says (Zipf over a seeded order).
        templates: One row a template: its slot and the text on either side, where its images and parents stand.
        images: One row an image: path and version resource.
        editions: One row an edition, `EDITIONS` of them an image: file version and one column a hash.
        parents: One row a parent: image and command line.
        matches: Rule id → numbers of the templates that are planted to match.
        near_misses: Numbers of the templates that are planted not to match.
    """

    drawn: pl.Series
    templates: pl.DataFrame
    images: pl.DataFrame
    editions: pl.DataFrame
    parents: pl.DataFrame
    matches: dict[str, tuple[int, ...]]
    near_misses: tuple[int, ...]


def tables(seed: int, plants: list[Plant], background: list[Program] | None = None) -> Tables:
    """Lays out the background's programs, by default the common ones, then those of the plants, which nothing draws by itself."""
    background = [*windows(), *invented()] if background is None else background
    everything = [*background, *(case for plant in plants for case in (*plant.matches, *plant.near_misses))]
    ordinary = sum(len(program.arguments) for program in background)
    matches: dict[str, tuple[int, ...]] = {}
    near_misses: list[int] = []
    place = ordinary
    for plant in plants:
        matches[plant.rule_id] = tuple(range(place, place + len(plant.matches)))
        place += len(plant.matches)
        near_misses.extend(range(place, place + len(plant.near_misses)))
        place += len(plant.near_misses)
    parent_rows, parent_places = _parents()
    return Tables(
        drawn=_drawn(ordinary, seed),
        templates=_templates(everything, parent_places),
        images=_images(everything),
        editions=_editions(everything),
        parents=parent_rows,
        matches=matches,
        near_misses=tuple(near_misses),
    )


def _drawn(count: int, seed: int) -> pl.Series:
    order = sorted(range(count), key=lambda template: mix_int(seed + (template << 20)))
    bounds = list(accumulate(1 / rank for rank in range(1, count + 1)))
    ends = [round(bound / bounds[-1] * WEIGHTS) for bound in bounds]
    table: list[int] = []
    for template, end in zip(order, ends, strict=True):
        table.extend([template] * (end - len(table)))
    return pl.Series("drawn", table, dtype=pl.UInt32)


def _templates(everything: list[Program], parent_places: dict[str, tuple[int, int]]) -> pl.DataFrame:
    rows, first_image = [], 0
    for program in everything:
        first_parent, parent_count = parent_places[program.ancestry]
        for arguments in program.arguments:
            (slot,) = (slot for slot in SLOTS if slot in arguments)
            head, tail = arguments.split(slot)
            rows.append(
                {
                    "head": f" {head}",
                    "tail": tail,
                    "slot": SLOTS.index(slot),
                    "first_image": first_image,
                    "image_count": len(program.images),
                    "first_parent": first_parent,
                    "parent_count": parent_count,
                    "integrity": program.integrity,
                    "system": program.integrity == "System",
                }
            )
        first_image += len(program.images)
    numbers = dict.fromkeys(("slot", "first_image", "image_count", "first_parent", "parent_count"), pl.UInt64)
    return pl.DataFrame(rows, schema_overrides=numbers)


def _images(everything: list[Program]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "Image": image,
                "OriginalFileName": program.original,
                "Description": program.description,
                "Product": program.product,
                "Company": program.company,
            }
            for program in everything
            for image in program.images
        ]
    )


def _editions(everything: list[Program]) -> pl.DataFrame:
    rows = []
    for program in everything:
        for image in program.images:
            for edition in range(EDITIONS):
                name = f"{image}#{edition}"
                build = mix_int(sum(name.encode()) + edition)
                sha512 = hashlib.sha512(name.encode()).hexdigest()
                sha256 = hashlib.sha256(name.encode()).hexdigest()
                digests = (sha512[:40], sha512[40:72], sha256, sha512[96:128])
                rows.append(
                    {
                        "FileVersion": f"10.{edition % 3}.{19041 + build % 4000}.{build % 977}",
                        **dict(zip(HASHES, (digest.upper() for digest in digests), strict=True)),
                    }
                )
    return pl.DataFrame(rows)


def _parents() -> tuple[pl.DataFrame, dict[str, tuple[int, int]]]:
    rows: list[tuple[str, str]] = []
    places: dict[str, tuple[int, int]] = {}
    for ancestry, pairs in parents().items():
        places[ancestry] = (len(rows), len(pairs))
        rows.extend(pairs)
    return pl.DataFrame(rows, schema=["ParentImage", "ParentCommandLine"], orient="row"), places
