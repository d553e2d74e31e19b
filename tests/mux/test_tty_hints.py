"""Writes to a tty are told by the kernel, also when its number comes back."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator

import psutil
import pytest

from console.mux.tty_hints import TtyHints
from tests.eventually import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


class Terminal:
    """A pseudo terminal; `write` is what its program does."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        self.path = os.ttyname(self.slave)

    def write(self, text: str = "x") -> None:
        os.write(self.slave, text.encode())

    def close(self) -> None:
        for fd in (self.slave, self.master):
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    made = [Terminal(), Terminal()]
    yield made
    for terminal in made:
        terminal.close()


async def test_a_write_is_told_with_its_path(terminals: list[Terminal]) -> None:
    told: list[str] = []
    hints = TtyHints(told.append)
    one, two = terminals
    hints.follow(frozenset({one.path, two.path}))
    assert hints.covers(one.path) and hints.covers(two.path) and not hints.covers("/dev/null")
    one.write()
    await eventually(lambda: told == [one.path])
    two.write()
    two.write()
    await eventually(lambda: two.path in told)
    hints.close()


async def test_one_that_is_no_longer_followed_is_silent(terminals: list[Terminal]) -> None:
    told: list[str] = []
    hints = TtyHints(told.append)
    one, two = terminals
    hints.follow(frozenset({one.path, two.path}))
    hints.follow(frozenset({two.path}))
    assert not hints.covers(one.path)
    one.write()
    two.write()
    await eventually(lambda: told)
    assert told == [two.path]
    hints.close()


def reopened(terminals: list[Terminal], path: str) -> Terminal:
    """A new terminal on *path*: the kernel gives the lowest free number, which may be one that others freed."""
    for _ in range(64):
        terminals.append(Terminal())
        if terminals[-1].path == path:
            return terminals[-1]
    raise AssertionError(f"{path} did not come back")


async def test_a_tty_that_goes_away_and_whose_number_comes_back(terminals: list[Terminal]) -> None:
    told: list[str] = []
    hints = TtyHints(told.append)
    old = terminals[0]
    path = old.path
    hints.follow(frozenset({path}))
    old.close()
    await eventually(lambda: not hints.covers(path), what="the kernel says that it is gone")
    hints.follow(frozenset({path}))
    assert not hints.covers(path), "there is no such tty"
    again = reopened(terminals, path)
    told.clear()
    hints.follow(frozenset({path}))
    again.write()
    await eventually(lambda: told == [path])
    hints.close()


async def test_a_number_that_comes_back_at_once_is_followed_again(terminals: list[Terminal]) -> None:
    told: list[str] = []
    hints = TtyHints(told.append)
    path = terminals[0].path
    hints.follow(frozenset({path}))
    terminals[0].close()
    reopened(terminals, path)
    hints.follow(frozenset({path}))  # the event that the first is gone has not been read yet
    await eventually(lambda: not hints.covers(path))
    hints.follow(frozenset({path}))
    assert hints.covers(path)
    told.clear()
    terminals[-1].write()
    await eventually(lambda: told == [path])
    hints.close()


async def test_what_cannot_be_watched_is_left_out() -> None:
    hints = TtyHints(lambda path: None)
    hints.follow(frozenset({"", "/dev/pts/99999", "/etc/passwd", "tty"}))
    assert not any(hints.covers(path) for path in ("", "/dev/pts/99999", "/etc/passwd", "tty"))
    hints.close()


async def test_closing_gives_the_descriptor_back(terminals: list[Terminal]) -> None:
    before = psutil.Process().num_fds()
    told: list[str] = []
    for _ in range(20):
        hints = TtyHints(told.append)
        hints.follow(frozenset(terminal.path for terminal in terminals))
        hints.close()
        hints.close()
        hints.follow(frozenset({terminals[0].path}))
        assert not hints.covers(terminals[0].path)
    terminals[0].write()
    await asyncio.sleep(0)
    assert told == [] and psutil.Process().num_fds() == before
