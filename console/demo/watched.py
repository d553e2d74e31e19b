"""What the demo watches besides its agents: its own processes, addresses and files, so that everything told is true."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.config import DECISIONS_NAME, CollectorConfig, Config, LogConfig, ServiceConfig
from console.config_operations import ArtifactSection, AutomationSection, FigureSection
from console.config_sections import NO_AUTOMATIC, NO_TRACE
from console.demo.litter import HAND_OVER, REPORT, SCRATCH

if TYPE_CHECKING:
    from console.demo.fleet import DemoFleet

QUICK: Final = 5.0
"""Seconds between two looks at what moves."""


def over(config: Config, fleet: DemoFleet, state: Path) -> Config:
    """*config* with everything it watches replaced by what belongs to *fleet*, which keeps its state in *state*."""
    folder = str(fleet.log_path.parent)
    return replace(
        config,
        surfaces=(),
        services=_services(fleet, folder),
        automation=_automation(f"{folder}/{SCRATCH}"),
        artifacts=(
            ArtifactSection("hand-over", path=f"{folder}/{HAND_OVER}"),
            ArtifactSection("nightly report", path=f"{folder}/{REPORT}"),
            ArtifactSection("dispatch log", path=str(fleet.log_path)),
        ),
        figures=(
            FigureSection("dispatches", file=str(fleet.log_path), json=("dispatches", "#"), unit="건", every=QUICK),
            FigureSection(
                "verified",
                file=str(fleet.log_path),
                pattern='"status": "verified"',
                take="count",
                unit="건",
                every=QUICK,
            ),
            FigureSection("OTel logs", url=fleet.health_url, json=("logs",), every=QUICK),
        ),
        checklist=(),
        decisions=str(state / DECISIONS_NAME),
        handoff=replace(config.handoff, path=""),  # the operator's own is about another fleet
        log=LogConfig(str(fleet.log_path)),
        collector=CollectorConfig(fleet.health_url, 2.0, fleet.metrics_url),
        trace=NO_TRACE,
        guards=replace(config.guards, automatic=NO_AUTOMATIC, lock=""),  # nobody's dispatcher is about the demo
    )


def _services(fleet: DemoFleet, folder: str) -> tuple[ServiceConfig, ...]:
    mine = re.escape(folder).replace("\\-", "-")  # told in the evidence as it stands here
    server = re.escape(fleet.tmux_socket or fleet.cmux_socket)
    return (
        ServiceConfig("otel-collector", http=fleet.health_url, field="status", equals="ok",
                      expected="up, faster than 2s", every=QUICK),
        ServiceConfig(f"{fleet.backend} server", f"(-L|--socket) {server}( |$)", "running"),
        ServiceConfig("demo-watchdog", rf"console\.demo\.watchdog .*{mine}", "running"),
        ServiceConfig("auto-dispatcher", rf"{mine}/auto_dispatcher\.py", "absent"),
        ServiceConfig("dispatch-tracker", file=str(fleet.log_path), expected="younger than 1m", every=QUICK),
        ServiceConfig("nightly-report", file=f"{folder}/{REPORT}", expected="younger than 1d"),
    )  # fmt: skip


def _automation(scratch: str) -> tuple[AutomationSection, ...]:
    return (
        AutomationSection(
            "cmux messages", glob=f"{scratch}/cmux_msg_*.txt", expected="0", clean=True, action="left by old dispatches"
        ),
        AutomationSection("verify files", glob=f"{scratch}/verify_*.txt", expected="at most 3", clean=True),
        AutomationSection("monitor-dispatch", script=f"{scratch}/monitor_dispatch.sh", expected="gone"),
    )
