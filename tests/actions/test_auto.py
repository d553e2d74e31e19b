"""Approving without a person: a demo agent that is approved, and everything that keeps the hand off the keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from console.actions.answer import AnswerResult, answer
from console.actions.auto import NAME, AutoApprover
from console.config import Config
from console.engine import Engine
from console.model.approval import ApprovalPolicy, ApprovalRule
from console.model.dialog import Choice, DialogId
from console.model.reading import ScreenRead
from console.model.snapshot import Snapshot, reduce
from console.model.surface import Screen
from console.mux.tmux import Tmux
from tests.agents.samples import CODEX_APPROVAL, CODEX_QUESTION, DETECTOR, codex
from tests.agents.samples import screen as drawn
from tests.eventually import eventually
from tests.fakes.mux import info, tree
from tests.tmux_server import TmuxServer, agent

ANY = ApprovalRule("any", surfaces=("*",), allow=(".*",))
POLICY = ApprovalPolicy(enabled=True, dry_run=False, rules=(ANY,))
NOW = 1_000_000.0


def asks(command: str) -> Screen:
    return drawn(CODEX_APPROVAL.replace("touch /opt/created.txt", command), (1, 10))


class Desk:
    """An approver over a snapshot that the test writes."""

    def __init__(self, folder: Path, policy: ApprovalPolicy = POLICY) -> None:
        self.now = NOW
        self.pressed: list[tuple[str, str, DialogId]] = []
        self.before: Callable[[], None] = lambda: None
        self.result = AnswerResult("answered", "taken", Choice(1, "Yes, proceed", "y", "accept-once"))
        self.snapshot = reduce(Snapshot(), tree(1.0, "%1", "%2", info("%3", dead=True)))
        self.auto = AutoApprover(policy, self.press, folder, clock=lambda: self.now)
        self.path = folder / NAME

    async def press(self, key: str, wanted: str, expected: DialogId, veto: Callable[[], str]) -> AnswerResult:
        self.before()
        await asyncio.sleep(0)
        if why := veto():
            return AnswerResult("refused", why)
        self.pressed.append((key, wanted, expected))
        return self.result

    def show(self, key: str, screen: Screen) -> None:
        self.now += 1
        self.snapshot = reduce(self.snapshot, ScreenRead(self.now, key, screen, DETECTOR.detect(screen)))

    async def look(self) -> list[str]:
        return [f"{each.surface}: {each.decision.verdict}" for each in await self.auto.look(self.snapshot)]

    def journal(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []


async def test_an_allowed_command_is_approved_once_and_written_down(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.show("%1", asks("pytest -q"))
    assert await desk.look() == ["s:1.0: allow"]
    ((key, wanted, expected),) = desk.pressed
    assert (key, wanted) == ("%1", "y") and "  $ pytest -q" in expected.body
    assert await desk.look() == [], "one dialog, one decision"
    decision, result = desk.journal()
    assert (decision["verdict"], decision["rule"], decision["subject"]) == ("allow", "any", "pytest -q")
    assert "Would you like to run" in str(decision["dialog"]) and decision["at"] == desk.now
    assert (result["outcome"], result["evidence"]) == ("answered", "taken")
    assert desk.path.stat().st_mode & 0o777 == 0o600
    desk.show("%1", codex("• Done."))
    desk.show("%1", asks("pytest -q"))
    assert await desk.look() == ["s:1.0: allow"], "asked again later"


async def test_what_is_not_allowed_is_left_and_written_down(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.show("%1", asks("curl -H token=abcdefgh x"))
    desk.show("%2", asks("ls $HOME"))
    assert await desk.look() == ["s:1.0: deny", "s:2.0: ask"]
    assert desk.pressed == [] and [each["verdict"] for each in desk.journal()] == ["deny", "ask"]
    assert "abcdefgh" not in desk.path.read_text() and "[redacted]" in desk.path.read_text()
    desk.show("%1", drawn(CODEX_QUESTION, (1, 10)))
    assert await desk.look() == [] and desk.pressed == [], "a question is nothing to approve"


async def test_a_dry_run_presses_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, replace(POLICY, dry_run=True, per_minute=1))
    desk.show("%1", asks("ls"))
    assert await desk.look() == ["s:1.0: allow"] and desk.pressed == []
    (decision,) = desk.journal()
    assert decision["dry_run"] is True and decision["verdict"] == "allow"
    desk.show("%1", asks("ls -l"))
    assert await desk.look() == ["s:1.0: ask"], "its rate is the real one"


async def test_off_is_off(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ApprovalPolicy(rules=(ANY,)))
    desk.show("%1", asks("ls"))
    assert not desk.auto.active and await desk.look() == []
    assert desk.pressed == [] and not desk.path.exists()


async def test_another_approver_suspends_this_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    surface = desk.snapshot.surfaces[0]
    assert desk.auto.covers(surface)
    desk.auto.suspend("/tmp/codex_auto_approve.sh is running")
    desk.show("%1", asks("ls"))
    assert await desk.look() == [] and "codex_auto_approve" in desk.auto.suspended and not desk.auto.covers(surface)
    desk.auto.suspend(True)
    assert desk.auto.suspended and not desk.auto.active
    desk.auto.suspend(False)
    assert await desk.look() == ["s:1.0: allow"], "what still waits is taken up"


async def test_stop_all_holds_and_also_stops_what_is_under_way(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.show("%1", asks("ls"))
    desk.show("%2", asks("ls -l"))
    desk.before = desk.auto.stop_all
    assert await desk.look() == ["s:1.0: allow"] and desk.pressed == []
    assert desk.journal()[-1]["outcome"] == "refused" and "stopped by the operator" in str(desk.journal()[-1])
    desk.auto.suspend("")
    assert await desk.look() == [] and not desk.auto.active
    desk.before = lambda: None
    desk.auto.resume()
    assert await desk.look() == ["s:2.0: allow"], "the first one stays with the person"


async def test_the_rates_hold_over_a_restart(tmp_path: Path) -> None:
    policy = replace(POLICY, per_hour=2)
    desk = Desk(tmp_path, policy)
    for number in range(3):
        desk.show("%1", asks(f"ls {number}"))
        assert await desk.look() == ["s:1.0: allow" if number < 2 else "s:1.0: ask"]
    again = Desk(tmp_path, policy)
    again.show("%1", asks("ls again"))
    assert await again.look() == ["s:1.0: ask"]
    later = Desk(tmp_path, policy)
    later.now += 4000
    later.auto = AutoApprover(policy, later.press, tmp_path, clock=lambda: later.now)
    later.show("%1", asks("ls again"))
    assert await later.look() == ["s:1.0: allow"]


async def test_what_cannot_be_written_down_is_not_approved(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    desk = Desk(tmp_path / "file")
    desk.show("%1", asks("ls"))
    (decided,) = await desk.auto.look(desk.snapshot)
    assert decided.decision.verdict == "ask" and "journal cannot be written" in decided.decision.why
    assert desk.pressed == []


async def test_a_result_that_cannot_be_written_down_stops_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.show("%1", asks("ls"))

    def spoil() -> None:
        desk.path.unlink()
        desk.path.mkdir()

    desk.before = spoil
    assert await desk.look() == ["s:1.0: allow"]
    assert "cannot be written" in desk.auto.stopped and not desk.auto.active


async def test_two_looks_at_once_press_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.show("%1", asks("ls"))
    await asyncio.gather(*(desk.look() for _ in range(5)))
    assert len(desk.pressed) == 1


@pytest.mark.tmux
@pytest.mark.parametrize("kind", ["claude", "codex"])
async def test_a_real_pane_is_approved_and_the_forbidden_is_not(
    tmux: TmuxServer, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.mux.tmux_panes.BACKSTOP", 0.1)
    command = agent(kind, "--start", "approval", "--script", "approval", "--speed", "20")
    safe = ("pytest -q tests/monitoring", "Run the tests")
    lines = f"from console.demo import tasks, agent; tasks.APPROVALS = ({safe!r},); raise SystemExit(agent.main())"
    allowed = tmux.new(command.replace("-m console.demo.agent", f'-c "{lines}"'), width=100, height=40)
    denied = tmux.new(command, width=100, height=40)
    engine = Engine(Config(), Tmux(str(tmux.socket)))

    async def press(key: str, wanted: str, expected: DialogId, veto: Callable[[], str]) -> AnswerResult:
        return await answer(engine.mux, key, wanted, expected, DETECTOR.detect, veto=veto)

    auto = AutoApprover(POLICY, press, tmp_path)
    task = asyncio.create_task(engine.run())
    try:
        verdicts: dict[str, list[str]] = {allowed: [], denied: []}
        for _ in range(300):
            for decided in await auto.look(engine.snapshot):
                verdicts[decided.key].append(f"{decided.decision.verdict} {decided.decision.rule}")
            if verdicts[allowed] and verdicts[denied]:
                break
            await asyncio.sleep(0.02)
        assert verdicts[allowed] == ["allow any"], tmux.screen(allowed)
        assert verdicts[denied] in (["deny never"], ["ask never"]), tmux.screen(denied)
        await eventually(lambda: "완료, 출력 없음" in tmux.screen(allowed), what=lambda: tmux.screen(allowed))
        assert "완료, 출력 없음" not in tmux.screen(denied)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await engine.close()
