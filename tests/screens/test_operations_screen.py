"""The operations screen: every key, the mouse, rows that move, hostile and Korean texts, many services."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from console import i18n
from console.config import Config
from console.engine import Engine
from console.model.figure import Figure
from console.model.numbers import Number
from console.model.operations import OperationsSlice
from console.model.reading import CollectorRead, ServicesRead
from console.model.service import Judgement, Service
from console.model.service_detail import ServiceDetail
from console.model.snapshot import ServicesSlice, Snapshot
from console.model.telemetry import Collector, CollectorState, Exporter
from console.screens.operations import OperationsScreen
from console.widgets.operations_rows import first_wrong, is_schedule, rows
from console.widgets.operations_table import OperationsTable
from console.widgets.status_bar import StatusBar
from tests.ui_helpers import HOSTILE, Fleet, drawn, until, whole

SIZES = ((80, 24), (120, 40), (200, 55))


def service(name: str, judgement: Judgement = Judgement.OK, **more: object) -> Service:
    made = Service(name, "running", "running", judgement, f"pid 1 {name}", state="running", since=time.time() - 60)
    return replace(made, **more)  # type: ignore[arg-type]


ALARM = service("자동 배분기", Judgement.ALARM, observed="loaded", expected="unloaded", state="loaded")
MEMBERS = (service("com.x.a"), service("com.x.b", Judgement.ALARM, observed="failed"))
SERVICES = (
    service("otel-collector", manager="launchd", label="com.x.otel", pid=700),
    ALARM,
    service("OpenClaw", members=MEMBERS, since=None, observed="1 of 2 odd", judgement=Judgement.ATTENTION),
    service("vault-lint", manager="cron", next_run=time.time() + 3600, last_run=time.time() - 60),
    service("fine"),
)


def table(fleet: Fleet) -> OperationsTable:
    return fleet.app.screen.query_one(OperationsTable)


def marked(fleet: Fleet) -> str:
    row = table(fleet).marked
    return row.name if row is not None else ""


def ground(tmp_path: Path, **config: object) -> Fleet:
    fleet = Fleet(Config(**config))  # type: ignore[arg-type]
    fleet.engine = Engine(fleet.engine.config, fleet.mux, state=tmp_path / "state")
    return fleet


async def shown(fleet: Fleet, pilot: object, *services: Service, name: str = "") -> None:
    await fleet.start(pilot, 1)  # type: ignore[arg-type]
    fleet.post(ServicesRead(time.time(), "services", services or SERVICES))
    await fleet.settled(pilot)  # type: ignore[arg-type]
    await fleet.app.run_action(f"operations({name!r})")
    await until(pilot, lambda: isinstance(fleet.app.screen, OperationsScreen))  # type: ignore[arg-type]
    await pilot.pause()  # type: ignore[attr-defined]


def test_sections_come_by_urgency_with_odd_members() -> None:
    snapshot = Snapshot(services=ServicesSlice("services", 1.0, SERVICES))
    found = rows(snapshot, time.time())
    names = [row.name for row in found]
    assert names == [
        "Services 4  ▲ 2", "자동 배분기", "OpenClaw", "com.x.b", "otel-collector", "fine", "Schedules 1", "vault-lint",
    ]  # fmt: skip
    assert first_wrong(found) == "service 자동 배분기"
    assert [row.name for row in rows(snapshot, 1.0, {"service OpenClaw"}) if row.member] == ["com.x.b", "com.x.a"]
    assert [row.name for row in rows(snapshot, 1.0, (), ("otel", "launchd"))] == ["Services 4  ▲ 2", "otel-collector"]
    assert not rows(Snapshot(), 1.0)
    assert is_schedule(service("x", schedule="every 5m")) and is_schedule(service("x", label="x.timer"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_headings_stand_whole_and_every_row_is_as_wide_as_the_screen(
    size: tuple[int, int], tmp_path: Path
) -> None:
    fleet = ground(tmp_path)
    hostile = tuple(service(text, evidence=text) for text in HOSTILE)
    async with fleet.app.run_test(size=size) as pilot:
        await shown(fleet, pilot, *SERVICES, *hostile, service("한국어 이름이 아주 긴 서비스 " * 4))
        whole(fleet.app, size)
        text = drawn(fleet.app)
        for word in (
            "Services",
            "state",
            "for",
            "what was seen",
            "자동 배분기",
            "expected unloaded",
            "Enter",
            "Esc back",
        ):
            assert word in text, text
        assert marked(fleet) == "자동 배분기"
        assert "loaded since" in text and "unloaded: alarm" in text


async def test_eighty_columns_hold_every_korean_heading(tmp_path: Path) -> None:
    i18n.use("ko")
    fleet = ground(tmp_path)
    async with fleet.app.run_test(size=(80, 24)) as pilot:
        await shown(fleet, pilot)
        whole(fleet.app, (80, 24))
        text = drawn(fleet.app)
        for word in ("서비스 4  ▲ 2", "상태", "지속", "관측 내용", "로드됨", "실행 중", "다음 실행", "후  ", "Esc 뒤로",
                     "로드됨, ", "언로드됨: 경보"):  # fmt: skip
            assert word in text, (word, text)
        assert marked(fleet) == "자동 배분기" and table(fleet).go("service vault-lint")
        for words in (("경보",), ("alarm",), ("loaded",), ("로드됨",)):
            assert "자동 배분기" in [row.name for row in rows(fleet.app.snapshot, time.time(), (), words)], words


async def test_keys_move_and_the_cursor_stays_on_its_row(tmp_path: Path) -> None:
    fleet = ground(tmp_path)
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await shown(fleet, pilot)
        for keys, name in (
            ("down", "OpenClaw"), ("j", "com.x.b"), ("k", "OpenClaw"), ("up", "자동 배분기"), ("up", "자동 배분기"),
            ("tab", "vault-lint"), ("tab", "자동 배분기"), ("shift+tab", "vault-lint"), ("home", "자동 배분기"),
            ("end", "vault-lint"), ("pageup", "자동 배분기"), ("pagedown", "vault-lint"),
        ):  # fmt: skip
            await pilot.press(keys)
            assert marked(fleet) == name, keys
        await pilot.press("home", "down", "down", "down")
        assert marked(fleet) == "otel-collector"
        worse = service("fine", Judgement.ALARM)
        fleet.post(ServicesRead(time.time(), "services", (worse, *SERVICES[:4])))
        await fleet.settled(pilot)
        await until(pilot, lambda: "▲ 3" in drawn(fleet.app))
        assert marked(fleet) == "otel-collector"
        # Nothing is painted again when nothing changed but the time of reading.
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(fleet.app.screen, OperationsScreen))


async def test_enter_shows_the_members_of_a_pattern_and_the_filter_narrows(tmp_path: Path) -> None:
    fleet = ground(tmp_path)
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await shown(fleet, pilot, name="OpenClaw")
        assert marked(fleet) == "OpenClaw" and "com.x.a" not in drawn(fleet.app)
        await pilot.press("enter")
        await until(pilot, lambda: "╰ com.x.a" in drawn(fleet.app))
        await pilot.press("slash", *"alarm", "enter")
        await until(pilot, lambda: "otel-collector" not in drawn(fleet.app))
        assert "자동 배분기" in drawn(fleet.app)
        await pilot.press("escape")
        await until(pilot, lambda: "otel-collector" in drawn(fleet.app))
        await pilot.press("slash", *"no such thing")
        await until(pilot, lambda: "nothing matches no such thing" in drawn(fleet.app))
        await pilot.press("escape", "q")
        await until(pilot, lambda: not isinstance(fleet.app.screen, OperationsScreen))


async def test_a_click_selects_a_double_click_opens_the_status_bar_and_o_lead_here(tmp_path: Path) -> None:
    fleet = ground(tmp_path)
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await shown(fleet, pilot)
        await pilot.click("#operations", offset=(5, 4))
        assert marked(fleet) == "otel-collector"
        await pilot.click("#operations", offset=(5, 0))
        assert marked(fleet) == "otel-collector"
        await pilot.click("#operations", offset=(5, 2), times=2)
        await until(pilot, lambda: "╰ com.x.a" in drawn(fleet.app))
        await pilot.click("#keys", offset=(76, 0))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(fleet.app.screen, OperationsScreen))
        fleet.app.main.query_one(StatusBar).post_message(StatusBar.Pressed("fine"))
        await until(pilot, lambda: isinstance(fleet.app.screen, OperationsScreen))
        await until(pilot, lambda: marked(fleet) == "fine")
        await fleet.app.run_action("operations('otel-collector')")
        await until(pilot, lambda: marked(fleet) == "otel-collector")
        await pilot.press("o")
        await until(pilot, lambda: not isinstance(fleet.app.screen, OperationsScreen))
        await pilot.press("o")
        await until(pilot, lambda: isinstance(fleet.app.screen, OperationsScreen))


async def test_the_detail_has_history_log_and_what_its_manager_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "x.log"
    log.write_text("".join(f"줄 {n} \x1b[31mred OPENAI_API_KEY=sk-abcdefghijklmnopqrstuvwx\n" for n in range(50)))
    asked: list[str] = []

    async def describe(each: Service) -> ServiceDetail:
        from console.services.detail import tail

        asked.append(each.name)
        facts = (("command", "/bin/run --한국어 [/]"), ("last exit", "killed by SIGTERM (15)"))
        return ServiceDetail(each.name, time.time(), facts, tail(str(log)), "")

    monkeypatch.setattr("console.services.detail.describe", describe)
    fleet = ground(tmp_path)
    gone = service("자동 배분기", observed="unloaded", expected="unloaded", state="unloaded", since=None, log=str(log))
    async with fleet.app.run_test(size=(200, 55)) as pilot:
        await shown(fleet, pilot, gone, service("fine"))
        await until(pilot, lambda: "/bin/run --한국어 [/]" in drawn(fleet.app) and "줄 49" in drawn(fleet.app))
        assert "killed by SIGTERM (15)" in drawn(fleet.app) and "unloaded since" in drawn(fleet.app)
        assert "sk-abcd" not in drawn(fleet.app) and "\x1b" not in drawn(fleet.app) and "줄 29" not in drawn(fleet.app)
        await pilot.press("down")
        await until(pilot, lambda: asked[-1] == "fine")
        assert len(asked) == 2  # the members of the list are not asked, only the row of the cursor
        whole(fleet.app, (200, 55))


async def test_two_hundred_services_draw_only_what_is_on_screen(tmp_path: Path) -> None:
    fleet = ground(tmp_path)
    many = tuple(service(f"서비스 {n:03}", evidence=f"pid {n}") for n in range(200))
    async with fleet.app.run_test(size=(80, 24)) as pilot:
        await shown(fleet, pilot, *many)
        painted = table(fleet).painted
        changed = tuple(replace(each, evidence="other") if n >= 100 else each for n, each in enumerate(many))
        fleet.post(ServicesRead(time.time(), "services", changed))
        await fleet.settled(pilot)
        await pilot.pause(0.4)
        assert table(fleet).painted - painted <= 2 * table(fleet).size.height
        await pilot.press("end")
        await until(pilot, lambda: "서비스 199" in drawn(fleet.app))
        whole(fleet.app, (80, 24))


async def test_collector_figures_and_exporters_are_told_with_their_curves(tmp_path: Path) -> None:
    fleet = ground(tmp_path)
    now = time.time()
    exporter = Exporter("otlp/백업", sent=900, failed=100, queued=95, capacity=100)
    async with fleet.app.run_test(size=(200, 55)) as pilot:
        await fleet.start(pilot, 1)
        for step in range(4):
            logs = 30_000 + step * step * 100
            told = replace(
                Collector(CollectorState.UP, "GET http://x/health 200", ":4318", logs=logs, spans=5),
                uptime=900.0 + 20 * step,
                exporters=(exporter,),
                origins=(("logs", "url"), ("uptime", "url")),
            )
            fleet.post(CollectorRead(now - 80 + 20 * step, "http://x", told))
        figure = Figure("로그 수", "건", Number(30_306), Number(30_300), "count.txt", now)
        fleet.engine.snapshot = replace(fleet.engine.snapshot, operations=OperationsSlice(figures=(figure,)))
        await fleet.settled(pilot)
        await fleet.app.run_action("operations('collector')")
        await until(pilot, lambda: isinstance(fleet.app.screen, OperationsScreen) and "otel" in marked(fleet))
        text = drawn(fleet.app)
        assert "otlp/백업" in text and "95%" in text and "30,306건" in text and "+6" in text
        assert "/min" in text and any(bar in text for bar in "▂▃▄▅▆▇█"), text
        await pilot.press("down")
        await until(pilot, lambda: "100, 10.0% of all" in drawn(fleet.app))


# -- acts --------------------------------------------------------------------------------------------------------------


def test_columns_are_cut_by_cells() -> None:
    from console.widgets.operations_table import _column, _right

    assert cell_len(_column("한국어 이름이 긴 서비스", 11)) == 11
    assert cell_len(_right("한국어 이름", 8)) == 8
