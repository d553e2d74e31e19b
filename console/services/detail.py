"""The one service that is looked at closely: what its manager says of it, and the last lines of its log."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from typing import Final

from console.host import HostError, in_thread, run
from console.i18n import mark, tr
from console.model.service import Service
from console.model.service_detail import ServiceDetail
from console.safety import redact, safe_text
from console.services.base import Unavailable

LINES: Final = 20
"""Last lines of a log that are shown."""
TAIL: Final = 64 * 1024
"""Bytes from the end of a log that are read."""
LINE_LIMIT: Final = 400
TIMEOUT: Final = 5.0
_SYSTEMD: Final = {
    "Description": mark("description"),
    "FragmentPath": mark("unit file"),
    "ActiveState": mark("state"),
    "SubState": mark("sub-state"),
    "Result": mark("result"),
    "NRestarts": mark("restarts"),
    "MainPID": "pid",
    "MemoryCurrent": mark("memory, bytes"),
    "ExecMainStartTimestamp": mark("started at"),
    "ExecMainExitTimestamp": mark("ended at"),
}
"""Only these: others hold the environment and its secrets. What they are called goes through `tr` where it is drawn."""


async def describe(service: Service) -> ServiceDetail:
    """Ask its manager about *service* alone. Never raises: what cannot be read is told in `error`."""
    facts: Mapping[str, str] = {}
    error = ""
    try:
        if service.manager == "launchd" and not service.members:
            from console.services import launchd

            facts = await launchd.describe(service.label)
        elif service.manager.startswith("systemd") and not service.members:
            facts = await _unit(service)
        elif service.pid is not None:
            facts = await in_thread(lambda: _process(service))
    except (Unavailable, HostError) as wrong:
        error = safe_text(str(wrong), limit=300)
    lines: tuple[str, ...] = ()
    if service.log:
        try:
            lines = await in_thread(lambda: tail(service.log))
        except OSError as wrong:
            reason = safe_text(f"{service.log}: {wrong.strerror or wrong}", limit=300)
            error = f"{error}; {reason}" if error else reason
    return ServiceDetail(service.name, time.time(), tuple(facts.items()), lines, error)


async def _unit(service: Service) -> dict[str, str]:
    scope = "--user" if service.manager.endswith("--user") else "--system"
    asked = f"--property={','.join(_SYSTEMD)}"
    done = await run(["systemctl", scope, "--no-pager", "show", asked, "--", service.label], timeout=TIMEOUT)
    if done.returncode != 0:
        raise Unavailable(f"systemctl show: {safe_text(done.stderr.decode('utf-8', 'replace').strip(), limit=160)}")
    pairs = (line.partition("=") for line in done.stdout.decode("utf-8", "replace").split("\n"))
    return {
        _SYSTEMD[key]: redact(safe_text(value, limit=LINE_LIMIT))
        for key, _, value in pairs
        if key in _SYSTEMD and value and value != "[not set]"
    }


def _process(service: Service) -> dict[str, str]:
    """The process behind the row, when it is still the same one: a pid alone may be another by now."""
    import psutil

    try:
        process = psutil.Process(service.pid)
        started = process.create_time()
        if service.since is not None and abs(started - service.since) > 2.0:
            raise Unavailable(tr("pid {pid} is another process by now", pid=service.pid))
        return {
            mark("command"): redact(safe_text(" ".join(process.cmdline()), limit=LINE_LIMIT)),
            "pid": str(service.pid),
            mark("started at"): time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(started)),
            mark("user"): safe_text(process.username(), limit=100),
            mark("memory, bytes"): str(process.memory_info().rss),
        }
    except (psutil.Error, OSError) as error:
        raise Unavailable(tr("pid {pid} cannot be looked at: {error}", pid=service.pid, error=error)) from error


def tail(path: str, lines: int = LINES) -> tuple[str, ...]:
    """The last lines of the file *path*, made safe, secrets taken out. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a fifo would hold an ordinary open for ever
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, tr("is no regular file"))
        data = os.pread(handle, TAIL, max(0, found.st_size - TAIL))
    finally:
        os.close(handle)
    kept = data.split(b"\n")
    if found.st_size > TAIL:
        kept = kept[1:]  # begins in the middle
    texts = (redact(safe_text(line.decode("utf-8", "replace").rstrip("\r"), limit=LINE_LIMIT)) for line in kept)
    return tuple([text for text in texts if text.strip()][-lines:])
