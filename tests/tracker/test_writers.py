"""Many writers on one log: some of ours, one that rewrites it in place without a lock, and kill -9 at any moment.

What must hold: the file always parses for the console, nothing acknowledged is missing without being reported, and the
fields nobody here knows are as they were.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from console.model.reading import LogRead
from console.tracker.errors import LogError
from console.tracker.json_file import look
from console.tracker.json_log import RETRIES, RETRY_DELAY
from console.tracker.json_write import JsonLog
from console.tracker.operations import Append, Patch

STRANGE = {"프로젝트": ["a", {"b": None}], "n": 4.5}
FIRST = 3
"""Records the log begins with."""


class Writers(RuleBasedStateMachine):
    """Every operation puts a mark of its own into the log, so that each can be looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="oc-writers-"))
        self.path = self.folder / "dispatch_log.json"
        self.marks = 0
        self.acknowledged: set[str] = set()
        self.stale: list[Any] = []

    @initialize(keyed=st.booleans())
    def begin(self, keyed: bool) -> None:
        rows = [{"id": n, "surface": f"s{n}", "task": f"처음 {n}", "x": STRANGE} for n in range(1, FIRST + 1)]
        document = {"log": {str(row["id"]): row for row in rows}} if keyed else {"v": STRANGE, "dispatches": rows}
        self.rewrite(document)
        self.stale = [document]

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def mark(self) -> str:
        self.marks += 1
        return f"m{self.marks}."

    @rule()
    def append(self) -> None:
        mark = self.mark()
        JsonLog(self.path).apply(Append({"task": mark, "surface": "s9"}))
        self.acknowledged.add(mark)

    @rule(at=st.integers(0, 20))
    def patch(self, at: int) -> None:
        mark = self.mark()
        rows = self.rows(self.read())
        number = rows[at % len(rows)]["id"]
        JsonLog(self.path).apply(Patch(number, {f"f{mark}": mark}))
        self.acknowledged.add(mark)

    @rule()
    def remember(self) -> None:
        self.stale.append(self.read())

    @rule(which=st.integers(0, 9), grown=st.booleans())
    def save_a_stale_document(self, which: int, grown: bool) -> None:
        document = json.loads(json.dumps(self.stale[which % len(self.stale)]))
        if grown:
            held = document.get("dispatches", document.get("log"))
            number = 1 + max(row["id"] for row in self.rows(document))
            row = {"id": number, "task": f"theirs {number}", "surface": "s0"}
            if isinstance(held, list):
                held.append(row)
            else:
                held[str(number)] = row
        self.rewrite(document)

    @rule(seed=st.integers(0, 1000), rude=st.booleans())
    def race_with_a_kill(self, seed: int, rude: bool) -> None:
        first, second = [f"{self.mark()}{n}." for n in range(200)], [f"{self.mark()}{n}." for n in range(200)]
        readers = [self.child(lambda: self.work(first)), self.child(lambda: self.work(second))]
        if rude:
            stop = self.child(self.touch_in_place)
        deadline = time.monotonic() + 0.01 + seed % 40 / 1000
        while time.monotonic() < deadline:
            self.it_parses()
        for pid, reader in readers:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            with os.fdopen(reader, "rb") as said:
                # A line that was not written whole was not said.
                self.acknowledged |= {line.decode() for line in said.read().split(b"\n")[:-1]}
        if rude:
            os.waitpid(stop[0], 0)
            os.close(stop[1])

    @rule()
    def bring_back(self) -> None:
        log = JsonLog(self.path)
        for lost in log.journal.lost(self.read()):
            if lost.applicable:
                log.reapply(lost)
            else:
                log.journal.settle(lost)
                self.acknowledged -= {str(value) for value in getattr(lost.operation, "fields", {}).values()}
        assert log.journal.lost(self.read()) == ()

    @invariant()
    def it_parses(self) -> None:
        found = look(self.path, None, 0.0)
        for _ in range(RETRIES):
            if found is None or not found.passing:
                break
            time.sleep(RETRY_DELAY)
            found = look(self.path, None, 0.0)
        assert found is not None
        assert isinstance(found.reading, LogRead), found.reading

    @invariant()
    def nothing_acknowledged_is_missing_unreported(self) -> None:
        document = self.read()
        there = json.dumps(document, ensure_ascii=False)
        reported = "".join(str(lost.operation) for lost in JsonLog(self.path).journal.lost(document))
        missing = {mark for mark in self.acknowledged if f'"{mark}"' not in there and f"'{mark}'" not in reported}
        assert not missing

    @invariant()
    def strange_fields_survive(self) -> None:
        rows = {row["id"]: row for row in self.rows(self.read())}
        assert all(rows[n]["x"] == STRANGE for n in range(1, FIRST + 1))
        litter = [each for each in self.folder.iterdir() if ".oc-" in each.name]
        assert len(litter) <= self.marks, "no more than one for each writer that was killed"

    def child(self, work: Callable[[], None]) -> tuple[int, int]:
        """(Process id, pipe with what it says) of a fork that does *work*; a fork is quick enough to have many."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.dup2(writer, 1)
                work()
            finally:
                os._exit(0)
        os.close(writer)
        return pid, reader

    def work(self, marks: list[str]) -> None:
        log = JsonLog(self.path)
        for n, mark in enumerate(marks):
            try:
                log.apply(Append({"task": mark}) if n % 2 else Patch(1 + n % FIRST, {f"f{mark}": mark}))
            except LogError:
                continue
            os.write(1, f"{mark}\n".encode())

    def touch_in_place(self) -> None:
        for n in range(5):
            time.sleep(0.003)
            try:
                document = json.loads(self.path.read_text())
            except ValueError:
                continue
            self.rows(document)[n % FIRST]["theirs"] = n
            self.rewrite(document)

    def rewrite(self, document: object) -> None:
        with self.path.open("w") as file:
            json.dump(document, file, ensure_ascii=False)

    def read(self) -> Any:
        return json.loads(self.path.read_text())

    @staticmethod
    def rows(document: Any) -> list[dict[str, Any]]:
        held = document.get("dispatches", document.get("log"))
        return held if isinstance(held, list) else list(held.values())


def test_no_acknowledged_operation_is_lost_unreported() -> None:
    unhurried = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)
    run_state_machine_as_test(Writers, settings=settings(unhurried, max_examples=20, stateful_step_count=15))
