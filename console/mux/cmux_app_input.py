"""What is typed into a surface of the cmux app: one text or one key, into the surface that was meant, never twice.

Source: `surface.send_text` types keystrokes, so every newline submits (0.63: Return, 0.64: CR) and a tab is the Tab
key; more than 2,000 characters in one call froze a terminal (#2396). `terminal.paste` (0.64) is a real paste.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from console.i18n import tr
from console.mux.base import MuxError, NotTyped, Queued
from console.mux.cmux_app_link import AppLink
from console.mux.cmux_app_reads import echoed, explain, target
from console.mux.cmux_app_rpc import AppLost, AppRefused
from console.mux.cmux_app_state import AppState, aim, read_tree
from console.mux.cmux_app_tree import Place
from console.mux.cmux_input import chord
from console.safety import check_outgoing, safe_text

TYPED_LIMIT: Final = 1000
"""Characters typed in one call without a paste: half of what froze a terminal, whatever they are."""
SAME_ACT: Final = 60.0
"""Seconds within which a key belongs to the text that was typed under the same ref before it."""
_NAMES: Final = {
    "dc": "delete",
    "ppage": "pageup",
    "npage": "pagedown",
}


class Hand:
    """Types and points over a connection of its own, which no read can block."""

    def __init__(self, link: AppLink, app: AppState, env: Mapping[str, str]) -> None:
        self._link = link
        self._app = app
        self._env = env
        self._greeted = -1
        self._typed: dict[str, tuple[str, float]] = {}

    async def aim(self, ref: str, *, fresh: bool = True) -> Place:
        """The place *ref* means, in a tree that is read now, or (not *fresh*) in the last one. Raises `MuxError`."""
        await self._link.ready()
        if self._link.opened != self._greeted:
            await self._app.greet(self._link)
            self._greeted = self._link.opened
        if not fresh:
            with suppress(MuxError):  # it may be newer than the last tree
                return aim(ref, self._app.told, self._app.places.values())
        found = await read_tree(self._link, self._env)
        self._app.take(found)
        return aim(ref, self._app.told, found)

    async def text(self, ref: str, text: str) -> Place:
        """Type *text* without Enter, as a paste or else as one short line. Return where. Raises `MuxError`."""
        clean, wrong = check_outgoing(text)
        if wrong:
            raise NotTyped(
                tr(
                    "not typed into {ref}: line {line} has {name}; take it out",
                    ref=safe_text(ref),
                    line=wrong[0].line,
                    name=wrong[0].name,
                )
            )
        place = await self.aim(ref)
        if not clean:
            return place
        if self._app.paste:
            result = await self._act(self._app.paste, place, {"text": clean, "submit_key": "none"})
        else:
            self._check_keystrokes(place, clean)
            result = await self._act("surface.send_text", place, {"text": clean})
        if "queued" not in result:
            await self._started(place)
        self._typed[ref.casefold()] = (place.surface_id, time.monotonic())
        return place

    async def key(self, ref: str, key: str) -> Place:
        """Press one key. Return where. Raises `MuxError`."""
        place = await self.aim(ref)
        typed, at = self._typed.get(ref.casefold(), ("", 0.0))
        if typed and typed != place.surface_id and time.monotonic() - at < SAME_ACT:
            raise MuxError(
                tr("{ref} is another terminal since the text was typed; choose it again", ref=safe_text(ref))
            )
        if len(key) == 1 and key.isprintable():
            await self._act("surface.send_text", place, {"text": key})  # cmux has no names for digits and signs
            return place
        named = chord(key)
        named = _NAMES.get(named, named)
        try:
            await self._act("surface.send_key", place, {"key": named})
        except _NoSuchKey as error:
            raise NotTyped(
                tr("{ref}: cmux has no key {key}; nothing was typed", ref=place.info.ref, key=safe_text(key))
            ) from error
        return place

    async def focus(self, ref: str) -> None:
        """Show the surface in cmux's window; macOS may leave that behind others. Raises `MuxError`."""
        place = await self.aim(ref)
        methods = ("surface.focus", "workspace.select")  # the first one selects the workspace too
        method = next((name for name in methods if name in self._app.methods), "")
        if not method:
            raise MuxError(tr("this cmux cannot be told what to show"))
        try:
            await self._link.act(method, target(place))
        except AppRefused as error:
            raise MuxError(f"{place.info.ref}: {error}") from error

    async def show_note(self, place: Place, title: str, body: str) -> bool:
        """Show a notification; False when this cmux cannot do it here. Raises `MuxError`."""
        method = "notification.create_for_surface"
        if method not in self._app.methods:
            return False
        fields = {"title": safe_text(title, limit=300), "subtitle": "", "body": safe_text(body, limit=1000)}
        try:
            await self._link.act(method, {**target(place), **fields})
        except AppRefused as error:
            if error.missing:
                return False
            raise MuxError(f"{place.info.ref}: {error}") from error
        return True

    def _check_keystrokes(self, place: Place, text: str) -> None:
        if "\n" in text:
            what = tr("would submit each line as a message of its own")
        elif "\t" in text:
            what = tr("would press the Tab key")
        elif len(text) > TYPED_LIMIT:
            what = tr("is unsure with more than {typed_limit} characters", typed_limit=TYPED_LIMIT)
        else:
            return
        raise NotTyped(
            tr(
                "not typed into {ref}: this cmux has no paste and {what}; send a file pointer",
                ref=place.info.ref,
                what=what,
            )
        )

    async def _act(self, method: str, place: Place, params: Mapping[str, str]) -> dict[str, Any]:
        ref = place.info.ref
        try:
            result = await self._link.act(method, {**target(place), **params})
        except AppRefused as error:
            if "key" in params and error.code == "invalid_params" and "terminal" not in str(error):
                raise _NoSuchKey(str(error)) from error
            raise MuxError(f"{ref}: {error}") if error.code == "internal_error" else explain(error, place) from error
        except AppLost as error:
            outcome = tr("it may have arrived; look before you repeat") if error.sent else tr("nothing was typed")
            raise (MuxError if error.sent else NotTyped)(f"{ref}: {error}; {outcome}") from error
        echoed(result, place)
        if result.get("queued") is True:
            raise _queued(place)
        return result

    async def _started(self, place: Place) -> None:
        """0.63, and a paste, do not say that the text is queued; but a terminal that has not started cannot be read."""
        try:
            await self._link.ask("surface.read_text", target(place))
        except AppRefused as error:
            if error.code == "internal_error":
                raise _queued(place) from error
        except AppLost:
            return  # the text was taken; whether it shows is looked at by whoever sent it


class _NoSuchKey(MuxError):
    pass


def _queued(place: Place) -> Queued:
    return Queued(
        tr(
            "{ref}: its terminal has not started yet; cmux keeps the text and types it when the "
            "terminal starts (show its workspace). It does not count as sent",
            ref=place.info.ref,
        )
    )
