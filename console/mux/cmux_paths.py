"""Where every release of cmux keeps its sockets, and what helps when one says no. Looks at files, connects to nothing.

Source: cmux 0.63.2 (macOS app), 0.64.13 and later (socket in ``~/.local/state``, issue 5176), the cmux-tui program.
Markers are files of one line, the path of the last socket.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.i18n import tr
from console.safety import safe_text

GLOB_LIMIT: Final = 12
"""Sockets of other variants that are looked at, newest first, as the program of 0.63.2 does."""
_RELAY: Final = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5}")


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one account."""

    home: Path
    tmp: Path = Path("/tmp")
    uid: int = 0
    mac: bool = False

    @staticmethod
    def of(home: Path | None = None, tmp: Path | None = None) -> Places:
        """Those of the account the console runs under."""
        home = home or Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises when there is none
        return Places(home, tmp or Path("/tmp"), os.getuid(), sys.platform == "darwin")

    @property
    def state(self) -> Path:
        """Where 0.64.13 and later keep their socket."""
        return self.home / ".local" / "state" / "cmux"

    @property
    def support(self) -> Path:
        """Where earlier releases keep it."""
        return self.home / "Library" / "Application Support" / "cmux"


@dataclass(frozen=True, slots=True)
class Named:
    """A path and who names it, for people."""

    path: str
    origin: str


def app_sockets(places: Places, env: Mapping[str, str]) -> Iterator[Named]:
    """The app's sockets that no option and no variable names, in the order to try, each once."""
    seen: set[str] = set()
    for named in _app_sockets(places, env):
        if named.path not in seen:
            seen.add(named.path)
            yield named


def _app_sockets(places: Places, env: Mapping[str, str]) -> Iterator[Named]:
    tmp, uid = places.tmp, places.uid
    tag = env.get("CMUX_TAG", "")
    if re.fullmatch(r"[\w.-]+", tag):
        for name in (f"cmux-debug-{tag}.sock", f"cmux-{tag}.sock"):
            yield Named(str(tmp / name), "$CMUX_TAG")
    old = places.mac or places.support.is_dir()
    yield Named(str(places.state / "cmux.sock"), tr("default since 0.64.13"))
    markers = [places.state / "last-socket-path", places.state / "nightly-last-socket-path"]
    markers += [places.support / "last-socket-path"] if old else []
    for marker in (*markers, tmp / "cmux-last-socket-path"):
        if last := read_marker(marker):
            yield Named(last, tr("marker {marker}", marker=safe_text(str(marker))))
    if old:
        yield Named(str(places.support / "cmux.sock"), tr("default before 0.64.13"))
        yield Named(str(places.support / f"cmux-{uid}.sock"), tr("default before 0.64.13, of this user"))
    yield Named(str(tmp / "cmux.sock"), tr("default of old releases"))
    yield Named(str(places.state / f"cmux-{uid}.sock"), tr("default since 0.64.13, of this user"))
    yield Named(str(tmp / f"cmux-{uid}.sock"), tr("default since 0.64.13, of this user"))
    for variant in ("nightly", "staging", "debug"):
        yield Named(str(tmp / f"cmux-{variant}.sock"), tr("the {variant} app", variant=variant))
    found = [path for folder in (tmp, places.support, places.state) for path in _sockets(folder, "cmux*.sock")]
    for path in _newest(found)[:GLOB_LIMIT]:
        yield Named(str(path), tr("found"))


def is_default(places: Places, path: str) -> bool:
    """Whether *path* is one a release uses without being told: a variable with it is a habit, not a wish."""
    return Path(path).parent in (places.tmp, places.state, places.support) and re.fullmatch(
        rf"cmux(-({places.uid}|nightly|staging|debug))?\.sock", Path(path).name
    ) is not None  # fmt: skip


def daemon_sockets(places: Places, env: Mapping[str, str]) -> Iterator[Named]:
    """Sessions of the cmux-tui daemon, newest first."""
    folders = dict.fromkeys(
        Path(folder) / f"cmux-tui-{places.uid}"
        for folder in (env.get("XDG_RUNTIME_DIR"), env.get("TMPDIR"), str(places.tmp))
        if folder
    )
    for path in _newest([path for folder in folders for path in _sockets(folder, "*.sock")]):
        yield Named(str(path), tr("session {stem}", stem=safe_text(path.stem)))


def read_marker(path: Path) -> str:
    """The path a marker file names; empty when there is no usable one."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return ""  # a FIFO would hold us
        with path.open("rb") as file:
            line = os.fsdecode(file.read(4096).split(b"\n", 1)[0]).strip()
    except OSError:
        return ""
    return line if line.startswith("/") and "\0" not in line else ""


def is_relay(value: str) -> bool:
    """Whether a socket variable names the TCP relay of ``cmux ssh`` (``127.0.0.1:PORT``)."""
    return _RELAY.fullmatch(value) is not None


def _sockets(folder: Path, pattern: str) -> list[Path]:
    try:
        return [path for path in folder.glob(pattern) if stat.S_ISSOCK(path.stat().st_mode)]
    except OSError:
        return []


def _newest(paths: list[Path]) -> list[Path]:
    def age(path: Path) -> float:
        try:
            return -path.stat().st_mtime
        except OSError:
            return 0.0

    return sorted(paths, key=age)


@dataclass(frozen=True, slots=True)
class Look:
    """What a path is before anybody connects to it."""

    reason: str = ""
    """Why it must not be connected to; empty when it may."""
    remedy: str = ""
    absent: bool = False
    note: str = ""
    """For people: where a link leads."""
    open: bool = False
    """Other users can connect too, as in mode allowAll."""


def inspect(path: str, uid: int, *, shared: bool = False) -> Look:
    """Look whether *path* may be connected to by the user *uid*.

    It has to be a Unix socket of that user, in a folder that only that user or root can change (a sticky ``/tmp`` is
    fine); with *shared*, only a socket. A link is followed.
    """
    if "\0" in path or not path.startswith("/"):
        return Look(tr("is no absolute path"), tr("write the whole path"))
    real = os.path.realpath(path)
    note = tr("a link to {real}", real=safe_text(real)) if real != os.path.abspath(path) else ""  # noqa: PTH100 - beside realpath
    folder_path = safe_text(os.path.dirname(real))  # noqa: PTH120
    try:
        found, folder = os.stat(real), os.stat(os.path.dirname(real))  # noqa: PTH116, PTH120
    except (FileNotFoundError, NotADirectoryError):
        return Look(tr("does not exist"), absent=True, note=note)
    except OSError as error:
        return Look(
            tr("cannot be looked at ({strerror})", strerror=error.strerror),
            tr("look who owns {folder_path}", folder_path=folder_path),
            note=note,
        )
    if not stat.S_ISSOCK(found.st_mode):
        return Look(tr("exists but is not a Unix socket"), tr("correct the path, or delete the file"), note=note)
    if shared:
        return Look(note=note)
    if found.st_uid != uid:
        reason = tr("belongs to user {st_uid}, not to you (user {uid})", st_uid=found.st_uid, uid=uid)
        return Look(reason, tr("run the console as the user who runs the server"), note=note)
    if folder.st_uid not in (uid, 0):
        reason = tr(
            "is in {folder_path}, which belongs to user {st_uid}", folder_path=folder_path, st_uid=folder.st_uid
        )
        return Look(reason, tr("use a socket in a folder of your own"), note=note)
    if folder.st_mode & 0o022 and not folder.st_mode & stat.S_ISVTX:
        return Look(
            tr("is in {folder_path}, which others can change", folder_path=folder_path),
            tr("chmod go-w '{folder_path}'", folder_path=folder_path),
            note=note,
        )
    return Look(note=note, open=is_open(found.st_mode, folder.st_mode))


def is_open(mode: int, folder: int) -> bool:
    """Whether other users can reach and connect to a socket of *mode* in a folder of mode *folder*."""
    return bool(mode & 0o022 and folder & 0o011)


def denied_remedy(env: Mapping[str, str]) -> str:
    """What to do when cmux lets only the programs of its own panes connect (mode cmuxOnly), for this environment."""
    steps = []
    if env.get("TMUX"):
        steps.append(tr("this console runs in tmux, whose panes are no children of the cmux app"))
    steps.append(tr("start the console in a cmux pane, outside tmux"))
    setting = tr("Settings > Automation > Socket Control Mode")
    steps.append(
        tr(
            "or set {setting} to Automation (or to Password, and CMUX_SOCKET_PASSWORD in the environment)",
            setting=setting,
        )
    )
    if env.get("CMUX_SOCKET_CAPABILITY"):
        steps.append(tr("the token in CMUX_SOCKET_CAPABILITY was not taken: open a new cmux pane for a new one"))
    else:
        steps.append(tr("or hand CMUX_SOCKET_CAPABILITY of a cmux pane on to the console (0.64.18 and later)"))
    return "; ".join(steps)
