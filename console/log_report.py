"""What the log commands print: documents for scripts, aligned lines for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.cells import cell_len, set_cell_size

from console.i18n import tr, trc
from console.model.dispatch import Dispatch
from console.model.summary import Summary, VerificationCounts
from console.safety import safe_text

_ACTS: Final = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""Characters that a terminal obeys, or that hide; JSON itself escapes those below U+0020."""


def dumped(document: object, *, unicode: bool) -> str:
    """Return *document* as JSON that a terminal cannot obey; ASCII only unless *unicode*."""
    text = json.dumps(document, ensure_ascii=not unicode, indent=2)
    return _ACTS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def summary_document(summary: Summary) -> dict[str, object]:
    """The summary for scripts; ages in whole seconds."""
    check = summary.verification
    return {
        "total": summary.total,
        "done": summary.done,
        "open": summary.open,
        "unknown": summary.unknown,
        "by_status": {status.value: count for status, count in summary.by_status.items()},
        "by_surface": dict(summary.by_surface),
        "verification": {
            "pass": check.passed,
            "warn": check.warned,
            "fail": check.failed,
            "awaiting": check.awaiting,
            "mean_gap": check.mean_gap,
        },
        "open_items": [
            {
                "number": item.number,
                "surface": item.surface,
                "task": item.task,
                "status": item.status.value,
                "age_s": None if item.age is None else int(item.age),
            }
            for item in summary.open_items
        ],
        "duplicates": [list(group) for group in summary.duplicates],
    }


def summary_lines(summary: Summary, source: str, width: int | None) -> Iterator[str]:
    """The summary for people; tasks are cut at *width* cells, if any."""
    yield tr("dispatch log {source}", source=source)
    counts = {"total": summary.total, "done": summary.done, "open": summary.open, "unknown": summary.unknown}
    if summary.unknown:
        yield tr("{total} dispatches: {done} done, {open} open, {unknown} of them not understood", **counts)
    else:
        yield tr("{total} dispatches: {done} done, {open} open", **counts)
    statuses = [(tr(status), str(count)) for status, count in summary.by_status.items()]
    yield from _table(tr("by status"), statuses, width, numeric=1)
    surfaces = [(name or tr("(none)"), str(count)) for name, count in summary.by_surface.items()]
    yield from _table(tr("by surface"), surfaces, width, numeric=1)
    yield from ("", _verified(summary.verification))
    items = [(item.label, item.surface, tr(item.status), _age(item.age), item.task) for item in summary.open_items]
    yield from _table(tr("open, oldest first"), items, width, numeric=3)
    groups = [(" ".join(f"#{number}" for number in group),) for group in summary.duplicates]
    yield from _table(tr("perhaps the same task"), groups, width)


def _verified(check: VerificationCounts) -> str:
    counts = {"passed": check.passed, "warned": check.warned, "failed": check.failed, "awaiting": check.awaiting}
    if check.mean_gap is None:
        return tr("verification: {passed} pass, {warned} warn, {failed} fail, {awaiting} awaiting", **counts)
    return tr(
        "verification: {passed} pass, {warned} warn, {failed} fail, {awaiting} awaiting, mean gap {gap:+.2f}",
        gap=check.mean_gap,
        **counts,
    )


def dispatch_document(dispatch: Dispatch, record: Mapping[str, Any] | None, now: float) -> dict[str, object]:
    """One dispatch for scripts: as it is understood, and under ``record`` as the file has it."""
    check = dispatch.verification
    return {
        "number": dispatch.number,
        "surface": dispatch.surface,
        "task": dispatch.task,
        "status": dispatch.status.value,
        "raw_status": dispatch.raw_status,
        "dispatched_at": dispatch.dispatched_at,
        "age_s": None if dispatch.dispatched_at is None else int(max(0.0, now - dispatch.dispatched_at)),
        "open": dispatch.is_open,
        "verification": None
        if check is None
        else {
            "verdict": check.verdict.value if check.verdict is not None else None,
            "self_score": check.self_score,
            "cross_score": check.cross_score,
            "gap": check.gap,
            "by": check.by,
            "note": check.note,
            "at": check.at,
        },
        "record": record,
    }


def dispatch_lines(dispatch: Dispatch, record: Mapping[str, Any] | None, now: float) -> Iterator[str]:
    """One dispatch for people: what is understood, then every field of the file."""
    yield f"{dispatch.label} {dispatch.task}".rstrip()
    age = _age(None if dispatch.dispatched_at is None else max(0.0, now - dispatch.dispatched_at))
    rows = [
        (tr("surface"), dispatch.surface or tr("(none)")),
        (tr("status"), tr(dispatch.status)),
        (trc("column", "age"), age),
    ]
    check = dispatch.verification
    if check is not None:
        parts = (
            tr(check.verdict) if check.verdict is not None else "",
            tr("self {own}, cross {cross}", own=_score(check.self_score), cross=_score(check.cross_score)),
            tr("gap {gap:+.2f}", gap=check.gap) if check.gap is not None else "",
            tr("by {verifier}", verifier=check.by) if check.by else "",
        )
        rows.append((tr("verification"), ", ".join(part for part in parts if part)))
        if check.note:
            rows.append((tr("note"), check.note))
    yield from _aligned(rows, None)
    if record is not None:
        held = ((safe_text(name, limit=80), safe_text(_shown(value))) for name, value in record.items())
        yield from _table(tr("in the file"), list(held), None)


def _table(title: str, rows: list[Any], width: int | None, numeric: int = -1) -> Iterator[str]:
    if rows:
        yield from ("", title, *_aligned(rows, width, numeric))


def _aligned(rows: list[Any], width: int | None, numeric: int = -1) -> Iterator[str]:
    """Rows of texts in columns of cells (Hangul takes two), the column *numeric* to the right."""
    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = []
        for at, text in enumerate(row):
            pad = " " * (widths[at] - cell_len(text))
            cells.append(pad + text if at == numeric else text + pad)
        line = ("  " + "  ".join(cells)).rstrip()
        if width is not None and cell_len(line) > width:
            line = set_cell_size(line, max(1, width - 1)).rstrip() + "…"
        yield line


def _age(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds >= 86_400:
        return tr("{count} d", count=int(seconds // 86_400))
    if seconds >= 3600:
        return tr("{count} h", count=int(seconds // 3600))
    return tr("{count} min", count=int(seconds // 60)) if seconds >= 60 else tr("{count} s", count=int(seconds))


def _score(score: float | None) -> str:
    return "-" if score is None else f"{score:g}"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
