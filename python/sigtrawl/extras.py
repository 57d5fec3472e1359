"""What is not installed with Sigtrawl by itself: one line that names the extra, where it is missing."""

from importlib import import_module
from typing import Any


def need(module: str, extra: str, what: str) -> Any:
    """Import a library that an extra brings.

    Args:
        module: The library's module.
        extra: The extra of this package that installs it.
        what: What needs it, as the caller calls it.

    Raises:
        ImportError: It is not installed; the message says how to get it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        message = f"{what} needs {module.partition('.')[0]}: pip install 'sigtrawl[{extra}]' ({error})"
        raise ImportError(message, name=module) from error
