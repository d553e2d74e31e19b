"""``oc-console operations`` and ``cleanup``, and the same facts in ``status`` and ``doctor``: from real files."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from console import watches
from console.cli import main
from console.config import Config, load
from console.engine import Engine
from console.model.artifact import Changed
from console.model.baseline import Baseline
from console.model.numbers import Number
from console.model.service import Judgement
from console.model.snapshot import Snapshot, reduce
from console.opening import state_folder
from console.state_baseline import take, write
from tests.as_nobody import ROOT
from tests.eventually import eventually
from tests.tmux_server import TmuxServer

CONFIG = """
automation:
  - {name: 메시지, glob: litter/msg_*.txt, expected: 0, clean: true, action: clear them}
  - {name: verify, glob: litter/verify_*.txt, expected: at most 3, clean: true}
  - {name: kept, glob: litter/*.keep, expected: 0}
artifacts:
  - {name: 보고서, path: report.md}
figures:
  - {name: 완료, file: counts.txt, pattern: '완료 (\\d+)', unit: 건}
  - {name: broken, command: [oc-console-no-such]}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration, litter and a state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "litter").mkdir()
    for name in ("msg_1.txt", "msg_2.txt", *(f"verify_{n}.txt" for n in range(4)), "a.keep"):
        (tmp_path / "litter" / name).write_text(name)
        os.utime(tmp_path / "litter" / name, (time.time() - 7200,) * 2)
    (tmp_path / "report.md").write_text("보고서")
    (tmp_path / "counts.txt").write_text("완료 53 / 59\n")
    (tmp_path / "oc.yaml").write_text(CONFIG)
    return tmp_path


def litter(place: Path) -> list[str]:
    return sorted(each.name for each in (place / "litter").iterdir())


def run(place: Path, *arguments: str) -> int:
    return main([*arguments, "--config", str(place / "oc.yaml")])


async def seen(config: Config) -> Snapshot:
    """Everything that `operations` reads, once."""
    from console.operations_commands import _read

    return Snapshot(operations=await _read(config))


def test_what_is_there_is_told_against_what_is_expected(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(place, "operations") == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "attention: 메시지 2 files, expected 0 (18 B, 2h old); clear them"
    assert out[3].startswith("ok: 보고서 9 B, ") and out[4].startswith(f"완료: 53건 from {place}/counts.txt")
    assert out[5].startswith("broken: unknown (oc-console-no-such: ") and out[6].startswith("no hand-off was written")
    for path in (place / "litter").iterdir():
        path.unlink()
    assert run(place, "operations") == 0
    (place / "report.md").unlink()
    assert run(place, "operations") == 1
    assert "attention: 보고서 missing" in capsys.readouterr().out


def test_nothing_configured_says_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "oc.yaml").write_text("")
    assert run(tmp_path, "operations") == 0 and "write automation:" in capsys.readouterr().out
    assert run(tmp_path, "operations", "--json") == 0
    assert json.loads(capsys.readouterr().out)["figures"] == []


async def test_it_is_compared_with_the_last_hand_off(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = load(place / "oc.yaml")
    write(state_folder(), take(await seen(config), time.time() - 3600))
    (place / "report.md").write_text("보고서 2")
    (place / "counts.txt").write_text("완료 60 / 70\n")
    assert await asyncio.to_thread(run, place, "operations", "--json") == 1
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["artifacts"][0]["changed"] == "changed"
    assert said["artifacts"][0]["changed_paths"] == [str(place / "report.md")]
    done, broken = said["figures"]
    assert (done["value"], done["previous"], done["change"], done["unit"]) == (60, 53, 7, "건")
    assert (broken["value"], broken["change"]) == (None, None) and "no such program" in broken["evidence"]
    first = said["automation"][0]
    assert (first["count"], first["bytes"], first["exact"], first["clean"]) == (2, 18, True, True)
    assert first["newest"] <= time.time() - 7000 and first["judgement"] == "attention"
    assert said["last_handoff"]["written_at"] < time.time() - 3500 and said["last_handoff_error"] is None
    await asyncio.to_thread(run, place, "operations")
    out = capsys.readouterr().out
    assert (
        "changed since the hand-off" in out and "완료: 60건 (+7)" in out and "compared with the hand-off 1h ago" in out
    )
    (state_folder() / "baseline.json").write_text("{")
    await asyncio.to_thread(run, place, "operations")
    assert "is not understood; the next hand-off writes it anew" in capsys.readouterr().out


def test_only_what_is_too_many_of_what_may_go(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(place, "cleanup", "--dry-run") == 0
    out = capsys.readouterr().out
    assert out.count(str(place / "litter")) == 6 and "stays: " in out and "3 files, 30 B would go" in out
    assert "a.keep" not in out and len(litter(place)) == 7 and not state_folder().exists()
    assert run(place, "cleanup", "--yes") == 0
    told = capsys.readouterr().out
    assert litter(place)[0] == "a.keep" and len(litter(place)) == 4 and "moved 3 files, 30 B into " in told
    made = told.rpartition("--restore ")[2].split("`")[0]
    assert run(place, "cleanup", "--list") == 0 and capsys.readouterr().out.startswith(f"{made}  3 files, 30 B")
    assert run(place, "cleanup", "--restore", made) == 0 and len(litter(place)) == 7
    assert capsys.readouterr().out == f"{made}: 3 files are back\n"
    assert run(place, "cleanup", "--list") == 0 and capsys.readouterr().out == "the trash is empty\n"


def test_entries_by_name_and_everything_that_matches(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(place, "cleanup", "verify", "--all", "--yes", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["moved"], said["left"]) == (4, []) and litter(place) == ["a.keep", "msg_1.txt", "msg_2.txt"]
    assert run(place, "cleanup", "--list", "--json") == 0
    (bag,) = json.loads(capsys.readouterr().out)
    assert bag["id"] == said["id"] and len(bag["files"]) == 4
    (place / "litter" / "verify_0.txt").write_text("new")
    assert run(place, "cleanup", "--restore", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["restored"] == 3 and said["left"][0]["why"] == "there is something of that name now"
    assert run(place, "cleanup", "메시지", "--dry-run", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [Path(each["path"]).name for each in said["would_move"]] == ["msg_1.txt", "msg_2.txt"] and said[
        "bytes"
    ] == 18


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["kept"], 2, "kept may not be cleaned up; entries with clean: true are 메시지, verify"),
        (["no\x1b[2Jne"], 2, "none may not be cleaned up"),
        ([], 2, "write --yes to do it, or --dry-run to see what would go"),
        (["--json"], 2, "write --yes"),
        (["--yes", "--read-only"], 3, "refused: the console is read-only; nothing was moved"),
        (["--restore"], 3, "refused: the trash is empty"),
        (["--restore", "--read-only"], 3, "refused: the console is read-only"),
        (["--restore", "a", "b"], 2, "name one clean-up"),
    ],
)
def test_what_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str
) -> None:
    assert run(place, "cleanup", *arguments) == code
    captured = capsys.readouterr()
    assert told in captured.err and captured.out == "" and len(litter(place)) == 7


def test_without_an_entry_that_may_be_cleaned_up(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "oc.yaml").write_text("automation: [{name: a, glob: litter/msg_*}]")
    assert run(place, "cleanup", "--yes") == 2 and "has clean: true" in capsys.readouterr().err
    assert len(litter(place)) == 7


@pytest.mark.parametrize(("answer", "left"), [("y", 4), ("n", 7), ("", 7)])
def test_a_person_is_asked(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    asked: list[str] = []

    def say(question: str) -> str:
        asked.append(question)
        return answer

    monkeypatch.setattr("builtins.input", say)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert run(place, "cleanup") == 0
    out = capsys.readouterr().out
    assert asked == ["Move these 3 files into the trash? [y/N] "] and len(litter(place)) == left
    assert out.index("msg_1.txt") < out.index("3 files, 30 B would go") and ("nothing was moved" in out) is (left == 7)


def test_what_was_left_is_told_and_is_an_exit_code(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def say(question: str) -> str:
        (place / "litter" / "msg_1.txt").write_text("somebody is at work on it")
        return "y"

    monkeypatch.setattr("builtins.input", say)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert run(place, "cleanup", "메시지") == 1
    captured = capsys.readouterr()
    assert "msg_1.txt: it is not what was shown" in captured.err and "moved 1 file, 9 B into" in captured.out
    assert "msg_1.txt" in litter(place) and "msg_2.txt" not in litter(place)


def test_no_screen_library_is_loaded(place: Path) -> None:
    code = (
        "import sys; from console.cli import main; main(sys.argv[1:]); main(['cleanup', '--dry-run', *sys.argv[2:]]);"
        "print(sorted({'textual', 'rich', 'watchfiles'} & set(sys.modules)))"
    )
    argv = [sys.executable, "-c", code, "operations", "--config", str(place / "oc.yaml")]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True, env=env)
    assert done.stdout.splitlines()[-1] == "[]"


def test_status_and_doctor_carry_it(tmux: TmuxServer, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmux.new()
    write(state_folder(), Baseline(time.time() - 60, {"완료": Number(50, "건")}))
    server = ["--tmux-socket", str(tmux.socket), "--config", str(place / "oc.yaml")]
    assert main(["status", "--json", *server]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [each["observed"] for each in said["operations"]["automation"]] == ["2 files", "4 files", "1 file"]
    assert said["operations"]["figures"][0]["change"] == 3 and said["operations"]["artifacts"][0]["exists"] is True
    assert "메시지: 2 files, expected 0" in said["needs_person"]
    assert main(["status", *server]) == 1
    assert "attention: 메시지 2 files, expected 0" in capsys.readouterr().out
    assert main(["doctor", *server]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "-- automation 메시지: 2 files" in out and "ok artifact 보고서" in out and "compared with the hand-off" in out
    )


async def test_a_hand_off_that_is_written_beside_the_console_is_seen(
    tmux: TmuxServer, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from console.mux.tmux import Tmux

    monkeypatch.setattr("console.engine_memory.BEAT_EVERY", 0.02)
    tmux.new()
    config = load(place / "oc.yaml")
    engine = Engine(config, Tmux(str(tmux.socket)), state=state_folder())
    assert not engine.snapshot.operations.complete and len(engine.snapshot.operations.automation) == 3
    running = asyncio.create_task(engine.run())
    try:
        await eventually(lambda: engine.snapshot.operations.complete)
        assert engine.snapshot.operations.figures[0].moved == ""
        write(state_folder(), Baseline(1.0, {"완료": Number(50, "건")}, {str(place / "report.md"): {}}))
        await eventually(lambda: engine.snapshot.operations.figures[0].moved == "+3")
        assert engine.snapshot.operations.artifacts[0].changed is Changed.NEW
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await engine.close()


def test_a_watch_that_breaks_leaves_everything_unknown(place: Path) -> None:
    config = load(place / "oc.yaml")
    snapshot = Snapshot(operations=watches.unread(config))
    for watch in watches.operations(config):
        snapshot = reduce(snapshot, watch.broken("an error in the console: \x1b[2Jx"))
    found = snapshot.operations
    assert found.complete and {each.judgement for each in found.automation} == {Judgement.UNKNOWN}
    told = [each.evidence for each in found.automation] + [each.evidence for each in found.artifacts]
    assert {*told, *(each.evidence for each in found.figures)} == {"an error in the console: x"}
    assert watches.operations(Config()) == [] and watches.unread(Config()).complete
