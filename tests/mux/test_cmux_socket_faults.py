"""Getting into the cmux app, and every documented fault of the connection to it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.model.reading import MuxDown, ScreenRead, TreeRead
from console.mux.base import MuxError
from console.mux.cmux_socket import CmuxSocket
from tests.eventually import eventually
from tests.fakes.cmux_app import SurfaceSpec
from tests.mux.app_ground import CAT, Make, brisk, doubles, patient, typed
from tests.mux.app_watched import AppWatched, connect, held

RELEASES = ("A", "B", "C")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with doubles(tmp_path) as started:
        yield started


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    brisk(monkeypatch)


# Getting in


@pytest.mark.parametrize("release", RELEASES)
async def test_a_denial_is_read_and_explained(make: Make, release: str) -> None:
    app = make(release, SurfaceSpec("a", CAT), faults={"denied": "yes", "korean": True})
    words = "Access denied" if release == "A" else "접근이 거부되었습니다"
    mux = connect(app)
    for _ in range(200 if release == "A" else 20):
        with pytest.raises(MuxError, match=f"ERROR: {words}.*in a cmux pane.*automation"):
            await mux.read("surface:1")
    await mux.close()
    async with AppWatched(app) as seen:
        await seen.until(seen.downs, "down")
        assert words in seen.downs()[0] and "CMUX_SOCKET_CAPABILITY" in seen.downs()[0]
        app.faults.denied = "no"
        seen.mux.reread()
        await seen.until(seen.trees, "let in")


@pytest.mark.parametrize("name", [".local/state/cmux", "Library/Application Support/cmux"])
async def test_the_password_is_found_and_told(make: Make, tmp_path: Path, name: str) -> None:
    app = make("B", SurfaceSpec("a", CAT), access_mode="password", password="geheim 한")
    (ref,) = app.refs()
    for env, password, wrong in (
        ({}, "", "asks for a password"),
        ({"CMUX_SOCKET_PASSWORD": "no"}, "", "refuses the password"),
        ({"CMUX_SOCKET_PASSWORD": "geheim 한"}, "no", "refuses the password"),
    ):
        mux = connect(app, env, password)
        with pytest.raises(MuxError, match=f"{wrong}.*CMUX_SOCKET_PASSWORD"):
            await mux.read(ref)
        await mux.close()
    (tmp_path / name).mkdir(parents=True)
    (tmp_path / name / "socket-control-password").write_text("geheim 한\n", encoding="utf-8")
    for env, password in (({}, ""), ({"CMUX_SOCKET_PASSWORD": "geheim 한"}, ""), ({}, "geheim 한")):
        mux = connect(app, env, password)
        await mux.read(ref)
        await mux.set_status(ref, "console", "works")
        await mux.close()
    assert app.published.sidebar(app.workspace("workspace:1").uuid).pills["console"].value == "works"


async def test_password_mode_without_a_password_is_explained(make: Make) -> None:
    app = make("B", SurfaceSpec("a", CAT), access_mode="password")
    mux = connect(app, password="x")
    with pytest.raises(MuxError, match="no password is set in its settings"):
        await mux.read("surface:1")
    await mux.close()


async def test_the_capability_token_opens_the_door(make: Make) -> None:
    app = make("B", SurfaceSpec("a", CAT), faults={"denied": "yes"})
    mux = connect(app, {"CMUX_SOCKET_CAPABILITY": app.capability_token})
    await mux.send_text("surface:1", "in")
    await mux.set_status("surface:1", "console", "works")
    await mux.close()
    await typed(app, "surface:1", b"in")
    mux = connect(app, {"CMUX_SOCKET_CAPABILITY": "v1.stale.token"})
    with pytest.raises(MuxError, match="refuses this console"):
        await mux.read("surface:1")
    await mux.close()


async def test_a_token_the_release_does_not_know_does_no_harm(make: Make) -> None:
    app = make("A", SurfaceSpec("a", CAT))
    mux = connect(app, {"CMUX_SOCKET_CAPABILITY": "v1.some.token"}, "not needed")
    await mux.send_text("surface:1", "in")
    await typed(app, "surface:1", b"in")
    await mux.close()


async def test_what_is_not_cmuxs_socket_is_not_connected_to(tmp_path: Path, make: Make) -> None:
    plain, folder, missing = tmp_path / "plain", tmp_path / "folder", tmp_path / "missing"
    plain.write_text("x")
    folder.mkdir()
    long = tmp_path / ("x" * 120)
    for path, words in (
        (plain, "exists at .*plain but is not a Unix socket"),
        (folder, "is not a Unix socket"),
        (missing, "Socket not found at"),
        (long, "not found"),
        (tmp_path / "nul\0l", "null"),
    ):
        mux = connect(path)
        with pytest.raises(MuxError, match=words):
            await mux.send_text("surface:1", "x")
        reading = await anext(mux.watch())
        assert isinstance(reading, MuxDown) and "since" in reading.error
        await mux.close()
    relay = CmuxSocket("127.0.0.1:4711", env={}, home=tmp_path)
    with pytest.raises(MuxError, match="relay of `cmux ssh`"):
        await relay.read("surface:1")
    await relay.close()


async def test_a_socket_that_is_replaced_while_it_is_watched(make: Make) -> None:
    app = make("A", SurfaceSpec("a", CAT))
    async with AppWatched(app) as seen:
        await seen.until(seen.trees, "a tree")
        await asyncio.to_thread(app._server.stop)
        app.path.write_text("not a socket")
        await seen.until(lambda: any("not a Unix socket" in down for down in seen.downs()), "the plain file")
        app.path.unlink()
        app._server.start()
        if os.getuid() == 0:
            await asyncio.to_thread(app._server.cut_all)
            os.chown(app.path, 12345, 12345)
            await seen.until(lambda: any("not owned by the current user" in d for d in seen.downs()), "the other user")
            os.chown(app.path, 0, 0)
        before = len(seen.trees())
        seen.mux.reread()
        await seen.until(lambda: len(seen.trees()) > before, "back")


# Faults of the connection


async def test_an_idle_close_is_no_news(make: Make) -> None:
    app = make("B", SurfaceSpec("a", CAT), faults={"idle_close": 0.05})
    (ref,) = app.refs()
    async with AppWatched(app) as seen:
        await seen.until(lambda: len(seen.trees()) >= 3, "three trees")
        await eventually(lambda: app.connections <= 1)
        await seen.mux.send_text(ref, "hi")
        await eventually(lambda: app.connections <= 1)
        await seen.mux.send_key(ref, "enter")
        assert not seen.downs() and not seen.failures(ref)
    await typed(app, ref, b"hi\r")


@pytest.mark.parametrize("fault", ["close_instead", "half_line"])
async def test_a_question_lost_with_its_connection_is_asked_again(make: Make, fault: str) -> None:
    app = make("A", SurfaceSpec("a", CAT))
    (ref,) = app.refs()
    mux = connect(app)
    await mux.read(ref)
    setattr(app.faults, fault, 1)
    assert "ready" in (await mux.read(ref)).lines[0]
    await mux.close()


async def test_each_stretch_of_watching_begins_with_the_tree(make: Make) -> None:
    app = make("A")
    async with AppWatched(app) as seen:
        await seen.until(lambda: all(seen.screens(ref) for ref in app.refs()), "all screens")
        for _ in range(3):
            seen.mux.pause()
            await eventually(lambda: app.connections == 0)
            before = len(seen.readings)
            seen.mux.resume()
            await seen.until(lambda before=before: len(seen.readings) > before, "readings")  # type: ignore[misc]
            assert isinstance(seen.readings[before], TreeRead)
            await seen.until(
                lambda before=before: any(isinstance(r, ScreenRead) for r in seen.readings[before:]),  # type: ignore[misc]
                "a screen",
            )


async def test_a_stalled_app_makes_the_picture_old_and_nothing_else(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch, 0.3)
    app = make("A", SurfaceSpec("a", CAT))
    (ref,) = app.refs()
    async with AppWatched(app) as seen:
        await seen.until(lambda: seen.screens(ref), "a screen")
        seen.look(ref)
        app.faults.stall_count = 1
        app.faults.stall = 1.5
        await seen.until(lambda: seen.failures(ref) or seen.downs(), "it is told")
        told = (seen.failures(ref) + seen.downs())[0]
        assert "gave no answer to" in told
        trees, screens = len(seen.trees()), len(seen.screens(ref))
        await seen.until(lambda: len(seen.trees()) > trees and len(seen.screens(ref)) > screens, "it goes on")
        assert seen.readings[-1] is not None


async def test_a_surface_that_stalls_holds_up_no_other(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    patient(monkeypatch, 0.5)
    app = make("A", SurfaceSpec("a", CAT), SurfaceSpec("b", CAT))
    one, two = app.refs()
    async with AppWatched(app) as seen:
        await seen.until(lambda: seen.screens(one) and seen.screens(two), "both")
        app.faults.late_seconds, app.faults.late = 2.0, 1
        seen.look(one, focused=one)
        await seen.until(lambda: seen.failures(one) or seen.failures(two) or seen.downs(), "one is late")
        before = len(seen.screens(one))
        await seen.until(lambda: len(seen.screens(one)) > before, "reading goes on")


@pytest.mark.parametrize(
    "faults",
    [
        {"stray_line": -1},
        {"other_id": -1},
        {"invalid_utf8": -1},
        {"one_byte_writes": -1},
        {"huge_line": 1},
        {"half_line": 1},
        {"invalid_json": 1},
        {"no_answer": 1},
        {"close_instead": 1},
        {"other_id": 1, "other_id_then_right": False},
        {"late": 1, "late_seconds": 0.5},
    ],
    ids="-".join,
)
async def test_a_bad_line_is_survived(make: Make, faults: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    patient(monkeypatch, 5.0 if "huge_line" in faults else 0.3)
    app = make("A", SurfaceSpec("a", ("/bin/sh", "-c", "echo here; exec cat")))
    (ref,) = app.refs()
    async with AppWatched(app) as seen:
        await seen.shows(ref, "here")
        app.faults.set(faults)
        seen.mux.reread()
        before = len(seen.trees())
        await seen.until(lambda: len(seen.trees()) >= before + 2, "trees go on")
        app.type_as_human(ref, "fresh")
        seen.look(ref, focused=ref)
        await seen.shows(ref, "fresh")


async def test_a_line_longer_than_any_answer_ends_the_connection_only(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.mux.cmux_app_rpc.LINE_BYTES", 100_000)
    app = make("A", SurfaceSpec("a", CAT))
    async with AppWatched(app) as seen:
        await seen.until(seen.trees, "a tree")
        app.faults.huge_line = 2
        before = len(seen.trees())
        seen.mux.reread()
        await seen.until(lambda: len(seen.trees()) > before + 1, "it goes on")


async def test_a_server_killed_under_load_is_found_again(make: Make) -> None:
    app = make("C")
    before = held()
    async with AppWatched(app) as seen:
        await seen.until(lambda: all(seen.screens(ref) for ref in app.refs()), "all screens")
        for turn in range(3):
            downs, trees = len(seen.downs()), len(seen.trees())
            seen.look(*app.refs(), focused=app.refs()[0])
            app.kill()
            await seen.until(lambda downs=downs: len(seen.downs()) > downs, f"down {turn}")  # type: ignore[misc]
            assert "errno 111" in seen.downs()[-1] or "errno 61" in seen.downs()[-1]
            assert "since" in seen.downs()[-1]
            with pytest.raises(MuxError, match="Connection refused"):
                await seen.mux.send_text(app.refs()[0], "x")
            await asyncio.to_thread(app.restart, keep_programs=True)
            seen.mux.reread()
            await seen.until(lambda trees=trees: len(seen.trees()) > trees, f"back {turn}")  # type: ignore[misc]
            at = len(seen.readings)
            await seen.until(
                lambda at=at: (
                    {r.key for r in seen.readings[at:] if isinstance(r, ScreenRead)}  # type: ignore[misc]
                    >= {i.key for i in seen.tree().values()}
                ),
                "all screens again",
            )
        await seen.until(lambda: "push" in seen.mux.capabilities, "events again")
    app.stop()
    await eventually(lambda: held()[0] <= before[0], what=held)


async def test_pausing_lets_go_of_the_server(make: Make) -> None:
    app = make("B", SurfaceSpec("a", CAT))
    (ref,) = app.refs()
    async with AppWatched(app) as seen:
        await seen.until(lambda: seen.screens(ref) and app.connections == 3, "watching")
        await seen.mux.read(ref)
        seen.mux.pause()
        await eventually(lambda: app.connections == 0)
        with pytest.raises(MuxError, match="let go"):
            await seen.mux.read(ref)
        before = len(seen.readings)
        seen.mux.resume()
        await seen.until(lambda: len(seen.readings) > before + 1, "readings again")
        assert not seen.downs()
        await seen.mux.read(ref)
    assert seen.mux.capabilities
    await seen.mux.close()


@pytest.mark.parametrize("release", ["A", "B"])
async def test_a_watch_that_is_cancelled_leaves_nothing(make: Make, release: str) -> None:
    app = make(release, SurfaceSpec("a", CAT))
    await asyncio.sleep(0)
    before = held()
    for turn in range(8):
        mux = connect(app)

        async def follow(mux: CmuxSocket = mux) -> None:
            async for _ in mux.watch():
                pass

        task = asyncio.create_task(follow())
        await eventually(lambda turn=turn: app.connections >= 1 + turn % 2)  # type: ignore[misc]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await mux.close()
        await eventually(lambda: app.connections == 0)
    await eventually(lambda: held() <= before and held()[1] <= before[1], what=held)
