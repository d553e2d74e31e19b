"""Typing into the cmux app's surfaces: exactly once, into the one that was meant; and its sidebar."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.mux.base import Multiplexer, MuxError, Publisher, Queued
from tests.fakes.cmux_app import SurfaceSpec
from tests.mux.app_ground import CAT, PASTING, Make, brisk, doubles, patient, tree_only, typed
from tests.mux.app_watched import AppWatched, connect

RELEASES = ("A", "B", "C")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with doubles(tmp_path) as started:
        yield started


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    brisk(monkeypatch)


# Sending


@pytest.mark.parametrize("release", RELEASES)
async def test_a_text_and_its_keys_arrive_exactly_once(make: Make, release: str) -> None:
    app = make(release, SurfaceSpec("a", CAT), SurfaceSpec("b", CAT))
    one, two = app.refs()
    mux: Multiplexer = connect(app)
    await mux.send_text(one, "한글 and C:\\new \\t")
    for key in ("enter", "1", "y", " ", "escape", "tab", "C-c", "btab", "up"):
        await mux.send_key(one, key)
    await typed(app, one, "한글 and C:\\new \\t\r1y \x1b\t\x03\x1b[Z\x1b[A".encode())
    await mux.send_text(app.surface(two).uuid, "by uuid")
    await typed(app, two, b"by uuid")
    with pytest.raises(MuxError, match="no key F13"):
        await mux.send_key(one, "F13")
    with pytest.raises(MuxError, match="ESCAPE"):
        await mux.send_text(one, "\x1b[201~rm")
    await mux.close()


async def test_a_long_korean_text_survives_the_4095_byte_bug(make: Make) -> None:
    app = make("A", SurfaceSpec("a", CAT))
    (ref,) = app.refs()
    mux = connect(app)
    text = "검증은 작성자가 아닌 다른 에이전트가 한다. " * 38
    assert 900 < len(text) <= 1000
    await mux.send_text(ref, text)
    await typed(app, ref, text.encode())
    await mux.close()


@pytest.mark.parametrize(
    ("text", "why"), [("a\nb", "message of its own"), ("a\tb", "Tab key"), ("x" * 1001, "more than 1000 characters")]
)
async def test_without_a_paste_what_cannot_be_typed_is_refused(make: Make, text: str, why: str) -> None:
    app = make("A", SurfaceSpec("a", CAT))
    (ref,) = app.refs()
    mux = connect(app)
    with pytest.raises(MuxError, match=f"{why}.*send a file pointer"):
        await mux.send_text(ref, text)
    assert "paste" not in mux.capabilities
    await mux.close()
    assert app.typed(ref) == b""


@pytest.mark.parametrize("missing", ["", "terminal.paste"])
async def test_a_real_paste_carries_several_lines(make: Make, missing: str) -> None:
    app = make("B", SurfaceSpec("a", PASTING), faults={"missing": [missing]})
    (ref,) = app.refs()
    async with AppWatched(app) as seen:
        await seen.shows(ref, "ready")
        await seen.mux.send_text(ref, "one\n\ttwo\n" + "x" * 5000)
        await typed(app, ref, b"\x1b[200~one\n\ttwo\n" + b"x" * 5000 + b"\x1b[201~")
        assert "paste" in seen.mux.capabilities


@pytest.mark.parametrize("missing", [[], ["terminal.paste", "mobile.terminal.paste"]])
@pytest.mark.parametrize("release", ["A", "B"])
async def test_what_cmux_only_keeps_for_later_does_not_count_as_sent(
    make: Make, release: str, missing: list[str]
) -> None:
    app = make(release, SurfaceSpec("a", CAT, cold=True), faults={"missing": missing, "cold_start": -1.0})
    (ref,) = app.refs()
    mux = connect(app)
    with pytest.raises(Queued, match="does not count as sent"):
        await mux.send_text(ref, "later")
    app.warm(ref)
    await typed(app, ref, b"later")
    await mux.close()


@pytest.mark.parametrize("fault", ["close_instead", "no_answer", "half_line", "invalid_json"])
async def test_a_send_whose_answer_is_lost_is_never_repeated(
    make: Make, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make("A", SurfaceSpec("a", CAT))
    (ref,) = app.refs()
    mux = connect(app)
    await mux.read(ref)
    patient(monkeypatch, 0.3)
    place = await mux._hand.aim(ref)
    setattr(app.faults, fault, 1)
    with pytest.raises(MuxError, match="may have arrived; look before you repeat"):
        await mux._hand._act("surface.send_text", place, {"text": "once"})
    await typed(app, ref, b"once")
    await mux.send_key(ref, "enter")
    await typed(app, ref, b"once\r")
    assert app.commands.count("surface.send_text") == 1
    await mux.close()


async def test_input_that_cmux_cannot_hold_is_refused(make: Make) -> None:
    app = make("B", SurfaceSpec("a", CAT, cold=True), faults={"input_queue_full": 1, "cold_start": -1.0})
    mux = connect(app)
    with pytest.raises(MuxError, match="holds too much text"):
        await mux.send_text(app.refs()[0], "x")
    await mux.close()


# Refs


async def test_a_renumbered_ref_is_refused_until_it_is_chosen_again(make: Make) -> None:
    app = make("A")
    mux = connect(app)
    told = await tree_only(mux)
    wanted = {info.ref: info.uuid for info in told.surfaces}
    await asyncio.to_thread(app.restart, shuffle=True)
    moved = [ref for ref, uuid in wanted.items() if ref in app.refs() and app.surface(ref).uuid != uuid]
    assert moved
    for ref in moved:
        for act in (mux.send_text(ref, "x"), mux.send_key(ref, "enter"), mux.focus(ref), mux.notify(ref, "t", "b")):
            with pytest.raises(MuxError, match=f"{ref} is another terminal since the restart; choose it again"):
                await act
        uuid = wanted[ref]
        assert uuid is not None
        await mux.send_text(uuid, "exact")
        await typed(app, uuid, b"exact")
    again = await tree_only(mux)
    new = next(info for info in again.surfaces if info.uuid == wanted[moved[0]])
    await mux.send_key(new.ref, "enter")
    await typed(app, new.key, b"exact\r")
    await mux.close()


async def test_enter_does_not_follow_a_text_into_another_terminal(make: Make) -> None:
    app = make("A")
    mux = connect(app)
    told = await tree_only(mux)
    for info in told.surfaces:
        await mux.send_text(info.ref, "half")
    await asyncio.to_thread(app.restart, shuffle=True)
    again = {info.ref: info.uuid for info in (await tree_only(mux)).surfaces}
    moved = [info for info in told.surfaces if info.ref in again and again[info.ref] != info.uuid]
    assert moved
    for info in moved:
        with pytest.raises(MuxError, match="another terminal since the text was typed"):
            await mux.send_key(info.ref, "enter")
    assert all(b"\r" not in app.typed(ref) for ref in app.refs())
    await mux.close()


async def test_surfaces_with_new_uuids_after_a_restart_are_new_ones(make: Make) -> None:
    app = make("A", SurfaceSpec("a", CAT))
    mux = connect(app)
    told = await tree_only(mux)
    await asyncio.to_thread(app.restart, mint_surface_uuids=True)
    with pytest.raises(MuxError, match="another terminal since the restart"):
        await mux.send_text("surface:1", "x")
    with pytest.raises(MuxError, match="not in cmux"):
        await mux.send_text(told.surfaces[0].key, "x")
    await mux.close()


async def test_focus_shows_the_real_surface(make: Make) -> None:
    app = make("A")
    mux = connect(app)
    assert app._core.tree.front.workspace is app.workspace("workspace:1")
    await mux.focus("surface:6")
    assert app._core.tree.front.workspace is app.workspace("workspace:2")
    app.faults.missing = ["surface.focus"]
    await mux._acting.close()
    await mux.focus("surface:7")
    assert app._core.tree.front.workspace is app.workspace("workspace:3")
    app.faults.missing = ["surface.focus", "workspace.select"]
    await mux._acting.close()
    with pytest.raises(MuxError, match="cannot be told what to show"):
        await mux.focus("surface:6")
    assert "focus" not in mux.capabilities
    await mux.close()


# Publishing


@pytest.mark.parametrize("release", ["A", "B"])
async def test_what_the_console_knows_is_shown_in_the_sidebar(make: Make, release: str) -> None:
    app = make(release)
    mux = connect(app)
    publisher: Publisher = mux
    hostile = '--tab=0 "quoted" \\ back\\n한글\nsecond line\x1b[31m; | --icon=x'
    await publisher.set_status("surface:6", "console state", hostile, icon="bolt.fill", color="#4C8DFF")
    sidebar = app.published.sidebar(app.workspace("workspace:2").uuid)
    (pill,) = sidebar.pills.values()
    assert pill.value == '–tab=0 "quoted" \\ back\\n한글 second line; | --icon=x'
    assert (pill.key, pill.icon, pill.color) == ("console_state", "bolt.fill", "#4C8DFF")
    await publisher.set_progress("surface:6", 0.25, 'a "label" --tab=x')
    assert (sidebar.progress, sidebar.progress_label) == (0.25, 'a "label" --tab=x')
    await publisher.set_progress("surface:6", None)
    assert sidebar.progress is None
    await publisher.log("surface:6", hostile, "warning")
    await publisher.log("surface:6", "x" * 5000, "no such level")
    assert [(entry.level, entry.source) for entry in sidebar.log] == [
        ("warning", "oc-console"),
        ("info", "oc-console"),
    ]
    assert sidebar.log[0].message == '--tab=0 "quoted" \\ back\\n한글 second line; | --icon=x'
    assert sidebar.log[1].message == "x" * 300 + "…"
    await publisher.set_status("surface:6", "console state", "")
    assert not sidebar.pills
    await publisher.notify("surface:6", "waits\nfor you", "b\x1b[31my")
    assert [(n.title, n.body) for n in app.published.notifications] == [("waits for you", "by")]
    assert list(app.published.sidebars) == [app.workspace("workspace:2").uuid]
    with pytest.raises(MuxError, match="not in cmux"):
        await publisher.log("surface:99", "x")
    await mux.close()


async def test_a_refused_sidebar_command_is_an_error(make: Make) -> None:
    app = make("A", SurfaceSpec("a", CAT))
    mux = connect(app)
    await mux.log("surface:1", "x")
    with pytest.raises(MuxError, match="cmux refuses no_such: ERROR: Unknown command"):
        await mux._sidebar.command("no_such")
    await mux.close()
    app.faults.denied = "yes"
    for _ in range(50):
        with pytest.raises(MuxError, match="Access denied"):
            await mux._sidebar.command("set_status a b")
