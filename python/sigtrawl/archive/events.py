"""From row numbers to events: one chunk of an archive.

All draws of a row come from three scattered numbers, each read from several bit positions; every text is a table entry or a few
of them set together. There is no loop over rows and no state between chunks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from sigtrawl.archive.mixing import base64_digits, draw, guid, hex_digits, look_up, mix, mix_int
from sigtrawl.archive.tables import EDITIONS, HASHES, WEIGHTS, Tables

HOSTS = 5_000
"""Computers of the fleet."""

UNIQUE_PER_MILLE = 400
"""Share of the command lines whose slot holds a text that no other row has; the others take one of a few recurring ones."""

_RECURRING = 8  # texts that a template's slot takes again and again
_STEP = 20_000  # microseconds between two events
_START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) * 1_000_000

_GIVEN = (
    "adam",
    "bella",
    "carlos",
    "dora",
    "emil",
    "fatima",
    "gina",
    "henry",
    "ines",
    "jonas",
    "karin",
    "lucas",
    "mara",
    "nils",
)
_FAMILY = (
    "abbott",
    "berger",
    "costa",
    "dahl",
    "engel",
    "fischer",
    "garcia",
    "hughes",
    "ivanova",
    "jensen",
    "keller",
    "lopez",
)
_ACCOUNTS = pl.Series([f"{given}.{family}" for given in _GIVEN for family in _FAMILY])
_FOLDERS = pl.Series(
    ["Documents", "Downloads", "Desktop", "Pictures", "source\\repos", "AppData\\Local\\Temp", "OneDrive", "Music"]
)
_FILES = pl.Series(["report", "minutes", "export", "draft", "invoice", "backup", "photo", "table"])
_SUFFIXES = pl.Series([".tmp", ".txt", ".log", ".csv", ".json", ".xml", ".dat", ".ini"])
_COMPUTERS = pl.Series([f"{'SRV' if n % 11 == 0 else 'WS'}-{n:05}.corp.example" for n in range(HOSTS)])


@dataclass(frozen=True)
class Fleet:
    """Whose events these are: the texts that are not a program's own, and how command lines are written.

    Attributes:
        computers: Names of the hosts.
        accounts: Names of the people, and `domain` what stands before them.
        domain: The domain of the accounts, with its backslash.
        folders: Folders below a person's own.
        files: Names of files, without number and suffix.
        suffixes: Suffixes of files.
        quoted: Whether a command line begins with the image in quotes.
        unique: Of a thousand command lines, how many have a text in their slot that no other row has.
        recurring: Texts that a template's slot takes again and again.
    """

    computers: pl.Series
    accounts: pl.Series
    domain: str
    folders: pl.Series
    files: pl.Series
    suffixes: pl.Series
    quoted: bool
    unique: int
    recurring: int


CORP = Fleet(
    _COMPUTERS, _ACCOUNTS, "CORP\\", _FOLDERS, _FILES, _SUFFIXES, quoted=True, unique=UNIQUE_PER_MILLE, recurring=_RECURRING
)
"""The fleet of the archives that the demo, the tests and the first archive of the benchmarks are made of."""


def scatter_rows(first: int, rows: int, seed: int) -> pl.DataFrame:
    """Gives row numbers from `first` on as `row`, with two scattered numbers each, `a` and `b`, from which all is drawn."""
    numbers = pl.DataFrame({"row": pl.int_range(first, first + rows, dtype=pl.UInt64, eager=True)})
    salt = pl.lit(mix_int(seed) | 1, dtype=pl.UInt64)
    return numbers.with_columns(
        a=mix(pl.col("row") ^ salt),
        b=mix(mix(pl.col("row") ^ salt) ^ pl.lit(0xB, dtype=pl.UInt64)),
    )


def events(tables: Tables, seed: int, first: int, planted: dict[int, int], rows: int) -> pl.DataFrame:
    """Makes the events of rows `first` to `first + rows`.

    Args:
        tables: What the archive is made from.
        seed: The archive's seed.
        first: The number of the first row.
        planted: Row number → number of the template planted there.
        rows: How many rows.

    Returns:
        One column a Sysmon field, hashes in one column each; `render` gives them the form of a product.
    """
    scattered = scatter_rows(first, rows, seed)
    template = draw_templates(scattered, tables)
    here = {row - first: number for row, number in planted.items() if first <= row < first + rows}
    if here:
        template = template.scatter(list(here), list(here.values()))
    return creations(scattered, template, tables, CORP)


def draw_templates(scattered: pl.DataFrame, tables: Tables) -> pl.Series:
    """Draws the template of each row, by its weight."""
    return scattered.select(look_up(tables.drawn, draw(pl.col("a"), 0, WEIGHTS))).to_series()


def creations(scattered: pl.DataFrame, template: pl.Series, tables: Tables, fleet: Fleet) -> pl.DataFrame:
    """Makes one event of a template in each of the scattered rows, which need not follow each other."""
    picks = scattered.select("row", "a", "b", template=template).hstack(tables.templates[template])
    return _texts(_choices(picks, tables, fleet), fleet)


def _choices(picks: pl.DataFrame, tables: Tables, fleet: Fleet) -> pl.DataFrame:
    """Every number that a row's texts are looked up by."""
    a, b, template = pl.col("a"), pl.col("b"), pl.col("template").cast(pl.UInt64)
    recurring = mix((template * fleet.recurring + draw(b, 0, fleet.recurring)) ^ pl.lit(0x51A7, dtype=pl.UInt64))
    host = draw(a, 16, len(fleet.computers))
    image = pl.col("first_image") + draw(a, 32, 1 << 16) % pl.col("image_count")
    chosen = picks.select(
        "row",
        "a",
        "b",
        "head",
        "tail",
        "slot",
        "integrity",
        "system",
        host=host,
        image=image,
        edition=image * EDITIONS + mix(host + image) % EDITIONS,
        parent=pl.col("first_parent") + draw(b, 16, 1 << 16) % pl.col("parent_count"),
        account=mix(host * 4 + draw(b, 8, 4)) % len(fleet.accounts),
        key=pl.when(draw(b, 32, 1000) < fleet.unique).then(mix(a)).otherwise(recurring),
    )
    return (
        chosen.hstack(tables.images[chosen["image"]])
        .hstack(tables.parents[chosen["parent"]])
        .hstack(tables.editions[chosen["edition"]])
    )


def _texts(chosen: pl.DataFrame, fleet: Fleet) -> pl.DataFrame:
    a, b = pl.col("a"), pl.col("b")
    account = look_up(fleet.accounts, pl.col("account"))
    home = pl.concat_str(
        pl.lit("C:\\Users\\"), account, pl.lit("\\"), look_up(fleet.folders, draw(b, 48, len(fleet.folders))), pl.lit("\\")
    )
    system = pl.col("system")
    return chosen.select(
        pl.from_epoch(pl.col("row").cast(pl.Int64) * _STEP + draw(a, 40, _STEP).cast(pl.Int64) + _START, time_unit="us")
        .dt.replace_time_zone("UTC")
        .alias("UtcTime"),
        look_up(fleet.computers, pl.col("host")).alias("Computer"),
        pl.concat_str(pl.lit("{"), *guid(a, b), pl.lit("}")).alias("ProcessGuid"),
        (draw(b, 40, 8000) * 4 + 400).cast(pl.Int64).alias("ProcessId"),
        "Image",
        "OriginalFileName",
        pl.concat_str(
            *(["Image"] if not fleet.quoted else [pl.lit('"'), "Image", pl.lit('"')]), "head", _slot(fleet), "tail"
        ).alias("CommandLine"),
        pl.when(system).then(pl.lit("C:\\Windows\\system32\\")).otherwise(home).alias("CurrentDirectory"),
        pl.when(system)
        .then(pl.lit("NT AUTHORITY\\SYSTEM"))
        .otherwise(pl.concat_str(pl.lit(fleet.domain), account))
        .alias("User"),
        pl.col("integrity").alias("IntegrityLevel"),
        *HASHES,
        "ParentImage",
        "ParentCommandLine",
        "Description",
        "Product",
        "Company",
        "FileVersion",
    )


def _slot(fleet: Fleet) -> pl.Expr:
    """The text of a row's slot, of the template's kind, from the row's key."""
    key = pl.col("key")
    second, third, fourth = (mix(key ^ pl.lit(n, dtype=pl.UInt64)) for n in (0x2F, 0x3D, 0x47))
    path = pl.concat_str(
        pl.lit("C:\\Users\\"),
        look_up(fleet.accounts, draw(key, 40, len(fleet.accounts))),
        pl.lit("\\"),
        look_up(fleet.folders, draw(key, 34, len(fleet.folders))),
        pl.lit("\\"),
        look_up(fleet.files, draw(key, 37, len(fleet.files))),
        pl.lit("-"),
        *hex_digits(key, 0, 2),
        look_up(fleet.suffixes, draw(key, 56, len(fleet.suffixes))),
    )
    base64 = pl.concat_str(*base64_digits(key), *base64_digits(second), *base64_digits(third), *base64_digits(fourth))
    slot = pl.col("slot")
    return (
        pl.when(slot == 0)
        .then(pl.concat_str(*guid(key, second)))
        .when(slot == 1)
        .then(path)
        .when(slot == 2)  # noqa: PLR2004 -- the third of tables.SLOTS
        .then(draw(key, 20, 10_000_000_000).cast(pl.String))
        .otherwise(base64)
    )
