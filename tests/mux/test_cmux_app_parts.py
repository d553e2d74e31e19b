"""The pure parts of the cmux app's adapter: tree, refs, pace, events, signals, quoting."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.agent import AgentState
from console.model.surface import SurfaceInfo
from console.mux.base import Interest, MuxError
from console.mux.cmux_app_events import AppEvent, AppEvents, backoff
from console.mux.cmux_app_link import AppLink
from console.mux.cmux_app_login import Login
from console.mux.cmux_app_reads import Reads, explain, screen, viewport
from console.mux.cmux_app_rpc import AppRefused
from console.mux.cmux_app_signals import Signals, feed
from console.mux.cmux_app_state import aim
from console.mux.cmux_app_tree import Place, places, surfaces
from console.mux.cmux_publish import quoted

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def tree(*nodes: dict[str, Any], title: object = "work", **more: Any) -> dict[str, Any]:
    workspace = {"id": "W1", "ref": "workspace:1", "title": title, "panes": [{"surfaces": list(nodes)}]}
    return {"windows": [{"workspaces": [workspace]}], **more}


def node(uuid: str, ref: str, title: object = "t", **more: Any) -> dict[str, Any]:
    return {"id": uuid, "ref": ref, "title": title, "type": "terminal", **more}


def place(uuid: str = "U1", ref: str = "surface:1", workspace: str = "W1") -> Place:
    return Place(SurfaceInfo(ref, uuid, "work", "work:0"), uuid, workspace)


# Tree


def test_every_outside_string_of_the_tree_is_cleaned() -> None:
    (info,) = surfaces(tree(node("U1", "surface:1", "\x1b]0;x\x07✳ \u202eCLAUDE\n1"), title="a\x1b[2Jb"), {})
    assert (info.title, info.label) == ("✳ \ufffdCLAUDE 1", "\ufffdCLAUDE 1")
    assert (info.workspace, info.place) == ("ab", "ab:0")


def test_a_node_that_cannot_be_asked_for_is_left_out() -> None:
    good = node("U1", "surface:1")
    bad = [
        node("U\n2", "surface:2\n"),
        {"type": "terminal"},
        node("x" * 200, ""),
        7,
        None,
        node("B", "b", type="browser"),
    ]
    assert [i.ref for i in surfaces(tree(good, *bad), {})] == ["surface:1"]  # type: ignore[arg-type]


def test_a_tree_without_uuids_is_known_by_its_refs() -> None:
    (found,) = places(tree({"ref": "surface:3", "title": "t", "type": "terminal"}), {})
    assert (found.info.uuid, found.info.key, found.surface_id) == (None, "surface:3", "surface:3")


@pytest.mark.parametrize(
    ("env", "caller"),
    [({"CMUX_SURFACE_ID": "u2"}, None), ({}, {"surface_id": "U2"}), ({}, {"surface_ref": "surface:2"})],
)
def test_the_consoles_own_surface_is_marked(env: dict[str, str], caller: object) -> None:
    found = surfaces(tree(node("U1", "surface:1"), node("U2", "surface:2"), caller=caller), env)
    assert [i.own for i in found] == [False, True]


@pytest.mark.parametrize("wrong", [{}, {"windows": None}, {"windows": {}}])
def test_what_is_no_tree_is_a_value_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no list of windows"):
        surfaces(wrong, {})


@settings(max_examples=60, deadline=None)
@given(JSON, JSON, JSON)
def test_no_tree_makes_a_traceback(window: Any, pane: Any, surface: Any) -> None:
    for each in ({"windows": [window]}, tree(surface), {"windows": [{"workspaces": [{"panes": [pane]}]}]}):
        for info in surfaces(each, {}):
            assert info.ref.isascii() and "\n" not in info.title


# Refs


def test_a_name_means_what_it_meant_when_it_was_told() -> None:
    told = (SurfaceInfo("surface:5", "AAA", "w", "w:0"), SurfaceInfo("surface:6", "BBB", "w", "w:1"))
    same = [place("AAA", "surface:5"), place("BBB", "surface:6")]
    swapped = [place("AAA", "surface:6"), place("BBB", "surface:5")]
    assert aim(" Surface:5 ", told, same).surface_id == "AAA"
    assert aim("aaa", told, swapped).info.ref == "surface:6"
    with pytest.raises(MuxError, match="surface:5 is another terminal since the restart; choose it again"):
        aim("surface:5", told, swapped)
    assert aim("surface:5", told, [place("AAA", "surface:9")]).surface_id == "AAA"
    for gone in ("surface:6", "BBB", "surface:7", ""):
        with pytest.raises(MuxError, match="not in cmux"):
            aim(gone, told, [place("AAA", "surface:5")])
    assert aim("surface:7", (), [place("CCC", "surface:7")]).surface_id == "CCC"


# Pace


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("console.mux.cmux_app_reads.time.monotonic", lambda: self.now)

    def run(self, reads: Reads, seconds: float, cost: float = 0.001) -> dict[str, int]:
        """Read whatever is due for so long; how often each was read."""
        counts: dict[str, int] = {}
        end = self.now + seconds
        while self.now < end:
            view, due = reads.next()
            if view is None:
                self.now = min(max(due, self.now + 0.001), end)
                continue
            counts[view.place.info.key] = counts.get(view.place.info.key, 0) + 1
            self.now += cost
            reads.done(view)
        return counts


def test_each_surface_is_read_at_its_own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, reads = Clock(monkeypatch), Reads()
    reads.take([place(f"U{n}", f"surface:{n}") for n in range(6)])
    reads.look_at(Interest(frozenset({"U0", "U1", "U2"}), "U0"))
    counts = clock.run(reads, 60)
    assert 200 <= counts["U0"] <= 240
    assert all(55 <= counts[key] <= 61 for key in ("U1", "U2"))
    assert all(11 <= counts[key] <= 13 for key in ("U3", "U4", "U5"))


def test_events_never_read_a_surface_more_than_twice_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, reads = Clock(monkeypatch), Reads()
    reads.take([place()])
    total = 0
    for _ in range(1000):
        reads.soon("u1")
        total += sum(clock.run(reads, 0.01).values())
    assert 15 <= total <= 21


def test_a_slow_server_starves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, reads = Clock(monkeypatch), Reads()
    reads.take([place(f"U{n}", f"surface:{n}") for n in range(200)])
    reads.look_at(Interest(frozenset({"U0", "U1"}), "U0"))
    counts = clock.run(reads, 120, cost=0.25)
    assert len(counts) == 200
    assert counts["U0"] >= 100


def test_an_event_of_a_workspace_is_meant_for_its_surfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, reads = Clock(monkeypatch), Reads()
    reads.take([place("U1", "surface:1", "W1"), place("U2", "surface:2", "W2")])
    clock.run(reads, 1.0)
    reads.soon("", "w2")
    assert clock.run(reads, 1.0) == {"U2": 1}
    reads.soon("", "")
    reads.soon("u9", "w2")
    assert clock.run(reads, 1.0) == {}


# Screens


def test_a_screen_is_clean_rows_and_as_wide_as_the_widest() -> None:
    shown = screen("한글  \r\n\x1b]0;t\x07a\x07b\n\n")
    assert shown.lines == ("한글", "a␇b", "") == shown.styled
    assert (shown.width, shown.height, shown.cursor) == (4, 3, None)
    assert screen("").lines == ("",)
    assert len(screen("x\n" * 100_000).lines) == 500


@pytest.mark.parametrize("result", [{}, {"surface_id": "U1"}, {"surface_id": "U2", "text": "x"}, {"text": "x"}])
def test_a_wrong_answer_is_no_screen(result: dict[str, Any]) -> None:
    with pytest.raises(MuxError, match="surface:1: cmux answered"):
        viewport(result, place())
    assert viewport({"surface_id": "u1", "text": "x"}, place()) == "x"


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("internal_error", "ERROR: Terminal surface not found", "has not started yet"),
        ("internal_error", "Failed to read terminal text", "has not started yet"),
        ("invalid_params", "Surface is not a terminal", "not in the workspace work any more"),
        ("not_found", "Surface not found for the given surface_id", "gone from cmux"),
        ("weird", "what", "surface:1: cmux: what"),
    ],
)
def test_refusals_are_explained(code: str, message: str, words: str) -> None:
    assert words in str(explain(AppRefused(code, f"cmux: {message} ({code})"), place()))


# Events


def frames() -> tuple[AppEvents, list[AppEvent | None]]:
    told: list[AppEvent | None] = []
    return AppEvents(AppLink("", Login(env={}), lambda: True), told.append), told


def ack(boot: str, latest: int, *, gap: bool = False) -> dict[str, Any]:
    return {"type": "ack", "boot_id": boot, "resume": {"latest_seq": latest, "gap": gap}}


def event(boot: str, seq: int, name: str = "surface.created", **more: Any) -> dict[str, Any]:
    return {"type": "event", "boot_id": boot, "seq": seq, "name": name, **more}


def test_events_are_resumed_and_gaps_are_told() -> None:
    events, told = frames()
    events._take(ack("b1", 7))
    assert events._seq == 7 and events.live and told == []
    events._take(event("b1", 8, surface_id="U1", workspace_id="W1"))
    assert told == [AppEvent("surface.created", "u1", "w1")] and events._seq == 8
    events._take(ack("b1", 20))
    assert events._seq == 8 and None not in told
    events._take(ack("b1", 900, gap=True))
    assert told[-1] is None and events._seq == 900
    events._take(ack("b2", 3))
    assert told[-1] is None and told.count(None) == 2 and events._seq == 3
    events._take(event("b3", 1, "agent.hook.Stop"))
    assert told[-2:] == [None, AppEvent("agent.hook.Stop")] and events._seq == 1


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["boot_id", "seq", "name", "resume", "surface_id"]), JSON), st.text())
def test_no_frame_makes_a_traceback(fields: dict[str, Any], kind: str) -> None:
    events, _ = frames()
    for each in ("ack", "event", "heartbeat", "error", kind):
        events._take({**fields, "type": each})


def test_the_wait_grows_to_half_a_minute_with_jitter() -> None:
    waits = [[backoff(attempt) for _ in range(50)] for attempt in range(12)]
    assert all(0.15 <= wait <= 0.25 for wait in waits[0])
    assert all(18 <= wait <= 30 for wait in waits[11])
    assert len(set(waits[11])) > 1
    assert backoff(10**9) <= 30


# Signals


def test_an_input_state_is_a_signal_with_the_time_it_began() -> None:
    signals, here = Signals(), place()
    dialog = {"agent": True, "agent_kind": "claude", "state": "dialog", "lifecycle": "needsInput"}
    (first,) = signals.input_state(dialog, here, 10.0)
    assert (first.agent, first.state, first.surface, first.at) == ("claude", AgentState.QUESTION, "U1", 10.0)
    (again,) = signals.input_state(dialog, here, 20.0)
    assert again.at == 10.0
    (busy,) = signals.input_state({**dialog, "state": "empty", "lifecycle": "running"}, here, 30.0)
    assert (busy.state, busy.at) == (AgentState.WORKING, 30.0)
    (draft,) = signals.input_state({**dialog, "state": "draft", "lifecycle": "idle"}, here, 40.0)
    assert draft.state == AgentState.TYPED
    assert signals.input_state({"agent": False, "state": "empty"}, here, 50.0) == ()
    signals.input_state(dialog, here, 60.0)
    signals.forget(frozenset())
    assert signals.input_state({}, place("U2"), 70.0) == ()


def pill(icon: str, *, pid: object = None, visible: object = True) -> dict[str, Any]:
    return {"key": "claude_code", "value": "Läuft", "icon": icon, "pid": pid, "visible": visible}


def top(*tags: dict[str, Any]) -> dict[str, Any]:
    return {"windows": [{"workspaces": [{"id": "W1", "tags": list(tags)}]}]}


def test_a_pill_belongs_to_a_surface_only_where_there_is_one() -> None:
    one = {"u1": place()}
    two = {**one, "u2": place("U2", "surface:2")}
    signals = Signals()
    (found,) = signals.tags(top(pill("bell.fill")), one, 1.0)
    assert (found.agent, found.state, found.surface, found.reason) == ("claude", AgentState.QUESTION, "U1", "Läuft")
    assert signals.tags(top(pill("bell.fill")), two, 2.0) == ()
    (found,) = signals.tags(top(pill("bolt.fill", pid=4711)), two, 3.0)
    assert (found.surface, found.pid, found.state) == ("", 4711, AgentState.WORKING)
    (again,) = signals.tags(top(pill("bolt.fill", pid=4711)), two, 9.0)
    assert again.at == 3.0
    for nothing in (pill("star"), pill("bolt.fill", visible=False)):
        assert signals.tags(top(nothing), one, 4.0) == ()


def test_what_waits_in_the_feed_is_a_signal() -> None:
    items = [
        {"status": "pending", "kind": "permissionRequest", "source": "claude", "tool_name": "Bash", "created_at": 5},
        {"status": "pending", "kind": "question", "source": "codex", "created_at": "2026-04-10T00:00:00Z"},
        {"status": "resolved", "kind": "permission"},
    ]
    one, two = feed({"items": items}, 99.0)
    assert (one.state, one.agent, one.at, one.reason) == (AgentState.APPROVAL, "claude", 5.0, "permissionRequest Bash")
    assert (two.state, two.agent, two.at) == (AgentState.QUESTION, "codex", 1775779200.0)


@settings(max_examples=60, deadline=None)
@given(JSON, JSON)
def test_no_answer_makes_a_signal_traceback(value: Any, other: Any) -> None:
    item = {"status": "pending", "created_at": value, "kind": other}
    feed({"items": [item, value], "x": other}, 1.0)
    signals = Signals()
    signals.tags(top({"icon": "bolt.fill", "pid": value, "key": other}), {"u1": place()}, 1.0)
    signals.input_state({"agent": True, "state": value, "lifecycle": other}, place(), 1.0)


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_a_quoted_text_stays_one_word_on_one_line(text: str) -> None:
    word = quoted(text)
    assert word[0] == word[-1] == '"' and "\n" not in word and "\r" not in word
    inside = word[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inside and not inside.endswith("\\")
