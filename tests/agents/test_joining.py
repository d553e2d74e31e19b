"""Which surface a signal belongs to: by name, by pane, by process; on fakes and on a real tmux server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from console.agents.claude_status import StatusFiles
from console.agents.joining import Joiner, agent_of, agent_process, agent_processes
from console.model.agent import AgentState
from console.model.signal import Signal
from console.model.surface import SurfaceInfo
from tests.agents.following import Spawn, end, sleepers
from tests.eventually import eventually_now
from tests.tmux_server import QUIET, TmuxServer

UUID = "8D4C65E6-1A99-4831-85E4-6B950EE7AB82"


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Starts a process that does nothing; all are ended after the test."""
    with sleepers() as start:
        yield start


def surface(ref: str, pid: int | None = None, uuid: str | None = None) -> SurfaceInfo:
    return SurfaceInfo(ref, uuid, "w", f"w:0.{ref}", pid=pid)


def signal(
    pid: int | None = None, source: str = "status file", session: str = "", surface: str = "", pane: str = ""
) -> Signal:
    return Signal(source, "claude", AgentState.IDLE, 0.0, "", pid, surface, pane, session)


PARENTS = {100: 10, 10: 1, 200: 20, 20: 1, 101: 100, 300: 30, 30: 20}
"""Shells 10, 20 and, inside 20, 30; agents 100, 200, 300; 101 was started by 100."""


def family(pid: int) -> tuple[int, ...]:
    chain = [pid] if pid in PARENTS else []
    while chain and chain[-1] in PARENTS:
        chain.append(PARENTS[chain[-1]])
    return tuple(chain)


def homes(signals: list[Signal], surfaces: list[SurfaceInfo]) -> dict[str, list[Signal]]:
    found = Joiner(family).join(signals, surfaces)
    assert found == Joiner(family).join(signals, surfaces[::-1]), "the order of surfaces decides nothing"
    return {key: list(mine) for key, mine in found.items()}


class TestJoin:
    def test_by_uuid_key_or_ref_whatever_the_case(self) -> None:
        surfaces = [surface("surface:1", uuid=UUID), surface("surface:2", uuid="B")]
        for name in (UUID, UUID.lower(), "surface:1", "Surface:1"):
            mine = signal(surface=name)
            assert homes([mine], surfaces) == {UUID: [mine]}
        assert homes([signal(surface="C"), signal(surface="surface:11")], surfaces) == {}

    def test_by_pane_checked_by_the_process(self) -> None:
        mine = signal(100, pane="%1")
        assert homes([mine], [surface("%1", 10), surface("%2", 20)]) == {"%1": [mine]}
        assert homes([mine], [surface("%1", 20)]) == {}, "the %1 of another server"
        two_servers = [surface("%1", 10, "a"), surface("%1", 20, "b")]
        assert homes([mine], two_servers) == {"a": [mine]}
        assert homes([signal(pane="%1")], two_servers) == {}, "without a process nobody can tell"
        assert homes([mine], [surface("%1")]) == {"%1": [mine]}, "a server that tells no processes"

    def test_by_process_the_nearest_surface(self) -> None:
        outer, inner = signal(200), signal(300)
        surfaces = [surface("%1", 10), surface("%2", 20), surface("%3", 30)]
        assert homes([outer, inner], surfaces) == {"%2": [outer], "%3": [inner]}
        own = signal(10)
        assert homes([own], surfaces) == {"%1": [own]}, "the agent is the pane's own process"

    def test_what_fits_two_surfaces_belongs_to_none(self) -> None:
        assert homes([signal(100)], [surface("%1", 10), surface("surface:1", 10, UUID)]) == {}
        twice = [surface("surface:1", uuid="a"), surface("surface:1", uuid="b")]
        assert homes([signal(surface="surface:1")], twice) == {}
        assert homes([signal(999), signal(None)], [surface("%1", 10), surface("%2")]) == {}

    def test_by_the_session_another_source_has_placed(self) -> None:
        placed = signal(source="cmux", session="s", surface=UUID)
        lost = signal(source="app server", session="s")
        stranger = signal(source="app server", session="other")
        surfaces = [surface("surface:1", uuid=UUID), surface("surface:2", uuid="B")]
        assert homes([lost, placed, stranger], surfaces) == {UUID: [placed, lost]}
        elsewhere = signal(source="hook", session="s", surface="closed")
        assert homes([elsewhere, placed], surfaces) == {UUID: [placed]}, "it says it is in another place"
        both = signal(source="hook", session="s", surface="B")
        assert homes([lost, placed, both], surfaces) == {UUID: [placed], "B": [both]}, "one session, two places"

    def test_an_agent_that_an_agent_started_does_not_count(self) -> None:
        outer, inner = signal(100), signal(101)
        assert homes([inner, outer], [surface("%1", 10)]) == {"%1": [outer]}
        hook = signal(101, source="hook")
        assert homes([hook, outer], [surface("%1", 10)]) == {"%1": [hook, outer]}, "of another source"

    def test_ancestors_are_looked_up_once(self) -> None:
        asked: list[int] = []
        now = [0.0]

        def counted(pid: int) -> tuple[int, ...]:
            asked.append(pid)
            return family(pid)

        joiner = Joiner(counted, lambda: now[0])
        signals, surfaces = [signal(100), signal(999)], [surface("%1", 10)]
        for _ in range(50):
            joiner.join(signals, surfaces)
        assert asked == [100, 999]
        now[0] = 6
        joiner.join(signals, surfaces)
        assert asked == [100, 999, 999], "one that was not found is looked for again"
        now[0] = 31
        joiner.join(signals, surfaces)
        assert sorted(asked[3:]) == [100, 999]
        joiner.join([], surfaces)
        joiner.join(signals[:1], surfaces)
        assert asked[-1] == 100, "what is not asked for is forgotten"

    def test_nothing_to_join_asks_nobody(self) -> None:
        def forbidden(_: int) -> tuple[int, ...]:
            raise AssertionError("no process is looked at")

        assert Joiner(forbidden).join([], [surface("%1", 10)]) == {}
        assert Joiner(forbidden).join([signal(surface="x")], []) == {}


@pytest.mark.parametrize(
    ("argv", "agent"),
    [
        (["claude"], "claude"),
        (["/usr/local/bin/claude", "--resume"], "claude"),
        (["node", "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js"], "claude"),
        (["node", "--max-old-space-size=8192", "/opt/node_modules/@openai/codex/bin/codex.js", "-a", "never"], "codex"),
        (["/opt/node_modules/@openai/codex/vendor/x86_64/codex/codex"], "codex"),
        (["codex", "resume", "--last"], "codex"),
        (["env", "A=b", "codex"], "codex"),
        (["nohup", "node", "/x/codex.js"], "codex"),
        (["uv", "run", "aider"], "aider"),
        (["python3.12", "/home/u/.local/bin/aider"], "aider"),
        (["codex", "app-server"], ""),
        (["codex", "mcp-server"], ""),
        (["claude", "mcp", "serve"], ""),
        (["vim", "claude"], ""),
        (["tail", "-f", "/home/u/codex/log"], ""),
        (["/home/u/codex/run.sh"], ""),
        (["node", "server.js", "codex"], ""),
        (["/bin/sh", "/usr/local/bin/codex", "-a", "never"], "codex"),
        (["/bin/sh", "-c", "codex"], ""),
        (["-bash"], ""),
        ([], ""),
        ([""], ""),
    ],
)
def test_which_agent_an_argv_runs(argv: list[str], agent: str) -> None:
    assert agent_of(argv) == agent


class TestProcesses:
    @pytest.fixture
    def codex(self, tmp_path: Path) -> Path:
        """A program of that name that starts a tool and waits."""
        program = tmp_path / "codex"
        program.write_text("#!/bin/sh\nsleep 1000 &\nsleep 1000\n")
        program.chmod(0o755)
        return program

    def test_the_agent_below_a_shell_is_found(self, codex: Path) -> None:
        shell = subprocess.Popen(["/bin/sh", "-c", f"'{codex}' -a never; true"], start_new_session=True)
        try:
            eventually_now(lambda: agent_process(shell.pid) is not None)
            found = agent_process(shell.pid)
            assert found is not None
            assert found.agent == "codex"
            assert found.argv[-2:] == ("-a", "never")
            assert abs(found.started_at - time.time()) < 60
            assert psutil.Process(found.pid).ppid() == shell.pid
        finally:
            os.killpg(shell.pid, 9)
            shell.wait()

    def test_the_surface_may_be_the_agent_itself(self, codex: Path) -> None:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], executable=sys.executable)
        named = subprocess.Popen(["claude", "1000"], executable="/bin/sleep")
        try:
            eventually_now(lambda: named.pid in agent_processes([process.pid, named.pid]))
            assert set(agent_processes([process.pid, named.pid])) == {named.pid}
        finally:
            end(process)
            end(named)

    def test_no_process_no_agent(self, spawn: Spawn) -> None:
        gone = spawn()
        end(gone)
        assert agent_processes([gone.pid, -5, 0, 2**40]) == {}
        assert agent_processes([]) == {}


def test_a_status_file_finds_its_real_pane(tmux: TmuxServer, tmp_path: Path) -> None:
    first = tmux.new(QUIET)
    second = tmux.split(first, "sh -c 'sleep 1000; true'")
    panes = {pane: int(tmux.show(pane, "#{pane_pid}")) for pane in (first, second)}
    surfaces = [surface(pane, pid) for pane, pid in panes.items()]
    shell = psutil.Process(panes[second])
    eventually_now(lambda: shell.children(recursive=True))
    agent = shell.children(recursive=True)[-1].pid
    for name, pane in (("by process", None), ("by pane", f"s1:@0.{second}")):
        document = {"pid": agent, "status": "busy", "statusUpdatedAt": int(time.time() * 1000), "tmux": pane}
        (tmp_path / f"{agent}.json").write_text(json.dumps(document))
        (found,) = StatusFiles(tmp_path).look().signals
        assert Joiner().join([found], surfaces) == {second: (found,)}, name
    elsewhere = [surface(second, panes[first])]
    assert Joiner().join([found], elsewhere) == {}, "the same pane id on another server"
