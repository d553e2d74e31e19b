"""Asks a Unix socket once what it is: the cmux app, a cmux-tui daemon, or neither.

Source: `system.capabilities` of the app socket (v2), `session.get` of ``cmux.protocol/2``. An app in mode cmuxOnly may
deny before it reads: the write then breaks (issues 3604, 5883), but what the app said is still there to be read. That
is why this works on the bare socket: an asyncio transport throws it away at the first failed write.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

from console.i18n import tr
from console.mux.cmux_paths import denied_remedy
from console.mux.cmux_rpc import PROTOCOL
from console.safety import safe_text

ANSWER_LIMIT: Final = 1 << 20
"""Bytes of an answer that are read."""

_APP: Final = json.dumps({"id": "oc-discover", "method": "system.capabilities", "params": {}}).encode() + b"\n"
_DAEMON: Final = (
    json.dumps(
        {
            "protocol": PROTOCOL,
            "type": "request",
            "id": "oc-discover",
            "operation": "session.get",
            "params": {"machine": "current", "session": "current"},
        }
    ).encode()
    + b"\n"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back on one connection."""

    connected: bool
    text: bytes = b""
    error: str = ""
    """Why there is not more; may stand beside a text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a socket is found to be."""

    verdict: Literal["taken", "no answer", "denied", "other"]
    """``other``: something answers, but in another protocol."""
    reason: str
    remedy: str = ""
    access_mode: str = ""


async def exchange(path: str, line: bytes, timeout: float) -> Reply:
    """Connect, write *line* (nothing when empty), read one line or to the end; all within *timeout* s. Never raises."""
    loop = asyncio.get_running_loop()
    connected, text, error = False, bytearray(), ""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.setblocking(False)
        try:
            async with asyncio.timeout(timeout):
                await loop.sock_connect(link, path)
                connected = True
                with suppress(BrokenPipeError, ConnectionResetError):  # it may have said why before it closed
                    await loop.sock_sendall(link, line)
                while line and b"\n" not in text and len(text) < ANSWER_LIMIT:
                    chunk = await loop.sock_recv(link, 1 << 16)
                    if not chunk:
                        error = tr("closed the connection without an answer")
                        break
                    text += chunk
        except TimeoutError:
            error = (
                tr("takes connections but gave no answer in {timeout:g} s", timeout=timeout)
                if connected
                else tr("takes no connection")
            )
        except ConnectionRefusedError:
            error = tr("nothing listens on it (left over from a server that has ended)")
        except (OSError, ValueError) as problem:
            error = (problem.strerror if isinstance(problem, OSError) else None) or str(problem)
    return Reply(connected, bytes(text), safe_text(error, limit=200))


async def probe_app(path: str, env: Mapping[str, str], password: str, timeout: float) -> Answer:
    """Ask the cmux app behind *path*; *password* says where one is known (empty: nowhere)."""
    answer = judge_app(await exchange(path, _APP, timeout), env, password)
    token = env.get("CMUX_SOCKET_CAPABILITY", "")
    if answer.verdict != "denied" or not re.fullmatch(r"[\x21-\x7e]+", token):
        return answer
    reply = await exchange(path, f"_cmux_capability_v1 {token} ".encode() + _APP, timeout)
    second = judge_app(reply, env, password)
    if second.verdict != "taken":
        return answer
    return Answer("taken", tr("let in by the token in $CMUX_SOCKET_CAPABILITY"), "", second.access_mode)


def judge_app(reply: Reply, env: Mapping[str, str], password: str) -> Answer:
    """Read the answer of an app; see `probe_app`."""
    if not reply.text:
        return Answer("no answer", reply.error or tr("gave no answer"))
    if reply.text.startswith(b"ERROR:"):  # the rest may be in the user's language
        said = safe_text(reply.text.decode("utf-8", "replace").strip(), limit=200)
        return Answer("denied", said, denied_remedy(env))
    message = _object(reply.text)
    error, result = message.get("error"), message.get("result")
    if (
        message.get("ok") is True
        and isinstance(result, dict)
        and result.get("protocol", "cmux-socket") == "cmux-socket"
    ):
        mode = result.get("access_mode")
        return Answer("taken", tr("answers"), "", safe_text(mode, limit=40) if isinstance(mode, str) else "")
    if message.get("ok") is not False or not isinstance(error, dict):
        return Answer("other", tr("answers, but not as the cmux app does"))
    code = str(error.get("code"))
    if not code.startswith("auth"):
        return Answer("taken", tr("answers ({code} to system.capabilities)", code=safe_text(code, limit=60)))
    if password:
        return Answer("taken", tr("wants a password; there is one in {password}", password=password), "", "password")
    remedy = tr("put its password (Settings > Automation) into the environment variable CMUX_SOCKET_PASSWORD")
    return Answer("denied", tr("wants a password"), remedy, "password")


async def probe_daemon(path: str, timeout: float) -> Answer:
    """Ask the cmux-tui daemon behind *path*."""
    reply = await exchange(path, _DAEMON, timeout)
    if not reply.text:
        return Answer("no answer", reply.error or tr("gave no answer"))
    message = _object(reply.text)
    result = message.get("result")
    if message.get("protocol") != PROTOCOL or message.get("ok") is not True or not isinstance(result, dict):
        return Answer("other", tr("answers, but does not speak {protocol}", protocol=PROTOCOL))
    return Answer("taken", tr("session {get}", get=safe_text(str(result.get("name")), limit=60)))


async def probe_listener(path: str, timeout: float) -> Answer:
    """Look whether anything listens on *path*."""
    reply = await exchange(path, b"", timeout)
    return Answer("taken", tr("answers")) if reply.connected else Answer("no answer", reply.error)


def _object(text: bytes) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):  # then it is none
        message = json.loads(text.split(b"\n", 1)[0])
        if isinstance(message, dict):
            return message
    return {}
