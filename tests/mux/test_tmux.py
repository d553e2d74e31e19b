"""The tmux adapter against a private server: what it lists, and servers that come and go."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from console.mux import tmux as adapter
from console.mux import tmux_panes
from console.mux.base import MuxError
from console.mux.tmux import Tmux, answers, socket_path
from tests.eventually import eventually
from tests.mux.watched import Watched
from tests.tmux_server import PROGRAM, TmuxServer, python

pytestmark = pytest.mark.tmux


async def test_the_tree_says_where_each_pane_is(tmux: TmuxServer) -> None:
    first = tmux.new(name="openclaw", width=120, height=40)
    beside = tmux.split(first)
    other = tmux.new(name="검증", width=70, height=10)
    tmux.run("set-option", "-p", "-t", first, "@surface", "CODEX 1")
    tmux.run("select-pane", "-t", first, "-T", "a title")
    async with Watched(tmux.socket) as seen:
        await seen.until(lambda: len(seen.tree()) == 3)
        one, two, three = seen.tree()[first], seen.tree()[beside], seen.tree()[other]
    assert (one.workspace, one.place, two.place) == ("openclaw", "openclaw:0.0", "openclaw:0.1")
    assert (three.workspace, three.place) == ("검증", "검증:0.0")
    assert (one.label, one.title, two.label) == ("CODEX 1", "a title", "")
    assert (one.width, one.height + two.height + 1) == (120, 40)
    assert (three.width, three.height) == (70, 10)
    assert one.command == "sleep" and str(one.pid) == tmux.show(first, "#{pane_pid}")
    assert one.tty == tmux.show(first, "#{pane_tty}") and not one.dead and not one.own
    assert one.uuid is None and one.key == first
    assert seen.trees()[-1].source == f"{tmux.run('-V')} {tmux.socket}"


async def test_a_window_in_two_sessions_is_listed_once(tmux: TmuxServer) -> None:
    pane = tmux.new(name="a")
    tmux.new(name="b")
    tmux.run("link-window", "-s", "a:0", "-t", "b:5")
    async with Watched(tmux.socket) as seen:
        await seen.until(lambda: len(seen.tree()) == 2)
        refs = [info.ref for info in seen.trees()[-1].surfaces]
    assert sorted(refs) == sorted(set(refs)) and pane in refs


async def test_a_dead_pane_is_listed_as_dead_and_its_last_screen_read(tmux: TmuxServer) -> None:
    pane = tmux.new("echo; echo last words; sleep 1000")
    tmux.run("set-option", "-w", "-t", pane, "remain-on-exit", "on")
    async with Watched(tmux.socket) as seen:
        await seen.shows(pane, "last words")
        os.kill(int(tmux.show(pane, "#{pane_pid}")), 9)
        await seen.until(lambda: seen.tree()[pane].dead, "dead")
        await seen.until(lambda: "Pane is dead" in seen.text(pane), "the notice tmux writes")
        assert "last words" in seen.text(pane)


@pytest.mark.parametrize("linked", [False, True])
async def test_its_own_pane_is_marked_and_not_read(tmux: TmuxServer, tmp_path: Path, linked: bool) -> None:
    own, other = tmux.new("echo mine; sleep 1000"), tmux.new("echo theirs; sleep 1000")
    chosen = tmux.socket
    if linked:  # macOS: /tmp is a link, and $TMUX has it resolved
        (tmp_path / "link").symlink_to(tmux.folder)
        chosen = tmp_path / "link" / tmux.socket.relative_to(tmux.folder)
    env = {"PATH": os.environ["PATH"], "TMUX": f"{tmux.socket},1,0", "TMUX_PANE": own}
    async with Watched(chosen, env) as seen:
        await seen.shows(other, "theirs")
        assert seen.tree()[own].own and not seen.tree()[other].own
        assert seen.screens(own) == []


async def test_a_pane_of_the_same_number_on_another_server_is_not_its_own(tmux: TmuxServer) -> None:
    pane = tmux.new()
    env = {"PATH": os.environ["PATH"], "TMUX": "/tmp/another/server,1,0", "TMUX_PANE": pane}
    async with Watched(tmux.socket, env) as seen:
        await seen.until(lambda: seen.screens(pane))
        assert not seen.tree()[pane].own


async def test_names_with_separators_and_formats_stay_whole(tmux: TmuxServer) -> None:
    pane, second = tmux.new(name="one"), tmux.new(name="two")
    hostile = "a\tb \"q\" 'q' #{pid} #[fg=red] \\ ; $(id)\n%end 1 2 1\n%0\tx"
    tmux.run("set-option", "-p", "-t", pane, "@surface", hostile)
    tmux.run("select-pane", "-t", pane, "-T", "t \"q\" '##{pid}' ; \\")
    async with Watched(tmux.socket) as seen:
        await seen.until(lambda: len(seen.tree()) == 2)
        info = seen.tree()[pane]
        assert info.label == hostile.replace("\t", " ").replace("\n", " ")
        assert info.title == "t \"q\" '#{pid}' ; \\"
        assert info.command == "sleep" and seen.tree()[second].command == "sleep"
        assert {info.ref for info in seen.trees()[-1].surfaces} == {pane, second}


async def test_a_title_keeps_no_control_characters(tmux: TmuxServer) -> None:
    pane = tmux.new("printf '\\033]2;evil\\342\\200\\256name [/] end\\007'; sleep 1000")
    async with Watched(tmux.socket) as seen:
        await seen.until(lambda: "end" in seen.tree()[pane].title if pane in seen.tree() else False)
        title = seen.tree()[pane].title
    assert title.startswith("evil\ufffdname [/]") and "\u202e" not in title


async def test_sixty_panes_are_all_read(tmux: TmuxServer) -> None:
    tmux.new("echo pane-0; sleep 1000", name="many", width=60, height=10)
    for number in range(1, 60):
        tmux.window("many", f"echo pane-{number}; sleep 1000")
    async with Watched(tmux.socket) as seen:
        await seen.until(lambda: len(seen.tree()) == 60)
        panes = tmux.panes()
        await seen.until(lambda: all("pane-" in seen.text(pane) for pane in panes), "every pane read")
        assert {seen.text(pane).strip() for pane in panes} == {f"pane-{number}" for number in range(60)}
        assert seen.failures() == []


async def test_panes_that_come_and_go_are_in_the_next_listings(tmux: TmuxServer) -> None:
    pane = tmux.new(name="a")
    async with Watched(tmux.socket) as seen:
        await seen.until(lambda: pane in seen.tree())
        for kind in ("pane", "window", "session"):
            new = tmux.split(pane) if kind == "pane" else tmux.window("a") if kind == "window" else tmux.new()
            listed = len(seen.trees())
            await seen.until(lambda new=new: new in seen.tree(), "the new pane")  # type: ignore[misc]
            assert len(seen.trees()) <= listed + 2
            tmux.run("kill-pane", "-t", new)
            listed = len(seen.trees())
            await seen.until(lambda new=new: new not in seen.tree(), "it is gone")  # type: ignore[misc]
            assert len(seen.trees()) <= listed + 2
        assert seen.downs() == []


async def test_a_pane_that_dies_while_it_is_read_fails_alone(tmux: TmuxServer) -> None:
    calm = tmux.new("echo calm; sleep 1000", name="calm")
    busy = python("import time\nfor n in range(40): print(n, flush=True); time.sleep(0.01)")
    async with Watched(tmux.socket) as seen:
        await seen.shows(calm, "calm")
        client = tmux.clients()
        for _ in range(6):
            pane = tmux.window("calm", busy)
            seen.look(calm, pane)
            await seen.until(lambda pane=pane: pane in seen.tree(), "it was listed")  # type: ignore[misc]
            await seen.until(lambda pane=pane: pane not in seen.tree(), "it is gone")  # type: ignore[misc]
        mark = len(seen.screens(calm))
        await seen.until(lambda: len(seen.screens(calm)) > mark, "the other pane is still read")
        assert seen.text(calm) == "calm\n" + "\n" * 22
        assert tmux.clients() == client, "the connection was replaced"
    assert seen.downs() == []
    assert all("can't find pane" in failure for failure in seen.failures())


async def test_an_unchanged_screen_stays_the_same_object(tmux: TmuxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tmux_panes, "BACKSTOP", 0.05)
    pane = tmux.new("printf '\\033[31mred\\n'; sleep 1000")
    async with Watched(tmux.socket) as seen:
        first = await seen.shows(pane, "red")
        mark = len(seen.screens(pane))
        await seen.until(lambda: len(seen.screens(pane)) >= mark + 5, "heartbeats")
        assert all(screen is first for screen in seen.screens(pane)[mark:])


async def test_the_session_attached_to_may_go(tmux: TmuxServer) -> None:
    panes = {tmux.new(f"echo in-{name}; sleep 1000", name=name): name for name in ("a", "b", "c")}
    async with Watched(tmux.socket) as seen:
        for _ in range(2):
            left = {pane: name for pane, name in panes.items() if pane in tmux.panes()}
            await seen.until(lambda left=left: all(seen.screens(pane) for pane in left))  # type: ignore[misc]
            attached = tmux.clients("#{client_session}")[0]
            tmux.run("kill-session", "-t", f"={attached}")
            stays = next(pane for pane, name in left.items() if name != attached)
            mark = len(seen.screens(stays))
            await seen.until(
                lambda stays=stays, mark=mark: len(seen.screens(stays)) > mark,  # type: ignore[misc]
                "reading goes on",
            )
        assert seen.downs() == []
        assert len(tmux.clients()) == 1


async def test_it_attaches_to_the_oldest_session_and_again_only_when_sessions_are_calm(
    tmux: TmuxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "CALM", 0.05)
    calls, storm = tmp_path / "calls", tmp_path / "storm"
    more = f"*list-sessions*) [ -f {storm} ] && wc -l <{calls} | sed 's/^ */3.3a\t9\t$9/';;"
    program = fake(tmp_path, f'echo "$@" >>{calls}; case "$*" in {more} esac; exec {PROGRAM} "$@"')
    oldest, other = tmux.new(name="z"), tmux.new("echo here; sleep 1000", name="a")

    def called() -> list[str]:
        """What the console has called, in a word each."""
        return ["attach" if "attach-session" in line else "look" for line in calls.read_text().splitlines()]

    async with Watched(tmux.socket, {"PATH": f"{program.parent}:{os.environ['PATH']}"}) as seen:
        await seen.shows(other, "here")
        assert tmux.clients("#{client_session}") == ["z"]
        assert called() == ["look", "attach"], "a first start does not wait"
        storm.touch()  # every look finds another session
        tmux.run("kill-session", "-t", "=z")
        await eventually(lambda: len(called()) >= 8)
        assert "attach" not in called()[2:]
        storm.unlink()
        await seen.until(lambda: tmux.clients("#{client_session}") == ["a"])
        assert called()[2:].count("attach") == 1
        await seen.until(lambda: oldest not in seen.tree())
    assert seen.downs() == []


async def test_a_server_that_is_killed_and_started_again(tmux: TmuxServer) -> None:
    pane = tmux.new("echo first life; sleep 1000")
    async with Watched(tmux.socket) as seen:
        await seen.shows(pane, "first life")
        tmux.kill()
        await seen.until(seen.downs, "the server is gone")
        trees = len(seen.trees())
        again = tmux.new("echo second life; sleep 1000")
        await seen.until(lambda: len(seen.trees()) > trees, "the server is back")
        await seen.shows(again, "second life")
        assert len(seen.downs()) == 1 and f"server on {tmux.socket}" in seen.downs()[0]


async def test_a_server_that_is_not_there_is_told_once_and_found_when_it_comes(tmux: TmuxServer) -> None:
    async with Watched(tmux.socket) as seen:
        await seen.until(seen.downs)
        assert f"no server on {tmux.socket}" in seen.downs()[0]
        pane = tmux.new("echo here; sleep 1000")
        await seen.shows(pane, "here")
    assert len(seen.downs()) == 1


async def test_a_server_that_refuses_is_not_attached_to_in_a_tight_loop(
    tmux: TmuxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "RETRY", 60.0)
    tmux.run("start-server", ";", "set-option", "-g", "exit-empty", "off")
    program = fake(tmp_path, f'echo "$@" >>{tmp_path}/calls; exec {PROGRAM} "$@"')
    async with Watched(tmux.socket, {"PATH": str(program.parent)}) as seen:
        await seen.until(seen.downs)
        for _ in range(30):  # time in which a tight loop would start dozens of clients
            await asyncio.sleep(0.01)
        assert len((tmp_path / "calls").read_text().splitlines()) == 1, "looking for a session"
        assert len(seen.downs()) == 1 and "session" in seen.downs()[0]
        pane = tmux.new("echo here; sleep 1000")
        seen.mux.reread()
        await seen.shows(pane, "here")


@pytest.mark.parametrize(("says", "told"), [("3.1c", "3.1c"), ("", "before 2.4")])
async def test_a_tmux_that_is_too_old_is_told_once_with_the_remedy(
    tmux: TmuxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, told: str
) -> None:
    monkeypatch.setattr(adapter, "RETRY", 0.01)
    tmux.new()
    program = fake(tmp_path, f"echo asked >>{tmp_path}/calls; printf '{says}\\t1\\t$0\\n'")
    async with Watched(tmux.socket, {"PATH": str(program.parent)}) as seen:
        await seen.until(lambda: seen.downs() and (tmp_path / "calls").read_text().count("asked") >= 4)
        assert len(seen.downs()) == 1
        assert f"tmux {told} is too old" in seen.downs()[0] and "install 3.2 or newer" in seen.downs()[0]
        assert tmux.clients() == []


@pytest.mark.parametrize("said", ["3.2", "next-3.7", "openbsd-7.4", "master"])
async def test_newer_versions_are_taken(tmux: TmuxServer, tmp_path: Path, said: str) -> None:
    pane = tmux.new("echo here; sleep 1000")
    lie = f"*list-sessions*) {PROGRAM} \"$@\" | sed 's/^[^\t]*/{said}/';;"
    program = fake(tmp_path, f'case "$*" in {lie} *) exec {PROGRAM} "$@";; esac')
    async with Watched(tmux.socket, {"PATH": str(program.parent)}) as seen:
        await seen.shows(pane, "here")
        assert seen.mux.source == f"tmux {said} {tmux.socket}"


async def test_without_a_tmux_program_the_remedy_is_told(
    tmux: TmuxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmux.new()
    monkeypatch.setenv("PATH", str(tmp_path))
    async with Watched(tmux.socket) as seen:
        await seen.until(seen.downs)
        assert "tmux: no such program" in seen.downs()[0] and "install it" in seen.downs()[0]


async def test_reading_a_pane_on_demand(tmux: TmuxServer) -> None:
    pane = tmux.new("echo on demand; sleep 1000")
    mux = Tmux(str(tmux.socket))
    with pytest.raises(MuxError, match="not connected"):
        await mux.read(pane)
    async with Watched(tmux.socket) as seen:
        await seen.shows(pane, "on demand")
        assert (await seen.mux.read(pane)).lines[0] == "on demand"
        for ref, why in (("%99", "can't find pane: %99"), ("s1:0", "is not a tmux pane id"), ("%1 ; x", "is not a")):
            with pytest.raises(MuxError, match=why):
                await seen.mux.read(ref)


async def test_a_reader_that_goes_away_leaves_the_connection_whole(tmux: TmuxServer) -> None:
    pane = tmux.new("echo whole; sleep 1000", height=50)
    async with Watched(tmux.socket) as seen:
        await seen.shows(pane, "whole")
        client = tmux.clients()
        for _ in range(20):
            reading = asyncio.ensure_future(seen.mux.read(pane))
            await asyncio.sleep(0)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        assert (await seen.mux.read(pane)).lines[0] == "whole"
        assert tmux.clients() == client, "the connection was replaced"


def test_where_the_socket_is(tmp_path: Path) -> None:
    inside = {"TMUX": "/somewhere/tmux-1/x,123,0", "TMUX_TMPDIR": "/run/t"}
    assert socket_path("", inside) == Path("/somewhere/tmux-1/x")
    assert socket_path("", {}) == Path(f"/tmp/tmux-{os.getuid()}/default")
    assert socket_path("work", inside) == Path(f"/run/t/tmux-{os.getuid()}/work")
    assert socket_path("/a/b", inside) == Path("/a/b")
    assert not answers(tmp_path / "nothing") and not answers(tmp_path / ("long" * 60))


def fake(folder: Path, script: str) -> Path:
    """A program named tmux that does what *script* says."""
    program = folder / "bin" / "tmux"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program
