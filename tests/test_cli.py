"""The command line: wrong use is told with an exit code of 2, a place and a remedy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from console import __version__
from console.cli import main


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out == f"oc-console {__version__}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mux:\n  tmux_sockt: x\n", ":2:3 mux.tmux_sockt: "),
        ("collector: {every: 0}\n", ":1:20 collector.every: must be between 1 and 3600"),
        ("keys:\n  surface.sned: x\n", ":2:17 keys.surface.sned: is not a command; did you mean surface.send?"),
        ("log: [\n", ":2:1: not valid YAML"),
    ],
)
@pytest.mark.parametrize("command", [["status"], ["doctor"], []])
def test_a_bad_configuration_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str, command: list[str]
) -> None:
    path = tmp_path / "oc.yaml"
    path.write_text(text)
    assert main([*command, "--config", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and f"{path}{said}" in captured.err and "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "/no/such/file.yaml"], "/no/such/file.yaml: does not exist"),
        (["status", "--tmux-socket", "a", "--cmux-socket", "b"], "only one server can be read"),
    ],
)
def test_wrong_use_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nonsense"], ["status", "--nonsense"], ["demo", "--backend", "screen"]])
def test_unknown_words_end_with_the_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "usage: oc-console" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["demo"]])
def test_without_a_terminal_it_says_what_to_do(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(arguments) == 2
    assert "needs a terminal; `oc-console status` prints one snapshot" in capsys.readouterr().err


def test_options_may_stand_before_and_after_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    socket = str(tmp_path / "none")
    for arguments in (["--tmux-socket", socket, "status"], ["status", "--tmux-socket", socket]):
        assert main(arguments) == 1
        assert f"no server on {socket}" in capsys.readouterr().out


def test_the_configuration_may_be_named_by_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "oc.yaml"
    path.write_text(f"mux: {{tmux_socket: {tmp_path / 'none'}}}\n")
    monkeypatch.setenv("OC_CONSOLE_CONFIG", str(path))
    assert main(["status"]) == 1
    assert f"no server on {tmp_path / 'none'}" in capsys.readouterr().out


def test_the_module_runs_and_help_costs_no_heavy_import() -> None:
    code = (
        "import sys; from console.cli import _parser; _parser().format_help(); "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'textual', 'rich', 'pydantic', 'yaml'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=Path(__file__).parents[1],
        check=True,
    )
    assert done.stdout.strip() == "[]"
    argv = [sys.executable, "-m", "console", "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, cwd=Path(__file__).parents[1], check=True)
    for command in ("demo", "status", "doctor"):
        assert command in done.stdout


def test_a_key_that_another_command_has_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "oc.yaml"
    path.write_text("keys:\n  surface.send: q\n", encoding="utf-8")
    assert main(["status", "--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert f"{path}:2:3 keys.surface.send: q is the key of app.quit; write another key" in said
    path.write_text("keys:\n  surface.send: q\n  app.quit: f9\n", encoding="utf-8")
    assert main(["summary", "--config", str(path)]) == 2
    assert "no dispatch log" in capsys.readouterr().err, "the keys are fine now"
