"""``oc-console service``: on a real supervisord; exit codes, JSON, what is asked and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console import service_command
from console.cli import main
from tests.eventually import eventually_now
from tests.services.test_supervisor import supervisord

CONFIG = """
mux: {{backend: tmux, tmux_socket: {folder}/no-server}}
services:
  - {{name: 웹 서버, supervisor: web, expected: running, socket: {socket}, timeout: 10.0}}
  - {{name: 꺼짐, supervisor: stopped, expected: stopped, socket: {socket}, timeout: 10.0}}
  - {{name: all of it, supervisor: "many*", expected: "running, at least 3", socket: {socket}, timeout: 10.0}}
  - {{name: a file, file: {folder}/oc.yaml}}
"""


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("supervisor", reason="supervisor is not installed")
    with supervisord(tmp_path_factory.mktemp("sv")) as path:
        eventually_now(lambda: Path(path).exists())
        yield path


class Place:
    """A configuration, a state folder, and the command over them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        code = main(["service", *arguments, "--config", str(self._folder / "oc.yaml")])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def told(self, *arguments: str) -> tuple[int, Any]:
        code, out, _ = self.run(*arguments, "--json")
        return code, json.loads(out)

    @property
    def journal(self) -> list[str]:
        return [line for path in self._folder.rglob("state/**/*.jsonl") for line in path.read_text().splitlines()]


@pytest.fixture
def place(tmp_path: Path, socket: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "oc.yaml").write_text(CONFIG.format(folder=tmp_path, socket=socket))
    return Place(tmp_path, capsys)


def test_every_service_is_listed_with_what_can_be_done(place: Place) -> None:
    eventually_now(lambda: "starting" not in {each["state"] for each in place.told("list")[1]})
    code, told = place.told("list")
    found = {each["name"]: each for each in told}
    assert code == 0 and {"웹 서버", "꺼짐", "all of it", "a file"} <= set(found)
    assert found["웹 서버"]["state"] == "running" and {"stop", "restart"} <= set(found["웹 서버"]["can"])
    assert "start" not in found["꺼짐"]["can"] and found["a file"]["can"] == [] == found["all of it"]["can"]
    code, out, err = place.run("list")
    assert code == 0 and not err and "nothing to do from here" in out and "웹 서버" in out


def test_a_dry_run_shows_the_call_and_calls_nothing(place: Place) -> None:
    # A program that is still starting has no pid yet.
    eventually_now(lambda: next(each["pid"] for each in place.told("list")[1] if each["name"] == "웹 서버"))
    code, told = place.told("restart", "웹 서버", "--dry-run")
    assert code == 0 and told["outcome"] == "dry run" and told["refusal"] is None
    assert [each.partition("(")[0] for each in told["commands"]] == [
        "supervisor.stopProcess",
        "supervisor.startProcess",
    ]
    again = place.told("list")[1]
    assert next(each["pid"] for each in again if each["name"] == "웹 서버") == told["pid"]
    code, out, _ = place.run("start", "웹 서버", "--dry-run")
    assert code == 3 and "refused: it is running already" in out
    assert not place.journal


def test_it_is_done_seen_and_noted(place: Place) -> None:
    before = {each["name"]: each["pid"] for each in place.told("list")[1]}
    code, told = place.told("restart", "웹 서버", "--yes")
    assert code == 0 and told["outcome"] == "done" and told["state"] == "running"
    assert told["pid"] not in (None, before["웹 서버"])
    assert any("웹 서버" in json.loads(line).get("service", "") for line in place.journal)
    # A member of a pattern, by its label.
    label = next(each["label"] for each in place.told("list")[1] if (each["label"] or "").endswith("many_1"))
    assert place.told("stop", label, "--yes")[0] == 0
    assert place.told("start", label, "--yes")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("start", "꺼짐", "--yes"), 3, "expected to be stopped"),
        (("start", "웹 서버", "--yes"), 3, "running already"),
        (("stop", "all of it", "--yes"), 3, "it stands for 3 services"),
        (("stop", "a file", "--yes"), 3, "only watches it"),
        (("kickstart", "웹 서버", "--yes"), 3, "supervisor has no kickstart"),
        (("stop", "웹 서버", "--yes", "--read-only"), 3, "read-only"),
        (("stop", "웹 서버", "--read-only"), 3, "read-only"),
        (("stop", "no\x1b[2Jsuch"), 2, "there is no service nosuch; there are 웹 서버"),
        (("stop", "웹 서버"), 2, "write --yes to do it"),
        (("stop", "웹 서버", "--json"), 2, "write --yes to do it"),
    ],
)  # fmt: skip
def test_what_is_not_done(place: Place, arguments: tuple[str, ...], code: int, told: str) -> None:
    got, out, err = place.run(*arguments)
    assert (got, out) == (code, "") and told in err and "\x1b" not in err
    assert next(each["state"] for each in place.told("list")[1] if each["name"] == "웹 서버") == "running"


@pytest.mark.parametrize(("answer", "done"), [("y", True), ("n", False), ("", False), (EOFError, False)])
def test_a_person_is_asked_with_command_and_consequence(
    place: Place, monkeypatch: pytest.MonkeyPatch, answer: str | type[BaseException], done: bool
) -> None:
    def say(question: str) -> str:
        assert question == "Do it? [y/N] "
        if isinstance(answer, str):
            return answer
        raise answer

    monkeypatch.setattr("builtins.input", say)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    code, out, _ = place.run("restart", "웹 서버")
    assert code == 0 and "would call: supervisor.stopProcess" in out and "is started again" in out
    assert ("done:" in out, "nothing was done" in out) == (done, not done)


def test_a_failure_has_its_exit_code(place: Place, tmp_path: Path, socket: str) -> None:
    (tmp_path / "oc.yaml").write_text(CONFIG.format(folder=tmp_path, socket=tmp_path / "gone.sock"))
    code, told = place.told("stop", "웹 서버", "--yes")
    assert code == 3 and told["outcome"] == "refused" and "not known" in told["evidence"]
    assert service_command.CODES["unconfirmed"] == 1 == service_command.CODES["failed"]


def test_without_services_it_says_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "oc.yaml").write_text("theme: oc-dark\n")
    for verb in (["list"], ["stop", "x", "--yes"]):
        assert main(["service", *verb, "--config", str(tmp_path / "oc.yaml")]) == 2
        assert "no services are configured" in capsys.readouterr().err
