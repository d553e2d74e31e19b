"""A home, a /tmp and a PATH of a test's own, with servers in them, for the tests of discovery."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from console.config import MuxConfig
from console.mux.discover import Candidate, Discovery, discover

DENIED = "ERROR: Access denied — only processes started inside cmux can connect\n".encode()
DEFAULT = MuxConfig()
Respond = Callable[[bytes], bytes | None]
"""From a line to the answer; None hangs up without one."""


def app(mode: str = "automation") -> Respond:
    """Answers like the app."""

    def respond(line: bytes) -> bytes:
        request = json.loads(line)
        if request.get("method") != "system.capabilities":
            return b'{"ok":false,"error":{"code":"invalid_request","message":"Missing method"}}\n'
        result = {"protocol": "cmux-socket", "version": 2, "access_mode": mode, "methods": ["system.ping"]}
        return json.dumps({"id": request["id"], "ok": True, "result": result}).encode() + b"\n"

    return respond


def says(text: bytes) -> Respond:
    return lambda _: text


@dataclass
class Ground:
    """A home, a /tmp and a PATH of the test's own."""

    root: Path
    stack: contextlib.AsyncExitStack

    @property
    def home(self) -> Path:
        return self.root / "h"

    @property
    def tmp(self) -> Path:
        return self.root / "t"

    @property
    def state(self) -> Path:
        return self.home / ".local/state/cmux"

    @property
    def env(self) -> dict[str, str]:
        return {"PATH": str(self.root / "bin"), "TMUX_TMPDIR": str(self.root)}

    async def serve(self, path: Path, respond: Respond) -> str:
        """A server on *path* that answers each line."""

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while line := await reader.readline():
                    answer = respond(line)
                    if answer is None:
                        break
                    writer.write(answer)
                    await writer.drain()
            writer.close()

        path.parent.mkdir(parents=True, exist_ok=True)
        await self.stack.enter_async_context(await asyncio.start_unix_server(talk, str(path)))
        path.chmod(0o600)
        return str(path)

    async def find(self, config: MuxConfig = DEFAULT, /, **env: str) -> Discovery:
        async with asyncio.timeout(30):
            return await discover(config, {**self.env, **env}, home=self.home, tmp=self.tmp)

    def program(self, text: str) -> None:
        """A `cmux` on PATH."""
        path = self.root / "bin" / "cmux"
        path.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        path.chmod(0o755)


@contextlib.asynccontextmanager
async def open_ground() -> AsyncIterator[Ground]:
    """A new ground, gone after the block with its servers."""
    root = Path(tempfile.mkdtemp(prefix="ocd-", dir="/tmp"))  # short: a socket's path has 107 bytes
    async with contextlib.AsyncExitStack() as stack:
        made = Ground(root, stack)
        for folder in (made.home, made.tmp, root / "bin"):
            folder.mkdir(mode=0o700)
        yield made
    shutil.rmtree(root)


def named(discovery: Discovery, path: object) -> Candidate:
    """The one candidate with this path."""
    (found,) = [each for each in discovery.candidates if each.path == str(path)]
    return found


def dead(path: Path) -> str:
    """A socket left over from a server that has ended."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    path.chmod(0o600)
    return str(path)
