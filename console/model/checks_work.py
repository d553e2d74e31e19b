"""Checks of the work: the dispatch log against the hand-off, duplicates, sends, queues, decisions. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from console.i18n import mark, tr, trn
from console.model.checklist import WORK, About, Step, StepState, joined, listed, worse
from console.model.checks_given import Given
from console.model.dispatch import DispatchStatus
from console.model.summary import Summary, summarise

_COUNTS: Final = (mark("total"), mark("done"), mark("open"), mark("pass"), mark("fail"), mark("warn"))
"""Figures of a hand-off that are compared with the log."""
_LOST: Final = ("total", "done", "pass", "fail", "warn")
"""What only grows: a smaller number means that records are gone."""


def work(given: Given) -> Iterator[Step]:
    """All of them."""
    yield from _log(given)
    yield from _sends(given)
    yield from _queue(given)
    yield from _decisions(given)


def _log(given: Given) -> Iterator[Step]:
    log, title = given.snapshot.log, tr("dispatch summary agrees")
    about = About("summary")
    if not log.source:
        if given.handoff is not None and (given.handoff.dispatches or given.figure("total")):
            yield Step("summary", title, WORK, StepState.MANUAL, tr("no dispatch log is configured"),
                       tr("compare it yourself, or write log: {path: …}"))  # fmt: skip
        return
    if log.error:
        yield Step("summary", title, WORK, StepState.FAIL, log.error, tr("mend the log first"), "", given.now, about)
        return
    if log.read_at is None:
        yield Step("summary", title, WORK, given.unread, tr("the dispatch log is not read yet"), tr("look at log.path"))
        return
    numbers = summarise(log.dispatches, given.now)
    yield _summary(given, numbers)
    yield from _gone(given)
    yield _duplicates(given, numbers)


def _summary(given: Given, numbers: Summary) -> Step:
    state, changed = _changes(given, numbers)
    evidence = tr("{total} in all, {done} done, {open} open", total=numbers.total, done=numbers.done, open=numbers.open)
    moved = [*changed, *_moved(given)]
    if moved:
        evidence, state = tr("since the hand-off: {listed}", listed="; ".join(moved)), worse(state, StepState.ATTENTION)
    elif given.handoff is not None and given.figure("total") is not None:
        evidence = tr("{evidence}, as in the hand-off", evidence=evidence)
    odd = given.snapshot.log.not_understood
    if odd:
        evidence += "; " + trn("{count} record is not understood", "{count} records are not understood", odd)
    remedy = "" if state is StepState.PASS else tr("look whether that is what was done meanwhile")
    if state is StepState.FAIL:
        remedy = tr("records are missing: look at the log, and at what another writer has undone")
    line = next((found[1] for key in _LOST if (found := given.figure(key)) is not None), None)
    return Step(
        "summary", tr("dispatch summary agrees"), WORK, state, evidence, remedy,
        "log.lost" if state is StepState.FAIL else "", given.snapshot.log.read_at, About("summary"), line,
    )  # fmt: skip


def _changes(given: Given, numbers: Summary) -> tuple[StepState, list[str]]:
    """The numbers of the hand-off that are others now."""
    checks = numbers.verification
    now = (numbers.total, numbers.done, numbers.open, checks.passed, checks.failed, checks.warned)
    state, changed = StepState.PASS, []
    for key, value in zip(_COUNTS, now, strict=True):
        found = given.figure(key)
        if found is None:
            continue
        then = found[0]
        if then.value == value or (then.at_least and value > then.value):
            continue
        changed.append(f"{tr(key)} {then.value:,}{'+' if then.at_least else ''} → {value:,}")
        if value < then.value and key in _LOST:
            state = StepState.FAIL
    return state, changed


def _moved(given: Given) -> Iterator[str]:
    """Which dispatches are not open any more, and which are since."""
    entries = given.handoff.dispatches if given.handoff is not None else ()
    then = {entry.item.number for entry in entries if entry.item.number is not None}
    if not then:
        return
    open_now = {each.number for each in given.snapshot.log.dispatches if each.is_open and each.number is not None}
    there = {each.number for each in given.snapshot.log.dispatches}
    closed = sorted((then & there) - open_now)
    new = sorted(open_now - then)
    if closed:
        yield tr("closed {listed}", listed=listed([f"#{number}" for number in closed], 6))
    if new:
        yield tr("open as well {listed}", listed=listed([f"#{number}" for number in new], 6))


def _gone(given: Given) -> Iterator[Step]:
    """Dispatches of the hand-off that the log has not."""
    there = {each.number for each in given.snapshot.log.dispatches}
    for entry in given.handoff.dispatches if given.handoff is not None else ():
        number = entry.item.number
        if number is not None and number not in there:
            yield Step(
                f"record {number}", tr("#{number} has a record", number=number), WORK, StepState.FAIL,
                tr("it is in the hand-off and not in the log: {task}", task=entry.item.task)[:300],
                tr("write its record again: without one it does not exist"), "log.lost", given.snapshot.log.read_at,
                line=entry.line,
            )  # fmt: skip


def _duplicates(given: Given, numbers: Summary) -> Step:
    twice = [n for n, count in Counter(d.number for d in given.snapshot.log.dispatches).items() if n and count > 1]
    found = [
        tr("{listed} seem to be one task", listed=joined([f"#{number}" for number in group]))
        for group in numbers.duplicates
    ]
    found += [tr("#{number} stands there twice", number=number) for number in sorted(twice)]
    at = given.snapshot.log.read_at
    if not found:
        return Step("duplicates", tr("no task is given twice"), WORK, StepState.PASS, tr("none open"), checked_at=at)
    first = str(numbers.duplicates[0][0]) if numbers.duplicates else str(sorted(twice)[0])
    return Step(
        "duplicates", tr("no task is given twice"), WORK, StepState.ATTENTION, listed(found, 3),
        tr("let one finish, close the other"), "table.open_surface", at, About("dispatch", first),
    )  # fmt: skip


def _sends(given: Given) -> Iterator[Step]:
    sends, title = given.snapshot.sends, tr("no send is cut off")
    if sends.error:
        yield Step("sends", title, WORK, StepState.ATTENTION, sends.error, tr("look at the journal of sends"),
                   checked_at=sends.read_at)  # fmt: skip
    elif sends.read_at is not None and not sends.cut_off:
        yield Step("sends", title, WORK, StepState.PASS, tr("none"), checked_at=sends.read_at)
    for each in sends.cut_off:
        yield Step(
            f"send {each.key}", tr("cut off: {surface}", surface=each.surface), WORK, StepState.ATTENTION, each.about,
            tr("look what its screen shows, then settle it"), "log.cut_off", sends.read_at, About("sends", each.key),
        )  # fmt: skip
    stuck = [each for each in given.snapshot.log.dispatches if each.status is DispatchStatus.SENDING]
    known = {each.number for each in sends.cut_off}
    lost = [each.label for each in stuck if each.number not in known and _old(given, each.dispatched_at)]
    if lost:
        yield Step(
            "sending", tr("nothing is half sent"), WORK, StepState.ATTENTION,
            tr("{listed} still sending in the log", listed=listed(lost)),
            tr("look whether it was taken, then set its status"), "", given.snapshot.log.read_at,
            About("dispatch", lost[0].removeprefix("#")),
        )  # fmt: skip


def _old(given: Given, at: float | None) -> bool:
    return at is None or given.now - at > 60.0


def _queue(given: Given) -> Iterator[Step]:
    queue, about = given.snapshot.queue, About("queue")
    if not queue.total and not queue.check:
        return
    said = [tr("{count} waiting", count=queue.total)]
    if queue.paused:
        said.append(tr("{count} paused", count=queue.paused))
    if queue.check:
        said.append(tr("{count} to look at", count=queue.check))
    held = bool(queue.paused or queue.check)
    state = StepState.ATTENTION if held else StepState.PASS
    remedy = tr("resume what is to go on") if held else ""
    key = "queue.show" if held else ""
    yield Step("queue", tr("queue goes on"), WORK, state, ", ".join(said), remedy, key, given.now, about)


def _decisions(given: Given) -> Iterator[Step]:
    entries = given.handoff.decisions if given.handoff is not None else ()
    waiting = [entry.item.text for entry in entries if not entry.item.decided]
    line = next((entry.line for entry in entries if not entry.item.decided), None)
    if given.decisions is not None:
        waiting, line = list(given.decisions), None
    elif not entries:
        return
    about, title = About("decisions"), tr("decisions")
    if not waiting:
        yield Step("decisions", title, WORK, StepState.PASS, tr("none waits"), checked_at=given.now, about=about)
        return
    told = "; ".join(text[:60] for text in waiting[:4])
    evidence = trn("{count} waits: {listed}", "{count} wait: {listed}", len(waiting), listed=told)
    yield Step(
        "decisions", title, WORK, StepState.MANUAL, evidence,
        tr("decide, or tick that you know of them"), "decisions.show", given.now, about, line,
    )  # fmt: skip
