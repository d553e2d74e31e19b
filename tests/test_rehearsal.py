"""A restart from end to end: a fleet in tmux, services under supervisord, a collector, a hand-off; all killed, some of
it started differently. The checklist finds every difference and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console import checklist_command, i18n
from console.checking import Checking
from console.config import CollectorConfig, Config, LogConfig, MuxConfig, ServiceConfig, SurfaceConfig
from console.config_operations import ArtifactSection, AutomationSection
from console.config_sections import HandoffSection
from console.model.checklist import Step, StepState
from console.model.handoff import HandoffFacts, write
from console.model.handoff_items import (
    AutomationEntry,
    DispatchEntry,
    FigureValue,
    PointEntry,
    ServiceEntry,
    SurfaceEntry,
)
from tests.telemetry.test_collector import Answers
from tests.tmux_server import TmuxServer, agent

SUPERVISORD = """
[supervisord]
nodaemon=true
user={user}
logfile=/dev/null
logfile_maxbytes=0
pidfile={folder}/pid
[unix_http_server]
file={folder}/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:watcher]
command=sleep 600
startsecs=0
[program:auto-dispatcher]
command=sleep 600
startsecs=0
autostart={dispatcher}
"""
NAMES = (("surface:1", "codex"), ("surface:2", "claude"), ("surface:3", "claude"))


@contextmanager
def supervisord(folder: Path, *, dispatcher: bool) -> Iterator[None]:
    path = folder / "supervisord.conf"
    path.write_text(SUPERVISORD.format(folder=folder, user=os.getuid(), dispatcher=str(dispatcher).lower()))
    process = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(path)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def collector(logs: int, uptime: float) -> Iterator[Answers]:
    with Answers() as server:
        server.body = json.dumps({"status": "ok", "logs": logs, "spans": 1096, "uptime": uptime}).encode()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def fleet(tmux: TmuxServer, names: tuple[tuple[str, str], ...]) -> None:
    for name, kind in names:
        pane = tmux.new(agent(kind), width=100)
        tmux.run("set-option", "-p", "-t", pane, "@surface", name)


def settings(folder: Path, tmux: TmuxServer, url: str) -> Config:
    socket = str(folder / "s.sock")
    return Config(
        MuxConfig("tmux", str(tmux.socket)),
        surfaces=tuple(SurfaceConfig(name, name, agent=kind) for name, kind in NAMES),
        log=LogConfig(str(folder / "log.json")),
        services=(
            ServiceConfig("watcher", supervisor="watcher", socket=socket, timeout=10.0),
            ServiceConfig(
                "auto-dispatcher", supervisor="auto-dispatcher", socket=socket, expected="stopped", timeout=10.0
            ),
        ),
        collector=CollectorConfig(url, probe="never"),
        automation=(AutomationSection("verify files", glob=f"{folder}/verify_*.txt", expected="at most 3"),),
        artifacts=(ArtifactSection("report", path=str(folder / "report.md")),),
        handoff=HandoffSection(str(folder / "handoff.md")),
    )


def document(folder: Path, at: float) -> str:
    return write(
        HandoffFacts(
            datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds"),
            tuple(SurfaceEntry(name, agent=kind) for name, kind in NAMES),
            (DispatchEntry(57, "surface:2", "섹터나침반 웹앱 UI 최종 검증", "working"),),
            services=(
                ServiceEntry("watcher", expected="running"),
                ServiceEntry("auto-dispatcher", expected="stopped"),
            ),
            automation=(AutomationEntry(f"{folder}/verify_*.txt", "3", count=3),),
            figures=(
                FigureValue("logs", 30306, key="logs"),
                FigureValue("spans", 1096, key="spans"),
                FigureValue("total", 2, key="total"),
                FigureValue("done", 1, key="done"),
            ),
            checks=(PointEntry("3개 세션 상태 확인"), PointEntry("OTel Collector uptime"), PointEntry("커피를 내린다")),
            avoid=(PointEntry("auto_dispatcher 재활성화"), PointEntry("밤을 새우는 것")),
        ),
        "ko",
    )


async def look(config: Config) -> dict[str, Step]:
    engine = await checklist_command.reader(config)
    checking = Checking(config, lambda: engine.snapshot, None)
    await engine.once(20.0)
    await checking.run()
    return {step.id: step for step in checking.steps(settled=True)}


def owed(steps: dict[str, Step]) -> dict[str, StepState]:
    """What does not pass, each thing once."""
    good = (StepState.PASS, StepState.SKIPPED)
    return {step.id: step.state for step in steps.values() if step.state not in good and not step.links}


async def test_the_checklist_finds_every_difference_and_nothing_else(tmux: TmuxServer, tmp_path: Path) -> None:
    pytest.importorskip("supervisor", reason="supervisor is not installed")
    rows = [
        {"id": 56, "surface": "surface:3", "task": "보강", "status": "done"},
        {"id": 57, "surface": "nobody", "task": "섹터나침반 웹앱 UI 최종 검증", "status": "working"},
    ]
    (tmp_path / "log.json").write_text(json.dumps({"dispatches": rows}), encoding="utf-8")
    (tmp_path / "report.md").write_text("보고서", encoding="utf-8")
    for number in range(3):
        (tmp_path / f"verify_{number}.txt").write_text("x", encoding="utf-8")
    written = time.time()
    (tmp_path / "handoff.md").write_text(document(tmp_path, written), encoding="utf-8")

    fleet(tmux, NAMES)
    with supervisord(tmp_path, dispatcher=False), collector(30306, 11_520) as server:
        steps = await settled(settings(tmp_path, tmux, server.url()))
    by_hand = next(id for id in steps if steps[id].title == "커피를 내린다")
    assert owed(steps) == {by_hand: StepState.MANUAL}, steps
    discipline = next(step for step in steps.values() if step.title == "밤을 새우는 것")
    assert discipline.evidence.startswith("by discipline")

    tmux.kill()  # and with it the whole fleet; the services and the collector have ended above
    rows[1]["surface"] = "surface:2"
    (tmp_path / "log.json").write_text(json.dumps({"dispatches": rows}), encoding="utf-8")
    (tmp_path / "verify_3.txt").write_text("x", encoding="utf-8")
    fleet(tmux, NAMES[:2])
    with supervisord(tmp_path, dispatcher=True), collector(120, 5) as server:
        steps = await settled(settings(tmp_path, tmux, server.url()))
        i18n.use("ko")
        korean = await look(settings(tmp_path, tmux, server.url()))
    assert owed(korean) == owed(steps), "the same is found in every language"
    assert "줄어듦" in korean["collector"].evidence
    assert owed(steps) == {
        by_hand: StepState.MANUAL,
        "surface surface:3": StepState.FAIL,
        "collect #57": StepState.ATTENTION,
        "dispatcher": StepState.FAIL,
        "collector": StepState.ATTENTION,
        "automation verify files": StepState.ATTENTION,
    }, "\n".join(f"{step.id}: {step.state} {step.evidence}" for step in steps.values())
    assert "logs fell from 30,306 to 120" in steps["collector"].evidence
    assert "4 files" in steps["automation verify files"].evidence
    sessions = next(step for step in steps.values() if step.title.startswith("3개 세션"))
    assert sessions.state is StepState.FAIL, "the line of the hand-off follows its checks"


async def settled(config: Config) -> dict[str, Step]:
    """The steps once agents and services have come up; with what is seen at the deadline."""
    end = time.monotonic() + 30
    while True:
        steps = await look(config)
        coming = ("no claude", "no codex", "starting", "STARTING", "not answer", "refused", "unknown", "socket")
        told = [step.evidence for step in steps.values() if step.state is not StepState.PASS and not step.links]
        if not any(word in text for text in told for word in coming) or time.monotonic() > end:
            return steps
