"""One send at a time to a surface, also where the log cannot tell: there is none, or each console has another."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from console.actions.claim import claimed
from console.actions.dispatch import Dispatched, Dispatcher, Request
from console.actions.sends import SendJournal
from console.model.surface import Surface
from tests.actions.test_dispatch import JUDGE, SURFACE, TASK, TYPED, House, fake
from tests.tmux_server import ROOT

HOLD = """
import sys
from pathlib import Path
from console.actions.claim import claimed
from console.model.surface import SurfaceInfo
with claimed(Path(sys.argv[1]), SurfaceInfo("%1", "U-1", "w", "w:0.0")) as free:
    print(free, flush=True)
    sys.stdin.read()
"""
ELSEWHERE = replace(SURFACE, info=replace(SURFACE.info, ref="%2", uuid="U-2"), name="CLAUDE 3")


def held(folder: Path) -> subprocess.Popen[str]:
    """Another process that sends to `SURFACE`, until its standard input ends."""
    argv = [sys.executable, "-c", HOLD, str(folder)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)


def test_another_process_that_sends_is_seen_and_one_that_died_is_not(tmp_path: Path) -> None:
    with held(tmp_path) as other:
        assert other.stdout is not None and other.stdout.readline() == "True\n"
        with claimed(tmp_path, SURFACE.info) as free, claimed(tmp_path, ELSEWHERE.info) as beside:
            assert (free, beside) == (False, True)
        other.kill()
    assert len(list(tmp_path.iterdir())) == 1, "the crash has left its file behind"
    with claimed(tmp_path, SURFACE.info) as free:
        assert free
    assert list(tmp_path.iterdir()) == []


async def test_without_a_log_two_consoles_at_once_type_one_text(tmp_path: Path) -> None:
    house = House(tmp_path, log=False)
    muxes = [fake(), fake()]
    request = Request(SURFACE, TASK)
    both = await asyncio.gather(*(house.dispatcher().dispatch(mux, request, JUDGE) for mux in muxes))
    outcomes = sorted(each.result.outcome for each in both)
    assert outcomes == ["refused", "submitted"], both
    assert sum(("%1", TASK) in mux.typed for mux in muxes) == 1
    refused = next(each.result for each in both if each.result.outcome == "refused")
    assert "another console" in refused.evidence and "nothing was typed" in refused.evidence


@pytest.mark.parametrize(
    ("where", "text", "outcome", "goes", "overrides"),
    [
        (SURFACE, TASK, "submitted", False, ()),
        (ELSEWHERE, TASK, "submitted", False, ()),
        (SURFACE, TASK, "refused", True, ()),
        (SURFACE, "quite another piece of work", "submitted", True, ()),
        (SURFACE, TASK, "submitted", True, ("duplicate",)),
        (ELSEWHERE, TASK, "submitted", True, ("elsewhere",)),
    ],
)
async def test_what_another_console_sent_at_this_moment_is_not_sent_again(
    where: Surface, text: str, outcome: str, goes: bool, overrides: tuple[str, ...], tmp_path: Path
) -> None:
    """Its log is another one: only the journal of sends is shared."""
    house, mux = House(tmp_path), fake()
    dispatcher = house.dispatcher()
    other = SendJournal(house.state)
    other.begin("theirs", dispatcher._clock(), where, text, "00-")
    other.end("theirs", outcome, "")
    lines = [json.loads(line) for line in other.path.read_text().splitlines()]
    other.path.write_text("".join(json.dumps({**line, "pid": 1}) + "\n" for line in lines))
    done = await dispatcher.dispatch(mux, Request(SURFACE, TASK, overrides=overrides), JUDGE)
    assert done.result.outcome == ("submitted" if goes else "refused"), done
    assert mux.screens["%1"] is not TYPED and (("%1", TASK) in mux.typed) is goes


async def test_what_was_sent_before_this_console_began_is_the_guards_affair(tmp_path: Path) -> None:
    house = House(tmp_path, log=False)
    assert (await house.dispatcher().dispatch(fake(), Request(SURFACE, TASK), JUDGE)).result.outcome == "submitted"
    path = house.state / "sends.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({**line, "pid": 1}) + "\n" for line in lines))
    again: Dispatched = await Dispatcher(house.state, house.log).dispatch(fake(), Request(SURFACE, TASK), JUDGE)
    assert again.result.outcome == "submitted"
