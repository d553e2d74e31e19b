"""Runs programs and blocking work on this machine; the only subprocess door."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import termios
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, cast

from console.i18n import tr
from console.safety import safe_text

REAP_TIMEOUT: Final = 1.0
"""Seconds a killed program is waited for."""

_Result = TypeVar("_Result")


class HostError(Exception):
    """A program could not be run to its end; the text says which, why and what to do."""

    slow: bool = False
    """Whether it was started and its time was up."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A program that ended by itself."""

    argv: tuple[str, ...]
    returncode: int
    """Exit status; negative is the signal that ended it."""
    stdout: bytes
    stderr: bytes


class _Collect(asyncio.SubprocessProtocol):
    """Gathers what a program writes until it has ended and its pipes are closed."""

    def __init__(self, limit: int | None = None, *, both_ends: bool = False) -> None:
        self.written: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}
        self.last: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}
        self.cut = {1: False, 2: False}
        self.limit = limit
        self.both_ends = both_ends
        self.closed = asyncio.get_running_loop().create_future()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        held = self.written[fd]
        if self.limit is None:
            held += data
            return
        room = max(0, self.limit - len(held))
        held += data[:room]
        if self.both_ends:
            last = self.last[fd]
            last += data[room:]
            if len(last) > 2 * self.limit:  # not at each piece: that would move everything every time
                self.cut[fd] = True
                del last[: -self.limit]

    def kept(self, fd: int) -> bytes:
        """What is kept of one stream."""
        if self.limit is None or not self.last[fd]:
            return bytes(self.written[fd])
        last = self.last[fd]
        gap = b"\n" if self.cut[fd] or len(last) > self.limit else b""
        return bytes(self.written[fd]) + gap + bytes(last[-self.limit :])

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


async def run(
    argv: Sequence[str],
    *,
    input: bytes | None = None,
    timeout: float = 5.0,
    cwd: Path | None = None,
    limit: int | None = None,
    both_ends: bool = False,
) -> Completed:
    """Run *argv* without a shell and return what it wrote. A non-zero exit is a result, not an error.

    The program gets *input* (nothing when None) and *timeout* seconds. It has a process group of its own, which is
    killed when the time is up or the caller is cancelled. Of each stream the first *limit* bytes are kept, with
    *both_ends* the last as many too (behind a line break where something is left out); the rest is read and forgotten.
    None: everything.
    Raises `HostError`: no such program, not executable, out of time.
    """
    name = safe_text(argv[0] if argv else "", limit=200)
    loop = asyncio.get_running_loop()
    stdin = asyncio.subprocess.DEVNULL if input is None else asyncio.subprocess.PIPE
    try:
        transport, protocol = await _started(
            loop.subprocess_exec(
                lambda: _Collect(limit, both_ends=both_ends), *argv, stdin=stdin, cwd=cwd, start_new_session=True
            ),
            lambda made: _kill(*made),
        )
    except (OSError, ValueError, TypeError) as error:
        raise HostError(_refusal(name, error, cwd)) from error
    ended = False
    try:
        if input is not None:
            pipe = cast(asyncio.WriteTransport, transport.get_pipe_transport(0))
            pipe.write(input)
            pipe.write_eof()
        async with asyncio.timeout(timeout):
            await asyncio.shield(protocol.closed)
        ended = True
    except TimeoutError:
        late = HostError(tr("{name}: no end within {timeout:g} s; it was killed", name=name, timeout=timeout))
        late.slow = True
        raise late from None
    finally:
        try:
            if not ended:
                await _kill(transport, protocol)
        finally:
            transport.close()
    returncode = transport.get_returncode()
    return Completed(tuple(argv), -1 if returncode is None else returncode, protocol.kept(1), protocol.kept(2))


async def spawn(
    argv: Sequence[str], *, without: Sequence[str] = (), limit: int = 1 << 16
) -> asyncio.subprocess.Process:
    """Start *argv* with pipes to all three of its streams and leave it running; the caller ends it.

    It has a session of its own, so that Ctrl-C and Ctrl-Z at the console do not reach it. Variables named in *without*
    are not passed on. *limit* is the longest line (bytes) its streams can be read by. Raises `HostError`.
    """
    name = safe_text(argv[0] if argv else "", limit=200)
    env = {key: value for key, value in os.environ.items() if key not in without}
    pipe = asyncio.subprocess.PIPE
    try:
        return await _started(
            asyncio.create_subprocess_exec(
                *argv, stdin=pipe, stdout=pipe, stderr=pipe, env=env, limit=limit, start_new_session=True
            ),
            _end,
        )
    except (OSError, ValueError, TypeError) as error:
        raise HostError(_refusal(name, error, None)) from error


async def _started(starting: Coroutine[None, None, _Result], end: Callable[[_Result], Awaitable[None]]) -> _Result:
    """What *starting* gives. When the caller is cancelled meanwhile, it and the program end within two `REAP_TIMEOUT`.

    Cancelled half-way, asyncio waits without end for pipes that were never connected, as they are not when the whole
    loop ends (Python 3.11, ``BaseSubprocessTransport._wait``). So it is let to start, and then ended; cancelled once
    more it leaves that wait.
    """
    task = asyncio.ensure_future(starting)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=REAP_TIMEOUT)
        if not task.done():
            task.cancel()
        elif not task.cancelled() and task.exception() is None:
            await end(task.result())
        raise


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REAP_TIMEOUT):
            await process.wait()


async def attend(argv: Sequence[str]) -> int:
    """Run *argv* on the console's own terminal until it ends; return its exit status, negative for a signal.

    The caller has given the screen back. The program is the terminal's foreground job, so that Ctrl-C is its own;
    stopped (Ctrl-Z) it would keep the terminal for ever, so it is continued. Whatever it does, the terminal is the
    console's again afterwards, with the modes it had. When the caller is cancelled it is told to end, and after
    `REAP_TIMEOUT` killed. Without a terminal it has the console's streams. Raises `HostError`.
    """
    job = _Foreground(argv)
    waiting = asyncio.ensure_future(in_thread(job.wait))
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        for ending in (signal.SIGTERM, signal.SIGKILL):
            job.tell(ending)
            await asyncio.wait({waiting}, timeout=REAP_TIMEOUT)
        raise


class _Foreground:
    """A program that has the terminal; it runs from the moment this is made. Raises `HostError`."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._terminal: int | None = None
        with contextlib.suppress(OSError):  # a console without one: nothing to hand over
            self._terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
        try:
            held = self._terminal is not None and os.tcgetpgrp(self._terminal) == os.getpgrp()
            self._modes = termios.tcgetattr(self._terminal) if held and self._terminal is not None else None
            # In the background of its terminal the console may not give it to anybody.
            self._process = subprocess.Popen(argv, process_group=0 if held else None)
        except (OSError, ValueError, TypeError, IndexError, termios.error) as error:
            self._let_go()
            raise HostError(_refusal(safe_text(argv[0] if argv else "", limit=200), error, None)) from error
        self._hand_over()

    def tell(self, number: signal.Signals) -> None:
        """Send the program a signal, if it has not ended."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self._process.pid, number)

    def wait(self) -> int:
        """Give it the terminal until it ends, and take the terminal back. Blocks; once only."""
        # Whoever takes the terminal back is not its foreground job, and would be stopped for it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        try:
            while os.WIFSTOPPED(status := os.waitpid(self._process.pid, os.WUNTRACED)[1]):
                self._hand_over()
            self._process.returncode = os.waitstatus_to_exitcode(status)
            return self._process.returncode
        finally:
            self._take_back()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _hand_over(self) -> None:
        with contextlib.suppress(OSError):  # it ended meanwhile
            if self._modes is not None and self._terminal is not None:
                os.tcsetpgrp(self._terminal, self._process.pid)
                os.killpg(self._process.pid, signal.SIGCONT)
            else:
                os.kill(self._process.pid, signal.SIGCONT)

    def _take_back(self) -> None:
        with contextlib.suppress(OSError, termios.error):  # the terminal was closed meanwhile
            if self._modes is not None and self._terminal is not None:
                os.tcsetpgrp(self._terminal, os.getpgrp())
                termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._modes)
        self._let_go()

    def _let_go(self) -> None:
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None


def _refusal(name: str, error: Exception, cwd: Path | None) -> str:
    if cwd is not None and not cwd.is_dir():
        return tr("{name}: the directory {cwd} does not exist; correct it", name=name, cwd=safe_text(str(cwd)))
    if isinstance(error, FileNotFoundError):
        return tr("{name}: no such program; install it or put its directory on PATH", name=name)
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return tr(
        "{name}: cannot be started ({reason})", name=name or tr("no program"), reason=safe_text(reason, limit=200)
    )


async def _kill(transport: asyncio.SubprocessTransport, protocol: _Collect) -> None:
    # The leader may be gone already while a child of it holds the pipes: the group is what has to end.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(transport.get_pid(), signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REAP_TIMEOUT):
            await asyncio.shield(protocol.closed)
    transport.close()


async def in_thread(work: Callable[[], _Result]) -> _Result:
    """Return ``work()``, run in a thread of its own.

    Unlike `asyncio.to_thread`, work that hangs (a name that does not resolve) never holds up the end of the program:
    the thread is a daemon, and a cancelled caller does not wait for it.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_Result] = loop.create_future()

    def post(result: _Result | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast(_Result, result))

    def body() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as caught:
            error = caught
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(post, result, error)

    threading.Thread(target=body, name=f"oc-{getattr(work, '__name__', 'work')}", daemon=True).start()
    return await done
