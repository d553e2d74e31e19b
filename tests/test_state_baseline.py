"""What was true at the last hand-off, on a real disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from console.model.artifact import FILES, Artifact, FileFact
from console.model.baseline import Baseline
from console.model.figure import Figure
from console.model.numbers import Number
from console.model.operations import OperationsSlice
from console.model.service import Judgement
from console.model.snapshot import CollectorSlice, Snapshot
from console.model.telemetry import Collector, CollectorState
from console.state_baseline import NAME, BaselineFile, read, take, write

KNOWN = Baseline(
    1_775_806_860.5,
    {"완료": Number(53, "건", at_least=True), "비율": Number(75.5, "%"), "큰 수": Number(10**23)},
    {"/r/*.md": {"/r/보고서.md": (1000.25, 5, 1)}, "/gone": {}},
    {"logs": 30306, "bytes": 12_920_000},
)


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "deep"
    assert read(folder) == (None, "")
    write(folder, KNOWN)
    assert read(folder) == (KNOWN, "")
    assert (folder / NAME).stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    write(folder, Baseline(2.0))
    assert read(folder) == (Baseline(2.0), "") and [each.name for each in folder.iterdir()] == [NAME]


def test_only_what_is_certain_is_taken() -> None:
    file = FileFact("/a", 5, 1000.0)
    artifacts = (
        Artifact("a", "/a", (file,), 1, judgement=Judgement.OK, read_at=1.0),
        Artifact("b", "/b", judgement=Judgement.ATTENTION, read_at=1.0),
        Artifact("c", "/c", read_at=1.0),
        Artifact("d", "/d", (file,), FILES + 1, judgement=Judgement.OK, read_at=1.0),
    )
    seen = OperationsSlice((), artifacts, (Figure("f", number=Number(5), read_at=1.0), Figure("g", read_at=1.0)))
    collector = CollectorSlice(collector=Collector(CollectorState.UP, "ok", logs=5, spans=None))
    found = take(Snapshot(operations=seen, collector=collector), 9.0)
    assert found == Baseline(9.0, {"f": Number(5)}, {"/a": {"/a": file.mark}, "/b": {}}, {"logs": 5})
    assert take(Snapshot(), 9.0) == Baseline(9.0)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000,
        b'{"format": 2, "written_at": 1, "figures": {}, "artifacts": {}, "collector": {}}',
        b'{"format": 1, "written_at": "x", "figures": {}, "artifacts": {}, "collector": {}}',
        b'{"format": 1, "written_at": NaN, "figures": {}, "artifacts": {}, "collector": {}}',
        b'{"format": 1, "written_at": 1, "figures": {"f": 5}, "artifacts": {}, "collector": {}}',
        b'{"format": 1, "written_at": 1, "figures": {"f": {"value": "5", "unit": "", "at_least": false}},'
        b' "artifacts": {}, "collector": {}}',
        b'{"format": 1, "written_at": 1, "figures": {}, "artifacts": {"a": {"b": [1]}}, "collector": {}}',
        b'{"format": 1, "written_at": 1, "figures": {}, "artifacts": {}, "collector": {"logs": "x"}}',
    ],
)  # fmt: skip
def test_of_a_file_that_is_not_understood_nothing_is_believed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    found, why = read(tmp_path)
    assert found is None and why == f"{tmp_path / NAME}: is not understood; the next hand-off writes it anew"


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    assert "Is a directory" in read(tmp_path)[1]
    (tmp_path / NAME).rmdir()
    (tmp_path / NAME).symlink_to(tmp_path / NAME)
    assert "cannot be read" in read(tmp_path)[1]


def test_a_write_that_fails_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, KNOWN)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("console.state_baseline.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path, Baseline(2.0))
    assert read(tmp_path) == (KNOWN, "") and [each.name for each in tmp_path.iterdir()] == [NAME]


def test_a_leftover_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / f"{NAME}.{os.getpid()}").symlink_to(victim)
    write(tmp_path, KNOWN)
    assert victim.read_text() == "mine" and read(tmp_path) == (KNOWN, "")


def test_it_is_read_again_when_it_was_changed(tmp_path: Path) -> None:
    file = BaselineFile(tmp_path)
    first = file.changed()
    assert first is not None and (first.baseline, first.error) == (None, "")
    assert file.changed() is None
    write(tmp_path, KNOWN)
    second = file.changed()
    assert second is not None and second.baseline == KNOWN and file.changed() is None
    (tmp_path / NAME).write_text(json.dumps({"format": 1}))
    third = file.changed()
    assert third is not None and third.baseline is None and third.error
    (tmp_path / NAME).unlink()
    fourth = file.changed()
    assert fourth is not None and (fourth.baseline, fourth.error) == (None, "")
