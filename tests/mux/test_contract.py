"""The contract of `console.mux.base.Multiplexer`, over every back end: the same tests, whatever is behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from functools import partial

import pytest

from console.model.reading import ScreenRead, TreeRead
from console.model.surface import Screen
from console.mux.base import Interest, MuxError
from console.safety import safe_text, strip_sgr
from tests.eventually import eventually
from tests.mux.contract import WORDS, Seen, brisk, cells, every, left, started
from tests.mux.contract_back_ends import BackEnd


@pytest.fixture(params=every())
async def back(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BackEnd]:
    """Every back end in turn."""
    brisk(monkeypatch)
    async for made in started(request.param):
        yield made


# The tree


async def test_the_first_reading_is_a_tree_and_keys_stay(back: BackEnd) -> None:
    one, two = await back.add(), await back.add()
    async with Seen(back) as seen:
        await seen.until(lambda: seen.readings)
        assert isinstance(seen.readings[0], TreeRead)
        await seen.lists(one, two)
        tree = seen.trees()[-1]
        assert tree.source == seen.mux.source and safe_text(tree.source) == tree.source
        keys = {ref: info.key for ref, info in seen.tree().items()}
        assert len(set(keys.values())) == len(keys) == 3, "two of ours and the anchor"
        for info in tree.surfaces:
            assert info.ref and info.key and info.workspace and info.place
            assert bool(info.uuid) == ("uuid" in seen.mux.capabilities)
            assert not info.own and not info.dead
        one.say(b"\x1b]2;another title\x07")
        count = len(seen.trees())
        seen.mux.reread()
        await seen.until(lambda: len(seen.trees()) > count, "read again")
        assert {ref: info.key for ref, info in seen.tree().items()} == keys
        assert seen.downs() == []


async def test_a_surface_that_comes_and_goes_is_in_the_next_trees(back: BackEnd) -> None:
    stays = await back.add()
    async with Seen(back) as seen:
        await seen.lists(stays)
        comes = await back.add(b"here I am\r\n")
        await seen.lists(stays, comes)
        await seen.shows(comes, "here I am")
        await back.shut(comes)
        await seen.until(lambda: comes.ref not in seen.tree(), "it is gone")
        assert stays.ref in seen.tree() and seen.downs() == []
        with pytest.raises(MuxError):
            await seen.mux.read(comes.ref)


# Screens

SHOWN = (
    "\x1b[31mred\x1b[0m plain   \r\n"
    "  한글은 두 칸이다 🙂  \r\n"
    "\r\n"
    "after a blank row\x1b[K\r\n"
)  # fmt: skip


async def test_a_screen_is_told_and_read_as_it_is(back: BackEnd) -> None:
    agent = await back.add(SHOWN.encode())
    async with Seen(back) as seen:
        await seen.lists(agent)
        told = await seen.shows(agent, "ready")
        read = await seen.mux.read(agent.ref)
        assert read.lines == told.lines and read.styled == told.styled
        assert told.lines[:5] == ("red plain", "  한글은 두 칸이다 🙂", "", "after a blank row", "ready")
        assert len(told.lines) == len(told.styled) == told.height
        assert told.width >= max(cells(line) for line in told.lines), "wide characters take two columns"
        assert tuple(strip_sgr(line) for line in told.styled) == told.lines
        able = seen.mux.capabilities
        assert ("\x1b[" in told.styled[0]) == ("colours" in able)
        assert told.cursor == ((5, 4) if "cursor" in able else None)


async def test_what_has_just_been_printed_is_read(back: BackEnd) -> None:
    agent = await back.add()
    async with Seen(back) as seen:
        await seen.lists(agent)
        await seen.shows(agent, "ready")
        for number in range(3):
            agent.say(f"\r\nline {number}".encode())
            lines: tuple[str, ...] = ()
            async with asyncio.timeout(10):
                while f"line {number}" not in lines:
                    lines = (await seen.mux.read(agent.ref)).lines
        await seen.shows(agent, "line 2")


HOSTILE = (
    b"\x1b]2;evil\xe2\x80\xae title \xc2\x9b31m[/bold]\x07"
    b"nul\x00 bell\x07 \x0e\x0f shift\r\n"
    b"bidi \xe2\x80\xaereversed\xe2\x80\xac \xe2\x81\xa6isolate \xe2\x80\x8bzero\r\n"
    b"\x1bPq#0;2;0;0;0~\x1b\\sixel \x1b^private\x1b\\ \x1b_app\x1b\\\r\n"
    b"\x1b]52;c;aGFjaw==\x07clipboard \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\\r\n"
    b"c1 \xc2\x9b31m \xc2\x9d0;x\xc2\x9c tags \xf3\xa0\x81\xa1\r\n"
    b"bytes \xff\xfe\xc3( e" + "\u0301".encode() * 60 + b"\r\n"
    b"[bold red]markup[/] #{pid} %end 1 2 1\r\n"
)


async def test_a_hostile_screen_comes_out_safe(back: BackEnd) -> None:
    agent, other = await back.add(HOSTILE), await back.add(b"calm\r\n")
    async with Seen(back) as seen:
        await seen.lists(agent, other)
        told = await seen.shows(agent, "[bold red]markup[/] #{pid} %end 1 2 1")
        for screen in (told, await seen.mux.read(agent.ref)):
            for line, styled in zip(screen.lines, screen.styled, strict=True):
                assert safe_text(line) == line and "\x1b" not in line
                assert safe_text(styled, sgr=True) == styled
        info = seen.tree()[agent.ref]
        for text in (info.title, info.label, info.workspace, info.place, info.command, seen.mux.source):
            assert safe_text(text) == text
        await seen.shows(other, "calm")
        assert seen.downs() == [] and seen.failures() == []


async def test_nothing_in_view_and_things_that_are_not_there_do_no_harm(back: BackEnd) -> None:
    agent = await back.add()
    async with Seen(back) as seen:
        await seen.lists(agent)
        seen.mux.look_at(Interest(frozenset({"no such key", ""}), "nor this"))
        agent.say(b"\r\nout of sight")
        await seen.shows(agent, "out of sight")
        seen.mux.look_at(Interest())
        before = len(seen.readings)
        seen.mux.reread()
        await seen.until(
            lambda: {TreeRead, ScreenRead} <= {type(reading) for reading in seen.readings[before:]}, "all again"
        )


# Its life


async def test_a_paused_watch_says_nothing_and_goes_on(back: BackEnd) -> None:
    agent = await back.add()
    async with Seen(back) as seen:
        await seen.lists(agent)
        await seen.shows(agent, "ready")
        for _ in range(2):
            seen.mux.pause()
            before = len(seen.readings)
            new = await back.add()
            seen.mux.reread()
            for _ in range(15):  # time in which a watch that goes on would have read it again
                await asyncio.sleep(0.01)
            assert not any(isinstance(reading, TreeRead) for reading in seen.readings[before + 1 :])
            assert new.ref not in seen.tree()
            seen.mux.resume()
            await seen.lists(new)
            await seen.shows(new, "ready")
        assert seen.downs() == []


async def test_a_server_that_goes_is_told_once_and_found_again_by_itself(back: BackEnd) -> None:
    agent = await back.add()
    async with Seen(back) as seen:
        await seen.lists(agent)
        await seen.shows(agent, "ready")
        await back.kill()
        await seen.until(seen.downs, "it is told")
        mux = seen.mux
        for act in (mux.read, mux.focus, partial(mux.send_text, text="x"), partial(mux.send_key, key="enter")):
            with pytest.raises(MuxError) as error:
                await act(agent.ref)
            assert safe_text(str(error.value)) == str(error.value) != ""
        trees = len(seen.trees())
        await back.start()
        again = await back.add(b"second life\r\n")
        await seen.until(lambda: len(seen.trees()) > trees, "it is back")
        await seen.lists(again)
        await seen.shows(again, "second life")
        errors = [down.error for down in seen.downs()]
        assert len(errors) == len(set(errors)), "the same thing is not told twice"
        assert all(error and safe_text(error) == error for error in errors)
        await seen.mux.send_text(again.ref, "still typing")
        await eventually(lambda: b"still typing" in again.typed(), what=again.typed)


async def test_a_server_that_was_never_there_is_a_reading(back: BackEnd) -> None:
    await back.kill()
    async with Seen(back) as seen:
        await seen.until(seen.downs, "it is told")
        with pytest.raises(MuxError):
            await seen.mux.read("%1")
        await back.start()
        await seen.until(seen.trees, "it has come")


async def test_a_watch_can_be_left_and_begun_again(back: BackEnd) -> None:
    agent = await back.add()
    mux = back.mux()
    for _ in range(2):
        async with asyncio.timeout(20), aclosing(mux.watch()) as watch:  # type: ignore[type-var]
            first, told = True, False
            async for reading in watch:
                assert isinstance(reading, TreeRead) or not first
                first = False
                told = isinstance(reading, ScreenRead) and "ready" in reading.screen.lines
                if told:
                    break
            assert told
    with suppress(MuxError):  # some read only while they watch; nothing else may be raised
        await mux.read(agent.ref)
    await mux.close()


async def test_nothing_is_left_when_it_is_closed(back: BackEnd) -> None:
    agent = await back.add()
    await asyncio.sleep(0)
    before = left()
    unused = back.mux()
    await unused.close()
    await unused.close()
    async with Seen(back) as seen:
        await seen.lists(agent)
        await seen.shows(agent, "ready")
        acts: list[asyncio.Future[Screen] | asyncio.Future[None]]
        acts = [asyncio.ensure_future(seen.mux.read(agent.ref)) for _ in range(4)]
        acts.append(asyncio.ensure_future(seen.mux.send_text(agent.ref, "into the middle of it")))
        await asyncio.sleep(0)
        await seen.mux.close()
        for done in await asyncio.gather(*acts, return_exceptions=True):
            assert not isinstance(done, BaseException) or isinstance(done, MuxError), repr(done)
        await seen.mux.close()
        await ended(seen)
    with suppress(MuxError):
        await seen.mux.read(agent.ref)
    with suppress(MuxError):
        await seen.mux.send_text(agent.ref, "x")
    await seen.mux.close()
    await eventually(lambda: left() <= before and left()[1:] <= before[1:], what=lambda: (before, left()))


async def ended(seen: Seen) -> None:
    """The watch of a closed adapter ends by itself."""
    assert seen._task is not None
    async with asyncio.timeout(10):
        await seen._task


async def test_a_watch_that_is_cancelled_leaves_nothing(back: BackEnd) -> None:
    await back.add()
    await asyncio.sleep(0)
    before = left()
    for turns in (0, 1, 5, 40):
        mux = back.mux()

        async def follow() -> None:
            async for _ in mux.watch():  # noqa: B023 - awaited in the same turn
                pass

        task = asyncio.create_task(follow())
        for _ in range(turns):
            await asyncio.sleep(0.002)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await mux.close()
    await eventually(lambda: left() <= before and left()[1:] <= before[1:], what=lambda: (before, left()))


# What it says of itself


async def test_it_says_what_it_can_do_and_does_it(back: BackEnd) -> None:
    agent, other = await back.add(), await back.add()
    async with Seen(back) as seen:
        await seen.lists(agent, other)
        await seen.shows(agent, "ready")
        able = seen.mux.capabilities
        assert able <= WORDS
        methods = ("set_status", "set_progress", "log", "notify")
        assert ("publish" in able) == all(callable(getattr(seen.mux, name, None)) for name in methods)
        for each in (agent, other, agent):
            try:
                await seen.mux.focus(each.ref)
            except MuxError:
                assert "focus" not in able or await back.in_front() is None, "there is a window to show it in"
            else:
                assert await back.in_front() == each.ref
        assert agent.typed() == other.typed() == b""
