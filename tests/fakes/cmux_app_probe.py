"""A bare client for the double's own tests: sends bytes, reads lines, knows nothing of the console."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE = 10.0


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket in it (104 bytes on macOS)."""
    folder = tempfile.mkdtemp(prefix="oca-", dir="/tmp")
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Probe:
    """One connection."""

    def __init__(self, path: Path | str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self.lines = self.socket.makefile("rb")
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.lines.close()
        self.socket.close()

    def send(self, data: bytes | str) -> None:
        """Send as it is."""
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def line(self) -> bytes:
        """The next line, with its end; empty at the end of the connection."""
        try:
            return self.lines.readline()
        except ConnectionResetError:
            return b""

    def reply(self) -> Any:
        """The next line as JSON."""
        return json.loads(self.line())

    def call(self, method: str, **params: Any) -> Any:
        """Call a v2 method; the whole reply."""
        self._number += 1
        self.send(json.dumps({"id": self._number, "method": method, "params": params}) + "\n")
        return self.reply()

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a call that must succeed."""
        reply = self.call(method, **params)
        assert reply["ok"] is True, reply
        return reply["result"]

    def error(self, method: str, **params: Any) -> tuple[str, str]:
        """Code and message of a call that must fail."""
        reply = self.call(method, **params)
        assert reply["ok"] is False, reply
        return reply["error"]["code"], reply["error"]["message"]


def v1(path: Path | str, line: str) -> str:
    """One text command on its own connection: write, shut down, read to the end."""
    with Probe(path) as probe:
        probe.send(line + "\n")
        probe.socket.shutdown(socket.SHUT_WR)
        return probe.lines.read().decode().removesuffix("\n")


def surfaces(tree: Any) -> list[Any]:
    """The surfaces of a ``system.tree``, each with its workspace's ref."""
    every = [w for window in tree["windows"] for w in window["workspaces"]]
    return [(w["ref"], s) for w in every for p in w["panes"] for s in p["surfaces"]]
