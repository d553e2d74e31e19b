"""``oc-console queue`` and ``oc-console send --queue``, with a real server and the real file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.actions.queue_file import NAME, QueueFile
from console.cli import main
from console.opening import state_folder
from tests.eventually import eventually_now
from tests.tmux_server import TmuxServer, agent

Oc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def oc(tmux: TmuxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Oc:
    """Run ``oc-console``; return exit code, output and errors."""
    for kind, name in (("claude", "CLAUDE 1"), ("codex", "코덱스 2")):
        pane = tmux.new(agent(kind), width=100, height=30)
        tmux.run("set-option", "-p", "-t", pane, "@surface", name)
        eventually_now(lambda pane=pane: tmux.screen(pane).strip())  # type: ignore[misc]
    (tmp_path / "oc.yaml").write_text(f"mux: {{tmux_socket: {tmux.socket}}}\n")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, "--config", str(tmp_path / "oc.yaml")])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def queued(oc: Oc, surface: str, text: str, *more: str) -> dict[str, Any]:
    code, out, err = oc("send", surface, text, "--queue", "--json", *more)
    assert code == 5, (out, err)
    made: dict[str, Any] = json.loads(out)
    assert made["outcome"] == "queued" and len(made["id"]) == 8
    return made


def listed(oc: Oc) -> dict[str, Any]:
    code, out, _ = oc("queue", "list", "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_task_is_queued_listed_and_dropped_while_no_console_runs(oc: Oc) -> None:
    assert oc("queue", "list")[:2] == (0, "nothing waits in the queue\n")
    made = queued(oc, "CLAUDE 1", "빈 칸을 채우고\n보고")
    assert made["console"] is False and "no console is running: it waits until one is started" in made["warning"]
    queued(oc, "%0", "second [/] task", "--force", "rate", "--context", "2")
    first, second = listed(oc)["items"]
    assert (first["id"], first["place"], first["state"]) == (made["id"], 1, "waiting")
    assert first["surface"]["name"] == "CLAUDE 1" and first["text"] == "빈 칸을 채우고\n보고"
    assert (second["place"], second["reason"]) == (2, "behind another one")
    [_, kept] = QueueFile(state_folder()).read().items
    assert kept.options == {"overrides": ["rate"]}
    code, out, _ = oc("queue", "list")
    assert code == 0 and "CLAUDE 1 2" in out and "second [/] task  (behind another one)" in out
    assert out.rstrip().endswith("nothing is sent until one is, and it is resumed there (Q)")
    assert oc("queue", "drop", made["id"])[:2] == (0, f"{made['id']} dropped\n")
    assert [item["place"] for item in listed(oc)["items"]] == [1]
    code, _, err = oc("queue", "drop", made["id"])
    assert code == 2 and f"there is no {made['id']} in the queue" in err
    assert oc("queue", "drop", "nobody", "--json")[0] == 2


def test_surfaces_are_paused_and_resumed_by_any_of_their_names_with_or_without_tasks(oc: Oc) -> None:
    queued(oc, "코덱스 2", "review it")
    for name in ("코덱스 2", "%1", "코덱스2"):
        assert oc("queue", "pause", name)[:2] == (0, "코덱스 2 is paused\n")
        [key] = listed(oc)["paused"]
        assert key.startswith("%1 ")
        assert listed(oc)["items"][0]["state"] == "paused"
        assert oc("queue", "resume", name)[1].startswith("코덱스 2 goes on; no console is running")
        assert listed(oc)["paused"] == []
    assert oc("queue", "pause", "claude 1")[:2] == (0, "CLAUDE 1 is paused\n"), "nothing waits there"
    told = json.loads(oc("send", "CLAUDE 1", "x", "--queue", "--json")[1])
    assert told["warning"].startswith("paused: CLAUDE 1; ")
    code, _, err = oc("queue", "pause", "nobody")
    assert code == 2 and "there is no surface nobody" in err
    assert oc("queue", "pause")[:2] == (0, "everything is paused\n")
    assert listed(oc)["stopped"] == "by the operator"
    assert oc("queue", "list")[1].startswith("everything is paused: by the operator\n")
    assert json.loads(oc("queue", "resume", "--json")[1])["evidence"] == "everything goes on"
    assert listed(oc)["stopped"] is None and listed(oc)["paused"] == []


def test_while_a_console_runs_nothing_is_said_of_none(oc: Oc) -> None:
    handle = QueueFile(state_folder()).attend()
    assert handle is not None
    made = queued(oc, "CLAUDE 1", "now")
    assert made["console"] is True and made["warning"] == ""
    assert oc("queue", "resume")[:2] == (0, "everything goes on\n")
    assert listed(oc)["console"] is True and "no console" not in oc("queue", "list")[1]
    os.close(handle)
    assert listed(oc)["console"] is False


def test_what_is_refused_and_what_cannot_be_done_has_its_exit_code(oc: Oc) -> None:
    made = queued(oc, "CLAUDE 1", "fix the loader twice")
    code, out, _ = oc("send", "CLAUDE 1", "Fix the loader, twice!", "--queue", "--json")
    assert code == 3 and f"already, as {made['id']}; nothing was queued" in json.loads(out)["evidence"]
    assert oc("send", "CLAUDE 1", "a\x1b[31m", "--queue")[0] == 3
    assert oc("send", "nobody", "x", "--queue")[0] == 2
    code, out, _ = oc("send", "CLAUDE 1", "something else", "--queue", "--dry-run", "--json")
    assert code == 0 and json.loads(out)["outcome"] == "dry run"
    before = (state_folder() / NAME).read_bytes()
    assert oc("send", "CLAUDE 1", "y", "--queue", "--read-only")[0] == 3
    for verb in (("pause",), ("resume", "CLAUDE 1"), ("drop", made["id"])):
        code, _, err = oc("queue", *verb, "--read-only")
        assert code == 3 and "read-only; nothing was changed" in err
    assert oc("queue", "list", "--read-only")[0] == 0
    assert (state_folder() / NAME).read_bytes() == before
    (state_folder() / NAME).unlink()
    (state_folder() / NAME).mkdir()
    code, _, err = oc("queue", "list")
    assert code == 1 and "the queue: " in err
    assert oc("queue", "pause")[0] == 1
    code, out, _ = oc("send", "CLAUDE 1", "z", "--queue", "--json")
    assert code == 1 and json.loads(out)["outcome"] == "failed"


def test_wrong_use_is_told_by_the_parser(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["queue"], ["queue", "drop"], ["queue", "fly"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
    assert "usage: oc-console queue" in capsys.readouterr().err
