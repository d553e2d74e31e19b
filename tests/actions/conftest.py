"""Terminal servers for the tests of the actions."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.actions.sending import BACK_ENDS, Rig, missing, rig


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose name is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="ocs-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=BACK_ENDS)
async def terminals(request: pytest.FixtureRequest, short_folder: Path) -> AsyncIterator[Rig]:
    """Each back end in turn."""
    why = missing(request.param)
    if why:
        pytest.skip(why)
    async with rig(request.param, short_folder) as made:
        yield made
