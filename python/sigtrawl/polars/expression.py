"""``RuleSet.expr``: the rules as a polars expression.

polars calls the core through its interface for plugins, from its own threads and without Python. The expression carries all it
needs (the rules as a compiled file, and how to read the columns), so that it can be serialised and sent elsewhere; in this
process the rule set that it came from is found by name instead.

Which columns the frame has is not known here. So the expression asks for every column that may be needed, those that tell
schemas apart among them, and takes the ones that are there.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import polars as pl
import polars.selectors as cs
from polars.plugins import register_plugin_function

from sigtrawl import _native, compiled
from sigtrawl.errors import UsageError
from sigtrawl.request import NO_SCHEMA, Request
from sigtrawl.ruleset import RuleSet
from sigtrawl.scanner import ANSWERS, refuse_correlations
from sigtrawl.subset import subset

if TYPE_CHECKING:
    from sigtrawl.plan import Plan

# The rules of the expressions of this process. One that came from elsewhere brings its own.
_AT_HOME: WeakValueDictionary[str, RuleSet] = WeakValueDictionary()


def expression(ruleset: RuleSet, answer: str, asked: Request, *, columns: Any = None, min_level: str | None = None) -> pl.Expr:
    """Make the expression; `RuleSet.expr` tells what its arguments mean."""
    if answer not in ANSWERS:
        message = f"there is no answer {answer!r}; ask for {', '.join(ANSWERS[:-1])} or {ANSWERS[-1]}"
        raise UsageError(message)
    refuse_correlations(ruleset)
    rules = ruleset if min_level is None else _above(ruleset, min_level)
    options = asked.to_json()
    builtin = asked.schema != NO_SCHEMA
    packed = _packed(rules)
    name = hashlib.sha256(b"\0".join((packed, options, b"builtin" if builtin else b""))).hexdigest()
    _AT_HOME[name] = rules
    return register_plugin_function(
        plugin_path=Path(_native.__file__),
        function_name="sigtrawl",
        # The constant stands for the rows where none of the columns is in the frame, so that this is told and not passed over.
        args=[*_arguments(rules, asked, columns), pl.lit(value=True)],
        kwargs={"id": name, "answer": answer, "rules": packed, "options": options, "builtin": builtin},
        is_elementwise=True,
        input_wildcard_expansion=True,
    ).alias(answer)


def revive(name: str, rules: bytes, options: bytes, builtin: bool) -> "tuple[_native.RuleSet, bytes | _native.Options]":  # noqa: FBT001 - called by the core
    """Give the rules and the options of an expression, as the core takes them."""
    from sigtrawl import schemas

    known = _AT_HOME.get(name)
    native = _native.RuleSet(compiled.unpack(rules, "the expression")) if known is None else known.native
    return native, _native.Options(options, schemas.native()) if builtin else options


def columns_needed(plan: "Plan", asked: Request) -> tuple[str, ...] | None:
    """Name every column that the rules may read, or that may tell what schema a table is of; None: all columns."""
    from sigtrawl.schemas.needed import may_answer, may_recognise

    fields = set()
    for predicate in plan.predicates:
        if predicate.field is None:
            return None
        fields.add(predicate.field)
        if predicate.op == "fieldref":
            fields.add(str(predicate.value))
    if asked.schema == NO_SCHEMA:
        return may_answer(fields, ())
    if asked.schema is None:
        return tuple(dict.fromkeys((*may_answer(fields, asked.mappings), *may_recognise(asked.mappings))))
    return may_answer(fields, [mapping for mapping in asked.mappings if mapping.name == asked.schema])


def _arguments(ruleset: RuleSet, asked: Request, columns: Any) -> list[Any]:
    """Give the columns that are asked for, or those of a frame that the rules may need."""
    if columns is not None:
        return [columns] if isinstance(columns, str | pl.Expr) else list(columns)
    names = columns_needed(ruleset.plan(), asked) if asked.more else _known_columns(ruleset, asked.schema)
    # A field also names a column that is written with spaces, or with an @ where it has an underscore.
    return [pl.all() if names is None else cs.by_name(*names, require_all=False) | cs.matches("[ @]")]


@lru_cache(maxsize=32)
def _known_columns(ruleset: RuleSet, schema: str | None) -> tuple[str, ...] | None:
    """Remember the columns that a rule set needs; a query makes its expressions anew each time it is built."""
    return columns_needed(ruleset.plan(), Request((), schema, None, "all", "core", None))


@lru_cache(maxsize=4)
def _packed(ruleset: RuleSet) -> bytes:
    return compiled.pack(ruleset.native.plan())


@lru_cache(maxsize=8)
def _above(ruleset: RuleSet, min_level: str) -> RuleSet:
    return RuleSet.from_plan(subset(ruleset.plan(), {"min_level": min_level}))
