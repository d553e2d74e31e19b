"""The contract of what is typed: exactly once, byte for byte, into the surface that was meant; or refused and said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Final

import pytest

from console.mux.base import MuxError
from console.safety import check_outgoing, safe_text
from tests.eventually import eventually
from tests.mux.contract import Seen, brisk, every, started
from tests.mux.contract_back_ends import BackEnd, Recorder

BEGIN, END = b"\x1b[200~", b"\x1b[201~"

TEXTS: Final = {
    "plain": "continue with the plan",
    "korean": "검증은 작성자가 아닌 다른 에이전트가 한다",
    "decomposed": "한글 cafe\u0301",
    "emoji": "👩‍💻 🇰🇷 ✳️ ok",
    "shell": """'quotes' "double" $HOME `id` $(id) ! # ~ * ? {a,b} < > | & \\""",
    "escapes": r"C:\new\table\root \\n \t \x41 \u0041 %d %%",
    "tmux": "Enter ; C-c #{pane_id} #(id) @ % = {up}",
    "semicolon": "ls ;",
    "a key's name": "Enter",
    "option": "--help",
    "flags": "-t surface:1 --workspace workspace:9 -- x",
    "blanks": "   x   ",
    "json": '{"id":1,"method":"surface.close"} \\u0000',
    "long": "가나다라 mixed 마바사 " * 55,
    "very long": "0123456789 " * 400,
    "lines": "first line\nsecond line\n\n  fourth 한글\n",
    "crlf": "one\r\ntwo",
    "tab": "a\tb",
    "escape": "x\x1b[201~rm -rf /",
    "interrupt": "x\x03",
    "nul": "x\x00y",
    "bidi": "x\u202ey",
    "zero width": "x\u200by",
    "c1": "x\x9b31my",
    "surrogate": "x\ud800y",
    "too long": "x" * 100_001,
    "nothing": "",
}


@pytest.fixture(params=every())
async def back(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BackEnd]:
    """Every back end in turn."""
    brisk(monkeypatch)
    async for made in started(request.param):
        yield made


def content(data: bytes) -> bytes:
    """What a program makes of its keyboard bytes: pasted returns are newlines."""
    return data.replace(BEGIN, b"").replace(END, b"").replace(b"\r", b"\n")


async def arrives(agent: Recorder, before: int, text: str) -> bytes:
    """Wait until *text* has come after the first *before* bytes, and nothing else; return the bytes."""
    wanted = check_outgoing(text)[0].encode()

    def whole() -> bool:
        new = agent.typed()[before:]
        return len(content(new)) >= len(wanted) and new.count(BEGIN) == new.count(END)

    await eventually(whole, what=lambda: (text[:60], agent.typed()[before:][:200]))
    assert content(agent.typed()[before:]) == wanted
    return agent.typed()[before:]


async def test_every_text_arrives_once_and_whole_or_is_refused_untyped(back: BackEnd) -> None:
    agent, other = await back.add(), await back.add()
    refused: dict[str, str] = {}
    async with Seen(back) as seen:
        await seen.lists(agent, other)
        await seen.shows(agent, "ready")
        at = 0
        for name, text in TEXTS.items():
            try:
                await seen.mux.send_text(agent.ref, text)
            except MuxError as error:
                refused[name] = str(error)
                continue
            assert not check_outgoing(text)[1], f"{name} was typed"
            got = await arrives(agent, at, text)
            if "\n" in text:
                assert got.startswith(BEGIN) and got.endswith(END), "lines of a paste must not submit"
            at += len(got)
        await seen.mux.send_text(agent.ref, "the end")
        await arrives(agent, at, "the end")
        able = seen.mux.capabilities
    assert other.typed() == b""
    forbidden = {name for name, text in TEXTS.items() if check_outgoing(text)[1]}
    assert forbidden <= refused.keys()
    if "paste" in able:
        assert refused.keys() == forbidden
    else:
        assert refused.keys() - forbidden == {"lines", "crlf", "tab", "very long"} & refused.keys() >= {"lines", "crlf"}
    for name, told in refused.items():
        assert "not typed" in told and safe_text(told) == told, f"{name}: {told}"
        assert agent.ref in told or name == "too long", f"{name}: {told}"
        assert "take it out" in told or "file" in told or "shorten" in told, f"{name} has no remedy: {told}"


async def test_a_program_without_bracketed_paste_gets_one_line_as_it_is(back: BackEnd) -> None:
    agent = await back.add(paste=False)
    async with Seen(back) as seen:
        await seen.lists(agent)
        await seen.shows(agent, "ready")
        await seen.mux.send_text(agent.ref, "한 줄 of text")
        await eventually(lambda: agent.typed() == "한 줄 of text".encode(), what=agent.typed)


KEYS: Final = {
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "1": b"1",
    "y": b"y",
    "Y": b"Y",
}


async def test_keys_are_pressed_once_each_and_others_are_refused(back: BackEnd) -> None:
    agent = await back.add()
    async with Seen(back) as seen:
        await seen.lists(agent)
        await seen.shows(agent, "ready")
        for key in ("", "no-such-key", "f99", "ab", "\x1b", "\n", "\x1b[A", "-t", "enter;"):
            with pytest.raises(MuxError) as error:
                await seen.mux.send_key(agent.ref, key)
            assert safe_text(str(error.value)) == str(error.value)
        wanted = b""
        for key, sent in KEYS.items():
            await seen.mux.send_key(agent.ref, key)
            wanted += sent
            await eventually(lambda: len(agent.typed()) >= len(wanted), what=agent.typed)  # noqa: B023
            assert agent.typed() == wanted


async def test_a_surface_that_is_not_there_is_an_error_and_nothing_else(back: BackEnd) -> None:
    agent = await back.add()
    async with Seen(back) as seen:
        await seen.lists(agent)
        await seen.shows(agent, "ready")
        for ref in ("%999", "term_" + "0" * 32, "%1 ; kill-server \x1b]0;x\x07\u202e"):
            mux = seen.mux
            for act in (mux.read, mux.focus, partial(mux.send_text, text="x"), partial(mux.send_key, key="enter")):
                with pytest.raises(MuxError) as error:
                    await act(ref)
                assert safe_text(str(error.value)) == str(error.value)
        assert agent.typed() == b"" and seen.downs() == []
        assert (await seen.mux.read(agent.ref)).lines[0] == "ready"


async def test_nothing_is_sent_into_a_surface_whose_program_has_ended(back: BackEnd) -> None:
    agent, stays = await back.add(), await back.add()
    async with Seen(back) as seen:
        await seen.lists(agent, stays)
        await seen.shows(agent, "ready")
        agent.end()
        await seen.until(lambda: agent.ref not in seen.tree() or seen.tree()[agent.ref].dead, "it is dead")
        assert (agent.ref in seen.tree()) == back.keeps_dead
        for act in (seen.mux.send_text, seen.mux.send_key):
            with pytest.raises(MuxError):
                await act(agent.ref, "1")
        with suppress(MuxError):  # its last screen, or an error
            assert (await seen.mux.read(agent.ref)).lines
        await seen.mux.send_text(stays.ref, "to the living")
        await arrives(stays, 0, "to the living")
        assert seen.downs() == []


async def test_texts_sent_at_once_go_each_to_its_own_surface(back: BackEnd) -> None:
    agents = [await back.add() for _ in range(3)]
    async with Seen(back) as seen:
        await seen.lists(*agents)
        await asyncio.gather(*(seen.mux.send_text(a.ref, f"task {n} 한글") for n, a in enumerate(agents)))
        await asyncio.gather(*(seen.mux.send_key(a.ref, "enter") for a in agents))
        for number, agent in enumerate(agents):
            wanted = f"task {number} 한글\n".encode()
            await eventually(lambda wanted=wanted, a=agent: content(a.typed()) == wanted, what=agent.typed)  # type: ignore[misc]
        assert seen.downs() == []
