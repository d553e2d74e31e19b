"""The real program in a real terminal: hostile screens do nothing to it, and it leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from console.demo import backend_cmux, backend_tmux
from tests.pty_console import Terminal
from tests.tmux_server import TmuxServer, python

ROOT = Path(__file__).parents[1]
MARKER = "MARKER-4711"
PAYLOAD = "UEFZTE9BRA"
HOSTILE = (
    f"\x1b]52;c;{PAYLOAD}\x07\x1b]0;{PAYLOAD}\x07\x1b]8;;http://{PAYLOAD}.example/\x07link\x1b]8;;\x07"
    f"\x1bP{PAYLOAD}\x1b\\\x1b_{PAYLOAD}\x1b\\\x9b31m\x9d52;c;{PAYLOAD}\x9c\u202edlrow\u202c zero\u200bwidth"
    "\U000e0041\U000e0042 \x1b[6n\x1b[c\x1b[>c\x1b[21t\x1b[?2026$p\x1b[?1049l\x1b[?25l"
    "[/] [@click=app.quit]CLICK[/] [red]"
)
PRINT = "import sys,time; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1])); sys.stdout.flush(); time.sleep(1000)"
SIZES = ((200, 55), (80, 24))


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short name: a tmux socket inside it must stay below about 100 characters."""
    folder = Path(tempfile.mkdtemp(prefix="oct-", dir="/tmp"))
    for name in ("home", "tmp", "work", "tmux"):
        (folder / name).mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def environment(place: Path) -> dict[str, str]:
    """Nothing of the person who runs the tests; every folder that could be written to is in *place*."""
    home = place / "home"
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        **{f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "CACHE", "DATA", "STATE")},
        "TMPDIR": str(place / "tmp"),
        "TMUX_TMPDIR": str(place / "tmux"),
    }


def hostile_fleet(tmux: TmuxServer, place: Path) -> Path:
    """Panes, names and a log full of hostile text; return the configuration that shows them."""
    shown = f"{HOSTILE}\r\n{MARKER}\r\n".encode().hex()
    panes = [tmux.new(python(PRINT, shown), name="fleet")]
    panes.append(tmux.split(panes[0], python(PRINT, f"\x1b]2;{HOSTILE}\x07{MARKER}".encode().hex())))
    tmux.run("select-pane", "-t", panes[0], "-T", HOSTILE)
    tmux.run("rename-window", "-t", panes[0], HOSTILE)
    tmux.run("set-option", "-p", "-t", panes[1], "@surface", HOSTILE)
    record = {"number": 7, "surface": HOSTILE, "task": f"{HOSTILE} TASK", "status": HOSTILE}
    log, config = place / "log.json", place / "oc.yaml"
    log.write_text(json.dumps([record, {**record, "number": 8, "surface": panes[0], "status": "sent"}]))
    service = json.dumps({"name": "[@click=app.quit]S[/]", "process": "no such process \\d"})
    config.write_text(f"log: {{path: {log}}}\nservices:\n  - {service}\n", encoding="utf-8")
    return config


def harmless(written: bytes) -> None:
    """Fail if anything hostile got through to the terminal."""
    text = written.decode("utf-8")  # strict: a raw C1 byte is not UTF-8
    assert not re.findall("[\x80-\x9f\u200b\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]", text)
    strings = re.findall("\x1b[\\]PX^_][^\x07\x1b]*", text)
    assert not [string for string in strings if PAYLOAD in string or string[1:4] in ("]52", "]0;", "]8;", "]2;")]
    assert not re.findall(r"\x1b\[(?:6n|5n|c|>c|0c|21t|20t)", text), "queries whose answer would be typed"
    assert "CLICK[/]" in text, "it is shown as the text it is"


def clicks(size: tuple[int, int]) -> bytes:
    """A click into every fourth cell of the left part and every row but the footer."""
    points = [(x, y) for y in range(1, size[1]) for x in (4, 20, 44)]
    return b"".join(b"\x1b[<0;%d;%dM\x1b[<0;%d;%dm" % (x, y, x, y) for x, y in points)


@pytest.mark.parametrize("size", SIZES)
def test_a_hostile_fleet_does_nothing_to_the_terminal(tmux: TmuxServer, place: Path, size: tuple[int, int]) -> None:
    config = hostile_fleet(tmux, place)
    arguments = ("--tmux-socket", str(tmux.socket), "--config", str(config))
    terminal = Terminal(*arguments, size=size, env=environment(place), cwd=str(place / "work"))
    try:
        for text in (MARKER, "TASK", "CLICK[/]", "app.quit]S[/]", "2 surfaces"):
            terminal.shows(text)
        # A click may have opened the operations screen: Esc leaves whatever is open.
        for keys in (clicks(size), b"\x1b", b"\x1b", b"\t\t\t", b"z", b"z", b"?", b"\x1b"):
            terminal.press(keys)
            terminal.until(lambda: not _more(terminal), "it never rests")
        assert terminal.process.poll() is None
        harmless(terminal.written)
        terminal.press(b"q")
        assert terminal.ended() == 0
        harmless(terminal.written)
        assert terminal.restored()
    finally:
        terminal.end()
    assert b"Traceback" not in terminal.written
    kept = [path for path in (place / "home", place / "tmp", place / "work") for path in path.rglob("*")]
    assert not [path for path in kept if path.is_file() and MARKER.encode() in path.read_bytes()]


def _more(terminal: Terminal) -> bool:
    before = len(terminal.written)
    terminal.pump(0.15)
    return len(terminal.written) > before


def fleet_of(console: int) -> list[psutil.Process]:
    """Every process of a demo: children of the console, its terminal server, and the agents in it."""
    found = psutil.Process(console).children(recursive=True)
    for process in psutil.process_iter(["cmdline"]):
        if f"oc-demo-{console}" in " ".join(process.info["cmdline"] or ()):
            found += [process, *process.children(recursive=True)]
    return list(set(found))


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


BACKENDS = {"tmux": bool(backend_tmux.find_tmux()), "cmux": bool(backend_cmux.find_cmux())}
ENDS = [("tmux", how) for how in ("q", "ctrl+c", "SIGTERM", "SIGINT", "hang up")] + [("cmux", "q")]


@pytest.mark.parametrize(("backend", "how"), ENDS)
def test_the_demo_ends_in_every_way_and_leaves_nothing(place: Path, backend: str, how: str) -> None:
    if not BACKENDS[backend]:
        pytest.skip(f"there is no usable {backend} program")
    env = environment(place)
    terminal = Terminal("demo", "--backend", backend, size=(120, 40), env=env, cwd=str(place / "work"))
    fleet: list[psutil.Process] = []
    try:
        for text in ("demo fleet", "6 surfaces", "working"):
            terminal.shows(text)
        fleet = fleet_of(terminal.process.pid)
        assert len(fleet) >= 8, "six agents, their server, the watchdog"
        folders = list((place / "tmp").glob("oc-demo-*"))
        assert len(folders) == 1
        if how == "hang up":
            terminal.hang_up()
        elif how.startswith("SIG"):
            terminal.process.send_signal(getattr(signal, how))
        else:
            terminal.press({"q": b"q", "ctrl+c": b"\x03"}[how])
        code = terminal.ended()
        assert code == {"SIGTERM": 143, "SIGINT": 130, "hang up": 129}.get(how, 0)
        terminal.until(lambda: not any(map(runs, fleet)), f"left: {[p for p in fleet if runs(p)]}")
        assert how == "hang up" or terminal.restored()
        assert b"Traceback" not in terminal.written
    finally:
        terminal.end()
        for process in filter(runs, fleet):
            process.kill()
    assert not list((place / "tmp").glob("oc-demo-*"))
    assert not [path for path in (place / "tmux").rglob("*") if path.is_socket()]
