"""What ``oc-console handoff read`` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from rich.cells import cell_len, set_cell_size

from console.i18n import tr, trn
from console.log_report import dumped
from console.model.handoff import Handoff
from console.model.handoff_items import (
    TITLES,
    ArtifactEntry,
    AutomationEntry,
    DecisionEntry,
    DispatchEntry,
    FigureEntry,
    FigureValue,
    Found,
    GuardEntry,
    PointEntry,
    ServiceEntry,
    SurfaceEntry,
    VerificationEntry,
)
from console.safety import safe_text

COLUMN_LIMIT: Final = 48
"""Cells of a column before the last one."""
LAST_LIMIT: Final = 400
"""Characters of a text that are shown."""


def shown(document: dict[str, Any], *, unicode: bool) -> str:
    """The document as JSON that a terminal cannot obey."""
    return dumped(document, unicode=unicode)


def lines(handoff: Handoff, name: str, count: int, width: int | None) -> Iterator[str]:
    """The document for people: each entry with its line; cut at *width* cells, if any."""
    written = (
        tr(
            "written {written_at} (line {line})",
            written_at=handoff.written_at,
            line=handoff.written_line,
        )
        if handoff.written_at
        else tr("no date found")
    )
    told = trn("{name}: {written}, {count} line", "{name}: {written}, {count} lines", count, name=name, written=written)
    yield _cut(told, width)
    for key, title in TITLES.items():
        entries: tuple[Found[Any], ...] = getattr(handoff, key)
        if entries:
            yield from _section(f"{tr(title)} ({len(entries)})", entries, _cells, width)
    if handoff.not_understood:
        title = tr("not understood ({count})", count=len(handoff.not_understood))
        yield from _section(title, handoff.not_understood, lambda gap: (gap.text, gap.reason), width)
    else:
        yield from ("", tr("every line was understood"))


def _section(
    title: str, entries: tuple[Found[Any], ...], cells: Callable[[Any], tuple[str, ...]], width: int | None
) -> Iterator[str]:
    rows = []
    for found in entries:
        rows.append((str(found.line), *(safe_text(cell, limit=LAST_LIMIT) for cell in cells(found.item))))
    used = [at for at in range(max(map(len, rows))) if any(row[at] for row in rows if at < len(row))]
    widths = [min(COLUMN_LIMIT, max(cell_len(row[at]) for row in rows)) for at in used]
    yield from ("", title)
    for row, found in zip(rows, entries, strict=True):
        parts = [row[at] for at in used]
        parts[0] = parts[0].rjust(widths[0])
        for at in range(1, len(parts) - 1):
            parts[at] = _fitted(parts[at], widths[at])
        yield _cut("  " + "  ".join(parts).rstrip(), width)
        for line in _below(found.item):
            yield _cut(f"  {' ' * widths[0]}    {safe_text(line, limit=LAST_LIMIT)}", width)


def _fitted(text: str, width: int) -> str:
    return set_cell_size(text, width - 1).rstrip() + "…" if cell_len(text) > width else set_cell_size(text, width)


def _cut(line: str, width: int | None) -> str:
    return line if width is None or cell_len(line) <= width else set_cell_size(line, max(1, width - 1)).rstrip() + "…"


def _cells(item: Any) -> tuple[str, ...]:
    match item:
        case SurfaceEntry():
            return item.ref, item.agent, item.workspace, item.state, item.role or item.name
        case DispatchEntry():
            return f"#{item.number}" if item.number is not None else "#?", item.surface, item.status, item.task
        case ServiceEntry():
            numbers = (tr("pid {pid}", pid=item.pid) if item.pid else "", f":{item.port}" if item.port else "")
            told = "; ".join(part for part in (item.role, item.observed, item.remarks) if part)
            return (
                item.label,
                tr("expected {expected}", expected=item.expected) if item.expected else "",
                *numbers,
                told,
            )
        case AutomationEntry():
            return item.path, item.state, item.action
        case ArtifactEntry():
            return item.name, f"{item.path} {item.remarks}"
        case FigureEntry():
            return (", ".join(map(_value, item.values)) or item.text,)
        case VerificationEntry():
            scores = tr("self {own} cross {cross}", own=item.self_score, cross=item.cross_score)
            checked = tr("{surface} by {verifier}", surface=item.surface, verifier=item.by)
            return f"#{item.number}", item.verdict, checked, scores, item.note
        case GuardEntry():
            return item.at, item.guard, item.verdict, item.surface, item.text
        case _:
            return (item.text,)


def _value(value: FigureValue) -> str:
    number = f"{value.value:,}{'+' if value.at_least else ''}"
    before = "" if value.change is None else f" ({value.change:+,})"
    unit = value.unit if value.unit in ("%", "건", "개") else f" {value.unit}"
    return f"{value.name} {number}{unit}".strip() + before


def _below(item: Any) -> Iterator[str]:
    """What an entry names, a line each."""
    if isinstance(item, PointEntry | DecisionEntry):
        for command in item.commands:
            first, *more = command.split("\n")
            yield f"$ {first}"
            yield from (f"  {line}" for line in more)
        if isinstance(item, DecisionEntry):
            yield from item.paths
            yield from item.options
            if item.decided:
                yield tr("decided: {decided}", decided=item.decided)
