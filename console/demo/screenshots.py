"""Pictures of the console over the demo fleet, made by the app: ``python -m console.demo.screenshots FOLDER``."""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from console import i18n
from console.app import ConsoleApp
from console.config import Config
from console.opening import open_demo


@dataclass(frozen=True, slots=True)
class Picture:
    """One file, and what is on it."""

    name: str
    theme: str
    size: tuple[int, int]
    """In cells."""
    key: str = ""
    """What opens its screen; empty for the main one."""
    language: i18n.Language = "en"


PICTURES: Final = (
    Picture("wide", "oc-dark", (200, 55)),
    Picture("medium", "oc-light", (120, 40)),
    Picture("compact", "oc-colorblind", (80, 24)),
    Picture("operations", "oc-dark", (160, 32), "o"),
    Picture("checklist-ko", "oc-dark", (120, 40), "R", "ko"),
)
PATIENCE: Final = 20.0
"""Seconds to wait for a fleet worth a picture."""


async def take(folder: Path, picture: Picture) -> Path:
    """Start the demo fleet, wait until somebody waits and somebody works, and save one SVG."""
    i18n.use(picture.language)
    app = ConsoleApp(replace(Config(), theme=picture.theme), partial(open_demo, Config()))
    try:
        async with app.run_test(size=picture.size) as pilot:
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                await pilot.pause(0.25)
                snapshot = app.snapshot
                if snapshot.waiting() and snapshot.log.dispatches and snapshot.collector.collector:
                    break
            await pilot.pause(6.0)
            if picture.key:
                await pilot.press(picture.key)
                await pilot.pause(4.0)
            target = folder / f"{picture.name}.svg"
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
    for picture in PICTURES:
        print(asyncio.run(take(folder, picture)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
