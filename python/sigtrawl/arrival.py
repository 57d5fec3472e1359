"""Putting ``frame.sigtrawl`` into polars, whichever of the two packages is imported first.

``import sigtrawl`` must not import polars, which takes longer than all of Sigtrawl; and whoever imports polars afterwards expects
the namespace all the same. So where polars is not there yet, Python's imports are asked to say when it is: a finder that finds
nothing itself, stands aside after polars, and changes no other import.
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

# The bases of finders and loaders are in `importlib.abc`, which takes longer to import than all that this package needs at
# first; Python asks for the methods alone.


class _Wrapped:
    """polars' own loader, with a word to us behind it."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: "ModuleSpec") -> "ModuleType | None":
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: "ModuleType") -> None:
        # The module looks as if we had never been here.
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        _register()


class _Waiting:
    """Waits for the import of polars."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> "ModuleSpec | None":
        del path, target
        if fullname != "polars":
            return None
        from importlib.util import find_spec

        sys.meta_path.remove(self)
        spec = find_spec("polars")
        if spec is None or spec.loader is None:
            return spec
        loader: Any = _Wrapped(spec.loader)
        spec.loader = loader
        return spec


def await_polars() -> None:
    """Register the namespace, now or when polars is imported."""
    if "polars" in sys.modules:
        _register()
    elif not any(isinstance(finder, _Waiting) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Waiting())


def _register() -> None:
    from sigtrawl.polars.namespace import register

    register()
