"""The listening socket of the double: accepts, one thread per connection, stops and dies on demand."""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
from pathlib import Path
from typing import Final

from tests.fakes.cmux_app_connection import Connection
from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_gate import STRANGERS, Gate, mode_bits

BACKLOG: Final = 128


class Server:
    """Listens at *path* while started."""

    def __init__(self, core: Core, path: Path) -> None:
        self._core = core
        self.path = path
        self._listener: socket.socket | None = None
        self._open: dict[Connection, tuple[threading.Thread, bool]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake: tuple[int, int] | None = None
        self.accepted = 0
        """Connections taken since the server was made."""

    @property
    def connections(self) -> int:
        """How many are open."""
        with self._lock:
            return sum(1 for connection in self._open if not connection.done)

    def start(self) -> None:
        """Listen. A socket file nobody listens on is replaced. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.is_socket():
            self.path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(self.path))
            self.path.chmod(mode_bits(self._core.access_mode))
            listener.listen(BACKLOG)
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
        self._listener = listener
        self._wake = os.pipe()
        self._thread = threading.Thread(target=self._accept, args=(listener, self._wake[0]), daemon=True)
        self._thread.name = "cmux-app-accept"
        self._thread.start()

    def stop(self, *, leave_socket: bool = False) -> None:
        """Hang up on everyone; the socket file stays after a crash (*leave_socket*)."""
        if self._thread is None or self._wake is None or self._listener is None:
            return
        os.write(self._wake[1], b".")
        self._thread.join()
        self._listener.close()
        for fd in self._wake:
            os.close(fd)
        self._listener = self._thread = self._wake = None
        self.cut_all()
        if not leave_socket:
            self.path.unlink(missing_ok=True)

    def cut_all(self) -> None:
        """Hang up on every connection there is now and wait for the threads."""
        with self._lock:
            every = list(self._open.items())
        for connection, _ in every:
            connection.cut()
        for connection, (thread, _) in every:
            if thread is not threading.current_thread():
                thread.join()
                with self._lock:
                    self._open.pop(connection, None)

    def _accept(self, listener: socket.socket, wake: int) -> None:
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        poll.register(wake, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if wake in ready:
                return
            try:
                client, _ = listener.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    self._core.stopping.wait(0.05)
                continue
            self._take(client)

    def _take(self, client: socket.socket) -> None:
        client.setblocking(True)
        try:
            gate = Gate(self._core, client)
        except OSError:
            client.close()
            return
        self.accepted += 1
        with self._lock:
            for old in [c for c, (thread, _) in self._open.items() if c.done and not thread.is_alive()]:
                del self._open[old]
            strangers = sum(1 for c, (_, stranger) in self._open.items() if stranger and not c.done)
        if gate.stranger and self._core.personality.modern and strangers >= STRANGERS:
            client.close()
            return
        connection = Connection(self._core, client, gate)
        thread = threading.Thread(target=connection.serve, daemon=True, name="cmux-app-connection")
        with self._lock:
            thread.start()
            self._open[connection] = (thread, gate.stranger)
