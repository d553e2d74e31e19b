"""A terminal server that is not there yet."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from console.model.reading import MuxDown, MuxReading
from console.mux import sought
from console.mux.base import Interest, Multiplexer, MuxError
from console.mux.sought import Sought
from tests.fakes.mux import SOURCE, FakeMux, screen, tree

WHY = "/x/cmux.sock exists but is not a Unix socket"


async def test_why_there_is_nothing_is_told_and_what_comes_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sought, "LOOK_EVERY", 0.01)
    fake = FakeMux()
    fake.post(tree(1.0, "%1"))
    looks: list[tuple[Multiplexer | None, str]] = [(None, WHY), (None, "denied"), (fake, "")]

    async def find() -> tuple[Multiplexer | None, str]:
        return looks.pop(0)

    mux = Sought(find, WHY)
    mux.look_at(Interest(frozenset({"%1"}), "%1"))
    with pytest.raises(MuxError, match="not a Unix socket"):
        await mux.send_text("%1", "x")
    assert mux.capabilities == frozenset()
    got: list[MuxReading] = []
    async with asyncio.timeout(10), aclosing(mux.watch()) as readings:
        async for reading in readings:
            got.append(reading)
            if len(got) == 3:
                break
    first, second, third = got
    assert isinstance(first, MuxDown) and first.error.startswith(WHY)
    assert isinstance(second, MuxDown) and second.error.startswith("denied"), "told once, and again when it changes"
    assert third == tree(1.0, "%1")
    assert fake.interest.focused == "%1" and fake.watching == 0
    fake.screens["%1"] = screen("hi")
    await mux.send_text("%1", "x")
    assert fake.typed == [("%1", "x")] and mux.source == SOURCE and "paste" in mux.capabilities
    with pytest.raises(MuxError, match="no sidebar"):
        await mux.log("%1", "x")
    await mux.close()
    assert fake.closed == 1


async def test_closing_ends_the_search() -> None:
    async def find() -> tuple[Multiplexer | None, str]:
        raise AssertionError("nobody looks any more")

    mux = Sought(find, WHY)
    async with asyncio.timeout(10), aclosing(mux.watch()) as readings:
        async for _ in readings:
            await mux.close()
