"""``oc-console handoff read``: real files, exit codes, what it prints."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from console.cli import main
from console.handoff_data import words
from console.model.handoff import read
from tests.model.handoff_cases import FOLDER

ROOT = Path(__file__).parents[1]
BROKEN = FOLDER / "01-broken-ko.md"


def test_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handoff", "read", str(BROKEN)]) == 0
    told = capsys.readouterr().out
    assert "written 2026-05-02T09:05+09:00 (line 13), 94 lines" in told
    for line in ("surfaces (3)", "work in progress (2)", "decisions (3)", "services (4)", "every line was understood"):
        assert f"\n{line}\n" in told, line
    assert re.search(r"^  32  #101  surface:11  Working +결제 화면 정리 \(A/B 비교\)$", told, re.MULTILINE)
    assert "        $ launchctl load ~/Library/LaunchAgents/org.fleet.night-batch.plist" in told
    assert "전체 101건, 완료 95+, 미완 6" in told


def test_what_was_not_understood_is_told_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handoff", "read", str(FOLDER / "02-tables-en.md")]) == 0
    told = capsys.readouterr().out
    assert "not understood (2)" in told and "It rained." in told and "its section is not known" in told


def test_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handoff", "read", "--json", str(BROKEN)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["number"] for each in told["dispatches"]] == [101, 97]
    lists = {name for name, value in told.items() if isinstance(value, list)}
    assert lists >= {
        "surfaces", "dispatches", "decisions", "services", "automation", "artifacts", "lessons", "figures",
        "first_steps", "checks", "avoid", "not_understood",
    }  # fmt: skip
    lines = BROKEN.read_text(encoding="utf-8").split("\n")
    for name in lists:
        for each in told[name]:
            assert each["line"] == each["lines"][0]
            assert each["raw"] == "\n".join(lines[at - 1] for at in each["lines"])


@pytest.mark.parametrize(
    ("data", "ref"),
    [
        ("﻿## 세션\n- surface:1 Codex\n".encode(), "surface:1"),
        ("## 세션\n- surface:1 Codex\n".encode("utf-16"), "surface:1"),
        (b"## Sessions\r\n- surface:1 \xff\xfe Codex\r\n", "surface:1"),
        ("## 세션\n- surface:1 Codex 전각\n".encode("utf-16-le"), "surface:1"),
        ("## 세션\n- surface:1 Codex\n".encode("utf-16-be"), "surface:1"),
        ("## 세션\n- surface:1 Codex 전각\n".encode("cp949"), "surface:1"),
        ("## 세션\n세션\t역할\nsurface:1\tCodex\n".encode(), "surface:1"),
        (b"## Sessions\n- \x1b]0;owned\x07surface:1 \xe2\x80\xae Codex\n", "surface:1"),
    ],
)
def test_bytes_of_every_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, ref: str) -> None:
    path = tmp_path / "인계.md"
    path.write_bytes(data)
    assert main(["handoff", "read", "--json", str(path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["ref"] for each in told["surfaces"]] == [ref]
    assert main(["handoff", "read", str(path)]) == 0
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", capsys.readouterr().out)


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate((16 << 20) + 1)
    for name in (tmp_path / "nobody.md", tmp_path, tmp_path / "pipe", big, "a\0b", ""):
        assert main(["handoff", "read", str(name)]) == 2, name
        told = capsys.readouterr().err
        assert told.startswith("oc-console handoff: ") and told.count("\n") == 1 and "\0" not in told


def test_standard_input_and_a_terminal_without_unicode(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "console", "handoff", "read", "-", "--json"]
    done = subprocess.run(
        argv, input=BROKEN.read_bytes(), env=env, capture_output=True, cwd=tmp_path, timeout=60, check=False
    )
    assert done.returncode == 0 and done.stdout.isascii(), done.stderr
    assert len(json.loads(done.stdout)["artifacts"]) == 3


def test_a_broken_configuration_is_not_in_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "oc-console.yaml").write_text("surfaces: 7\n")
    assert main(["handoff", "read", str(BROKEN)]) == 0
    assert "surfaces (3)" in capsys.readouterr().out


def test_words_of_the_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "oc-console" / "handoff.yaml"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("console.handoff_data.own_file", lambda: own)
    own.parent.mkdir()
    document = tmp_path / "a.md"
    document.write_text("## Dienste\n- a.b.c: läuft\n## Lehren\n- leer\n", encoding="utf-8")
    own.write_text(
        "sections: {services: [Dienste], lessons: [Lehren]}\nnothing: [leer]\nexpected: {unloaded: [läuft]}\n",
        encoding="utf-8",
    )
    assert main(["handoff", "read", "--json", str(document)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["services"][0]["expected"] == "unloaded" and not told["lessons"] and not told["not_understood"]
    for wrong in ("sections: [a]\n", "- a\n", "a: [\n", "nothing: [1]\n", "agents: claude\n"):
        own.write_text(wrong)
        assert main(["handoff", "read", str(document)]) == 2
        assert str(own) in capsys.readouterr().err
    own.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="cannot be read"):
        words(own)
    assert read("", words(tmp_path / "none.yaml")) == read("", words())
