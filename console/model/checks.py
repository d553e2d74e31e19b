"""The checklist of a restart: every check that is built in, in order, as pure steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from console.i18n import tr, trn
from console.model.checklist import FIRST, Marks, Step, StepState, marked, ordered
from console.model.checks_avoid import avoid
from console.model.checks_collector import collector
from console.model.checks_given import Given, duration
from console.model.checks_lines import lines
from console.model.checks_surfaces import finished, surfaces
from console.model.checks_watched import artifacts, automation, services
from console.model.checks_work import work


def checklist(given: Given, own: Iterable[Step] = (), marks: Marks | None = None) -> tuple[Step, ...]:
    """Every step now: what is built in, the operator's *own*, and the lines of the hand-off, as *marks* settle them."""
    facts = [
        *surfaces(given),
        *finished(given),
        *work(given),
        *services(given),
        *collector(given),
        *automation(given),
        *artifacts(given),
        *own,
    ]
    facts = list(marked(ordered(facts), marks or {}))
    by_id = {step.id: step for step in facts}
    asked = marked((*_document(given), *lines(given, facts), *avoid(given, by_id)), marks or {})
    return ordered((*asked, *facts))


def _document(given: Given) -> Iterator[Step]:
    """The hand-off itself."""
    title = tr("hand-off")
    if given.wrong:
        yield Step("handoff", title, FIRST, StepState.FAIL, given.wrong, tr("correct handoff: or write a new one"),
                   checked_at=given.now)  # fmt: skip
    elif given.handoff is not None:
        age = (
            tr("written {duration} ago", duration=duration(given.now - given.written[0]))
            if given.written is not None
            else tr("without a date")
        )
        gaps = len(given.handoff.not_understood)
        said = f"{given.source}, {age}"
        if gaps:
            said += "; " + trn("{count} line is not understood", "{count} lines are not understood", gaps)
        yield Step("handoff", title, FIRST, StepState.PASS, said, checked_at=given.now)
