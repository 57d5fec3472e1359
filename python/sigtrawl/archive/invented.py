"""The other programs of a synthetic archive: products of makers that do not exist, four programs each, in three releases."""

from __future__ import annotations

from sigtrawl.archive.program import Listed, Program


def invented() -> list[Program]:
    """Every part of every product."""
    found = []
    for place, (maker, product) in enumerate((maker, product) for maker in _MAKERS for product in _PRODUCTS):
        folder = f"C:\\Program Files\\{maker}\\{product}"
        for part, description, ancestry, integrity, arguments in _PARTS:
            found.append(
                Program(
                    images=tuple(f"{folder}\\{major}.{place % 7}.{major * 3}\\{product}{part}.exe" for major in (3, 4, 5)),
                    original=f"{product}{part}.exe",
                    description=f"{maker} {product} {description}",
                    product=f"{maker} {product}",
                    company=f"{maker} Software Ltd",
                    ancestry=ancestry,
                    integrity=integrity,
                    arguments=tuple(text.format(maker=maker, product=product) for text in arguments),
                )
            )
    return found


_MAKERS = ("Alderbrook", "Birchfield", "Corvantis", "Dunmere", "Eastholm", "Fennimore", "Glenhaven", "Harrowgate", "Inverlac")
_PRODUCTS = ("Ledger", "Studio", "Courier", "Vault", "Planner")
_PARTS: tuple[Listed, ...] = (
    (
        "Agent",
        "endpoint agent",
        "service",
        "System",
        (
            "--config C:\\ProgramData\\{maker}\\{product}\\agent.json --policy <guid>",
            "--report weekly --relay=edge.{product}.example --session=<b64>",
        ),
    ),
    (
        "Updater",
        "update helper",
        "task",
        "High",
        ('/silent /channel stable /manifest "C:\\ProgramData\\{maker}\\updates\\{product}-<num>.json" /verify',),
    ),
    (
        "Host",
        "extension host",
        "app",
        "Low",
        ("--type=renderer --field-trial-handle=<num> --lang=en-GB --enable-features={product}Isolation --seatbelt",),
    ),
    ("Desktop", "desktop application", "user", "Medium", ('--open "<path>" --profile Default --no-splash',)),
)
