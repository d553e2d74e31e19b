"""Spans of a real guarded send: what a real receiver gets, and that nobody ever waits for one."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.cli import main
from console.config import Config, LogConfig, SurfaceConfig
from console.config_sections import TraceSection
from console.engine import Engine
from console.model.composed import Composed
from console.model.dispatch import VerificationVerdict
from console.mux.tmux import Tmux
from tests.eventually import eventually
from tests.telemetry.otlp import SDK, Rotel, free_port, hanging, missing, rotel
from tests.tmux_server import PROGRAM, TmuxServer, agent

pytestmark = pytest.mark.skipif(not PROGRAM, reason="there is no tmux program")
needs_sdk = pytest.mark.skipif(bool(missing(*SDK)), reason=missing(*SDK))
needs_rotel = pytest.mark.skipif(bool(missing(*SDK, "rotel")), reason=missing(*SDK, "rotel"))

TASK = "섹터나침반 웹앱의 표를 다시 확인해 주세요"
SCRIPT = ("--script", "say,say,say", "--speed", "4")


def configured(folder: Path, url: str, timeout: float = 2.0) -> Config:
    log = folder / "log.json"
    log.write_text("[]")
    surface = SurfaceConfig("%0", "CLAUDE 2", "builder", "claude")
    return Config(surfaces=(surface,), log=LogConfig(str(log)), trace=TraceSection(url, timeout))


@asynccontextmanager
async def running(config: Config, tmux: TmuxServer, state: Path) -> AsyncIterator[Engine]:
    """An engine over one idle demo agent."""
    tmux.new(agent("claude", *SCRIPT), width=100, height=40)
    engine = Engine(config, Tmux(str(tmux.socket)), state=state)
    watching = asyncio.create_task(engine.run())
    try:
        await eventually(lambda: any(s.status and s.status.state == "idle" for s in engine.snapshot.surfaces), 20)
        await eventually(lambda: engine.snapshot.log.read_at is not None)
        yield engine
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await engine.close()


def spans(receiver: Rotel) -> dict[str, dict[str, str]]:
    """Every span by its name: ids and attributes as rotel prints them."""
    found = {}
    for block in receiver.text().split("\nSpan #")[1:]:
        values = {name: held.strip() for name, held in re.findall(r"^ *(?:-> )?([\w. ]+?) *: ?(.*)$", block, re.M)}
        found[values["Name"]] = values | {"block": block}
    return found


@needs_rotel
async def test_a_guarded_send_and_its_verification_arrive_without_the_text(tmux: TmuxServer, tmp_path: Path) -> None:
    with rotel(tmp_path) as receiver:
        config = configured(tmp_path, receiver.url)
        async with running(config, tmux, tmp_path / "state") as engine:
            done = await engine.send("%0", Composed(TASK))
            assert done.outcome == "submitted", done
            await eventually(lambda: len(engine.snapshot.log.dispatches) == 1)
            dispatch = engine.snapshot.log.dispatches[0]
            checked = await engine.dispatches.verify(
                dispatch, "surface:6", 4.9, 3.8, VerificationVerdict.WARN, "표가 비어 있음", time.time()
            )
            assert checked.done, checked
            assert dict(engine.about_server())["spans"].startswith(receiver.url)
        await eventually(lambda: receiver.count() >= 3, 20, receiver.text)
        found = spans(receiver)
        written = (tmp_path / "log.json").read_text(encoding="utf-8")
    assert set(found) == {"dispatch", "dispatch.send", "dispatch.verify"} and receiver.count() == 3
    trace, root = re.findall(r'"traceparent": "00-(\w+)-(\w+)-01"', written)[0]
    for name, span in found.items():
        assert span["Trace ID"] == trace, name
        assert span["Parent ID"] == ("" if name == "dispatch" else root), name
        assert "dispatch.id: Str(#1)" in span["block"], name
    assert found["dispatch"]["ID"] == root
    assert f"ID: {root}" in found["dispatch.verify"]["block"].split("Links", 1)[1], "linked to the dispatch"
    for name in ("dispatch", "dispatch.send"):
        block = found[name]["block"]
        for said in (
            "dispatch.surface: Str(%0)",
            "dispatch.outcome: Str(submitted)",
            "dispatch.enters: Int(1)",
            f"dispatch.characters: Int({len(TASK)})",
            "gen_ai.agent.name: Str(claude)",
            "gen_ai.provider.name: Str(anthropic)",
        ):
            assert said in block, (said, block)
    assert "dispatch.outcome: Str(warn)" in found["dispatch.verify"]["block"]
    raw = receiver.log.read_bytes()
    assert "섹터".encode() not in raw and "비어".encode() not in raw and b"CLAUDE 2" not in raw


@needs_sdk
async def test_a_send_does_not_wait_for_a_receiver_that_hangs(tmux: TmuxServer, tmp_path: Path) -> None:
    with hanging() as server:
        async with running(configured(tmp_path, server.url, 60.0), tmux, tmp_path / "state") as engine:
            done = await engine.send("%0", Composed(TASK))
            assert done.outcome == "submitted", done
            assert engine.sending is not None
            await eventually(lambda: server.connections)
            assert engine.sending.tracing.tracer.counts == (0, 0, 0), "nothing has been answered yet"
        assert engine.sending.tracing.tracer.counts[0] == 0, "and the end has not waited for an answer"


def test_doctor_tells_whether_spans_would_arrive(
    tmux: TmuxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmux.new()
    path = tmp_path / "oc.yaml"

    def doctor(text: str) -> tuple[int, str]:
        path.write_text(text)
        code = main(["doctor", "--tmux-socket", str(tmux.socket), "--config", str(path)])
        return code, next(line for line in capsys.readouterr().out.splitlines() if line[4:].startswith("spans"))

    code, said = doctor("")
    assert code == 0 and said.startswith("ok ") and "off; `trace: {otlp:" in said
    if not missing(*SDK):
        code, said = doctor(f"trace: {{otlp: 'http://me:secret@127.0.0.1:{free_port()}', timeout: 0.5}}")
        assert code == 1 and said.startswith("-- ") and "nobody takes spans" in said and "secret" not in said
    if not missing(*SDK, "rotel"):
        with rotel(tmp_path) as receiver:
            code, said = doctor(f"trace: {{otlp: '{receiver.url}'}}")
            assert code == 0 and "takes them" in said
            assert receiver.count() == 0


@needs_rotel
def test_a_verification_without_the_console_has_its_span(tmp_path: Path) -> None:
    """Also of a dispatch that carries no context: then the span begins a trace."""
    log = tmp_path / "log.json"
    log.write_text('[{"number": 54, "surface": "surface:5", "task": "과제", "status": "done"}]')
    path = tmp_path / "oc.yaml"
    with rotel(tmp_path) as receiver:
        path.write_text(f"log: {{path: log.json}}\ntrace: {{otlp: '{receiver.url}'}}\n")
        assert main(["log", "verify", "54", "--by", "surface:6", "--verdict", "pass", "--config", str(path)]) == 0
        found = spans(receiver)
    assert set(found) == {"dispatch.verify"} and found["dispatch.verify"]["Parent ID"] == ""
    assert "과제".encode() not in receiver.log.read_bytes()
