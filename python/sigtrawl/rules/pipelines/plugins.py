"""The pipelines that installed packages offer, by name.

pySigma discovers them, and one thing is repaired around it. Under its 1.x line ``@Pipeline`` hands out one object for all the
functions that it decorates, so that every name stands for the function decorated last: with two plugins installed ``ocsf`` is
the pipeline of Sysmon. The functions are lost once their modules are imported. Where pySigma has that fault, modules of plugins
are imported anew for the discovery, with a decorator that makes an object each, and what was imported before is put back.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from sigma.pipelines.base import Pipeline
from sigma.processing.pipeline import ProcessingPipeline

from sigtrawl.errors import UsageError

_NAMESPACE = "sigma.pipelines."
# pySigma's own, which no plugin's decorator touches.
_OWN = frozenset({"base", "common", "test"})


def installed() -> Mapping[str, Callable[[], Any]]:
    """Give the installed pipelines, each as what makes it.

    Raises:
        UsageError: An installed plugin cannot be imported.
    """
    from sigma.plugins import InstalledSigmaPlugins

    try:
        with _an_object_each():
            found = InstalledSigmaPlugins.autodiscover(include_backends=False, include_validators=False).pipelines
    except Exception as error:  # the code of plugins may raise anything
        told = f"{type(error).__name__}: {error}"
        raise UsageError(f"the installed pySigma pipelines cannot be listed, because a plugin fails to load: {told}") from error
    return {name: made for name, made in sorted(found.items()) if _makes_a_pipeline(made)}


def _makes_a_pipeline(offered: Any) -> bool:
    """Tell pipelines from the helpers that a module without ``__all__`` also shows, and from pySigma's own for its tests."""
    if isinstance(offered, Pipeline):
        made_by = offered.func or getattr(type(offered), "apply", None)
        return callable(made_by) and not _is_own(made_by.__module__)
    if isinstance(offered, ProcessingPipeline):
        return True
    if not inspect.isfunction(offered) or not offered.__module__.startswith(_NAMESPACE) or _is_own(offered.__module__):
        return False
    needed = [one for one in inspect.signature(offered).parameters.values() if one.default is one.empty]
    return not any(one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) for one in needed)


def _is_own(module: str) -> bool:
    return module.removeprefix(_NAMESPACE).partition(".")[0] in _OWN


@contextmanager
def _an_object_each() -> Iterator[None]:
    """Let ``@Pipeline`` make an object for each function while plugins are imported."""
    if Pipeline.__new__(Pipeline) is not Pipeline.__new__(Pipeline):
        yield
        return
    aside = {name: module for name, module in sys.modules.items() if name.startswith(_NAMESPACE) and not _is_own(name)}
    for name in aside:
        del sys.modules[name]
    before = Pipeline.__dict__["__new__"]
    Pipeline.__new__ = staticmethod(_new)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Pipeline.__new__ = before  # type: ignore[method-assign]
        for name, module in aside.items():
            _put_back(name, module)


def _new(cls: type[Pipeline], *_arguments: Any, **_named: Any) -> Pipeline:
    """Make an object for each decorated function, and one for each class, as pySigma 2.0 does."""
    if cls is Pipeline or "_instance" not in cls.__dict__:
        made: Pipeline = object.__new__(cls)
        if cls is not Pipeline:
            cls._instance = made
        return made
    instance: Pipeline = cls.__dict__["_instance"]
    return instance


def _put_back(name: str, module: ModuleType) -> None:
    sys.modules[name] = module
    above, _, own = name.rpartition(".")
    if above in sys.modules:
        setattr(sys.modules[above], own, module)
