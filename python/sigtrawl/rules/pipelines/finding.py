"""From what a caller names (installed pipelines, files, folders) to one pipeline, and what is worth a warning in it.

Pipelines are applied by their priority, the lowest first, as pySigma has it; those of one priority in the order in which they
were named, where pySigma would sort them by name.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from sigma.exceptions import SigmaError
from sigma.processing.finalization import finalizers
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.postprocessing import query_postprocessing_transformations

from sigtrawl.errors import ConfigError, InputError, RuleError, UsageError
from sigtrawl.rules.documents import DocumentError, read_documents
from sigtrawl.rules.pipelines.plugins import installed
from sigtrawl.rules.pipelines.refusing import brief

One: TypeAlias = str | os.PathLike[str] | ProcessingPipeline
Given: TypeAlias = One | Iterable[One]

_SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True, slots=True)
class Pipelines:
    """Pipelines, put together in the order of their application.

    Attributes:
        names: What they are called: names of installed ones, paths of files.
        processing: pySigma's object for all of them.
        warnings: What in them has no effect here.
    """

    names: tuple[str, ...]
    processing: ProcessingPipeline
    warnings: tuple[RuleError, ...] = ()


def load_pipelines(given: Given | None) -> Pipelines | None:
    """Find the pipelines that a caller names; None if there are none.

    A text with a ``/`` in it or ending in ``.yml``, and every path object, is a file or a folder of them; any other text is the
    name of an installed pipeline, or else a file or folder.

    Raises:
        ConfigError: A file is no pipeline; the message has pySigma's reason.
        InputError: A path leads nowhere, or a folder holds no pipeline.
        UsageError: There is no pipeline of a name, or one is named twice.
    """
    if given is None:
        return None
    several = [given] if isinstance(given, str | os.PathLike | ProcessingPipeline) else list(given)
    found = [(name, made) for one in several for name, made in _find(one)]
    if not found:
        return None
    names = [name for name, _ in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"the pipeline {twice} is named twice")
    for name, made in found:
        if isinstance(made.priority, bool) or not isinstance(made.priority, int | float):
            raise ConfigError(f"{name}: the priority must be a number, not {made.priority!r}")
    found.sort(key=lambda pair: pair[1].priority)
    whole = found[0][1]
    for _, made in found[1:]:
        whole = whole + made
    warnings = tuple(told for name, made in found for told in _without_effect(name, made))
    return Pipelines(tuple(name for name, _ in found), whole, warnings)


def _find(given: Any) -> list[tuple[str, ProcessingPipeline]]:
    if isinstance(given, ProcessingPipeline):
        return [(given.name or f"<pipeline {id(given):x}>", given)]
    if not isinstance(given, str | os.PathLike):
        raise UsageError(f"a pipeline is named by text or a path, or is pySigma's object, not a {type(given).__qualname__}")
    text = os.fspath(given)
    if not text:
        raise UsageError("a pipeline has an empty name; name an installed one, a file or a folder")
    if not isinstance(given, str) or "/" in text or os.sep in text or text.lower().endswith(_SUFFIXES):
        return _at(Path(text))
    known = installed()
    if text in known:
        return [(text, _made(text, known[text]))]
    if Path(text).exists():
        return _at(Path(text))
    near = get_close_matches(text, known, 1)
    guess = f" (did you mean {near[0]!r}?)" if near else ""
    offered = f"installed are: {', '.join(known)}" if known else "none is installed; packages named pysigma-pipeline-… bring some"
    raise UsageError(f"there is no pipeline {text!r}{guess}; {offered}; a file of your own is named with its .yml")


def _made(name: str, offered: Any) -> ProcessingPipeline:
    try:
        made = offered if isinstance(offered, ProcessingPipeline) else offered()
    except Exception as error:  # the code of plugins may raise anything
        raise UsageError(f"the pipeline {name!r} cannot be made: {type(error).__name__}: {error}") from error
    if not isinstance(made, ProcessingPipeline):
        raise UsageError(f"what is installed as {name!r} is no pipeline, but makes a {type(made).__qualname__}")
    return made


def _at(path: Path) -> list[tuple[str, ProcessingPipeline]]:
    if not path.is_dir():
        return [(str(path), _read(path))]
    below = (file.relative_to(path) for file in sorted(path.rglob("*")) if file.suffix.lower() in _SUFFIXES and file.is_file())
    files = [path / file for file in below if not any(part.startswith(".") for part in file.parts)]
    if not files:
        raise InputError(f"the folder {path} holds no pipeline (*.yml, *.yaml)")
    return [(str(file), _read(file)) for file in files]


def _read(path: Path) -> ProcessingPipeline:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        documents = [document for document in read_documents(text) if document.content is not None]
    except FileNotFoundError:
        raise InputError(f"there is no pipeline file or folder {path}") from None
    except OSError as error:
        raise InputError(f"the pipeline {path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"the pipeline {path} is not UTF-8: byte {error.start + 1} cannot be read") from None
    except DocumentError as error:
        raise ConfigError(f"the pipeline {path} is no YAML: {error}") from None
    if len(documents) != 1 or not isinstance(documents[0].content, dict):
        raise ConfigError(f"{path} is no pipeline: a pipeline is one mapping with a list of transformations")
    for place in documents[0].repeated:
        raise ConfigError(f"the pipeline {path} has the key {'.'.join(place)} twice")
    try:
        pipeline = ProcessingPipeline.from_yaml(text, source_path=str(path))
    except SigmaError as error:
        raise ConfigError(f"{path} is no pipeline: {brief(str(error.args[0] if error.args else error))}") from None
    except Exception as error:  # pySigma promises nothing about odd files
        raise ConfigError(f"{path} is no pipeline: {type(error).__name__}: {brief(str(error))}") from error
    # pySigma 2 gives each file the policy of its folder and then refuses to put two of them together. What a policy is for, the
    # steps that read files, keep their own.
    if getattr(pipeline, "policy", None) is not None:
        pipeline.policy = None
    return pipeline


def _without_effect(name: str, pipeline: ProcessingPipeline) -> list[RuleError]:
    """Name the steps that work on queries of other systems."""
    types = {kind: word for word, kind in {**query_postprocessing_transformations, **finalizers}.items()}
    steps = [type(item.transformation) for item in pipeline.postprocessing_items] + [type(one) for one in pipeline.finalizers]
    if not steps:
        return []
    told = ", ".join(types.get(step, step.__name__) for step in steps)
    message = f"the pipeline has steps for queries, which have no effect here: {told}"
    return [RuleError("pipeline-without-effect", message, name, state="ready")]
