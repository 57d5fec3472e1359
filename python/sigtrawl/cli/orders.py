"""Being told to end, politely: by ``timeout``, a service manager, or a terminal that closes.

While matches are taken such an order is what Ctrl-C is: the scan stops, its temporary file goes, what was found is kept. Before
and after there is nothing to tidy up, and the order ends the process at once, also while the core reads footers and listens to
nobody.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ORDERS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def as_interrupts() -> Iterator[None]:
    """Make orders to end raise KeyboardInterrupt; a handler that somebody set, as ``nohup`` does, stays."""
    ours = []
    if threading.current_thread() is threading.main_thread():  # only there may a handler be set
        ours = [order for order in ORDERS if signal.getsignal(order) is signal.SIG_DFL]
    for order in ours:
        signal.signal(order, signal.default_int_handler)
    try:
        yield
    finally:
        for order in ours:
            signal.signal(order, signal.SIG_DFL)
