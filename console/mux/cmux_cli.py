"""Multiplexer over the `cmux` program of the app, for when only that works: one short-lived process for each question.

Source: cmux 0.63.2 and 0.64.2x. A call costs 120 ms and more, and every read holds up the app's main thread on 0.63, so
screens are polled slowly and few at a time. What it prints has no colours, no cursor and no size.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any, Final

from console.i18n import mark, tr
from console.model.reading import MuxDown, MuxReading, ScreenFailed, ScreenRead, TreeRead
from console.model.surface import Screen, SurfaceInfo
from console.mux import cmux_text_tree, cmux_typing
from console.mux.base import Interest, MuxError, Queued
from console.mux.cmux_app_reads import cells
from console.mux.cmux_app_state import aim
from console.mux.cmux_app_tree import Place, places
from console.mux.cmux_polls import Polls
from console.mux.cmux_program import READERS, CmuxProgram, CmuxSaid, generation
from console.safety import safe_text

TREE_EVERY: Final = 2.0
"""Seconds between two reads of the tree."""
TREE_AGAIN: Final = 0.5
"""The least, when something asks for it."""
DOWN_LIMIT: Final = 8.0
"""The most, when the app is away."""
SAME_ACT: Final = 30.0
"""Seconds in which a key belongs to the text typed before it, and must not go to another surface."""

SCREENS: Final = READERS - 1
"""Screens read at one time: the tree never waits behind reads that hang."""

_FORMS: Final = (
    ("--json", "--id-format", "both", "tree", "--all"),
    ("--id-format", "both", "tree", "--all"),
    ("tree", "--all"),
)
"""Flags stand before the command: behind it 0.63 ignores them or ends with an error."""
_REFS: Final = re.compile(r"\b(?:surface|tab):\d+\b")
_UUIDS: Final = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
_LOOK: Final = mark("look at the surface before you repeat it")


class CmuxCli:
    """The cmux app through its program, see `console.mux.base.Multiplexer`."""

    def __init__(self, program: str = "", socket: str = "", env: Mapping[str, str] | None = None) -> None:
        self._env = os.environ if env is None else env
        self._program = CmuxProgram(program, socket, self._env)
        self._version = ""
        self._form = 0
        self._places: tuple[Place, ...] | None = None
        self._tree_at = float("-inf")
        self._tree_due = 0.0
        self._told: tuple[SurfaceInfo, ...] = ()
        """The tree the rest of the console knows: what a ref means there it means here."""
        self._typed: dict[str, tuple[str, float]] = {}
        """From a ref to the surface a text went to, and when (monotonic seconds)."""
        self._polls = Polls()
        self._down = ""
        self._pause = TREE_EVERY
        self._typing = asyncio.Lock()
        self._wake = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()
        self._closed = False

    @property
    def source(self) -> str:
        """``cmux 0.63.2 (79) · /usr/local/bin/cmux``."""
        return f"{self._version or 'cmux'} · {safe_text(self._program.path)}"

    @property
    def capabilities(self) -> frozenset[str]:
        """``focus`` and mostly ``uuid``: the program tells no colours and no cursor, pushes and pastes nothing."""
        known = self._places is None or all(place.info.uuid for place in self._places)
        return frozenset({"focus", "uuid"} if known else {"focus"})

    def look_at(self, interest: Interest) -> None:
        """See `Multiplexer.look_at`: twice a second the focused surface, once a second what is visible."""
        self._polls.interest = interest
        self._wake.set()

    def reread(self) -> None:
        """See `Multiplexer.reread`."""
        self._polls.reread()
        self._tree_due = 0.0
        self._wake.set()

    def pause(self) -> None:
        """See `Multiplexer.pause`."""
        self._going.clear()
        self._program.abort()
        self._wake.set()

    def resume(self) -> None:
        """See `Multiplexer.resume`."""
        self._tree_due = 0.0
        self._going.set()

    async def watch(self) -> AsyncGenerator[MuxReading, None]:
        """See `Multiplexer.watch`; it ends after `close`."""
        jobs: set[asyncio.Task[list[MuxReading]]] = set()
        tree: asyncio.Task[list[MuxReading]] | None = None
        try:
            while not self._ended():
                await self._going.wait()
                self._wake.clear()
                now = time.monotonic()
                if now >= self._tree_due and (tree is None or tree.done()):
                    tree = asyncio.create_task(self._tree_job(), name="cmux-tree")
                    jobs.add(tree)
                for poll in self._polls.start(now, SCREENS) if not self._down else ():
                    jobs.add(asyncio.create_task(self._screen_job(poll.place), name="cmux-screen"))
                await self._rest(jobs, reading=tree is not None and not tree.done())
                for job in [job for job in jobs if job.done()]:
                    jobs.discard(job)
                    for reading in job.result():
                        yield reading
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    def _ended(self) -> bool:
        return self._closed

    async def _rest(self, jobs: set[asyncio.Task[list[MuxReading]]], *, reading: bool) -> None:
        """Wait until a job is done, something is wanted, or the next read is due."""
        dues = [] if self._down else self._polls.dues(SCREENS)
        dues += [] if reading else [self._tree_due]
        pause = max(0.0, min(dues) - time.monotonic()) if dues else None
        wake = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait({wake, *jobs}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wake.cancel()

    async def _tree_job(self) -> list[MuxReading]:
        began = time.monotonic()
        try:
            found = await self._read_tree()
        except MuxError as error:
            self._tree_due = began + self._pause
            if self._closed or not self._going.is_set():
                return []
            self._pause = min(DOWN_LIMIT, self._pause * 2)
            # Denied, the program words it in two ways, as its pipe breaks before or after the answer: told once.
            why = error.why if isinstance(error, CmuxSaid) and error.why == "denied" else str(error)
            if why == self._down:
                return []
            self._down = why
            return [MuxDown(time.time(), self.source, tr("{error}; the console keeps asking", error=error))]
        self._down, self._pause, self._tree_due = "", TREE_EVERY, began + TREE_EVERY
        self._told = tuple(place.info for place in found)
        return [TreeRead(time.time(), self.source, self._told)]

    async def _screen_job(self, place: Place) -> list[MuxReading]:
        key = place.info.key
        began, good = time.monotonic(), False
        try:
            screen = await self._read_screen(place)
            good = True
            return [ScreenRead(time.time(), key, screen)]
        except CmuxSaid as error:
            if self._closed or not self._going.is_set():
                return []
            if error.why in ("denied", "password", "down", "moved", "gone"):
                # The tree tells more: the app is away, or the surface is elsewhere.
                self._tree_due = min(self._tree_due, self._tree_at + TREE_AGAIN)
            away = error.why in ("denied", "password", "down")
            return [] if away else [ScreenFailed(time.time(), key, str(error))]
        finally:
            self._polls.finished(key, began, time.monotonic(), good=good)

    async def _read_tree(self) -> tuple[Place, ...]:
        """Read the tree and take note of it. Raises `MuxError`."""
        if not self._version:
            version = await self._program.version()
            if generation(version) == "daemon":
                raise MuxError(
                    tr(
                        "{path} is the cmux-tui program, not the cmux app's; name its daemon's socket: "
                        "mux.cmux_socket in the configuration",
                        path=safe_text(self._program.path),
                    )
                )
            self._version = version
        found = await self._ask_tree()
        self._places, self._tree_at = found, time.monotonic()
        self._polls.follow(found)
        return found

    async def _ask_tree(self) -> tuple[Place, ...]:
        wrong: Exception | None = None
        for form in range(self._form, len(_FORMS)):
            try:
                found = places(decode_tree(await self._program.ask(*_FORMS[form])), self._env)
            except CmuxSaid as error:
                if error.why != "usage":
                    raise
                wrong = error
            except ValueError as error:
                wrong = error
            else:
                self._form = form
                return found
        raise MuxError(tr("`cmux tree` is not understood: {wrong}", wrong=safe_text(str(wrong), limit=200))) from wrong

    async def _read_screen(self, place: Place) -> Screen:
        target = ("--workspace", place.workspace_id, "--surface", place.surface_id)
        return plain_screen(await self._program.ask("read-screen", *target))

    async def read(self, ref: str) -> Screen:
        """See `Multiplexer.read`; *ref* is a ref or a UUID. One that has moved is found again."""
        try:
            return await self._read_screen(await self._aim(ref))
        except CmuxSaid as error:
            if error.why not in ("moved", "gone"):
                raise
        await self._read_tree()
        return await self._read_screen(await self._aim(ref))

    async def _aim(self, ref: str) -> Place:
        """The surface *ref* (ref or UUID) means in the tree the console knows; one not there is asked for once more."""
        if self._places is None:
            await self._read_tree()
        with suppress(MuxError):
            return aim(ref, self._told, self._places or ())
        return aim(ref, self._told, await self._read_tree())

    async def send_text(self, ref: str, text: str) -> None:
        """See `Multiplexer.send_text`; one line, typed key by key. *ref* is a ref or a UUID.

        Refused: several lines, tabs, long texts (the message says what to do), and a ref that stands for another
        surface than in the tree that `watch` has told.
        """
        text = cmux_typing.checked(ref, text)
        if not text:
            return
        async with self._typing:
            place = await self._aim(ref)
            await self._type(place, text)
            self._typed[ref] = (place.surface_id, time.monotonic())

    async def send_key(self, ref: str, key: str) -> None:
        """See `Multiplexer.send_key`; a single character is typed as text, Enter is never pressed into a dialog."""
        name = cmux_typing.key_name(key)
        async with self._typing:
            place = await self._aim(ref)
            typed, at = self._typed.get(ref, ("", 0.0))
            if typed and typed != place.surface_id and time.monotonic() - at < SAME_ACT:
                raise MuxError(
                    tr("{ref} is another terminal since the text was typed; choose it again", ref=safe_text(ref))
                )
            if name:
                await self._press(place, name, "send-key", name)
            else:
                await self._press(place, key, "send", "--", key)

    async def _type(self, place: Place, text: str) -> None:
        parts = cmux_typing.parts(text)
        if len(parts) > 1 and await self._call(place, text):
            return
        typed = ""
        for part in parts:
            try:
                await self._act(place, "send", "--", part)
            except MuxError as error:
                if not typed:
                    raise
                raise MuxError(
                    tr(
                        "{error}; {done} of {count} characters were typed before: {look}",
                        error=error,
                        done=len(typed),
                        count=len(text),
                        look=tr(_LOOK),
                    )
                ) from error
            typed += part

    async def _call(self, place: Place, text: str) -> bool:
        """Type through ``cmux rpc``, which changes nothing in the text; False when the program has no such command."""
        target = {"workspace_id": place.workspace_id, "surface_id": place.surface_id}
        try:
            said = await self._program.act("rpc", "surface.send_text", json.dumps({**target, "text": text}))
        except CmuxSaid as error:
            if error.why == "usage":
                return False
            raise await self._failed(place, error) from error
        self._judge(place, f"OK {said}")
        return True

    async def _press(self, place: Place, name: str, command: str, *rest: str) -> None:
        try:
            await self._act(place, command, *rest)
        except CmuxSaid as error:
            # A key answers a dialog; cmux from late 2026 wants this word then. What Enter would answer is not known.
            if error.why != "busy" or "question or dialog" not in str(error) or name == "enter":
                raise
            await self._act(place, command, "--force", *rest)

    async def _act(self, place: Place, command: str, *rest: str) -> None:
        target = ("--workspace", place.workspace_id, "--surface", place.surface_id)
        try:
            said = await self._program.act("--id-format", "both", command, *target, *rest)
        except CmuxSaid as error:
            raise await self._failed(place, error) from error
        self._judge(place, said)

    async def _failed(self, place: Place, error: CmuxSaid) -> CmuxSaid:
        """The error of an act for people; a surface that has moved is looked for, so that the next attempt arrives."""
        name = place.info.ref
        if error.why in ("moved", "gone"):
            with suppress(MuxError):  # the first error is the one that counts
                await self._read_tree()
            return CmuxSaid(tr("{name}: nothing was typed: {error}", name=name, error=error), error.why, untouched=True)
        if error.why in ("slow", "other"):
            return CmuxSaid(
                tr(
                    "{name}: {error}; it may have been typed all the same: {look}",
                    name=name,
                    error=error,
                    look=tr(_LOOK),
                ),
                error.why,
            )
        return CmuxSaid(f"{name}: {error}", error.why)

    @staticmethod
    def _judge(place: Place, said: str) -> None:
        """Raise `CmuxSaid` unless the program says that it typed into *place*, and at once."""
        name, info = place.info.ref, place.info
        if not said.startswith("OK"):
            raise CmuxSaid(
                tr(
                    "{name}: cmux does not say that it was typed ({said}); {look}",
                    name=name,
                    said=safe_text(said, limit=100),
                    look=tr(_LOOK),
                )
            )
        uuids = {found.casefold() for found in _UUIDS.findall(said)}
        named = info.uuid.casefold() in uuids if info.uuid and uuids else name in (_REFS.findall(said) or [name])
        if not named:
            raise CmuxSaid(
                tr(
                    "{name}: cmux typed into another surface: {said}; look there",
                    name=name,
                    said=safe_text(said, limit=100),
                )
            )
        if re.search(r'\bqueued \(|"queued"\s*:\s*true', said):
            raise Queued(
                tr("{name}: cmux holds it back until the terminal has started; do not send it again", name=name)
            )

    async def focus(self, ref: str) -> None:
        """See `Multiplexer.focus`: selects it in cmux's window, which macOS may leave behind others."""
        place = await self._aim(ref)
        try:
            await self._program.act("focus-panel", "--workspace", place.workspace_id, "--panel", place.surface_id)
        except CmuxSaid as error:
            raise CmuxSaid(f"{place.info.ref}: {error}", error.why) from error

    async def close(self) -> None:
        """See `Multiplexer.close`; processes under way are killed."""
        self._closed = True
        self._going.set()
        self._wake.set()
        await self._program.close()


def decode_tree(text: str) -> Mapping[str, Any]:
    """Read what `cmux tree` prints, JSON or text. Raises ValueError for what is neither."""
    if not text.lstrip().startswith("{"):
        return cmux_text_tree.parse(text)
    try:
        tree = json.loads(text)
    except RecursionError as error:
        raise ValueError(tr("the JSON is nested too deep")) from error
    if not isinstance(tree, dict):
        raise ValueError(tr("the JSON is no object"))
    return tree


def plain_screen(text: str) -> Screen:
    """Read what `read-screen` prints. The program tells no size: the screen is as large as its text."""
    rows = tuple(safe_text(row.removesuffix("\r")).rstrip() for row in text.removesuffix("\n").split("\n"))
    return Screen(rows, rows, max(map(cells, rows)), len(rows))
