"""A real systemd of its own: ``systemd --user`` in a mount namespace with an empty /run. Needs root and util-linux."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SYSTEMD: Final = "/usr/lib/systemd/systemd"
START: Final = f"""mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/user/0 && chmod 700 /run/user/0 &&
XDG_RUNTIME_DIR=/run/user/0 exec {SYSTEMD} --user --log-target=null --show-status=no --unit=basic.target"""
UNITS: Final = {
    "oc-works.service": "[Service]\nExecStart=/bin/sleep 600\n",
    "oc-fails.service": "[Service]\nExecStart=/bin/sh -c 'exit 3'\n",
    "oc-killed.service": "[Service]\nExecStart=/bin/sh -c 'kill -9 $$$$'\n",
    "oc-off.service": "[Service]\nExecStart=/bin/sleep 600\n[Install]\nWantedBy=basic.target\n",
    "oc-by-timer.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "oc-by-timer.timer": "[Timer]\nOnCalendar=*-*-* 04:00:00\n",
    "oc-never.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "oc-never.timer": "[Timer]\nOnCalendar=*-*-* 04:00:00\n",
    "oc-broken.service": "[Service]\nType=simple\n",
}
"""Two of them are started: see `run`."""


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    if sys.platform != "linux":
        return "systemd is on Linux only"
    if os.geteuid() != 0:
        return "a mount namespace needs root"
    missing = [name for name in ("unshare", "nsenter", "systemctl") if shutil.which(name) is None]
    if missing or not Path(SYSTEMD).exists():
        return f"there is no {', '.join(missing) or SYSTEMD}"
    return ""


@contextlib.contextmanager
def run(folder: Path) -> Iterator[Path]:
    """Start it with `UNITS`; yield a folder for PATH in which ``systemctl`` reaches it. Raises RuntimeError."""
    home = folder / "sd-home"
    units = home / ".config/systemd/user"
    units.mkdir(parents=True)
    for name, text in UNITS.items():
        (units / name).write_text(text)
    env = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")} | {"HOME": str(home)}
    process = subprocess.Popen(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", START],
        env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        programs = folder / "sd-bin"
        programs.mkdir()
        real = shutil.which("systemctl")
        script = programs / "systemctl"
        script.write_text(
            f'#!/bin/sh\nexec nsenter -t {process.pid} -m env XDG_RUNTIME_DIR=/run/user/0 HOME={home} {real} "$@"\n'
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        _wait(str(script))
        for unit in ("oc-works.service", "oc-by-timer.timer", "oc-fails.service", "oc-killed.service"):
            subprocess.run([script, "--user", "start", unit], check=True, timeout=20, capture_output=True)
        yield programs
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)  # systemd ends its units, then itself
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _wait(systemctl: str) -> None:
    end = time.monotonic() + 15
    while True:
        done = subprocess.run(
            [systemctl, "--user", "is-active", "basic.target"], capture_output=True, timeout=20, check=False
        )
        if done.returncode == 0:
            return
        if time.monotonic() > end:
            raise RuntimeError(f"systemd --user did not start: {done.stderr.decode(errors='replace')}")
        time.sleep(0.05)
