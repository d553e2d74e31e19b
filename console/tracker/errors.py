"""Why a change of the dispatch log was not made; each text says where, what is wrong and what to do."""

from __future__ import annotations


class LogError(Exception):
    """The log was not changed."""


class Refused(LogError):
    """The operation makes no sense for this log: no such dispatch, a verification by the author, a number taken."""


class Conflict(LogError):
    """Somebody else changed the same fields since the edit began."""

    def __init__(self, text: str, fields: tuple[str, ...]) -> None:
        super().__init__(text)
        self.fields = fields
        """Names of the fields, as the file has them."""


class Damaged(LogError):
    """The file is no dispatch log (any more); it is never written over."""


class LockHeld(LogError):
    """Another writer held the lock all the time."""


class NotWritten(LogError):
    """The system would not let the change be written; the file is as it was."""


class CommandFailed(LogError):
    """The owner's tracker command did not do what it was asked for."""
