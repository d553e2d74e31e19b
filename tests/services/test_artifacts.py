"""Deliverables: real files and folders."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from pathlib import Path

from console.config_operations import ArtifactSection
from console.model.artifact import FILES
from console.model.reading import OperationsRead
from console.model.service import Judgement
from console.services.artifacts import look, watch_artifacts
from tests.as_nobody import as_nobody


def put(path: Path, text: str, at: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at, at))
    return path


def test_a_file_a_link_to_it_and_none(tmp_path: Path) -> None:
    report = put(tmp_path / "보고서 [1]*.md", "12345", 1000)
    found = look(ArtifactSection("r", path=str(report)))
    assert (found.judgement, found.exists, found.size, found.mtime, found.evidence) == (
        Judgement.OK,
        True,
        5,
        1000,
        "5 B",
    )
    assert found.marks == {str(report): (1000.0, 5, 1)}
    (tmp_path / "latest.md").symlink_to(report)
    link = look(ArtifactSection("l", path=str(tmp_path / "latest.md")))
    assert (link.size, link.mtime, link.files[0].path) == (5, 1000, str(tmp_path / "latest.md"))
    missing = look(ArtifactSection("m", path=str(tmp_path / "none.md")))
    assert (missing.judgement, missing.exists, missing.evidence) == (Judgement.ATTENTION, False, "missing")


def test_a_folder_is_all_that_is_below_it(tmp_path: Path) -> None:
    put(tmp_path / "src/a.py", "123", 1000)
    put(tmp_path / "src/deep/b.py", "4567", 3000)
    (tmp_path / "src/out").symlink_to("/etc")
    os.utime(tmp_path / "src/out", (10, 10), follow_symlinks=False)
    found = look(ArtifactSection("s", path=str(tmp_path / "src")))
    assert (found.count, found.size, found.mtime, found.evidence) == (1, 7, 3000, "3 files, 7 B")
    before = found.marks
    put(tmp_path / "src/deep/b.py", "4568", 3001)
    assert look(ArtifactSection("s", path=str(tmp_path / "src"))).marks != before
    (tmp_path / "empty").mkdir()
    assert look(ArtifactSection("e", path=str(tmp_path / "empty"))).exists is True


def test_a_glob_lists_its_files_newest_first_and_not_too_many(tmp_path: Path) -> None:
    for number in range(FILES + 2):
        put(tmp_path / f"vault_lint{number}.py", "1", 1000 + number)
    spec = ArtifactSection("v", glob=f"{tmp_path}/vault_lint*.py")
    found = look(spec)
    assert (found.count, len(found.files), found.size) == (FILES + 2, FILES, FILES + 2)
    assert [file.mtime for file in found.files[:2]] == [1000 + FILES + 1, 1000 + FILES]
    assert found.evidence.startswith(f"{FILES + 2} files, ")
    assert look(ArtifactSection("n", glob=f"{tmp_path}/none*.py")).judgement is Judgement.ATTENTION


def test_what_may_not_be_read_is_not_missing() -> None:
    imports = """
import os, shutil, tempfile
from console.config_operations import ArtifactSection
from console.services.artifacts import look
"""
    code = """
root = tempfile.mkdtemp(dir="/tmp")
os.makedirs(f"{root}/closed/in")
open(f"{root}/closed/a.md", "w").close()
os.chmod(f"{root}/closed", 0)
try:
    for spec in (ArtifactSection("a", path=f"{root}/closed/a.md"), ArtifactSection("b", glob=f"{root}/closed/*.md")):
        found = look(spec)
        print(found.judgement, found.exists, found.evidence.replace(root, ""), sep="|")
    print(look(ArtifactSection("c", path=f"{root}/closed")).evidence.replace(root, ""))
finally:
    os.chmod(f"{root}/closed", 0o700)
    shutil.rmtree(root)
"""
    lines = as_nobody(imports, code).splitlines()
    assert lines[0] == "unknown|None|/closed/a.md: Permission denied"
    assert lines[1] == "unknown|None|/closed: Permission denied"
    assert lines[2] == "0 B; /closed: Permission denied"


async def test_every_artifact_is_read(tmp_path: Path) -> None:
    put(tmp_path / "a.md", "1", 1000)
    specs = (ArtifactSection("a", path=str(tmp_path / "a.md")), ArtifactSection("b", path=str(tmp_path / "b.md")))
    seen: dict[str, OperationsRead] = {}
    async with asyncio.timeout(15), aclosing(watch_artifacts(specs)) as readings:  # type: ignore[type-var]
        async for reading in readings:
            seen[reading.artifacts[0].name] = reading
            if len(seen) == 2:
                break
    assert seen["a"].artifacts[0].exists is True and seen["b"].artifacts[0].exists is False
