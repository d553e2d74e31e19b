"""What is done from the operations screen: acts on services, clean-up, files that are read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import OptionList

from console.config import ServiceConfig
from console.config_operations import ArtifactSection, AutomationSection
from console.screens.cleanup import CleanupScreen
from console.screens.operations import OperationsScreen
from console.screens.reader import FilesScreen, ReaderScreen
from console.screens.service_act import ServiceActScreen
from tests.fakes.launchctl import install
from tests.screens.test_operations_screen import ground, marked, service, shown
from tests.ui_helpers import Fleet, drawn, until


@pytest.fixture
def launchd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A double of launchctl; there is none outside macOS."""
    agents = tmp_path / "agents"
    agents.mkdir()
    data = install(tmp_path, {"com.x.otel": (700, 0)})
    (agents / "com.x.otel.plist").write_text(
        '<?xml version="1.0"?><plist version="1.0"><dict><key>Label</key><string>com.x.otel</string>'
        "<key>KeepAlive</key><true/></dict></plist>"
    )
    monkeypatch.setattr("console.services.launchd.AGENTS", (str(agents),))
    monkeypatch.setattr("console.services.launchd.DAEMONS", (str(tmp_path / "none"),))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    yield data


OTEL = (ServiceConfig("otel-collector", launchd="com.x.otel", every=3600.0),)


async def test_an_act_is_told_asked_done_and_seen(launchd: Path, tmp_path: Path) -> None:
    fleet = ground(tmp_path, services=OTEL)
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await shown(fleet, pilot, service("otel-collector", manager="launchd", label="com.x.otel", pid=700))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(fleet.app.screen, ServiceActScreen) and "bootout" in drawn(fleet.app))
        text = drawn(fleet.app)
        assert "✗ launchd keeps it alive" in text and "unload it instead" in text
        await pilot.press("up", "enter")  # stop is refused
        await until(pilot, lambda: "refused" in drawn(fleet.app))
        await pilot.press("end", "up", "enter")
        await until(pilot, lambda: "unload otel-collector?" in drawn(fleet.app))
        await pilot.press("n")
        await until(pilot, lambda: "unload otel-collector?" not in drawn(fleet.app))
        assert "bootout" not in Path(f"{launchd}.calls").read_text()
        await pilot.press("enter", "y")
        await until(pilot, lambda: "✓ done: otel-collector is unloaded" in drawn(fleet.app))
        assert "bootout" in Path(f"{launchd}.calls").read_text()
        journal = [json.loads(line) for line in (tmp_path / "state/service_acts.jsonl").read_text().splitlines()]
        assert [each["event"] for each in journal] == ["begin", "done"]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(fleet.app.screen, OperationsScreen))


async def test_read_only_asks_nothing(launchd: Path, tmp_path: Path) -> None:
    fleet = ground(tmp_path, services=OTEL, read_only=True)
    async with fleet.app.run_test(size=(80, 24)) as pilot:
        await shown(fleet, pilot, service("otel-collector", manager="launchd", label="com.x.otel", pid=700))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(fleet.app.screen, ServiceActScreen) and "restart" in drawn(fleet.app))
        await pilot.press("enter")
        await until(pilot, lambda: "read-only" in drawn(fleet.app))
        await pilot.press("y")
        await pilot.pause()
        assert "kickstart" not in Path(f"{launchd}.calls").read_text()


async def opened(fleet: Fleet, pilot: object, name: str) -> None:
    """The screen over what the engine reads itself, with the cursor on *name*."""
    await fleet.start(pilot, 1)  # type: ignore[arg-type]
    await until(pilot, lambda: fleet.app.snapshot.operations.complete)  # type: ignore[arg-type]
    await fleet.app.run_action(f"operations({name!r})")
    await until(pilot, lambda: isinstance(fleet.app.screen, OperationsScreen))  # type: ignore[arg-type]
    await until(pilot, lambda: marked(fleet) == name)  # type: ignore[arg-type]


async def test_c_shows_what_would_go_moves_it_and_brings_it_back(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for n in range(3):
        (folder / f"msg_{n}.txt").write_text("x")
        os.utime(folder / f"msg_{n}.txt", (1, 1))
    pattern = f"{folder}/msg_*.txt"
    section = AutomationSection("메시지", glob=pattern, expected="0", clean=True, every=86_400.0)
    fleet = ground(tmp_path, automation=(section,))
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await opened(fleet, pilot, "메시지")
        await pilot.press("c")
        await until(
            pilot, lambda: isinstance(fleet.app.screen, CleanupScreen) and "3 files, 3 B would" in drawn(fleet.app)
        )
        assert "msg_2.txt" in drawn(fleet.app) and len(list(folder.iterdir())) == 3
        await pilot.press("y")
        await until(pilot, lambda: "✓ 3 files moved" in drawn(fleet.app))
        assert not list(folder.iterdir())
        # Read again at once, not in a day.
        await until(pilot, lambda: fleet.app.snapshot.operations.automation[0].observed == "0 files")
        await pilot.press("u")
        await until(pilot, lambda: "✓ 3 files are back" in drawn(fleet.app))
        assert len(list(folder.iterdir())) == 3
        await until(pilot, lambda: fleet.app.snapshot.operations.automation[0].observed.startswith("3 files"))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(fleet.app.screen, OperationsScreen))
        (folder / "msg_9.txt").write_text("x")
        await pilot.press("r")
        await until(pilot, lambda: fleet.app.snapshot.operations.automation[0].observed.startswith("4 files"))


async def test_enter_reads_an_artifact_and_p_hands_it_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, other = tmp_path / "보고서.md", tmp_path / "b.txt"
    report.write_text("# 제목\n\n**굵게** \x1b[31mred\n")
    other.write_text("plain [/]\x07\n")
    called: list[list[str]] = []

    async def attend(argv: list[str]) -> int:
        called.append(argv)
        return 0

    monkeypatch.setattr("console.editor.attend", attend)
    monkeypatch.setenv("PAGER", "less -R")
    sections = (ArtifactSection("보고서", path=str(report)), ArtifactSection("both", glob=f"{tmp_path}/*.[mt]*"))
    fleet = ground(tmp_path, artifacts=sections)
    async with fleet.app.run_test(size=(80, 24)) as pilot:
        await opened(fleet, pilot, "보고서")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(fleet.app.screen, ReaderScreen) and "제목" in drawn(fleet.app))
        assert "**" not in drawn(fleet.app) and "\x1b" not in drawn(fleet.app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(fleet.app.screen, OperationsScreen))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(fleet.app.screen, FilesScreen))
        listed = fleet.app.screen.query_one(OptionList)
        listed.highlighted = next(at for at in range(2) if "b.txt" in str(listed.get_option_at_index(at).prompt))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(fleet.app.screen, ReaderScreen) and "plain [/]" in drawn(fleet.app))
        await pilot.press("p")
        # A test's app has no terminal that it could give away: said, not raised.
        await until(pilot, lambda: any("cannot be shown" in each.message for each in fleet.app._notifications))
        assert not called
        await pilot.press("c")
        await until(pilot, lambda: any("clean: true" in each.message for each in fleet.app._notifications))
