"""Work of a test under an account without rights: root may read and write everything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
NOBODY: Final = 65534

_DROP: Final = f"""
import os
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
"""


def as_nobody(imports: str, code: str, *arguments: str) -> str:
    """What *code* prints in a process of an account without root's rights; in our own, when we are not root.

    *imports* are carried out before the rights are given up: that account may not be able to read Python's own files.
    """
    done = subprocess.run(
        [sys.executable, "-c", imports + _DROP + code, *arguments],
        capture_output=True, text=True, timeout=60, check=False, cwd="/", env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
