"""Every key of the configuration can be set, and arrives."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config import (
    CollectorConfig,
    Config,
    LogConfig,
    MuxConfig,
    ServiceConfig,
    SurfaceConfig,
    TrackerConfig,
    load,
)
from console.config_sections import (
    AutomaticSection,
    GuardSection,
    TraceSection,
)
from console.model.dispatch import DispatchStatus

EXAMPLE = Path(__file__).parents[1] / "config.example.yaml"
COMMANDS = ("surface.send", "surface.answer", "app.quit")


@pytest.fixture
def write(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_the_fleet_can_be_set(write: Path) -> None:
    write.write_text(
        """
mux: {backend: tmux, tmux_socket: fleet, cmux_socket: run/cmux.sock}
show: agents
surfaces:
  - {ref: "%3", name: CODEX 1, role: 검증 전담, agent: codex}
  - ref: openclaw:0.1
"""
    )
    assert load(write, COMMANDS) == Config(
        mux=MuxConfig("tmux", "fleet", str(write.parent / "run/cmux.sock")),
        show="agents",
        surfaces=(SurfaceConfig("%3", "CODEX 1", "검증 전담", "codex"), SurfaceConfig("openclaw:0.1")),
    )


def test_the_log_can_be_set(write: Path) -> None:
    write.write_text(
        """
log:
  path: memory/dispatch_log.json
  fields: {task: "작업내용, what", surface: [seat]}
  statuses: {인계 대기: needs-check}
  tracker:
    append: [tracker, add, "--task={task}"]
    patch: [tracker, "{number}", "{field}", "{value}"]
    set_status: [tracker, status, "{number}", "{status}"]
    verify: [tracker, "{number}", "{self_score}/{cross_score}"]
    statuses: {done: 완료}
    cwd: shared
    timeout: 3
"""
    )
    assert load(write, COMMANDS) == Config(
        log=LogConfig(
            str(write.parent / "memory/dispatch_log.json"),
            {"task": ("작업내용", "what"), "surface": ("seat",)},
            {"인계 대기": DispatchStatus.NEEDS_CHECK},
            TrackerConfig(
                ("tracker", "add", "--task={task}"),
                ("tracker", "{number}", "{field}", "{value}"),
                ("tracker", "status", "{number}", "{status}"),
                ("tracker", "{number}", "{self_score}/{cross_score}"),
                {"done": "완료"},
                str(write.parent / "shared"),
                3.0,
            ),
        ),
    )


def test_the_services_can_be_set(write: Path) -> None:
    write.write_text(
        """
services:
  - {name: watcher, process: 'dispatch_watcher\\.sh'}
  - {name: auto, process: auto_dispatcher, expected: absent}
  - {name: lint, cron: vault_lint, expected: 'loaded, younger than 1d', every: 30, timeout: 1, group: 크론,
     log: lint.log, marker: lint.done, grace: 60}
  - {name: web, http: 'http://127.0.0.1:8000/', status: 204, field: a.b, equals: ok}
  - {name: unit, systemd: a.service, scope: user}
  - {name: fleet, launchd: com.openclaw.*}
  - {name: program, supervisor: web, socket: s.sock}
  - {name: any, unit: web}
  - {name: report, file: r.md}
  - {name: messages, glob: /tmp/x*, expected: at most 0}
"""
    )
    assert load(write, COMMANDS) == Config(
        services=(
            ServiceConfig("watcher", "dispatch_watcher\\.sh"),
            ServiceConfig("auto", "auto_dispatcher", "absent"),
            ServiceConfig(
                "lint",
                cron="vault_lint",
                expected="loaded, younger than 1d",
                every=30.0,
                timeout=1.0,
                group="크론",
                log=str(write.parent / "lint.log"),
                marker=str(write.parent / "lint.done"),
                grace=60.0,
            ),
            ServiceConfig("web", http="http://127.0.0.1:8000/", status=204, field="a.b", equals="ok"),
            ServiceConfig("unit", systemd="a.service", scope="user"),
            ServiceConfig("fleet", launchd="com.openclaw.*"),
            ServiceConfig("program", supervisor="web", socket=str(write.parent / "s.sock")),
            ServiceConfig("any", unit="web"),
            ServiceConfig("report", file=str(write.parent / "r.md")),
            ServiceConfig("messages", glob="/tmp/x*", expected="at most 0"),
        ),
    )


def test_the_collector_can_be_set(write: Path) -> None:
    write.write_text(
        """
collector:
  url: "http://127.0.0.1:4318/health"
  every: 5
  metrics_url: "http://127.0.0.1:8888/metrics"
  health_check_url: "http://127.0.0.1:13133/"
  otlp_url: "http://127.0.0.1:4318/v1/logs"
  probe: always
  timeout: 1
  fields: {logs: "a.b, c", uptime: [up]}
"""
    )
    assert load(write, COMMANDS) == Config(
        collector=CollectorConfig(
            "http://127.0.0.1:4318/health",
            5.0,
            "http://127.0.0.1:8888/metrics",
            "http://127.0.0.1:13133/",
            "http://127.0.0.1:4318/v1/logs",
            "always",
            1.0,
            {"logs": ("a.b", "c"), "uptime": ("up",)},
        ),
    )


def test_the_rest_can_be_set(write: Path) -> None:
    write.write_text(
        """
trace: {otlp: "http://127.0.0.1:4318", timeout: 1}
services: [{name: auto, process: auto_dispatcher}]
guards:
  quiet: ["22:00-07:00"]
  automatic: {service: Auto, records: {source: auto_dispatcher}, minutes: 5}
  lock: run/manual.lock
theme: harbour
language: ko
keys:
  surface.send: ctrl+s, f5
  app.quit: [ctrl+q]
"""
    )
    assert load(write, COMMANDS) == Config(
        trace=TraceSection("http://127.0.0.1:4318", 1.0),
        services=(ServiceConfig("auto", "auto_dispatcher"),),
        guards=GuardSection(
            quiet=("22:00-07:00",),
            automatic=AutomaticSection("Auto", {"source": "auto_dispatcher"}, 5.0),
            lock=str(write.parent / "run/manual.lock"),
        ),
        theme="harbour",
        language="ko",
        keys={"surface.send": ("ctrl+s", "f5"), "app.quit": ("ctrl+q",)},
    )
