"""What the operator does to the dispatch log, on real files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from console.config import LogConfig, TrackerConfig
from console.model.dispatch import Dispatch, DispatchStatus, VerificationVerdict
from console.tracker.dispatch_log import DispatchLog

RECORD = {"id": 54, "surface": "surface:5", "task": "Hermes 샘플링", "status": "완료 (확인 필요)", "extra": [1]}


def log(folder: Path, **config: object) -> DispatchLog:
    path = folder / "dispatch_log.json"
    path.write_text(json.dumps([RECORD], ensure_ascii=False, indent=2), "utf-8")
    return DispatchLog(LogConfig(str(path), **config), names={"CLAUDE 1": "surface:5"})  # type: ignore[arg-type]


def content(made: DispatchLog) -> dict[str, object]:
    assert made.path is not None
    found = json.loads(made.path.read_text("utf-8"))[0]
    assert isinstance(found, dict)
    return found


DISPATCH = Dispatch(54, "surface:5", "Hermes", DispatchStatus.NEEDS_CHECK)


async def test_a_status_is_written_and_nothing_else_is_touched(tmp_path: Path) -> None:
    made = log(tmp_path)
    written = await made.set_status(54, DispatchStatus.DONE)
    assert written.done and written.number == 54
    assert content(made) == {**RECORD, "status": content(made)["status"]}
    assert made.mapping.status(str(content(made)["status"])) is DispatchStatus.DONE


async def test_nobody_verifies_their_own_work_under_any_name(tmp_path: Path) -> None:
    made = log(tmp_path)
    for by in ("surface:5", "5", "CLAUDE 1"):
        written = await made.verify(DISPATCH, by, 4.9, 3.8, VerificationVerdict.WARN, "", 1.0)
        assert not written.done and written.refused and "author" in written.text
    assert content(made) == RECORD
    assert (await made.verify(DISPATCH, "surface:6", 4.9, 3.8, VerificationVerdict.WARN, "", 1.0)).done
    assert "3.8" in json.dumps(content(made))


async def test_a_check_that_says_nothing_is_refused(tmp_path: Path) -> None:
    written = await log(tmp_path).verify(DISPATCH, "surface:6", None, None, None, "", 1.0)
    assert not written.done and "verdict or a score" in written.text


async def test_what_a_rude_writer_undoes_is_offered_and_comes_back(tmp_path: Path) -> None:
    made = log(tmp_path)
    assert made.path is not None
    before = made.path.read_bytes()
    assert (await made.set_status(54, DispatchStatus.DONE)).done
    assert await made.count_lost() == 0
    made.path.write_bytes(before)
    [undone] = await made.lost()
    assert undone.number == 54 and undone.restorable and "done" in undone.what
    assert (await made.restore(undone)).done
    assert await made.lost() == ()
    assert made.mapping.status(str(content(made)["status"])) is DispatchStatus.DONE


async def test_without_a_log_everything_says_so(tmp_path: Path) -> None:
    made = DispatchLog(LogConfig())
    assert "log: {path" in (await made.set_status(1, DispatchStatus.DONE)).text
    assert await made.count_lost() == 0 and await made.lost() == ()
    assert "no number" in (await made.record(None)).raw


async def test_where_the_owner_has_a_command_only_that_writes(tmp_path: Path) -> None:
    script = (
        "import json,sys; p=sys.argv[1]; d=json.load(open(p)); d[0]['status']=sys.argv[2]; json.dump(d,open(p,'w'))"
    )
    path = str(tmp_path / "dispatch_log.json")
    tracker = TrackerConfig(set_status=(sys.executable, "-c", script, path, "{status}"))
    made = log(tmp_path, tracker=tracker)
    assert made.by_command
    assert (await made.set_status(54, DispatchStatus.CANCELLED)).done
    assert content(made)["status"] == "cancelled"
    assert not (tmp_path / "dispatch_journal.jsonl").exists()
    refused = await made.verify(DISPATCH, "surface:6", 1, 1, VerificationVerdict.PASS, "", 1.0)
    assert not refused.done and refused.refused and "log.tracker.verify" in refused.text
