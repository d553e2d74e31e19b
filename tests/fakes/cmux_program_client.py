"""The ``cmux`` program's side of the socket: checks before connecting, framing, errors, handles."""

from __future__ import annotations

import errno
import json
import os
import re
import select
import socket
import stat
import time
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

SILENCE: Final = 0.12
"""Seconds without a byte after which 0.63.2 takes an answer for whole; so every call costs at least that."""
TIMEOUT: Final = 15.0
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


class CliError(Exception):
    """Goes to standard error after ``Error: ``."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Client:
    """One connection of one call of the program; *modern* is a release after 0.64.17."""

    def __init__(self, path: str, *, modern: bool, password: str | None, implicit: bool = False) -> None:
        self._modern = modern
        self._implicit = implicit
        self.path = path
        self._number = 0
        self._socket = self._connect(path)
        if password:
            said = self.v1(f"auth {password}")
            if said.startswith("ERROR:") and "Unknown command 'auth'" not in said:
                raise CliError(said)

    def _connect(self, path: str) -> socket.socket:
        try:
            self._check(path)
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                made.connect(path)
            except OSError as error:
                made.close()
                number = error.errno or 0
                raise CliError(
                    f"Failed to connect to socket at {path} ({os.strerror(number)}, errno {number})"
                ) from error
        except CliError as error:
            if self._modern and self._implicit:
                raise CliError(f"No live cmux socket found. Tried:\n  {path}") from error
            raise
        return made

    def _check(self, path: str) -> None:
        try:
            found = Path(path).stat()
        except OSError:
            raise CliError(f"Socket not found at {path}") from None
        if not stat.S_ISSOCK(found.st_mode):
            raise CliError(f"Path exists at {path} but is not a Unix socket")
        if found.st_uid != os.getuid():
            raise CliError(f"Socket at {path} is not owned by the current user — refusing to connect")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def v1(self, line: str) -> str:
        """Send a text command; its answer without the last newline."""
        return self._exchange(line, whole_line=False).removesuffix("\n")

    def v2(self, method: str, params: Json | None = None) -> Json:
        """Call a method; its result. Raises `CliError` as ``code: message``."""
        self._number += 1
        request = {"id": str(self._number), "method": method, "params": params or {}}
        raw = self._exchange(json.dumps(request, ensure_ascii=False, separators=(",", ":")), whole_line=self._modern)
        if raw.startswith("ERROR:"):
            raise CliError(raw.strip())
        try:
            reply = json.loads(raw)
        except ValueError:
            raise CliError(f"Invalid JSON response: {raw.strip()[:200]}") from None
        if not isinstance(reply, dict):
            raise CliError("Invalid v2 response")
        if reply.get("ok") is True:
            result = reply.get("result")
            return result if isinstance(result, dict) else {}
        error = reply.get("error")
        if isinstance(error, dict):
            raise CliError(f"{error.get('code', 'error')}: {error.get('message', 'Unknown v2 error')}")
        raise CliError("v2 request failed")

    def stream(self, request: Json) -> Any:
        """Send a request and yield the lines that come for ever."""
        self._write(json.dumps(request, separators=(",", ":")))
        with self._socket.makefile("rb") as lines:
            for line in lines:
                yield line.decode("utf-8", "replace").rstrip("\n")

    def _write(self, line: str) -> None:
        try:
            self._socket.sendall(line.encode("utf-8", "surrogateescape") + b"\n")
        except OSError as error:
            number = error.errno or errno.EPIPE
            raise CliError(f"Failed to write to socket ({os.strerror(number)}, errno {number})") from error

    def _exchange(self, line: str, *, whole_line: bool) -> str:
        self._write(line)
        try:
            allowed = float(os.environ.get("CMUXTERM_CLI_RESPONSE_TIMEOUT_SEC", TIMEOUT))
        except ValueError:
            allowed = TIMEOUT
        end, data = time.monotonic() + allowed, bytearray()
        while True:
            complete = data.endswith(b"\n")
            if complete and whole_line:
                break
            left = SILENCE if complete else end - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                if complete:
                    break
                raise CliError("Command timed out")
            try:
                chunk = self._socket.recv(65536)
            except OSError:
                chunk = b""
            if not chunk:
                if not data:
                    raise CliError("Socket closed without a response")
                break
            data += chunk
        return data.decode("utf-8", "replace")

    # Handles

    def workspace(self, given: str | None) -> str | None:
        """A UUID or ref as it is, an index as the UUID of that workspace. Raises `CliError`."""
        return self._handle(given, "workspace", lambda: self.v2("workspace.list")["workspaces"])

    def surface(self, given: str | None, workspace: str | None) -> str | None:
        """The same for a surface of *workspace*. Raises `CliError`."""
        where = {"workspace_id": workspace} if workspace else {}
        return self._handle(given, "surface", lambda: self.v2("surface.list", where)["surfaces"])

    def _handle(self, given: str | None, kind: str, listing: Any) -> str | None:
        if given is None or not given.strip():
            return None
        given = given.strip()
        if is_handle(given):
            return given
        if not given.isdigit():
            raise CliError(f"Invalid {kind} handle: {given} (expected UUID, ref like {kind}:1, or index)")
        found = next((row for row in listing() if row.get("index") == int(given)), None)
        if found is None:
            raise CliError(f"{kind.capitalize()} index not found")
        return str(found["id"])

    def workspace_uuid(self, given: str | None) -> str:
        """The UUID of a workspace, without one of the selected one; v1 commands want that. Raises `CliError`."""
        handle = self.workspace(given)
        if handle is None:
            return str(self.v2("workspace.current")["workspace_id"])
        if _UUID.fullmatch(handle):
            return handle
        rows = self.v2("workspace.list")["workspaces"]
        found = next((row for row in rows if row.get("ref") == handle), None)
        if found is None:
            raise CliError("Workspace not found")
        return str(found["id"])


def is_handle(text: str) -> bool:
    """Whether *text* is a UUID or a ref."""
    kind, _, number = text.lower().partition(":")
    return bool(_UUID.fullmatch(text)) or (
        kind in ("window", "workspace", "pane", "surface", "tab") and number.isdigit()
    )
