"""Reasons in few words and one form: ``529 Overloaded, retry 5/10 in 7 s``, ``limit resets 21:08``.

The agents' own words differ from version to version; what is not recognised stays as it was.
"""

from __future__ import annotations

import re
from typing import Final

from console.i18n import tr
from console.model.agent import AgentState

_WAIT: Final = re.compile(r"\bretrying\s+in\s+(?:(\d{1,4})\s*m(?:in)?\s*)?(\d{1,5})\s*s", re.IGNORECASE)
_TRY: Final = re.compile(r"\battempt\s+(\d{1,3})/(\d{1,3})", re.IGNORECASE)
_AGAIN: Final = re.compile(
    r"^(?:(?P<what>[^,]{1,60}), )?re-?connecting\W{0,4}(?P<rest>(?P<try>\d{1,3})/(?P<of>\d{1,3})|waiting for network)?",
    re.IGNORECASE,
)
_STATUS: Final = re.compile(r"\(?\b([45]\d\d)\b\W{1,3}(?:\{|$)")
_ERROR_TYPE: Final = re.compile(r'"type":\s*"(\w{1,40})_error"')
_CLOCK: Final = re.compile(
    r"\b(?:resets?|will reset|try again)(?:\s+(?:at|on))?\s+([^\n.(]{0,24}?)(\d{1,2})(?::(\d\d))?\s*([ap]m)", re.I
)
_RESETS: Final = re.compile(r"\b(?:resets?|will reset)(?:\s+(?:at|on))?\s+([^\n·|]{1,40})", re.IGNORECASE)
_ZONE: Final = re.compile(r"\(([\w/+:-]{1,32})\)")


def in_short(reason: str, state: AgentState) -> str:
    """Return *reason* in the console's form for *state*; never raises."""
    if state is AgentState.WORKING:
        return _retry(reason)
    if state is AgentState.LIMIT:
        return _limit(reason)
    if state is AgentState.ERROR and _ERROR_TYPE.search(reason):
        return _cause(reason)
    return reason


def _retry(reason: str) -> str:
    wait, attempt = _WAIT.search(reason), _TRY.search(reason)
    if wait is not None:
        what = _cause(reason[: wait.start()])
        seconds = int(wait[1] or 0) * 60 + int(wait[2])
        if attempt is None:
            return tr("{what}, retry in {seconds} s", what=what, seconds=seconds)
        return tr(
            "{what}, retry {attempt}/{limit} in {seconds} s",
            what=what, attempt=attempt[1], limit=attempt[2], seconds=seconds,
        )  # fmt: skip
    again = _AGAIN.search(reason)
    if again is not None:
        what = again["what"] or tr("connection lost")
        if again["try"]:
            return tr("{what}, retry {attempt}/{limit}", what=what, attempt=again["try"], limit=again["of"])
        return f"{what}, {again['rest']}" if again["rest"] else tr("{what}, retry", what=what)
    return reason


def _cause(text: str) -> str:
    text = text.strip(" ·•(")
    code, kind = _STATUS.search(text), _ERROR_TYPE.search(text)
    if code is not None and kind is not None:
        return f"{code[1]} {kind[1].replace('_', ' ').capitalize()}"
    return text or tr("API error")


def _limit(reason: str) -> str:
    found = _CLOCK.search(reason)
    if found is not None:
        hour = int(found[2]) % 12 + (12 if found[4].lower() == "pm" else 0)
        zone = _ZONE.search(reason, found.end())
        time = f"{found[1]}{hour:02d}:{found[3] or '00'}{f' {zone[1]}' if zone else ''}"
        return tr("limit resets {time}", time=time)
    found = _RESETS.search(reason)
    return tr("limit resets {time}", time=found[1].strip()) if found else reason
