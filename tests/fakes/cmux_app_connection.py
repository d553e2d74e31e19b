"""One connection to the double: framing, gates, answers and the event stream, with the faults of each.

Lines are handled strictly in order by one thread. A reads at most 4,095 bytes at a time and decodes each chunk by
itself, so a character split between two chunks makes the whole chunk vanish; B and C assemble bytes first.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from typing import Any, Final

from tests.fakes import cmux_app_v1 as v1
from tests.fakes import cmux_app_v2 as v2
from tests.fakes.cmux_app_core import Core
from tests.fakes.cmux_app_gate import Gate, Verdict
from tests.fakes.cmux_app_v2_control import CONTROL
from tests.fakes.cmux_app_wire import Json, Malformed, MethodError, encode, failure, parse, success

CHUNK: Final = 4095
SEND_TIMEOUT: Final = 5.0
REQUEST_LIMIT: Final = 16 * 1024 * 1024


class Hangup(Exception):
    """The server closes this connection now."""


class Connection:
    """Serves one client until it or the server hangs up."""

    def __init__(self, core: Core, client: socket.socket, gate: Gate) -> None:
        self._core = core
        self._socket = client
        self._gate = gate
        self._pending = bytearray()
        self._searched = 0
        self.stopped = False
        self.done = False
        """Whether the connection is over."""

    def serve(self) -> None:
        """Run in the connection's own thread."""
        try:
            if (said := self._gate.at_accept()) is not None:
                self._send(said.encode() + b"\n")
                return
            while not self.stopped and self._receive():
                while (line := self._next_line()) is not None:
                    self._handle(line)
        except (OSError, Hangup):
            pass  # the client went, or a fault or a limit cuts it
        finally:
            self._socket.close()
            self.done = True

    def cut(self) -> None:
        """Hang up from another thread."""
        self.stopped = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with self._core.events.changed:
            self._core.events.changed.notify_all()

    # Reading

    def _receive(self) -> bool:
        core = self._core
        lossy = core.faults.utf8_chunk_loss
        lossy = not core.personality.modern if lossy is None else lossy
        self._socket.settimeout(self._patience())
        data = self._socket.recv(CHUNK if lossy else 65536)
        if not data:
            return False
        self._gate.count(len(data))
        if lossy:
            try:
                data.decode()
            except UnicodeDecodeError:
                data = b""
        self._pending += data
        if core.personality.next_wave and len(self._pending) > REQUEST_LIMIT and b"\n" not in data:
            self._reply(failure(None, Malformed("invalid_request", "Request line too large")))
            return False
        return True

    def _patience(self) -> float | None:
        told = self._core.faults.idle_close
        idle = self._core.personality.idle_close if told is None else told
        waits = [wait for wait in (idle or None, self._gate.time_left()) if wait is not None]
        return max(0.001, min(waits)) if waits else None

    def _next_line(self) -> bytes | None:
        # Only a bare newline ends a line: a carriage return before it makes it one character, which is no newline.
        at = self._pending.find(b"\n", self._searched)
        while at > 0 and self._pending[at - 1 : at] == b"\r":
            at = self._pending.find(b"\n", at + 1)
        if at < 0:
            self._searched = max(0, len(self._pending) - 1)
            return None
        line = bytes(self._pending[:at])
        del self._pending[: at + 1]
        self._searched = 0
        return line

    # Answering

    def _handle(self, raw: bytes) -> None:
        try:
            text = raw.decode().strip()
        except UnicodeDecodeError:
            self._reply(failure(None, Malformed("invalid_utf8", "Invalid UTF-8")))
            return
        self._core.fault_file.look()
        if not text:
            return
        text, verdict = self._gate.open(text)
        if text.startswith("{"):
            self._handle_v2(text, verdict)
        else:
            self._handle_v1(text, verdict)

    def _handle_v1(self, text: str, verdict: Verdict) -> None:
        if verdict.denied:
            self._line(verdict.denied)
            return
        name, _, rest = text.partition(" ")
        if name.lower() == "auth":
            self._line(self._gate.auth(rest.strip()))
        elif verdict.needs_password:
            self._line("ERROR: Authentication required — send auth <password> first")
        else:
            answer = v1.call(self._core, text)
            self._spoil_and_send(answer.encode("utf-8", "replace") + b"\n", v2_reply=False)

    def _handle_v2(self, text: str, verdict: Verdict) -> None:
        core = self._core
        if verdict.denied:
            self._line(verdict.denied)
            return
        try:
            request = parse(text)
            method = request.get("method")
            if not isinstance(method, str) or not method.strip():
                raise Malformed("invalid_request", "Missing method")
        except Malformed as error:
            self._reply(failure(None, error))
            return
        given = request.get("params")
        params: Json = given if isinstance(given, dict) else {}
        id_, method = request.get("id"), method.strip()
        if method == "auth.login" and core.access_mode == "password":
            self._reply(self._login(id_, params))
        elif verdict.needs_password and method not in CONTROL:
            said = "Authentication required. Send auth <password> first."
            self._reply(failure(id_, MethodError("auth_required", said)))
        elif method == "events.stream" and core.personality.modern and not core.missing(method):
            with core.on_main(method):
                pass
            self._stream(params)
            raise Hangup
        else:
            self._spoil(id_, self._call(id_, method, params), method in CONTROL)

    def _call(self, id_: Any, method: str, params: Json) -> Json:
        try:
            return success(id_, v2.call(self._core, method, params))
        except MethodError as error:
            return failure(id_, error)

    def _login(self, id_: Any, params: Json) -> Json:
        password = params.get("password")
        if self._core.password is None:
            said = "Password mode is enabled but no socket password is configured in Settings."
            return failure(id_, MethodError("auth_unconfigured", said))
        if not isinstance(password, str):
            return failure(id_, MethodError("invalid_params", "Missing password"))
        if not self._gate.login(password):
            return failure(id_, MethodError("auth_failed", "Invalid password"))
        return success(id_, {"authenticated": True})

    def _line(self, text: str) -> None:
        self._send(text.encode() + b"\n")

    def _reply(self, reply: Json) -> None:
        self._send(encode(reply, self._core.order))

    def _spoil(self, id_: Any, reply: Json, control: bool) -> None:
        faults = self._core.faults
        if control:
            self._reply(reply)
            return
        if faults.spend("stray_line"):
            self._line("OK")
        if faults.spend("other_id"):
            self._reply({**reply, "id": f"not-{id_}"})
            if not faults.other_id_then_right:
                return
        if faults.spend("huge_line"):
            reply = {**reply, "pad": "x" * faults.huge_bytes}
        line = encode(reply, self._core.order)
        if faults.spend("invalid_utf8"):
            line = line[:-2] + b',"bad":"\xff\xfe\xc3"}\n'
        if faults.spend("invalid_json"):
            line = b"{" + line
        self._spoil_and_send(line, v2_reply=True)

    def _spoil_and_send(self, line: bytes, *, v2_reply: bool) -> None:
        faults = self._core.faults
        if faults.spend("close_instead"):
            raise Hangup
        if faults.spend("no_answer"):
            return
        if faults.spend("late"):
            self._core.stopping.wait(faults.late_seconds)
        if v2_reply and faults.spend("half_line"):
            self._send(line[: len(line) // 2])
            raise Hangup
        if faults.spend("one_byte_writes"):
            for at in range(len(line)):
                self._send(line[at : at + 1])
            return
        self._send(line)

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(SEND_TIMEOUT if self._core.personality.modern else None)
        self._socket.sendall(data)

    # Events

    def _stream(self, params: Json) -> None:
        core, bus = self._core, self._core.events
        beats = params.get("include_heartbeats", True) is not False
        subscription, ack, replay = bus.subscribe(params)
        try:
            self._reply(ack | {"heartbeat_interval_seconds": core.faults.heartbeat})
            for event in replay:
                self._reply(event)
            quiet_since = time.monotonic()
            while not self.stopped and not core.stopping.is_set():
                event_or_none, boot = None, bus.boot_id
                with bus.changed:
                    if not subscription.pending and not subscription.overrun:
                        left = quiet_since + core.faults.heartbeat - time.monotonic()
                        bus.changed.wait(max(0.0, min(left, 0.5)))
                    if subscription.pending and not subscription.overrun:
                        event_or_none = subscription.pending.popleft()
                if boot != ack["boot_id"] or self._client_gone():
                    return
                if subscription.overrun or (event_or_none is not None and core.faults.spend("slow_consumer")):
                    self._reply(bus.slow())
                    return
                if event_or_none is not None:
                    self._reply(event_or_none)
                elif time.monotonic() - quiet_since < core.faults.heartbeat:
                    continue
                elif beats:
                    self._reply(bus.heartbeat(subscription))
                quiet_since = time.monotonic()
        finally:
            bus.leave(subscription)

    def _client_gone(self) -> bool:
        # What a client sends after events.stream is never read, so only a hang-up of both directions tells.
        poll = select.poll()
        poll.register(self._socket, 0)
        return any(ready & (select.POLLHUP | select.POLLERR) for _, ready in poll.poll(0))
