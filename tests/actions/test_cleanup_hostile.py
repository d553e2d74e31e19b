"""Cleaning up where somebody works against it, or the machine does: nothing is lost, nothing is taken by mistake."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.actions import moving
from console.actions.cleanup import restore
from console.actions.trash import bags
from tests.actions.cleaning import NOW, OLD, Ground, other_device
from tests.as_nobody import as_nobody

ROOT = Path(__file__).parents[2]
Swap = Callable[[Ground], None]


@pytest.fixture(params=["same device", "other device"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    """A file with a secret outside; litter and trash on one device, and on two."""
    with other_device() as folder:
        if request.param == "same device":
            made = Ground(tmp_path / "in" / "litter", tmp_path / "state")
        elif folder is None:
            pytest.skip("there is no second device to write to")
        else:
            made = Ground(folder / "litter", tmp_path / "state")
        (made.outside / "secret").write_text("secret")
        os.utime(made.outside / "secret", (OLD, OLD))
        made.put("m_1", "shown")
        yield made


def rewritten(ground: Ground) -> None:
    (ground.root / "m_1").write_text("other")


def rewritten_and_set_back(ground: Ground) -> None:
    (ground.root / "m_1").write_text("SHOWN")
    os.utime(ground.root / "m_1", (OLD, OLD))


def replaced(ground: Ground) -> None:
    os.replace(ground.put("new", "SHOWN"), ground.root / "m_1")  # noqa: PTH105 - a test has its own os.rename


def by_a_link(ground: Ground) -> None:
    (ground.root / "m_1").unlink()
    (ground.root / "m_1").symlink_to(ground.outside / "secret")


def by_a_hard_link(ground: Ground) -> None:
    (ground.root / "m_1").unlink()
    os.link(ground.outside / "secret", ground.root / "m_1")


def by_a_folder(ground: Ground) -> None:
    (ground.root / "m_1").unlink()
    (ground.root / "m_1").mkdir()
    (ground.root / "m_1" / "inside").write_text("inside")


def by_a_pipe(ground: Ground) -> None:
    (ground.root / "m_1").unlink()
    os.mkfifo(ground.root / "m_1")


SWAPS = [rewritten, rewritten_and_set_back, replaced, by_a_link, by_a_hard_link, by_a_folder, by_a_pipe]


def no_link(*args: Any, **more: Any) -> None:
    """A file system without hard links."""
    raise PermissionError(errno.EPERM, "Operation not permitted")


def state_of(ground: Ground) -> list[Any]:
    """Everything in the folder and outside, with what it is."""
    paths = sorted([*ground.root.rglob("*"), *ground.outside.rglob("*")])
    return [(str(p), p.lstat().st_ino, p.lstat().st_mode, p.read_bytes() if p.is_file() else b"") for p in paths]


@pytest.mark.parametrize("swap", SWAPS)
def test_what_differs_from_what_was_shown_stays(ground: Ground, swap: Swap) -> None:
    made = ground.plan()
    swap(ground)
    before = state_of(ground)
    done = ground.run(made)
    assert (done.moved, done.left[0].why) == (0, "it is not what was shown")
    assert state_of(ground) == before and ground.trash() == [] and bags(ground.state) == ()


def test_what_is_gone_is_told(ground: Ground) -> None:
    made = ground.plan()
    (ground.root / "m_1").unlink()
    assert ground.run(made).left[0].why == "it is gone"


@pytest.mark.parametrize("swap", SWAPS[2:])
def test_what_is_swapped_in_the_very_moment_goes_back(
    ground: Ground, swap: Swap, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, real, before = ground.plan(), os.rename, list[Any]()

    def rename(*args: Any, **more: Any) -> None:
        if not before:
            swap(ground)
            before.extend(state_of(ground))
        real(*args, **more)

    monkeypatch.setattr("console.actions.moving.os.rename", rename)
    done = ground.run(made)
    assert done.moved == 0 and "swapped" in done.left[0].why
    assert state_of(ground) == before and ground.trash() == []


@pytest.mark.parametrize("hard_links", [True, False])
def test_what_cannot_go_back_is_kept_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    if not hard_links:
        monkeypatch.setattr("console.actions.moving.os.link", no_link)
    ground = Ground(tmp_path / "in" / "litter", tmp_path / "state")
    ground.put("m_1", "shown")
    made, real, calls = ground.plan(), os.rename, list[int]()

    def rename(*args: Any, **more: Any) -> None:
        if not calls:
            replaced(ground)
        real(*args, **more)
        if not calls:
            calls.append(1)
            ground.put("m_1", "third")

    monkeypatch.setattr("console.actions.moving.os.rename", rename)
    done = ground.run(made)
    assert done.moved == 0 and "could not be brought back" in done.left[0].why
    assert (ground.root / "m_1").read_text() == "third" and ground.trash() == ["SHOWN"]
    assert len(bags(ground.state)) == 1, "and can be restored"


def swap_folder_for_a_link(ground: Ground) -> None:
    ground.root.rename(ground.root.with_name("aside"))
    ground.root.symlink_to(ground.outside)


def swap_parent_for_a_link(ground: Ground) -> None:
    parent = ground.root.parent
    parent.rename(parent.with_name("aside"))
    parent.symlink_to(parent.with_name("aside"))


def swap_folder_for_another(ground: Ground) -> None:
    ground.root.rename(ground.root.with_name("aside"))
    ground.root.mkdir()


@pytest.mark.parametrize("swap", [swap_folder_for_a_link, swap_parent_for_a_link, swap_folder_for_another])
def test_a_folder_that_was_swapped_is_not_entered(tmp_path: Path, swap: Swap) -> None:
    ground = Ground(tmp_path / "in" / "litter", tmp_path / "state")
    ground.put("m_1", "shown")
    (ground.outside / "m_1").write_text("shown")
    os.utime(ground.outside / "m_1", (OLD, OLD))
    made = ground.plan()
    swap(ground)
    done = ground.run(made)
    assert done.moved == 0 and done.left[0].why.startswith("its folder is not what was shown")
    assert ground.trash() == [] and len(list(tmp_path.rglob("m_1"))) == 2


def test_the_configured_folder_may_be_reached_by_a_link(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "in" / "litter", tmp_path / "state")
    ground.put("m_1")
    (tmp_path / "way").symlink_to(ground.root)
    ground.root, real = tmp_path / "way", ground.root
    made = ground.plan()
    assert made.items[0].path == str(real / "m_1"), "shown where it really is"
    assert ground.run(made).moved == 1 and list(real.iterdir()) == []


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Ground]:
    """Litter and trash on two devices."""
    with other_device() as folder:
        if folder is None:
            pytest.skip("there is no second device to write to")
        ground = Ground(folder / "litter", tmp_path / "state")
        ground.put("m_1", "shown")
        yield ground


@pytest.mark.parametrize("call", ["write", "fsync", "fchmod", "utime"])
def test_a_copy_that_fails_leaves_the_file(devices: Ground, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    real, made = moving._copy, devices.plan()

    def copy(*args: Any) -> None:
        def fail(*args: Any, **more: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(f"console.actions.moving.os.{call}", fail)
            real(*args)

    monkeypatch.setattr(moving, "_copy", copy)
    done = devices.run(made)
    assert (done.moved, done.left[0].why) == (0, "No space left on device")
    assert devices.names() == ["m_1"] and devices.trash() == [] and bags(devices.state) == ()


def test_a_file_that_is_written_to_while_it_is_copied_stays(devices: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = moving._pour, devices.plan()
    writer = (devices.root / "m_1").open("a")

    def pour(reader: int, target: int) -> None:
        real(reader, target)
        writer.write("more")
        writer.flush()

    monkeypatch.setattr(moving, "_pour", pour)
    with writer:
        done = devices.run(made)
    assert (done.moved, done.left[0].why) == (0, "it was written to meanwhile")
    assert (devices.root / "m_1").read_text() == "shownmore" and devices.names() == ["m_1"] and devices.trash() == []


@pytest.mark.parametrize("half", [True, False])
def test_a_crash_between_the_devices_loses_nothing(
    devices: Ground, monkeypatch: pytest.MonkeyPatch, half: bool
) -> None:
    """As killed in the middle of the copy, or after it: the file has its other name, the copy is half or whole."""
    made, real = devices.plan(), moving._copy

    class Killed(BaseException):
        """Nothing is cleaned up after it."""

    def copy(source: int, name: str, target: int, new: str, wanted: moving.Identity) -> None:
        real(source, name, target, new, wanted)
        if half:
            (next(devices.state.glob("trash/*/files")) / new).write_text("sho")
        raise Killed

    monkeypatch.setattr(moving, "_copy", copy)
    monkeypatch.setattr(moving, "_back", lambda *args: None)
    with pytest.raises(Killed):
        devices.run(made)
    assert devices.names() != ["m_1"] and (devices.root / devices.names()[0]).read_text() == "shown"
    monkeypatch.undo()
    assert restore(devices.state, "", NOW)[1:] == (1, ())
    assert devices.names() == ["m_1"] and (devices.root / "m_1").read_text() == "shown" and bags(devices.state) == ()


def test_without_hard_links_it_comes_back_too(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    done = ground.run()
    monkeypatch.setattr("console.actions.moving.os.link", no_link)
    ground.put("m_1", "in the way")
    assert restore(ground.state, done.id, NOW)[2][0].why == "there is something of that name now"
    (ground.root / "m_1").unlink()
    assert restore(ground.state, done.id, NOW)[1:] == (1, ()) and ground.names() == ["m_1"]
    assert (ground.root / "m_1").read_text() == "shown" and (ground.root / "m_1").stat().st_mtime == OLD


NOBODY = """
import os, shutil, sys, tempfile
from pathlib import Path
from console.actions.cleanup import Refused, restore
from tests.actions.cleaning import NOW, Ground, SHM
"""


def test_without_permission_it_stays(tmp_path: Path) -> None:
    code = """
base = Path(tempfile.mkdtemp(dir="/tmp"))
closed, no_state = Ground(base / "a" / "closed", base / "state"), Ground(base / "b" / "open", base / "none" / "state")
for ground in (closed, no_state):
    ground.put("m_1")
try:
    made = closed.plan()
    closed.root.chmod(0o500)
    print(closed.run(made).left[0].why)
    closed.root.chmod(0)
    print(closed.run(made).left[0].why)
    closed.root.chmod(0o700)
    done = closed.run(made)
    closed.root.chmod(0o500)
    print(restore(closed.state, done.id, NOW)[2][0].why, closed.trash())
    (base / "none").mkdir(mode=0o500)
    try:
        no_state.run()
    except Refused as error:
        print(error)
    print(no_state.names())
finally:
    closed.root.chmod(0o700)
    shutil.rmtree(base)
"""
    assert as_nobody(NOBODY, code).splitlines() == [
        "Permission denied",
        "its folder is not what was shown (Permission denied)",
        "Permission denied ['text']",
        "the trash cannot be written (Permission denied); nothing was moved; free some space",
        "['m_1']",
    ]


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no second device to write to")
def test_a_file_that_may_not_be_read_stays_where_it_would_have_to_be_copied() -> None:
    code = """
base, other = Path(tempfile.mkdtemp(dir="/tmp")), Path(tempfile.mkdtemp(dir=SHM))
try:
    ground = Ground(other / "litter", base / "state")
    ground.put("m_1").chmod(0o200)
    done = ground.run()
    print(done.moved, done.left[0].why if done.left else "", ground.names(), done.left == ())
finally:
    shutil.rmtree(base)
    shutil.rmtree(other)
"""
    if Path("/dev/shm").stat().st_dev == Path("/tmp").stat().st_dev:
        pytest.skip("there is no second device to write to")
    assert as_nobody(NOBODY, code) == "0 Permission denied ['m_1'] False\n"


FULL = """
import os, sys
from pathlib import Path
from console.actions.cleanup import Refused, restore
from tests.actions.cleaning import NOW, Ground
base = Path(sys.argv[1])
ground = Ground(base / "in" / "litter", base / "small")
for number in range(40):
    ground.put(f"m_{number:02}", "x" * 4000)
done = ground.run()
told = {left.why for left in done.left}
inside = ground.trash()
sizes = lambda: {(ground.root / name).stat().st_size for name in ground.names()}
print(0 < done.moved < 40, told, len(inside) + len(ground.names()), set(map(len, inside)), done.moved == len(inside))
print(sizes(), all(name[:2] == "m_" for name in ground.names()))
(base / "small" / "filler").write_bytes(b"")
try:
    with (base / "small" / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(b"y" * 512)
except OSError:
    pass
left = ground.names()
try:
    ground.run()
except Refused as error:
    print("refused:", error)
print(ground.names() == left)
(base / "small" / "filler").unlink()
print(restore(ground.state, "", NOW)[1:], len(ground.names()), sizes())
"""


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """The trash on a tmpfs of 100 kB, in a mount namespace of its own."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("a small file system can be mounted only by root on Linux")
    (tmp_path / "small").mkdir()
    mounted = 'mount -t tmpfs -o size=100k none "$2/small" || exit 77; exec "$0" -c "$1" "$2"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mounted, sys.executable, FULL, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "True {'No space left on device'} 40 {4000} True"
    assert lines[1] == "{4000} True"
    assert lines[2].startswith("refused: the trash cannot be written (No space left on device); nothing was moved")
    assert lines[3] == "True" and lines[4].endswith(", ()) 40 {4000}")
