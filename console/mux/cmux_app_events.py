"""The event stream of the cmux app (`events.stream`, from 0.64.4): what happened where, on a connection of its own.

Source: docs/events.md of cmux. The method is not in the list of `system.capabilities`, so it is tried. The stream is
resumed after the last event seen; a gap or another run of the app (`boot_id`) means that everything is read again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from console.mux.base import MuxError
from console.mux.cmux_app_link import AppLink
from console.mux.cmux_app_rpc import AppLost, AppRefused

CATEGORIES: Final = ("notification", "agent", "feed", "surface", "workspace")
SILENCE: Final = 45.0
"""Seconds without any frame after which the stream is taken for dead; cmux sends a heartbeat every 15."""


@dataclass(frozen=True, slots=True)
class AppEvent:
    """Something that happened in cmux."""

    name: str
    """``surface.input_sent``, ``agent.hook.Stop``, …"""
    surface: str = ""
    """UUID, case folded; empty when the event is not about one."""
    workspace: str = ""
    """UUID, case folded."""

    @property
    def reshapes(self) -> bool:
        """Whether the tree is another one now."""
        return self.name in _TREE or self.name.startswith(("pane.", "window."))


_TREE: Final = frozenset(
    {"surface.created", "surface.closed", "surface.moved", "surface.renamed", "surface.reordered"}
    | {"workspace.created", "workspace.closed", "workspace.renamed", "workspace.reordered"}
)


class AppEvents:
    """One subscription that is kept up. *tell* gets each event, and None when everything must be read again."""

    def __init__(self, link: AppLink, tell: Callable[[AppEvent | None], None]) -> None:
        self.live = False
        """Events arrive by themselves now."""
        self._link = link
        self._tell = tell
        self._boot = ""
        self._seq: int | None = None
        self._ended = asyncio.Event()
        self._heard_at = 0.0

    async def follow(self) -> None:
        """Follow until cancelled; returns when this cmux has no events. Connection failures are tried again."""
        attempt = 0
        while True:
            started = time.monotonic()
            try:
                with suppress(AppLost):  # the readers of the screens meet the same and tell it; events are an extra
                    await self._once()
            except AppRefused as error:
                if error.missing or error.code == "invalid_params":
                    return
            except MuxError:
                attempt += 1  # cmux is not there at all
            finally:
                self.live = False
                await self._link.close()
            attempt = 0 if time.monotonic() - started > SILENCE else attempt + 1
            await asyncio.sleep(backoff(attempt))

    async def _once(self) -> None:
        self._ended.clear()
        self._heard_at = time.monotonic()
        params: dict[str, Any] = {"categories": list(CATEGORIES), "include_heartbeats": True}
        if self._seq is not None:
            params["after_seq"] = self._seq
        rpc = await self._link.ready()
        await rpc.stream("events.stream", params, self._take)
        while not self._ended.is_set():
            left = self._heard_at + SILENCE - time.monotonic()
            if left <= 0:
                return
            try:
                async with asyncio.timeout(left):
                    await self._ended.wait()
            except TimeoutError:
                continue  # something may have been heard meanwhile

    def _take(self, frame: dict[str, Any] | None) -> None:
        self._heard_at = time.monotonic()
        if frame is None or frame.get("type") == "error":  # slow_consumer, and then cmux closes
            self._ended.set()
        elif frame.get("type") == "ack":
            self._acknowledged(frame)
        elif frame.get("type") == "event":
            self._event(frame)

    def _acknowledged(self, frame: dict[str, Any]) -> None:
        resume = frame.get("resume")
        fields = resume if isinstance(resume, dict) else {}
        boot = str(frame.get("boot_id") or "")
        fresh = self._seq is None
        if (boot != self._boot and self._boot) or fields.get("gap") is True:
            fresh = True
            self._tell(None)
        self._boot, self.live = boot, True
        latest = fields.get("latest_seq")
        if fresh and _is_number(latest):
            self._seq = latest

    def _event(self, frame: dict[str, Any]) -> None:
        boot, seq = str(frame.get("boot_id") or ""), frame.get("seq")
        if boot and self._boot and boot != self._boot:
            self._boot = boot
            self._tell(None)
        if _is_number(seq):
            self._seq = seq
        name = frame.get("name")
        if isinstance(name, str):
            self._tell(AppEvent(name, _folded(frame.get("surface_id")), _folded(frame.get("workspace_id"))))


def backoff(attempt: int) -> float:
    """Seconds to wait before attempt *attempt* (from 0): 0.25 to 30, doubling, with jitter against marching in step."""
    return float(min(30.0, 0.25 * 2 ** min(attempt, 10)) * random.uniform(0.6, 1.0))


def _folded(value: object) -> str:
    return value.casefold() if isinstance(value, str) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
