"""Moving one file from folder to folder so that nothing is ever lost, overwritten or taken by mistake.

Folders are held open and reached without a link on the way (O_NOFOLLOW for each part), names are used only below an
open folder, and what was moved is looked at again: a file that was swapped in between goes back.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from dataclasses import dataclass
from typing import Final

from console.i18n import tr

CHUNK: Final = 1 << 20
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS: Final = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK)


class NotMoved(Exception):
    """The file is where it was; the text says why."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A regular file, as it was seen."""

    dev: int
    ino: int
    size: int
    """Bytes."""
    mtime_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> Identity:
        """That of *found*."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def open_folder(path: str) -> int:
    """Return a descriptor of the folder *path* (absolute, links resolved). Raises OSError, also for a link in it."""
    handle = os.open("/", _FOLDER)
    try:
        for part in path.split("/"):
            if part in ("", "."):
                continue
            if part == "..":
                raise OSError(errno.EINVAL, tr("has .. in it"), path)
            inner = os.open(part, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = inner
    except BaseException:
        os.close(handle)
        raise
    return handle


def lstat(folder: int, name: str) -> os.stat_result | None:
    """What *name* in the open *folder* is now; None when there is nothing. Raises OSError."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def is_same(found: os.stat_result | None, wanted: Identity) -> bool:
    """Whether *found* is the regular file *wanted*, unchanged."""
    return found is not None and stat.S_ISREG(found.st_mode) and Identity.of(found) == wanted


def move(source: int, name: str, target: int, new: str, wanted: Identity, ctime_ns: int, claim: str) -> None:
    """Move *name*, which is *wanted*, out of the open folder *source* into *target*, where *new* is free.

    *ctime_ns* is when its inode was changed last: a number and times can be had again, this one cannot.
    Across devices it is first renamed to *claim* beside itself, then copied, flushed, and only then removed. Raises
    `NotMoved`; OSError when not even that could be made sure: then *claim* or *new* holds the file.
    """
    found = lstat(source, name)
    if found is None:
        raise NotMoved(tr("it is gone"))
    if not is_same(found, wanted) or found.st_ctime_ns != ctime_ns:
        raise NotMoved(tr("it is not what was shown"))
    try:
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise NotMoved(error.strerror or tr("cannot be renamed")) from error
    else:
        if not is_same(lstat(target, new), wanted):
            _back(target, new, source, name)
            raise NotMoved(tr("it was swapped for something else meanwhile, which is back in its place"))
        return
    try:
        os.rename(name, claim, src_dir_fd=source, dst_dir_fd=source)
    except OSError as error:
        raise NotMoved(error.strerror or tr("cannot be renamed")) from error
    try:
        if not is_same(lstat(source, claim), wanted):
            raise NotMoved(tr("it was swapped for something else meanwhile, which is back in its place"))
        _copy(source, claim, target, new, wanted)
    except OSError as error:
        _back(source, claim, source, name)
        raise NotMoved(error.strerror or tr("cannot be copied")) from error
    except BaseException:
        _back(source, claim, source, name)
        raise
    os.unlink(claim, dir_fd=source)


def put_back(source: int, name: str, target: int, new: str, spare: str) -> None:
    """Move the regular file *name* into *target* as *new*, only if nothing has that name. Raises `NotMoved`, OSError.

    *spare* is a free name in *target*, for a copy across devices.
    """
    found = os.stat(name, dir_fd=source, follow_symlinks=False)
    if lstat(target, new) is not None:
        raise NotMoved(tr("there is something of that name now"))
    try:
        os.link(name, new, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    except FileExistsError:
        raise NotMoved(tr("there is something of that name now")) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise NotMoved(error.strerror or tr("cannot be put there")) from error
        try:
            _copy(source, name, target, spare, Identity.of(found))
        except OSError as failed:
            raise NotMoved(failed.strerror or tr("cannot be copied")) from failed
        try:
            _rename_new(target, spare, target, new)
        except OSError as failed:
            os.unlink(spare, dir_fd=target)
            raise NotMoved(failed.strerror or tr("cannot be put there")) from failed
    os.unlink(name, dir_fd=source)


def _copy(source: int, name: str, target: int, new: str, wanted: Identity) -> None:
    """Copy *wanted* with its mode and times, flushed; nothing is left of a failed copy. Raises OSError, NotMoved."""
    reader = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=source)
    try:
        found = os.fstat(reader)
        if not is_same(found, wanted):
            raise NotMoved(tr("it is not what was shown"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        writer = os.open(new, flags, 0o600, dir_fd=target)
        try:
            try:
                _pour(reader, writer)
                os.fchmod(writer, stat.S_IMODE(found.st_mode))
                os.utime(writer, ns=(found.st_atime_ns, found.st_mtime_ns))
                os.fsync(writer)
            finally:
                os.close(writer)
            if not is_same(os.fstat(reader), wanted):
                raise NotMoved(tr("it was written to meanwhile"))
            os.fsync(target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(new, dir_fd=target)
            raise
    finally:
        os.close(reader)


def _pour(reader: int, writer: int) -> None:
    while data := os.read(reader, CHUNK):
        view = memoryview(data)
        while view:
            view = view[os.write(writer, view) :]


def _back(source: int, name: str, target: int, new: str) -> None:
    """Give *name* its old place again. Raises OSError when that is taken by now: it stays where it is."""
    _rename_new(source, name, target, new)


def _rename_new(source: int, name: str, target: int, new: str) -> None:
    """Rename, over nothing. Raises OSError."""
    try:
        os.link(name, new, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a folder, or a file system without hard links: the look and the rename are two steps there
        if lstat(target, new) is not None:
            raise
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=target)
    else:
        os.unlink(name, dir_fd=source)
