"""The line at the bottom: the collector, services by urgency, a count of the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import on

from console import i18n
from console.model.service import Judgement, Service
from console.model.snapshot import CollectorSlice, ServicesSlice, Snapshot
from console.model.telemetry import Collector, CollectorState, Exporter
from console.model.trend import Point, Rates, Restart, Trend
from console.widgets.status_bar import StatusBar, rows_told
from console.widgets.status_parts import COLLECTOR, EVERYTHING, Piece, one_line, two_lines, watched_words
from tests.ui_helpers import HOSTILE, NOW, Stage, clickable, rows, until, whole

EVIDENCE = "GET http://127.0.0.1:4318/health 200 status=ok"
UP = Collector(CollectorState.UP, EVIDENCE, ":4318", 30_306, 1_096, 7, 16, 12_920_000, 11_100)
MOVING = Trend(rates=Rates(40.0, 2.0, 0.0))
TOLD = CollectorSlice("http://x", NOW, UP, MOVING)
DOWN = Collector(CollectorState.DOWN, f"{EVIDENCE[:32]}: connection refused", ":4318", reason="connection refused")
SIZES = (60, 80, 100, 120, 160, 200)


def service(name: str, judgement: Judgement, expected: str = "running") -> Service:
    observed = expected if judgement is Judgement.OK else {"running": "absent", "absent": "running"}[expected]
    return Service(name, expected, observed, judgement, "evidence")


def services(*some: Service, good: int = 9) -> ServicesSlice:
    calm = (service(f"good-{n}", Judgement.OK) for n in range(good))
    return ServicesSlice("processes", NOW, (*calm, *some))


ALARM = service("auto-dispatcher", Judgement.ALARM, "absent")
LATE = service("dispatch-watcher", Judgement.ATTENTION)


class Listening(Stage):
    """Hears what is clicked."""

    heard: list[str]

    @on(StatusBar.Pressed)
    def _pressed(self, message: StatusBar.Pressed) -> None:
        self.heard.append(message.name)


async def status(
    collector: CollectorSlice, watched: ServicesSlice, width: int = 160, now: float = NOW, height: int = 1
) -> list[str]:
    bar = StatusBar()
    bar.styles.height = height
    app = Stage(bar)
    async with app.run_test(size=(width, height)) as pilot:
        bar.show(collector, watched, now)
        await pilot.pause()
        whole(app, (width, height))
        return rows(app)


def text(collector: CollectorSlice, watched: ServicesSlice, width: int, now: float = NOW) -> str:
    left, right = one_line(collector, watched, width, now)
    return "".join(piece.text for piece in (*left, *right))


async def test_nothing_configured_is_said() -> None:
    (shown,) = await status(CollectorSlice(), ServicesSlice())
    assert "otel: not configured" in shown and "services: not configured" in shown
    (shown,) = await status(CollectorSlice("http://x"), ServicesSlice("processes"))
    assert "otel: asking …" in shown and "services: looking …" in shown


async def test_eighty_columns_hold_the_collector_and_a_count() -> None:
    (shown,) = await status(TOLD, services(), 80)
    assert shown == " ● otel :4318 30.3k logs 1.1k spans 7 metrics 12.9 MB ↑ 42/min up 3h05   ● 9 ok "


def test_eighty_columns_hold_the_same_in_korean() -> None:
    i18n.use("ko")
    shown = text(TOLD, services(ALARM), 80)
    assert cell_len(shown) <= 80 and "↑ 42/분" in shown and "✗ auto-dispatcher 실행 중  ● 9 정상" in shown
    assert "✗ auto-dispatcher 실행 중, 기대: 없음" in text(TOLD, services(ALARM), 160)
    assert "중단: connection refused" in text(replace(TOLD, collector=DOWN), services(), 120)


async def test_counts_and_health_of_the_collector() -> None:
    (shown,) = await status(TOLD, services())
    assert "● otel :4318 30.3k logs 1.1k spans 7 metrics 16 resources 12.9 MB ↑ 42/min up 3h05" in shown
    assert "read" not in shown
    assert "read 1m ago" in (await status(TOLD, ServicesSlice(), now=NOW + 60))[0]
    assert "✗ otel :4318 down: connection refused" in (await status(replace(TOLD, collector=DOWN), services()))[0]
    unknown = replace(TOLD, collector=Collector(CollectorState.UNKNOWN, "text/html", ":1"), trend=Trend())
    assert " ? otel :1 unknown: text/html " in (await status(unknown, services()))[0]


@pytest.mark.parametrize(
    ("rate", "shown"), [(0.0, "↑ 0/min"), (0.2, "↑ <1/min"), (42.4, "↑ 42/min"), (1234.0, "↑ 1.2k/min")]
)
def test_the_rate(rate: float, shown: str) -> None:
    assert shown in text(replace(TOLD, trend=Trend(rates=Rates(rate))), services(), 120)
    assert "↑" not in text(replace(TOLD, trend=Trend()), services(), 120)


def test_a_restart_is_told_for_a_while_instead_of_the_uptime() -> None:
    told = replace(TOLD, trend=replace(MOVING, restarts=(Restart(NOW - 120, "uptime 9 s, then 1 s"),)))
    assert "restarted 2m ago" in text(told, services(), 80) and " up " not in text(told, services(), 80)
    assert " up 3h05" in text(told, services(), 80, NOW + 600)
    words = watched_words(Snapshot(collector=told), COLLECTOR, NOW)
    assert "restarted 2m ago: uptime 9 s, then 1 s" in words and f"\n{EVIDENCE}\n" in words


def test_the_least_important_goes_first() -> None:
    gone: list[str] = []
    for width in range(120, 24, -1):
        shown = text(TOLD, services(), width)
        gone += [each for each in ("logs", "spans", "metrics", "resources", "MB", "/min", " up ")
                 if each not in shown and each not in gone]  # fmt: skip
    assert gone == ["resources", "MB", "metrics", "spans", " up ", "logs", "/min"]


async def test_services_stand_by_urgency_and_the_good_ones_are_counted() -> None:
    odd = service("odd", Judgement.UNKNOWN)
    (shown,) = await status(CollectorSlice(), services(odd, LATE, ALARM, good=2), 240)
    alarm, attention = "✗ auto-dispatcher running, expected absent", "▲ dispatch-watcher absent, expected running"
    assert shown.index(alarm) < shown.index(attention) < shown.index("? odd") < shown.index("● 2 as expected")


def test_details_of_services_give_way_before_the_collector_does() -> None:
    assert "✗ auto-dispatcher running, expected absent" in text(TOLD, services(ALARM), 120)
    assert "✗ auto-dispatcher running  ● 9 ok" in text(TOLD, services(ALARM), 80)
    assert "30.3k logs ↑ 42/min" in text(TOLD, services(ALARM), 80)
    assert "✗ auto-dispatcher running  ▲ dispatch-watcher  ● 9 ok" in text(TOLD, services(ALARM, LATE), 80)


@pytest.mark.parametrize("width", SIZES)
async def test_alarms_never_vanish_for_want_of_room(width: int) -> None:
    many = (service(f"service-{n}", Judgement.ALARM if n == 7 else Judgement.ATTENTION) for n in range(20))
    for collector in (TOLD, replace(TOLD, collector=DOWN), replace(TOLD, collector=replace(DOWN, reason="x" * 300))):
        (shown,) = await status(collector, services(*many, good=0), width)
        assert "otel" in shown and shown.rstrip().endswith(("● 0 ok", "● 0 as expected"))
    (shown,) = await status(TOLD, services(*(service(f"s-{n}", Judgement.ALARM) for n in range(20)), good=0), width)
    assert "✗ s-0" in shown and ("more" in shown or "✗ s-19" in shown)


async def test_a_wide_bar_has_a_row_for_each() -> None:
    exporters = (Exporter("otlp", 5, 1, 12, 100),)
    found = replace(UP, exporters=exporters, memory=129_000_000, refused=3)
    trend = replace(MOVING, history=tuple(Point(NOW + n, Rates(float(n))) for n in range(8)))
    first, second = await status(replace(TOLD, collector=found, trend=trend), services(ALARM, good=2), 200, height=2)
    assert first.startswith(" ● otel :4318 30.3k logs 1.1k spans 7 metrics 16 resources 12.9 MB 3 refused queue 12%")
    assert "rss 129.0 MB ▁▂▃▄▅▆▇█ ↑ 42/min up 3h05" in first and first.endswith(f" {EVIDENCE} ")
    assert second.startswith(" ✗ auto-dispatcher running, expected absent (evidence)  good-0  good-1  ")
    assert second.endswith("  ● 2 as expected ")
    assert rows_told(Snapshot(collector=TOLD, services=services())) == 2 and rows_told(Snapshot(collector=TOLD)) == 1


async def test_a_click_names_what_is_under_the_mouse() -> None:
    bar = StatusBar()
    bar.styles.height = 2
    app = Listening(bar)
    app.heard = []
    async with app.run_test(size=(160, 2)) as pilot:
        bar.show(TOLD, services(ALARM, LATE, good=2), NOW)
        await pilot.pause()
        shown = rows(app)
        for row, word in ((0, "logs"), (0, "GET"), (1, "auto"), (1, "dispatch-w"), (1, "good-1"), (1, "expected ")):
            at = shown[row].rindex(word) if word == "expected " else shown[row].index(word)
            await pilot.click(StatusBar, offset=(at, row))
        await pilot.click(StatusBar, offset=(130, 1))
        await until(pilot, lambda: len(app.heard) >= 6)
        assert app.heard == [COLLECTOR, COLLECTOR, "auto-dispatcher", "dispatch-watcher", "good-1", EVERYTHING]


async def test_showing_the_same_paints_nothing() -> None:
    bar = StatusBar()
    app = Stage(bar)
    async with app.run_test(size=(100, 1)) as pilot:
        bar.show(TOLD, services(), NOW)
        await pilot.pause()
        bar.painted = 0
        bar.show(TOLD, services(), NOW + 1)
        assert bar.painted == 0
        bar.show(TOLD, services(LATE), NOW + 2)
        assert bar.painted == 1


@pytest.mark.parametrize("height", [1, 2])
async def test_markup_is_only_text(height: int) -> None:
    bar = StatusBar()
    bar.styles.height = height
    app = Stage(bar)
    async with app.run_test(size=(200, height)) as pilot:
        for hostile in HOSTILE:
            found = CollectorSlice("x", NOW, Collector(CollectorState.DEGRADED, hostile, hostile))
            bar.show(found, ServicesSlice("p", NOW, (service(hostile, Judgement.ALARM),)), NOW)
            await pilot.pause()
            whole(app, (200, height))
            assert "".join(rows(app)).count(hostile) == 3
            assert clickable(app) == []


def test_what_is_watched_in_words() -> None:
    snapshot = Snapshot(collector=TOLD, services=services(ALARM))
    assert watched_words(snapshot, "auto-dispatcher", NOW) == "auto-dispatcher: running, expected absent (evidence)"
    assert watched_words(snapshot, "", NOW) == "auto-dispatcher: running, expected absent (evidence)"
    assert watched_words(Snapshot(services=services()), "", NOW) == "all as expected"
    assert watched_words(Snapshot(), COLLECTOR, NOW) == "otel: not configured"
    assert "services:" in watched_words(Snapshot(), "", NOW)


NAMES = st.text(st.characters(categories=("L", "N", "P"), max_codepoint=0xFFFF), min_size=1, max_size=30)
SOME = st.lists(st.builds(Service, NAMES, NAMES, NAMES, st.sampled_from(Judgement), NAMES), max_size=12)


@settings(max_examples=200)
@given(SOME, st.integers(20, 220), st.sampled_from([UP, DOWN, replace(DOWN, reason="한글 " * 60)]))
def test_the_right_side_always_fits(some: list[Service], width: int, found: Collector) -> None:
    told = replace(TOLD, collector=found)
    both = [one_line(told, ServicesSlice("p", NOW, tuple(some)), width, NOW)]
    both += two_lines(told, ServicesSlice("p", NOW, tuple(some)), width, NOW)
    for left, right in both:
        assert all(isinstance(piece, Piece) for piece in (*left, *right))
        if width >= 60:
            assert sum(piece.cells for piece in right) <= width
    if some and width >= 60 and any(each.judgement is Judgement.ALARM for each in some):
        assert any(piece.text.startswith("  ✗") for piece in both[0][1])
