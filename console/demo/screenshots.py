"""Pictures of the console over the demo fleet, made by the app: ``python -m console.demo.screenshots FOLDER``."""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from console.app import ConsoleApp
from console.config import Config
from console.opening import open_demo

PICTURES: Final = (
    ("wide", "oc-dark", (200, 55)),
    ("medium", "oc-light", (120, 40)),
    ("compact", "oc-colorblind", (80, 24)),
    ("operations", "oc-dark", (160, 32)),
)
"""Name, theme, and size in cells. ``operations`` is its screen, the others are the main one."""
PATIENCE: Final = 20.0
"""Seconds to wait for a fleet worth a picture."""


async def take(folder: Path, name: str, theme: str, size: tuple[int, int]) -> Path:
    """Start the demo fleet, wait until somebody waits and somebody works, and save one SVG."""
    app = ConsoleApp(replace(Config(), theme=theme), partial(open_demo, Config()))
    try:
        async with app.run_test(size=size) as pilot:
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                await pilot.pause(0.25)
                snapshot = app.snapshot
                if snapshot.waiting() and snapshot.log.dispatches and snapshot.collector.collector:
                    break
            await pilot.pause(6.0)
            if name == "operations":
                await pilot.press("o")
                await pilot.pause(2.0)
            target = folder / f"{name}.svg"
            target.write_text(_plain(app.export_screenshot(title="oc-console")), encoding="utf-8")
            return target
    finally:
        if app.opened is not None:
            await app.opened.close()


def _plain(svg: str) -> str:
    """*svg* without fonts from elsewhere: the viewer's own monospace font is used."""
    return re.sub(r"@font-face\s*\{[^}]*\}", "", svg).replace("Fira Code", "ui-monospace, Menlo, Consolas")


def main(argv: Sequence[str] | None = None) -> int:
    """Save every picture."""
    parser = argparse.ArgumentParser(prog="python -m console.demo.screenshots")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(argv).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, theme, size in PICTURES:
        print(asyncio.run(take(folder, name, theme, size)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
