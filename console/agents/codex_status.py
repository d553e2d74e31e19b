"""What Codex says of itself: its app server, which the newest versions (0.169) run as a daemon.

JSON-RPC without the ``jsonrpc`` member, one message per WebSocket text frame, on
``$CODEX_HOME/app-server-control/app-server-control.sock`` (default ``~/.codex``; often a link). After ``initialize``
and ``initialized``: ``thread/loaded/list`` gives the ids of the threads in memory, ``thread/read`` one thread with its
``cwd`` and ``status``, and the server pushes ``thread/status/changed``. The ``type`` of a status is ``active`` (with
``activeFlags``: ``waitingOnApproval``, ``waitingOnUserInput``), ``idle``, ``systemError`` or ``notLoaded``. Sources:
the README and thread_status.rs of codex-rs/app-server; the socket itself was seen with 0.169.

Nothing here subscribes to a thread, starts, resumes or answers anything: the console only listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from console import __version__
from console.agents.processes import codex_windows
from console.agents.status_files import parse_json, text_of, why
from console.agents.websocket import WebSocket, WebSocketError
from console.host import in_thread
from console.i18n import tr
from console.model.agent import AgentState
from console.model.reading import SignalsRead
from console.model.signal import Signal

SOURCE: Final = "codex app server"
LAYER: Final = "app server"
PATIENCE: Final = 5.0
"""Seconds an answer is waited for."""
GOODBYE: Final = 1.0
"""Seconds the closing of a connection may take."""
AGAIN: Final = 5.0
"""Seconds after which a server that was not there or went away is looked for again."""
REFRESH: Final = 10.0
"""Seconds after which the list of threads is asked for although nothing was pushed."""
THREADS: Final = 64
"""Threads that are read; more are no fleet."""
_QUIET: Final = (
    "item/agentMessage/delta",
    "item/reasoning/textDelta",
    "item/reasoning/summaryTextDelta",
    "item/commandExecution/outputDelta",
    "account/rateLimits/updated",
)
"""Notifications asked not to be sent; only those of subscribed threads would come anyway."""


def control_socket(environment: Mapping[str, str] | None = None) -> Path:
    """Return where the app server listens: below ``$CODEX_HOME``, else below ``~/.codex``."""
    given = (os.environ if environment is None else environment).get("CODEX_HOME", "").strip()
    home = Path(given).expanduser() if given else Path.home() / ".codex"
    return home / "app-server-control" / "app-server-control.sock"


async def watch_codex(
    path: Path | None = None,
    *,
    again: float = AGAIN,
    refresh: float = REFRESH,
    folders: Callable[[], Mapping[int, str]] = codex_windows,
) -> AsyncGenerator[SignalsRead, None]:
    """Yield what the app server says of its threads, now and at each change. Never raises.

    Without a server (older versions) it yields one empty reading and looks for one every *again* seconds. *folders*
    gives the working folder of each Codex window by pid; it runs in a thread.
    """
    where = control_socket() if path is None else path
    last: tuple[tuple[Signal, ...], str] | None = None
    while True:
        error = ""
        try:
            if _own_socket(where):
                async with aclosing(_listen(where, refresh, folders)) as changes:
                    async for signals in changes:
                        if (signals, "") != last:
                            last = (signals, "")
                            yield SignalsRead(time.time(), SOURCE, signals)
        except TimeoutError:
            error = tr("app server: no answer within {patience:g} s", patience=PATIENCE)
        except WebSocketError as problem:
            error = tr("app server: {text_of}", text_of=text_of(str(problem), 120))
        except (OSError, ValueError) as problem:
            # A socket that a daemon left behind is no fault.
            error = "" if isinstance(problem, ConnectionRefusedError) else tr("app server: {why}", why=why(problem))
        if ((), error) != last:
            last = ((), error)
            yield SignalsRead(time.time(), SOURCE, (), error)
        await asyncio.sleep(again)


def _own_socket(path: Path) -> bool:
    """Whether a socket of this account is there. Raises OSError when it is one of somebody else."""
    if not path.is_socket():
        return False
    if path.stat().st_uid != os.geteuid():
        raise PermissionError(0, tr("the socket belongs to another user; it is not spoken to"))
    return True


async def _listen(
    path: Path, refresh: float, folders: Callable[[], Mapping[int, str]]
) -> AsyncGenerator[tuple[Signal, ...], None]:
    async with asyncio.timeout(PATIENCE):
        socket = await WebSocket.connect(path)
    server = _Server(socket)
    try:
        await server.begin()
        while True:
            await server.refresh()
            places = await in_thread(folders) if server.threads else {}
            yield to_signals(server.threads.values(), places)
            end = time.monotonic() + refresh
            while (left := end - time.monotonic()) > 0:
                message = await server.pushed(left)
                if message is None or not server.note(message):
                    continue
                if server.unknown:
                    break  # a new thread: it has to be read
                yield to_signals(server.threads.values(), places)
    finally:
        await server.end()


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread in the server's memory."""

    id: str
    folder: str = ""
    """Its working folder."""
    status: str = ""
    flags: tuple[str, ...] = ()
    at: float = 0.0
    """Epoch seconds at which the console was told this status."""


@dataclass
class _Server:
    """The conversation on one connection: requests one after the other, and what is pushed between."""

    socket: WebSocket
    threads: dict[str, Thread] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    """Threads that were pushed and are not read yet."""
    _waiting: list[Mapping[str, Any]] = field(default_factory=list)
    _number: int = 0
    _reading: asyncio.Task[bytes] | None = None

    async def begin(self) -> None:
        about = {"name": "oc-console", "title": "oc-console", "version": __version__}
        await self._ask(
            "initialize", {"clientInfo": about, "capabilities": {"optOutNotificationMethods": list(_QUIET)}}
        )
        await self.socket.send(json.dumps({"method": "initialized"}))

    async def end(self) -> None:
        """Let go of the connection; a stuck server gets no more than a moment."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self.socket.close()

    async def refresh(self) -> None:
        """Read every thread in the server's memory. Raises TimeoutError, WebSocketError, OSError."""
        self.unknown.clear()
        listed = (await self._ask("thread/loaded/list", {})).get("data")
        ids = [id for id in listed if isinstance(id, str)][:THREADS] if isinstance(listed, list) else []
        found: dict[str, Thread] = {}
        for id in ids:
            try:
                answer = await self._ask("thread/read", {"threadId": id, "includeTurns": False})
            except _Refusal:
                continue  # unloaded meanwhile
            thread = read_thread(answer.get("thread"), time.time())
            if thread is not None:
                before = self.threads.get(thread.id)
                same = before is not None and (before.status, before.flags) == (thread.status, thread.flags)
                found[thread.id] = replace(thread, at=before.at) if before is not None and same else thread
        self.threads = found
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self.note(message)

    def note(self, message: Mapping[str, Any]) -> bool:
        """Take in what was pushed; whether it changes anything."""
        params = message.get("params")
        if not isinstance(params, dict):
            return False
        id = text_of(params.get("threadId"), 80)
        if message.get("method") == "thread/status/changed" and id:
            status, flags = read_status(params.get("status"))
            if id not in self.threads:
                if status != "notLoaded":
                    self.unknown.add(id)
                return status != "notLoaded"
            self.threads[id] = replace(self.threads[id], status=status, flags=flags, at=time.time())
            return True
        if message.get("method") in ("thread/closed", "thread/archived") and id in self.threads:
            del self.threads[id]
            return True
        return False

    async def pushed(self, patience: float) -> Mapping[str, Any] | None:
        """Return the next message within *patience* seconds; None when there is none, or it is none of interest."""
        try:
            return await self._receive(patience)
        except TimeoutError:
            return None

    async def _ask(self, method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self._number += 1
        number = self._number
        await self.socket.send(json.dumps({"method": method, "id": number, "params": params}))
        end = time.monotonic() + PATIENCE
        while True:
            message = await self._receive(end - time.monotonic())
            if "method" in message:
                self._waiting.append(message)
            elif message.get("id") == number:
                result = message.get("result")
                if isinstance(result, dict):
                    return result
                raise _Refusal(tr("{method} was refused", method=method))

    async def _receive(self, patience: float) -> Mapping[str, Any]:
        # The task outlives a time-out: a frame of which half was read must not be lost.
        if self._reading is None:
            self._reading = asyncio.create_task(self.socket.receive(), name="codex-next-message")
        done, _ = await asyncio.wait({self._reading}, timeout=max(0.0, patience))
        if not done:
            raise TimeoutError
        task, self._reading = self._reading, None
        message = parse_json(task.result())
        return message if isinstance(message, dict) else {}


class _Refusal(WebSocketError):
    """The server answered a request with an error."""


def read_thread(raw: object, now: float) -> Thread | None:
    """Return the thread of a ``thread/read`` answer, told at *now* (epoch seconds); None when it is none."""
    if not isinstance(raw, dict):
        return None
    id = text_of(raw.get("id"), 80)
    status, flags = read_status(raw.get("status"))
    return Thread(id, text_of(raw.get("cwd"), 4096), status, flags, now) if id else None


def read_status(raw: object) -> tuple[str, tuple[str, ...]]:
    """Return (type, flags) of a thread's status; empty where it makes no sense."""
    if not isinstance(raw, dict):
        return text_of(raw, 40), ()
    flags = raw.get("activeFlags")
    return text_of(raw.get("type"), 40), tuple(text_of(flag, 40) for flag in flags) if isinstance(flags, list) else ()


def to_signals(threads: Iterable[Thread], folders: Mapping[int, str]) -> tuple[Signal, ...]:
    """Return one signal per thread; *folders* are the working folders of the Codex windows by pid.

    The server does not say which window shows a thread. It is told by the folder, but only where one window and one
    thread are in it; else the thread's id is all there is to find its surface by.
    """
    threads = sorted(threads, key=lambda thread: thread.id)
    shared = Counter(thread.folder for thread in threads)
    windows = Counter(folders.values())
    pids = {folder: pid for pid, folder in folders.items() if windows[folder] == 1}
    found = []
    for thread in threads:
        told = _meaning(thread)
        if told is not None:
            state, reason = told
            pid = pids.get(thread.folder) if thread.folder and shared[thread.folder] == 1 else None
            found.append(
                Signal(LAYER, "codex", state, thread.at, reason, pid, session=thread.id, evidence="thread/status")
            )
    return tuple(found)


def _meaning(thread: Thread) -> tuple[AgentState, str] | None:
    if thread.status == "active":
        if "waitingOnApproval" in thread.flags:
            return AgentState.APPROVAL, tr("waiting on approval")
        if "waitingOnUserInput" in thread.flags:
            return AgentState.QUESTION, tr("waiting on user input")
        return AgentState.WORKING, ""
    if thread.status == "systemError":
        return AgentState.ERROR, tr("system error")
    return (AgentState.IDLE, "") if thread.status == "idle" else None
