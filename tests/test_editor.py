"""The operator's own editor: real programs, a private file that is gone afterwards, every failure told."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from console.editor import EditError, edit, editor

KOREAN = "첫 줄 {braces}\n\n둘째 줄 🧪\ttab"


def program(folder: Path, code: str) -> dict[str, str]:
    """An editor that runs *code* with the file's path in ``p``."""
    script = folder / "editor of mine.py"
    script.write_text(f"import os, sys\np = sys.argv[-1]\n{code}", encoding="utf-8")
    return {"EDITOR": f"{shlex.quote(sys.executable)} -S {shlex.quote(str(script))} --wait"}


@pytest.mark.parametrize("text", ["", KOREAN, f"{KOREAN}\n", f"{KOREAN}\n\n"])
async def test_a_text_that_is_not_changed_stays_exactly_the_same(tmp_path: Path, text: str) -> None:
    assert await edit(text, tmp_path / "state", program(tmp_path, "pass")) == text
    assert list((tmp_path / "state").iterdir()) == []


async def test_what_is_written_comes_back(tmp_path: Path) -> None:
    code = (
        "assert os.stat(p).st_mode & 0o777 == 0o600\n"
        "t = open(p, encoding='utf-8', newline='').read()\n"
        "assert t == '처음\\n', t\n"
        "open(p, 'w', encoding='utf-8', newline='').write('끝\\r\\n\\r\\n둘\\n')"
    )
    assert await edit("처음", tmp_path / "state", program(tmp_path, code)) == "끝\n\n둘"
    assert list((tmp_path / "state").iterdir()) == []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("sys.exit(3)", "ended with exit code 3; the text is what it was"),
        ("os.kill(os.getpid(), 9)", "was ended by signal 9"),
        ("os.unlink(p)", "cannot be read: No such file"),
        ("open(p, 'wb').write(b'\\xff')", "is not UTF-8"),
        ("open(p, 'w').write('x' * (1 << 21))", "larger than 1 MiB"),
    ],
)
async def test_a_failure_is_told_and_leaves_no_file(tmp_path: Path, code: str, told: str) -> None:
    with pytest.raises(EditError, match=told):
        await edit("text", tmp_path / "state", program(tmp_path, code))
    assert list((tmp_path / "state").iterdir()) == []


async def test_a_missing_editor_and_a_folder_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(EditError, match="no such program"):
        await edit("text", tmp_path, {"EDITOR": "/no/such/editor"})
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(EditError, match="cannot be written"):
        await edit("text", tmp_path / "file", program(tmp_path, "pass"))


def test_which_editor() -> None:
    assert editor({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert editor({"VISUAL": " ", "EDITOR": "'my editor' -x"}) == ["my editor", "-x"]
    with pytest.raises(EditError, match="export EDITOR"):
        editor({})
    with pytest.raises(EditError, match=r"\$EDITOR cannot be read"):
        editor({"EDITOR": "'vi"})
