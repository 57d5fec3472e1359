"""YAML text → documents: plain mappings, with what YAML would otherwise hide from the reader.

PyYAML's safe loaders forgive two things that change what a rule means: of two equal keys the last one wins without a word, and
an unquoted ``yes``, ``010`` or ``12:30:45`` becomes something that nobody typed. The first is an error here and the second a
warning, so nodes are turned into values by our own walk. It is also faster than PyYAML's two-step construction. What a scalar
means is still PyYAML's decision: the walk asks its resolver's tag and its constructor.

The C parser recurses without a limit of its own: a file of a hundred thousand brackets would end the process. Nesting is
therefore bounded before the parser sees the text.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from sigtrawl.rules.literals import canonical, shorten, time_text

# A rule nests about six levels deep. The condition's own limit is counted apart (`detections.MAX_DEPTH`).
MAX_NESTING = 64
# Aliases let a small text stand for a huge one; the corpus' largest rule has about 2,500 nodes.
MAX_NODES = 500_000

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_STR = "tag:yaml.org,2002:str"
_MAP = "tag:yaml.org,2002:map"
_SEQ = "tag:yaml.org,2002:seq"
_MERGE = "tag:yaml.org,2002:merge"
_BOOL_TEXTS = frozenset({"true", "false"})
# Many markers in one line or a very deep indentation: the only ways to nest deep without brackets.
_MARKERS = re.compile(rb"(?:[-?:][ \t]+){32}")
_INDENTATION = " " * 400
_NO_MARKERS = bytes(set(range(256)) - set(b"-?: \t\n"))


class DocumentError(ValueError):
    """A text is no readable YAML; ``code`` is the stable name of the reason."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a YAML text.

    Attributes:
        content: Its value.
        readings: Path of a scalar → how YAML read it, where that is not what the text says.
        repeated: Paths of keys that stand more than once in their mapping.
    """

    content: Any
    readings: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    repeated: tuple[tuple[str, ...], ...] = ()


class _Loader(_SafeLoader):  # type: ignore[misc]
    """PyYAML's safe loader, which asks Python what each scalar is; here it asks once for each text."""

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Do nothing: resolvers that go by the path are not in use."""

    def ascend_resolver(self) -> None:
        """Do nothing, as above."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """Give the tag of a node that states none."""
        if kind is yaml.ScalarNode:
            return _plain_tag(value) if implicit[0] else _STR
        return _MAP if kind is yaml.MappingNode else _SEQ


@lru_cache(maxsize=1 << 14)
def _plain_tag(text: str) -> str:
    """Ask PyYAML what a plain scalar is; names of fields, tags and levels are the same in thousands of rules."""
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    return tag


_RESOLVER: Any = yaml.resolver.Resolver()


def read_documents(text: str) -> Iterator[Document]:
    """Yield the documents of a YAML text; those before a broken one are still yielded.

    Raises:
        DocumentError: The text is no YAML, or nests too deeply.
    """
    _bound_nesting(text)
    loader = _Loader(text)
    try:
        while loader.check_node():
            walk = _Walk(loader)
            content = walk.value(loader.get_node(), ())
            yield Document(content, walk.readings, tuple(walk.repeated))
    except yaml.constructor.ConstructorError as error:
        raise DocumentError("yaml-tag", _told(error), "rules use no tags of their own") from None
    except yaml.YAMLError as error:
        raise DocumentError("yaml-syntax", _told(error)) from None
    except RecursionError:
        raise DocumentError("yaml-nesting", f"it nests more than {MAX_NESTING} levels deep") from None
    finally:
        loader.dispose()


def _told(error: yaml.YAMLError) -> str:
    """Put a YAML error into one line with its place."""
    if isinstance(error, yaml.MarkedYAMLError):
        what = " ".join(part for part in (error.context, error.problem) if part)
        mark = error.problem_mark or error.context_mark
        return f"{what} (line {mark.line + 1}, column {mark.column + 1})" if mark else what
    return " ".join(str(error).split())


def _bound_nesting(text: str) -> None:
    """Measure the nesting of a suspicious text by its events, which are made without recursion."""
    if text.count("[") + text.count("{") < MAX_NESTING * 4 and _INDENTATION not in text and not _many_markers(text):
        return
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_NESTING:
                raise DocumentError("yaml-nesting", f"it nests more than {MAX_NESTING} levels deep")
    except yaml.YAMLError as error:
        raise DocumentError("yaml-syntax", _told(error)) from None


def _many_markers(text: str) -> bool:
    """Whether so many markers may stand in one line: those that do stay side by side when all else is left out."""
    return _MARKERS.search(text.encode(errors="surrogatepass").translate(None, _NO_MARKERS)) is not None


class _Walk:
    """Turns the nodes of one document into values."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.readings: dict[tuple[str, ...], str] = {}
        self.repeated: list[tuple[str, ...]] = []
        self._done: dict[int, tuple[Any, int]] = {}
        self._open: set[int] = set()
        self._nodes = 0

    def value(self, node: yaml.Node, path: tuple[str, ...]) -> Any:
        self._nodes += 1
        if node.__class__ is yaml.ScalarNode:
            if node.tag == _STR:
                return node.value
            return self._scalar(node, path)
        return self._collection(node, path)

    def _collection(self, node: yaml.Node, path: tuple[str, ...]) -> Any:
        key = id(node)
        if key in self._done:
            known, size = self._done[key]
            self._nodes += size
            if self._nodes > MAX_NODES:
                raise DocumentError("yaml-aliases", f"its aliases stand for more than {MAX_NODES:,} values")
            return known
        if key in self._open:
            raise DocumentError("yaml-aliases", "an alias refers to the value that it is part of")
        if len(path) > MAX_NESTING:
            raise DocumentError("yaml-nesting", f"it nests more than {MAX_NESTING} levels deep")
        self._open.add(key)
        before = self._nodes
        content: Any
        if isinstance(node, yaml.MappingNode) and node.tag == _MAP:
            content = self._mapping(node, path)
        elif isinstance(node, yaml.SequenceNode) and node.tag == _SEQ:
            content = [self.value(child, (*path, str(place))) for place, child in enumerate(node.value)]
        else:
            raise DocumentError("yaml-tag", f"the tag {node.tag!r} means nothing in a rule")
        self._open.discard(key)
        self._done[key] = (content, self._nodes - before)
        return content

    def _mapping(self, node: yaml.MappingNode, path: tuple[str, ...]) -> dict[Any, Any]:
        if any(key.tag == _MERGE for key, _ in node.value):
            # `<<` is YAML 1.1's merging: keys that the mapping states itself win, which is no repetition.
            own = [pair for pair in node.value if pair[0].tag != _MERGE]
            stated = {(key.tag, key.value) for key, _ in own if isinstance(key, yaml.ScalarNode)}
            self.loader.flatten_mapping(node)
            merged = [pair for pair in node.value[: len(node.value) - len(own)] if (pair[0].tag, pair[0].value) not in stated]
            content = dict(self._pairs(merged, path))
        else:
            own, content = node.value, {}
        seen = set()
        for key, value in self._pairs(own, path):
            if key in seen:
                self.repeated.append((*path, str(key)))
            seen.add(key)
            content[key] = value
        return content

    def _pairs(self, pairs: list[tuple[yaml.Node, yaml.Node]], path: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
        for key_node, value_node in pairs:
            if key_node.__class__ is not yaml.ScalarNode:
                raise DocumentError("yaml-key", f"a key must be text (line {key_node.start_mark.line + 1})")
            key = key_node.value if key_node.tag == _STR else self._scalar(key_node, (*path, key_node.value, "key"))
            yield key, self.value(value_node, (*path, str(key)))

    def _scalar(self, node: yaml.Node, path: tuple[str, ...]) -> Any:
        try:
            content = self.loader.construct_object(node)
            told = _surprise(node.value, content)
        except (ValueError, OverflowError) as error:
            line = node.start_mark.line + 1
            raise DocumentError("yaml-value", f"{shorten(node.value)} cannot be read: {error} (line {line})") from None
        if told is not None:
            self.readings[path] = told
        return content


def _surprise(text: str, content: Any) -> str | None:
    """Say how a plain scalar was read if its text says something else."""
    if isinstance(content, bool):
        return None if text.lower() in _BOOL_TEXTS else f"{text} is read as the boolean {str(content).lower()}"
    if isinstance(content, int | float):
        told = canonical(content)
        if told is None or told != text:
            return f"{text} is read as the number {content if told is None else told}"
        return None
    if isinstance(content, dt.date):
        kind = "time" if isinstance(content, dt.datetime) else "date"
        return f"{text} is read as the {kind} {time_text(content)}"
    return None
