"""``oc-console detect``: one screen, many screens, and everything that is no screen."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console import detect
from tests.agents.recorded import LABELS, MISSING, expected, is_goal, rows
from tests.agents.samples import APPROVAL, CODEX_TURN, RULE, TURN
from tests.agents.samples_more import ROBOT_RULES

ROOT = Path(__file__).parents[1]
WORKING = f"{TURN}\n✻ Pondering… (9s)\n\n{RULE}\n❯ \n{RULE}\n  esc to interrupt\n"
IDLE = f"{TURN}\n{RULE}\n❯ \n{RULE}\n  ? for shortcuts\n"
KEYS = ["file", "agent", "state", "reason", "evidence", "context", "options"]
PROGRAM = """
import argparse, sys
from console import detect
parser = argparse.ArgumentParser()
detect.add_parser(parser.add_subparsers())
code = detect.run(parser.parse_args())
assert not {name for name in sys.modules if name.split('.')[0] in ('textual', 'rich')}, 'a screen library was loaded'
sys.exit(code)
"""


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser(prog="oc-console")
    detect.add_parser(parser.add_subparsers())
    try:
        return detect.run(parser.parse_args(["detect", *arguments]))
    except SystemExit as stopped:
        assert isinstance(stopped.code, int)
        return stopped.code


@pytest.fixture(name="approval")
def _approval(tmp_path: Path) -> Path:
    path = tmp_path / "approval.txt"
    path.write_text(APPROVAL + "\n", encoding="utf-8")
    return path


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer = json.loads(capsys.readouterr().out)
    assert isinstance(answer, dict)
    return answer


def test_one_screen_in_json(approval: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", str(approval)) == detect.WELL
    answer = told(capsys)
    assert list(answer) == KEYS
    assert (answer["file"], answer["agent"], answer["state"]) == (str(approval), "claude", "approval")
    assert answer["reason"] == "Do you want to proceed?"
    assert answer["evidence"] == {
        "source": "screen",
        "rule": "claude.approval",
        "region": "dialog",
        "line": "Do you want to proceed?",
    }
    assert answer["options"][0] == "Yes"
    assert len(answer["options"]) == 3


def test_one_screen_in_words(approval: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--facts", str(approval)) == detect.WELL
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "claude: approval - Do you want to proceed?"
    assert rows[1] == "  by screen: claude.approval, dialog: Do you want to proceed?"
    assert rows[2] == "  1. Yes"
    assert "    rm -rf build && make" in rows


def test_facts(approval: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "--facts", str(approval)) == detect.WELL
    answer = told(capsys)
    assert answer["needs_person"] is True
    assert answer["facts"]["question"]["title"] == "Bash command"
    assert answer["facts"]["question"]["options"][0] == {
        "label": "Yes",
        "number": 1,
        "description": "",
        "chosen": True,
        "checked": None,
    }


def test_what_the_multiplexer_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s"
    path.write_text(IDLE, encoding="utf-8")
    for arguments, state, source in [
        ([], "idle", "screen"),
        (["--title", "⠂ Session"], "working", "title"),
        (["--dead"], "dead", "liveness"),
        (["--command", "less"], "unknown", "liveness"),
    ]:
        assert run("--json", *arguments, str(path)) == detect.WELL
        answer = told(capsys)
        assert (answer["state"], answer["evidence"]["source"]) == (state, source)
    typed = f"{TURN}{RULE}\n❯ once more, please\n{RULE}\n  ? for shortcuts\n"
    path.write_text(typed, encoding="utf-8")
    for cursor, state in (("2,5", "idle"), ("20,5", "typed")):
        assert run("--json", "--cursor", cursor, str(path)) == detect.WELL
        assert told(capsys)["state"] == state


def test_colours_are_read_and_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s"
    path.write_text(
        IDLE.replace("❯ ", "❯ \x1b[7mR\x1b[0;2mun it\x1b[0m").replace("The", "\x1b[31mThe"), encoding="utf-8"
    )
    assert run("--json", "--facts", str(path)) == detect.WELL
    answer = told(capsys)
    assert (answer["state"], answer["facts"]["ghost"]) == ("idle", "Run it")


def test_the_agent_that_is_expected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the screen shows goes before it; one nobody has rules for is wrong use."""
    path = tmp_path / "s"
    path.write_text(f"{CODEX_TURN}\n› \n\n  gpt-5-codex default · ~/proj\n", encoding="utf-8")
    for agent in ("auto", "codex", "claude"):
        assert run("--json", "--agent", agent, str(path)) == detect.WELL
        assert told(capsys)["agent"] == "codex"
    assert run("--agent", "copilot", str(path)) == detect.USAGE
    message = capsys.readouterr().err
    assert "copilot" in message
    assert "claude, codex, gemini" in message


def test_rules_of_the_operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "robot.yaml").write_text(ROBOT_RULES, encoding="utf-8")
    (tmp_path / "s").write_text("<< done\nrobot> \n[robot brain alpha]\n", encoding="utf-8")
    assert run("--json", "--rules", str(folder), "--agent", "robot", str(tmp_path / "s")) == detect.WELL
    assert told(capsys)["evidence"]["rule"] == "robot.idle"
    (folder / "robot.yaml").write_text("agent: 3", encoding="utf-8")
    assert run("--rules", str(folder), str(tmp_path / "s")) == detect.USAGE
    assert "robot.yaml" in capsys.readouterr().err
    assert run("--rules", str(tmp_path / "none"), str(tmp_path / "s")) == detect.USAGE


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a", "--batch", "b"],
        ["--cursor", "2", "a"],
        ["--cursor", "2,x", "a"],
        ["--cursor=-1,2", "a"],
        ["--cursor", "1,2,3", "a"],
        ["--cursor", "9999999999999999999,1", "a"],
        ["--cursor", "²,1", "a"],
        ["--batch", "b", "--title", "x"],
        ["--batch", "b", "--dead"],
        ["--nonsense", "a"],
    ],
)
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == detect.USAGE
    assert capsys.readouterr().err


def test_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(50_000_000)
    for name in (str(tmp_path / "none"), str(tmp_path), str(large), "a\x00b", ""):
        assert run(name) == detect.FAILED
        seen = capsys.readouterr()
        assert seen.out == ""
        assert len(seen.err.splitlines()) == 1
        assert seen.err.startswith("oc-console detect: ")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n" * 5000,
        bytes(range(256)) * 400,
        b"\x00" * 100_000,
        b"x" * 3_900_000,
        "한국어\n".encode("utf-16"),
        ("❯ 1. Yes\n" * 3000).encode(),
        ("\x1b[" + "9" * 5000 + "m\n").encode(),
        b"\xef\xbb\xbf" + APPROVAL.encode(),
    ],
)
def test_what_is_no_screen_gets_a_verdict(tmp_path: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s").write_bytes(data)
    assert run("--json", "--facts", "--cursor", "70,3000", str(tmp_path / "s")) == detect.WELL
    assert "\x1b" not in json.dumps(told(capsys), ensure_ascii=False)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.text(max_size=30), st.tuples(st.integers(0, 300), st.integers(0, 300)))
def test_any_bytes_at_all(data: bytes, title: str, cursor: tuple[int, int]) -> None:
    text = data.decode("utf-8", errors="replace")
    screen = detect.screen_of(text, "", detect.Known(cursor=cursor))
    assert len(screen.lines) == len(screen.styled) <= detect.ROWS
    detector = _detector()
    found = detector.detect(screen, title=title)
    assert list(detect.verdict(title, found)) == KEYS


def _detector() -> Any:
    from tests.agents.samples import DETECTOR

    return DETECTOR


# ---- many screens --------------------------------------------------------------------------------------------


def batch(folder: Path, *labels: object, raw: bytes = b"", arguments: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    path = folder / "labels.jsonl"
    path.write_bytes(b"".join(json.dumps(label).encode() + b"\n" for label in labels) + raw)
    held, sys.stdout = sys.stdout, io.StringIO()
    try:
        assert run("--batch", str(path), *arguments) == detect.WELL
        out = sys.stdout.getvalue()
    finally:
        sys.stdout = held
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture(name="screens")
def _screens(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name, text in {"approval": APPROVAL, "working": WORKING, "idle": IDLE}.items():
        (tmp_path / "in" / f"{name}.txt").write_text(text, encoding="utf-8")
    return tmp_path


def test_one_line_per_screen(screens: Path) -> None:
    answers = batch(
        screens,
        {"file": "in/approval.txt", "agent": "claude", "version": "2.1.0", "width": 80, "height": 24, "state": "idle"},
        {
            "file": "in/working.txt",
            "title": "✳ x",
            "command": "claude",
            "scenario": "idle",
            "cursor_x": 2,
            "cursor_y": 9,
        },
        {"file": "in/idle.txt", "title": "⠂ x", "agent": "auto"},
        {"file": "in/idle.txt", "dead": True, "agent": "nobody", "cursor_x": None, "more": [1]},
        {"file": str(screens / "in" / "idle.txt")},
        raw=b"\n   \n",
    )
    assert [answer["state"] for answer in answers] == ["approval", "working", "working", "dead", "idle"]
    assert [answer["file"] for answer in answers[:2]] == ["in/approval.txt", "in/working.txt"]
    assert all(list(answer) == KEYS for answer in answers)


def test_the_height_ends_a_screen(screens: Path) -> None:
    (screens / "in" / "long.txt").write_text(IDLE + "op@host:~$ \n", encoding="utf-8")
    rows = len(IDLE.splitlines())
    answers = batch(screens, {"file": "in/long.txt", "height": rows}, {"file": "in/long.txt"})
    assert [answer["state"] for answer in answers] == ["idle", "shell"]


def test_colours_beside_the_text(screens: Path) -> None:
    text = IDLE.replace("❯ ", "❯ Run it")
    (screens / "in" / "ghost.txt").write_text(text, encoding="utf-8")
    assert batch(screens, {"file": "in/ghost.txt"})[0]["state"] == "typed"
    (screens / "in" / "ghost.ansi").write_text(text.replace("Run it", "\x1b[2mRun it\x1b[0m"), encoding="utf-8")
    assert batch(screens, {"file": "in/ghost.txt"})[0]["state"] == "idle"


def test_bad_rows_are_told_and_the_rest_goes_on(screens: Path) -> None:
    (screens / "in" / "large.txt").write_bytes(b"x" * (detect.BYTES + 1))
    os.mkfifo(screens / "in" / "pipe.txt")
    wrong: list[object] = [
        {"file": "in/none.txt"},
        {"file": "in"},
        {"file": "in/pipe.txt"},
        {"file": "in/large.txt"},
        {"file": ""},
        {"file": 3},
        {"file": "a\x00b"},
        {"file": "\ud800"},
        [],
        3,
        {"file": "in/idle.txt", "title": 3},
        {"file": "in/idle.txt", "width": "80"},
        {"file": "in/idle.txt", "height": 1e99},
        {"file": "in/idle.txt", "cursor_x": True},
        {"file": "in/idle.txt", "dead": "no"},
        {"file": "in/idle.txt", "width": 10**12},
    ]
    text = b"not json\n" + b"[" * 100_000 + b"\n" + b"x" * 1_200_000 + b"\n\xff\xfe\n" + b'{"file": "in/idle.txt"}'
    answers = batch(screens, *wrong, raw=text)
    assert len(answers) == len(wrong) + 5
    assert answers[-1]["state"] == "idle"
    for number, answer in enumerate(answers[:-1], 1):
        assert answer["line"] == number
        assert answer["error"]
        assert "state" not in answer
    assert answers[0] == {"file": "in/none.txt", "line": 1, "error": "there is no such file"}


def test_the_option_goes_before_the_agent_of_the_row(screens: Path) -> None:
    (screens / "in" / "bare.txt").write_text("text only\n", encoding="utf-8")
    label = {"file": "in/bare.txt", "agent": "codex"}
    found = [
        batch(screens, label, arguments=given)[0]["agent"] for given in ((), ("--agent", "claude"), ("--agent", "auto"))
    ]
    assert found == ["codex", "claude", ""]


def test_labels_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (str(tmp_path / "none"), str(tmp_path), "a\x00b"):
        assert run("--batch", name) == detect.FAILED
        assert len(capsys.readouterr().err.splitlines()) == 1


def _program(*arguments: str, **more: Any) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", PROGRAM, "detect", *arguments]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def test_standard_input_without_a_screen_library() -> None:
    with _program("--json", "-", stdin=subprocess.PIPE) as program:
        out, err = program.communicate(APPROVAL.encode(), timeout=60)
    assert (program.returncode, err) == (detect.WELL, b"")
    assert (json.loads(out)["file"], json.loads(out)["state"]) == ("-", "approval")


def test_nobody_reads_any_more(screens: Path) -> None:
    labels = screens / "labels.jsonl"
    labels.write_text('{"file": "in/idle.txt"}\n' * 3000, encoding="utf-8")
    with _program("--batch", str(labels)) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert json.loads(program.stdout.readline())["state"] == "idle"
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait(timeout=60) == 141


@pytest.mark.skipif(not LABELS.is_file(), reason=MISSING)
def test_the_recorded_set() -> None:
    held, sys.stdout = sys.stdout, io.StringIO()
    try:
        assert run("--batch", str(LABELS)) == detect.WELL
        answers = [json.loads(line) for line in sys.stdout.getvalue().splitlines()]
    finally:
        sys.stdout = held
    labels = rows()
    assert [answer["file"] for answer in answers] == [row["file"] for row in labels]
    pairs = [(answer, row) for answer, row in zip(answers, labels, strict=True) if is_goal(row)]
    right = sum(answer["state"] == expected(row).value for answer, row in pairs)
    assert right / len(pairs) >= 0.99
