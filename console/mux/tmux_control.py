"""One control-mode connection to a tmux server (tmux(1), CONTROL MODE): commands out, framed replies in.

The client attaches with ``read-only,ignore-size,no-output``: no effect on the size of the operator's windows, and no
``%output`` stream, whose stalled or interrupted readers have crashed tmux 3.3a servers.

Replies are framed by ``%begin``/``%end`` lines, and tmux does not escape what stands between them: a program can print
a line that looks like ``%end``. A screen is therefore taken by its number of rows, never by looking for the end marker.
The server tells that number (or that there is no such pane) in the same command list as the screen itself, so nothing
can change between the two.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from console import host
from console.i18n import tr
from console.mux.base import MuxError
from console.safety import safe_text

ATTACH_FLAGS: Final = "read-only,ignore-size,no-output"
REPLY_TIMEOUT: Final = 5.0
"""Seconds to wait for a reply before the connection is given up."""
DETACH_TIMEOUT: Final = 1.0
"""Seconds a client is given to detach before it is killed."""
_ROW_LIMIT: Final = 1 << 20
_PROOF: Final = "#{pane_id}\t#{pane_height}"


@dataclass(slots=True)
class _Pending:
    """A command whose reply has not been read to its end."""

    reply: asyncio.Future[list[bytes]]
    rows: Callable[[], int] | None = None
    """For a screen: how many lines the reply has, known once the command before it has been answered."""
    lines: list[bytes] = field(default_factory=list)


class ControlConnection:
    """A running ``tmux -C attach``. Use `open`; call `close` in a ``finally``."""

    def __init__(self, process: asyncio.subprocess.Process, on_notice: Callable[[bytes], None]) -> None:
        self._process = process
        self._on_notice = on_notice
        self._waiting: deque[_Pending] = deque()
        self._attached = self._pending()
        """Not a reply to a command of ours: a server answers those also when it refuses to attach."""
        self._reader = asyncio.create_task(self._read(), name="tmux-control-reader")
        self.lost = asyncio.Event()
        """Set when the connection has ended, for whatever reason."""
        self.why = ""

    @classmethod
    async def open(
        cls, server: Sequence[str], program: str, on_notice: Callable[[bytes], None], target: str = ""
    ) -> ControlConnection:
        """Attach to the server chosen by *server* (``-L name`` or ``-S path``). Raises `MuxError`."""
        where = ["-t", target] if target else []
        argv = [program, "-u", *server, "-C", "attach-session", "-f", ATTACH_FLAGS, *where]
        spawn = asyncio.create_task(host.spawn(argv, without=("TMUX", "TMUX_PANE"), limit=_ROW_LIMIT))
        try:
            connection = cls(await asyncio.shield(spawn), on_notice)
        except host.HostError as error:
            raise MuxError(str(error)) from error
        except asyncio.CancelledError:
            # A cancelled start waits for pipes that a hanging server may hold for ever: let it come up, then end it.
            await asyncio.wait((spawn,))
            if not spawn.cancelled() and spawn.exception() is None:
                await cls(spawn.result(), on_notice).close()
            raise
        attached = False
        try:
            await connection._answer(connection._attached)
            attached = True
        except MuxError as error:
            raise MuxError(connection.why or str(error)) from error
        finally:
            if not attached:  # also when the caller is cancelled: the client must not stay
                await connection.close()
        return connection

    async def run(self, command: str) -> list[str]:
        """Run one command and return its output lines. Raises `MuxError`."""
        pending = self._ask(command)
        return _decode(await self._answer(pending))

    async def capture(self, panes: Sequence[str], meta: str) -> list[tuple[list[str], list[bytes]] | MuxError]:
        """Read several panes in one write: per pane (the *meta* fields, the rows), or why not.

        *meta* is a tmux format of tab-separated fields. Raises `MuxError` when the connection ends.
        """
        asked: list[tuple[_Pending, _Pending]] = []
        lines: list[str] = []
        for pane in panes:
            head = self._expect()
            rows = self._expect(partial(_reply_lines, head, pane))
            # One line is one command list: no resize and no closing pane can come between the two.
            lines.append(f'display-message -p -t {pane} "{_PROOF}\t{meta}" ; capture-pane -p -e -t {pane}')
            asked.append((head, rows))
        self._write(lines)
        out: list[tuple[list[str], list[bytes]] | MuxError] = []
        for head, rows in asked:
            try:
                fields = " ".join(_decode(await self._answer(head))).split("\t")
                out.append((fields[_PROOF.count("\t") + 1 :], await self._answer(rows)))
            except MuxError as error:
                if self.lost.is_set():
                    raise
                out.append(error)
        return out

    def _ask(self, command: str) -> _Pending:
        pending = self._expect()
        self._write([command])
        return pending

    def _expect(self, rows: Callable[[], int] | None = None) -> _Pending:
        pending = self._pending(rows)
        self._waiting.append(pending)
        return pending

    def _pending(self, rows: Callable[[], int] | None = None) -> _Pending:
        pending = _Pending(asyncio.get_running_loop().create_future(), rows)
        # A caller that went away (cancelled, timed out) must not leave a complaint about a result nobody fetched.
        pending.reply.add_done_callback(lambda done: done.cancelled() or done.exception())
        return pending

    def _write(self, lines: Sequence[str]) -> None:
        if self.lost.is_set() or self._process.stdin is None:
            raise MuxError(self.why or tr("tmux: the connection has ended"))
        self._process.stdin.write("".join(f"{line}\n" for line in lines).encode())

    async def _answer(self, pending: _Pending) -> list[bytes]:
        try:
            # Not `wait_for`: in Python 3.11 it loses a cancellation that arrives together with the result.
            async with asyncio.timeout(REPLY_TIMEOUT):
                return await pending.reply
        except TimeoutError:
            self._end(tr("tmux: no reply within {reply_timeout:.0f} s", reply_timeout=REPLY_TIMEOUT))
            raise MuxError(self.why) from None

    async def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        begin: list[bytes] | None = None
        current: _Pending | None = None
        try:
            async for raw in stdout:
                line = raw.rstrip(b"\n")
                if begin is None:
                    if line.startswith(b"%begin "):
                        begin = line.split(b" ")[1:4]
                        # Flags 1 means: a reply to a command of this client; 0 is the attach itself.
                        current = self._waiting[0] if begin[2:] == [b"1"] and self._waiting else None
                    else:
                        self._notice(line)
                    continue
                if self._inside(line, begin, current):
                    begin = None
        except ValueError:
            self._end(tr("tmux: a reply line longer than 1 MiB"))
        except OSError as error:
            self._end(tr("tmux: {error}", error=error))
        else:
            self._end(await self._last_words())
        finally:
            self._end(tr("tmux: the connection has ended"))

    def _inside(self, line: bytes, begin: list[bytes], current: _Pending | None) -> bool:
        """Take one line of a reply; True when it was the last."""
        head, _, rest = line.partition(b" ")
        closing = head in (b"%end", b"%error") and rest.split(b" ") == begin
        if current is None:
            self._greet(line, head, closing)
            return closing
        wanted = current.rows() if current.rows else None
        if wanted is not None and len(current.lines) != wanted:
            closing = False
        if not closing:
            current.lines.append(line)
            if wanted is not None and len(current.lines) > wanted:
                self._end(tr("tmux: a reply with more rows than the pane has"))
            return False
        if self._waiting and self._waiting[0] is current:
            self._waiting.popleft()
        if not current.reply.done():
            if head == b"%end":
                current.reply.set_result(current.lines)
            else:
                current.reply.set_exception(MuxError("tmux: " + _words(b" ".join(current.lines))))
        return True

    def _greet(self, line: bytes, head: bytes, closing: bool) -> None:
        """Take one line of a reply to nothing we asked: the first such reply is the one to the attaching itself."""
        attached = self._attached
        if attached.reply.done():
            return
        if not closing:
            attached.lines.append(line)
        elif head == b"%end":
            attached.reply.set_result(attached.lines)
        else:
            self._end("tmux: " + _words(b" ".join(attached.lines)))

    def _notice(self, line: bytes) -> None:
        if line.startswith(b"%exit"):
            self.why = self.why or "tmux: " + (_words(line[6:]) or tr("the session attached to was closed"))
        elif line.startswith(b"%"):
            self._on_notice(line)

    async def _last_words(self) -> str:
        stderr = self._process.stderr
        words = b""
        if stderr is not None:
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(0.2):
                    words = await stderr.read(4096)
        return self.why or "tmux: " + (_words(words) or tr("the server has gone away"))

    def _end(self, why: str) -> None:
        if self.lost.is_set():
            return
        self.why = why
        self.lost.set()
        self._waiting.appendleft(self._attached)
        while self._waiting:
            pending = self._waiting.popleft()
            if not pending.reply.done():
                pending.reply.set_exception(MuxError(why))

    def abort(self) -> None:
        """Detach without waiting."""
        self._end(tr("tmux: detached"))
        self._signal(signal.SIGTERM)

    async def close(self) -> None:
        """Detach and wait until the client process is gone; idempotent."""
        self._end(tr("tmux: closed"))
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DETACH_TIMEOUT):
                    await self._process.wait()
        finally:
            self._hang_up()
        await self._process.wait()
        # The reader goes on to the end of the pipes, so that they are closed too.
        await asyncio.wait((self._reader,), timeout=DETACH_TIMEOUT)
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    def _hang_up(self) -> None:
        """Kill the client if it is still there, and close our ends of its pipes.

        The client hands its ends to the server, so a server that hangs keeps them open although the client is dead, and
        `Process.wait` waits for the pipes too; `Process` has no public way to close them.
        """
        self._signal(signal.SIGKILL)
        transport: asyncio.SubprocessTransport = self._process._transport  # type: ignore[attr-defined]
        for number in range(3):
            pipe = transport.get_pipe_transport(number)
            if isinstance(pipe, asyncio.WriteTransport) and pipe.get_write_buffer_size():
                pipe.abort()  # a close() would wait until the rest is written
            elif pipe is not None:
                pipe.close()

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal unless the client has ended.

        Not by `Process.terminate`: that looks for an exit status first and can take it away from asyncio, which then
        complains on standard error, where the screen is.
        """
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)


def _words(raw: bytes) -> str:
    return safe_text(raw.decode("utf-8", "replace").strip())


def _decode(lines: Sequence[bytes]) -> list[str]:
    return [line.decode("utf-8", "replace") for line in lines]


def _reply_lines(head: _Pending, pane: str) -> int:
    """Lines of the reply that follows *head*: the rows of *pane*, or one line of error text when it is gone."""
    # Not from `head.reply`: that is cancelled when its caller has gone away, and the framing must hold all the same.
    # For a pane that is gone the server tells of another one, or of none.
    found, height = (*b" ".join(head.lines).split(b"\t"), b"", b"")[:2]
    return int(height) if found == pane.encode() and height.isdigit() else 1
