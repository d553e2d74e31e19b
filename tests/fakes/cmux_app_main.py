"""The command line of the double: ``python -m tests.fakes.cmux_app``."""

from __future__ import annotations

import argparse
import json
import os
import select
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fakes.cmux_app import CmuxApp
from tests.fakes.cmux_app_demo import demo_layout
from tests.fakes.cmux_app_personality import PERSONALITIES
from tests.fakes.cmux_app_tree import SurfaceSpec, WorkspaceSpec, seed_layout


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.fakes.cmux_app", description="A double of the cmux.app socket.")
    parser.add_argument("--socket", type=Path, help="where to listen; without it where the release does, under --home")
    parser.add_argument("--personality", choices=sorted(PERSONALITIES), default="0.63.2")
    parser.add_argument("--home", type=Path, help="gets .cmuxterm and, with --marker, last-socket-path")
    parser.add_argument("--marker", action="store_true")
    modes = ("off", "cmuxOnly", "automation", "password", "allowAll")
    parser.add_argument("--access-mode", choices=modes, default="cmuxOnly")
    parser.add_argument("--password")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default="/bin/sh", help="what runs in each surface of the default layout")
    parser.add_argument("--demo", action="store_true", help="the six demo agents instead")
    parser.add_argument("--layout", type=Path, help="a JSON file: [{title, surfaces: [{title, argv, size, cold, …}]}]")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="JSON, read again whenever it changes")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    return parser


def layout_from(text: str) -> list[WorkspaceSpec]:
    """Read a layout. Raises ValueError."""
    try:
        found = []
        for workspace in json.loads(text):
            surfaces: list[SurfaceSpec | tuple[SurfaceSpec, ...]] = []
            for entry in workspace.pop("surfaces"):
                tabs = [SurfaceSpec(**_fit(one)) for one in (entry if isinstance(entry, list) else [entry])]
                surfaces.append(tuple(tabs) if isinstance(entry, list) else tabs[0])
            found.append(WorkspaceSpec(surfaces=surfaces, **workspace))
        return found
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"the layout is no list of workspaces with surfaces: {error}") from error


def _fit(surface: dict[str, Any]) -> dict[str, Any]:
    return surface | ({"size": tuple(surface["size"])} if "size" in surface else {})


def _app(options: argparse.Namespace) -> CmuxApp:
    if options.layout is not None:
        layout = layout_from(options.layout.read_text(encoding="utf-8"))
    else:
        layout = demo_layout() if options.demo else seed_layout(shlex.split(options.program))
    faults = dict(item.partition("=")[::2] for item in options.fault)
    return CmuxApp(
        options.socket,
        personality=options.personality,
        workspaces=layout,
        access_mode=options.access_mode,
        password=options.password,
        home=options.home,
        seed=options.seed,
        faults=faults,
        fault_file=options.faults,
        marker=options.marker,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal; print the socket's path when it listens. Exit code 2 when it cannot be started."""
    options = _parser().parse_args(arguments)
    wake_out, wake_in = os.pipe()
    os.set_blocking(wake_in, False)

    def stop(number: int, frame: FrameType | None) -> None:
        os.write(wake_in, b".")

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        app = _app(options)
        app.start()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"cannot start: {error}\n")
        return 2
    try:
        print(app.path, flush=True)
        _wait(wake_out, options.until_eof)
    finally:
        app.stop()
    return 0


def _wait(wake: int, until_eof: bool) -> None:
    watched = [wake, *([sys.stdin.fileno()] if until_eof else [])]
    while True:
        ready, _, _ = select.select(watched, [], [])
        if wake in ready or not os.read(sys.stdin.fileno(), 65536):
            return
