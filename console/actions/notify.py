"""Telling the operator that an agent waits: by the terminal, by cmux, by a command of the operator's own.

Who is told about, and when, is decided in `console.model.attention`. What goes out here holds only the surface's name,
its state and the reason, cleaned; a name can neither end a control sequence nor become an option or a shell word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from console import host
from console.i18n import tr
from console.model.attention import Watched
from console.safety import safe_text

TIMEOUT: Final = 5.0
"""Seconds a notification program may take."""
TEXT_LIMIT: Final = 200
"""Characters of one text that is shown."""

Way = Literal["bell", "osc9", "osc777", "cmux", "command"]
WAYS: Final[tuple[Way, ...]] = ("bell", "osc9", "osc777", "cmux", "command")


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """How the operator is told."""

    ways: tuple[Way, ...] = ("bell",)
    command: tuple[str, ...] = ()
    """An argv with ``{surface}``, ``{state}`` and ``{reason}`` in its arguments; run without a shell. A program may
    compare the state, so it is English in every language."""
    cmux: str = "cmux"
    """The cmux program."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What came of one notification."""

    way: Way
    error: str = ""
    """Why it failed, one line; empty when it did not."""


def sequence(config: NotifyConfig, watched: Watched, *, tmux: bool = False) -> str:
    """Return what is to be written to the console's own terminal, empty when no such way is configured.

    BEL; OSC 9 ``text`` (iTerm2, Ghostty, cmux, Windows Terminal); OSC 777 ``notify;title;body`` (rxvt, Ghostty, cmux).
    With *tmux* the OSC sequences are wrapped so that tmux hands them on (it must have ``allow-passthrough on``).
    """
    surface, _, reason = _texts(watched)
    state = tr(watched.state)
    body = f"{state}: {reason}" if reason else state
    made = ""
    if "osc9" in config.ways:
        # Some terminals read "4;…" after OSC 9 as progress: the text never starts with a digit.
        made += _osc(f"9;oc-console: {surface}: {body}", tmux)
    if "osc777" in config.ways:
        made += _osc(f"777;notify;{surface.replace(';', ',')};{body.replace(';', ',')}", tmux)
    return made + ("\a" if "bell" in config.ways else "")


async def notify(config: NotifyConfig, watched: Watched) -> tuple[Notice, ...]:
    """Run the programs that *config* names for *watched*, at once. Never raises; a failure is a line in its notice."""
    surface, state, reason = _texts(watched)
    runs: list[tuple[Way, Sequence[str]]] = []
    if "cmux" in config.ways:
        shown = tr(watched.state)
        title, body = f"{surface}: {shown}", reason or shown
        runs.append(("cmux", (config.cmux, "notify", "--title", title, "--body", body)))
    if "command" in config.ways and config.command:
        texts = {"surface": surface, "state": state, "reason": reason}
        runs.append(("command", [filled(argument, texts) for argument in config.command]))
    return tuple(await asyncio.gather(*(_run(way, argv) for way, argv in runs)))


def filled(argument: str, texts: dict[str, str]) -> str:
    """Return *argument* with each ``{name}`` of *texts* replaced once; any other brace stays as it is."""
    out, at = [], 0
    while at < len(argument):
        name = next((name for name in texts if argument.startswith(f"{{{name}}}", at)), None)
        out.append(texts[name] if name is not None else argument[at])
        at += len(name) + 2 if name is not None else 1
    text = "".join(out)
    # A name that starts with a dash would be read as an option.
    return f" {text}" if text.startswith("-") and not argument.startswith("-") else text


async def _run(way: Way, argv: Sequence[str]) -> Notice:
    try:
        done = await host.run(argv, timeout=TIMEOUT)
    except host.HostError as error:
        return Notice(way, safe_text(tr("notification by {way}: {error}", way=way, error=error), limit=TEXT_LIMIT))
    if done.returncode == 0:
        return Notice(way)
    said = done.stderr.decode("utf-8", "replace").strip() or tr("exit status {returncode}", returncode=done.returncode)
    return Notice(
        way, safe_text(tr("notification by {way}: {argv}: {said}", way=way, argv=argv[0], said=said), limit=TEXT_LIMIT)
    )


def _texts(watched: Watched) -> tuple[str, str, str]:
    cleaned = (" ".join(safe_text(text, limit=TEXT_LIMIT).split()) for text in (watched.name, watched.reason))
    name, reason = cleaned
    return name or watched.key, str(watched.state), reason


def _osc(text: str, tmux: bool) -> str:
    made = f"\x1b]{text}\x1b\\"
    return "\x1bPtmux;" + made.replace("\x1b", "\x1b\x1b") + "\x1b\\" if tmux else made
