"""The numbers of a hand-off: those of the log and the collector, the operator's own, and those of the last. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from console.model.handoff_items import FigureEntry, FigureValue, Found, VerificationEntry
from console.model.handoff_phrases import FIGURES, marked
from console.model.handoff_sources import Sources, folded
from console.model.ledger import ledger
from console.model.summary import summarise

VERIFICATIONS: Final = 50
"""Rows of the ledger that are told, the newest."""
MEGABYTE: Final = 1_000_000
"""Bytes; a hand-off tells what the collector keeps in MB, to two decimals."""
Value = int | float


@dataclass(slots=True)
class _Before:
    """A number of the last hand-off."""

    value: FigureValue
    text: str
    """The whole line it stood in, where that says more."""
    used: bool = False


def figures(sources: Sources) -> Iterator[FigureValue]:
    """Every figure, with what it was at the last hand-off; what is not known now with the day of which it is known."""
    before = _before(sources)
    log = sources.snapshot.log
    for key, value in (*_counted(sources), *_collected(sources)):
        english, unit, korean, measure = FIGURES[key]
        korean_wanted = sources.lang == "ko"
        name, unit = (korean, measure) if korean_wanted else (english, unit)
        then = _taken(before, key, name)
        stale = marked("", sources.word("stale log")) if log.error and key in _LOG else ""
        yield FigureValue(name, value, unit, False, key, _then(sources, key, then), stale)
    for figure in sources.snapshot.operations.figures:
        then = _taken(before, "", figure.name)
        number, previous = figure.number, figure.previous
        if number is None:
            if then is not None:
                yield _carried(sources, then, then.text)
            continue
        known = previous.value if previous is not None and figure.change is not None else None
        if previous is None and then is not None and not (then.value.at_least or number.at_least):
            known = then.value.value
        unit = number.unit or figure.unit
        yield FigureValue(figure.name, number.value, unit, number.at_least, "", known)
    told: set[str] = set()
    for each in before:
        if not each.used:
            yield _carried(sources, each, each.text if each.text not in told else "")
            told.add(each.text)


def verifications(sources: Sources) -> tuple[VerificationEntry, ...]:
    """The cross-checks of the log, newest first, then those the last hand-off knew and the log does not."""
    found = []
    for each in ledger(sources.snapshot.log.dispatches, sources.names).checked[:VERIFICATIONS]:
        check = each.verification
        if check is not None:
            verdict = str(check.verdict) if check.verdict is not None else ""
            scores = (check.self_score, check.cross_score)
            found.append(VerificationEntry(each.number, each.surface, check.by, *scores, verdict, check.note))
    known = {each.number for each in sources.snapshot.log.dispatches}
    left = [each for each in sources.before("verifications") if each.number not in known]
    return (*found, *left[: VERIFICATIONS * 2 - len(found)])


_LOG: Final = ("total", "done", "open", "pass", "fail", "warn", "awaiting", "gap")


def _counted(sources: Sources) -> Iterator[tuple[str, Value]]:
    log = sources.snapshot.log
    if not log.source or log.read_at is None:
        return
    told = summarise(log.dispatches, sources.now)
    checks = told.verification
    counts = (told.total, told.done, told.open, checks.passed, checks.failed, checks.warned, checks.awaiting)
    yield from zip(_LOG, counts, strict=False)
    if checks.mean_gap is not None:
        yield "gap", checks.mean_gap


def _collected(sources: Sources) -> Iterator[tuple[str, Value]]:
    collector = sources.snapshot.collector.collector
    if collector is None:
        return
    for key in ("logs", "spans", "metrics", "resources"):
        count = getattr(collector, key)
        if count is not None:
            yield key, count
    if collector.bytes is not None:
        yield "bytes", round(collector.bytes / MEGABYTE, 2)
    if collector.uptime is not None:
        yield "uptime", int(collector.uptime)


def _then(sources: Sources, key: str, before: _Before | None) -> Value | None:
    """What it was: by what the console noted at the last hand-off, else by what that says."""
    baseline = sources.snapshot.operations.baseline
    noted = baseline.collector.get(key) if baseline is not None else None
    if noted is not None:
        return round(noted / MEGABYTE, 2) if key == "bytes" else noted
    if before is None or before.value.at_least or (key == "bytes" and before.value.unit != "MB"):
        return None
    return before.value.value


def _before(sources: Sources) -> list[_Before]:
    found: list[_Before] = []
    lines: list[Found[FigureEntry]] = list(sources.last.figures) if sources.last is not None else []
    for line in lines:
        whole = not line.raw.lstrip().startswith("|") and not (sources.last is not None and sources.last.exact)
        found += [_Before(value, line.item.text if whole else "") for value in line.item.values]
    return found


def _taken(before: list[_Before], key: str, name: str) -> _Before | None:
    """The number that is the same figure: by its key, for one of the operator's own by its name."""
    for each in before:
        same = each.value.key == key if key else folded(each.value.name) == folded(name)
        if same and not each.used:
            each.used = True
            return each
    return None


def _carried(sources: Sources, before: _Before, text: str) -> FigureValue:
    """A number of the last hand-off that nobody can tell now."""
    value = before.value
    if sources.ours(value.remarks):
        return value
    told = sources.word("earlier", day=sources.day)
    return replace(value, remarks=marked(value.remarks, f"{told}: {text}" if text else told))
