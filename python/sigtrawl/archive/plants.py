"""The events that a rule must find, and those that it must not, although they look alike.

A plant is a further program of the archive that no ordinary row is drawn from; `generate` puts it in the rows that it records.
The cases go through everything that the rule names: each file name and each text, in lower, upper and mixed case, so that an
engine that loses one loses a known row.
"""

from __future__ import annotations

from dataclasses import dataclass

from sigtrawl.archive.program import Program

NETCAT = "e31033fc-33f0-4020-9a16-faf9b31cbf08"
"""Id of the Sigma rule "PUA - Netcat Suspicious Execution"."""


@dataclass(frozen=True, slots=True)
class Plant:
    """The planted events of one rule: each program is one case, with one image and one line of arguments."""

    rule_id: str
    matches: tuple[Program, ...]
    near_misses: tuple[Program, ...]


def netcat() -> Plant:
    """The netcat rule's cases: three file names, nine texts, three spellings of each."""
    by_image = [
        _case(spell(f"C:\\Users\\Public\\Tools\\{name}"), "10.20.30.40 8443 -w 5 --label <guid>")
        for name in ("nc.exe", "ncat.exe", "netcat.exe")
        for spell in _SPELLINGS
    ]
    by_text = [
        _case("C:\\Users\\Public\\Tools\\relay.exe", f"10.20.30.40{spell(text)}4444 --label <num>")
        for text in _TEXTS
        for spell in _SPELLINGS
    ]
    both = _case("C:\\Users\\Public\\Tools\\NcAt.ExE", "10.20.30.40 -v -lvp 4444 --label <num>")
    # One by image, three by text, and so on, so that the first few matches of an archive show both.
    turns = zip(by_image, by_text[::3], by_text[1::3], by_text[2::3], strict=True)
    return Plant(
        NETCAT,
        matches=(*(case for turn in turns for case in turn), both),
        near_misses=tuple(_case(image, arguments) for image, arguments in _NEAR_MISSES),
    )


def _mixed(text: str) -> str:
    folder, separator, name = text.rpartition("\\")
    return folder + separator + "".join(c.upper() if place % 2 else c.lower() for place, c in enumerate(name))


_SPELLINGS = (str, str.upper, _mixed)

_TEXTS = (
    " -lvp ",
    " -lvnp",
    " -l -v -p ",
    " -lv -p ",
    " -l --proxy-type http ",
    " -vnl --exec ",
    " -vnl -e ",
    " --lua-exec ",
    " --sh-exec ",
)

_NEAR_MISSES = (
    ("C:\\Users\\Public\\Tools\\vnc.exe", "10.20.30.40 --listen 4444 --label <guid>"),
    ("C:\\Users\\Public\\Tools\\nc.exe.old.exe", "10.20.30.40 4444 --label <guid>"),
    ("C:\\Users\\Public\\nc.exe\\setup.exe", "10.20.30.40 4444 --label <guid>"),
    ("C:\\Users\\Public\\Tools\\ncat64.exe", "10.20.30.40 4444 -v --label <num>"),
    ("C:\\Users\\Public\\Tools\\relay.exe", "10.20.30.40 4444 --label <num> -lvp"),
    ("C:\\Users\\Public\\Tools\\relay.exe", "10.20.30.40 --lvnp 4444 --label <num>"),
    ("C:\\Users\\Public\\Tools\\relay.exe", "10.20.30.40 -l -v -port 4444 --label <num>"),
    ("C:\\Users\\Public\\Tools\\relay.exe", "10.20.30.40 -lv  -p 4444 --label <num>"),
    ("C:\\Users\\Public\\Tools\\relay.exe", "10.20.30.40 -l --proxy-type https --label <num>"),
    ("C:\\Users\\Public\\Tools\\relay.exe", "10.20.30.40 -vnl --execute run --label <num>"),
    ("C:\\Users\\Public\\Tools\\relay.exe", "10.20.30.40 --lua-exec=a.lua --no-sh-exec x --label <num>"),
)


def _case(image: str, arguments: str) -> Program:
    return Program(
        images=(image,),
        original="",
        description="",
        product="",
        company="",
        ancestry="shell",
        integrity="Medium",
        arguments=(arguments,),
    )
