"""``oc-console status`` and ``doctor``: one snapshot without a screen, from a real server."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console import i18n
from console.cli import main
from console.headless import document, lines
from console.headless_collector import collector_judged, collector_lines
from console.model.agent import AgentState, AgentStatus
from console.model.cells import cells
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.reading import CollectorRead, LogRead, Reading, ServicesRead
from console.model.service import Judgement, Service
from console.model.snapshot import CollectorSlice, MuxSlice, Snapshot, reduce
from console.model.surface import Surface
from console.model.telemetry import Collector, CollectorState, Exporter
from tests.tmux_server import TmuxServer, python
from tests.ui_helpers import NOW, info, screen, seen

ROOT = Path(__file__).parents[1]
SURFACE = ["ref", "uuid", "name", "agent", "role", "workspace", "state", "reason", "since", "said_at",
           "dispatch", "lines", "read_at", "source", "error", "configured", "gone", "unconfirmed",
           "needs_person", "started"]  # fmt: skip
SLICES = {
    "dispatches": ["read_at", "source", "error", "not_understood", "items"],
    "services": ["read_at", "source", "items"],
    "collector": ["read_at", "source", "state"],
    "operations": ["last_handoff", "last_handoff_error", "automation", "artifacts", "figures"],
}
SAY = python("import sys, time; print(sys.argv[1], flush=True); time.sleep(1000)", "한글 hello \x1b[31m[/]red")


def run(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "console", *arguments]
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=30, cwd=cwd, check=False,
                          env=_env())  # fmt: skip


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}


def config(folder: Path, extra: str = "") -> Path:
    log = folder / "log.json"
    log.write_text(json.dumps([{"number": 54, "surface": "%0", "task": "과제 [/]", "status": "working"}]))
    path = folder / "oc.yaml"
    path.write_text(f"surfaces:\n  - {{ref: '%0', name: CODEX 1, role: builder}}\nlog: {{path: log.json}}\n{extra}")
    return path


@pytest.mark.parametrize("by", ["path", "name"])
def test_the_document_has_every_slice_with_its_time_and_source(
    tmux: TmuxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    monkeypatch.setenv("TMUX_TMPDIR", str(tmux.folder))
    tmux.new(SAY, name="fleet")
    tmux.new()
    before = time.time()
    chosen = str(tmux.socket) if by == "path" else tmux.name
    path = config(tmp_path, "services:\n  - {name: gone, process: 'no such process \\d', expected: absent}\n")
    assert main(["status", "--json", "--tmux-socket", chosen, "--config", str(path)]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert list(said) == [
        "read_at",
        "source",
        "error",
        "surfaces",
        "dispatches",
        "services",
        "collector",
        "cut_off",
        "operations",
        "decisions",
        "needs_person",
    ]
    assert before - 1 <= said["read_at"] <= time.time() + 1
    assert said["source"].startswith("tmux ") and str(tmux.socket) in said["source"] and said["error"] is None
    assert [list(surface) for surface in said["surfaces"]] == [SURFACE] * 2
    for name, keys in SLICES.items():
        assert list(said[name]) == keys, name
    first = said["surfaces"][0]
    assert (first["ref"], first["name"], first["role"], first["workspace"]) == ("%0", "CODEX 1", "builder", "fleet")
    assert first["lines"] == ["한글 hello [/]red"] and first["dispatch"] == 54 and first["read_at"] >= before - 1
    assert first["state"] in set(AgentState) and said["surfaces"][1]["lines"] == []
    assert said["dispatches"]["source"] == str(tmp_path / "log.json") and said["dispatches"]["read_at"] > before - 1
    assert said["dispatches"]["items"][0]["task"] == "과제 [/]" and said["dispatches"]["items"][0]["open"] is True
    assert said["services"]["items"][0]["judgement"] == "ok" and said["services"]["read_at"] > before - 1
    assert said["collector"] == {"read_at": None, "source": None, "state": None} and said["needs_person"] == []
    assert said["cut_off"] == []


def test_exit_codes_say_whether_something_needs_a_person(
    tmux: TmuxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmux.new(SAY)
    server = ["--tmux-socket", str(tmux.socket)]
    assert main(["status", *server]) == 0
    assert capsys.readouterr().out.rstrip().endswith("all well")
    alarm = config(tmp_path, "services:\n  - {name: auto, process: 'no such process \\d'}\n")
    assert main(["status", *server, "--config", str(alarm)]) == 1
    out = capsys.readouterr().out
    assert "needs a person: auto: absent, expected running" in out and "#54 과제 [/]" in out
    (tmp_path / "log.json").write_text("{not json")
    assert main(["status", "--json", *server, "--config", str(config(tmp_path))]) == 0
    (tmp_path / "log.json").write_text("{not json")
    broken = tmp_path / "broken.yaml"
    broken.write_text("log: {path: log.json}\ncollector: {url: 'http://127.0.0.1:9/health'}\n")
    capsys.readouterr()
    assert main(["status", "--json", *server, "--config", str(broken)]) == 1
    said = json.loads(capsys.readouterr().out)
    assert "log.json" in said["dispatches"]["error"] and said["collector"]["state"] == "down"
    assert len(said["needs_person"]) == 2


def test_a_server_that_is_not_there_is_said_without_a_traceback(tmp_path: Path) -> None:
    for arguments in (["status"], ["status", "--json"], ["doctor"]):
        done = run(*arguments, "--tmux-socket", str(tmp_path / "none"), cwd=tmp_path)
        assert done.returncode == 1
        assert f"no server on {tmp_path / 'none'}" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr
    assert run("status", cwd=tmp_path).returncode == 1, "no server of ours either"


def test_status_never_imports_textual(tmux: TmuxServer, tmp_path: Path) -> None:
    tmux.new(SAY)
    code = (
        "import sys; from console.cli import main; main(['status', '--json', '--tmux-socket', sys.argv[1]]); "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'textual', 'rich', 'pygments', 'pydantic'}), "
        "file=sys.stderr)"
    )
    argv = [sys.executable, "-c", code, str(tmux.socket)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, cwd=tmp_path, env=_env(), check=False)
    assert json.loads(done.stdout)["surfaces"][0]["state"]
    assert done.stderr.strip() == "[]"


def test_a_reader_that_goes_away_and_a_poor_encoding_give_no_traceback(tmux: TmuxServer, tmp_path: Path) -> None:
    tmux.new(SAY)
    argv = [sys.executable, "-m", "console", "status", "--json", "--tmux-socket", str(tmux.socket)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=_env()) as gone:
        assert gone.stdout is not None and gone.stderr is not None
        gone.stdout.close()
        said = gone.stderr.read()
    assert gone.wait() == 141 and said == b""
    env = {**_env(), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(argv, capture_output=True, timeout=30, cwd=tmp_path, env=env, check=False)
    assert done.returncode == 0 and b"hello" in done.stdout and done.stderr == b""


def test_doctor_says_what_is_there(tmux: TmuxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmux.new(SAY)
    assert main(["doctor", "--tmux-socket", str(tmux.socket), "--config", str(config(tmp_path))]) == 0
    out = capsys.readouterr().out
    for part in ("oc-console", f"config{' ' * 8}{tmp_path}", "1 in tmux", "a server answers", "1 records"):
        assert part in out, (part, out)
    assert all(line[:3] in ("ok ", "-- ") for line in out.splitlines())
    (tmp_path / "log.json").unlink()
    path = tmp_path / "oc.yaml"
    assert main(["doctor", "--tmux-socket", str(tmux.socket), "--config", str(path)]) == 1
    assert "--  dispatch log" in capsys.readouterr().out


def test_how_an_agent_was_started_is_judged_in_status_and_doctor(
    tmux: TmuxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "codex"
    program.write_text("import time; time.sleep(1000)")
    tmux.new(f"exec {sys.executable} {program} -a on-request")
    path = tmp_path / "oc.yaml"
    path.write_text("surfaces:\n  - {ref: '%0', name: CODEX 1, agent: codex, started: '-a never'}\n")
    main(["status", "--json", "--tmux-socket", str(tmux.socket), "--config", str(path)])
    started = json.loads(capsys.readouterr().out)["surfaces"][0]["started"]
    assert list(started) == ["judgement", "evidence", "argv", "pid", "at"]
    assert started["judgement"] == "attention" and "on-request, expected never" in started["evidence"]
    assert started["argv"].endswith("-a on-request") and started["pid"] > 0 and started["at"] > time.time() - 100
    main(["doctor", "--tmux-socket", str(tmux.socket), "--config", str(path)])
    said = capsys.readouterr().out
    assert "--  started" in said and "CODEX 1: approval on-request, expected never" in said


def test_the_word_of_an_agent_is_in_the_one_snapshot_of_status(
    tmux: TmuxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmux.new(SAY)
    pid = int(tmux.call("list-panes", "-a", "-F", "#{pane_pid}").stdout)
    folder = Path(os.environ["HOME"]) / ".claude" / "sessions"
    folder.mkdir(parents=True)
    at = time.time()
    told = {"pid": pid, "status": "waiting", "waitingFor": "permission prompt", "statusUpdatedAt": int(at * 1000)}
    (folder / f"{pid}.json").write_text(json.dumps({**told, "sessionId": "s"}))
    assert main(["status", "--json", "--tmux-socket", str(tmux.socket), "--config", str(config(tmp_path))]) == 1
    surface = json.loads(capsys.readouterr().out)["surfaces"][0]
    assert (surface["state"], surface["source"]) == ("approval", "status file")
    assert surface["said_at"] == pytest.approx(at, abs=0.01) and surface["needs_person"] is True


COLLECTOR = Collector(
    CollectorState.UP, "200", ":4318", refused=0, exporters=(Exporter("otlp", 5, 2, 90, 100),),
    origins=(("logs", "url"), ("uptime", "url"), ("refused", "metrics_url"), ("exporters", "metrics_url")),
)  # fmt: skip


def snapshot() -> Snapshot:
    status = AgentStatus(seen(AgentState.APPROVAL, reason="Bash: rm"), NOW - 5)
    agent = Surface(info(1), "CODEX 1", "builder", seen_agent="codex", screen=screen("one\n\ntwo\n\n"), status=status)
    before = Snapshot(MuxSlice("tmux", NOW), (agent, Surface(info(2), "new", error="cannot be read")))
    readings: tuple[Reading, ...] = (
        LogRead(NOW, "log.json", (Dispatch(54, "codex 1", "task", DispatchStatus.SENT),)),
        ServicesRead(NOW, "processes", (Service("auto", "absent", "running", Judgement.ALARM, "pid 9"),)),
        CollectorRead(NOW - 60, "http://x", replace(COLLECTOR, logs=1, uptime=9.0)),
        CollectorRead(NOW - 40, "http://x", replace(COLLECTOR, logs=1, uptime=2.0)),
        CollectorRead(NOW - 10, "http://x", replace(COLLECTOR, logs=22, uptime=32.0)),
    )
    return functools.reduce(reduce, readings, before)


def test_the_document_of_a_full_snapshot() -> None:
    said: dict[str, Any] = json.loads(json.dumps(document(snapshot())))
    first, second = said["surfaces"]
    assert first["lines"] == ["one", "", "two"] and first["since"] == NOW - 5 and first["reason"] == "Bash: rm"
    assert (first["state"], first["agent"], first["dispatch"], first["source"]) == ("approval", "codex", 54, "screen")
    assert (second["state"], second["since"], second["error"]) == ("unknown", None, "cannot be read")
    found = said["collector"]
    assert found["uptime_s"] == 32.0 and found["spans"] is None and found["state"] == "degraded"
    assert found["per_minute"] == {"logs": 42.0, "spans": None, "metrics": None, "total": 42.0, "over_s": 30.0}
    assert found["restarts"] == [{"at": NOW - 42, "evidence": "uptime 9 s, then 2 s"}] and found["since"] == NOW - 60
    assert found["exporters"] == [{"name": "otlp", "sent": 5, "failed": 2, "queued": 90, "capacity": 100, "fill": 0.9}]
    assert found["age_s"] > 0 and found["reason"] == "queue of otlp 90% full" and found["endpoint"] == ":4318"
    assert said["needs_person"] == [
        "CODEX 1: approval", "auto: running, expected absent", "collector :4318 degraded: queue of otlp 90% full",
    ]  # fmt: skip


def test_the_lines_of_a_full_snapshot() -> None:
    said = "\n".join(lines(snapshot()))
    for part in (
        "tmux: 2 surfaces",
        "▲ approval   %1",
        "CODEX 1  codex  #54 task",
        "log.json: 1 dispatch, 1 open",
        "alarm: auto running, expected absent (pid 9)",
        "collector: degraded: queue of otlp 90% full (200)",
        "22 logs, otlp failed to send 2, queue of otlp 90% full, 42 per minute over 30 s, up 0.0 h, restarted ",
        "needs a person: CODEX 1: approval",
    ):
        assert part in said, (part, said)


def test_the_lines_in_korean_stand_in_columns() -> None:
    i18n.use("ko")
    said = list(lines(snapshot()))
    assert said[0] == "tmux: 세션 2개"
    assert [cells(line.partition(f"%{n}")[0]) for n, line in enumerate(said[1:3], 1)] == [15, 15], said
    for part in ("▲ 승인 요청  %1", "? 알 수 없음 %2"):
        assert part.replace("?", "·") in "\n".join(said)
    assert "미완 1건" in said[3] and said[4] == "  경보: auto 실행 중, 기대: 없음 (pid 9)"
    assert said[5].startswith("수집기: 저하: ") and said[-1].startswith("사람 필요: CODEX 1: ")


def test_the_words_of_doctor_about_the_collector() -> None:
    good, text = collector_judged(snapshot().collector, NOW)
    assert not good and text.startswith("degraded: queue of otlp 90% full (200); 22 logs; ") and "read 10 s ago" in text
    assert collector_judged(CollectorSlice(), NOW)[0] and "not configured" in collector_judged(CollectorSlice(), NOW)[1]
    assert collector_judged(CollectorSlice("http://x"), NOW) == (False, "no answer yet; look at http://x")
    assert list(collector_lines(CollectorSlice("http://x"), NOW)) == ["collector: no answer yet"]
