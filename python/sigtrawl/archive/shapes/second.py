"""The second archive's programs: what an engine was not tuned to.

Everything that makes texts differs from the first archive: the trades (a hospital, a plant, a laboratory), their programs and
folders, how long arguments are and how they are written, how many command lines are unique, how they begin (without quotes), how
hosts and accounts are called. What both have in common is what rules need: Sysmon's columns and a few programs of Windows.
"""

from __future__ import annotations

import polars as pl

from sigtrawl.archive.events import Fleet
from sigtrawl.archive.program import Listed, Program

FLEET = Fleet(
    computers=pl.Series([f"{site}{n:04}" for site in ("lab", "ward", "line", "dock") for n in range(1_250)]),
    accounts=pl.Series([f"{kind}{n:03}" for kind in ("nurse", "tech", "shift", "clerk", "doc") for n in range(90)]),
    domain="stmary\\",
    folders=pl.Series(["Scans", "Orders", "Shift Plans", "Recipes\\2026", "AppData\\Roaming\\Larkspur", "Roster"]),
    files=pl.Series(["scan", "order-form", "batch_record", "calibration run", "roster", "label", "intake"]),
    suffixes=pl.Series([".dcm", ".xml", ".pdf", ".hl7", ".sqlite", ".tiff", ".zip"]),
    quoted=False,
    unique=450,
    recurring=12,
)
"""Fewer people, fewer hosts a site, more unique texts than in the first archive."""


def programs() -> list[Program]:
    """Every program of every trade, and some of Windows."""
    found = [_windows(*listed) for listed in _WINDOWS]
    for place, (maker, product, drive) in enumerate((m, p, d) for m, d in _MAKERS for p in _PRODUCTS):
        for name, description, ancestry, integrity, arguments in _PARTS:
            folder = f"{drive}\\{maker}\\{product.lower()}-{place % 4 + 1}.{place % 9}"
            found.append(
                Program(
                    images=tuple(f"{folder}\\{kind}\\{product.lower()}_{name}.exe" for kind in ("bin", "bin64")),
                    original=f"{product.lower()}_{name}.exe",
                    description=f"{product} {description}",
                    product=f"{product} {place % 4 + 1}",
                    company=f"{maker} GmbH",
                    ancestry=ancestry,
                    integrity=integrity,
                    arguments=tuple(text.format(maker=maker, product=product) for text in arguments),
                )
            )
    return found


def _windows(name: str, description: str, arguments: tuple[str, ...]) -> Program:
    return Program(
        images=(f"C:\\WINDOWS\\system32\\{name}.exe",),
        original=f"{name}.exe",
        description=description,
        product="Operating System",
        company="Microsoft Corporation",
        ancestry="service",
        integrity="System",
        arguments=arguments,
    )


_MAKERS = (("Larkspur", "D:\\apps"), ("Medlux", "C:\\Program Files (x86)"), ("Ostwerk", "E:\\plant"), ("Tarn & Vale", "C:\\srv"))
_PRODUCTS = ("Dosage", "Kiln", "Spectra", "Conveyor", "Archive", "Intake", "Roster", "Weigh", "Biobank", "Boiler", "Pallet")
_WINDOWS = (
    ("svchost", "Host Process", ("-k appmodel -p -s StateRepository ctx=<num>", "-k print -s PrintNotify job=<guid>")),
    ("lsm", "Local Session Manager", ("session=<num> console=yes",)),
    ("taskhostw", "Tasks Host", ("{<guid>} weekly maintenance",)),
    ("spoolsv", "Spooler", ("port=LPT<num> driver=Label-203dpi paper=continuous darkness=14 media=thermal",)),
    ("fontdrvhost", "Font Driver Host", ("cache=<path>",)),
)
_PARTS: tuple[Listed, ...] = (
    (
        "svc",
        "background service",
        "system",
        "System",
        (
            "run --instance={product} --bus amqp://bus.stmary.example:5671/{product} --lease <guid> --heartbeat 15s",
            "run --instance={product} --drain --since <num> --journal D:\\journal\\{product}\\current.wal --fsync batch",
        ),
    ),
    (
        "import",
        "importer",
        "shell",
        "Medium",
        (
            "-i <path> -o \\\\store.stmary.example\\intake\\{product} -profile strict -on-conflict keep-both -locale de_AT",
            "-manifest <b64> -mode delta -parallel 2 -checksum crc32c -quarantine E:\\quarantine\\{product} -notify none",
        ),
    ),
    (
        "view",
        "viewer",
        "user",
        "Medium",
        (
            "open <path> layout=two-up zoom=fit palette=greyscale annotations=hidden shortcut=F7 kiosk=true session=ward",
            "patient:<num> tab=history order=newest page=1 redact=names theme=night font-scale=1.25 idle-lock=90",
        ),
    ),
    (
        "calib",
        "calibration helper",
        "task",
        "High",
        ("sensor:<num> curve=quadratic points=33 tolerance=0.015 reference=PT1000 log=D:\\calibration\\{product}.csv append",),
    ),
    ("sync", "synchroniser", "task", "High", ("push remote=vault.stmary.example/{product} cursor=<b64> window=4MiB retry=7",)),
    ("panel", "operator panel", "app", "Low", ("--channel=renderer.<guid> --gpu=off --line {product} --touch --dpi 96",)),
)
