"""What of a screen is shown in a pane that is smaller than the screen. Pure.

The agent's own footer (spinner, input box, status rows) goes: the pane's header says it. An open dialog stays, whole.
The rest of the room shows the last rows of real output, wrapped rather than cut.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment

from console.i18n import tr
from console.model.agent import Regions
from console.model.surface import Screen
from console.widgets.ansi import is_rule, row_segments, wrap_row

Row = tuple[Segment, ...]


def fold(screen: Screen, regions: Regions | None, width: int, height: int) -> list[Row]:
    """At most *height* rows of *width* cells for *screen*; a taller or wider row is cut by the caller.

    A screen that fits is given as it is. Without *regions* the last rows are given.
    """
    if height <= 0 or width <= 0:
        return []
    if screen.height <= height and screen.width <= width:
        return [row_segments(styled) for styled in screen.styled]
    if regions is None:
        regions = Regions(body=(0, _last_written(screen.lines)))
    dialog: list[Row] = []
    if regions.dialog is not None:
        dialog = _dialog(screen, *regions.dialog, width, height)
    body = _tail(screen, *regions.body, width, height - len(dialog) - (1 if dialog else 0))
    if body and dialog:
        body.append(())
    return [*body, *dialog]


def _last_written(lines: Sequence[str]) -> int:
    return next((row + 1 for row in range(len(lines) - 1, -1, -1) if lines[row].strip()), 0)


def _tail(screen: Screen, top: int, bottom: int, width: int, room: int) -> list[Row]:
    """The last rows of ``top:bottom``; runs of blank rows become one."""
    out: list[Row] = []
    blank = True
    for row in range(min(bottom, len(screen.lines)) - 1, top - 1, -1):
        if len(out) >= room:
            break
        plain = screen.lines[row]
        if not plain.strip():
            if not blank:
                out.append(())
            blank = True
            continue
        blank = False
        out += reversed(wrap_row(screen.styled[row], plain, width))
    while out and not out[-1]:
        out.pop()
    return out[: max(0, room)][::-1]


def dialog_height(screen: Screen, regions: Regions | None, width: int) -> int:
    """Rows an open dialog needs at *width* cells, without its blank rows; 0 when none is open."""
    if regions is None or regions.dialog is None or width <= 0:
        return 0
    if screen.width <= width:
        return sum(1 for row in screen.lines[slice(*regions.dialog)] if row.strip())
    rows = range(regions.dialog[0], min(regions.dialog[1], len(screen.lines)))
    return sum(len(wrap_row(screen.styled[row], screen.lines[row], width)) for row in rows if screen.lines[row].strip())


def _dialog(screen: Screen, top: int, bottom: int, width: int, room: int) -> list[Row]:
    """The rows of a dialog; when they are too many, blank rows and rules go first, then the top."""
    bottom = min(bottom, len(screen.lines))

    def wrapped(keep: Sequence[int]) -> list[Row]:
        return [part for row in keep for part in wrap_row(screen.styled[row], screen.lines[row], width)]

    rows = list(range(top, bottom))
    out = wrapped(rows)
    if len(out) > room:
        rows = [row for row in rows if screen.lines[row].strip()]
        out = wrapped(rows)
    if len(out) > room:
        out = wrapped([row for row in rows if not is_rule(screen.lines[row])])
    if len(out) > room >= 2:
        # The command, the question and the options are at the end.
        note = tr("⋯ {count} more rows above: z shows all", count=len(out) - room + 1)
        out = [(Segment(note[:width]),), *out[-(room - 1) :]]
    return out[-room:] if room > 0 else []
