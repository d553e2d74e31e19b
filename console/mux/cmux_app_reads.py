"""Which screen of the cmux app is read next, and what an answer of `surface.read_text` shows.

Every read is work for the app's main thread (cmux issues 5757, 9769), so: only the viewport, at most once a second for
what is on screen (twice after an event), four times a second for the surface the operator is in, every five seconds
for the rest, and never faster than the server answers.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from console.i18n import tr
from console.model.surface import Screen
from console.mux.base import Interest, MuxError, NotTyped
from console.mux.cmux_app_rpc import AppRefused
from console.mux.cmux_app_tree import Place
from console.safety import safe_text

FOCUSED_EVERY: Final = 0.25
VISIBLE_EVERY: Final = 1.0
HIDDEN_EVERY: Final = 5.0
SOON: Final = 0.5
"""Least seconds between two reads of one surface, even when events come faster."""
TELL_EVERY: Final = 1.0
"""Seconds after which a screen that stands still is told again, as the same object."""
ROWS: Final = 500
"""Rows of a screen that are kept, from its end."""


@dataclass(slots=True)
class View:
    """What is held of one surface between two reads. Times are monotonic seconds."""

    place: Place
    due: float
    read_at: float = 0.0
    told_at: float = 0.0
    state_at: float = 0.0
    """When its input state was asked for."""
    text: str | None = None
    screen: Screen | None = None
    error: str = ""
    busy: bool = False


class Reads:
    """The surfaces of the last tree and when each is due."""

    def __init__(self) -> None:
        self.views: dict[str, View] = {}
        self.interest = Interest()

    def take(self, places: Iterable[Place]) -> None:
        """The tree has changed: new surfaces are due now, what is gone is forgotten."""
        now = time.monotonic()
        known, self.views = self.views, {}
        for place in places:
            view = known.get(place.info.key) or View(place, now)
            view.place = place
            self.views[place.info.key] = view

    def look_at(self, interest: Interest) -> None:
        """The operator looks elsewhere: what came on screen is due as if it had been there all the time."""
        self.interest = interest
        for view in self.views.values():
            view.due = min(view.due, view.read_at + self._every(view))

    def soon(self, surface: str = "", workspace: str = "") -> None:
        """Something happened in a surface, or (without one) in a workspace, given by UUID."""
        for view in self.views.values():
            place = view.place
            if place.surface_id.casefold() == surface or (not surface and place.workspace_id.casefold() == workspace):
                gap = FOCUSED_EVERY if place.info.key == self.interest.focused else SOON
                view.due = min(view.due, max(time.monotonic() + 0.05, view.read_at + gap))

    def reread(self) -> None:
        """Read and tell everything again."""
        for view in self.views.values():
            view.due = view.told_at = 0.0

    def next(self) -> tuple[View | None, float]:
        """The view to read now, or None, and the monotonic time at which the next one is due."""
        free = [view for view in self.views.values() if not view.busy]
        if not free:
            return None, time.monotonic() + HIDDEN_EVERY
        now, focused = time.monotonic(), self.interest.focused
        first = min(free, key=lambda view: (view.due > now or view.place.info.key != focused, view.due))
        return (first, now) if first.due <= now else (None, first.due)

    def done(self, view: View) -> None:
        """*view* has been read now."""
        view.read_at = time.monotonic()
        view.due = view.read_at + self._every(view)

    def _every(self, view: View) -> float:
        key = view.place.info.key
        if key == self.interest.focused:
            return FOCUSED_EVERY
        return VISIBLE_EVERY if key in self.interest.visible else HIDDEN_EVERY


class WrongAnswer(MuxError):
    """cmux answered, but not for the surface it was asked about, or without what it was asked for."""


def target(place: Place) -> dict[str, str]:
    """The two ids, out of one tree, that every request for a surface carries."""
    return {"surface_id": place.surface_id, "workspace_id": place.workspace_id}


def echoed(result: dict[str, Any], place: Place) -> None:
    """Check that cmux speaks of the surface it was asked about. Raises `WrongAnswer`."""
    told = result.get("surface_id")
    if not isinstance(told, str) or told.casefold() != place.surface_id.casefold():
        other = safe_text(str(told), limit=60) if told else tr("no surface")
        raise WrongAnswer(
            tr(
                "{ref}: cmux answered for another surface ({other}), not for {surface_id}",
                ref=place.info.ref,
                other=other,
                surface_id=place.surface_id,
            )
        )


def viewport(result: dict[str, Any], place: Place) -> str:
    """The text of an answer to `surface.read_text`. Raises `WrongAnswer`."""
    echoed(result, place)
    text = result.get("text")
    if not isinstance(text, str):
        raise WrongAnswer(tr("{ref}: cmux answered without a text", ref=place.info.ref))
    return text


def screen(text: str) -> Screen:
    """A viewport's text as a screen: no colours, no cursor; as wide as its longest row in cells (cmux does not say)."""
    rows = tuple(safe_text(row).rstrip() for row in text.replace("\r\n", "\n").removesuffix("\n").split("\n")[-ROWS:])
    return Screen(rows, rows, max(map(cells, rows)), len(rows))


def cells(row: str) -> int:
    """How many columns *row* takes."""
    if row.isascii():
        return len(row)
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in row
    )


def explain(error: AppRefused, place: Place) -> MuxError:
    """cmux's no in words that help."""
    ref, workspace = place.info.ref, place.info.workspace
    match error.code:
        case "internal_error":
            return MuxError(
                tr("{ref}: its terminal has not started yet (cmux starts it when its workspace is shown)", ref=ref)
            )
        case "invalid_params" if "terminal" in str(error):
            return MuxError(
                tr(
                    "{ref} is not in the workspace {workspace} any more; the tree is read again",
                    ref=ref,
                    workspace=workspace,
                )
            )
        case "not_found":
            return MuxError(tr("{ref} is gone from cmux; the tree is read again", ref=ref))
        case "input_queue_full":
            return NotTyped(tr("{ref}: cmux holds too much text for it already; nothing was typed", ref=ref))
        case "process_exited" | "surface_unavailable":
            return NotTyped(tr("{ref}: {error}; nothing was typed", ref=ref, error=error))
        case _:
            return MuxError(f"{ref}: {error}")
