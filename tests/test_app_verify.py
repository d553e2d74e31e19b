"""A dispatch is verified from the running console: agents in a private tmux, the dispatch log on the disk."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, TextArea

from console.app import ConsoleApp
from console.config import Config, LogConfig, SurfaceConfig
from console.config_sections import VerifySection
from console.engine import Engine
from console.model.agent import AgentState
from console.mux.tmux import Tmux
from console.opening import Opened
from console.screens.record import RecordScreen
from console.screens.send import SendScreen
from console.screens.verdict import VerdictScreen
from console.screens.verifier import VerifierScreen
from tests.tmux_server import TmuxServer, agent
from tests.ui_helpers import drawn, until

SIZE = (120, 40)
OWN = "says: (?P<cross>x)|(?P<verdict>never)"


class House:
    """Two agents, one finished dispatch, a console over them."""

    def __init__(self, server: TmuxServer, folder: Path, verify: VerifySection = VerifySection()) -> None:  # noqa: B008
        quick = ("--script", "say,say,say", "--speed", "20")
        self.author = server.new(agent("codex", *quick), width=100, height=30)
        self.verifier = server.new(agent("claude", *quick), width=100, height=30)
        self.path = folder / "dispatch_log.json"
        record = {"id": 54, "surface": "CODEX 1", "task": "Hermes 샘플링", "status": "완료", "artifacts": ["a.md"]}
        working = {"id": 53, "surface": "CLAUDE V", "task": "other", "status": "failed"}
        self.path.write_text(json.dumps([working, record], ensure_ascii=False), "utf-8")
        self.config = Config(
            surfaces=(
                SurfaceConfig(self.author, "CODEX 1", "builder", "codex"),
                SurfaceConfig(self.verifier, "CLAUDE V", "교차 검증 전담", "claude"),
            ),
            log=LogConfig(str(self.path)),
            verify=verify,
        )
        self.engine = Engine(self.config, Tmux(str(server.socket)), state=folder / "state")
        self.app = ConsoleApp(self.config, self._open)

    async def _open(self) -> Opened:
        return Opened(self.engine)

    def records(self) -> dict[int, dict[str, Any]]:
        return {each["id"]: each for each in json.loads(self.path.read_text("utf-8"))}

    def states(self) -> list[AgentState]:
        return [each.status.state for each in self.app.snapshot.surfaces if each.status is not None]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Pilot[None]]:
        """The console, from when both agents are idle and the cursor is on #54."""
        async with self.app.run_test(size=SIZE, notifications=True) as pilot:
            try:
                await until(pilot, lambda: self.states() == [AgentState.IDLE] * 2, "both idle")
                await until(pilot, lambda: "Hermes" in drawn(self.app))
                self.app.main.query_one("#dispatches").focus()
                await pilot.pause()
                yield pilot
            finally:
                await self.engine.close()  # first: the app's end leaves its client no time

    async def shown(self, pilot: Pilot[None], kind: type, what: Callable[[], bool] = lambda: True) -> None:
        await until(pilot, lambda: isinstance(self.app.screen, kind) and what(), f"no {kind.__name__}")

    async def verify(self, pilot: Pilot[None]) -> None:
        """`v` on #54, the first choice, and the task as it is proposed."""
        await pilot.press("v")
        await self.shown(pilot, VerifierScreen, lambda: isinstance(self.app.focused, OptionList))
        await pilot.press("enter")
        await self.shown(pilot, SendScreen, lambda: "have nothing against it" in drawn(self.app))


async def test_a_dispatch_is_verified_by_another_agent_and_its_verdict_comes_back(
    tmux: TmuxServer, tmp_path: Path
) -> None:
    house = House(tmux, tmp_path)
    app = house.app
    async with house.running() as pilot:
        await house.verify(pilot)
        text = app.screen.query_one(TextArea).text
        assert "Verify dispatch #54, the work of CODEX 1." in text and "Its files: a.md" in text
        await pilot.press("ctrl+s")
        await until(pilot, lambda: house.records().get(55, {}).get("send_outcome") == "submitted", "not submitted")
        asked = house.records()[55]
        assert (asked["verifies"], asked["role"], asked["surface"]) == (54, "verification", house.verifier)
        assert asked["task"] == "Verify #54: Hermes 샘플링"
        await until(pilot, lambda: house.records()[54].get("verified_by_dispatch") == 55, "not linked back")
        assert house.records()[54]["verifier"] == "CLAUDE V"
        await until(pilot, lambda: "#55 on CLAUDE V has finished: self 4." in drawn(app), "no offer")
        assert "verification" not in house.records()[54], "never recorded by itself"
        await pilot.press("v")
        await house.shown(pilot, VerdictScreen, lambda: "#55 on CLAUDE V said at the end" in drawn(app))
        own, cross = (float(app.screen.query_one(f"#check-{name}", Input).value) for name in ("self", "cross"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: house.records()[55]["status"] == "완료", "the verification is done")
        check = house.records()[54]["verification"]
        assert (check["by"], check["self_score"], check["cross_score"]) == ("CLAUDE V", own, cross)
        assert check["verdict"] in ("pass", "warn")
        await until(pilot, lambda: app.screen is app.main and not app._answers)
        await pilot.press("enter")
        await house.shown(pilot, RecordScreen, lambda: "#55 on" in drawn(app))
        await pilot.press("o")
        await until(pilot, lambda: "#54, done: Hermes" in drawn(app), "the other record")


async def test_without_a_match_it_says_so_and_the_author_cannot_be_typed_in(tmux: TmuxServer, tmp_path: Path) -> None:
    house = House(tmux, tmp_path, VerifySection(pattern=(OWN,), template=("검증해줘 #{number}: {task}",)))
    app = house.app
    async with house.running() as pilot:
        await house.verify(pilot)
        assert app.screen.query_one(TextArea).text == "검증해줘 #54: Hermes 샘플링"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "#55 on CLAUDE V has finished: its" in drawn(app), "nothing was told")
        await pilot.press("v")
        await house.shown(pilot, VerdictScreen, lambda: "#55 on CLAUDE V: its last message" in drawn(app))
        assert [each.value for each in app.screen.query(Input)] == ["CLAUDE V", "", "", "", ""]
        app.screen.query_one("#check-verdict", Input).value = "warn"
        by = app.screen.query_one("#check-by", Input)
        for name in (house.author, "codex 1"):
            by.value = name
            await until(pilot, lambda: "than the author" in str(app.screen.query_one("#judged", Static).visual))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert "verification" not in house.records()[54] and house.records()[55]["status"] == "sent"


async def test_what_cannot_be_verified_says_why_and_a_verdict_can_be_typed_in(tmux: TmuxServer, tmp_path: Path) -> None:
    house = House(tmux, tmp_path)
    app = house.app
    async with house.running() as pilot:
        await pilot.press("down", "v")
        await until(pilot, lambda: "#53 is failed: there is nothing to verify." in drawn(app))
        await pilot.press("up", "v")
        await house.shown(pilot, VerifierScreen, lambda: "✗ its own work" in drawn(app))
        await pilot.press("r")
        await house.shown(pilot, VerdictScreen, lambda: "who verified it?" in drawn(app))
        app.screen.query_one("#check-by", Input).value = "operator"
        app.screen.query_one("#check-verdict", Input).value = "통과"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: house.records()[54].get("verification", {}).get("by") == "operator")
        await until(pilot, lambda: app.screen is app.main)
        app.main.set_focus(None)
        await pilot.press("v")
        await until(pilot, lambda: "go to the table (Tab)" in drawn(app))


async def test_where_nothing_is_recorded_nothing_is_sent(tmux: TmuxServer, tmp_path: Path) -> None:
    house = House(tmux, tmp_path)
    house.engine = Engine(replace(house.config), Tmux(str(tmux.socket)))
    async with house.running() as pilot:
        await pilot.press("v")
        await house.shown(pilot, VerifierScreen)
        await pilot.press("enter")
        await until(pilot, lambda: "Nothing can be recorded here" in drawn(house.app))
