"""The operations screen as the app shows it, and what is done from there."""

from __future__ import annotations

import os
import shlex
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.app import App, SuspendNotSupported

from console.config import Config
from console.i18n import tr
from console.model.snapshot import Snapshot
from console.opening import Opened
from console.safety import safe_text
from console.screens.fleet_views import operations
from console.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from console.cleaning import Plan
    from console.engine import Engine
    from console.model.artifact import Artifact
    from console.model.automation import Automation
    from console.model.service import Service
    from console.model.service_detail import ServiceDetail
    from console.screens.cleanup import Going, Stays

FILES: Final = 200
"""Files of an artifact to choose from."""
OTHERS: Final = ("less", "vi")
"""What is called where neither ``$PAGER`` nor ``$VISUAL`` or ``$EDITOR`` says anything."""


class OperationActs(App[None]):
    """A part of `console.app_acts.Acts`."""

    config: Config
    snapshot: Snapshot
    opened: Opened | None
    away = False
    """Whether another program has the terminal."""

    @on(StatusBar.Pressed)
    async def _status_pressed(self, message: StatusBar.Pressed) -> None:
        await self.run_action(operations(message.name).removeprefix("app."))

    async def action_operations(self, name: str = "") -> None:
        """Show what is watched besides the agents, with the cursor on *name* (``collector``: the collector)."""
        from console.screens.operations import OperationsScreen

        if self.opened is None:
            return
        for screen in self.screen_stack:
            if isinstance(screen, OperationsScreen):
                screen.select(name)
                return
        await self.push_screen(OperationsScreen(_Desk(self, self.opened.engine), name))

    @work(exit_on_error=False, name="service")
    async def act_on(self, service: Service) -> None:
        """Ask what is to be done to *service*, and do that."""
        from console.screens.service_act import ServiceActScreen

        if self.opened is None:
            return
        servicing = self.opened.engine.servicing()
        ask = partial(servicing.offers_now, service)
        await self.push_screen(ServiceActScreen(service, ask, servicing.act, self.config.read_only))

    @work(exit_on_error=False, name="clean-up")
    async def clean(self, entry: Automation) -> None:
        """Show what would go of *entry*, and move that if it is wanted."""
        from console.screens.cleanup import CleanupScreen

        if self.opened is not None:
            broom = _Broom(self.opened.engine, entry.name)
            await self.push_screen(CleanupScreen(entry.name, broom, self.config.read_only))

    @work(exit_on_error=False, name="artifact")
    async def open_artifact(self, artifact: Artifact, how: str) -> None:
        """Show a file of *artifact*: here (``read``), in the ``pager`` or in the ``editor``."""
        from console.editor import content
        from console.screens.reader import FilesScreen, ReaderScreen

        files = tuple((each.path, each.path) for each in artifact.files[:FILES])
        if not files:
            self.notify(tr("{name}: there is nothing to open.", name=artifact.name), severity="warning", markup=False)
            return
        path = files[0][0] if len(files) == 1 else await self.push_screen_wait(FilesScreen(artifact.name, files))
        if path is None:
            return
        if how == "read":
            try:
                text, note = await content(path)
            except OSError as error:
                reason = safe_text(f"{path}: {error.strerror or error}", limit=300)
                self.notify(reason, severity="warning", markup=False, timeout=10)
                return
            how = await self.push_screen_wait(ReaderScreen(path, text, note))
        if how in ("pager", "editor"):
            await self._hand_over(path, how)

    async def _hand_over(self, path: str, how: str) -> None:
        from console.editor import show

        names = ("PAGER",) if how == "pager" else ("VISUAL", "EDITOR")
        said = next((os.environ[name] for name in names if os.environ.get(name)), OTHERS[how == "editor"])
        try:
            argv = [*shlex.split(said), path]
        except ValueError:
            argv = [said, path]
        self.away = True
        try:
            # Readings go on meanwhile; nothing of them is drawn while the terminal is another program's.
            with self.batch_update(), self.suspend():
                wrong = await show(argv)  # never raises: the terminal is only taken back after the last line
        except SuspendNotSupported:
            wrong = tr("{program} cannot be shown in this terminal", program=argv[0])
        finally:
            self.away = False
        if wrong:
            self.notify(safe_text(wrong, limit=300), severity="warning", markup=False, timeout=10)


class _Desk:
    """What the screen sees of the engine."""

    def __init__(self, app: OperationActs, engine: Engine) -> None:
        self._app = app
        self._engine = engine
        self._servicing = engine.servicing()

    def snapshot(self) -> Snapshot:
        return self._app.snapshot

    async def describe(self, service: Service) -> ServiceDetail:
        return await self._servicing.describe(service)

    async def act(self, service: Service) -> None:
        self._app.act_on(service)

    async def clean(self, entry: Automation) -> None:
        self._app.clean(entry)

    async def open(self, artifact: Artifact, how: str) -> None:
        self._app.open_artifact(artifact, how)

    def reread(self) -> None:
        self._engine.reread()


class _Broom:
    """The clean-up of one entry; everything that touches files is done in a thread."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._plan: Plan | None = None

    async def plan(self) -> tuple[tuple[Going, ...], tuple[Stays, ...]]:
        self._plan = await self._engine.plan_cleanup(self._name)
        return self._plan.items, self._plan.left

    async def run(self) -> tuple[str, str]:
        return await self._engine.clean_up(self._plan) if self._plan is not None else ("", "")

    async def restore(self, made: str) -> str:
        return await self._engine.bring_back(made)
