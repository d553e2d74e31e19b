"""Whole processes of ``oc-console send``: several at once with the same task, and one that is interrupted."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.actions.sending import rig
from tests.eventually import eventually
from tests.tmux_server import PROGRAM, ROOT

pytestmark = pytest.mark.skipif(not PROGRAM, reason="there is no tmux program")
TASK = "섹터나침반 웹앱의 표를 다시 확인해 주세요"


async def console(folder: Path, *arguments: str) -> tuple[int, str]:
    """One process; its exit code and what it said."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(folder / "home"), "LANG": "C.UTF-8"}
    argv = [sys.executable, "-m", "console", *arguments, "--config", str(folder / "oc.yaml")]
    process = await asyncio.create_subprocess_exec(
        *argv, cwd=folder, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    assert process.returncode is not None and "Traceback" not in out.decode(), out.decode()
    return process.returncode, out.decode()


@pytest.mark.parametrize("adding", [False, True])
async def test_the_same_task_from_several_processes_is_sent_once(
    adding: bool, tmp_path: Path, short_folder: Path
) -> None:
    log = tmp_path / "log.json"
    log.write_text("[]")
    async with rig("tmux", short_folder) as terminals:
        target = await terminals.start("claude", "--script", "say,say,say", "--speed", "0.5")
        socket = str(getattr(target.mux, "path"))  # noqa: B009 - of the tmux back end only
        (tmp_path / "oc.yaml").write_text(f"log: {{path: log.json}}\nmux: {{tmux_socket: {socket}}}\n")
        sends = [console(tmp_path, "send", target.ref, TASK) for _ in range(2)]
        add = ("log", "add", "--surface", target.ref, "--task", TASK, "--status", "sent")
        results = await asyncio.gather(*sends, *((console(tmp_path, *add),) if adding else ()))
        codes = sorted(code for code, _ in results[:2])
        records: list[dict[str, Any]] = json.loads(log.read_text(encoding="utf-8"))
        by_hand = [record for record in records if "dispatch_key" not in record]
        if codes == [3, 3]:
            assert by_hand and by_hand[0]["number"] == 1, "only the one that was added first may go before both"
        else:
            assert codes == [0, 3], results
            await eventually(lambda: target.received("submit") == [TASK])
        assert len(target.received("paste")) == len(target.received("submit")) == codes.count(0)
        open_ones = [record for record in records if record["status"] == "sent"]
        assert len(open_ones) == codes.count(0) + len(by_hand), records
        assert not any(record["status"] == "sending" for record in records)
    assert not (tmp_path / "home" / "oc-console" / "manual.lock").exists(), "each took its lock file away"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupted_send_says_what_is_left_and_records_it(
    number: signal.Signals, tmp_path: Path, short_folder: Path
) -> None:
    log, journal = tmp_path / "log.json", tmp_path / "home" / "oc-console" / "sends.jsonl"
    log.write_text("[]")
    async with rig("tmux", short_folder) as terminals:
        target = await terminals.start("claude", "--deaf")  # the send waits for the text: time to stop it
        socket = str(getattr(target.mux, "path"))  # noqa: B009 - of the tmux back end only
        (tmp_path / "oc.yaml").write_text(f"log: {{path: log.json}}\nmux: {{tmux_socket: {socket}}}\n")
        env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path / "home"), "LANG": "C.UTF-8"}
        argv = [sys.executable, "-m", "console", "send", target.ref, "a task for you", "--json"]
        argv += ["--config", str(tmp_path / "oc.yaml")]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=pipe, stderr=pipe)
        await eventually(lambda: journal.exists() and '"typing"' in journal.read_text(), 30)
        process.send_signal(number)
        async with asyncio.timeout(30):
            out, wrong = await process.communicate()
        said, record = json.loads(out), json.loads(log.read_text())[0]
        assert b"Traceback" not in wrong and "cancelled" in said["evidence"], (said, wrong)
        assert (process.returncode, said["outcome"]) in ((4, "typed_not_submitted"), (3, "refused"))
        assert record["send_outcome"] == said["outcome"] and record["status"] in ("waiting", "cancelled")
        assert target.received("submit") == []


async def test_a_guard_that_is_set_aside_lets_the_agents_own_queue_take_the_text(
    tmp_path: Path, short_folder: Path
) -> None:
    log = tmp_path / "log.json"
    log.write_text("[]")
    async with rig("tmux", short_folder) as terminals:
        target = await terminals.start("claude", "--start", "working", "--script", ",".join(["say"] * 30))
        await target.shows("working")
        socket = str(getattr(target.mux, "path"))  # noqa: B009 - of the tmux back end only
        (tmp_path / "oc.yaml").write_text(f"log: {{path: log.json}}\nmux: {{tmux_socket: {socket}}}\n")
        code, said = await console(tmp_path, "send", target.ref, TASK, "--force", "state")
        assert code == 5 and "queued" in said, said
        assert target.received("queue") == [TASK]
        [record] = json.loads(log.read_text(encoding="utf-8"))
        assert record["overrides"] == ["state"] and record["send_outcome"] == "queued"
