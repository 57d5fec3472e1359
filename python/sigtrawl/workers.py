"""Matching on the workers of a cluster: the one function under Spark, Ray, Daft and Dask.

Whoever starts a job (the driver) has the rules and knows the columns. Workers see some rows at a time, in no order, and can
tell nobody what they skipped. So everything that can be decided is decided on the driver: how the table is read, which columns
have to travel, what the matches look like, whether any rule can run at all. What is left for a worker is a `Work`, which is
small, and the rules as a compiled file, which every engine has its own way to bring once to each worker::

    work = prepare(ruleset, arrow_schema, asked, "a Spark frame")
    run = portable(work)                     # pickles by value, and knows what to say where Sigtrawl is missing
    for batch in run(batches, fetch_rules):  # on the worker: record batches in, record batches of matches out
        ...

A worker compiles and binds once, however many batches and partitions come to it. It uses one thread, because engines hand out
work by processor.

A report of the scan stays behind with each worker, and is lost. So what a report would tell is an error here: a batch with other
columns, text that cannot be read, no rule that can run.
"""

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias, final

import sigtrawl
from sigtrawl import compiled, extras
from sigtrawl.batches import fitted, joined
from sigtrawl.errors import NothingToRun, UsageError
from sigtrawl.request import NO_SCHEMA, Columns, LogSource, Request, request
from sigtrawl.ruleset import RuleSet
from sigtrawl.scanner import Scanner, refuse_correlations

if TYPE_CHECKING:
    import os

    import pyarrow as pa

    from sigtrawl.report import ScanReport

Fetch: TypeAlias = Callable[[], bytes]
"""Gives the rules as a compiled file; called on a worker that does not have them yet."""

# Rules bound to a schema that a worker keeps, the last used. A job has one, and a session some.
KEPT = 8


@final
@dataclass(frozen=True, slots=True)
class Work:
    """What a worker has to know beside the rules. Immutable, small, and it pickles.

    Attributes:
        schema: The columns that travel to the workers.
        output: The columns of the matches.
        options: How the events are read, in JSON, as the core takes it; the schema mapping is chosen already.
        builtin: Whether the built-in mappings go before those of the options.
        digest: Names this work with its rules.
    """

    schema: "pa.Schema"
    output: "pa.Schema"
    options: bytes
    builtin: bool
    digest: str


def asking(
    what: str,
    *,
    schema: "str | os.PathLike[str] | None",
    logsource: LogSource | None,
    columns: Columns,
    key: Sequence[str] | None,
) -> Request:
    """Understand what the caller of an adapter wrote.

    Args:
        what: What holds the rows, as errors call it.
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        columns: As in `sigtrawl.scan`.
        key: As in `sigtrawl.scan`.

    Raises:
        SchemaError: The schema is neither known nor a file, or the file is no mapping.
        UsageError: There is no key; or the log source or the columns make no sense.
    """
    if not key:
        message = (
            f"the rows of {what} have no number, so nothing would tell which event a match is of: name the columns that do, "
            "such as key=['record_id']"
        )
        raise UsageError(message)
    return request(schema=schema, logsource=logsource, columns=columns, key=key, threads=1)


def prepare(ruleset: RuleSet, schema: "pa.Schema", asked: Request, what: str) -> Work:
    """Decide on the driver what the workers do.

    Args:
        ruleset: The rules.
        schema: All columns of the rows. A table is recognised by all of them, also by those that are left behind.
        asked: How the events are read.
        what: What holds the rows, as errors call it.

    Raises:
        NothingToRun: Not one rule can run on these columns.
        SchemaError: No schema mapping recognises the columns, and neither a schema nor a log source says what they are.
        TypeError: The rules are not compiled.
        UsageError: Two columns have one name, the key names none of the columns, or the rules hold correlations.
    """
    pa = extras.need("pyarrow", "arrow", "sigtrawl.workers")
    _demand_compiled(ruleset)
    refuse_correlations(ruleset)
    twice = [name for name in dict.fromkeys(schema.names) if schema.names.count(name) > 1]
    if twice:
        message = (
            f"{what} has several columns {twice[0]}: rename or drop all but one, so that rules can tell which one they ask about"
        )
        raise UsageError(message)
    whole = Scanner.bind(ruleset, schema, asked)
    report = whole.report
    _refuse_idle(report, what)
    # Fewer columns could look like another table, so that what was recognised is said from here on.
    # What a user's own mapping demands of the table is there, and has not all to travel.
    known = replace(asked, own=(), schema=report.inputs[0].schema or asked.schema)
    needed = _needed(schema, whole, asked)
    narrow = pa.schema([schema.field(name) for name in schema.names if name in needed])
    less = Scanner.bind(ruleset, narrow, known)
    output = _output(whole)
    same = _output(less).equals(output) and _reading(less) == _reading(whole)
    schema, asked = (narrow, known) if same else (schema, asked)
    options = asked.to_json()
    parts = (packed(ruleset), options, schema.serialize().to_pybytes(), sigtrawl.__version__.encode())
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    return Work(schema, output, options, asked.schema != NO_SCHEMA, digest)


def packed(ruleset: RuleSet) -> bytes:
    """Give the rules as a compiled file."""
    return compiled.pack(ruleset.native.plan())


def portable(work: Work) -> "Callable[[Iterable[pa.RecordBatch], Fetch], Iterator[pa.RecordBatch]]":
    """Make the function that engines send to workers.

    They pickle a nested function by value, and one of a module by its name. By name, a worker without this package would fail
    while it unpickles, before a line of ours is run. So this one is nested, imports what it needs when it is called, and holds
    its `Work` as bytes.
    """
    version, sent = sigtrawl.__version__, pickle.dumps(work)

    def run(batches: "Iterable[pa.RecordBatch]", fetch: "Fetch") -> "Iterator[pa.RecordBatch]":
        import pickle
        import sys

        try:
            import sigtrawl
            from sigtrawl.workers import match_batches
        except ImportError as error:
            message = (
                f"the worker with {sys.executable} cannot import sigtrawl: install sigtrawl=={version}, which the driver has, on "
                f"every worker ({error})"
            )
            raise ImportError(message, name="sigtrawl") from error
        there = sigtrawl.__version__
        if there != version:
            message = f"the worker with {sys.executable} has Sigtrawl {there}, and the driver {version}: install the same on both"
            raise ImportError(message, name="sigtrawl")
        return match_batches(pickle.loads(sent), batches, fetch)  # noqa: S301 - the bytes are part of this function

    return run


def match_batches(work: Work, batches: "Iterable[pa.RecordBatch]", fetch: Fetch) -> "Iterator[pa.RecordBatch]":
    """Find the matches in some batches, on a worker.

    Args:
        work: What the driver prepared.
        batches: The rows, with the columns of ``work.schema`` in any order. How text and lists are kept, and the time zone in
            which instants are shown, may change from batch to batch; a column without a value may be of type null.
        fetch: Gives the rules, where this process has not met them.

    Yields:
        Batches of ``work.output``, none of which is empty.

    Raises:
        InputError: A batch has other columns, or one cannot be read.
    """
    import pyarrow as pa

    scanner = None
    for rows in joined(fitted(batch, work.schema) for batch in batches if batch.num_rows):
        scanner = scanner or bound(work, fetch)
        for found in scanner.match(rows).batches():
            yield pa.record_batch(found).select(work.output.names)


def bound(work: Work, fetch: Fetch) -> Scanner:
    """Give the rules bound to the columns; the first call in a process compiles them."""
    from sigtrawl import _native, schemas

    # Whoever waits here would otherwise compile the same rules beside the others.
    with _BINDING:
        scanner = _BOUND.pop(work.digest, None)
        if scanner is None:
            rules = _native.RuleSet(compiled.unpack(fetch(), "the rules that the driver sent"))
            options = _native.Options(work.options, schemas.native()) if work.builtin else work.options
            scanner = Scanner(_native.Scanner(rules, work.schema, options))
        _BOUND[work.digest] = scanner
        while len(_BOUND) > KEPT:
            _BOUND.popitem(last=False)
    return scanner


_BINDING = Lock()
_BOUND: OrderedDict[str, Scanner] = OrderedDict()


def _demand_compiled(ruleset: Any) -> None:
    """Raise where the rules are not what `sigtrawl.compile` gives."""
    if not isinstance(ruleset, RuleSet):
        kind = type(ruleset)
        message = f"rules are compiled first, as in match(…, compile(rules)); this is a {kind.__module__}.{kind.__qualname__}"
        raise TypeError(message)


def _refuse_idle(report: "ScanReport", what: str) -> None:
    """Raise where not one rule can run: the matches would be empty, and nothing would say why."""
    if report.able():
        return
    states = ", ".join(f"{count:,} {state}" for state, count in report.rule_states().items()) or "none is there"
    reasons = "; ".join(entry.reason for entry in report.inputs if entry.reason)
    message = f"not one rule can run on {what} with these columns: {states}{': ' if reasons else ''}{reasons}"
    raise NothingToRun(message)


def _output(scanner: Scanner) -> "pa.Schema":
    """Give the columns of the matches; an event without members is left out: no Parquet file could hold it."""
    import pyarrow as pa

    schema = pa.schema(scanner)
    return schema if len(schema.field("event").type) else schema.remove(schema.get_field_index("event"))


def _needed(schema: "pa.Schema", scanner: Scanner, asked: Request) -> set[str]:
    """Name the columns that rules, times, keys and events are made of."""
    import pyarrow as pa

    shown = [field.name for field in pa.schema(scanner).field("event").type]
    times = [path for entry in scanner.report.inputs for path in entry.time]
    of_times = [name for name in schema.names if any(_begins(path, name) for path in times)]
    return {*scanner.columns, *shown, *of_times, *(asked.key or ())}


def _begins(path: str, column: str) -> bool:
    """Tell whether a path may lead into a column."""
    return path == column or path.startswith((f"{column}.", f"{column}["))


def _reading(scanner: Scanner) -> tuple[object, ...]:
    """Give what must not change when columns are left behind: how the table is read, and what each rule can do with it."""
    report = scanner.report
    inputs = [(entry.schema, entry.time) for entry in report.inputs]
    rules = [(rule.state, rule.lost, rule.missing, rule.any_product) for rule in report.rules]
    return scanner.columns, inputs, rules
