"""Ground for the tests of the clean-up: folders with litter, all of it two hours old."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from console.actions.cleanup import Cleaned, Plan, Wanted, plan, run

NOW: Final = 1_775_806_860.0
OLD: Final = NOW - 7200
SHM: Final = Path("/dev/shm")


@dataclass
class Ground:
    """A folder with litter and a state folder."""

    root: Path
    state: Path
    entry: str = "messages"
    outside: Path = field(init=False)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.outside = self.root.parent / "outside"
        self.outside.mkdir(exist_ok=True)

    def put(self, name: str, text: str = "text", at: float = OLD) -> Path:
        """A file of the age *at*."""
        path = self.root / name
        path.write_text(text)
        os.utime(path, (at, at))
        return path

    def wanted(self, keep: int = 0) -> Wanted:
        """Everything in the folder."""
        return Wanted(self.entry, str(self.root), sorted(os.listdir(self.root)), keep)  # noqa: PTH208

    def plan(self, keep: int = 0) -> Plan:
        """What would go."""
        return plan([self.wanted(keep)], self.state, NOW)

    def run(self, made: Plan | None = None) -> Cleaned:
        """What went."""
        return run(made if made is not None else self.plan(), self.state, NOW)

    def names(self) -> list[str]:
        """What is in the folder, hidden names too."""
        return sorted(os.listdir(self.root))  # noqa: PTH208

    def trash(self) -> list[str]:
        """The contents of all files in the trash."""
        return sorted(each.read_text() for each in self.state.glob("trash/*/files/*") if each.is_file())


@contextmanager
def other_device() -> Iterator[Path | None]:
    """A folder on another device than temporary files are on; None when this machine has none."""
    if (
        not SHM.is_dir()
        or SHM.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev
        or not os.access(SHM, os.W_OK)
    ):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="oct-", dir=SHM) as folder:
        yield Path(folder)
