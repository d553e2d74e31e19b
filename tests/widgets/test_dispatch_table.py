"""The dispatch log as a table: filter, cursor, and what is really drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual import on

from console import i18n
from console.model.dispatch import Dispatch, DispatchStatus, Verification, VerificationVerdict
from console.model.snapshot import LogSlice
from console.widgets.dispatch_table import MANY, DispatchTable, _ordered
from tests.ui_helpers import HOSTILE, NOW, Stage, clickable, drawn, rows, until, whole

SIZE = (130, 9)
KOREAN = "산업재 DART 옵션 A 수정 (HD현대미포)"


def dispatch(number: int, task: str = "", status: DispatchStatus = DispatchStatus.DONE, **more: object) -> Dispatch:
    made = Dispatch(number, f"surface:{number % 7}", task or f"task {number}", status, dispatched_at=NOW - 60 * number)
    return replace(made, **more)  # type: ignore[arg-type]


def log(*dispatches: Dispatch, **more: object) -> LogSlice:
    return replace(LogSlice("log.json", NOW, dispatches), **more)  # type: ignore[arg-type]


class Counted(DispatchTable):
    def __init__(self) -> None:
        super().__init__()
        self.made: list[int | None] = []

    def _row(self, dispatch: Dispatch, width: int, at_cursor: bool) -> tuple[Segment, ...]:
        self.made.append(dispatch.number)
        return super()._row(dispatch, width, at_cursor)


class Opening(Stage):
    def __init__(self) -> None:
        self.table = Counted()
        self.opened: list[int | None] = []
        super().__init__(self.table)

    @on(DispatchTable.Opened)
    def _opened(self, message: DispatchTable.Opened) -> None:
        self.opened.append(message.dispatch.number)


async def test_newest_first_with_status_age_surface_and_verification() -> None:
    app = Opening()
    async with app.run_test(size=SIZE) as pilot:
        check = Verification(VerificationVerdict.WARN, 4.9, 3.8, "surface:6")
        app.table.show(
            log(
                dispatch(34, KOREAN, DispatchStatus.WORKING),
                dispatch(59, "tidy", DispatchStatus.NEEDS_CHECK, verification=check),
                dispatch(7, "odd", DispatchStatus.UNKNOWN, raw_status="보류", dispatched_at=None, surface=""),
            ),
            NOW,
        )
        await pilot.pause()
        whole(app, SIZE)
        header, first, second, third, *rest = rows(app)
        assert header.split() == ["#", "status", "age", "surface", "task", "3", "dispatches,", "3", "open", "verified"]
        assert first.split()[:6] == ["#59", "▲", "needs-check", "59m", "surface:3", "tidy"]
        assert first.split()[6:] == ["warn", "4.9→3.8", "gap", "+1.1"]
        assert second.split()[:4] == ["#34", "●", "working", "34m"] and KOREAN in second
        assert third.split() == ["#7", "?", "보류", "–", "–", "odd"]
        assert not "".join(rest).strip()


@pytest.mark.parametrize("size", [(200, 9), (120, 9), (100, 9), (80, 9)], ids=str)
async def test_in_korean_every_head_stands_over_its_column(size: tuple[int, int]) -> None:
    i18n.use("ko")
    app = Opening()
    async with app.run_test(size=size) as pilot:
        check = Verification(VerificationVerdict.WARN, 4.9, 3.8, "surface:6")
        app.table.show(log(dispatch(59, "tidy", DispatchStatus.NEEDS_CHECK, verification=check)), NOW)
        await pilot.pause()
        header, row = rows(app)[:2]

        def at(line: str, word: str) -> int:
            return cell_len(line[: line.index(word)])

        assert at(header, "상태") == at(row, "▲") and at(header, "세션") == at(row, "surface:3")
        assert at(header, "경과") + 4 == at(row, "59m") + 3 and at(header, "작업") == at(row, "tidy")
        assert "미완 1" in header and "확인 필요" in row
        if size[0] >= 100:
            assert at(header, "검증됨") == at(row, "경고")
        if size[0] >= 120:
            assert "경고 4.9→3.8 차 +1.1" in row


@pytest.mark.parametrize(
    ("slice_", "said"),
    [
        (LogSlice(), "dispatch log: not configured"),
        (LogSlice("log.json"), "reading the dispatch log …"),
        (LogSlice("log.json", NOW), "the dispatch log is empty"),
        (
            LogSlice("log.json", error="log.json: no such file", stale_since=NOW - 125),
            "stale since 2m: log.json: no such",
        ),
    ],
)
async def test_an_empty_table_says_why(slice_: LogSlice, said: str) -> None:
    app = Opening()
    async with app.run_test(size=SIZE) as pilot:
        app.table.show(slice_, NOW)
        await until(pilot, lambda: said in drawn(app), said)
        whole(app, SIZE)


async def test_a_stale_log_keeps_its_rows_and_says_since_when() -> None:
    app = Opening()
    async with app.run_test(size=SIZE) as pilot:
        app.table.show(log(dispatch(1)), NOW)
        await pilot.pause()
        app.table.show(log(dispatch(1), error="not JSON [/]", stale_since=NOW), NOW + 5)
        await until(pilot, lambda: "stale since 5s: not JSON [/]" in rows(app)[0])
        assert "task 1" in rows(app)[1]
        app.table.show(log(dispatch(1)), NOW + 6)
        await until(pilot, lambda: "1 dispatch, 0 open" in rows(app)[0])


async def test_why_a_log_cannot_be_read_fits_on_a_small_screen() -> None:
    app, folder = Opening(), "/home/harry/.openclaw/workspace/memory"
    error = f"{folder}/dispatch_log.json:146:2: is not valid JSON (Expecting property name enclosed in double quotes)"
    broken = LogSlice(f"{folder}/dispatch_log.json", error=error, stale_since=NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.show(LogSlice(broken.source), NOW)
        await until(pilot, lambda: "reading the dispatch log" in drawn(app))
        app.table.show(broken, NOW)
        await until(pilot, lambda: "dispatch_log.json:146:2: is not valid JSON" in rows(app)[0])
        assert " ".join(" ".join(rows(app)[1:]).split()) == error
        app.table.show(replace(broken, dispatches=(dispatch(1),)), NOW)
        await until(pilot, lambda: "task 1" in rows(app)[1])
        assert "dispatch_log.json:146:2: is not valid JSON" in rows(app)[0]


async def test_a_long_log_costs_nothing_for_rows_out_of_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [dispatch(number) for number in range(MANY + 1)]
    calls = {"__repr__": 0, "__eq__": 0}

    def counted(name: str) -> None:
        own = getattr(Dispatch, name)

        def call(*args: object) -> object:
            calls[name] += 1
            return own(*args)

        monkeypatch.setattr(Dispatch, name, call)

    app = Opening()
    async with app.run_test(size=SIZE) as pilot:
        for name in calls:
            counted(name)
        app.table.show(log(*many), NOW)
        await until(pilot, lambda: f"task {MANY}" in drawn(app))
        changed = [replace(each, task=f"new {each.number}") for each in many]
        app.table.show(log(*changed), NOW)
        await until(pilot, lambda: f"new {MANY}" in drawn(app))
        app.table.sort = "surface"
        await pilot.pause()
        assert max(calls.values()) < MANY / 10, calls


def test_the_newest_are_first_also_when_a_number_is_there_twice_or_missing() -> None:
    plain = [replace(dispatch(number), dispatched_at=float(number)) for number in (3, 1, 2)]
    assert [each.number for each in _ordered(tuple(plain), "number")] == [3, 2, 1]
    twice = [*plain, replace(dispatch(2), dispatched_at=9.0), replace(dispatch(2), number=None)]
    found = [(each.number, each.dispatched_at) for each in _ordered(tuple(twice), "number")]
    assert found[:4] == [(3, 3.0), (2, 9.0), (2, 2.0), (1, 1.0)]
    assert found[4][0] is None


async def test_only_a_changed_row_is_painted_and_the_header_counts_again() -> None:
    app = Opening()
    async with app.run_test(size=SIZE) as pilot:
        many = [dispatch(number) for number in range(50)]
        app.table.show(log(*many), NOW)
        await pilot.pause()
        app.table.painted, app.table.made = 0, []
        app.table.show(log(*many), NOW + 1)
        await pilot.pause()
        assert (app.table.painted, app.table.made) == (0, []), "an equal log costs nothing"
        many[47] = dispatch(47, "changed", DispatchStatus.WORKING)
        app.table.show(log(*many), NOW + 1)
        await pilot.pause()
        assert app.table.painted == 1 and set(app.table.made) == {47}
        assert "changed" in rows(app)[3] and "50 dispatches, 1 open" in rows(app)[0]
        app.table.painted = 0
        many[3] = dispatch(3, "changed too")
        app.table.show(log(*many), NOW + 1)
        assert app.table.painted == 0, "a row off screen"


async def test_a_hundred_thousand_rows_draw_only_what_is_seen() -> None:
    app = Opening()
    async with app.run_test(size=SIZE) as pilot:
        app.table.show(log(*(dispatch(number) for number in range(100_000))), NOW)
        await until(pilot, lambda: "#99999" in drawn(app))
        assert len(app.table.made) <= 4 * SIZE[1] and min(n for n in app.table.made if n is not None) > 99_980
        app.table.made = []
        app.table.focus()
        await pilot.press("end")
        await until(pilot, lambda: "task 0 " in drawn(app))
        assert "task 7 " in rows(app)[1] and "100000 dispatches" in rows(app)[0]
        assert len(app.table.made) <= 6 * SIZE[1]


async def test_the_filter_knows_korean_numbers_surfaces_and_states() -> None:
    app = Opening()
    async with app.run_test(size=SIZE) as pilot:
        app.table.show(log(dispatch(34, KOREAN, DispatchStatus.WORKING), *map(dispatch, range(30))), NOW)
        for text, found in (
            ("현대미포", {34}),
            ("dart 옵션", {34}),
            ("#34", {34}),
            ("WORKING", {34}),
            ("surface:5 done", {5, 12, 19, 26}),
        ):
            app.table.filter_text = text
            await pilot.pause()
            shown = {int(row.split()[0][1:]) for row in rows(app)[1:] if row.strip()}
            assert shown == found, text
            assert f"{len(found)}/31 dispatches" in rows(app)[0]
        app.table.filter_text = "[/] 없음"
        await until(pilot, lambda: "nothing matches [/] 없음" in drawn(app))
        app.table.filter_text = ""
        await until(pilot, lambda: "31 dispatches" in drawn(app))


async def test_the_cursor_moves_scrolls_and_opens() -> None:
    app = Opening()
    async with app.run_test(size=SIZE) as pilot:
        app.table.show(log(*map(dispatch, range(40))), NOW)
        app.table.focus()
        for keys, at in (
            ("down", 1),
            ("j", 2),
            ("k", 1),
            ("pagedown", 8),
            ("up", 7),
            ("pageup", 0),
            ("up", 0),
            ("end", 39),
            ("down", 39),
        ):
            await pilot.press(keys)
            assert app.table.cursor == at, keys
        await until(pilot, lambda: "task 0 " in drawn(app))
        await pilot.press("enter")
        await pilot.press("home", "enter")
        await until(pilot, lambda: app.opened == [0, 39])
        await pilot.click(Counted, offset=(5, 3))
        await pilot.pause()
        assert app.table.cursor == 2 and app.opened == [0, 39]
        await pilot.click(Counted, offset=(5, 3), times=2)
        await until(pilot, lambda: app.opened == [0, 39, 37])
        await pilot.click(Counted, offset=(5, 0))
        assert app.table.cursor == 2


async def test_the_cursor_stays_on_its_dispatch_when_rows_come_and_go() -> None:
    app = Opening()
    async with app.run_test(size=SIZE) as pilot:
        app.table.show(log(*map(dispatch, range(10))), NOW)
        app.table.focus()
        await pilot.press("down", "down")
        app.table.show(log(*map(dispatch, range(12))), NOW)
        await pilot.press("enter")
        app.table.show(log(*map(dispatch, range(8))), NOW)
        await pilot.press("enter")
        app.table.show(log(dispatch(3)), NOW)
        await pilot.press("enter")
        app.table.show(log(), NOW)
        await pilot.press("enter", "down", "up", "end", "home")
        app.table.show(log(dispatch(2), dispatch(3)), NOW)
        await pilot.press("enter")
        await until(pilot, lambda: app.opened == [7, 7, 3, 3])


@pytest.mark.parametrize("width", [40, 80, 99, 100, 119, 120, 200])
async def test_every_width_is_filled_exactly(width: int) -> None:
    app = Opening()
    async with app.run_test(size=(width, 14)) as pilot:
        check = Verification(VerificationVerdict.PASS, 4.0, 4.5)
        app.table.show(log(*(dispatch(n, f"{KOREAN} {t}" * 4, verification=check) for n, t in enumerate(HOSTILE)),
                           *map(dispatch, range(20, 40))), NOW)  # fmt: skip
        app.table.focus()
        await pilot.press("end")
        await pilot.pause()
        whole(app, (width, 14))
        assert clickable(app) == []


async def test_markup_is_only_text() -> None:
    app = Opening()
    async with app.run_test(size=SIZE) as pilot:
        app.table.show(
            log(
                *(
                    dispatch(n, t, DispatchStatus.UNKNOWN, surface=t[:10], raw_status=t[:10])
                    for n, t in enumerate(HOSTILE)
                )
            ),
            NOW,
        )
        await pilot.pause()
        for text, row in zip(reversed(HOSTILE), rows(app)[1:], strict=False):
            assert row.count(text[:10]) == 3 and text in row
        assert clickable(app) == []
