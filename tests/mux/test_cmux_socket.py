"""The adapter of the cmux app against its double, with real PTYs: tree, screens, and what some releases have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.model.reading import MuxDown, TreeRead
from console.mux.base import MuxError
from tests.eventually import eventually
from tests.fakes.cmux_app import SurfaceSpec
from tests.mux.app_ground import CAT, Make, brisk, doubles
from tests.mux.app_watched import AppWatched, connect

RELEASES = ("A", "B", "C")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with doubles(tmp_path) as started:
        yield started


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    brisk(monkeypatch)


# The tree and the screens


@pytest.mark.parametrize("release", RELEASES)
async def test_the_tree_has_the_operators_six_surfaces(make: Make, release: str) -> None:
    app = make(release)
    async with AppWatched(app, {"CMUX_SURFACE_ID": app.surface("surface:5").uuid}) as seen:
        await seen.until(seen.trees, "a tree")
        assert isinstance(seen.readings[0], TreeRead)
        assert [(i.ref, i.label, i.workspace, i.place, i.own) for i in seen.trees()[0].surfaces] == [
            ("surface:1", "CODEX 1", "openclaw", "openclaw:0", False),
            ("surface:2", "CODEX 2", "openclaw", "openclaw:1", False),
            ("surface:3", "CLAUDE 2", "openclaw", "openclaw:2", False),
            ("surface:5", "CLAUDE 1", "openclaw", "openclaw:3", True),
            ("surface:6", "CLAUDE V", "cross-verify", "cross-verify:0", False),
            ("surface:7", "CODEX V", "codex-verify", "codex-verify:0", False),
        ]
        assert {i.key for i in seen.tree().values()} == {app.surface(ref).uuid for ref in app.refs()}
        version = "0.63" if release == "A" else "0.64"
        assert seen.trees()[0].source == f"cmux {version} app · {app.path}" == seen.mux.source
        app.rename("surface:1", "⠋ CODEX one")
        seen.mux.reread()
        await seen.until(lambda: seen.tree()["surface:1"].title == "⠋ CODEX one", "the new title")
        assert seen.tree()["surface:1"].label == "CODEX one"
        app.close_surface("surface:2")
        seen.mux.reread()
        await seen.until(lambda: "surface:2" not in seen.tree(), "one less")


async def test_what_is_no_terminal_is_left_out(make: Make) -> None:
    app = make("A", SurfaceSpec("a", CAT), SurfaceSpec("Docs", type="browser", url="https://example.com"))
    async with AppWatched(app) as seen:
        await seen.until(seen.trees, "a tree")
        assert [i.title for i in seen.tree().values()] == ["a"]


@pytest.mark.parametrize("release", RELEASES)
async def test_screens_come_clean_and_a_quiet_one_is_the_same_object(make: Make, release: str) -> None:
    argv = ("/bin/sh", "-c", "printf '\\033[31mred\\033[0m 한글\\n'; exec cat")
    app = make(release, SurfaceSpec("a", argv, size=(60, 12)))
    async with AppWatched(app) as seen:
        await seen.until(seen.trees, "a tree")
        (ref,) = app.refs()
        seen.look(ref, focused=ref)
        await seen.shows(ref, "red 한글")
        screen = seen.screens(ref)[-1].screen
        assert screen.lines[0] == "red 한글" == screen.styled[0]
        assert (screen.cursor, screen.width) == (None, 8)
        await seen.until(lambda: len(seen.screens(ref)) >= 3, "three readings")
        assert seen.screens(ref)[-1].screen is seen.screens(ref)[-2].screen
        assert (await seen.mux.read(ref)).lines == screen.lines
        app.type_as_human(ref, "more")
        await seen.shows(ref, "more")
        assert not seen.downs()


async def test_what_a_surface_answers_for_another_is_never_shown(make: Make) -> None:
    app = make("A", SurfaceSpec("a", CAT), SurfaceSpec("b", CAT))
    one, two = app.refs()
    async with AppWatched(app) as seen:
        await seen.until(lambda: seen.screens(one) and seen.screens(two), "both screens")
        seen.look(one)
        app.faults.bad_surface_is_focused = True
        gone = seen.tree()[two].key
        mux = connect(app)
        await mux.read(gone)
        app.close_surface(two)
        with pytest.raises(MuxError, match=r"answered for another surface|not in cmux"):
            await mux.read(gone)
        with pytest.raises(MuxError, match="not in cmux"):
            await mux.send_text(gone, "to nobody")
        await mux.close()
        assert app.typed(one) == b""


async def test_a_surface_that_has_not_started_says_so(make: Make) -> None:
    app = make("A", SurfaceSpec("warm", CAT), SurfaceSpec("cold", CAT, cold=True))
    _, cold = app.refs()
    async with AppWatched(app) as seen:
        await seen.until(lambda: seen.failures(cold), "the failure")
        assert "has not started yet" in seen.failures(cold)[0]
        with pytest.raises(MuxError, match="has not started yet"):
            await seen.mux.read(cold)
        assert not seen.downs()
        app.warm(cold)
        seen.look(cold)
        await seen.shows(cold, "ready")


# What only some releases have


async def test_without_events_and_signals_nothing_is_wrong(make: Make) -> None:
    gone = ["events.stream", "system.top", "feed.list", "surface.input_state", "notification.create_for_surface"]
    app = make("C", SurfaceSpec("a", CAT), faults={"missing": gone, "method_error": "unsupported"})
    (ref,) = app.refs()
    async with AppWatched(app) as seen:
        await seen.until(lambda: seen.screens(ref) and len(seen.trees()) > 1, "readings")
        assert not seen.downs() and "push" not in seen.mux.capabilities
        await seen.mux.notify(ref, "waits | for you", "an approval")
    (note,) = app.published.notifications
    assert (note.title, note.body, note.surface_id) == ("waits ¦ for you", "an approval", app.surface(ref).uuid)


async def test_listed_methods_that_are_not_there_are_forgotten(make: Make) -> None:
    app = make("C", SurfaceSpec("a", CAT, agent="claude"))
    (ref,) = app.refs()
    async with AppWatched(app) as seen:
        await seen.until(lambda: seen.signals("cmux input state"), "signals")
        app.faults.missing = ["system.top", "feed.list", "surface.input_state"]
        count = len(app.commands)
        await seen.until(lambda: "feed.list" not in seen.mux._app.methods, "one is forgotten")
        seen.mux.reread()
        await seen.until(lambda: len(app.commands) > count and len(seen.trees()) > 2, "it goes on")
        assert not seen.downs() and not seen.failures(ref)


async def test_a_cmux_without_a_tree_is_told_as_down(make: Make) -> None:
    app = make("A", SurfaceSpec("a", CAT), faults={"missing": ["system.tree"]})
    reading = await anext(connect(app).watch())
    assert isinstance(reading, MuxDown) and "method_not_found" in reading.error


async def test_events_bring_what_is_not_looked_at(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.mux.cmux_app_reads.HIDDEN_EVERY", 3600.0)
    monkeypatch.setattr("console.mux.cmux_app_watch.TREE_EVERY", 3600.0)
    app = make("B", SurfaceSpec("a", ("/bin/sh", "-c", "stty -echo; exec cat")))
    (ref,) = app.refs()
    async with AppWatched(app) as seen:
        await seen.until(lambda: seen.screens(ref) and "push" in seen.mux.capabilities, "live")
        app.type_as_human(ref, "quiet\n")
        await eventually(lambda: "quiet" in app.screen(ref))
        app.agent_hook(ref, "Stop")
        await seen.shows(ref, "quiet")
        app.faults.slow_consumer = 1
        app.agent_hook(ref, "Stop")
        await seen.until(lambda: "push" not in seen.mux.capabilities, "cut off")
        app.type_as_human(ref, "later\n")
        await eventually(lambda: "later" in app.screen(ref))
        app.agent_hook(ref, "Stop")
        await seen.shows(ref, "later")
        new = app.add_surface("workspace:1", SurfaceSpec("new", CAT))
        await seen.until(lambda: new in seen.tree(), "the new surface")
        assert not seen.downs()


async def test_signals_of_cmux_itself(make: Make) -> None:
    app = make("C", SurfaceSpec("a", CAT, agent="claude"))
    (ref,) = app.refs()
    uuid = app.surface(ref).uuid
    async with AppWatched(app) as seen:
        app.set_input_state(ref, state="dialog", agent=True, agent_kind="claude", lifecycle="needsInput")
        await seen.until(
            lambda: (
                [(s.surface, s.state, s.agent) for s in seen.signals("cmux input state")]
                == [(uuid, "question", "claude")]
            ),
            "the dialog",
        )
        seen.mux.reread()
        await seen.mux.set_status(ref, "claude_code", "Läuft", icon="bolt.fill", color="#4C8DFF")
        seen.mux.reread()
        await seen.until(
            lambda: (
                [(s.surface, s.state, s.agent, s.reason) for s in seen.signals("cmux status pills")]
                == [(uuid, "working", "claude", "Läuft")]
            ),
            "the pill",
        )
        app.add_feed_item(tool_name="Bash")
        await seen.until(
            lambda: (
                [(s.state, s.agent, s.session) for s in seen.signals("cmux feed")]
                == [("approval", "claude", "claude-1")]
            ),
            "the feed",
        )
