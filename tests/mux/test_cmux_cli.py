"""The fallback over the `cmux` program: reading, against the double of the app with real terminals."""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path

import psutil
import pytest

from console.model.reading import ScreenRead, TreeRead
from console.mux.base import Interest, Multiplexer, MuxError
from console.mux.cmux_cli import CmuxCli, decode_tree, plain_screen
from console.mux.cmux_program import PROCESSES, CmuxProgram, CmuxSaid
from tests.eventually import eventually
from tests.fakes.cmux_app import SurfaceSpec, WorkspaceSpec
from tests.mux.cli_watched import bench

RELEASES = pytest.mark.parametrize("release", ["0.63.2", "0.64.22", "main-2026-10"])
SEED = ["surface:1", "surface:2", "surface:3", "surface:5", "surface:6", "surface:7"]


@RELEASES
async def test_the_seeds_six_surfaces_are_listed_with_their_uuids(release: str) -> None:
    async with bench(release) as on:
        on.watch()
        await eventually(on.tree, what=on.readings)
        assert isinstance(on.readings[0], TreeRead)
        assert [info.ref for info in on.tree()] == SEED
        assert [info.uuid for info in on.tree()] == [on.app.surface(ref).uuid for ref in SEED]
        assert [info.workspace for info in on.tree()] == ["openclaw"] * 4 + ["cross-verify", "codex-verify"]
        assert [info.label for info in on.tree()][3:] == ["CLAUDE 1", "CLAUDE V", "CODEX V"]
        assert not any(info.own for info in on.tree())
        assert on.mux.source == f"{on.app.personality.version_line} · {on.program}"
        assert on.mux.capabilities == {"focus", "uuid"}


@RELEASES
async def test_screens_of_every_workspace_are_read(release: str) -> None:
    async with bench(release) as on:
        on.watch()
        await eventually(lambda: len(on.tree()) == 6, what=on.readings)
        keys = [info.key for info in on.tree()]
        on.mux.look_at(Interest(frozenset(keys), keys[4]))
        for ref in ("surface:1", "surface:6", "surface:7"):
            on.app.type_as_human(ref, f"printf 'said %s 한글\\n' in-{ref}\n")
        for ref in ("surface:1", "surface:6", "surface:7"):
            key = on.app.surface(ref).uuid
            await eventually(lambda key=key, ref=ref: f"said in-{ref} 한글" in on.text(key), what=on.readings)  # type: ignore[misc]
        screen = await on.mux.read("surface:6")
        assert "said in-surface:6 한글" in screen.lines
        assert screen.lines == screen.styled and screen.cursor is None and screen.height == len(screen.lines)
        assert (await on.mux.read(keys[4])).lines == screen.lines
        assert not on.downs()


async def test_the_consoles_own_place_is_no_target(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench() as on:
        monkeypatch.setenv("CMUX_SURFACE_ID", on.app.surface("surface:2").uuid)
        monkeypatch.setenv("CMUX_WORKSPACE_ID", on.app.workspace("workspace:1").uuid)
        on.app.type_as_human("surface:6", "echo of six\n")
        on.watch()
        await eventually(on.tree, what=on.readings)
        assert [info.ref for info in on.tree() if info.own] == ["surface:2"]
        await eventually(lambda: "of six" in on.app.screen("surface:6"))
        assert "of six" in "\n".join((await on.mux.read("surface:6")).lines)
        said = on.folder / "said"
        on.wrap(f'echo "$CMUX_SURFACE_ID-$CMUX_WORKSPACE_ID" >> {said}\nexec $REAL "$@"')
        await on.mux.read("surface:6")
        assert set(said.read_text().split()) == {"-"}


@pytest.mark.parametrize(
    ("refused", "uuids"),
    [
        ('*"--json"*) echo "Error: tree: unknown flag" "--json" >&2; exit 1;;', True),
        ('*"--id-format"*) echo "Error: tree: unknown flag" "--id-format" >&2; exit 1;;', False),
        ('*"--json"*) shift; exec $REAL "$@";;', True),
        ('*"--json"*) echo "{ half"; exit 0;;', True),
    ],
)
async def test_the_text_tree_is_read_where_there_is_no_json(refused: str, uuids: bool) -> None:
    async with bench() as on:
        on.wrap(f'case "$*" in {refused} esac\nexec $REAL "$@"')
        on.app.rename("surface:5", '" [selected] ◀ here tty=x "')
        on.watch()
        await eventually(lambda: on.tree() and all(on.told(info.key) for info in on.tree()), what=on.readings)
        assert [info.ref for info in on.tree()] == SEED
        assert on.tree()[3].title == '" [selected] ◀ here tty=x "'.strip()
        assert [info.uuid for info in on.tree()] == [on.app.surface(r).uuid if uuids else None for r in SEED]
        assert on.mux.capabilities == ({"focus", "uuid"} if uuids else {"focus"})
        assert not on.downs()


async def test_a_program_that_talks_nonsense_is_a_reading() -> None:
    async with bench() as on:
        on.wrap("echo nonsense")
        on.watch()
        await eventually(on.downs, what=on.readings)
        assert "not understood" in on.downs()[0] and "keeps asking" in on.downs()[0]
        with pytest.raises(MuxError, match="not understood"):
            await on.mux.read("surface:1")


async def test_the_program_of_the_daemon_is_not_taken_for_the_apps() -> None:
    async with bench() as on:
        on.wrap(f'echo "cmux 0.1.0 ({"a" * 40}; ghostty {"b" * 40})"')
        on.watch()
        await eventually(on.downs, what=on.readings)
        assert "cmux-tui" in on.downs()[0] and "mux.cmux_socket" in on.downs()[0]


async def test_no_program_is_a_reading(tmp_path: Path) -> None:
    mux: Multiplexer = CmuxCli(str(tmp_path / "cmux"))
    watch = mux.watch()
    reading = await anext(aiter(watch))
    assert "no such program" in getattr(reading, "error", "")
    with pytest.raises(MuxError, match="no such program"):
        await mux.read("surface:1")
    await mux.close()
    await mux.close()
    with pytest.raises(MuxError, match="let go"):
        await mux.read("surface:1")


@RELEASES
async def test_a_surface_with_another_ref_keeps_its_key(release: str) -> None:
    async with bench(release) as on:
        on.watch()
        await eventually(lambda: len(on.tree()) == 6, what=on.readings)
        before = {info.key: info.ref for info in on.tree()}
        on.mux.look_at(Interest(frozenset(before)))
        on.app.restart(shuffle=True)
        refs = {uuid: on.app.ref(uuid) for uuid in before}
        assert refs != before, "the double has numbered them anew"
        await eventually(lambda: {i.key: i.ref for i in on.tree()} == refs, what=lambda: (refs, on.tree()))
        for key in before:
            count = on.told(key)
            await eventually(lambda key=key, count=count: on.told(key) > count, what=on.readings)  # type: ignore[misc]


@RELEASES
async def test_a_read_after_a_restart_finds_the_surface_again(release: str) -> None:
    async with bench(release) as on:
        key = on.app.surface("surface:6").uuid
        await on.mux.read(key)
        on.app.restart()  # every workspace has another UUID now
        on.app.type_as_human(on.app.ref(key), "echo back again\n")
        await eventually(lambda: "back again" in on.app.screen(key))
        assert "back again" in "\n".join((await on.mux.read(key)).lines)


async def test_a_closed_surface_goes_and_a_new_one_comes() -> None:
    async with bench() as on:
        on.watch()
        await eventually(lambda: len(on.tree()) == 6, what=on.readings)
        on.app.close_surface("surface:3")
        made = on.app.add_surface("workspace:2", SurfaceSpec("NEW"))
        await eventually(lambda: made in [info.ref for info in on.tree()], what=on.readings)
        assert "surface:3" not in [info.ref for info in on.tree()]
        with pytest.raises(MuxError, match="surface:3 is not in cmux"):
            await on.mux.read("surface:3")


@RELEASES
async def test_a_cold_surface_fails_alone_with_what_to_do(release: str) -> None:
    layout = [WorkspaceSpec("w", [SurfaceSpec("warm"), SurfaceSpec("cold", cold=True)])]
    async with bench(release, layout) as on:
        on.watch()
        await eventually(lambda: len(on.tree()) == 2, what=on.readings)
        warm, cold = (info.key for info in on.tree())
        await eventually(lambda: on.failed(cold) and on.told(warm), what=on.readings)
        assert "show its workspace in cmux once" in on.failed(cold)
        assert not on.failed(warm) and not on.downs()


@RELEASES
async def test_a_denial_says_what_helps_and_ends_by_itself(release: str) -> None:
    async with bench(release) as on:
        on.watch()
        await eventually(on.tree, what=on.readings)
        on.app.faults.denied = "yes"
        await eventually(on.downs, what=on.readings)
        assert "cmux pane" in on.downs()[0] and "Automation" in on.downs()[0]
        assert not any(on.failed(info.key) for info in on.tree()), "one thing is wrong, not seven"
        with pytest.raises(MuxError, match="cmux pane"):
            await on.mux.read("surface:1")
        told = len(on.readings)
        on.app.faults.denied = "no"
        on.mux.reread()
        await eventually(lambda: any(isinstance(r, TreeRead) for r in on.readings[told:]), what=on.readings)
        assert len(on.downs()) == 1


async def test_an_app_that_is_away_is_found_again() -> None:
    async with bench() as on:
        on.watch()
        await eventually(lambda: on.tree() and on.told(on.tree()[0].key), what=on.readings)
        on.app.kill()
        await eventually(on.downs, what=on.readings)
        assert "Failed to connect" in on.downs()[0] and "start the cmux app" in on.downs()[0]
        told = len(on.readings)
        on.app.restart()
        await eventually(
            lambda: any(isinstance(r, ScreenRead) for r in on.readings[told:]), deadline=20, what=on.readings
        )


@pytest.mark.parametrize("known", [True, False])
async def test_a_password_is_the_programs_own_affair(known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if known:
        monkeypatch.setenv("CMUX_SOCKET_PASSWORD", "hush")
    async with bench("0.64.22", password="hush") as on:
        on.watch()
        await eventually(lambda: on.tree() or on.downs(), what=on.readings)
        assert bool(on.tree()) == known
        assert known or "CMUX_SOCKET_PASSWORD" in on.downs()[0]


async def test_a_stalled_app_costs_one_read_and_not_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench() as on:
        on.watch()
        await eventually(on.tree, what=on.readings)
        monkeypatch.setattr("console.mux.cmux_program.READ_TIMEOUT", 2.0)
        on.app.faults.stall_methods = ["surface.read_text"]
        on.app.faults.stall = 30.0
        with pytest.raises(MuxError, match=r"Command timed out.*busy|no answer in 2 s"):
            await on.mux.read("surface:1")
        on.app.faults.stall = 0.0


HANG = 'case "$*" in *version*|*tree*) exec $REAL "$@";; esac\necho $$ >> {pids}\nsleep 100 &\nwait'


async def test_programs_are_few_and_die_with_the_adapter() -> None:
    async with bench() as on:
        pids = on.folder / "pids"
        on.wrap(HANG.format(pids=pids))
        on.watch()
        await eventually(on.tree, what=on.readings)
        reads = [asyncio.create_task(on.mux.read("surface:1")) for _ in range(6)]
        await eventually(lambda: pids.exists() and len(pids.read_text().split()) >= 3)
        trees = len([r for r in on.readings if isinstance(r, TreeRead)])
        on.mux.reread()
        await asyncio.sleep(0)
        me = psutil.Process()
        running = [child for child in me.children(recursive=True) if child.name() == "sleep"]
        assert 0 < len(running) <= 4
        await on.mux.close()
        for done in await asyncio.gather(*reads, return_exceptions=True):
            assert isinstance(done, MuxError) and "let go" in str(done)
        gone, alive = psutil.wait_procs(running, timeout=10)
        assert gone and not alive
        assert trees


async def test_no_more_than_four_programs_run_at_once(tmp_path: Path) -> None:
    script = tmp_path / "cmux"
    script.write_text(f"#!/bin/sh\necho x >> {tmp_path}/said\nexec sleep 100\n", encoding="utf-8")
    script.chmod(0o755)
    program = CmuxProgram(str(script))
    calls = [asyncio.create_task(program.act("focus-panel")) for _ in range(8)]
    await eventually(lambda: (tmp_path / "said").exists() and len((tmp_path / "said").read_text()) >= 2 * PROCESSES)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(psutil.Process().children()) == PROCESSES
    await program.close()
    done = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(each, CmuxSaid) for each in done)
    assert not psutil.Process().children()


async def test_a_cancelled_read_kills_its_program() -> None:
    async with bench() as on:
        await on.mux.read("surface:1")
        pids = on.folder / "pids"
        on.wrap(HANG.format(pids=pids))
        reading = asyncio.create_task(on.mux.read("surface:1"))
        await eventually(lambda: pids.exists() and pids.read_text().strip())
        pid = int(pids.read_text())
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await eventually(lambda: not psutil.pid_exists(pid))


async def test_a_watch_that_is_left_ends_its_programs_and_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench() as on:
        monkeypatch.setattr("console.mux.cmux_program.READ_TIMEOUT", 600.0)
        pids = on.folder / "pids"
        on.wrap(HANG.format(pids=pids))
        before = asyncio.all_tasks()
        watch = on.mux.watch()
        assert isinstance(await anext(watch), TreeRead)
        going = asyncio.ensure_future(anext(watch))
        await eventually(lambda: pids.exists() and pids.read_text().strip())
        going.cancel()
        async with asyncio.timeout(20):
            await asyncio.gather(going, return_exceptions=True)
            await watch.aclose()
        assert asyncio.all_tasks() == before
        for pid in pids.read_text().split():
            await eventually(lambda pid=pid: not psutil.pid_exists(int(pid)))  # type: ignore[misc]


def _runs_cmux(child: psutil.Process) -> bool:
    try:
        return "cmux" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:  # a zombie, or gone meanwhile
        return False


async def test_a_paused_watch_asks_nothing_and_goes_on() -> None:
    async with bench() as on:
        on.watch()
        await eventually(lambda: on.tree() and on.told(on.tree()[0].key), what=on.readings)
        on.mux.pause()
        await eventually(lambda: not [c for c in psutil.Process().children() if _runs_cmux(c)])
        asked, told = on.app.accepted, len(on.readings)
        await asyncio.sleep(0.3)
        assert on.app.accepted == asked
        on.mux.resume()
        await eventually(lambda: any(isinstance(r, TreeRead) for r in on.readings[told:]), what=on.readings)
        assert not on.downs()


async def test_screens_are_asked_for_at_their_rate() -> None:
    layout = [WorkspaceSpec("w", [SurfaceSpec("a"), SurfaceSpec("b")])]
    async with bench("0.64.22", layout) as on:
        on.watch()
        await eventually(lambda: len(on.tree()) == 2, what=on.readings)
        first, second = (info.key for info in on.tree())
        on.mux.look_at(Interest(frozenset({first}), first))
        began, count = time.time(), on.told(first)
        await eventually(lambda: on.told(first) >= count + 4, what=on.readings)
        times = [r.at for r in on.readings if isinstance(r, ScreenRead) and r.key == first and r.at > began]
        assert min(b - a for a, b in itertools.pairwise(times[1:])) > 0.3
        assert on.told(second) <= 2


def test_trees_and_screens_are_decoded() -> None:
    assert decode_tree(' {"windows": []}') == {"windows": []}
    for bad in ("{", '{"a": ' * 100_000, "[1]", "PONG"):
        with pytest.raises(ValueError, match=r"\w"):
            decode_tree(bad)
    screen = plain_screen("a  \x1b[2J\r\n\nㅎㅏㄴ\x07 \n")
    assert screen.lines == ("a", "", "ㅎㅏㄴ␇") and screen.height == 3
    assert plain_screen("").lines == ("",)
