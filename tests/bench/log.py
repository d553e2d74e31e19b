"""The dispatch log: opening it, seeing one record change, filtering it."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from console.model.reading import LogRead
from console.tracker.json_file import look
from console.tracker.json_write import JsonLog
from console.tracker.operations import Append
from tests.bench.children import run_child
from tests.bench.fleet import BenchError, Fleet
from tests.bench.plan import Plan
from tests.bench.sheet import Sheet, median, quantile
from tests.bench.viewer import Viewer, console_argv, pump

LARGE = 100_000
_STATUSES = ("완료", "완료", "완료 (확인 필요)", "진행 중", "done", "검증 완료", "failed")


def records(count: int) -> list[dict[str, object]]:
    """Records as the operator's tracker writes them, about 400 bytes each."""
    return [
        {
            "id": number,
            "surface": f"surface:{1 + number % 7}",
            "task": f"row{number:06d} 대시보드 {number % 13}번 화면을 고치고 보고서에 결과를 적는다",
            "status": _STATUSES[number % len(_STATUSES)],
            "dispatched_at": f"2026-04-{1 + number % 28:02d}T{number % 24:02d}:15:00+09:00",
            "prompt_file": f"/tmp/cmux_msg_{number}.txt",
            "note": "자기 채점과 교차 검증의 차이를 함께 적는다; keep the earlier context",
            "verification": {"self_score": 4.5, "cross_score": 3.4, "verdict": "PASS", "by": "surface:6"},
        }
        for number in range(1, count + 1)
    ]


def measure(sheet: Sheet, plan: Plan) -> None:
    """Opening and changing; the filter runs in a process of its own."""
    with Fleet(2) as fleet:
        path = fleet.folder / "dispatch_log.json"
        for count in plan.log_sizes:
            _open(sheet, plan, path, count)
        _change(sheet, plan, fleet, path)
        _appends(sheet, path)
    found = run_child("filter", LARGE, plan.letters)
    slow = [float(value) for value in found["ms"]]
    note = f"longest {max(slow, default=0):.0f}: {found['typed']}"
    sheet.add(f"filter keystroke, {LARGE} rows, median", median(slow), "ms", 50, note)


WRITERS = 4
APPENDS = 25
"""By each writer."""


def _append(path: Path) -> None:
    log = JsonLog(path)
    for number in range(APPENDS):
        log.apply(Append({"surface": f"surface:{1 + number % 7}", "task": f"과제 {number}"}), timeout=60.0)


def _rename(path: Path) -> None:
    """What any safe write costs: read, write beside, fsync, rename; no lock, nothing re-read, nothing kept."""
    for _ in range(WRITERS * APPENDS):
        document = json.loads(path.read_bytes())
        beside = path.with_suffix(".tmp")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)


def _appends(sheet: Sheet, path: Path) -> None:
    """Locked, journaled, compared and synced appends of several processes at once."""
    path.write_text(json.dumps(records(59), ensure_ascii=False, indent=1), encoding="utf-8")
    alone = _timed(lambda: _rename(path))
    writers = [multiprocessing.get_context("spawn").Process(target=_append, args=(path,)) for _ in range(WRITERS)]
    began = time.perf_counter()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    took = 1000 * (time.perf_counter() - began)
    kept = len(json.loads(path.read_bytes())) - 59
    if kept != WRITERS * APPENDS:
        raise BenchError(f"{kept} of {WRITERS * APPENDS} appends are in the log")
    note = (
        f"{kept} of {kept} kept; with the start of {WRITERS} processes; {took / alone:.1f} × one writer without a lock"
    )
    sheet.add(f"appends a second, {WRITERS} writers", 1000 * kept / took, "/s", None, note)


def _open(sheet: Sheet, plan: Plan, path: Path, count: int) -> None:
    path.write_text(json.dumps(records(count), ensure_ascii=False, indent=1), encoding="utf-8")
    repeats = plan.parses if count > 1000 else 50

    def opened() -> None:
        found = look(path, None, 0.0)
        if found is None or not isinstance(found.reading, LogRead) or len(found.reading.dispatches) != count:
            raise BenchError(f"the log of {count} records was not understood")

    samples: dict[str, list[float]] = {"look": [], "loads": []}
    for _ in range(repeats):
        samples["loads"].append(_timed(lambda: json.loads(path.read_bytes())))
        samples["look"].append(_timed(opened))
    mine, base = statistics.median(samples["look"]), statistics.median(samples["loads"])
    note = f"{mine:.4g} ms, json.loads of the file {base:.4g} ms"
    sheet.add(f"log of {count} records: open, in json.loads", mine / base, "×", 2 if count >= LARGE else None, note)


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds, with what earlier work left behind cleaned up first."""
    gc.collect()
    at = time.perf_counter()
    work()
    return (time.perf_counter() - at) * 1000


def _change(sheet: Sheet, plan: Plan, fleet: Fleet, path: Path) -> None:
    rows = records(59)
    _replace(path, rows)
    config = fleet.folder / "config.yaml"
    config.write_text(f'mux:\n  tmux_socket: "{fleet.socket}"\nlog:\n  path: "{path}"\n', encoding="utf-8")
    delays: list[float] = []
    with Viewer(console_argv("--config", str(config)), fleet.env, fleet.folder) as viewer:
        viewer.look_for("row000059")
        if not pump([viewer], 15.0, stop=lambda: viewer.found_at is not None):
            raise BenchError("the console did not show the log")
        pump([viewer], 2.0)
        for number in range(plan.log_changes):
            mark = f"new{number:06d}"
            rows[-1]["task"] = f"{mark} 한 줄이 바뀌었다"
            viewer.look_for(mark)
            at = _replace(path, rows)
            pump([viewer], 5.0, stop=lambda: viewer.found_at is not None)
            if viewer.found_at is not None:
                delays.append((viewer.found_at - at) * 1000)
            pump([viewer], 0.13 + 0.05 * (number % 5))
    missed = plan.log_changes - len(delays)
    note = f"95 % {quantile(delays, 0.95) or 0:.0f}, n={len(delays)}{f', {missed} never seen' if missed else ''}"
    sheet.add("log replaced → row visible, median", None if missed else median(delays), "ms", 60, note)


def _replace(path: Path, rows: list[dict[str, object]]) -> float:
    """Write beside and rename; returns the monotonic time of the rename."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    at = time.monotonic()
    os.replace(beside, path)  # noqa: PTH105 - the one call whose time counts
    return at
