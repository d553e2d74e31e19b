"""The journal on disk: what one console writes the next one reads, whatever has happened to the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console import state_journal
from console.model.agent import AgentState
from console.model.timeline import since, strip
from console.state_journal import BEAT, NAME, StateJournal, append_line, load, read_lines

NOW = 1_700_000_000.0
WORK, IDLE, ASKS = AgentState.WORKING, AgentState.IDLE, AgentState.APPROVAL


def test_what_is_written_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "oc-console"
    journal = StateJournal(folder)
    journal.start(NOW)
    journal.record("a", WORK, NOW + 1)
    journal.record("b|%3|10", ASKS, NOW + 2)
    journal.record("a", IDLE, NOW + 3)
    journal.record("a", None, NOW + 4)
    journal.record("", WORK, NOW + 5)
    assert journal.error == ""
    assert load(folder, NOW + 60) == {
        "a": ((NOW + 1, WORK), (NOW + 3, IDLE), (NOW + 4, None)),
        "b|%3|10": ((NOW + 2, ASKS),),
    }
    assert (folder / NAME).stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_may_read_is_closed(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text("")
    path.chmod(0o644)
    append_line(path, {"at": 1})
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_there_is_nothing_known(tmp_path: Path) -> None:
    assert load(tmp_path / "none", NOW) == {}
    (tmp_path / NAME).mkdir()
    assert load(tmp_path, NOW) == {}


GARBAGE = [
    b"", b"\x00\xff\xfe", b"{", b"[]", b"null", b'"x"', b"{}", b'{"at": "x", "id": "a", "state": "idle"}',
    b'{"at": true, "id": "a", "state": "idle"}', b'{"at": NaN, "id": "a", "state": "idle"}',
    b'{"at": 1e999, "id": "a", "state": "idle"}', b'{"at": 1700000000, "id": 7, "state": "idle"}',
    b'{"at": 1700000000, "id": "a", "state": "dancing"}', b'{"at": 1700000000, "id": "a", "state": ["idle"]}',
    b'{"at": 1700000000, "id": "a"}', b"[" * 5000, b'{"at": 1' + b"0" * 5000 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_costs_only_itself(tmp_path: Path, garbage: bytes) -> None:
    journal = StateJournal(tmp_path)
    journal.record("a", WORK, NOW)
    with (tmp_path / NAME).open("ab") as file:
        file.write(garbage)  # half a line: no newline behind it
    journal.record("a", IDLE, NOW + 1)
    assert journal.error == "" and load(tmp_path, NOW + 2) == {"a": ((NOW, WORK), (NOW + 1, IDLE))}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_no_file_breaks_it(tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]) -> None:
    folder = tmp_path_factory.mktemp("journal")
    (folder / NAME).write_bytes(b"\n".join(chunks))
    assert isinstance(load(folder, NOW), dict)


def test_lines_of_another_time_are_left_out(tmp_path: Path) -> None:
    journal = StateJournal(tmp_path)
    for at in (NOW - 25 * 3600, NOW + 7200, NOW + 3, NOW - 10):
        journal.record("a", WORK, at)
    assert load(tmp_path, NOW) == {"a": ((NOW - 10, WORK), (NOW, WORK))}, "a little ahead is now"


def test_a_gap_is_known_and_a_restart_is_none(tmp_path: Path) -> None:
    journal = StateJournal(tmp_path)
    journal.start(NOW)
    journal.record("a", IDLE, NOW)
    for second in range(0, 600, 5):
        journal.beat(NOW + second)
    assert len(list(read_lines(journal.path))) == 2 + 9, "a sign of life a minute"
    StateJournal(tmp_path).start(NOW + 610)
    quick = load(tmp_path, NOW + 620)
    assert quick == {"a": ((NOW, IDLE),)} and since(quick["a"], IDLE, NOW + 620) == NOW
    later = NOW + 610 + 1800
    StateJournal(tmp_path).start(later)
    gone = load(tmp_path, later)
    assert gone == {"a": ((NOW, IDLE), (NOW + 610, None))}
    assert since(gone["a"], IDLE, later) == NOW, "the same state on both sides"
    assert strip(gone["a"], later, 4, 2400) == (IDLE, None, None, None)
    crashed = load(tmp_path, later + 4 * BEAT)
    assert crashed["a"][-1] == (later, None), "the last console ended without a word"


def test_a_clock_that_was_set_back_still_beats(tmp_path: Path) -> None:
    journal = StateJournal(tmp_path)
    journal.beat(NOW)
    journal.beat(NOW + 1)
    journal.beat(NOW - 3600)
    assert [record["at"] for record in read_lines(journal.path)] == [NOW, NOW - 3600]


def test_the_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_journal, "SIZE_LIMIT", 2000)
    journal = StateJournal(tmp_path)
    for number in range(500):
        journal.record("a", WORK if number % 2 else IDLE, NOW + number)
    assert {path.name for path in tmp_path.iterdir()} == {NAME, f"{NAME}.1"}
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    events = load(tmp_path, NOW + 500)["a"]
    assert events[-1] == (NOW + 499, WORK) and 30 < len(events) < 100
    assert [at for at, _ in events] == sorted(at for at, _ in events)


def test_two_consoles_write_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from console.state_journal import append_line\n"
        "for n in range(400): append_line(Path(sys.argv[1]), {'who': sys.argv[2], 'n': n, 'pad': '한' * 50})"
    )
    path = tmp_path / "x.jsonl"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), who], env=env) for who in "ab"]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    records = list(read_lines(path))
    for who in "ab":
        assert [record["n"] for record in records if record["who"] == who] == list(range(400))


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = StateJournal(tmp_path / "file" / "x")
    journal.record("a", WORK, NOW)
    assert "cannot be written" in journal.error and "\n" not in journal.error
    first = journal.error
    journal.record("a", IDLE, NOW)
    assert journal.error == first


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / NAME).symlink_to(other)
    journal = StateJournal(tmp_path)
    journal.record("a", WORK, NOW)
    assert journal.error and other.read_text() == "mine"


def test_a_line_is_json(tmp_path: Path) -> None:
    append_line(tmp_path / "x", {"text": "한글 \u2028 \n", "n": 1.5})
    (line,) = (tmp_path / "x").read_bytes().removesuffix(b"\n").split(b"\n")
    assert json.loads(line) == {"text": "한글 \u2028 \n", "n": 1.5}
