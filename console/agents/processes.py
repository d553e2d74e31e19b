"""Processes of this machine, as far as it takes to tell whether an agent lives and where it runs."""

from __future__ import annotations

import contextlib
import os
from typing import Final

START_SLACK: Final = 2.0
"""Seconds by which the start of a process and a time written to a file may differ: the clock of the boot is coarse."""
DEPTH: Final = 64
"""Ancestors that are looked at; a longer chain is no pane's."""


def started(pid: int) -> float | None:
    """Return when process *pid* began (epoch seconds); None when there is no such process, or only its zombie.

    A process of another account counts: its start is public on Linux and macOS.
    """
    import psutil

    try:
        if pid <= 0:
            return None  # stands for a group of processes
        with contextlib.suppress(PermissionError):
            os.kill(pid, 0)  # signal 0 does nothing; most rows of a store are of processes that are gone
        process = psutil.Process(pid)
        with process.oneshot():
            return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except (psutil.Error, OSError, ValueError, OverflowError):
        return None


def alive(pid: int, written: float) -> bool:
    """Whether *pid* is still the process that wrote something at *written* (epoch seconds).

    A process that began later has only got the same number.
    """
    began = started(pid)
    return began is not None and began <= written + START_SLACK


def ancestry(pid: int) -> tuple[int, ...]:
    """Return *pid* and its ancestors, the nearest first; empty when there is no such process.

    A child that outlived its parent has none but process 1.
    """
    import psutil

    chain: list[int] = []
    with contextlib.suppress(psutil.Error, OSError, ValueError, OverflowError):
        process: psutil.Process | None = psutil.Process(pid)
        while process is not None and len(chain) < DEPTH:
            chain.append(process.pid)
            process = process.parent()
    return tuple(chain)


def codex_windows() -> dict[int, str]:
    """Return the working folder of every Codex of this account that has a window of its own, by pid.

    Looks at all processes: some milliseconds, not for the event loop. Raises nothing.
    """
    import psutil

    found: dict[int, tuple[int, str]] = {}
    with contextlib.suppress(psutil.Error, OSError):
        for process in psutil.process_iter(["name", "ppid"]):
            if not (process.info["name"] or "").startswith("codex"):
                continue
            with contextlib.suppress(psutil.Error, OSError):
                if "app-server" not in process.cmdline():
                    found[process.pid] = (process.info["ppid"], process.cwd())
    return {pid: folder for pid, (parent, folder) in found.items() if parent not in found}
