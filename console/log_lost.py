"""``oc-console log lost`` and ``log restore``: what the console wrote and another writer has undone since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from console.i18n import tr
from console.safety import safe_text

if TYPE_CHECKING:
    from console.tracker.losses import Lost
    from console.tracker.names import FieldMap


def losses(path: Path, document: object, mapping: FieldMap) -> tuple[Lost, ...]:
    """What is lost in *document*, the parsed log at *path*; oldest first. Raises `LogError`."""
    from console.tracker.json_write import JsonLog

    return JsonLog(path, mapping=mapping).journal.lost(document, mapping)


def restore(path: Path, lost: tuple[Lost, ...], mapping: FieldMap) -> Iterator[str]:
    """Apply *lost* again, one line for each; what cannot be applied says why and the others go on."""
    from console.tracker.errors import LogError
    from console.tracker.json_write import JsonLog

    log = JsonLog(path, mapping=mapping)
    for each in lost:
        try:
            yield tr("#{number}: restored ({change})", number=log.reapply(each).number, change=_what(each))
        except LogError as error:
            yield tr("#{number}: not restored: {error}", number=each.number, error=error)


def lost_lines(lost: tuple[Lost, ...]) -> Iterator[str]:
    """For people."""
    if not lost:
        yield tr("nothing that the console wrote has been undone")
        return
    for each in lost:
        yield f"#{each.number}: {safe_text(each.why)} ({_what(each)})"
    yield tr("`oc-console log restore` writes them again; each is written once")


def lost_document(lost: tuple[Lost, ...]) -> list[dict[str, object]]:
    """For scripts."""
    return [
        {
            "number": each.number,
            "fields": list(each.fields),
            "why": safe_text(each.why),
            "restorable": each.applicable,
            "operation": _values(each),
        }
        for each in lost
    ]


def _values(lost: Lost) -> dict[str, object]:
    from console.tracker.operations import to_json

    return to_json(lost.operation)


def _what(lost: Lost) -> str:
    from console.tracker.dispatch_log import what

    return what(lost)
