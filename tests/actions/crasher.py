"""A console that dies in the middle of a dispatch: ``python -m tests.actions.crasher SOCKET PANE FOLDER LOG STEP``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from console.actions.dispatch import Dispatcher, Request
from console.actions.send import Order
from console.actions.sends import SendJournal
from console.config import LogConfig
from console.model.outcome import Step
from console.model.surface import Surface, SurfaceInfo
from console.mux.base import MuxError
from console.mux.tmux import Tmux
from console.tracker.dispatch_log import DispatchLog
from tests.actions.sending import judge_of

TEXT = "섹터나침반 웹앱의 표를 다시 확인해 주세요"


def _die(*_: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


async def _main(socket: str, pane: str, folder: str, log: str, at: str) -> None:
    mux = Tmux(socket)

    async def watch() -> None:
        async for _ in mux.watch():
            pass

    watching = asyncio.create_task(watch())
    if at == "recorded":
        SendJournal.recorded = _die  # type: ignore[method-assign, assignment]
    if at == "end":
        SendJournal.end = _die  # type: ignore[method-assign, assignment]

    def progress(step: Step) -> None:
        if step.name == at:
            _die()

    surface = Surface(SurfaceInfo(pane, None, "w", "w:0.0"), "CLAUDE 2", expected_agent="claude")
    dispatcher = Dispatcher(Path(folder), DispatchLog(LogConfig(), Path(log)))
    while True:
        try:
            await mux.read(pane)
            break
        except MuxError:
            await asyncio.sleep(0.02)
    await dispatcher.dispatch(mux, Request(surface, TEXT, order=Order(progress=progress)), judge_of("claude"))
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:6]))
