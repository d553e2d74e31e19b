"""Who is let in: access modes, peers, capability token, password."""

from __future__ import annotations

import os
import socket
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_personality import DENIAL_KO

CAPABILITY: Final = "_cmux_capability_v1 "
STRANGER_SECONDS: Final = 2.0
"""B cuts a peer that has not shown that it may connect."""
STRANGER_BYTES: Final = 4 * 1024 * 1024
STRANGERS: Final = 32
_WALK: Final = 128


class Cut(OSError):
    """A stranger has used up what it is given."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands between a line and its answer."""

    denied: str = ""
    needs_password: bool = False


def peer_pid(client: socket.socket) -> int:
    """Process id of the other end (SO_PEERCRED on Linux, LOCAL_PEERPID on macOS); 0 when unknown."""
    if hasattr(socket, "SO_PEERCRED"):
        data = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", data)[0])
    return int(client.getsockopt(0, 2))


def descends(pid: int, ancestor: int) -> bool:
    """Whether *pid* was started, directly or not, by *ancestor* (or is it)."""
    for _ in range(_WALK):
        if pid == ancestor:
            return True
        try:
            pid = psutil.Process(pid).ppid() if pid > 1 else 0
        except psutil.Error:
            return False
        if pid <= 0:
            return False
    return False


class Gate:
    """The gate of one connection; `stranger` is whether the peer came without the right to."""

    def __init__(self, core: Core, client: socket.socket) -> None:
        self._core = core
        self._authenticated = False
        self._bytes = 0
        self._since = time.monotonic()
        core.fault_file.look()  # a denial comes before the first command
        self._admitted = self._may_enter(client)
        self.stranger = not self._admitted

    def _may_enter(self, client: socket.socket) -> bool:
        core = self._core
        if core.faults.denied == "yes":
            return False
        if core.faults.denied == "peers" and core.access_mode == "cmuxOnly":
            return descends(peer_pid(client), os.getpid())
        return True

    def at_accept(self) -> str | None:
        """A denies before it reads anything."""
        return None if self._admitted or self._core.personality.modern else self._core.personality.denial

    def count(self, received: int) -> None:
        """Note bytes. Raises `Cut` when a stranger sends too many."""
        self._bytes += received
        if not self._admitted and self._bytes > STRANGER_BYTES:
            raise Cut("too much from a peer without access")

    def time_left(self) -> float | None:
        """Seconds a stranger still has; None for others."""
        return None if self._admitted else self._since + STRANGER_SECONDS - time.monotonic()

    def open(self, text: str) -> tuple[str, Verdict]:
        """Take the capability prefix off *text*, and judge it."""
        core = self._core
        admitted = self._admitted
        if core.personality.modern and text.startswith(CAPABILITY):
            token, _, text = text.removeprefix(CAPABILITY).lstrip().partition(" ")
            if token == core.capability_token:
                admitted = self._admitted = True
        if not admitted:
            korean = core.faults.korean and core.personality.modern
            return text, Verdict(DENIAL_KO if korean else core.personality.denial)
        return text, Verdict("", core.access_mode == "password" and not self._authenticated)

    def auth(self, password: str) -> str:
        """The v1 command ``auth``."""
        core = self._core
        if core.access_mode != "password":
            return "OK: Authentication not required"
        if core.password is None:
            return "ERROR: Password mode is enabled but no socket password is configured in Settings."
        if not password:
            return "ERROR: Missing password. Usage: auth <password>"
        return "OK: Authenticated" if self.login(password) else "ERROR: Invalid password"

    def login(self, password: str) -> bool:
        """Compare, and remember."""
        self._authenticated = self._authenticated or password == self._core.password
        return password == self._core.password


def mode_bits(access_mode: str) -> int:
    """Permission bits of the socket file."""
    return 0o666 if access_mode == "allowAll" else 0o600


def write_marker(path: Path, socket_path: str) -> None:
    """Write the marker file of a release: one line, the live path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(socket_path + "\n", encoding="utf-8")
