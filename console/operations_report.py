"""Temporary automation, artifacts and figures as lines for people and as a document for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from console.i18n import mark, tr, trn
from console.model.artifact import Artifact, Changed
from console.model.automation import Automation
from console.model.baseline import Baseline
from console.model.figure import Figure
from console.model.numbers import Number
from console.model.observed import seen as seen_words
from console.model.observed import wanted
from console.model.operations import OperationsSlice
from console.model.service import Judgement
from console.model.words import size


def document(seen: OperationsSlice) -> dict[str, object]:
    """For scripts: sizes in bytes, times in epoch seconds, null where something is not known."""
    return {
        "last_handoff": _baseline(seen.baseline),
        "last_handoff_error": seen.baseline_error or None,
        "automation": [_automation(each) for each in seen.automation],
        "artifacts": [_artifact(each) for each in seen.artifacts],
        "figures": [_figure(each) for each in seen.figures],
    }


def lines(seen: OperationsSlice, now: float) -> Iterator[str]:
    """For people, at *now* (epoch seconds); nothing when nothing is configured."""
    for entry in seen.automation:
        yield f"  {tr(str(entry.judgement))}: {entry.name} {automation_line(entry, now)}"
    for artifact in seen.artifacts:
        yield f"  {tr(str(artifact.judgement))}: {artifact.name} {artifact_line(artifact, now)}"
    for figure in seen.figures:
        yield f"  {figure.name}: {figure_line(figure)}"
    if seen.artifacts or seen.figures:
        yield f"  {since(seen, now)}"


def rows(seen: OperationsSlice, now: float) -> list[tuple[str, bool, str]]:
    """For ``oc-console doctor``: (what, whether it is well, what was found)."""
    found = [(mark("automation"), not e.wrong, f"{e.name}: {automation_line(e, now)}") for e in seen.automation]
    for each in seen.artifacts:
        found.append((mark("artifact"), each.judgement is Judgement.OK, f"{each.name}: {artifact_line(each, now)}"))
    found += [(mark("figure"), each.number is not None, f"{each.name}: {figure_line(each)}") for each in seen.figures]
    if seen.artifacts or seen.figures:
        found.append((mark("last hand-off"), not seen.baseline_error, since(seen, now)))
    return found


def automation_line(entry: Automation, now: float) -> str:
    """``53 files, expected 0 (12.0 kB, 3m to 2h old); surface:7 clears them``."""
    said = [entry.evidence]
    tally = entry.tally
    if tally is not None and tally.oldest is not None and tally.newest is not None:
        newest, oldest = age(now - tally.newest), age(now - tally.oldest)
        said.append(
            tr("{oldest} old", oldest=oldest)
            if newest == oldest
            else tr("{newest} to {oldest} old", newest=newest, oldest=oldest)
        )
    line = tr(
        "{observed}, expected {expected} ({evidence})",
        observed=seen_words(entry.observed),
        expected=wanted(entry.expected),
        evidence=", ".join(filter(None, said)),
    )
    return f"{line}; {entry.action}" if entry.action else line


def artifact_line(artifact: Artifact, now: float) -> str:
    """``6 files, 41.2 kB, 3h old, changed since the last hand-off``."""
    said = [artifact.evidence]
    if artifact.mtime is not None:
        said.append(tr("{age} old", age=age(now - artifact.mtime)))
    if artifact.changed is not Changed.UNKNOWN:
        said.append(tr(_CHANGED[artifact.changed]))
    return ", ".join(said)


_CHANGED: Final = {
    Changed.SAME: mark("not changed since the hand-off"),
    Changed.CHANGED: mark("changed since the hand-off"),
    Changed.NEW: mark("new since the hand-off"),
    Changed.GONE: mark("gone since the hand-off"),
}


def figure_line(figure: Figure) -> str:
    """``30,306 (+120) from …``."""
    if figure.number is None:
        return f"{figure.shown} ({figure.evidence})" if figure.evidence else figure.shown
    shown = f"{figure.shown} ({figure.moved})" if figure.moved else figure.shown
    return tr("{shown} from {evidence}", shown=shown, evidence=figure.evidence)


def since(seen: OperationsSlice, now: float) -> str:
    """What the changes are told against."""
    if seen.baseline_error:
        return seen.baseline_error
    if seen.baseline is None:
        return tr("no hand-off was written yet: nothing to compare with")
    return tr("compared with the hand-off {age} ago", age=age(now - seen.baseline.written_at))


def age(seconds: float) -> str:
    """A duration in its largest whole unit: ``12s``, ``4m``, ``3h``, ``5d``; ``0s`` for the future."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{max(0, int(seconds))}s"


def _automation(entry: Automation) -> dict[str, object]:
    tally = entry.tally
    return {
        "name": entry.name,
        "kind": entry.kind,
        "target": entry.target,
        "expected": entry.expected,
        "observed": entry.observed,
        "judgement": entry.judgement,
        "evidence": entry.evidence,
        "count": tally.count if tally else None,
        "exact": not (tally.cut or tally.trouble) if tally else None,
        "bytes": tally.size if tally else None,
        "oldest": tally.oldest if tally else None,
        "newest": tally.newest if tally else None,
        "action": entry.action or None,
        "clean": entry.clean,
        "read_at": entry.read_at,
    }


def _artifact(artifact: Artifact) -> dict[str, object]:
    return {
        "name": artifact.name,
        "pattern": artifact.pattern,
        "exists": artifact.exists,
        "count": artifact.count,
        "bytes": artifact.size,
        "mtime": artifact.mtime,
        "judgement": artifact.judgement,
        "evidence": artifact.evidence,
        "changed": artifact.changed,
        "changed_paths": list(artifact.changed_paths),
        "files": [{"path": each.path, "bytes": each.size, "mtime": each.mtime} for each in artifact.files],
        "read_at": artifact.read_at,
    }


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name,
        **_number(figure.number, figure.unit),
        "previous": figure.previous.value if figure.previous else None,
        "change": figure.change,
        "evidence": figure.evidence,
        "read_at": figure.read_at,
    }


def _number(number: Number | None, unit: str) -> dict[str, object]:
    if number is None:
        return {"value": None, "at_least": None, "unit": unit or None}
    return {"value": number.value, "at_least": number.at_least, "unit": number.unit or unit or None}


def _baseline(baseline: Baseline | None) -> dict[str, object] | None:
    if baseline is None:
        return None
    return {"written_at": baseline.written_at, "collector": dict(baseline.collector)}


def plural(count: int, size_: int) -> str:
    """``1 file, 12 B``, ``53 files, 12.0 kB``."""
    return trn("{count:,} file, {size}", "{count:,} files, {size}", count, size=size(size_))
