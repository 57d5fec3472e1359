"""The literals that rules look for in one column: a race of the searching alone, which is a part of the work only."""

import hashlib

from race.jobs import Found
from sigtrawl.plan import Plan


def literals_of(plan: Plan, column: str) -> list[str]:
    """Gives the distinct ASCII texts that rules look for anywhere in a column, in lower case, in order."""
    found = {
        str(predicate.value).lower()
        for predicate in plan.predicates
        if predicate.field == column and predicate.op == "contains" and not predicate.cased and predicate.value
    }
    return sorted(text for text in found if text.isascii())


def told_as(rows: list[list[int]], literals: list[str]) -> Found:
    """Gives what was found as a count and a digest, which must be the same for every engine.

    Args:
        rows: For each row the numbers of the literals in it, sorted and without doubles.
        literals: The literals.
    """
    digest = hashlib.sha256()
    for row, found in enumerate(rows):
        digest.update(f"{row}:{','.join(map(str, found))}\n".encode())
    return Found(sum(map(len, rows)), notes={"literals": len(literals), "rows": len(rows), "digest": digest.hexdigest()[:16]})
