"""A double of ``launchctl``: prints the documented formats from a JSON file. There is no launchd outside macOS.

``list``: launchctl(1), a header, then pid or ``-``, last exit status (negative: the signal), label, with tabs between.
``print``: as recorded by several public readers of it; the environment of the job stands in it. A service that is not
found is exit status 113.
"""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

NOT_FOUND: Final = 113
PRINT: Final = """{target} = {{
\tactive count = 1
\tpath = /Users/op/Library/LaunchAgents/{label}.plist
\ttype = LaunchAgent
\tstate = {state}

\tprogram = /bin/bash
\targuments = {{
\t\t/bin/bash
\t\t/srv/run.sh
\t}}

\tdefault environment = {{
\t\tPATH => /usr/bin:/bin
\t}}

\tenvironment = {{
\t\tOPENAI_API_KEY => sk-abcdefghijklmnopqrstuvwx
\t\tpid = 4
\t}}

\tdomain = gui/501
\truns = 3
{pid}\tlast exit code = {code}
\tlast terminating signal = Terminated: 15
\trun interval = 300 seconds
}}
"""


_PROGRAM: Final = """#!{python}
import sys
sys.path.insert(0, {root!r})
from tests.fakes.launchctl import main
sys.exit(main(sys.argv[1:], {data!r}))
"""


def install(
    folder: Path, jobs: Mapping[str, tuple[int | None, int]], *, extra: str = "", fails: str = "", listed: bool = True
) -> Path:
    """Put the double as ``launchctl`` into *folder*: *jobs* by label as (pid, status). Returns the file it reads.

    *extra* is printed after the list, *fails* instead of anything; without *listed* the jobs are those of the system.
    """
    data = folder / "launchd.json"
    data.write_text(
        json.dumps(
            {"jobs": {name: list(job) for name, job in jobs.items()}, "extra": extra, "fails": fails, "listed": listed}
        )
    )
    path = folder / "launchctl"
    path.write_text(_PROGRAM.format(python=sys.executable, root=str(Path(__file__).parents[2]), data=str(data)))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return data


def _change(argv: list[str], state: dict[str, Any], jobs: dict[str, Any]) -> int | None:
    """bootstrap, bootout, kickstart and kill, as launchctl(1) has them; None: none of these."""
    verb, label = argv[0] if argv else "", argv[-1].rpartition("/")[2].removesuffix(".plist") if argv else ""
    if verb not in ("bootstrap", "bootout", "kickstart", "kill"):
        return None
    if verb == "bootstrap":
        if label in jobs:
            sys.stderr.write("Bootstrap failed: 5: Input/output error\n")
            return 5
        jobs[label] = [4242, 0]
        return 0
    if label not in jobs:
        sys.stderr.write("Could not find service\n")
        return NOT_FOUND
    if verb == "bootout":
        del jobs[label]
    elif verb == "kickstart" and not (state.get("stuck") or (jobs[label][0] and "-k" not in argv)):
        jobs[label] = [(jobs[label][0] or 5000) + 1, 0]
    elif verb == "kill":
        jobs[label] = [None, -15]
    return 0


def main(argv: list[str], data: str) -> int:
    """What the program does; every call is noted beside *data*."""
    state = json.loads(Path(data).read_text())
    with Path(f"{data}.calls").open("a") as calls:
        calls.write(" ".join(argv) + "\n")
    if state["fails"]:
        sys.stderr.write(state["fails"] + "\n")
        return 1
    jobs = state["jobs"]
    if argv == ["list"]:
        print("PID\tStatus\tLabel")
        for label, (pid, status) in jobs.items() if state["listed"] else ():
            print(f"{'-' if pid is None else pid}\t{status}\t{label}")
        sys.stdout.write(state["extra"])
        return 0
    if len(argv) == 2 and argv[0] == "print":
        domain, _, label = argv[1].rpartition("/")
        if label in jobs and (domain.startswith("gui/") or label.startswith("system.")):
            pid, status = jobs[label]
            word = "not running" if pid is None else "running"
            print(PRINT.format(target=argv[1], label=label, state=word, pid="" if pid is None else f"\tpid = {pid}\n",
                               code="(never exited)" if status == 0 else status), end="")  # fmt: skip
            return 0
        sys.stderr.write(f'Bad request.\nCould not find service "{label}" in domain for port\n')
        return NOT_FOUND
    done = _change(argv, state, jobs)
    if done is not None:
        Path(data).write_text(json.dumps(state))
        return done
    sys.stderr.write(f"Unrecognized subcommand: {' '.join(argv)}\n")
    return 64
