"""The event bus of the double (``events.stream``, releases after 0.64.4): replay, subscribers, the JSONL mirror."""

from __future__ import annotations

import datetime
import json
import threading
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.fakes.cmux_app_wire import Json

REPLAY: Final = 4096
PENDING: Final = 1024
FRAME_LIMIT: Final = 16 * 1024
"""Bytes of one event's JSON; a larger payload is replaced."""
FILE_LIMIT: Final = 16 * 1024 * 1024
_SOURCES: Final = {
    "window": "window.lifecycle",
    "workspace": "workspace.lifecycle",
    "notification": "notification.store",
}


def timestamp() -> str:
    """Now, as ISO 8601 with milliseconds."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def strings(value: object) -> list[str]:
    """A filter parameter: a string or a list of them."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


@dataclass(eq=False, slots=True)
class Subscription:
    """One stream; its connection waits on `bus.changed`."""

    names: frozenset[str]
    categories: frozenset[str]
    id: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    pending: deque[Json] = field(default_factory=deque)
    overrun: bool = False

    def wants(self, event: Json) -> bool:
        """Whether the filters let *event* through."""
        by_name = not self.names or event["name"] in self.names
        return by_name and (not self.categories or event["category"] in self.categories)


class EventBus:
    """Events of one run of the app; `emit` may be called from any thread."""

    def __init__(self, home: Path | None = None, *, file_limit: int = FILE_LIMIT) -> None:
        self.changed = threading.Condition()
        self.boot_id = str(uuid.uuid4()).upper()
        self.seq = 0
        self._kept: deque[Json] = deque(maxlen=REPLAY)
        self._subscriptions: list[Subscription] = []
        self._file = home / ".cmuxterm" / "events.jsonl" if home else None
        self._file_limit = file_limit

    def reboot(self) -> None:
        """The app starts again: a new boot id, no replay; streams have been cut by then."""
        with self.changed:
            self.boot_id = str(uuid.uuid4()).upper()
            self.seq = 0
            self._kept.clear()
            self._subscriptions.clear()
            self.changed.notify_all()

    def emit(
        self,
        name: str,
        payload: Json | None = None,
        *,
        category: str = "",
        source: str = "",
        workspace_id: str | None = None,
        surface_id: str | None = None,
        pane_id: str | None = None,
        window_id: str | None = None,
    ) -> Json:
        """Publish one event; the category is the name's first word unless said. Return the frame."""
        category = category or name.partition(".")[0]
        with self.changed:
            self.seq += 1
            event: Json = {
                **self._head("event"),
                "seq": self.seq,
                "id": f"{self.boot_id}-{self.seq}",
                "name": name,
                "category": category,
                "source": source or _SOURCES.get(category, "socket.v2"),
                "occurred_at": timestamp(),
                "workspace_id": workspace_id,
                "surface_id": surface_id,
                "pane_id": pane_id,
                "window_id": window_id,
                "payload": payload or {},
            }
            if len(json.dumps(event, ensure_ascii=False).encode()) > FRAME_LIMIT:
                event["payload"] = {"payload_truncated": True}
            self._kept.append(event)
            self._mirror(event)
            for subscription in self._subscriptions:
                if subscription.overrun or not subscription.wants(event):
                    continue
                subscription.pending.append(event)
                subscription.overrun = len(subscription.pending) > PENDING
            self.changed.notify_all()
        return event

    def subscribe(self, params: Json) -> tuple[Subscription, Json, list[Json]]:
        """Begin a stream. Return it, its ack frame without the heartbeat interval, and what is replayed."""
        names = strings(params.get("names")) + strings(params.get("name"))
        categories = strings(params.get("categories")) + strings(params.get("category"))
        asked = params.get("after_seq", params.get("after"))
        after = asked if isinstance(asked, int) and not isinstance(asked, bool) else None
        with self.changed:
            subscription = Subscription(frozenset(names), frozenset(categories))
            oldest = self._kept[0]["seq"] if self._kept else None
            gap = after is not None and (after > self.seq or (oldest is not None and after < oldest - 1))
            start = self.seq if after is None else -1 if gap else after
            replay = [e for e in self._kept if e["seq"] > start and subscription.wants(e)]
            self._subscriptions.append(subscription)
            resume = {"after_seq": after, "requested_after_seq": asked, "oldest_seq": oldest, "latest_seq": self.seq}
            ack = {
                **self._head("ack"),
                "subscription_id": subscription.id,
                "replay_count": len(replay),
                "resume": {**resume, "next_seq": self.seq + 1, "gap": gap},
                "filters": {"names": sorted(names), "categories": sorted(categories)},
            }
        return subscription, ack, replay

    def leave(self, subscription: Subscription) -> None:
        """End a stream."""
        with self.changed:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def heartbeat(self, subscription: Subscription) -> Json:
        """A heartbeat frame; it has no ``seq``."""
        with self.changed:
            frame = {**self._head("heartbeat"), "subscription_id": subscription.id}
            return {**frame, "latest_seq": self.seq, "occurred_at": timestamp()}

    def slow(self) -> Json:
        """The frame before a slow stream is cut."""
        error: Json = {"code": "slow_consumer", "message": "Event stream subscriber fell behind"}
        return {**self._head("error"), "ok": False, "error": {**error, "latest_seq": self.seq}}

    @property
    def subscribers(self) -> int:
        """How many streams are open."""
        return len(self._subscriptions)

    def kept(self) -> Iterable[Json]:
        """What would be replayed."""
        with self.changed:
            return list(self._kept)

    def _head(self, kind: str) -> dict[str, Any]:
        return {"type": kind, "protocol": "cmux-events", "version": 1, "boot_id": self.boot_id}

    def _mirror(self, event: Json) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(event, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/").encode() + b"\n"
        if self._file.exists() and self._file.stat().st_size + len(line) > self._file_limit:
            self._file.replace(self._file.with_name(self._file.name + ".1"))
        with self._file.open("ab") as file:
            file.write(line)
