"""Writing a dispatch log on a real file system."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.model.dispatch import DispatchStatus
from console.tracker import files
from console.tracker.errors import Conflict, Damaged, LockHeld, LogError, NotWritten, Refused
from console.tracker.files import LITTER_AGE, backup_names
from console.tracker.json_write import JsonLog
from console.tracker.operations import Append, Operation, Patch, Revision, SetStatus
from console.tracker.schema import raw_record
from tests.tracker.test_json_log import without_root

ROOT = Path(__file__).parents[2]
RECORD = {"id": 54, "surface": "surface:1", "task": "산업재", "status": "진행 중", "x": {"b": 1, "a": 2}}
TEXT = json.dumps({"v": 1, "dispatches": [RECORD]}, indent=1, ensure_ascii=False)
DONE = SetStatus(54, DispatchStatus.DONE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "log" / "dispatch_log.json"
    found.parent.mkdir()
    found.write_text(TEXT)
    return found


def litter(path: Path) -> list[str]:
    return [each.name for each in path.parent.iterdir() if ".oc-" in each.name]


def test_only_the_value_changes(path: Path) -> None:
    path.chmod(0o640)
    applied = JsonLog(path).apply(DONE)
    assert path.read_text() == TEXT.replace("진행 중", "done")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (applied.number, applied.warning, litter(path)) == (54, "", [])
    raw = raw_record(json.loads(path.read_text()), 54)
    assert raw is not None
    assert applied.revision == Revision.of(raw)


def test_what_is_there_already_is_not_written(path: Path) -> None:
    before = path.stat()
    JsonLog(path).apply(SetStatus(54, DispatchStatus.WORKING))
    assert path.stat().st_ino == before.st_ino


def test_a_link_is_followed_and_stays(tmp_path: Path, path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to("log/dispatch_log.json")
    JsonLog(link).apply(DONE)
    assert link.is_symlink()
    assert '"done"' in path.read_text()
    assert (path.parent / "dispatch_log.json.lock").exists()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs the names of open files")
def test_the_new_file_is_on_the_disk_before_it_takes_the_place_of_the_old(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def spied(name: str) -> Callable[..., Any]:
        call = getattr(os, name)

        def made(*args: Any) -> Any:
            about = Path(f"/proc/self/fd/{args[0]}").readlink().name if name == "fsync" else Path(args[1]).name
            calls.append(f"{name} {'new' if '.oc-' in about else about}")
            return call(*args)

        return made

    JsonLog(path).apply(Patch(54, {"n": 1}))
    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, spied(name))
    JsonLog(path).apply(DONE)
    assert calls[-4:] == ["fsync new", "fsync dispatch_journal.jsonl", "replace dispatch_log.json", "fsync log"]


def test_a_missing_log_is_made_by_an_append_only(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    with pytest.raises(LogError, match="does not exist"):
        JsonLog(path).apply(DONE)
    assert not path.exists()
    assert JsonLog(path).apply(Append({"task": "한", "status": DispatchStatus.QUEUED})).number == 1
    assert json.loads(path.read_text()) == {"dispatches": [{"number": 1, "task": "한", "status": "queued"}]}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(NotWritten, match=r"the directory .*nowhere does not exist; make it first"):
        JsonLog(tmp_path / "nowhere" / "x.json").apply(Append({"task": "a"}))


def test_the_same_key_is_carried_out_once(path: Path) -> None:
    log = JsonLog(path)
    first = log.apply(Append({"task": "a"}), idempotency_key="k")
    assert JsonLog(path).apply(Append({"task": "a"}), idempotency_key="k") == first
    assert len(json.loads(path.read_text())["dispatches"]) == 2
    path.write_text(TEXT)
    assert log.apply(Append({"task": "a"}), idempotency_key="k").number == first.number
    assert len(json.loads(path.read_text())["dispatches"]) == 2


def test_a_conflict_names_the_file_and_the_field(path: Path) -> None:
    base = Revision.of(RECORD)
    log = JsonLog(path)
    log.apply(SetStatus(54, DispatchStatus.FAILED), based_on=base)
    with pytest.raises(Conflict, match=re.escape(f"{path}: #54 was changed meanwhile: status is now failed")):
        log.apply(DONE, based_on=base)
    assert log.apply(Patch(54, {"note": "n"}), based_on=base).number == 54


def test_backups_roll(path: Path) -> None:
    log = JsonLog(path)
    versions = [path.read_text()]
    for n in range(4):
        log.apply(Patch(54, {"n": n}))
        versions.append(path.read_text())
    first, second, third = backup_names(path)
    assert first.read_text() == versions[3]
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert (second.read_text(), third.read_text()) == (versions[1], versions[0])
    old = time.time() - 7200
    os.utime(second, (old, old))
    log.apply(Patch(54, {"n": 9}))
    assert (first.read_text(), second.read_text(), third.read_text()) == (versions[4], versions[3], versions[0])


def test_old_litter_of_ours_is_swept_and_nothing_else(path: Path) -> None:
    names = [".dispatch_log.json.oc-1", ".dispatch_log.json.tmp", ".other.json.oc-1", ".dispatch_log.json.oc-2"]
    old = time.time() - LITTER_AGE - 60
    for name in names:
        (path.parent / name).touch()
        os.utime(path.parent / name, (old, old))
    os.utime(path.parent / names[3])
    JsonLog(path).apply(DONE)
    assert [(path.parent / name).exists() for name in names] == [False, True, True, True]


def test_a_lock_that_is_held_is_told_with_who_holds_it(path: Path) -> None:
    lock = path.with_name("dispatch_log.json.lock")
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LockHeld, match=r"held by another program for more than 0\.05 s"):
            JsonLog(path).apply(DONE, timeout=0.05)
        held.write(f"oc-console, process {os.getpid()}\n")
        held.flush()
        with pytest.raises(LockHeld, match=f"held by oc-console, process {os.getpid()}"):
            JsonLog(path).apply(DONE, timeout=0.05)
    JsonLog(path).apply(DONE)
    assert (lock.exists(), stat.S_IMODE(path.with_name("dispatch_journal.jsonl").stat().st_mode)) == (True, 0o600)


GARBAGE: list[Any] = [
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b'{"dispatches": [{"id": 54,', ":1:27: is not valid JSON", id="half"),
    pytest.param(TEXT.encode().replace("재".encode(), b"\xec\x9e"), r":\d+:\d+: is not UTF-8", id="half a letter"),
    pytest.param(b"[" + b"9" * 1_000_000 + b"]", ":1:2: is a number of more than 4300 digits; correct it", id="number"),
    pytest.param(b"[" * 100_000, "nested too deep", id="nested"),
    pytest.param(b"garbage " * (50 * 1024 * 1024 // 8), ":1:1: is not valid JSON", id="50 MB"),
    pytest.param(b'{"users": []}', "is JSON, but no list of dispatches; name the log in log.path", id="other"),
    pytest.param(b'[{"id": 54} {"id": 1}]', ":1:13: is not valid JSON", id="no comma"),
    pytest.param(b'[{"id": 54}, ]', ":1:14: is not valid JSON", id="last comma"),
    pytest.param(b'[{"id": 54}', ":1:12: is not valid JSON", id="no end"),
    pytest.param(b"[1] [2]", ":1:5: is not valid JSON", id="extra"),
]


@pytest.mark.parametrize(("content", "why"), GARBAGE)
@pytest.mark.parametrize("operation", [DONE, Append({"task": "a"})])
def test_what_is_no_log_is_never_written_over(path: Path, content: bytes, why: str, operation: Operation) -> None:
    log = JsonLog(path)
    log.apply(Patch(54, {"n": 1}))
    path.write_bytes(content)
    with pytest.raises(
        Damaged, match=f"{re.escape(str(path))}.*{why}.*Nothing was written; the last good backup is"
    ) as e:
        log.apply(operation)
    assert len(str(e.value)) < 600
    assert path.read_bytes() == content
    assert litter(path) == []
    assert backup_names(path)[0].read_text() == TEXT


def test_a_directory_in_its_place_is_told(path: Path) -> None:
    path.unlink()
    path.mkdir()
    with pytest.raises(Damaged, match=r"is a directory; .* there is no backup of it"):
        JsonLog(path).apply(Append({"task": "a"}))


def test_half_a_file_of_a_moment_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(TEXT[:20])
    monkeypatch.setattr("console.tracker.json_write.time.sleep", lambda _: path.write_text(TEXT))
    JsonLog(path).apply(DONE)
    assert path.read_text() == TEXT.replace("진행 중", "done")


def test_a_change_without_a_lock_in_the_middle_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that does not lock comes between our reading and our writing, three times."""
    write, rude = files.write_beside, iter(range(3))

    def interrupted(*args: Any, **options: Any) -> Path:
        made = write(*args, **options)
        for n in rude:
            path.write_text(TEXT.replace('"v": 1', f'"v": {n + 2}'))
            break
        return made

    monkeypatch.setattr("console.tracker.json_write.write_beside", interrupted)
    log = JsonLog(path)
    log.apply(DONE)
    assert path.read_text() == TEXT.replace('"v": 1', '"v": 4').replace("진행 중", "done")
    assert (len(log.journal.entries()), litter(path)) == (1, [])


def test_a_directory_that_may_not_be_written_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "log.json"
        path.write_text(TEXT)
        path.chmod(0o644)
        Path(name).chmod(0o555)
        try:
            with without_root(), pytest.raises(NotWritten, match=r"opened \(Permission denied\); allow this account"):
                JsonLog(path).apply(DONE)
        finally:
            Path(name).chmod(0o755)
        path.with_name("log.json.lock").touch(0o644)
        path.with_name("log.json.lock").chmod(0o644)
        with without_root(), pytest.raises(NotWritten, match="allow this account to write in its directory"):
            JsonLog(path).apply(DONE)
        path.chmod(0)
        with without_root(), pytest.raises(Damaged, match=r"cannot be read \(Permission denied\)"):
            JsonLog(path).apply(DONE)
        path.chmod(0o600)
        assert path.read_text() == TEXT


CALLS = ("open", "write", "fsync", "replace", "fchmod", "stat", "fstat", "pwrite", "ftruncate", "close", "unlink")


def counted(call: Callable[..., Any], left: list[int], number: int) -> Callable[..., Any]:
    def made(*args: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            if call.__name__ == "close":
                call(*args)
            raise OSError(number, os.strerror(number))
        return call(*args, **options)

    return made


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("operation", [DONE, Append({"task": "a"})])
def test_a_fault_at_every_call(path: Path, number: int, operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The n-th system call fails, for every n: the file is old or new, and new only when the journal tells of it."""
    log = JsonLog(path)
    failed = 0
    for n in range(1, 400):
        path.write_text(TEXT)
        left = [n]
        with monkeypatch.context() as patch:
            for name in CALLS:
                patch.setattr(os, name, counted(getattr(os, name), left, number))
            try:
                log.apply(operation)
                error = ""
            except LogError as found:
                error = str(found)
        now = path.read_text()
        ours = [entry.number for entry in JsonLog(path).journal.entries()]
        if error:
            failed += 1
            assert len(error) < 500
            assert error.startswith(str(path.parent))
            assert now == TEXT
        assert now == TEXT or (json.loads(now)["dispatches"][0]["x"] == RECORD["x"] and ours)
        assert error or now != TEXT
        for name in litter(path):  # only what could not be removed; the sweep gets it later
            assert n < 400
            (path.parent / name).unlink()
        if left[0] > 0:
            break
    else:
        pytest.fail("no end")
    assert failed > 8


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_full_disk(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from console.tracker.json_write import JsonLog\n"
        "from console.tracker.operations import Append\n"
        "from console.tracker.errors import NotWritten\n"
        "log = JsonLog(pathlib.Path(sys.argv[1]))\n"
        "done = 0\n"
        "try:\n"
        "    while done < 5000:\n"
        "        log.apply(Append({'task': '가득 찬 디스크 ' * 40})); done += 1\n"
        "except NotWritten as error:\n"
        "    print(done, error)\n"
    )
    script = 'mount -t tmpfs -o size=256k none "$1" && "$2" -c "$3" "$1/log.json"; cat "$1/log.json" >&2; ls -A "$1"'
    result = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", str(tmp_path), sys.executable, program],
        capture_output=True, text=True, timeout=60, check=False, cwd=ROOT,
    )  # fmt: skip
    if "unshare" in result.stderr or "mount" in result.stderr:
        pytest.skip("no private mounts here")
    said, *names = result.stdout.splitlines()
    assert "No space left on device" in said
    assert "free some space" in said
    assert len(json.loads(result.stderr)["dispatches"]) == int(said.split()[0])
    assert not [name for name in names if ".oc-" in name]


def test_four_processes_lose_nothing(path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from console.tracker.json_write import JsonLog\n"
        "from console.tracker.operations import Append\n"
        "log = JsonLog(pathlib.Path(sys.argv[1]))\n"
        "for n in range(100):\n"
        "    log.apply(Append({'task': f'{sys.argv[2]}-{n}'}), timeout=60)\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(path), str(n)], cwd=ROOT) for n in range(4)]
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 4
    found = json.loads(path.read_text())
    assert sorted(each["task"] for each in found["dispatches"][1:]) == sorted(
        f"{w}-{n}" for w in range(4) for n in range(100)
    )
    assert [each["id"] for each in found["dispatches"]] == list(range(54, 455))
    assert JsonLog(path).journal.lost(found) == ()


def test_a_journal_that_cannot_be_written_leaves_the_log_alone(path: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    log = JsonLog(path, state=state)
    with pytest.raises(NotWritten, match=r"the journal cannot be written \(No such file"):
        log.apply(DONE)
    assert (path.read_text(), litter(path)) == (TEXT, [])
    state.mkdir()
    log.apply(DONE)
    assert (state / "dispatch_journal.jsonl").exists()


def test_refusals_name_the_file(path: Path) -> None:
    with pytest.raises(Refused, match=re.escape(f"{path}: there is no dispatch #9")):
        JsonLog(path).apply(SetStatus(9, DispatchStatus.DONE))


def test_a_log_that_is_gone_is_not_begun_again_beside_its_backups(tmp_path: Path) -> None:
    path = tmp_path / "dispatch_log.json"
    JsonLog(path).apply(Append({"task": "a"}))
    JsonLog(path).apply(Append({"task": "b"}))
    path.unlink()
    with pytest.raises(Damaged, match=r"is not there any more; .*the last good backup is .*\.bak-1 of 20"):
        JsonLog(path).apply(Append({"task": "c"}))
    assert not path.exists()
    for backup in tmp_path.glob(".dispatch_log.json.bak-*"):
        backup.unlink()
    assert JsonLog(path).apply(Append({"task": "c"})).number == 1
