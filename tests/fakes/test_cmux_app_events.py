"""Events, the feed, notifications, the sidebar and the hooks' files of the double."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.eventually import eventually_now
from tests.fakes.cmux_app import CmuxApp, SurfaceSpec, WorkspaceSpec
from tests.fakes.cmux_app_events import EventBus
from tests.fakes.cmux_app_probe import Probe, short_folder, v1
from tests.fakes.cmux_app_v1_sidebar import tokens

QUIET = ("/bin/sh", "-c", "stty raw -echo; exec cat >/dev/null")
SMALL = [WorkspaceSpec("w", [SurfaceSpec("one", QUIET, agent="claude"), SurfaceSpec("two", QUIET, agent="codex")])]


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


@pytest.fixture
def b(folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s", personality="B", workspaces=SMALL, home=folder / "home") as made:
        yield made


@pytest.fixture(params=["A", "C"])
def app(request: pytest.FixtureRequest, folder: Path) -> Iterator[CmuxApp]:
    with CmuxApp(folder / "s", personality=request.param, workspaces=SMALL, home=folder / "home") as made:
        yield made


def stream(probe: Probe, **params: Any) -> Any:
    probe.send(json.dumps({"id": "e", "method": "events.stream", "params": params}) + "\n")
    return probe.reply()


def test_the_stream_begins_with_an_ack_and_goes_on_with_what_happens(b: CmuxApp) -> None:
    b.events.emit("surface.created", {})
    with Probe(b.path) as probe, Probe(b.path) as other:
        ack = stream(probe)
        assert ack["type"] == "ack" and ack["protocol"] == "cmux-events" and ack["version"] == 1
        assert ack["boot_id"] == b.events.boot_id and ack["heartbeat_interval_seconds"] == 15.0
        resume = {"after_seq": None, "requested_after_seq": None, "oldest_seq": 1, "latest_seq": 1, "next_seq": 2}
        assert ack["resume"] == resume | {"gap": False} and ack["replay_count"] == 0
        other.ask("surface.send_text", surface_id="surface:1", text="secret")
        other.ask("surface.send_key", surface_id="surface:2", key="enter")
        sent, key = probe.reply(), probe.reply()
    assert (sent["name"], sent["category"], sent["seq"]) == ("surface.input_sent", "surface", 2)
    assert sent["surface_id"] == b.surface("surface:1").uuid and sent["id"] == f"{b.events.boot_id}-2"
    assert "secret" not in json.dumps(sent) and sent["payload"]["text_length"] == 6
    assert key["name"] == "surface.key_sent" and key["surface_id"] == b.surface("surface:2").uuid
    eventually_now(lambda: b.events.subscribers == 0)


def test_replay_gap_and_filters(b: CmuxApp) -> None:
    for number in range(4100):
        b.events.emit("agent.hook.Stop" if number % 2 else "feed.item.received", {"n": number})
    with Probe(b.path) as probe:
        ack = stream(probe, after_seq=4098)
        assert ack["replay_count"] == 2 and ack["resume"]["gap"] is False
        assert [probe.reply()["seq"] for _ in range(2)] == [4099, 4100]
    with Probe(b.path) as probe:
        ack = stream(probe, after_seq=2, categories=["agent"])
        assert ack["resume"]["gap"] is True and ack["resume"]["oldest_seq"] == 5 and ack["replay_count"] == 2048
        assert ack["filters"] == {"names": [], "categories": ["agent"]}
    with Probe(b.path) as probe:
        assert stream(probe, after_seq=9999)["resume"]["gap"] is True
    with Probe(b.path) as probe:
        assert stream(probe, names=["notification.created"])["replay_count"] == 0
        b.agent_hook("surface:1", "Stop")
        b.notify("surface:2", "Codex", "Completed", "done")
        event = probe.reply()
        assert event["name"] == "notification.created" and event["payload"]["subtitle"] == "Completed"


def test_a_restart_is_a_new_boot(b: CmuxApp) -> None:
    b.events.emit("surface.created")
    boot = b.events.boot_id
    with Probe(b.path) as probe:
        stream(probe)
        b.restart()
        assert probe.line() == b""
    with Probe(b.path) as probe:
        ack = stream(probe, after_seq=1000)
        assert ack["boot_id"] != boot and ack["resume"]["gap"] is True


def test_heartbeats(b: CmuxApp) -> None:
    b.faults.heartbeat = 0.02
    with Probe(b.path) as probe, Probe(b.path) as silent:
        assert stream(probe)["heartbeat_interval_seconds"] == 0.02
        beat = probe.reply()
        assert beat["type"] == "heartbeat" and beat["latest_seq"] == 0 and "seq" not in beat
        stream(silent, include_heartbeats=False)
        for _ in range(3):
            probe.reply()
        b.events.emit("x.y")
        assert silent.reply()["name"] == "x.y"


def test_a_slow_consumer_is_cut(b: CmuxApp) -> None:
    b.faults.slow_consumer = 1
    with Probe(b.path) as probe:
        stream(probe)
        b.events.emit("x.y")
        cut = probe.reply()
        assert cut["type"] == "error" and cut["ok"] is False and cut["error"]["code"] == "slow_consumer"
        assert cut["error"]["latest_seq"] == 1 and probe.line() == b""
    # And for real: more than 1,024 events wait for someone who does not read.
    with Probe(b.path) as probe:
        stream(probe)
        for _ in range(3000):
            b.events.emit("x.y", {"pad": "x" * 15_000})
        frames = [json.loads(line) for line in probe.lines]
        assert frames[-1]["error"]["code"] == "slow_consumer"


def test_large_payloads_are_replaced(b: CmuxApp) -> None:
    assert b.events.emit("x.y", {"pad": "x" * 20_000})["payload"] == {"payload_truncated": True}


def test_the_mirror_file(b: CmuxApp, folder: Path) -> None:
    b.events.emit("surface.created", {"title": "제목/a"})
    line = (folder / "home/.cmuxterm/events.jsonl").read_text(encoding="utf-8")
    assert json.loads(line)["payload"] == {"title": "제목/a"} and "제목\\/a" in line


def test_the_mirror_file_is_rotated(folder: Path) -> None:
    bus = EventBus(folder, file_limit=2000)
    for _ in range(20):
        bus.emit("x.y")
    current, before = folder / ".cmuxterm/events.jsonl", folder / ".cmuxterm/events.jsonl.1"
    assert before.stat().st_size <= 2000 and current.stat().st_size <= 2000
    last = json.loads(current.read_text().splitlines()[-1])["seq"]
    assert last == 20


def test_a_has_no_events(folder: Path) -> None:
    with CmuxApp(folder / "s", workspaces=SMALL, home=folder / "home") as app, Probe(app.path) as probe:
        app.events.emit("x.y")
        assert probe.error("events.stream")[0] == "method_not_found"
        assert probe.ask("system.ping")  # the connection is not taken over
        assert not (folder / "home/.cmuxterm").exists()


def test_notifications(app: CmuxApp) -> None:
    one, workspace = app.surface("surface:1").uuid, app.workspace("workspace:1").uuid
    with Probe(app.path) as probe:
        assert probe.ask("notification.list") == {"notifications": []}
        made = probe.ask("notification.create_for_surface", surface_id=one, title="T", subtitle="S", body="B")
        assert made["surface_id"] == one
        where = {"workspace_id": workspace, "surface_id": "surface:2"}
        probe.ask("notification.create_for_target", title="T2", **where)
        assert probe.error("notification.create_for_surface", surface_id="surface:99")[0] == "not_found"
        newest, first = probe.ask("notification.list")["notifications"]
        assert (newest["title"], first["title"], first["surface_id"]) == ("T2", "T", one)
        assert first["is_read"] is False and first["workspace_id"] == workspace
        assert {"workspace_ref", "surface_ref", "created_at", "tab_title"} <= set(first) or not app.personality.modern
        assert v1(app.path, "list_notifications").startswith(f"0:{newest['id']}|{workspace}|")
        if app.personality.modern:
            probe.ask("notification.mark_read", id=first["id"])
            assert probe.ask("notification.dismiss", all_read=True) == {"dismissed": 1}
            assert probe.error("notification.dismiss", id="nope")[0] == "not_found"
        probe.ask("notification.clear")
        assert v1(app.path, "list_notifications") == "No notifications"


def test_the_sidebar(app: CmuxApp) -> None:
    tab = app.workspace("workspace:1").uuid
    line = f'set_status claude_code "Needs \\"input\\"" --icon=bell.fill --color=#4C8DFF --pid=7 --tab={tab}'
    assert v1(app.path, line) == "OK"
    assert v1(app.path, f"list_status --tab={tab}") == 'claude_code=Needs "input" icon=bell.fill color=#4C8DFF'
    assert v1(app.path, f'set_progress 0.5 --label="절반" --tab={tab}') == "OK"
    for number in range(60):
        assert v1(app.path, f"log --level=warning --source=oc --tab={tab} -- line {number} --not=a-flag") == "OK"
    log = v1(app.path, f"list_log --tab={tab}").split("\n")
    assert len(log) == 50 and log[-1] == "[oc] [warning] line 59 --not=a-flag"
    assert v1(app.path, "list_log --limit=1 --tab=0") == log[-1]
    state = v1(app.path, f"sidebar_state --tab={tab}").split("\n")
    assert f"tab={tab}" in state and "progress=0.50 절반" in state and "status_count=1" in state
    sidebar = app.published.sidebars[tab]
    assert sidebar.pills["claude_code"].pid == 7 and sidebar.progress == 0.5
    assert v1(app.path, f"clear_status claude_code --tab={tab}") == "OK"
    assert v1(app.path, f"list_status --tab={tab}") == "No status entries"
    assert v1(app.path, f"clear_progress --tab={tab}") == "OK" and sidebar.progress is None


def test_what_v1_refuses(app: CmuxApp) -> None:
    dead = "00000000-0000-4000-8000-000000000000"
    assert v1(app.path, f"set_status k v --tab={dead}") == "OK"  # it is carried out later, or never
    assert v1(app.path, f"list_status --tab={dead}") == "ERROR: Tab not found"
    assert v1(app.path, "set_status k v --tab=99") == "ERROR: Tab not found"
    assert v1(app.path, "set_status k").startswith("ERROR: Missing status key or value")
    assert v1(app.path, "set_progress nan").startswith("ERROR: Invalid progress value")
    assert v1(app.path, "log --level=loud -- x").startswith("ERROR: Unknown log level")
    assert v1(app.path, "Frobnicate x") == "ERROR: Unknown command 'frobnicate'. Use 'help' for available commands."
    assert "\n" in v1(app.path, "help")
    assert v1(app.path, f"notify_target {dead} x T|S|B") == "ERROR: Tab not found"


def test_v1_types_too(app: CmuxApp) -> None:
    assert v1(app.path, "send echo C:\\new\\table") == "OK"
    eventually_now(lambda: app.typed("surface:1") == b"echo C:\rew\table")
    two = app.surface("surface:2").uuid
    assert (
        v1(app.path, f"send_surface {two} hi there") == "OK" and v1(app.path, f"send_key_surface {two} enter") == "OK"
    )
    eventually_now(lambda: app.typed("surface:2") == b"hi there\r")
    assert v1(app.path, "send_key f1") == "ERROR: Unknown key"
    assert v1(app.path, f"notify_target {app.workspace('workspace:1').uuid} {two} 제목|부|본문") == "OK"
    newest = app.published.notifications[0]
    assert (newest.surface_id, newest.title, newest.subtitle, newest.body) == (two, "제목", "부", "본문")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), max_size=6))
def test_quoted_words_come_back(words: list[str]) -> None:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    line = " ".join('"' + "".join(escapes.get(char, char) for char in word) + '"' for word in words)
    assert tokens(line) == words


def test_pills_of_every_workspace_in_one_call(b: CmuxApp) -> None:
    v1(b.path, "set_status claude_code Running --icon=bolt.fill --color=#4C8DFF --priority=3 --tab=0")
    with Probe(b.path) as probe:
        workspace = probe.ask("system.top", all_windows=True)["windows"][0]["workspaces"][0]
    tag = workspace["tags"][0]
    assert workspace["kind"] == "workspace" and workspace["panes"][0]["surfaces"][0]["kind"] == "surface"
    assert {"kind": "tag", "key": "claude_code", "value": "Running", "icon": "bolt.fill"}.items() <= tag.items()
    assert tag["priority"] == 3 and tag["visible"] is True and tag["pid"] is None and tag["url"] is None


def test_the_feed(b: CmuxApp) -> None:
    item = b.add_feed_item(kind="permissionRequest", tool_name="Bash")
    with Probe(b.path) as probe:
        assert probe.ask("feed.list", pending_only=True)["items"][0]["request_id"] == item["request_id"]
        assert probe.error("feed.permission.reply", request_id=item["request_id"], mode="x")[0] == "invalid_params"
        reply = {"request_id": item["request_id"], "mode": "once"}
        assert probe.ask("feed.permission.reply", **reply) == {"delivered": True}
        assert probe.error("feed.permission.reply", **reply)[0] == "not_found"
        assert probe.ask("feed.list", pending_only=True)["items"] == []
        assert probe.ask("feed.list")["items"][0]["status"] == "resolved"


def test_the_submitted_prompt(b: CmuxApp) -> None:
    b.set_prompt("workspace:1", "do it", at=100.0)
    with Probe(b.path) as probe:
        row = probe.ask("workspace.list")["workspaces"][0]
    assert (row["latest_submitted_message"], row["latest_submitted_at"]) == ("do it", 100.0)


def test_hook_sessions(app: CmuxApp, folder: Path) -> None:
    app.hooks.set("surface:1", "claude", "needsInput", cwd="/w", lastSubtitle="Waiting")
    app.hooks.set("surface:2", "codex", "running", pid=4711)
    file = json.loads((folder / "home/.cmuxterm/claude-hook-sessions.json").read_text())
    (entry,) = file["sessions"].values()
    assert entry["surfaceId"] == app.surface("surface:1").uuid and entry["pid"] == app.pid("surface:1")
    assert entry["cwd"] == "/w" and entry["workspaceId"] == app.workspace("workspace:1").uuid
    modern = app.personality.modern
    assert (entry.get("agentLifecycle") == "needsInput") is modern and ("activeSessionsBySurface" in file) is modern
    codex = json.loads((folder / "home/.cmuxterm/codex-hook-sessions.json").read_text())
    assert next(iter(codex["sessions"].values()))["pid"] == 4711


def test_agent_messages(folder: Path) -> None:
    with CmuxApp(folder / "s", personality="C", workspaces=SMALL) as app, Probe(app.path) as probe:
        sent = probe.ask("agent.message.send", target="surface:1", body="hello")["message"]
        assert sent["state"] == "queued" and probe.ask("agent.message.list")["messages"][0]["id"] == sent["id"]
        assert probe.error("agent.message.send", target="surface:1", body="x" * 40_000)[0] == "invalid_params"
