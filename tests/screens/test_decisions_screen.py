"""The screens of decisions in the running console, over a real file and real commands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import TextArea

from console import i18n
from console.config import Config
from console.engine import Engine
from console.model.decision import Asked
from console.screens.decision import DecisionScreen, NewDecisionScreen
from console.screens.decisions import DecisionsScreen
from console.screens.send import SendScreen
from tests.ui_helpers import HOSTILE, Fleet, drawn, rows, until, whole

SIZE = (120, 40)
HANDOFF = "# 핸드오프\n\n## 결정 대기\n- Phase 5 재검증 승인\n- Hermes 업그레이드\n"


@asynccontextmanager
async def console(
    folder: Path, *asked: Asked, read_only: bool = False, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[Fleet, Pilot[None]]]:
    config = replace(Config(), decisions=str(folder / "d.yaml"))
    fleet = Fleet(config)
    fleet.engine = Engine(config, fleet.mux, state=folder / "state")
    assert fleet.engine.deciding is not None
    if asked:
        assert (await fleet.engine.deciding.add(asked)).done
    if read_only:
        fleet.engine = Engine(replace(config, read_only=True), fleet.mux, state=folder / "state")
    async with fleet.app.run_test(size=size, notifications=True) as pilot:
        await fleet.start(pilot, 2)
        await until(pilot, lambda: fleet.app.snapshot.decisions.complete)
        yield fleet, pilot


async def opened(fleet: Fleet, pilot: Pilot[None]) -> None:
    await pilot.press("d")
    await until(pilot, lambda: isinstance(fleet.app.screen, DecisionsScreen) and "Esc back" in drawn(fleet.app))


async def inside(fleet: Fleet, pilot: Pilot[None]) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(fleet.app.screen, DecisionScreen) and "back." in drawn(fleet.app))


async def test_what_is_pending_is_counted_quietly_decided_and_run_after_a_question(tmp_path: Path) -> None:
    asked = Asked("로그를 볼까요?", (f"cd {tmp_path} && printf '%s' 안녕", "ls | wc"), options=("예", "아니오"))
    async with console(tmp_path, asked) as (fleet, pilot):
        app = fleet.app
        await until(pilot, lambda: "1 decision " in rows(app)[0])
        await opened(fleet, pilot)
        assert "▲" in drawn(app) and "로그를 볼까요?" in drawn(app) and "1 of 2: cd" in drawn(app)
        await inside(fleet, pilot)
        assert f"in {tmp_path}"[:60] in drawn(app) and "it needs a shell (|)" in drawn(app)
        await pilot.press("enter")
        await until(pilot, lambda: "An answer is needed" in drawn(app))
        await pilot.press(*"yes", "enter", "enter")
        await until(pilot, lambda: "u lets it wait again" in drawn(app))
        assert "✗ it is decided" not in drawn(app) and "Run this" not in drawn(app), "a second Enter is the same one"
        await until(pilot, lambda: "decisions" not in rows(app)[0])
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "y runs it" in drawn(app))
        await pilot.press("n")
        await until(pilot, lambda: "Nothing was run." in drawn(app))
        assert "ran:" not in (tmp_path / "d.yaml").read_text()
        await pilot.press("enter")
        await until(pilot, lambda: "y runs it" in drawn(app))
        await pilot.press("y")
        await until(pilot, lambda: "✓ exit 0 after" in drawn(app) and "안녕" in drawn(app))
        text = (tmp_path / "d.yaml").read_text()
        assert "exit: 0" in text and "result: 안녕" in text and "answer: 'yes'" in text
        await pilot.press("u")
        await until(pilot, lambda: "it waits again" in drawn(app) and "Enter decides" in drawn(app))
        whole(app, SIZE)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is app.main)
        assert fleet.mux.typed == []


async def test_what_the_last_hand_off_asks_for_is_offered_once(tmp_path: Path) -> None:
    (tmp_path / "handoff-1.md").write_text(HANDOFF, encoding="utf-8")
    async with console(tmp_path, Asked("hermes 업그레이드")) as (fleet, pilot):
        app = fleet.app
        await opened(fleet, pilot)
        await until(pilot, lambda: "+       Phase 5 재검증 승인" in drawn(app) and "handoff-1.md" in drawn(app))
        assert "+       Hermes" not in drawn(app)
        await pilot.press("i")
        await until(pilot, lambda: "Asked in the last" not in drawn(app) and "Phase 5" in drawn(app))
        await pilot.press("i")
        await until(pilot, lambda: "asks for nothing new" in drawn(app))
        assert "source: handoff-1.md:4" in (tmp_path / "d.yaml").read_text()


async def test_one_is_noted_and_withdrawn_after_a_question(tmp_path: Path) -> None:
    async with console(tmp_path) as (fleet, pilot):
        app = fleet.app
        await opened(fleet, pilot)
        assert "Nothing waits for a decision" in drawn(app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NewDecisionScreen))
        await pilot.press("enter", *"ship", "enter")
        await until(pilot, lambda: "▲" in drawn(app) and "ship" in drawn(app))
        await pilot.press("x")
        await until(pilot, lambda: "Withdraw “ship”?" in drawn(app))
        await pilot.press("n", "y", "x", "y")
        await until(pilot, lambda: "withdrawn" in drawn(app) and "▲" not in drawn(app))


async def test_a_start_line_goes_into_the_composer_and_nowhere_else(tmp_path: Path) -> None:
    async with console(tmp_path, Asked("Codex 재시작", options=("-a never",))) as (fleet, pilot):
        await opened(fleet, pilot)
        await inside(fleet, pilot)
        await pilot.press(*"ok", "enter")
        await until(pilot, lambda: "u lets it wait" in drawn(fleet.app))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(fleet.app.screen, SendScreen))
        assert fleet.app.screen.query_one(TextArea).text == "codex -a never" and fleet.mux.typed == []


async def test_nothing_changes_in_a_read_only_console_and_no_text_is_markup(tmp_path: Path) -> None:
    asked = [Asked(f"{text} {n}", (f"ls '{text}'",), options=(text,)) for n, text in enumerate(HOSTILE)]
    async with console(tmp_path, *asked, read_only=True, size=(80, 24)) as (fleet, pilot):
        before = (tmp_path / "d.yaml").read_bytes()
        await opened(fleet, pilot)
        assert "This console is read-only" in drawn(fleet.app) and HOSTILE[0] in drawn(fleet.app)
        await inside(fleet, pilot)
        assert HOSTILE[0] in drawn(fleet.app)
        await pilot.press(*"no", "enter")
        await until(pilot, lambda: "read-only; nothing was changed" in drawn(fleet.app))
        whole(fleet.app, (80, 24))
        assert (tmp_path / "d.yaml").read_bytes() == before


async def test_a_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text("decisions: [\n")
    async with console(tmp_path) as (fleet, pilot):
        await until(pilot, lambda: bool(fleet.app.snapshot.decisions.error))
        await opened(fleet, pilot)
        await until(pilot, lambda: "not valid YAML" in drawn(fleet.app))


async def test_in_korean_every_label_is_korean_and_whole(tmp_path: Path) -> None:
    i18n.use("ko")
    (tmp_path / "handoff-1.md").write_text(HANDOFF, encoding="utf-8")
    async with console(tmp_path, Asked("배포할까요?", ("ls", "ls | wc")), size=(80, 24)) as (fleet, pilot):
        app = fleet.app
        await pilot.press("d")
        await until(pilot, lambda: "지난 핸드오프에서 물은 것, handoff-1.md" in drawn(app))
        assert "결정 사항" in drawn(app) and "2개 중 1: ls" in drawn(app)
        assert "Enter 결정, x 철회, n 새로 기록, Esc 뒤로." in drawn(app)
        await pilot.press("enter")
        await until(pilot, lambda: "셸이 필요합니다 (|)" in drawn(app))
        assert "Tab 이동, Esc 뒤로." in drawn(app) and "응답; Enter로 결정" in drawn(app)
        await pilot.press(*"yes", "enter")
        await until(pilot, lambda: "결정됨: yes" in drawn(app) and "u 다시 대기, Esc 뒤로." in drawn(app))
        assert "state: decided" in (tmp_path / "d.yaml").read_text(), "the file is English in every language"
        whole(app, (80, 24))
