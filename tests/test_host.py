"""Programs run through the one door, and blocking work in threads."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from functools import partial
from pathlib import Path

import psutil
import pytest

from console.host import Completed, HostError, in_thread, run, spawn
from tests.waiting import DEADLINE, until


async def written(path: Path) -> str:
    await until(lambda: path.exists() and path.read_text().endswith("\n"))
    return path.read_text()


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_it_returns_what_a_program_wrote_and_how_it_ended() -> None:
    argv = (sys.executable, "-c", "import sys; print('a; $HOME'); sys.stderr.write('no'); sys.exit(3)")
    assert await run(argv) == Completed(argv, 3, b"a; $HOME\n", b"no")


async def test_no_shell_reads_the_arguments() -> None:
    assert (await run(["printf", "%s", "$HOME; `id` *"])).stdout == b"$HOME; `id` *"


async def test_input_is_given_and_without_it_there_is_none() -> None:
    big = b"x" * 1_000_000
    assert (await run(["cat"], input=big)).stdout == big
    assert (await run(["cat"])).stdout == b""


async def test_a_program_that_does_not_read_its_input_is_no_error() -> None:
    assert (await run(["true"], input=b"x" * 1_000_000)).returncode == 0


async def test_it_runs_where_it_is_told(tmp_path: Path) -> None:
    assert (await run(["pwd", "-P"], cwd=tmp_path)).stdout.decode().strip() == str(tmp_path.resolve())


@pytest.mark.parametrize(
    ("argv", "cwd", "reason"),
    [
        (["no-such-program-at-all"], None, "no such program; install it"),
        (["/"], None, "cannot be started"),
        (["a\0b"], None, "cannot be started"),
        ([], None, "no program: cannot be started"),
        (["true"], Path("/no/such/place"), "the directory /no/such/place does not exist"),
    ],
)
async def test_what_cannot_start_is_a_host_error(argv: list[str], cwd: Path | None, reason: str) -> None:
    with pytest.raises(HostError, match=reason):
        await run(argv, cwd=cwd)


async def test_out_of_time_the_whole_group_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(HostError, match=r"sh: no end within 0\.5 s; it was killed"):
        await run(["sh", "-c", f"sleep 60 & echo $! $$ > {pids}; wait"], timeout=0.5)
    for pid in (await written(pids)).split():
        await until(partial(gone, int(pid)))


async def test_a_child_that_holds_the_pipes_is_killed_too(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(HostError, match="no end within"):
        await run(["sh", "-c", f"sleep 60 & echo $! > {pids}"], timeout=0.5)
    pid = int(await written(pids))
    await until(lambda: gone(pid))


async def test_cancelled_the_program_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    task = asyncio.create_task(run(["sh", "-c", f"sleep 60 & echo $! $$ > {pids}; wait"], timeout=60))
    found = (await written(pids)).split()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for pid in found:
        await until(partial(gone, int(pid)))


# asyncio leaves the pipes it had not yet connected to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("turns", range(6))
def test_a_loop_that_ends_does_not_wait_for_a_program_that_is_starting(turns: int) -> None:
    """At the end of a loop every task is cancelled, also those that connect the pipes of the program."""

    async def leave() -> None:
        tasks = [asyncio.create_task(start) for start in (run(["sleep", "60"], timeout=60), spawn(["sleep", "60"]))]
        for _ in range(turns):
            await asyncio.sleep(0)
        assert len(tasks) == 2, "they are held until here"

    loop = threading.Thread(target=asyncio.run, args=(leave(),), daemon=True)
    loop.start()
    loop.join(DEADLINE)
    assert not loop.is_alive()


async def test_the_program_has_a_group_of_its_own() -> None:
    done = await run([sys.executable, "-c", "import os; print(os.getpgid(0))"])
    assert int(done.stdout) != os.getpgid(0)


async def test_a_thread_returns_its_result_or_its_error() -> None:
    assert await in_thread(lambda: threading.current_thread().daemon)
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)


async def test_a_cancelled_caller_does_not_wait_for_its_thread() -> None:
    entered, leave = threading.Event(), threading.Event()

    def work() -> None:
        entered.set()
        leave.wait(DEADLINE)

    task = asyncio.create_task(in_thread(work))
    await until(entered.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not leave.is_set()
    leave.set()
    await until(lambda: not any(thread.name == "oc-work" for thread in threading.enumerate()))


async def test_of_a_program_that_writes_much_the_limit_is_kept_from_both_ends() -> None:
    code = "import sys; sys.stdout.write('first' + 'x' * 10_000_000 + 'last'); sys.stderr.write('short')"
    argv = (sys.executable, "-S", "-E", "-c", code)
    done = await run(argv, limit=10, both_ends=True, timeout=DEADLINE)
    assert (done.stdout, done.stderr) == (b"firstxxxxx\nxxxxxxlast", b"short")
    assert (await run(argv, limit=10, timeout=DEADLINE)).stdout == b"firstxxxxx"
    assert (await run(["printf", "0123456789abc"], limit=10, both_ends=True)).stdout == b"0123456789abc"
