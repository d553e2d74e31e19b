"""One send at a time to a surface, whichever consoles there are and whatever their configuration names.

Who sends holds flock(2) on a small file of the surface in the state folder. The log cannot do this: there may be none,
and two consoles may write to two.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Final

from console.model.surface import SurfaceInfo

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


@contextlib.contextmanager
def claimed(folder: Path, info: SurfaceInfo) -> Iterator[bool]:
    """Be the one that sends to the surface *info*; False, at once, while another one does. Raises OSError.

    The file goes with its use; one that a crash has left behind locks nothing.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = blake2b((info.uuid or f"{info.ref} {info.pid}").encode("utf-8", "replace"), digest_size=8).hexdigest()
    path = folder / f"sending-{mark}.lock"
    handle = _taken(path)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(handle)


def _taken(path: Path) -> int | None:
    while True:
        handle = os.open(path, _FLAGS, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), path.stat()):
                    return handle
        except OSError as error:
            os.close(handle)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN):
                raise
            return None
        os.close(handle)  # whoever had it has just taken the file away
