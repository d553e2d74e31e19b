"""What is shown in the terminal server's own sidebar."""

from __future__ import annotations

from dataclasses import replace

from console.actions.publish import Sidebar
from console.model.agent import AgentState, AgentStatus, Detection
from console.model.snapshot import MuxSlice, Snapshot
from console.model.surface import Surface, SurfaceInfo
from console.mux.base import MuxError


class Recorder:
    """A `Publisher` that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.broken = False
        self.pills: list[tuple[str, str]] = []

    async def set_status(self, ref: str, key: str, value: str, *, icon: str = "", color: str = "") -> None:
        self._note("pill", ref, value)
        if (ref, key) not in self.pills:
            self.pills.append((ref, key))

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
    assert to.taken() == [("log", "U5", "CLAUDE 5: submitted: fix the tailer", "info")]
    await sidebar.update(fleet(idle))  # not at work yet: not finished either
    assert to.taken() == [("pill", "U5", "CLAUDE 5: idle"), ("progress", "U5", 0.0)]
    await sidebar.update(fleet(working))
    assert to.taken() == [("pill", "U5", "CLAUDE 5: working")]
    await sidebar.update(fleet(working))
    assert to.taken() == []
    await sidebar.update(fleet(idle))
    assert to.taken() == [
        ("log", "U5", "CLAUDE 5: finished: fix the tailer", "success"),
        ("pill", "U5", "CLAUDE 5: finished"),
        ("progress", "U5", 1.0),
    ]
    await sidebar.clear()
    assert to.taken() == [("pill", "U5", ""), ("progress", "U5", None)]


async def test_a_send_that_was_refused_is_a_warning_and_has_no_pill() -> None:
    to = Recorder()
    sidebar = Sidebar(to)
    await sidebar.sent(surface(5, AgentState.APPROVAL), "x", "refused")
    assert to.taken() == [("log", "U5", "CLAUDE 5: refused: x", "warning")]
    await sidebar.update(fleet(surface(5, AgentState.APPROVAL)))
    assert to.taken() == []


async def test_who_begins_to_wait_is_told_once_and_who_waited_at_the_start_never() -> None:
    to = Recorder()
    sidebar = Sidebar(to)
    old = surface(1, AgentState.APPROVAL)
    await sidebar.update(fleet(old, surface(5, AgentState.WORKING)))
    await sidebar.update(fleet(old, surface(5, AgentState.QUESTION, "which one?")))
    await sidebar.update(fleet(old, surface(5, AgentState.QUESTION, "which one?")))
    assert to.taken() == [("notify", "U5", "CLAUDE 5: question", "which one?")]


async def test_what_cannot_be_published_is_said_and_stops_nothing() -> None:
    to = Recorder()
    sidebar = Sidebar(to)
    to.broken = True
    await sidebar.sent(surface(5, AgentState.IDLE), "x", "submitted")
    assert "Tab not found" in sidebar.error
    to.broken = False
    await sidebar.update(fleet(surface(5, AgentState.WORKING)))
    assert sidebar.error == "" and to.taken()


async def test_each_surface_of_a_workspace_has_a_pill_of_its_own_and_a_gone_one_leaves_none() -> None:
    to = Recorder()
    sidebar = Sidebar(to)
    both = fleet(surface(1, AgentState.WORKING), surface(5, AgentState.WORKING))
    await sidebar.sent(both.surfaces[0], "x", "submitted")
    await sidebar.sent(both.surfaces[1], "y", "submitted")
    await sidebar.update(both)
    assert to.pills == [("U1", "oc-console-U1"), ("U5", "oc-console-U5")]
    to.taken()
    await sidebar.update(fleet(surface(5, AgentState.WORKING)))
    assert to.taken() == [("pill", "U5", ""), ("progress", "U5", 0.0)] and to.pills[-1] == ("U5", "oc-console-U1")


async def test_what_was_not_taken_is_told_again_and_all_of_it_after_a_restart() -> None:
    to = Recorder()
    sidebar = Sidebar(to)
    here = fleet(surface(5, AgentState.WORKING))
    await sidebar.sent(here.surfaces[0], "x", "submitted")
    to.taken()
    to.broken = True
    await sidebar.update(here)
    to.broken = False
    await sidebar.update(here)
    pills = [("pill", "U5", "CLAUDE 5: working"), ("progress", "U5", 0.0)]
    assert to.taken() == pills
    await sidebar.update(replace(here, mux=MuxSlice(error="away")))
    assert to.taken() == []
    await sidebar.update(here)
    assert to.taken() == pills


async def test_workspaces_of_one_title_have_their_own_progress() -> None:
    to = Recorder()
    sidebar = Sidebar(to)
    one, two = surface(1, AgentState.WORKING), surface(5, AgentState.WORKING)
    two = replace(two, info=replace(two.info, workspace_ref="workspace:2"))
    await sidebar.sent(one, "x", "submitted")
    await sidebar.sent(two, "y", "submitted")
    await sidebar.update(fleet(one, two))
    assert [each for each in to.taken() if each[0] == "progress"] == [("progress", "U1", 0.0), ("progress", "U5", 0.0)]
