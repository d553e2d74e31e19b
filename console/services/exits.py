"""How a program runs, and how it ended, in words."""

from __future__ import annotations

import signal

from console.i18n import tr
from console.model.durations import span


def runs(pids: object, since: float | None, now: float) -> str:
    """``pid 700, up 3h`` at *now* of what runs *since* (both epoch seconds; None: not known) with *pids*."""
    if since is None:
        return tr("pid {pids}", pids=pids)
    return tr("pid {pids}, up {time}", pids=pids, time=span(now - since))


def ended(status: int) -> str:
    """``exit 1`` for a status, ``killed by SIGTERM (15)`` for a negative one (minus the signal); empty for 0."""
    if status == 0:
        return ""
    if status > 0:
        return tr("exit {status}", status=status)
    return killed(-status)


def killed(number: int) -> str:
    """``killed by SIGTERM (15)``."""
    try:
        return tr("killed by {name} ({number})", name=signal.Signals(number).name, number=number)
    except ValueError:
        return tr("killed by signal {number}", number=number)


def waited(status: int) -> str:
    """The same for the raw status of wait(2): 256 is exit 1, 15 is SIGTERM."""
    return ended(-(status & 0x7F) if status & 0x7F else (status >> 8) & 0xFF)
