"""What the tests of the cmux app's adapter stand on: doubles that end with the test, and short waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from console.model.reading import TreeRead
from console.mux.cmux_socket import CmuxSocket
from tests.eventually import eventually, eventually_now
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec, WorkspaceSpec

Make = Callable[..., CmuxApp]
CAT: Final = ("/bin/sh", "-c", "stty raw -echo; printf '%s' ready; exec cat >/dev/null")
PASTING: Final = ("/bin/sh", "-c", "stty raw -echo; printf '\\033[?2004hready'; exec cat >/dev/null")


@contextmanager
def doubles(folder: Path) -> Iterator[Make]:
    """Gives ``make(release, *surfaces, **options)``; what it starts ends with the block."""
    made: list[CmuxApp] = []

    def start(release: str = "A", *surfaces: SurfaceSpec, **options: object) -> CmuxApp:
        if surfaces:
            options["workspaces"] = [WorkspaceSpec("work", surfaces)]
        app = CmuxApp(folder / "cmux.sock", personality=release, **options)  # type: ignore[arg-type]
        made.append(app)
        app.start()
        for ref, spec in zip(app.refs(), surfaces, strict=False):
            if spec.argv in (CAT, PASTING) and spec.type == "terminal" and not spec.cold:
                eventually_now(lambda ref=ref: "ready" in app.screen(ref))  # type: ignore[misc]
        return app

    try:
        yield start
    finally:
        for app in made:
            app.stop()


def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the tree, and tell a quiet screen again, more often than people need."""
    monkeypatch.setattr("console.mux.cmux_app_watch.TREE_EVERY", 0.4)
    monkeypatch.setattr("console.mux.cmux_app_watch.TELL_EVERY", 0.3)


def patient(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Wait no longer than *seconds* for an answer."""
    monkeypatch.setattr("console.mux.cmux_app_rpc.ANSWER_TIMEOUT", seconds)


async def typed(app: CmuxApp, ref: str, wanted: bytes) -> None:
    """Wait until the keyboard bytes are there, and exactly those."""
    await eventually(lambda: len(app.typed(ref)) >= len(wanted), what=lambda: app.typed(ref))
    assert app.typed(ref) == wanted


async def tree_only(mux: CmuxSocket) -> TreeRead:
    """What the rest of the console was told first; nothing is told after that."""
    async with aclosing(mux.watch()) as readings:
        async for reading in readings:
            assert isinstance(reading, TreeRead)
            return reading
    raise AssertionError("no reading")
