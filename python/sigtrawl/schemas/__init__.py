"""Schema mappings: which column answers which Sigma field, and which rows are which log source.

A mapping is plain data in a YAML file; the built-in ones lie beside this module and a user's own are read by the same
loader. Nothing here knows of rules or of matching: whoever binds rules to a table reads a `Mapping` and acts on it.

    >>> from sigtrawl import schemas
    >>> mapping, reason = schemas.recognise(schemas.builtin(), ["Channel", "EventID", "Image"])
    >>> mapping.name, reason
    ('windows', 'has the columns Channel, EventID')
"""

from sigtrawl.schemas.loader import load_mapping, read_mapping, refuse_known_names
from sigtrawl.schemas.model import Answer, Demand, LogSource, Mapping, Route, TimeColumn
from sigtrawl.schemas.paths import Choice, PathPart, parse_path
from sigtrawl.schemas.recognise import Nearest, nearest, recognise
from sigtrawl.schemas.shipped import builtin, known_names, native

__all__ = [
    "Answer",
    "Choice",
    "Demand",
    "LogSource",
    "Mapping",
    "Nearest",
    "PathPart",
    "Route",
    "TimeColumn",
    "builtin",
    "known_names",
    "load_mapping",
    "native",
    "nearest",
    "parse_path",
    "read_mapping",
    "recognise",
    "refuse_known_names",
]
