"""The owner's tracker command, a real program."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from console.model.dispatch import DispatchStatus, VerificationVerdict
from console.tracker.errors import CommandFailed, Conflict, Refused
from console.tracker.external import ExternalLog, TrackerCommand
from console.tracker.operations import Append, Operation, Patch, RecordVerification, SetStatus

PROGRAM = """
import json, pathlib, sys
path, verb, *rest = sys.argv[1:]
path = pathlib.Path(path)
records = json.loads(path.read_text()) if path.exists() else []
if verb == "add":
    records.append({"id": len(records) + 1, "task": rest[0], "surface": rest[1], "status": "queued"})
elif verb == "fail":
    sys.exit("first\\nno \\x1b[31msuch\\x1b[0m dispatch")
elif verb == "set":
    records[int(rest[0].strip("#")) - 1][rest[1]] = rest[2]
elif verb == "verify":
    records[int(rest[0]) - 1]["verification"] = {
        "by": rest[1], "self": float(rest[2]), "cross": float(rest[3]), "verdict": rest[4]}
elif verb == "break":
    path.write_text("[")
    sys.exit()
path.write_text(json.dumps(records))
"""


@pytest.fixture
def log(tmp_path: Path) -> ExternalLog:
    program, path = tmp_path / "tracker.py", tmp_path / "log.json"
    program.write_text(PROGRAM)
    start = (sys.executable, str(program), str(path))
    command = TrackerCommand(
        append=(*start, "add", "{task}", "{surface}"),
        patch=(*start, "set", "#{number}", "{field}", "{value}"),
        set_status=(*start, "set", "{number}", "status", "{status}"),
        verify=(*start, "verify", "{number}", "{by}", "{self_score}", "{cross_score}", "{verdict}"),
        statuses={"done": "완료"},
    )
    return ExternalLog(path, command)


def verb(log: ExternalLog, *rest: str) -> ExternalLog:
    start = log.command.append[:3]
    return ExternalLog(log.path, TrackerCommand(append=(*start, *rest), set_status=(*start, *rest)))


async def test_the_verbs_do_it_and_the_file_shows_it(log: ExternalLog) -> None:
    task = "한 줄; $(touch x) `y` 'z' {number}\n둘째 줄"
    number, first = await log.apply(Append({"task": task, "surface": "s1"}))
    assert (number, json.loads(log.path.read_text())[0]["task"]) == (1, task)
    assert await log.apply(SetStatus(1, DispatchStatus.DONE)) != (1, first)
    assert json.loads(log.path.read_text())[0]["status"] == "완료"
    await log.apply(RecordVerification(1, "s2", 4.9, 3.8, VerificationVerdict.WARN))
    await log.apply(Patch(1, {"surface": "s3"}))
    assert json.loads(log.path.read_text())[0]["surface"] == "s3"


@pytest.mark.parametrize(
    ("rest", "operation", "why"),
    [
        (("noop",), SetStatus(1, DispatchStatus.DONE), "the command succeeded but #1 is still queued; look at what"),
        (("noop",), SetStatus(7, DispatchStatus.DONE), "the command succeeded but #7 is not in the log"),
        (("noop",), Append({"task": "a"}), "the command succeeded but there is no new dispatch"),
        (("add", "b", "c"), Append({"task": "a"}), "the command succeeded but the task of #2 is 'b'"),
        (("fail",), SetStatus(1, DispatchStatus.DONE), "failed with exit status 1: no such dispatch"),
        (("break",), SetStatus(1, DispatchStatus.DONE), "log.json:1:2: is not valid JSON"),
    ],
)
async def test_what_did_not_work_is_told(
    log: ExternalLog, rest: tuple[str, ...], operation: Operation, why: str
) -> None:
    await log.apply(Append({"task": "t", "surface": "s1"}))
    with pytest.raises(CommandFailed, match=why):
        await verb(log, *rest).apply(operation)


async def test_what_cannot_be_asked_is_refused(log: ExternalLog) -> None:
    with pytest.raises(Refused, match=r"write log\.tracker\.verify into the configuration"):
        await verb(log, "noop").apply(RecordVerification(1, "s2"))
    with pytest.raises(Refused, match="the task holds control characters"):
        await log.apply(Append({"task": "a\x1b[2J"}))
    with pytest.raises(Refused, match="--force would be read as an option"):
        await log.apply(Append({"task": "--force"}))
    assert not log.path.exists()


async def test_a_command_that_is_not_there_or_hangs_is_told(log: ExternalLog) -> None:
    missing = ExternalLog(log.path, TrackerCommand(set_status=("/nowhere/tracker", "{number}")))
    with pytest.raises(CommandFailed, match="no such program"):
        await missing.apply(SetStatus(1, DispatchStatus.DONE))
    slow = ExternalLog(log.path, TrackerCommand(set_status=("sleep", "60"), timeout=0.05))
    with pytest.raises(CommandFailed, match=r"no end within 0\.05 s"):
        await slow.apply(SetStatus(1, DispatchStatus.DONE))


async def test_the_command_is_not_called_for_a_record_others_changed_meanwhile(log: ExternalLog) -> None:
    _, seen = await log.apply(Append({"task": "a", "surface": "s1"}))
    await log.apply(SetStatus(1, DispatchStatus.FAILED))
    with pytest.raises(Conflict, match="#1 was changed meanwhile: status is now failed"):
        await log.apply(SetStatus(1, DispatchStatus.DONE), based_on=seen)
    assert json.loads(log.path.read_text())[0]["status"] == "failed"
    await log.apply(Patch(1, {"surface": "s2"}), based_on=seen)
