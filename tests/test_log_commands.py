"""``oc-console summary`` and ``oc-console log``: real files, real processes, exit codes, and what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from console.cli import main

ROOT = Path(__file__).parents[1]
LOG = """{
  "owner": "운영자",
  "dispatches": [
    {"id": "#53", "surface": "surface:1", "title": "수집기 점검", "status": "완료",
     "verify": {"self": 4.9, "cross": 3.8, "verdict": "경고"}},
    {"id": "#54", "surface": "surface:5", "title": "대시보드 화면 레이아웃 정리", "status": "완료 (확인 필요)",
     "created_at": "2026-04-10 16:41 KST", "priority": 3, "mine": {"a": [1]}},
    {"id": "#60", "surface": "surface:10", "title": "대시보드 화면의 레이아웃 정리", "status": "진행 중"},
    {"id": "#61", "surface": "surface:2", "title": "tailer", "status": "Working"},
    {"id": "#62", "surface": "surface:2", "title": "evil \\u009b31m \\u202e", "status": "뭐지"}
  ]
}
"""
TRACKER = """
import json, sys
path, verb, number, value = sys.argv[1:5]
log = json.load(open(path))
for each in log["dispatches"]:
    if each["id"] == "#" + number:
        each["status"] = value
json.dump(log, open(path, "w"), ensure_ascii=False)
open(path + ".called", "a").write(" ".join(sys.argv[2:]) + "\\n")
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("OC_CONSOLE_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "기록.json"
    path.write_text(LOG, encoding="utf-8")
    return path


def record(path: Path, number: int) -> dict[str, Any]:
    records = json.loads(path.read_text(encoding="utf-8"))["dispatches"]
    return next(dict(each) for each in records if each["id"] == f"#{number}")


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("OC_CONSOLE")}
    env |= {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    argv = [sys.executable, "-m", "console", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, cwd=folder, env=env, check=False)


def test_the_document_of_the_summary(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "--json", "--log", log.name]) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == [
        "total", "done", "open", "unknown", "by_status", "by_surface", "verification", "open_items", "duplicates",
    ]  # fmt: skip
    assert (said["total"], said["done"], said["open"], said["unknown"]) == (5, 1, 4, 1)
    assert said["by_status"] == {"working": 2, "done": 1, "needs-check": 1, "unknown": 1}
    assert said["by_surface"] == {"surface:1": 1, "surface:2": 2, "surface:5": 1, "surface:10": 1}
    assert said["verification"] == {"pass": 0, "warn": 1, "fail": 0, "awaiting": 1, "mean_gap": 1.1}
    assert list(said["open_items"][0]) == ["number", "surface", "task", "status", "age_s"]
    assert [item["number"] for item in said["open_items"]] == [54, 60, 61, 62]
    assert said["open_items"][0]["age_s"] > 0 and said["open_items"][1]["age_s"] is None
    assert said["duplicates"] == [[54, 60]]


def test_the_text_of_the_summary_is_aligned_in_cells(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = log.read_text(encoding="utf-8").replace("surface:10", "코덱스 검증")
    log.write_text(text, encoding="utf-8")
    assert main(["summary", "--log", str(log)]) == 0
    out = capsys.readouterr().out
    assert "5 dispatches: 1 done, 4 open, 1 of them not understood" in out
    assert "0 pass, 1 warn, 0 fail, 1 awaiting, mean gap +1.10" in out and "  #54 #60" in out
    assert "\n  surface:5    1\n" in out and "\n  코덱스 검증  1\n" in out
    assert not re.search("[\x1b\x80-\x9f\u202e]", out)


def test_in_korean_the_figures_are_aligned_and_the_file_and_the_document_stay_as_they_are(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert main(["log", "set", "61", "status", "failed", "--log", str(log)]) == 0
    assert capsys.readouterr().out == f"#61: status 필드를 바꿨습니다 ({log})\n"
    assert record(log, 61)["status"] == "failed"
    assert main(["summary", "--log", str(log)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "디스패치 5건: 완료 1, 미완 3 (이해하지 못한 것 1)"
    counted = told[told.index("상태별") + 1 : told.index("세션별") - 1]
    assert len({cell_len(line) for line in counted}) == 1 and any("작업 중" in line for line in counted)
    assert main(["log", "show", "61", "--json", "--log", str(log)]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "failed"


def test_exit_codes_of_the_summary(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary"]) == 2
    assert "name one with --log PATH, or write `log: {path: …}`" in capsys.readouterr().err
    for content, said in (
        (b'{"dispatches": [', ":1:17: is not valid JSON"),
        (b"3", "no dispatch log"),
        (b"", "is empty"),
    ):
        log.write_bytes(content)
        assert main(["summary", "--log", str(log)]) == 1
        heard = capsys.readouterr()
        assert str(log) in heard.err and said in heard.err and heard.out == ""
    assert main(["summary", "--log", str(log.parent / "none.json")]) == 1
    assert "none.json: does not exist; correct --log" in capsys.readouterr().err


def test_the_configured_log_with_words_and_names_of_its_own(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_text('[{"number": 1, "자리": "surface:5", "task": "t", "status": "뭐지"}]', encoding="utf-8")
    config = f"log:\n  path: {log.name}\n  fields: {{surface: 자리}}\n  statuses: {{뭐지: waiting}}\n"
    (log.parent / "oc-console.yaml").write_text(config, encoding="utf-8")
    assert main(["summary", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["by_surface"] == {"surface:5": 1} and said["by_status"] == {"waiting": 1}


def test_show(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "show", "#54", "--log", str(log)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("#54 대시보드 화면 레이아웃 정리\n") and "needs-check" in out
    assert '  mine        {"a": [1]}\n' in out
    assert main(["log", "show", "62", "--json", "--log", str(log)]) == 0
    out = capsys.readouterr().out
    assert not re.search("[\x80-\x9f\u202e]", out)
    said = json.loads(out)
    assert said["record"] == record(log, 62) and said["raw_status"] == "뭐지" and said["open"]
    assert main(["log", "show", "99", "--log", str(log)]) == 1
    assert "there is no dispatch #99" in capsys.readouterr().err


def test_set(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--log", str(log)]
    assert main(["log", "set", "54", "status", "done", *at]) == 0
    assert capsys.readouterr().out == f"#54: status changed in {log}\n"
    assert record(log, 54)["status"] == "완료", "the file's own word"
    assert main(["log", "set", "61", "status", "완료 (확인 필요)", "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "needs-check"
    assert main(["log", "set", "54", "task", "새 [/] 과제", *at]) == 0
    assert main(["log", "set", "54", "priority", "5", *at]) == 0
    assert main(["log", "set", "54", "surface", "7", *at]) == 0
    found = record(log, 54)
    assert (found["title"], found["priority"], found["surface"]) == ("새 [/] 과제", 5, "7")
    assert found["mine"] == {"a": [1]}, "what is not understood stays"
    assert "운영자" in log.read_text(encoding="utf-8")
    assert (log.parent / "dispatch_journal.jsonl").stat().st_mode & 0o777 == 0o600


def test_add(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "add", "--surface", "surface:7", "--task", "로그 점검", "--log", str(log)]) == 0
    assert capsys.readouterr().out == f"#63: added in {log}\n"
    assert record(log, 63)["title"] == "로그 점검"
    assert main(["log", "add", "--surface", "s", "--task", "t", "--number", "54", "--log", str(log)]) == 3
    assert "#54 is in the log already" in capsys.readouterr().err
    new = log.parent / "new.json"
    assert main(["log", "add", "--surface", "s", "--task", "t", "--log", str(new), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["number"] == 1 and new.exists()


def test_verify(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verify = ["log", "verify", "54", "--log", str(log), "--verdict", "경고"]
    before = log.read_bytes()
    config = "surfaces: [{ref: 'surface:5', name: CLAUDE 1}]\n"
    (log.parent / "oc-console.yaml").write_text(config, encoding="utf-8")
    for author in ("surface:5", "Surface 5", "claude 1"):
        assert main([*verify, "--by", author]) == 3
        assert "refused: #54 is the work of surface:5" in capsys.readouterr().err
    assert log.read_bytes() == before
    scores = ["--self", "4.9", "--cross", "3.8", "--note", "여백"]
    assert main([*verify, "--by", "surface:6", *scores, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["verification"]
    assert (said["verdict"], said["gap"], said["by"], said["note"]) == ("warn", 1.1, "surface:6", "여백")
    assert record(log, 54)["verify"]["verdict"] == "경고", "in the words of the file"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "x"], "x is no number of a dispatch; write 54 or #54"),
        (["set", "54", "status", "finito"], "finito is not a status; write one of queued, sending, sent"),
        (["set", "54", "created_at", "soon"], "soon is no time after 2000; write"),
        (["set", "54", "task", "a\x1bb"], "has U+001B ESCAPE at character 2"),
        (["set", "54", "task", "\udcff"], "has U+DCFF"),
        (["verify", "54", "--by", "surface:6"], "says nothing; give --verdict"),
        (["verify", "54", "--by", "surface:6", "--self", "nan"], "nan is no score"),
        (["verify", "54", "--by", " ", "--self", "4"], "is empty"),
        (["verify", "54", "--by", "surface:6", "--verdict", "maybe"], "maybe is no verdict; write pass, warn or fail"),
        (["add", "--surface", "s"], "--task"),
    ],
)
def test_wrong_use_changes_nothing(
    log: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    before = log.read_bytes()
    try:
        code: object = main(["log", *arguments, "--log", str(log)])
    except SystemExit as ended:
        code = ended.code
    assert code == 2 and said in capsys.readouterr().err
    assert log.read_bytes() == before


def test_a_damaged_log_is_never_written_over(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_bytes(b'[{"number": 54}, ')
    for arguments in (["set", "54", "status", "done"], ["add", "--surface", "s", "--task", "t"]):
        assert main(["log", *arguments, "--log", str(log)]) == 1
        assert "is not valid JSON" in capsys.readouterr().err
    assert log.read_bytes() == b'[{"number": 54}, '


def test_the_owners_command_writes_its_log_and_no_other(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (log.parent / "tracker.py").write_text(TRACKER, encoding="utf-8")
    (log.parent / "oc-console.yaml").write_text(
        f"log:\n  path: {log.name}\n  tracker:\n    cwd: .\n    statuses: {{done: 완료}}\n"
        f'    set_status: ["{sys.executable}", ~/tracker.py, {log.name}, status, "{{number}}", "{{status}}"]\n',
        encoding="utf-8",
    )
    called = log.with_name(log.name + ".called")
    assert main(["log", "set", "61", "status", "done"]) == 0
    assert called.read_text(encoding="utf-8") == "status 61 완료\n" and record(log, 61)["status"] == "완료"
    assert not (log.parent / "dispatch_journal.jsonl").exists()
    capsys.readouterr()
    assert main(["log", "set", "61", "task", "x", "--log", str(log)]) == 3
    assert "write log.tracker.patch into the configuration" in capsys.readouterr().err
    other = log.parent / "other.json"
    other.write_text(LOG, encoding="utf-8")
    assert main(["log", "set", "61", "status", "done", "--log", str(other)]) == 0
    assert called.read_text(encoding="utf-8").count("\n") == 1 and record(other, 61)["status"] == "완료"


def test_as_a_process(log: Path) -> None:
    done = run("summary", "--log", str(log), folder=log.parent)
    assert done.returncode == 0 and "대시보드 화면 레이아웃 정리" in done.stdout and done.stderr == ""
    assert run("summary", folder=log.parent).returncode == 2
    assert run("log", folder=log.parent).returncode == 2
    refused = run("log", "verify", "54", "--by", "5", "--verdict", "pass", "--log", str(log), folder=log.parent)
    assert (refused.returncode, refused.stdout) == (3, "") and "refused" in refused.stderr


@pytest.mark.parametrize(
    "arguments", [["summary"], ["log", "set", "54", "status", "done"], ["log", "show", "54", "--json"]]
)
def test_textual_is_never_loaded(log: Path, arguments: list[str]) -> None:
    code = (
        "import sys; from console.cli import main; code = main(sys.argv[1:]); "
        "sys.exit(9 if 'textual' in sys.modules else code)"
    )
    argv = [sys.executable, "-c", code, *arguments, "--log", str(log)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, env=env, cwd=log.parent, check=False)
    assert done.returncode == 0, done.stderr


def test_what_a_rude_writer_undid_is_listed_and_written_again(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = log.read_text(encoding="utf-8")
    assert main(["log", "lost", "--log", str(log)]) == 0
    assert "has been undone" in capsys.readouterr().out
    assert main(["log", "set", "54", "status", "done", "--log", str(log)]) == 0
    assert main(["log", "add", "--surface", "surface:1", "--task", "새 과제", "--log", str(log)]) == 0
    log.write_text(stale, encoding="utf-8")  # a writer that read before and saves without looking
    capsys.readouterr()
    assert main(["log", "lost", "--json", "--log", str(log)]) == 0
    lost = json.loads(capsys.readouterr().out)["lost"]
    assert [each["operation"]["kind"] for each in lost] == ["status", "append"] and all(e["restorable"] for e in lost)
    assert main(["log", "restore", "--log", str(log)]) == 0
    assert capsys.readouterr().out.count(": restored (") == 2
    text = log.read_text(encoding="utf-8")
    assert "새 과제" in text
    assert main(["log", "show", "54", "--json", "--log", str(log)]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "done"
    assert main(["log", "lost", "--json", "--log", str(log)]) == 0
    assert json.loads(capsys.readouterr().out)["lost"] == []
