"""Making rules without the garbage collector.

A load makes millions of objects that live as long as its result. Python's collector does not know that: it looks through all of
them again and again while they grow, which takes a sixth of the time of a load and finds next to nothing.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch the collector off; whoever finds it off leaves it so. Loads in several threads at worst switch it on early."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
