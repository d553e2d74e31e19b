"""Files that the demo's operator would have around: a hand-over, a report that is late, messages nobody removed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

HAND_OVER: Final = "인수인계.md"
REPORT: Final = "nightly_report.md"
SCRATCH: Final = "scratch"
LATE: Final = 26 * 3600.0
"""Seconds since the nightly report was written: one night was left out."""
_TEXT: Final = """# 인수인계

| surface | task | status |
|---|---|---|
| CLAUDE 1 | vault-lint | 진행 중 |
| CODEX 1 | ops_todos | 확인 필요 |

1. Read the queue before you dispatch.
2. The auto-dispatcher stays off.
"""


def write(folder: Path) -> None:
    """Put them into *folder*. Raises OSError."""
    (folder / HAND_OVER).write_text(_TEXT, encoding="utf-8")
    _old(folder / REPORT, "# Nightly report\n\nvault-lint: 0 errors, 12 warnings\n", LATE)
    scratch = folder / SCRATCH
    scratch.mkdir()
    for number in (54, 57, 58):
        _old(scratch / f"cmux_msg_{number}.txt", f"#{number}: 확인 바랍니다\n", (60 - number) * 1800.0)
    for number in (50, 53):
        _old(scratch / f"verify_{number}.txt", f"#{number} pass\n", (60 - number) * 1800.0)


def _old(path: Path, text: str, age: float) -> None:
    """Write *path* as if *age* seconds ago: a clean-up leaves what has just been written."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (time.time() - age,) * 2)
