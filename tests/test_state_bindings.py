"""What the entries of the configuration meant, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.model.binding import SurfaceSpec
from console.state_bindings import NAME, SERVERS, Bindings

SPECS = (SurfaceSpec("surface:1", "CODEX 1"), SurfaceSpec("한글", "CLAUDE"))


def test_what_was_kept_is_there_for_the_same_entries_of_the_same_server(tmp_path: Path) -> None:
    Bindings(tmp_path / "new", SPECS).keep("/a.sock", {"surface:1": "U1", "한글": "U2"})
    again = Bindings(tmp_path / "new", SPECS)
    assert again.load("/a.sock") == {"surface:1": "U1", "한글": "U2"} and again.load("/b.sock") == {}
    renamed = Bindings(tmp_path / "new", (SurfaceSpec("surface:1", "CLAUDE"), SPECS[1]))
    assert renamed.load("/a.sock") == {"한글": "U2"}, "the operator has corrected that entry"
    assert again.path.stat().st_mode & 0o777 == 0o600 and [p.name for p in again.path.parent.iterdir()] == [NAME]
    for number in range(SERVERS + 3):
        again.keep(f"/{number}.sock", {"surface:1": "U"})
    assert again.load("/a.sock") == {} and again.load(f"/{SERVERS + 2}.sock") == {"surface:1": "U"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"/a": []}', '{"/a": {"surface:1": "U"}}',
                                  '{"/a": {"surface:1": {"name": "CODEX 1", "uuid": 3}}}', "[" * 100_000])  # fmt: skip
def test_a_file_that_is_none_of_ours_is_as_if_it_were_not_there(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    kept = Bindings(tmp_path, SPECS)
    assert kept.load("/a") == {}
    kept.keep("/a", {"surface:1": "U1"})
    assert kept.load("/a") == {"surface:1": "U1"} and kept.error == ""


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = Bindings(tmp_path / "file", SPECS)
    kept.keep("/a", {"surface:1": "U1"})
    assert "cannot be written" in kept.error and kept.load("/a") == {}
