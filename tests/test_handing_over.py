"""Handing over: where a hand-off goes, what is kept of the one before, copies against a crash."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import TextArea

from console import handoff_places as places
from console.cli import main
from console.config import Config
from console.config_sections import HandoffSection
from console.handing_over import NOTES, HandingOver, Refused
from console.handoff_file import text_of, understood
from console.model.agent import AgentState
from console.model.guard import Verdict
from console.model.guard_facts import Level
from console.model.snapshot import MuxSlice, Snapshot
from console.model.surface import Surface
from console.screens.handoff import HandoffScreen
from console.state_baseline import read as read_baseline
from console.state_guards import GuardJournal, fired
from tests.ui_helpers import Fleet, drawn, info, read, until

NOW = 1_775_800_000.0
SEEN = Snapshot(mux=MuxSlice("tmux", NOW))
OLD = "# 핸드오프 2026-04-09\n## 교훈\n- 교차 검증 필수\n## 피해야 할 것\n- 중복 배분\n## 메모\n내 메모\n"


def over(folder: Path, path: str = "", **more: object) -> HandingOver:
    section = replace(HandoffSection(path=path), **more)  # type: ignore[arg-type]
    return HandingOver(replace(Config(), handoff=section), folder)


def test_one_goes_on_from_the_newest_and_is_its_users_alone(tmp_path: Path) -> None:
    (tmp_path / "handoff-2026-04-08.md").write_text("# Hand-off\n## Lessons\n- older\n", encoding="utf-8")
    os.utime(tmp_path / "handoff-2026-04-08.md", (1, 1))
    (tmp_path / "handoff-2026-04-09.md").write_text(OLD, encoding="utf-8")
    mine = over(tmp_path / "state", str(tmp_path / "handoff-{date}.md"))
    prepared = mine.prepare(SEEN, NOW)
    assert prepared.last == tmp_path / "handoff-2026-04-09.md" and prepared.lang == "ko" and not prepared.replaces
    done = mine.write(prepared, SEEN, NOW)
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600 and done.copy is None
    text = done.path.read_text(encoding="utf-8")
    assert "교차 검증 필수" in text and "내 메모" in text and "older" not in text
    kept, wrong = read_baseline(tmp_path / "state")
    assert kept is not None and kept.written_at == NOW and not wrong


def test_notes_are_kept_and_a_copy_of_what_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "h.md"
    path.write_text(OLD, encoding="utf-8")
    mine = over(tmp_path / "state", str(path))
    prepared = mine.prepare(SEEN, NOW)
    path.write_text(OLD + "더 쓴 것\n", encoding="utf-8")  # in an editor, while the preview is open
    done = mine.write(prepared.noted("새 메모"), SEEN, NOW)
    assert done.copy is not None and "더 쓴 것" in done.copy.read_text(encoding="utf-8")
    notes = mine.prepare(SEEN, NOW).facts.notes
    assert "새 메모" in notes and "더 쓴 것" in notes
    first = path.read_text(encoding="utf-8")
    mine.write(mine.prepare(SEEN, NOW), SEEN, NOW)
    assert path.read_text(encoding="utf-8") == first, "equal facts, equal documents"
    assert places.written(str(tmp_path / "h*"), None) == path, "a copy is no hand-off"


def test_notes_keep_their_tabs_and_long_lines(tmp_path: Path) -> None:
    notes = "all:\n\tmake  it  \n\n" + "긴 줄 " * 3000 + "끝"
    path = tmp_path / "h.md"
    path.write_text(
        f"# Hand-off\n## Lessons\n- x\n## Notes\n<!-- oc-console notes -->\n{notes}\n<!-- /oc-console notes -->\n",
        encoding="utf-8",
    )
    mine = over(tmp_path / "state", str(path))
    mine.write(mine.prepare(SEEN, NOW), SEEN, NOW)
    assert f"\n{notes}\n" in path.read_text("utf-8")
    assert mine.prepare(SEEN, NOW).facts.notes == notes


def test_notes_that_are_too_long_are_not_cut_in_silence(tmp_path: Path) -> None:
    long = over(tmp_path).prepare(SEEN, NOW, notes="x" * (NOTES + 1))
    assert len(long.facts.notes) == NOTES and "too long" in long.warning
    assert not over(tmp_path).prepare(SEEN, NOW, notes="x" * NOTES).warning


def test_a_secret_that_was_written_by_hand_is_no_change_and_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "h.md"
    path.write_text("# Hand-off\n\n## Lessons\n\n- password: hunter2hunter2\n", encoding="utf-8")
    prepared = over(tmp_path / "state", str(path)).prepare(SEEN, NOW)
    assert [each.text for each in prepared.facts.lessons] == ["password: [redacted]"]
    assert not [each for each in prepared.changes if "password" in each.text]


def test_a_file_of_another_kind_is_not_replaced_though_it_has_the_words_of_a_hand_off(tmp_path: Path) -> None:
    path = tmp_path / "oc-console.yaml"
    path.write_text("surfaces:\n  - {name: a, ref: surface:1}\nservices:\n  - {name: web, process: web}\n")
    before = path.read_bytes()
    with pytest.raises(Refused, match="no hand-off document"):
        over(tmp_path / "state").prepare(SEEN, NOW, path=path)
    assert path.read_bytes() == before


def test_what_is_no_hand_off_and_where_none_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shopping.txt").write_text("milk\neggs\n", encoding="utf-8")
    mine = over(tmp_path / "state")
    with pytest.raises(Refused, match="no hand-off document"):
        mine.prepare(SEEN, NOW, path=tmp_path / "shopping.txt")
    with pytest.raises(Refused, match="the folder must be there"):
        mine.write(mine.prepare(SEEN, NOW, path=tmp_path / "no" / "h.md"), SEEN, NOW)
    read_only = HandingOver(replace(Config(), read_only=True), tmp_path)
    with pytest.raises(Refused, match="read-only"):
        read_only.write(read_only.prepare(SEEN, NOW), SEEN, NOW)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["shopping.txt"]


def test_copies_by_itself_are_bounded_and_whole(tmp_path: Path) -> None:
    mine = over(tmp_path, keep=3)
    mine.save(Snapshot(), NOW)
    assert not places.saved(tmp_path), "nothing is known yet"
    for number in range(5):
        mine.save(SEEN, NOW + number)
    saved = places.saved(tmp_path)
    assert len(saved) == 3 and places.latest("", tmp_path) in saved
    assert all(understood(text_of(str(each))).exact for each in saved) and not mine.error


def test_a_kill_leaves_the_last_one_whole(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom console.handoff_keep import keep_whole\n"
        "path, number = Path(sys.argv[1]), 0\n"
        "while True:\n    number += 1\n    keep_whole(path, f'{number}\\n' * 20000, copy=False)\n"
        "    print(number, flush=True)\n"
    )
    path = tmp_path / "h.md"
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(5):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 20000 and len(set(lines)) == 1


def test_places() -> None:
    assert places.target("/x/handoff-*.md", NOW) == places.target("/x/handoff-{date}.md", NOW)
    assert places.target("/x/h.md", NOW) == "/x/h.md"
    with pytest.raises(ValueError, match=r"write \{date\}"):
        places.target("/x/*/h-*.md", NOW)


def test_guards_that_fired_are_told_once(tmp_path: Path) -> None:
    clock = iter([NOW, NOW + 1, NOW + 100])
    journal = GuardJournal(tmp_path, lambda: next(clock))
    verdict = Verdict("duplicate", Level.REFUSE, "#54 is the same, token=abcdefgh")
    for _ in range(3):
        journal.note(Surface(info(1), "A"), [verdict], "refuse")
    found = fired(tmp_path)
    assert [each.at for each in found] == [NOW + 100, NOW] and found[0].guard == "duplicate"
    assert "abcdefgh" not in found[0].text and len(fired(tmp_path, NOW)) == 1


@pytest.mark.parametrize("size", [(200, 55), (120, 40), (80, 24)])
async def test_the_key_shows_it_takes_notes_and_writes(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "handoff-2026-04-09.md"
    path.write_text(OLD, encoding="utf-8")
    fleet = Fleet(replace(Config(), handoff=HandoffSection(path=str(path), lang="ko")))
    fleet.engine._state = tmp_path / "state"
    async with fleet.app.run_test(size=size) as pilot:
        await fleet.start(pilot, 2)
        fleet.post(read(1, "x", AgentState.APPROVAL))
        await pilot.press("H")
        await until(pilot, lambda: isinstance(fleet.app.screen, HandoffScreen) and "세션 핸드오프" in drawn(fleet.app))
        assert path.name in drawn(fleet.app) and "Ctrl-S" in drawn(fleet.app)
        await pilot.press("tab")
        await until(pilot, lambda: "+ openclaw:0.1" in drawn(fleet.app))
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(fleet.app.focused, TextArea))
        await pilot.press("Z", "q", "1")
        await until(pilot, lambda: "Zq1" in drawn(fleet.app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not isinstance(fleet.app.screen, HandoffScreen))
        assert "Zq1내 메모" in path.read_text(encoding="utf-8")
        assert fleet.engine.snapshot.operations.baseline is not None


async def test_read_only_shows_and_does_not_write(tmp_path: Path) -> None:
    path = tmp_path / "h.md"
    path.write_text(OLD, encoding="utf-8")
    fleet = Fleet(replace(Config(), read_only=True, handoff=HandoffSection(path=str(path))))
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot, 1)
        await pilot.press("H")
        await until(pilot, lambda: "read-only" in drawn(fleet.app))
        await pilot.press("ctrl+s", "escape")
        await until(pilot, lambda: not isinstance(fleet.app.screen, HandoffScreen))
    assert path.read_text(encoding="utf-8") == OLD


async def test_a_last_copy_is_kept_on_leaving(tmp_path: Path) -> None:
    fleet = Fleet()
    fleet.engine._state = tmp_path
    async with fleet.app.run_test(size=(80, 24)) as pilot:
        await fleet.start(pilot, 1)
    await fleet.engine.close()
    assert len(places.saved(tmp_path)) == 1


def test_the_command_writes_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, config = tmp_path / "h.md", tmp_path / "c.yaml"
    path.write_text(OLD, encoding="utf-8")
    config.write_text(
        f"mux: {{backend: tmux, tmux_socket: {tmp_path}/none}}\nhandoff: {{path: {path}}}\n", encoding="utf-8"
    )
    named = ["--config", str(config)]
    assert main([*named, "handoff", "write", "-o", "-", "--lang", "en"]) == 0
    assert "# Session hand-off" in capsys.readouterr().out and path.read_text(encoding="utf-8") == OLD
    assert main([*named, "--read-only", "handoff", "write"]) == 3
    assert main([*named, "handoff", "write", "--against", str(tmp_path / "none.md")]) == 2
    assert main([*named, "handoff", "write", "-o", str(tmp_path / "no" / "h.md")]) == 1
    assert main([*named, "handoff", "write"]) == 0
    assert "교차 검증 필수" in path.read_text(encoding="utf-8")
    assert main(["handoff", "read", str(path)]) == 0
    assert "every line was understood" in capsys.readouterr().out
