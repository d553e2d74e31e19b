"""The line at the top."""

from __future__ import annotations

from dataclasses import replace

from console.model.snapshot import MuxSlice
from console.widgets.bars import TopBar, TopView
from tests.ui_helpers import HOSTILE, NOW, Stage, clickable, rows, whole

TOP = TopView(MuxSlice("tmux 3.5 default", NOW), 6, 0, "", 0, 1)


async def top(view: TopView, width: int = 120, now: float = NOW) -> str:
    bar = TopBar()
    app = Stage(bar)
    async with app.run_test(size=(width, 1)) as pilot:
        bar.show(view, now)
        await pilot.pause()
        whole(app, (width, 1))
        assert clickable(app) == []
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
    bar = TopBar()
    app = Stage(bar)
    async with app.run_test(size=(200, 1)) as pilot:
        for text in HOSTILE:
            bar.show(replace(TOP, note=text), NOW)
            await pilot.pause()
            whole(app, (200, 1))
            assert text in rows(app)[0]
            assert clickable(app) == []
            bar.show(replace(TOP, mux=MuxSlice("tmux", NOW, text, NOW)), NOW)
            await pilot.pause()
            assert text in rows(app)[0]
