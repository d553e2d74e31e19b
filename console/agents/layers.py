"""One verdict out of several witnesses: liveness, first-party status, hooks, cmux, the screen's rules, the title.

Pure. What each witness is good for, and how it errs (seen on the real programs):

==============  =============================================  ================================================
first-party     right at once, also after Esc                  lags by the time of a file watch; knows nothing of
                                                               trust, login, menus and limits; its file may stand still
hook            the first to know of a prompt or a request     nothing on Esc, nothing while retrying; Stop may be
                                                               taken back or come with background work: an edge
cmux            says something without a screen                made of hooks, so it has their holes; "needs input"
                                                               is also its reminder after a minute of idleness
screen          knows every dialog, and what can be answered   signs of work vanish (an answer streams, text is
                                                               typed); a transcript view hides everything
title           proves work or a question, never idleness      (already weighed in by the detector)
==============  =============================================  ================================================

The rules that follow from it, the first that holds decides:

1. The process is gone, or a shell has the terminal: nobody else is asked.
2. A dialog that is open on the screen wins: it is there, a person can answer it, and answering is checked again. This
   holds against every older word of others; only what was said after this screen was read takes it back.
3. A first-party "waiting" wins over a screen without a dialog (a transcript view hides it, it was scrolled away), until
   the screen has shown work that began well after it.
4. A first-party "busy" wins over a screen that looks quiet, until that has looked quiet for longer than any pause of a
   spinner: then it is the file that stands still. Words that look like a dialog without being one (quoted in an answer)
   do not count against it.
5. A first-party "idle" wins over a screen that looks at work, unless that work began after it: a fake spinner in the
   last answer has been there since before, a compaction that the file does not tell of begins later. Against the
   screen's finer words for quiet (text typed, error, limit, background work, a menu) it says nothing new.
6. A hook is believed for `EDGE_LIFE` seconds, against a screen that shows something else only for the moment that
   painting takes, and an end of work never against a screen at work.
7. cmux is asked when there is nothing better to hear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from console.i18n import tr
from console.model.agent import AgentState, Detection
from console.model.signal import Signal

EDGE_LIFE: Final = 10.0
"""Seconds for which a hook is believed where nothing contradicts it."""
PAINT: Final = 1.0
"""Seconds a program takes at most to show on its screen what it has just told, and the console to read it."""
LAG: Final = 2.0
"""Seconds by which a status file may follow the screen: the program's writing, the watch, a poll."""
STUCK: Final = 30.0
"""Seconds of a quiet screen after which a status file that still says "busy" stands still."""
SILENT_AGE: Final = 3600.0
"""Seconds for which cmux's word is believed when there is no other."""

_FIRST_PARTY: Final = frozenset({"status file", "app server"})
"""The layers in which an agent speaks of itself."""
_WAITS: Final = frozenset({AgentState.APPROVAL, AgentState.QUESTION})
_DIALOGS: Final = _WAITS | {AgentState.TRUST, AgentState.LOGIN, AgentState.LIMIT, AgentState.MENU, AgentState.STARTUP}
_TELLS_NOTHING: Final = frozenset({AgentState.UNKNOWN, AgentState.STARTUP})
_QUIET: Final = frozenset(
    {AgentState.IDLE, AgentState.TYPED, AgentState.ERROR, AgentState.LIMIT, AgentState.BACKGROUND, AgentState.LOGIN}
)
"""States of a screen on which nothing goes on and no dialog is open."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, by whom, and from when the word is."""

    detection: Detection
    at: float
    """Epoch seconds: when the witness said it, or when the screen was read."""
    witness: Signal | None = None
    """The signal that decided; None when it was the screen."""


def merge(
    screen: Detection | None,
    signals: Sequence[Signal],
    *,
    now: float,
    alive: bool,
    seen_at: float | None = None,
    screen_since: float | None = None,
) -> Detection:
    """Return the verdict of all witnesses about one surface at *now* (epoch seconds); never raises. See `weigh`."""
    return weigh(screen, signals, now=now, alive=alive, seen_at=seen_at, screen_since=screen_since).detection


def weigh(
    screen: Detection | None,
    signals: Sequence[Signal],
    *,
    now: float,
    alive: bool,
    seen_at: float | None = None,
    screen_since: float | None = None,
    beginning_seen: bool = True,
) -> Verdict:
    """Return the verdict of all witnesses about one surface, with its witness and age.

    *signals* are those of this surface (`console.agents.joining`), in any order. *alive* is False when the surface's
    process is gone. *seen_at* is when the screen was read (None: just now), *screen_since* since when the screen by
    itself has shown this state (None: not known, then a first-party word goes first). With *beginning_seen* False
    that is only when it was first looked at: it may have stood long before. All times are epoch seconds.
    """
    read = now if seen_at is None else seen_at
    shown = Verdict(screen if screen is not None else Detection("", AgentState.UNKNOWN, keep=True), read)
    if not alive and shown.detection.state is not AgentState.DEAD:
        return Verdict(_dead(shown.detection), read)
    told = [signal for signal in signals if signal.state is not AgentState.UNKNOWN and signal.at <= now + LAG]
    party = _party(told)
    if shown.detection.source == "liveness":
        return _gone(shown, party)
    since = min(screen_since, read) if screen_since is not None else None
    if party is not None:
        return _against_party(shown, party, since, since if beginning_seen else None)
    edge = max((s for s in told if s.edge and now - s.at <= EDGE_LIFE), key=lambda s: s.at, default=None)
    if edge is not None and _edge_holds(shown.detection, edge, read):
        return _spoken(shown, edge)
    if not _silent(shown.detection):
        return shown
    words = (s for s in told if s.source == "cmux" and not s.edge and now - s.at <= SILENT_AGE)
    word = max(words, key=lambda s: s.at, default=None)
    return _spoken(shown, word) if word is not None else shown


def _party(told: Sequence[Signal]) -> Signal | None:
    """What the agent itself said last."""
    own = (signal for signal in told if signal.source in _FIRST_PARTY)
    return max(own, key=lambda signal: signal.at, default=None)


def _dead(screen: Detection) -> Detection:
    return replace(
        screen,
        state=AgentState.DEAD,
        reason="",
        source="liveness",
        rule="liveness.dead",
        line="",
        options=(),
        keep=False,
        blocks=False,
    )


def _gone(shown: Verdict, party: Signal | None) -> Verdict:
    """The agent has left its terminal; its turn may go on all the same (Codex from 0.169 works in a daemon)."""
    if party is None or party.source != "app server" or party.state is not AgentState.WORKING:
        return shown
    if shown.detection.state not in (AgentState.SHELL, AgentState.DEAD):
        return shown
    return replace(shown, detection=replace(shown.detection, reason=tr("its turn goes on without a window")))


def _against_party(shown: Verdict, party: Signal, since: float | None, began: float | None) -> Verdict:
    """Rules 2 to 5; *since* the screen has shown its state at least, *began* is when it went into it."""
    screen = shown.detection
    stale = shown.at < party.at  # said after this screen was read
    if _open_dialog(screen):
        if party.state in _WAITS and screen.state in (AgentState.MENU, AgentState.STARTUP):
            return _spoken(shown, party)  # a dialog with words the rules do not know: its options stand
        taken_back = stale and party.state not in _WAITS
        return _spoken(shown, party) if taken_back else shown
    if party.state in _WAITS:
        worked_on = screen.state is AgentState.WORKING and began is not None and began > party.at + LAG
        return shown if worked_on and not stale else _spoken(shown, party)
    if party.state is AgentState.WORKING:
        return _against_busy(shown, party, since)
    if screen.state is AgentState.MENU:
        # Idle below a view that hides the box: what is typed would go to the view, so it stays a menu.
        return replace(shown, detection=replace(screen, keep=False)) if screen.keep else shown
    if _silent(screen) or screen.state in _WAITS:
        return _spoken(shown, party)
    if screen.state is AgentState.WORKING:
        began_later = began is not None and began > party.at + PAINT
        return shown if began_later and not stale else _spoken(shown, party)
    if party.state is AgentState.ERROR and screen.state in (AgentState.IDLE, AgentState.TYPED):
        return _spoken(shown, party)
    return shown


def _against_busy(shown: Verdict, party: Signal, since: float | None) -> Verdict:
    screen = shown.detection
    if screen.state is AgentState.WORKING:
        return shown  # of one mind; the screen says what it is at
    if screen.state is AgentState.MENU and not screen.keep:
        return shown  # a list over the input box: what is typed would go there
    quiet = screen.state in _QUIET and since is not None and since > party.at and shown.at - since > STUCK
    # Only a file can stand still: a connection ends.
    return shown if quiet and party.source == "status file" else _spoken(shown, party)


def _edge_holds(screen: Detection, edge: Signal, read: float) -> bool:
    """Rule 6."""
    if read < edge.at:
        return True  # the screen is from before
    if _open_dialog(screen):
        return False
    if _silent(screen):
        return True
    ends = edge.state not in _WAITS and edge.state is not AgentState.WORKING
    if ends and screen.state is not AgentState.IDLE:
        return False  # Stop may be taken back; and an error line says more
    return read - edge.at <= PAINT


def _open_dialog(screen: Detection) -> bool:
    """Whether a dialog is open by the structure of the screen, not only by words in it."""
    return screen.state in _DIALOGS and screen.regions.dialog is not None and screen.source != "title"


def _silent(screen: Detection) -> bool:
    return not _open_dialog(screen) and (screen.keep or screen.state in _TELLS_NOTHING)


def _spoken(shown: Verdict, witness: Signal) -> Verdict:
    """The screen's detection with the witness's state: drafts, context and an open dialog's options stay true."""
    screen = shown.detection
    if screen.state is witness.state and not screen.keep:
        return shown  # of one mind; the screen says it with more words
    detection = replace(
        screen,
        agent=screen.agent or witness.agent,
        state=witness.state,
        reason=witness.reason,
        source=witness.source,
        rule=f"{witness.source}.{witness.state}",
        region="",
        line=witness.evidence,
        options=screen.options if _open_dialog(screen) and witness.state in _WAITS else (),
        keep=False,
        blocks=False,
    )
    return Verdict(detection, witness.at, witness)
