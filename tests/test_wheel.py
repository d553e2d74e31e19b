"""The wheel: what is in it, and that the console runs from it alone, far from the source tree."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from console import __version__
from tests.waiting import DEADLINE

ROOT: Final = Path(__file__).parents[1]
ESCAPE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\-~])")
ROWS, COLS = 50, 180


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing is written into the source tree."""
    source = tmp_path_factory.mktemp("source") / "oc-console"
    kept_out = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")
    shutil.copytree(ROOT, source, ignore=kept_out)
    shutil.copy(ROOT / ".gitignore", source)
    argv = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "out"]
    done = subprocess.run(argv, cwd=source, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = (source / "out").iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and nothing else; what it depends on comes from the Python that runs the tests."""
    target = tmp_path_factory.mktemp("installed")
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    argv += ["--no-deps", "--root-user-action=ignore", "--target", str(target), str(wheel)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def home() -> Iterator[Path]:
    """An operator's empty home. Not below pytest's folder: the path of a socket may have 104 bytes on macOS."""
    with tempfile.TemporaryDirectory(prefix="oc-home-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def env(installed: Path, home: Path) -> dict[str, str]:
    """The environment of an operator without a configuration or a multiplexer."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TMUX", "CMUX", "OC_CONSOLE", "XDG_", "PYTHON"))}
    own = dict.fromkeys(("HOME", "TMPDIR", "TMUX_TMPDIR"), str(home))
    return kept | own | {"PYTHONPATH": str(installed), "TERM": "xterm-256color", "COLORTERM": "truecolor"}


def test_it_holds_the_data_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, pattern, inside in (
        ("themes", "*.yaml", "console/_data/themes"),
        ("console/styles", "*.tcss", "console/styles"),
        ("console/agents/rules", "*.yaml", "console/agents/rules"),
        ("console/data", "*.yaml", "console/data"),
        (".", "config.example.yaml", "console/_data"),
    ):
        wanted = {f"{inside}/{path.name}" for path in (ROOT / folder).glob(pattern)}
        assert wanted and wanted <= names, wanted - names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"console", f"oc_console-{__version__}.dist-info"}
    assert not [name for name in names if "/test" in name or name.endswith(".pyc")]


def test_the_program_tells_the_version_of_the_wheel(installed: Path, env: dict[str, str], home: Path) -> None:
    where = subprocess.check_output(
        [sys.executable, "-c", "import console; print(console.__file__)"], cwd=home, env=env, text=True, timeout=60
    )
    assert Path(where.strip()).is_relative_to(installed), "the source tree was used"
    program = installed / "bin" / "oc-console"
    told = subprocess.check_output([program, "--version"], cwd=home, env=env, text=True, timeout=60)
    assert told == f"oc-console {__version__}\n"


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux program")
def test_the_demo_runs_from_it_and_leaves_nothing(installed: Path, env: dict[str, str], home: Path) -> None:
    terminal, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLS, 0, 0))
    argv = [str(installed / "bin" / "oc-console"), "demo", "--backend", "tmux"]
    program = subprocess.Popen(
        argv, cwd=home, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        shown = _read(terminal, lambda text: "demo fleet" in text and "6 surfaces" in text)
        assert "demo fleet" in shown and "6 surfaces" in shown, shown[-3000:]
        os.write(terminal, b"q")
        _read(terminal, lambda _text: program.poll() is not None)
        assert program.wait(DEADLINE) == 0
    finally:
        program.kill()
        program.wait()
        os.close(terminal)
    assert not [path for path in home.rglob("*") if path.name.startswith("oc-demo-")]


def _read(terminal: int, enough: Callable[[str], bool]) -> str:
    """What the program writes, without escape sequences, until that is *enough*, it ends, or time is up."""
    end = time.monotonic() + 2 * DEADLINE
    data = b""
    while time.monotonic() < end:
        if enough(ESCAPE.sub("", data.decode("utf-8", "replace"))):
            break
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                more = os.read(terminal, 65536)
            except OSError:  # Linux: EIO when the last holder of the other side is gone
                break
            if not more:
                break
            data += more
    return ESCAPE.sub("", data.decode("utf-8", "replace"))
