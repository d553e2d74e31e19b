"""CPU time and memory of processes, from the system's own accounts."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

import psutil


class Meter:
    """CPU of processes between its making and `percent`; with *tree* their children count, also ended ones."""

    def __init__(self, pids: Sequence[int], *, tree: bool = True) -> None:
        self._pids, self._tree = pids, tree
        self._at, self._used = time.monotonic(), self._sum()

    def _sum(self) -> float:
        used = 0.0
        for process in _family(self._pids, tree=self._tree):
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                used += times.user + times.system
                if self._tree:
                    used += times.children_user + times.children_system
        return used

    def percent(self) -> float:
        """CPU since the making, in percent of one core."""
        return (self._sum() - self._used) / (time.monotonic() - self._at) * 100


def _family(pids: Sequence[int], *, tree: bool) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            found += [process, *(process.children(recursive=True) if tree else ())]
    return found


def memory(pid: int) -> tuple[float, float | None]:
    """(Resident MB of the process, proportional MB of it with its children where the system tells it)."""
    resident = psutil.Process(pid).memory_info().rss / 1e6
    share = 0.0
    for process in _family([pid], tree=True):
        try:
            share += process.memory_full_info().pss / 1e6
        except (psutil.Error, AttributeError):
            return resident, None
    return resident, share
