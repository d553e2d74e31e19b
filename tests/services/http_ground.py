"""HTTP servers that hang, drip, lie, redirect, or never end."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Talk = Callable[[socket.socket, threading.Event], None]
"""What is done with one client until the event says that the test is over."""


@contextlib.contextmanager
def server(talk: Talk) -> Iterator[str]:
    """A server that does *talk* with each of its clients, in a thread of its own; yields its URL."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        listener.settimeout(0.05)

        def one(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                connection.recv(65_536)
                talk(connection, over)

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    threading.Thread(target=one, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/health"
        finally:
            over.set()
            thread.join(10)


def says(body: bytes, *, status: str = "200 OK", kind: str = "application/json", length: int | None = None) -> Talk:
    """Answer *body*; *length* is what it claims to be long."""

    def talk(connection: socket.socket, over: threading.Event) -> None:
        size = len(body) if length is None else length
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nLocation: /login\r\n\r\n"
        connection.sendall(head.encode() + body)

    return talk


def hangs(connection: socket.socket, over: threading.Event) -> None:
    """Take the request and say nothing."""
    over.wait(30)


def drips(connection: socket.socket, over: threading.Event) -> None:
    """One byte now and then, for ever: each of them is in time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not over.wait(0.02):
        connection.sendall(b" ")


def floods(connection: socket.socket, over: threading.Event) -> None:
    """A gigabyte."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1073741824\r\n\r\n")
    chunk = b"x" * 65_536
    for _ in range(16_384):
        if over.is_set():
            return
        connection.sendall(chunk)


def mumbles(connection: socket.socket, over: threading.Event) -> None:
    """No HTTP at all."""
    connection.sendall(b"SSH-2.0-OpenSSH\r\n")
