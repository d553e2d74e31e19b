"""What is shown in the terminal server's own sidebar."""

from __future__ import annotations

from console.actions.publish import Sidebar
from console.model.agent import AgentState, AgentStatus, Detection
from console.model.snapshot import Snapshot
from console.model.surface import Surface, SurfaceInfo
from console.mux.base import MuxError


class Recorder:
    """A `Publisher` that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.broken = False

    async def set_status(self, ref: str, key: str, value: str, *, icon: str = "", color: str = "") -> None:
        self._note("pill", ref, value)

    async def set_progress(self, ref: str, fraction: float | None, label: str = "") -> None:
        self._note("progress", ref, fraction)

    async def log(self, ref: str, message: str, level: str = "info") -> None:
        self._note("log", ref, message, level)

    async def notify(self, ref: str, title: str, body: str) -> None:
        self._note("notify", ref, title, body)

    def _note(self, *what: object) -> None:
        if self.broken:
            raise MuxError("ERROR: Tab not found")
        self.told.append(what)

    def taken(self) -> list[tuple[object, ...]]:
        told, self.told = self.told, []
        return told


def surface(number: int, state: AgentState, reason: str = "") -> Surface:
    info = SurfaceInfo(f"surface:{number}", f"U{number}", "openclaw", f"openclaw:{number}")
    return Surface(info, f"CLAUDE {number}", status=AgentStatus(Detection("claude", state, reason), 1.0))


def fleet(*surfaces: Surface) -> Snapshot:
    return Snapshot(surfaces=surfaces)


async def test_a_sent_text_has_a_pill_a_log_line_and_progress_until_it_is_finished() -> None:
    to = Recorder()
    sidebar = Sidebar(to)
    working, idle = surface(5, AgentState.WORKING), surface(5, AgentState.IDLE)
    await sidebar.update(fleet(idle))
    assert to.taken() == []  # nothing was sent
    await sidebar.sent(idle, "fix the tailer", "submitted")
    assert to.taken() == [("log", "surface:5", "CLAUDE 5: submitted: fix the tailer", "info")]
    await sidebar.update(fleet(idle))  # not at work yet: not finished either
    assert to.taken() == [("pill", "surface:5", "CLAUDE 5: idle"), ("progress", "surface:5", 0.0)]
    await sidebar.update(fleet(working))
    assert to.taken() == [("pill", "surface:5", "CLAUDE 5: working")]
    await sidebar.update(fleet(working))
    assert to.taken() == []
    await sidebar.update(fleet(idle))
    assert to.taken() == [
        ("log", "surface:5", "CLAUDE 5: finished: fix the tailer", "success"),
        ("pill", "surface:5", "CLAUDE 5: finished"),
        ("progress", "surface:5", 1.0),
    ]
    await sidebar.clear()
    assert to.taken() == [("pill", "surface:5", ""), ("progress", "surface:5", None)]


async def test_a_send_that_was_refused_is_a_warning_and_has_no_pill() -> None:
    to = Recorder()
    sidebar = Sidebar(to)
    await sidebar.sent(surface(5, AgentState.APPROVAL), "x", "refused")
    assert to.taken() == [("log", "surface:5", "CLAUDE 5: refused: x", "warning")]
    await sidebar.update(fleet(surface(5, AgentState.APPROVAL)))
    assert to.taken() == []


async def test_who_begins_to_wait_is_told_once_and_who_waited_at_the_start_never() -> None:
    to = Recorder()
    sidebar = Sidebar(to)
    old = surface(1, AgentState.APPROVAL)
    await sidebar.update(fleet(old, surface(5, AgentState.WORKING)))
    await sidebar.update(fleet(old, surface(5, AgentState.QUESTION, "which one?")))
    await sidebar.update(fleet(old, surface(5, AgentState.QUESTION, "which one?")))
    assert to.taken() == [("notify", "surface:5", "CLAUDE 5: question", "which one?")]


async def test_what_cannot_be_published_is_said_and_stops_nothing() -> None:
    to = Recorder()
    sidebar = Sidebar(to)
    to.broken = True
    await sidebar.sent(surface(5, AgentState.IDLE), "x", "submitted")
    assert "Tab not found" in sidebar.error
    to.broken = False
    await sidebar.update(fleet(surface(5, AgentState.WORKING)))
    assert sidebar.error == "" and to.taken()
