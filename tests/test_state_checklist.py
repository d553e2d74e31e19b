"""What of the checklist outlives the console, and when a restart is seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.model.checklist import Mark, Step, StepState
from console.state_checklist import NAME, RUNS, WITHOUT, ChecklistFile, Server, restarted

NOW = 1_775_800_000.0
ONE = Server("/tmp/tmux", 100.0, frozenset({("%0", "", 7), ("%1", "", 8)}))


def test_marks_belong_to_their_hand_off(tmp_path: Path) -> None:
    file = ChecklistFile(tmp_path)
    file.mark("aa", "own x", Mark("tick", NOW))
    file.mark("aa", "own y", Mark("skip", NOW, "token=sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"))
    assert file.marks("aa", NOW)["own x"] == Mark("tick", NOW)
    assert "abcdefghijklmnop" not in (tmp_path / NAME).read_text(), "no secret is kept"
    assert file.marks("bb", NOW) == {}
    file.mark("aa", "own x", None)
    assert set(file.marks("aa", NOW)) == {"own y"}


def test_without_a_hand_off_ticks_hold_for_half_a_day(tmp_path: Path) -> None:
    file = ChecklistFile(tmp_path)
    file.mark("", "own x", Mark("tick", NOW))
    assert file.marks("", NOW + 60)
    assert not file.marks("", NOW + WITHOUT + 60)


def test_results_are_kept_and_bounded(tmp_path: Path) -> None:
    file = ChecklistFile(tmp_path)
    for at in range(RUNS + 3):
        file.keep(float(at), {"path": "h.md", "id": "aa"}, [Step("a", "a", "Own steps", StepState.FAIL, "broken")])
    runs = file.runs()
    assert (len(runs), runs[-1]["at"], runs[-1]["steps"][0]["state"]) == (RUNS, RUNS + 2.0, "fail")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"format": 2}', '{"format": 1, "marks": 3, "servers": {"x": 1}}'])
def test_a_file_that_is_not_understood_is_as_if_it_were_not_there(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_text(content)
    file = ChecklistFile(tmp_path)
    assert (file.marks("aa", NOW), file.last("x"), file.seen(), file.runs()) == ({}, None, ("", 0.0), [])
    file.note(ONE, ("aa", NOW))
    assert (file.last(ONE.source), file.seen()) == (ONE, ("aa", NOW))
    assert json.loads((tmp_path / NAME).read_text())["format"] == 1


def test_another_server_is_known_by_what_is_in_it() -> None:
    assert restarted(None, ONE) == ""
    assert restarted(ONE, Server(ONE.source, 100.0, frozenset({("%1", "", 8), ("%2", "", 9)}))) == ""
    assert restarted(ONE, Server(ONE.source, 100.0, frozenset({("%0", "", 17)}))) == "the terminal server was restarted"
    assert restarted(ONE, Server(ONE.source, 5000.0, ONE.surfaces)) == "the machine was restarted"
    assert restarted(ONE, Server(ONE.source, 100.0, frozenset())) == "", "nothing is there yet"
