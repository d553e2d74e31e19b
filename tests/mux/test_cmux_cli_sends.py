"""The fallback over the `cmux` program: what is typed arrives as it is, or is refused with what to do."""

from __future__ import annotations

import asyncio

import pytest

from console.model.reading import TreeRead
from console.mux.base import MuxError, Queued
from tests.eventually import eventually
from tests.fakes.cmux_app import SurfaceSpec, WorkspaceSpec
from tests.mux.cli_watched import bench

RELEASES = pytest.mark.parametrize("release", ["0.63.2", "0.64.22", "main-2026-10"])
RAW = ("python3", "-S", "-c", "import os, tty; tty.setraw(0); os.write(1, b'ready')\nwhile os.read(0, 4096): pass")
LAYOUT = [
    WorkspaceSpec("one", [SurfaceSpec("A", RAW), SurfaceSpec("B", RAW)]),
    WorkspaceSpec("two", [SurfaceSpec("C", RAW)]),
]
NO_RPC = 'case " $* " in *" rpc "*) echo "Error: Unknown command: rpc" >&2; exit 1;; esac\nexec $REAL "$@"'
TEXT = r"""한글 'quotes' "double" $HOME `id` C:\new\table\root \\n --surface surface:2 ; # ! {x}"""


@RELEASES
async def test_a_line_arrives_as_it_is_and_nowhere_else(release: str) -> None:
    async with bench(release, LAYOUT) as on:
        await on.mux.send_text("surface:3", "plain 한 줄")
        await on.mux.send_key("surface:3", "enter")
        await eventually(lambda: on.app.typed("surface:3") == "plain 한 줄\r".encode(), what=on.app.commands)
        assert on.app.typed("surface:1") == on.app.typed("surface:2") == b""
        await on.mux.send_text(on.app.surface("surface:1").uuid, "by uuid")
        await eventually(lambda: on.app.typed("surface:1") == b"by uuid")


@pytest.mark.parametrize("rpc", [True, False])
@pytest.mark.parametrize("text", [TEXT, "--help", "-h", "--json", "--", "-", r"\n", "\\", r"\t\r\n", " x "])
async def test_what_the_program_would_read_itself_arrives_too(text: str, rpc: bool) -> None:
    async with bench("0.63.2", LAYOUT) as on:
        if not rpc:
            on.wrap(NO_RPC)
        await on.mux.send_text("surface:1", text)
        await eventually(lambda: on.app.typed("surface:1") == text.encode(), what=lambda: on.app.typed("surface:1"))
        assert not rpc or on.app.commands.count("surface.send_text") == 1, "in one piece where that can be had"


@RELEASES
async def test_keys_are_pressed(release: str) -> None:
    async with bench(release, LAYOUT) as on:
        typed = b""
        for key, arrives in (("enter", b"\r"), ("escape", b"\x1b"), ("1", b"1"), ("y", b"y"), ("C-c", b"\x03"),
                             ("\\", b"\\"), ("up", b"\x1b[A"), ("backtab", b"\x1b[Z")):  # fmt: skip
            await on.mux.send_key("surface:2", key)
            typed += arrives
            await eventually(lambda: on.app.typed("surface:2") == typed, what=lambda: on.app.typed("surface:2"))  # noqa: B023
        with pytest.raises(MuxError, match="not a key"):
            await on.mux.send_key("surface:2", "f5")


async def test_nothing_refused_is_typed() -> None:
    async with bench("0.63.2", LAYOUT) as on:
        for text in ("one\ntwo", "a\tb", "\x1b[A", "x" * 5000):
            with pytest.raises(MuxError, match="not typed"):
                await on.mux.send_text("surface:1", text)
        await on.mux.send_text("surface:1", "")
        with pytest.raises(MuxError, match="surface:9 is not in cmux"):
            await on.mux.send_text("surface:9", "x")
        assert on.app.typed("surface:1") == b""
        assert "surface.send_text" not in on.app.commands


async def test_long_korean_survives_the_oldest_release() -> None:
    async with bench("0.63.2", LAYOUT) as on:
        text = "가나다라 " * 200
        await on.mux.send_text("surface:1", text)
        await eventually(lambda: on.app.typed("surface:1") == text.encode(), what=lambda: on.app.typed("surface:1"))


@RELEASES
async def test_a_ref_of_another_surface_is_refused_and_a_uuid_still_means_the_same(release: str) -> None:
    async with bench(release) as on:
        watch = on.mux.watch()
        told = await anext(watch)
        assert isinstance(told, TreeRead)
        before = {info.key: info.ref for info in told.surfaces}
        on.app.restart(shuffle=True, keep_programs=True)
        moved = next(key for key, ref in before.items() if on.app.ref(key) != ref)
        await on.mux.read(moved)  # the adapter has seen the new tree; the console has not been told
        with pytest.raises(MuxError, match="another terminal since the restart"):
            await on.mux.send_text(before[moved], "for the one it was")
        assert not any(b"for the one" in on.app.typed(ref) for ref in on.app.refs())
        await on.mux.send_text(moved, "by uuid")
        await eventually(lambda: b"by uuid" in on.app.typed(moved), what=on.app.commands)
        told = await anext(watch)
        while not isinstance(told, TreeRead) or {info.key: info.ref for info in told.surfaces} == before:
            told = await anext(watch)
        await on.mux.send_text(on.app.ref(moved), ", by its new ref")
        await eventually(lambda: b"by uuid, by its new ref" in on.app.typed(moved), what=on.app.commands)
        await watch.aclose()


async def test_enter_does_not_follow_a_ref_to_another_surface() -> None:
    async with bench("0.64.22") as on:
        on.watch()
        await eventually(lambda: len(on.tree()) == 6, what=on.readings)
        await on.mux.send_text("surface:1", "half done")
        first = on.app.surface("surface:1").uuid
        on.app.restart(shuffle=True, keep_programs=True)
        assert on.app.ref(first) != "surface:1"
        on.mux.reread()
        await eventually(lambda: first not in [i.key for i in on.tree() if i.ref == "surface:1"], what=on.readings)
        with pytest.raises(MuxError, match="since the text was typed"):
            await on.mux.send_key("surface:1", "enter")


@RELEASES
async def test_a_cold_surface_does_not_count_as_typed(release: str) -> None:
    layout = [WorkspaceSpec("w", [SurfaceSpec("cold", RAW, cold=True)])]
    async with bench(release, layout) as on:
        if on.app.personality.modern:
            with pytest.raises(Queued, match="until the terminal has started"):
                await on.mux.send_text("surface:1", "wait")
        else:
            await on.mux.send_text("surface:1", "wait")  # 0.63 does not tell
        assert on.app.typed("surface:1") == b""


async def test_a_dialog_gets_its_digit_but_no_enter() -> None:
    async with bench("main-2026-10", LAYOUT) as on:
        on.app.set_input_state("surface:1", state="dialog", agent=True, terminal=True, blocks_typing=True)
        with pytest.raises(MuxError, match="question or dialog"):
            await on.mux.send_key("surface:1", "enter")
        with pytest.raises(MuxError, match="question or dialog"):
            await on.mux.send_text("surface:1", "a task")
        assert on.app.typed("surface:1") == b""
        await on.mux.send_key("surface:1", "1")
        await on.mux.send_key("surface:1", "escape")
        await eventually(lambda: on.app.typed("surface:1") == b"1\x1b", what=lambda: on.app.typed("surface:1"))
        on.app.set_input_state("surface:1", state="draft", agent=True, terminal=True, blocks_typing=False)
        with pytest.raises(MuxError, match="someone is typing"):
            await on.mux.send_key("surface:1", "1")
        assert on.app.typed("surface:1") == b"1\x1b", "not into what a person types"


async def test_a_draft_that_appears_between_two_parts_is_said() -> None:
    async with bench("0.63.2", LAYOUT) as on:
        on.wrap(
            'case " $* " in *" rpc "*) echo "Error: Unknown command: rpc" >&2; exit 1;; *" -- new ") '
            'echo "Error: send: the agent prompt in surface:1 holds text, so nothing was sent." >&2; exit 1;; esac\n'
            'exec $REAL "$@"'
        )
        with pytest.raises(MuxError, match=r"3 of 6 characters were typed before.*look"):
            await on.mux.send_text("surface:1", r"C:\new")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("OK surface:9 workspace:1", "another surface"),
        ("OK surface:1 00000000-0000-0000-0000-000000000000 workspace:1", "another surface"),
        ("something", "does not say"),
        ("", "does not say"),
    ],
)
async def test_an_answer_for_another_surface_is_told(said: str, why: str) -> None:
    async with bench("0.63.2", LAYOUT) as on:
        on.wrap(f'case " $* " in *" send "*) echo "{said}"; exit 0;; esac\nexec $REAL "$@"')
        with pytest.raises(MuxError, match=why):
            await on.mux.send_text("surface:1", "text")


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'Error: Command timed out' >&2; exit 1", r"may have been typed all the same: look"),
        ("exec sleep 100", r"may have been typed all the same: look"),
        (
            "echo 'Error: invalid_params: Surface is not a terminal' >&2; exit 1",
            r"nothing was typed.*workspace any more",
        ),
        ("echo 'Error: not_found: Surface not found for the given surface_id' >&2; exit 1", r"nothing was typed"),
        ("echo 'Error: ERROR: 접근이 거부되었습니다' >&2; exit 1", "cmux pane"),
    ],
)
async def test_a_failed_send_is_never_repeated(script: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.mux.cmux_program.ACT_TIMEOUT", 1.5)
    async with bench("0.63.2", LAYOUT) as on:
        calls = on.folder / "calls"
        on.wrap(f'case " $* " in *" send "*) echo x >> {calls}; {script};; esac\nexec $REAL "$@"')
        with pytest.raises(MuxError, match=why):
            await on.mux.send_text("surface:1", "text")
        assert calls.read_text() == "x\n"


async def test_sends_do_not_wait_behind_reads_that_hang() -> None:
    async with bench("0.63.2", LAYOUT) as on:
        await on.mux.read("surface:1")
        asked = on.folder / "asked"
        on.wrap(f'case " $* " in *" read-screen "*) echo x >> {asked}; exec sleep 100;; esac\nexec $REAL "$@"')
        reads = [asyncio.create_task(on.mux.read("surface:1")) for _ in range(8)]
        await eventually(lambda: asked.exists() and len(asked.read_text()) >= 6)
        await on.mux.send_text("surface:1", "now")
        assert not any(read.done() for read in reads)
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
        await eventually(lambda: on.app.typed("surface:1") == b"now")


@RELEASES
async def test_focus_shows_the_surface(release: str) -> None:
    async with bench(release, LAYOUT) as on:
        await on.mux.focus("surface:3")
        assert "surface.focus" in on.app.commands
        with pytest.raises(MuxError, match="not in cmux"):
            await on.mux.focus("surface:77")
