"""The hand-off document: what the operator writes, or the console does, before a session is started again.

`read` understands what people write, Korean or English, also when copying and pasting has broken it; `facts_of` are the
facts in it, `as_document` is their JSON. `console.model.handoff_write.write` writes one from facts.
"""

from __future__ import annotations

from console.model.handoff_items import Handoff, HandoffFacts, as_document, facts_of
from console.model.handoff_read import read
from console.model.handoff_words import Words
from console.model.handoff_write import write

__all__ = ["Handoff", "HandoffFacts", "Words", "as_document", "facts_of", "read", "write"]
