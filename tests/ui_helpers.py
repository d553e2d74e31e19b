"""What the tests of the UI share: a fleet whose readings are posted by the test, and looks at what is drawn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from console.app import ConsoleApp
from console.config import Config
from console.engine import Engine
from console.model.agent import AgentState, Detection, Regions
from console.model.binding import SurfaceSpec
from console.model.reading import Reading, ScreenRead, TreeRead
from console.model.surface import Screen, SurfaceInfo
from console.opening import Opened
from console.safety import strip_sgr
from console.theming import load_themes, state_variables, theme_folders
from tests.fakes.mux import FakeMux

NOW: Final = 1_775_800_000.0
"""Epoch seconds at which the readings of the tests are made."""
DEADLINE: Final = 15.0
"""Seconds after which a test has failed; only reached by a failure."""
HOSTILE: Final = ("[/]", "[@click=app.quit]x[/]", "[red]", "[[/]]", "\\[b]", "[/tmp/x", "a\\")
"""Text that markup would swallow, obey or choke on."""


def info(number: int, name: str = "", *, pid: int | None = None, title: str = "", dead: bool = False) -> SurfaceInfo:
    """The surface ``%number``."""
    return SurfaceInfo(
        ref=f"%{number}",
        uuid=None,
        workspace="openclaw",
        place=f"openclaw:0.{number}",
        title=title,
        label=name or f"AGENT {number}",
        command="node",
        pid=1000 + number if pid is None else pid,
        width=80,
        height=24,
        dead=dead,
    )


def screen(text: str, width: int = 80, height: int = 24, cursor: tuple[int, int] | None = None) -> Screen:
    """A screen with the (coloured) rows of *text* from the top."""
    styled = (text.split("\n") + [""] * height)[:height]
    return Screen(tuple(strip_sgr(row).rstrip() for row in styled), tuple(styled), width, height, cursor)


def seen(
    state: AgentState,
    agent: str = "claude",
    reason: str = "",
    regions: Regions = Regions((0, 24)),  # noqa: B008 - frozen
) -> Detection:
    """A verdict of the detector."""
    return Detection(agent, state, reason, regions=regions)


def read(number: int, text: str, state: AgentState = AgentState.IDLE, at: float = NOW, reason: str = "") -> ScreenRead:
    """A reading of the surface ``%number``, already judged."""
    return ScreenRead(at, f"%{number}", screen(text), seen(state, reason=reason))


class EchoMux(FakeMux):
    """Every surface has an input box that shows what is typed; readings of the other adapters may be posted too."""

    source = "tmux 3.5 /tmp/fleet"

    def __init__(self) -> None:
        super().__init__()
        self.draft = ""

    def post(self, *readings: Reading | BaseException | None) -> None:
        super().post(*readings)  # type: ignore[arg-type]

    @property
    def taken(self) -> bool:
        """Whether everything that was posted has been read."""
        return self._posts.empty()

    async def read(self, ref: str) -> Screen:
        return screen(f"> {self.draft}\n{len(self.typed)}")

    def _type(self, ref: str, what: str) -> None:
        self.typed.append((ref, what))
        self.draft = "" if what == "<enter>" else what


class Fleet:
    """A console over an `EchoMux`."""

    def __init__(
        self,
        config: Config | None = None,
        *,
        note: str = "",
        specs: tuple[SurfaceSpec, ...] = (),
        state: Path | None = None,
    ) -> None:
        config = config or Config()
        self.mux = EchoMux()
        self.engine = Engine(config, self.mux, specs=specs, state=state)
        self.note = note
        self.app = ConsoleApp(config, self._open)

    async def _open(self) -> Opened:
        return Opened(self.engine, self.note)

    def post(self, *readings: Reading) -> None:
        """Let the multiplexer yield *readings*."""
        self.mux.post(*readings)

    def tree(self, infos: Iterable[SurfaceInfo], at: float = NOW) -> None:
        """Post a listing."""
        self.post(TreeRead(at, self.mux.source, tuple(infos)))

    async def settled(self, pilot: Pilot[None]) -> None:
        """Wait until every posted reading is drawn."""
        await until(pilot, lambda: self.mux.taken)
        # Equal, not the same: a reactive keeps the old one when the new one says nothing else.
        await until(pilot, lambda: self.app.snapshot == self.engine.snapshot)
        await pilot.pause()

    async def start(self, pilot: Pilot[None], count: int = 6) -> None:
        """Post *count* idle agents and wait until they are drawn."""
        self.tree(info(number) for number in range(1, count + 1))
        self.post(*(read(number, f"screen of {number}") for number in range(1, count + 1)))
        await self.settled(pilot)
        await until(pilot, lambda: len(self.app.snapshot.surfaces) == count)


async def until(pilot: Pilot[None], condition: Callable[[], bool], what: str | Callable[[], str] = "") -> None:
    """Return as soon as *condition* holds; fail with *what* at the deadline."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, (what() if callable(what) else what) or f"it never held:\n{drawn(pilot.app)}"
        await asyncio.sleep(0.005)
        pilot.app.screen._on_timer_update()  # what would be painted with the next frame is painted now


def strips(app: App[None]) -> list[Strip]:
    """What is drawn now, row by row."""
    return app.screen._compositor.render_strips()


def rows(app: App[None]) -> list[str]:
    """The plain text of what is drawn now."""
    return [strip.text for strip in strips(app)]


def drawn(app: App[None]) -> str:
    """The same in one string."""
    return "\n".join(rows(app))


def whole(app: App[None], size: tuple[int, int]) -> None:
    """Fail unless every row is exactly as wide as the terminal: no column is shifted."""
    shown = rows(app)
    assert len(shown) == size[1]
    assert {cell_len(row) for row in shown} == {size[0]}, [row for row in shown if cell_len(row) != size[0]]


def is_whole(app: App[None], size: tuple[int, int]) -> bool:
    """Whether every row is as wide as the terminal; right after a change of size it need not be yet."""
    shown = rows(app)
    return len(shown) == size[1] and {cell_len(row) for row in shown} == {size[0]}


def clickable(app: App[None]) -> list[str]:
    """Texts on the screen that carry an action or a link."""
    found = []
    for row in strips(app):
        for segment in row:
            if segment.style is not None and (segment.style.link or "@click" in segment.style.meta):
                found.append(segment.text)
    return found


class Stage(App[None]):
    """One widget alone, with the console's style sheets and themes."""

    CSS_PATH = ConsoleApp.CSS_PATH

    def __init__(self, *widgets: Widget, theme: str = "oc-dark") -> None:
        super().__init__()
        for each in load_themes(theme_folders()[:1])[0]:
            self.register_theme(each)
        self.theme = theme
        self.widgets = widgets

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return state_variables(self.current_theme)

    def compose(self) -> ComposeResult:
        yield from self.widgets


GOLDEN: Final = Path(__file__).parent / "golden"
