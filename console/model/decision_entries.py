"""The decisions of the console's own file as a hand-off document has them, and those only the document knows of.

A document names the id of each decision that stood in the file when it was written. One whose id is in the file no
longer was removed by somebody: it does not wait any more, and the next document is without it. Until that is written
the last one still offers it (`d`), so that a slip can be undone. What somebody wrote into a document by hand, and what
an older one asks for, has no id and is carried on until it is noted.
"""

from __future__ import annotations

from collections.abc import Iterable

from console.model.decision import Decision, DecisionsSlice, DecisionState, id_of, matched
from console.model.handoff_items import DecisionEntry


def is_known(kept: DecisionsSlice) -> bool:
    """Whether it is known what the file holds."""
    return kept.read_at is not None and not kept.error


def entries(kept: DecisionsSlice) -> tuple[DecisionEntry, ...]:
    """What a hand-off says of *kept*: all but those that were withdrawn."""
    standing = (each for each in kept.decisions if each.state is not DecisionState.WITHDRAWN)
    return tuple(DecisionEntry(d.text, d.commands, d.paths, d.options, _decided(d), d.id) for d in standing)


def only_told(last: Iterable[DecisionEntry], kept: DecisionsSlice, *, there: bool = True) -> tuple[DecisionEntry, ...]:
    """Those of the hand-off before that *kept* knows nothing of, and that were not removed from it.

    Not *there*: its file is missing, so nobody has removed single entries; nor is that known while one of its entries
    cannot be understood.
    """
    whole = there and is_known(kept) and not kept.problems
    ids = {each.id for each in kept.decisions}
    texts = {_compared(each.text) for each in kept.decisions}
    return tuple(
        each
        for each in last
        if not (whole and each.id)
        and each.id not in ids
        and _compared(each.text) not in texts
        and id_of(each.text) not in ids
    )


def waiting(last: Iterable[DecisionEntry], kept: DecisionsSlice, *, there: bool = True) -> tuple[str, ...] | None:
    """The texts of all that wait, in the file or only in the hand-off; None where the file tells nothing."""
    last = tuple(last)
    if not is_known(kept) or not (kept.decisions or last):
        return None
    told = only_told(last, kept, there=there)
    return (*(each.text for each in kept.pending), *(each.text for each in told if not each.decided))


def _compared(text: str) -> str:
    return matched(text) or " ".join(text.split())


def _decided(decision: Decision) -> str:
    if decision.pending:
        return ""
    return " · ".join(filter(None, (decision.answer or "decided", decision.decided_by)))
