"""Schema mappings: which column answers which Sigma field, and which rows are which log source.

A mapping is plain data in a YAML file; the built-in ones lie beside this module and a user's own are read by the same
loader. Nothing here knows of rules or of matching: whoever binds rules to a table reads a `Mapping` and acts on it.

    >>> from sigtrawl import schemas
    >>> mapping, reason = schemas.recognise(schemas.builtin(), ["Channel", "EventID", "Image"])
    >>> mapping.name, reason
    ('windows', 'has Channel, EventID')
"""

from sigtrawl.schemas.loader import builtin, load_mapping, read_mapping
from sigtrawl.schemas.model import Answer, LogSource, Mapping, Route
from sigtrawl.schemas.recognise import Nearest, nearest, recognise

__all__ = [
    "Answer",
    "LogSource",
    "Mapping",
    "Nearest",
    "Route",
    "builtin",
    "load_mapping",
    "nearest",
    "read_mapping",
    "recognise",
]
