"""What a decision unlocks, run under the guards: the automatic dispatcher is judged as its service is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from console import i18n
from console.cli import main
from console.config import Config, ServiceConfig
from console.deciding import Deciding, dispatcher_refused
from console.decision_report import lines
from console.model.decision import Asked, Decision, DecisionsSlice, DecisionState
from console.tracker.decision_file import read

SERVICE = ServiceConfig("auto-dispatcher", launchd="com.x.auto-dispatcher")


def test_the_automatic_dispatcher_is_judged_as_its_service_is(tmp_path: Path) -> None:
    proof = tmp_path / "dry.log"
    proven = replace(SERVICE, rate_limit=20, dry_run=str(proof))

    def why(*services: ServiceConfig) -> str:
        return dispatcher_refused(replace(Config(), services=services))[0]

    assert "a rate limit" in why() and "a dry run" in why(), "there is no entry of it"
    assert "not there" in why(proven)
    proof.write_text("0 sent, 3 would be sent")
    assert why(proven) == ""
    assert "expected to be unloaded" in why(replace(proven, expected="unloaded"))
    assert "60 an hour is more than the 20" in why(replace(proven, rate_limit=60))
    assert "a rate limit" in why(proven, replace(SERVICE, name="auto-dispatcher 2")), "each of them"
    assert "a rate limit" in why(replace(proven, launchd="com.x.auto-dispatcher*")), "a pattern proves nothing"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    found = tmp_path / "auto_dispatcher.sh"
    found.write_text("#!/bin/sh\necho started\n")
    found.chmod(0o755)
    return found


def test_a_decision_starts_it_once_it_is_proven(
    tmp_path: Path, script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, proof = tmp_path / "c.yaml", tmp_path / "dry.log"
    service = f"{{name: auto-dispatcher, process: auto_dispatcher, rate_limit: 10, dry_run: {proof}}}"
    config.write_text(
        f"mux: {{backend: tmux, tmux_socket: {tmp_path}/none}}\ndecisions: {tmp_path}/d.yaml\nservices: [{service}]\n"
    )
    path = tmp_path / "d.yaml"
    asyncio.run(Deciding(path).add([Asked("자동 배분기 재활성화", (str(script),))]))
    (decision,) = read(path).decisions
    named = ["--config", str(config)]
    assert main(["decision", "decide", decision.id, "yes", *named]) == 0
    assert main(["decision", "run", decision.id, "--yes", *named]) == 3
    told = capsys.readouterr().err
    assert "it starts the automatic dispatcher" in told and "a dry run" in told and "not there" in told
    proof.write_text("0 sent, 3 would be sent")
    assert main(["decision", "run", decision.id, "--yes", *named]) == 0
    assert "started" in capsys.readouterr().out
    assert read(path).decisions[0].ran[0].exit == 0


def test_the_list_stands_in_columns_in_korean_too() -> None:
    i18n.use("ko")
    waits, done = Decision("5405b4", "가"), Decision("60a00a", "나", state=DecisionState.DECIDED, answer="예")
    told = list(lines(DecisionsSlice(decisions=(waits, done))))
    assert told == ["5405b4  대기       가", "60a00a  결정됨     나  (예)"]
