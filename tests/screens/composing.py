"""A console of three surfaces, and its composer, for tests."""

from __future__ import annotations

import time
from dataclasses import replace

from textual.pilot import Pilot
from textual.widgets import Static, TextArea

from console.config import Config
from console.config_sections import GuardSection, TemplateSection
from console.model.agent import AgentState
from console.model.binding import SurfaceSpec
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.reading import LogRead, ScreenRead
from console.screens.send import SendScreen
from tests.ui_helpers import Fleet, info, screen, seen, until

SIZE = (120, 40)
CONFIG = replace(Config(), guards=GuardSection(stale_after=3600))
"""A reading of the test stays fresh, however slow the machine is."""
SPECS = (
    SurfaceSpec("%1", "CODEX 1", "구현", "codex"),
    SurfaceSpec("%2", "CLAUDE 2", "구현", "claude"),
    SurfaceSpec("%3", "CLAUDE V", "검증 전담", "claude"),
)
PLAIN = tuple(replace(spec, agent="") for spec in SPECS)
"""The same surfaces with programs whose input box is not known: a text is typed, and nothing is proven."""
TEMPLATES = (
    TemplateSection(
        "next step", "#{number} for {surface} as {role} after {previous} {nmber} {}", "builder", "CLAUDE V"
    ),
    TemplateSection("검증", "{surface}: 다음을\n검증하세요 {handoff}"),
)
LOG = (
    Dispatch(51, "%1", "재시작 정책", DispatchStatus.DONE, dispatched_at=1.0),
    Dispatch(54, "CODEX 1", "Hermes tailer 샘플링", DispatchStatus.DONE, dispatched_at=2.0),
    Dispatch(57, "%2", "섹터나침반 웹앱 UI 최종 검증", DispatchStatus.WORKING, dispatched_at=3.0),
)


async def start(
    fleet: Fleet,
    pilot: Pilot[None],
    states: tuple[AgentState, ...] = (AgentState.IDLE,) * 3,
    log: tuple[Dispatch, ...] = LOG,
) -> None:
    """Three surfaces and a log, read just now."""
    now = time.time()
    fleet.tree((info(number) for number in range(1, len(states) + 1)), now)
    for number, state in enumerate(states, 1):
        agent = "codex" if number == 1 else "claude"
        fleet.post(ScreenRead(now, f"%{number}", screen(f"screen {number}"), seen(state, agent)))
    fleet.post(LogRead(now, "log", log))

    def drawn_all() -> bool:
        snapshot = fleet.app.snapshot
        judged = [each for each in snapshot.surfaces if each.status is not None]
        return len(judged) == len(states) and snapshot.log.dispatches == log

    await until(pilot, drawn_all)
    await pilot.pause()


async def composer(fleet: Fleet, pilot: Pilot[None], key: str = "1") -> TextArea:
    """Open it for the pane *key*."""
    await pilot.press(key, "s")
    await until(pilot, lambda: isinstance(fleet.app.screen, SendScreen) and bool(fleet.app.screen.query(TextArea)))
    area = fleet.app.screen.query_one(TextArea)
    await until(pilot, lambda: area.has_focus and bool(hint(fleet)))
    return area


def hint(fleet: Fleet) -> str:
    return str(fleet.app.screen.query_one("#verdict", Static).visual)


def guards(fleet: Fleet) -> str:
    return str(fleet.app.screen.query_one("#guards", Static).visual)


async def on(fleet: Fleet, pilot: Pilot[None], kind: type) -> None:
    await until(pilot, lambda: isinstance(fleet.app.screen, kind), kind.__name__)
    await pilot.pause()
