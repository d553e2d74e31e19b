"""tmux: every pane of a server through one control-mode connection.

Change signals come from inotify on the panes' ttys where the system has it (`tty_hints`), else by asking at an
adaptive rate; either way a slow backstop read finds what no signal announced. No process is forked for a read.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import shutil
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import Final, Literal

from console import host
from console.i18n import tr
from console.model.reading import MuxDown, MuxReading, TreeRead
from console.model.surface import Screen, SurfaceInfo
from console.mux import tmux_control
from console.mux.base import Interest, MuxError, NotTyped
from console.mux.tmux_control import ControlConnection
from console.mux.tmux_focus import tmux_focus
from console.mux.tmux_panes import META, PaneReader
from console.safety import check_outgoing, safe_text

MINIMUM: Final = (3, 2)
"""The first version whose clients can attach with ``ignore-size`` and ``no-output``."""
RETRY: Final = 0.5
"""Seconds between looks for a server that is away (a stat and a connect, no process)."""
RETRY_LIMIT: Final = 8.0
"""Longest pause between two attempts to attach to a server that is there but refuses; the first is `RETRY`."""
CALM: Final = 0.5
"""Seconds without a session made or closed before the console attaches again.

A control client that is just introducing itself to a server has no state there yet, and tmux 3.3a crashes when it tells
such a client that a session was made or closed (measured: 7 of 100 attaches during a storm of them, and none without).
One start of the console hardly ever meets such a moment. Attaching again because a session was closed or because a
server has just come up would: there the next session is likely to be closed or made at once.
"""
TREE_EVERY: Final = 1.0
"""Seconds between listings when no notification asks for one sooner; titles and commands change silently."""

_FIELDS: Final = (
    "pane_id", "session_name", "window_index", "pane_index", "pane_width", "pane_height", "pane_dead", "pane_pid",
    "pane_tty", r"s/[\t\n]/ /:@surface", r"s/[\t\n]/ /:pane_title", r"s/[\t\n]/ /:pane_current_command",
)  # fmt: skip
"""What anybody can set to anything has its tabs and newlines replaced by the server: they are our separators."""
_LIST: Final = 'list-panes -a -F "' + "\t".join(f"#{{{name}}}" for name in _FIELDS) + '"'
_TREE_NOTICES: Final = (b"%window", b"%unlinked", b"%session", b"%layout", b"%pane-mode", b"%client-session")
_SESSIONS: Final = "#{version}\t#{session_created}\t#{session_id}"
_PANE: Final = re.compile(r"%\d+\Z")
_VERSION: Final = re.compile(r"(\d+)\.(\d+)")
_KEYS: Final = {
    "enter": "Enter", "escape": "Escape", "tab": "Tab", "backtab": "BTab", "up": "Up", "down": "Down", "left": "Left",
    "right": "Right", "space": "Space", "backspace": "BSpace",
}  # fmt: skip


def socket_path(chosen: str, env: Mapping[str, str]) -> Path:
    """The server's socket: a path, a ``-L`` name, or for ``""`` what ``$TMUX`` names, else the default (tmux(1))."""
    if "/" in chosen:
        return Path(chosen).expanduser()
    if not chosen and env.get("TMUX"):
        return Path(env["TMUX"].split(",", 1)[0])
    return Path(env.get("TMUX_TMPDIR") or "/tmp") / f"tmux-{os.getuid()}" / (chosen or "default")


def answers(path: Path) -> bool:
    """Whether a server listens on the socket *path*."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


class Tmux:
    """One tmux server as a `console.mux.base.Multiplexer`."""

    capabilities = frozenset({"colours", "cursor", "paste", "focus"})

    def __init__(self, chosen: str = "", env: Mapping[str, str] | None = None) -> None:
        env = os.environ if env is None else env
        self.path = socket_path(chosen, env)
        self._program = shutil.which("tmux", path=env.get("PATH")) or "tmux"
        own = env.get("TMUX", "").split(",", 1)[0]
        # $TMUX has links resolved (/tmp is one on macOS).
        same = bool(own) and os.path.realpath(own) == os.path.realpath(self.path)
        self._own_pane = env.get("TMUX_PANE", "") if same else ""
        self._version = ""
        self._wake = asyncio.Event()
        self._relist = True
        self._connection: ControlConnection | None = None
        self._panes: PaneReader | None = None
        self._interest = Interest()
        self._paused = False
        self._closed = False
        self._careful = False
        """Whether sessions may be coming and going now, see `CALM`."""
        self._sends = itertools.count(1)

    @property
    def source(self) -> str:
        """``tmux 3.3a /tmp/tmux-1000/default``."""
        return " ".join(("tmux", self._version, str(self.path))).replace("  ", " ")

    @property
    def server(self) -> tuple[str, str]:
        """The options that choose this server on a command line."""
        return ("-S", str(self.path))

    def look_at(self, interest: Interest) -> None:
        """See `Multiplexer.look_at`."""
        self._interest = interest
        if self._panes is not None:
            self._panes.look_at(interest)
        self._wake.set()

    def reread(self) -> None:
        """See `Multiplexer.reread`."""
        self._relist = True
        if self._panes is not None:
            self._panes.reread()
        self._wake.set()

    def pause(self) -> None:
        """Detach at once until `resume`: a stopped process must not stay attached."""
        self._paused = True
        if self._connection is not None:
            self._connection.abort()

    def resume(self) -> None:
        """Attach again."""
        self._paused = self._careful = False
        self._wake.set()

    async def watch(self) -> AsyncIterator[MuxReading]:
        """See `Multiplexer.watch`; it ends after `close`."""
        down, pause = "", RETRY
        while not self._ended():
            began = time.monotonic()
            try:
                async with contextlib.aclosing(self._attached()) as readings:
                    async for reading in readings:
                        down, pause = "", RETRY
                        yield reading
            except MuxError as error:
                said = str(error)
                self._careful = not self._paused
                if not (self._paused or self._closed) and said != down:
                    down = said
                    yield MuxDown(time.time(), self.source, tr("{said}; the console keeps trying", said=said))
            if self._ended():
                return
            # Attaching forks a client: not in a tight loop when it is let in and thrown out again.
            await self._nap(began + pause - time.monotonic())
            pause = min(RETRY_LIMIT, pause * 2)
            while self._paused and not self._closed:
                await self._nap(None)
            while down and not (self._paused or self._closed or answers(self.path)):
                pause = RETRY
                await self._nap(RETRY)

    def _ended(self) -> bool:
        return self._closed

    async def _nap(self, seconds: float | None) -> None:
        """Sleep until somebody wants something, at most *seconds*."""
        if seconds is not None and seconds <= 0:
            return
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _attached(self) -> AsyncGenerator[MuxReading, None]:
        """Readings of one connection; ends when the session attached to closes; raises `MuxError` when all is gone."""
        if not answers(self.path):
            raise MuxError(tr("tmux: no server on {path}", path=self.path))
        target = await self._session()
        if self._paused or self._closed:
            raise MuxError(tr("tmux: detached"))
        connection = await ControlConnection.open(self.server, self._program, self._notice, target)
        lost = asyncio.ensure_future(connection.lost.wait())
        panes = PaneReader(connection, self._wake)
        panes.look_at(self._interest)
        self._connection, self._panes, self._relist = connection, panes, True
        list_at = 0.0
        try:
            while True:
                self._wake.clear()
                if connection.lost.is_set() or self._paused or self._closed:
                    raise MuxError(connection.why or tr("tmux: detached"))
                now = time.monotonic()
                if self._relist or now >= list_at:
                    # At the moment of the panes' own backstop reads: one wake-up.
                    self._relist, list_at = False, (now // TREE_EVERY + 1.5) * TREE_EVERY
                    infos = self._parse(await connection.run(_LIST))
                    panes.follow(infos)
                    yield TreeRead(time.time(), self.source, infos)
                for reading in await panes.read_due():
                    yield reading
                pause = min(panes.next_due(), list_at) - time.monotonic()
                await self._sleep(pause, lost)
        except MuxError as error:
            if not answers(self.path):
                raise MuxError(tr("tmux: the server on {path} has gone away", path=self.path)) from error
            if not connection.lost.is_set():
                raise
            self._careful = not self._paused
        finally:
            lost.cancel()
            panes.close()
            self._connection = self._panes = None
            await connection.close()

    async def _sleep(self, seconds: float, lost: asyncio.Future[Literal[True]]) -> None:
        """Sleep until something is due, or announced, or the connection is lost."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait((wake, lost), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wake.cancel()

    def _notice(self, line: bytes) -> None:
        if line.startswith(_TREE_NOTICES):
            self._relist = True
            self._wake.set()

    async def _session(self) -> str:
        """The session to attach to: the oldest, which is the least likely to be closed. Raises `MuxError`."""
        sessions = await self._sessions()
        before = None
        while self._careful and sessions != before:
            before = sessions
            await asyncio.sleep(CALM)
            sessions = await self._sessions()
        return min(sessions)[1]

    async def _sessions(self) -> list[tuple[int, str]]:
        """Time of creation and id of every session; takes note of the server's version."""
        said = await self._tmux("list-sessions", "-F", _SESSIONS)
        rows = [row for row in (line.split("\t") for line in said.splitlines()) if len(row) == 3]
        if not rows:
            raise MuxError(tr("tmux: no sessions on {path}", path=self.path))
        self._version = version = safe_text(rows[0][0])
        number = _VERSION.search(version)
        if not version or (number and (int(number[1]), int(number[2])) < MINIMUM):
            raise MuxError(
                tr(
                    "tmux {version} is too old to be watched without harm; install 3.2 or newer",
                    version=version or "before 2.4",
                )
            )
        return [(_number(created), session) for _, created, session in rows]

    def _parse(self, lines: list[str]) -> tuple[SurfaceInfo, ...]:
        found: dict[str, SurfaceInfo] = {}
        for line in lines:
            fields = line.split("\t", len(_FIELDS) - 1)
            if len(fields) != len(_FIELDS) or not _PANE.match(fields[0]) or fields[0] in found:
                continue  # a window linked into several sessions is listed once for each
            pane, session, window, index, width, height, dead, pid, tty, label, title, command = fields
            session = safe_text(session)
            found[pane] = SurfaceInfo(
                ref=pane,
                uuid=None,
                workspace=session,
                place=f"{session}:{window}.{index}",
                title=safe_text(title),
                label=safe_text(label),
                command=safe_text(command),
                pid=_number(pid) or None,
                tty=tty,
                width=_number(width),
                height=_number(height),
                dead=dead == "1",
                own=pane == self._own_pane,
            )
        return tuple(found.values())

    async def read(self, ref: str) -> Screen:
        """See `Multiplexer.read`."""
        pane, connection = _checked(ref), self._connection
        if connection is None:
            raise MuxError(tr("tmux: not connected to {path}", path=self.path))
        (answer,) = await connection.capture([pane], META)
        if isinstance(answer, MuxError):
            raise answer
        return PaneReader.screen_of(*answer)

    async def send_text(self, ref: str, text: str) -> None:
        """See `Multiplexer.send_text`: a paste buffer, bracketed where the program asked for it."""
        pane = _checked(ref)
        text, wrong = check_outgoing(text)
        if wrong:
            raise NotTyped(
                tr(
                    "{ref}: not typed: {name} in line {line}; take it out",
                    ref=ref,
                    name=wrong[0].name,
                    line=wrong[0].line,
                )
            )
        if not text:
            return  # tmux makes no buffer of nothing
        # A buffer for each send: two at once must not paste each other's text.
        name = f"oc-console-{os.getpid()}-{next(self._sends)}"
        pasted = False
        try:
            await self._tmux("load-buffer", "-b", name, "-", stdin=text.encode())
            await self._guarded(pane, f"paste-buffer -p -r -d -b {name} -t {pane}")
            pasted = True
        finally:
            if not pasted:  # whatever went wrong, the text does not stay in the operator's buffers
                with contextlib.suppress(MuxError):
                    await self._tmux("delete-buffer", "-b", name)

    async def send_key(self, ref: str, key: str) -> None:
        """See `Multiplexer.send_key`."""
        pane = _checked(ref)
        name = _KEYS.get(key)
        if name is None and not (len(key) == 1 and key.isascii() and key.isalnum()):
            raise MuxError(tr("{ref}: {key!r} is not a key the console presses", ref=ref, key=key))
        await self._guarded(pane, f"send-keys -t {pane} {name or key}")

    async def focus(self, ref: str) -> None:
        """See `Multiplexer.focus`: the pane's window and the pane, in the client the operator looks at."""
        await tmux_focus(self._tmux, _checked(ref), self._own_pane)

    async def _guarded(self, pane: str, act: str) -> None:
        """Run *act* unless the pane's program is gone: pasting into a dead pane crashes a 3.3a server.

        Test and act are one command list, so the server does nothing in between.
        """
        said = await self._tmux("if-shell", "-F", "-t", pane, "#{pane_dead}", "display-message -p dead", act)
        if said.strip() == "dead":
            raise NotTyped(tr("{pane}: its program has ended; nothing was typed", pane=pane))

    async def _tmux(self, *command: str, stdin: bytes | None = None) -> str:
        try:
            argv = [self._program, "-u", *self.server, *command]
            done = await host.run(argv, input=stdin, timeout=tmux_control.REPLY_TIMEOUT)
        except host.HostError as error:
            raise MuxError(str(error)) from error
        if done.returncode != 0:
            raise MuxError("tmux: " + safe_text(done.stderr.decode("utf-8", "replace").strip()))
        return done.stdout.decode("utf-8", "replace")

    async def close(self) -> None:
        """See `Multiplexer.close`; a running `watch` ends."""
        self._closed = True
        self._wake.set()
        if self._connection is not None:
            await self._connection.close()


def _checked(ref: str) -> str:
    if not _PANE.match(ref):
        raise MuxError(tr("{ref!r} is not a tmux pane id such as %3", ref=ref))
    return ref


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
