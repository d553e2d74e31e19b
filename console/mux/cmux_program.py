"""Runs the `cmux` program: few at a time, each with an end, and what it says of failure as one line with a remedy.

Source of its texts and habits: cmux 0.63.2 and 0.64.2x. Data comes on stdout, ``Error: …`` on stderr with exit 1; flags
stand before the command. Without options it takes workspace and surface from its environment (issue 2839: it then types
into the console itself), so these variables are never passed on.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final, Literal

from console import host
from console.i18n import mark, tr
from console.mux.base import MuxError
from console.mux.cmux_paths import denied_remedy
from console.safety import safe_text

READ_TIMEOUT: Final = 5.0
"""Seconds a question may take; the app is asked to give up one second earlier, so that it says so itself."""
ACT_TIMEOUT: Final = 17.0
"""The same for what types: killing the program does not take the act back, so it gets the 15 s cmux gives itself."""
PROCESSES: Final = 4
"""Programs at one time."""
READERS: Final = 3
"""How many of them may be reads: an act never waits behind reads that hang."""

_UNSET: Final = ("CMUX_WORKSPACE_ID", "CMUX_SURFACE_ID", "CMUX_TAB_ID", "CMUX_PANEL_ID", "CMUX_COMMAND")
_LEGACY: Final = re.compile(r"cmux (\d+\.\d+\.\d+)(?: \(\d+\))?(?: \[[0-9a-f]+\])?")
_DAEMON: Final = re.compile(r"\([0-9a-f]{40}; ghostty")

Why = Literal["denied", "password", "down", "slow", "moved", "gone", "cold", "usage", "busy", "other"]
Generation = Literal["app", "daemon", ""]

_KINDS: Final[tuple[tuple[Why, str], ...]] = (
    ("password", "auth_(required|failed|unconfigured)|Authentication required|Invalid password|Missing password"),
    ("cold", "Terminal surface not found|Failed to read terminal text|surface_unavailable"),
    ("denied", "Access denied|\\AERROR: |Broken pipe|Connection reset|errno (32|54|104)\\b"),
    ("down", "Socket not found|Failed to connect|No live cmux socket|not a Unix socket|refusing to connect"),
    ("slow", "Command timed out"),
    ("moved", "Surface is not a terminal"),
    ("gone", "(Surface|Workspace|Pane)( index)? not found|No focused surface|process_exited"),
    ("busy", "nothing was sent|input_queue_full"),
    ("usage", "(?i)unknown (flag|option|command|resource)|unexpected argument|needs a value|\\Ausage:"),
)
_REMEDIES: Final[dict[Why, str]] = {
    "password": mark("it wants a password: put it into the environment variable CMUX_SOCKET_PASSWORD"),
    "cold": mark("its terminal has not been started yet; show its workspace in cmux once"),
    "down": mark("start the cmux app"),
    "slow": mark("the app is busy"),
    "moved": mark("it is not in that workspace any more; the list is read again"),
    "gone": mark("the list is read again"),
}


class CmuxSaid(MuxError):
    """The program ended with an error; `why` is its kind."""

    def __init__(self, text: str, why: Why = "other", *, untouched: bool = False) -> None:
        super().__init__(text)
        self.why, self.untouched = why, untouched


def generation(version: str) -> Generation:
    """Which program called cmux printed *version* (``cmux --version``): the app's, the daemon's, neither."""
    if _DAEMON.search(version):
        return "daemon"
    return "app" if _LEGACY.match(version) else ""


class CmuxProgram:
    """One `cmux` program, and the socket it is to use."""

    def __init__(self, path: str = "", socket: str = "", env: Mapping[str, str] | None = None) -> None:
        self._env = os.environ if env is None else env
        self.path = path or shutil.which("cmux", path=self._env.get("PATH")) or "cmux"
        self._socket = ("--socket", socket) if socket else ()
        self._all = asyncio.Semaphore(PROCESSES)
        self._reads = asyncio.Semaphore(READERS)
        self._running: set[asyncio.Task[host.Completed]] = set()
        self._closed = False

    async def version(self) -> str:
        """What ``--version`` prints, cleaned; needs no running app. Raises `CmuxSaid`."""
        return safe_text((await self._ask(("--version",), READ_TIMEOUT, reading=True)).strip(), limit=120)

    async def ask(self, *command: str) -> str:
        """Return what *command* prints, ids as refs and UUIDs. Raises `CmuxSaid`."""
        return await self._ask((*self._socket, *command), READ_TIMEOUT, reading=True)

    async def act(self, *command: str) -> str:
        """The same for what types something: it goes before the reads and is given longer. Raises `CmuxSaid`."""
        return await self._ask((*self._socket, *command), ACT_TIMEOUT, reading=False)

    def abort(self) -> None:
        """Kill what runs, at the next turn of the event loop; the callers get `CmuxSaid`."""
        for task in tuple(self._running):
            _kill(task)

    async def close(self) -> None:
        """Kill what runs and start nothing more; idempotent."""
        self._closed = True
        self.abort()
        if self._running:
            await asyncio.wait(tuple(self._running))

    async def _ask(self, command: Sequence[str], timeout: float, *, reading: bool) -> str:
        limit = f"CMUXTERM_CLI_RESPONSE_TIMEOUT_SEC={timeout - 1:g}"
        argv = ["env", *(part for name in _UNSET for part in ("-u", name)), limit, self.path, *command]
        async with AsyncExitStack() as places:
            if reading:
                await places.enter_async_context(self._reads)
            await places.enter_async_context(self._all)
            done = await self._run(argv, timeout)
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        if done.returncode in (126, 127) and said.startswith("env:"):
            raise CmuxSaid(
                tr("{path}: no such program; put the directory of `cmux` on PATH", path=safe_text(self.path)), "down"
            )
        if done.returncode != 0:
            raise explain(said or tr("exit code {returncode}", returncode=done.returncode), self._env)
        return done.stdout.decode("utf-8", "replace")

    async def _run(self, argv: Sequence[str], timeout: float) -> host.Completed:
        if self._closed:
            raise CmuxSaid(tr("the console has let go of cmux"))
        task = asyncio.create_task(host.run(argv, timeout=timeout), name="cmux-program")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            _kill(task)
            await asyncio.wait((task,))
            raise
        if task.cancelled():
            raise CmuxSaid(tr("the console has let go of cmux"))
        try:
            return task.result()
        except host.HostError as error:
            why: Why = "slow" if error.slow else "down"
            text = (
                tr("cmux gave no answer in {timeout:g} s", timeout=timeout)
                if why == "slow"
                else tr("cmux: {error}", error=error)
            )
            raise CmuxSaid(text, why) from error


def _kill(task: asyncio.Task[host.Completed]) -> None:
    """Cancel once: a second cancellation would break off the killing and leave a process behind."""
    if not task.cancelling():
        task.cancel()


def explain(said: str, env: Mapping[str, str]) -> CmuxSaid:
    """What the program wrote to stderr as an error with its kind and what to do."""
    text = re.sub(r"\A(Error: )+", "", said)
    why: Why = next((kind for kind, pattern in _KINDS if re.search(pattern, text)), "other")
    remedy = denied_remedy(env) if why == "denied" else tr(_REMEDIES[why]) if why in _REMEDIES else ""
    return CmuxSaid("; ".join(filter(None, (tr("cmux: {text}", text=safe_text(text, limit=300)), remedy))), why)
