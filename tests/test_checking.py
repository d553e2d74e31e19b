"""The engine's part of the checklist: own steps on the real machine, the hand-off, news after a restart."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from pathlib import Path

import pytest

from console.checking import Checking, find
from console.checking_looks import look
from console.config import Config, ConfigError, ServiceConfig, load
from console.config_checklist import ChecklistSection
from console.config_sections import HandoffSection
from console.model.checklist import Mark, StepState
from console.model.snapshot import MuxSlice, Snapshot
from console.model.surface import Surface, SurfaceInfo
from tests.waiting import DEADLINE


def fleet(pid: int) -> Snapshot:
    return Snapshot(MuxSlice("tmux 3.5 · /tmp/x", 1.0), (Surface(SurfaceInfo("%0", None, "a", "a", pid=pid), "A"),))


def program(code: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-E", "-c", code)


async def test_own_steps_look_for_themselves_and_side_by_side(tmp_path: Path) -> None:
    there = tmp_path / "보고서.md"
    there.write_text("x")
    me = f"pytest|python.*{os.getpid()}|python"
    config = Config(
        services=(ServiceConfig("me", process=me),),
        checklist=(
            ChecklistSection("prints", command=program("print('0 errors')"), expect=r"\b0 errors"),
            ChecklistSection("other text", command=program("print('3 errors')"), expect=r"\b0 errors"),
            ChecklistSection("exit", command=program("raise SystemExit(3)"), exit=3),
            ChecklistSection("hangs", command=program("import time; time.sleep(600)"), timeout=0.3),
            ChecklistSection("no such program", command=("no-such-program-here",)),
            ChecklistSection("file", file=str(there), expect="younger than 1d"),
            ChecklistSection("no file", file=str(tmp_path / "none")),
            ChecklistSection("service", service="me"),
            ChecklistSection("no surface", surface="B"),
            ChecklistSection("hand", manual="사장님께 알린다"),
        ),
    )
    checking = Checking(config, lambda: fleet(7), tmp_path / "state")
    await checking.run()
    found = {step.title: step for step in checking.steps() if step.id.startswith("own ")}
    passes = {title for title, step in found.items() if step.state is StepState.PASS}
    assert passes == {"prints", "exit", "file", "service"}, found
    assert found["hand"].state is StepState.MANUAL
    assert {found[t].state for t in ("other text", "hangs", "no such program", "no file", "no surface")} == {
        StepState.FAIL
    }
    assert "killed" in found["hangs"].evidence
    there.unlink()
    await checking.run(["own file"])
    found = {step.title: step for step in checking.steps() if step.id.startswith("own ")}
    assert (found["file"].state, found["prints"].state) == (StepState.FAIL, StepState.PASS)


async def test_what_a_command_says_behind_much_output_is_found() -> None:
    code = "import sys; print('x' * 10_000_000); print('0 errors'); sys.stderr.write('done')"
    section = ChecklistSection("big", command=program(code), expect="0 errors$", timeout=DEADLINE)
    found = await look(section, Config())
    assert (found.state, found.evidence) == (StepState.PASS, "exit 0: done")


async def test_a_command_that_never_stops_writing_is_not_kept() -> None:
    section = ChecklistSection("flood", command=("yes", "x" * 1000), timeout=1.0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (await look(section, Config())).state is StepState.FAIL
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000, f"{grown} KiB"


async def test_a_tick_outlives_the_console_and_ends_with_the_hand_off(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Hand-off\n## Check after restart\n- 커피를 내린다\n")
    config = Config(handoff=HandoffSection(str(tmp_path / "*.md")))
    checking = Checking(config, Snapshot, tmp_path / "state")
    await checking.run()
    id = next(step.id for step in checking.steps() if step.title == "커피를 내린다")
    assert await checking.mark(id, Mark("tick", 1.0)) == ""
    again = Checking(config, Snapshot, tmp_path / "state")
    await again.run()
    assert next(step for step in again.steps() if step.id == id).state is StepState.PASS
    newer = tmp_path / "b.md"
    newer.write_text("# Hand-off\n## Check after restart\n- 커피를 내린다\n\n")
    os.utime(newer, (2e9, 2e9))
    await again.run()
    assert next(step for step in again.steps() if step.id == id).state is StepState.MANUAL


async def test_news_are_a_restart_or_a_newer_hand_off_and_are_told_once(tmp_path: Path) -> None:
    now = fleet(7)
    path = tmp_path / "a.md"
    config = Config(handoff=HandoffSection(str(path)))
    path.write_text("# Hand-off\n")
    first = Checking(config, lambda: now, tmp_path / "state")
    assert await first.news() == "there is a newer hand-off"
    assert await first.news() == ""
    now = fleet(8)
    assert await Checking(config, lambda: now, tmp_path / "state").news() == "the terminal server was restarted"
    assert await first.news() == ""
    path.write_text("# Hand-off two\n")
    os.utime(path, (2e9, 2e9))
    await first.wrote()
    assert await first.news() == "", "the console wrote it"


async def test_two_consoles_keep_their_marks_side_by_side(tmp_path: Path) -> None:
    both = [Checking(Config(), Snapshot, tmp_path) for _ in range(2)]
    now = 1e10
    await asyncio.gather(*(each.mark(f"own {at}", Mark("tick", now)) for at, each in enumerate(both)))
    text = (tmp_path / "checklist.json").read_text()
    assert "own 0" in text
    assert "own 1" in text


def test_a_hand_off_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "no such file" in find(str(tmp_path / "*.md")).wrong
    assert "cannot be read" in find(str(tmp_path)).wrong
    assert find("").wrong == ""


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ("{name: a}", "c.yaml:2:5 checklist[1]: says not what to look at"),
        ("{name: a, file: x, manual: y}", "stands beside file"),
        ("{name: a, service: b}", "is no entry of services"),
        ("{name: a, command: [x], expect: '('}", "is not a regular expression"),
        ("{name: a, file: x, expect: loaded}", "expect"),
        ("{name: a, surface: x, state: sleeping}", "sleeping is no state"),
        ("{name: a, manual: x, timeout: 0.0}", "between 0.1 and 600"),
        ("{name: a, manual: x, exit: 3}", "means nothing for manual"),
    ],
)
def test_what_is_wrong_in_a_step_is_told_with_its_place(tmp_path: Path, entry: str, wrong: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"checklist:\n  - {entry}\n")
    with pytest.raises(ConfigError) as told:
        load(path)
    assert "c.yaml:2:" in str(told.value)
    assert wrong.rsplit(": ", 1)[-1] in str(told.value)
