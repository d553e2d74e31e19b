"""Lists, focus, and what moves and makes surfaces in the double."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.eventually import eventually_now
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec, WorkspaceSpec
from tests.fakes.cmux_app_probe import Probe, short_folder, surfaces


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


@pytest.fixture(params=["A", "B", "C"])
def app(request: pytest.FixtureRequest, folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s", personality=request.param) as made:
        yield made


def test_focus_and_selection(app: CmuxApp) -> None:
    with Probe(app.path) as probe:
        probe.ask("surface.focus", surface_id="surface:6")
        assert probe.ask("system.identify")["focused"]["surface_ref"] == "surface:6"
        assert probe.ask("workspace.current")["workspace_ref"] == "workspace:2"
        probe.ask("workspace.next")
        assert probe.ask("surface.current")["surface_ref"] == "surface:7"
        caller = {"surface_id": "surface:2", "workspace_id": "workspace:1"}
        assert probe.ask("system.identify", caller=caller)["caller"]["pane_ref"] == "pane:2"
        assert probe.ask("system.identify", caller={"surface_id": "surface:99"})["caller"] is None


def test_lists(app: CmuxApp) -> None:
    with Probe(app.path) as probe:
        listed = probe.ask("surface.list", workspace_id="workspace:1")
        assert [row["ref"] for row in listed["surfaces"]] == ["surface:1", "surface:2", "surface:3", "surface:5"]
        assert ("resume_binding" in listed["surfaces"][0]) is app.personality.modern
        panes = probe.ask("pane.list", workspace_id="workspace:1")
        assert [p["surface_refs"] for p in panes["panes"]][3] == ["surface:5"]
        assert (panes["panes"][0]["columns"], panes["panes"][0]["rows"]) == (80, 24)
        row = probe.ask("workspace.list")["workspaces"][0]
        assert (row["ref"], row["title"], row["selected"]) == ("workspace:1", "openclaw", True)
        assert ("latest_submitted_message" in row) is app.personality.modern
        assert len(probe.ask("window.list")["windows"]) == 1
        assert len(probe.ask("debug.terminals")["terminals"]) == 6


def test_two_windows(folder: Path) -> None:
    layout = [WorkspaceSpec("one", [SurfaceSpec()]), WorkspaceSpec("two", [SurfaceSpec()], window=1)]
    with CmuxApp(folder / "s", workspaces=layout) as app, Probe(app.path) as probe:
        assert len(surfaces(probe.ask("system.tree"))) == 1
        assert len(surfaces(probe.ask("system.tree", all_windows=True))) == 2
        assert [w["title"] for w in probe.ask("workspace.list", window_id="window:2")["workspaces"]] == ["two"]
        probe.ask("window.focus", window_id="window:2")
        assert probe.ask("system.identify")["focused"]["window_ref"] == "window:2"


def test_layout_methods(app: CmuxApp) -> None:
    with Probe(app.path) as probe:
        window = probe.ask("window.create")["window_ref"]
        assert window == "window:2" and probe.ask("window.current")["window_ref"] == window
        made = probe.ask("workspace.create", window_id="window:1", title="새", initial_command="echo up; cat")
        assert made["window_ref"] == "window:1"
        cold = app.pid(made["surface_ref"]) == 0
        assert cold is not app.personality.modern  # on A nothing starts that nobody looks at
        probe.ask("workspace.select", workspace_id=made["workspace_id"])
        eventually_now(lambda: "up" in app.screen(made["surface_ref"]))
        assert probe.ask("workspace.last", window_id="window:1")["workspace_ref"] == "workspace:1"
        probe.ask("workspace.reorder", workspace_id=made["workspace_id"], index=0)
        listed = probe.ask("workspace.list", window_id="window:1")["workspaces"]
        assert [row["title"] for row in listed] == ["새", "openclaw", "cross-verify", "codex-verify"]
        probe.ask("workspace.rename", workspace_id=made["workspace_id"], title=" 옛 ")
        assert app.workspace(made["workspace_id"]).title == "옛"
        tab = probe.ask("surface.create", pane_id="pane:1")["surface_ref"]
        split = probe.ask("surface.split", surface_id="surface:1", direction="right")["pane_ref"]
        probe.ask("surface.reorder", surface_id=tab, index=0)
        assert [s["ref"] for s in probe.ask("pane.surfaces", pane_id="pane:1")["surfaces"]] == [tab, "surface:1"]
        probe.ask("surface.move", surface_id="surface:6", pane_id=split, focus=False)
        assert "cross-verify" not in str(probe.ask("workspace.list", window_id="window:1"))
        assert probe.ask("surface.read_text", surface_id="surface:6")["workspace_ref"] == "workspace:1"
        alone = probe.ask("pane.break", surface_id="surface:6")
        assert probe.ask("surface.read_text", surface_id="surface:6")["workspace_id"] == alone["workspace_id"]
        probe.ask("pane.join", target_pane_id="pane:1", pane_id=alone["pane_id"])
        assert probe.ask("pane.surfaces", pane_id="pane:1")["surfaces"][2]["ref"] == "surface:6"
        probe.ask("workspace.move_to_window", workspace_id="workspace:3", window_id=window)
        assert len(probe.ask("workspace.list", window_id=window)["workspaces"]) == 2
        probe.ask("window.close", window_id=window)
        assert len(probe.ask("window.list")["windows"]) == 1
        for method in ("surface.split", "workspace.reorder", "workspace.close", "window.close"):
            assert probe.error(method)[0] == "invalid_params"
