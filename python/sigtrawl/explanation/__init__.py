"""Why a rule matches a row, or why it does not.

The answer is that of the reference evaluator, asked about one row: which routes make the row the rule's log source (`sources`),
what each predicate of the condition finds there (`judge`), under the words that the rule itself uses. The core is asked the same
question, and where the two differ that is an error of Sigtrawl and told as one.

`ask` is the way in, `model` what comes out, `text` how a person reads it.
"""

from sigtrawl.explanation.ask import explain
from sigtrawl.explanation.model import Explanation, Leaf, Part, Reading, RouteFit, Seen, Wanted

__all__ = ["Explanation", "Leaf", "Part", "Reading", "RouteFit", "Seen", "Wanted", "explain"]
