"""The two lines that are always there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.service import Judgement, Service
from console.model.snapshot import CollectorSlice, MuxSlice, ServicesSlice
from console.model.telemetry import Collector, CollectorState
from console.widgets.bars import StatusBar, TopBar, TopView, counts
from tests.ui_helpers import HOSTILE, NOW, Stage, clickable, rows, whole

UP = Collector(
    CollectorState.UP, "GET http://127.0.0.1:4318/health 200", ":4318", 30_306, 1_096, 7, 16, 12_920_000, 11_100
)
TOP = TopView(MuxSlice("tmux 3.5 default", NOW), 6, 0, "", 0, 1)


def service(name: str, judgement: Judgement, expected: str = "running") -> Service:
    observed = expected if judgement is Judgement.OK else {"running": "absent", "absent": "running"}[expected]
    return Service(name, expected, observed, judgement, "evidence")


async def top(view: TopView, width: int = 120, now: float = NOW) -> str:
    bar = TopBar()
    app = Stage(bar)
    async with app.run_test(size=(width, 1)) as pilot:
        bar.show(view, now)
        await pilot.pause()
        whole(app, (width, 1))
        assert clickable(app) == []
        return rows(app)[0]


async def status(collector: CollectorSlice, services: ServicesSlice, width: int = 160, now: float = NOW) -> str:
    bar = StatusBar()
    app = Stage(bar)
    async with app.run_test(size=(width, 1)) as pilot:
        bar.show(collector, services, now)
        await pilot.pause()
        whole(app, (width, 1))
        return rows(app)[0]


async def test_the_top_says_what_is_watched_and_who_waits() -> None:
    assert (await top(TOP)).split() == ["oc-console", "tmux", "3.5", "default", "6", "surfaces", "nobody", "waits"]
    assert (await top(replace(TOP, waiting=1, surfaces=1))).endswith("1 surface    ▲ 1 waits for you ")
    assert (await top(replace(TOP, waiting=2, note="demo fleet", pages=3, page=1))).split("  ")[1:2] == ["demo fleet"]
    assert "page 2/3" in await top(replace(TOP, pages=3, page=1))
    assert "looking for a terminal server" in await top(replace(TOP, mux=MuxSlice()))


async def test_the_top_says_when_the_server_is_away() -> None:
    gone = replace(TOP, waiting=2, mux=MuxSlice("tmux", NOW, "tmux: no server on /tmp/x", NOW - 75))
    shown = await top(gone)
    assert "✗ away 1m" in shown and "tmux: no server on /tmp/x" in shown
    assert "what is shown is from before" in shown and "wait for you" not in shown


async def test_nothing_configured_is_said() -> None:
    shown = await status(CollectorSlice(), ServicesSlice())
    assert "otel: not configured" in shown and "services: not configured" in shown
    shown = await status(CollectorSlice("http://x"), ServicesSlice("processes"))
    assert "otel: asking …" in shown and "services: looking …" in shown


async def test_counts_and_health_of_the_collector() -> None:
    shown = await status(CollectorSlice("http://x", NOW, UP), ServicesSlice("processes", NOW))
    assert "● otel :4318 30.3k logs 1.1k spans 7 metrics 16 resources 12.9 MB up 3h05" in shown
    assert "read" not in shown
    assert "read 1m ago" in await status(CollectorSlice("http://x", NOW, UP), ServicesSlice(), now=NOW + 60)
    down = Collector(CollectorState.DOWN, "connection refused", ":4318")
    assert "✗ otel :4318 down: connection refused" in await status(CollectorSlice("x", NOW, down), ServicesSlice())
    assert counts(down) == "" and counts(UP, brief=True) == "30.3k logs 1.1k spans 7 metrics up 3h05"
    assert counts(replace(UP, logs=None, bytes=None, uptime=None)) == "1.1k spans 7 metrics 16 resources"


async def test_services_stand_by_urgency_and_the_good_ones_are_counted() -> None:
    services = (
        service("webapp", Judgement.OK),
        service("odd", Judgement.UNKNOWN),
        service("tail", Judgement.ATTENTION),
        service("auto-dispatcher", Judgement.ALARM, "absent"),
        service("otel", Judgement.OK),
    )
    shown = await status(CollectorSlice(), ServicesSlice("processes", NOW, services), 240)
    alarm, attention = "✗ auto-dispatcher running, expected absent", "✗ tail absent, expected running"
    assert shown.index(alarm) < shown.index(attention) < shown.index("✗ odd") < shown.index("● 2 as expected")


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
async def test_alarms_never_vanish_for_want_of_room(width: int) -> None:
    services = tuple(service(f"service-{n}", Judgement.ALARM if n == 7 else Judgement.ATTENTION) for n in range(12))
    shown = await status(CollectorSlice("x", NOW, UP), ServicesSlice("processes", NOW, services), width)
    assert "✗ service-7" in shown and "more" in shown and "● 0 as expected" in shown
    assert "otel" in shown


async def test_showing_the_same_paints_nothing() -> None:
    bar = TopBar()
    app = Stage(bar)
    async with app.run_test(size=(100, 1)) as pilot:
        bar.show(TOP, NOW)
        await pilot.pause()
        bar.painted = 0
        bar.show(TOP, NOW + 1)
        assert bar.painted == 0
        bar.show(replace(TOP, waiting=1), NOW + 2)
        assert bar.painted == 1


async def test_markup_is_only_text() -> None:
    first, last = TopBar(), StatusBar()
    app = Stage(first, last)
    async with app.run_test(size=(200, 2)) as pilot:
        for text in HOSTILE:
            first.show(replace(TOP, note=text), NOW)
            found = CollectorSlice("x", NOW, Collector(CollectorState.DEGRADED, text, text))
            last.show(found, ServicesSlice("p", NOW, (service(text, Judgement.ALARM),)), NOW)
            await pilot.pause()
            whole(app, (200, 2))
            assert text in rows(app)[0] and rows(app)[1].count(text) == 3
            assert clickable(app) == []
            first.show(replace(TOP, mux=MuxSlice("tmux", NOW, text, NOW)), NOW)
            await pilot.pause()
            assert text in rows(app)[0]
