"""The property that base64offset is for: wherever a value stands in a text, the text's base64 contains one of its windows."""

import random
from base64 import b64encode

import pytest

from sigtrawl.rules.encodings import base64_windows, to_bytes
from sigtrawl.rules.values import Text

VALUES = ["a", "ab", "abc", "IEX ([", "é", "日本", "\U0001f600x", "http://"]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_any_embedding_is_found(value: str, encoding: str) -> None:
    chance = random.Random(value + encoding)  # noqa: S311 - a seed, no secret
    text = Text((value,))
    if encoding != "utf-8":
        (text,) = to_bytes(text, "test", encoding)
    windows = ["".join(str(part) for part in window.parts) for window in base64_windows(text)]
    assert len(windows) == 3
    for before in range(9):
        for after in range(5):
            whole = chance.randbytes(before) + value.encode(encoding) + chance.randbytes(after)
            assert windows[before % 3] in b64encode(whole).decode()
