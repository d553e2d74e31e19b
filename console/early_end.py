"""How a sub-command ends before its work is done."""

from __future__ import annotations


class Stop(Exception):
    """Why a command ends early, with its exit code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
