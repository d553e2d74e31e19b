"""What becomes of one text at one surface."""

from __future__ import annotations

import pytest

from console.model.guard import RULES
from console.model.guard_facts import Level, Verdict
from console.model.parcel import TIME_HELPS, Fate, fate, waits

PASS = Verdict("size", Level.PASS)
BUSY = Verdict("state", Level.REFUSE, "it is working")
TWICE = Verdict("duplicate", Level.REFUSE, "#54 is open")
DIALOG = Verdict("dialog", Level.REFUSE, "it asks", final=True)
HINT = Verdict("context", Level.WARN, "it remembers nothing")


@pytest.mark.parametrize(
    ("verdicts", "overrides", "queue", "several", "expected"),
    [
        ((PASS, HINT), (), False, False, Fate.SEND),
        ((BUSY,), (), False, False, Fate.REFUSE),
        ((BUSY,), ("state",), False, False, Fate.SEND),
        ((DIALOG,), ("dialog",), False, False, Fate.REFUSE),
        ((BUSY, DIALOG), (), True, False, Fate.QUEUE),
        ((BUSY, TWICE), (), True, False, Fate.REFUSE),
        ((BUSY, TWICE), ("duplicate",), True, False, Fate.QUEUE),
        ((PASS,), (), True, False, Fate.QUEUE),
        ((PASS,), (), True, True, Fate.SEND),
        ((BUSY,), (), True, True, Fate.QUEUE),
    ],
)
def test_sent_queued_or_refused(
    verdicts: tuple[Verdict, ...], overrides: tuple[str, ...], queue: bool, several: bool, expected: Fate
) -> None:
    what, why = fate(verdicts, overrides, queue=queue, several=several)
    assert what is expected
    assert bool(why) or what is Fate.SEND or not waits(verdicts, overrides) or verdicts == (PASS,)


def test_the_reason_names_the_rule() -> None:
    assert fate((BUSY, TWICE), (), queue=False)[1] == "state: it is working; duplicate: #54 is open"


def test_the_rules_that_time_helps_are_rules() -> None:
    assert {rule.name for rule in RULES} >= TIME_HELPS
