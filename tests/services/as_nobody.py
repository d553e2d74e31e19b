"""Work of a test under an account without rights: root may read and write everything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = 65534


def as_nobody(code: str, *arguments: str) -> str:
    """What ``python -c code`` prints when it runs without root's rights; as it is when we are not root anyway."""
    user = NOBODY if os.geteuid() == 0 else None
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True, text=True, timeout=60, check=False, user=user, group=user,
            extra_groups=[] if user else None, cwd="/", env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": "/"},
        )  # fmt: skip
    except PermissionError as error:
        pytest.skip(f"no process of another account can be started here: {error}")
    if user and "Permission denied" in done.stderr and "No module named" in done.stderr:
        pytest.skip("the other account cannot read Python's packages here")
    assert done.returncode == 0, done.stderr
    return done.stdout
