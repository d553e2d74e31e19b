"""Finds the terminal server that is meant, and says of every place it looked at why it was taken or not.

Order: what the configuration or an option names; the environment (``CMUX_SOCKET_PATH CMUX_SOCKET CMUX_TUI_SOCKET
CMUX_MUX_SOCKET TMUX``); the documented paths and marker files of each release of cmux, the sessions of the cmux-tui
daemon, tmux's default socket; last the `cmux` program on PATH. The first that answers is taken. What a variable names
is meant: then the usual places of that server are not tried (unless it names one of them, as cmux itself does).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from console.config import MuxConfig
from console.i18n import mark, tr
from console.mux import cmux_paths
from console.mux.cmux_paths import Look, Places, inspect
from console.mux.cmux_probe import Answer, probe_app, probe_daemon, probe_listener
from console.mux.cmux_program import CmuxProgram, CmuxSaid, generation
from console.mux.tmux import socket_path
from console.safety import safe_text

USUAL_TIMEOUT: Final = 0.5
"""Seconds a usual place has to answer."""
NAMED_TIMEOUT: Final = 2.0
"""Seconds for one that was named: under load the app of 0.63 takes a quarter of a second and more (issue 5830)."""

Kind = Literal["tmux", "cmux-app", "cmux-tui", "cmux-cli"]
"""What to open: `Tmux`, the app socket's client, `CmuxTui`, `CmuxCli`; each with the candidate's path."""
Verdict = Literal["taken", "not tried", "refused", "absent", "no answer", "denied", "unsupported"]
_RELAY: Final = mark("is the TCP relay of `cmux ssh`, which the console does not speak")
_SHOWN: Final[dict[Verdict, str]] = {
    "taken": mark("taken"),
    "not tried": mark("not tried"),
    "refused": mark("refused"),
    "absent": mark("absent"),
    "no answer": mark("no answer"),
    "denied": mark("denied"),
    "unsupported": mark("unsupported"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place where a server could be."""

    kind: Kind
    path: str
    """Socket, or the program; as it came, not yet safe to print."""
    origin: str
    """Who names it: ``$CMUX_SOCKET_PATH``, ``default since 0.64.13``."""
    verdict: Verdict = "not tried"
    reason: str = ""
    remedy: str = ""
    access_mode: str = ""
    """Of an app socket that answered: ``cmuxOnly automation password allowAll``."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """Every place looked at, in order, and the one to open."""

    candidates: tuple[Candidate, ...]
    chosen: Candidate | None
    """One that was named stands here also when it does not answer now (see its verdict): its back end keeps trying."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A place before it was looked at; the kind may be a guess."""

    kind: Kind
    path: str
    origin: str
    rank: Literal["config", "environment", "usual"]
    unsure: bool = False
    """It may be either of the two cmux servers."""
    wrong: str = ""
    """Why it cannot be used, known without looking."""
    remedy: str = ""


async def discover(
    config: MuxConfig, env: Mapping[str, str], *, home: Path | None = None, tmp: Path | None = None
) -> Discovery:
    """Look at every place in order until one answers. Never raises.

    *home* and *tmp* stand for the account's home and ``/tmp``.
    """
    places = Places.of(home, tmp)
    wishes = [*_configured(config, env), *_environment(config, env, places)]
    wishes += [*_usual(env, places), *_program(env)]
    found: list[Candidate] = []
    keep: list[Candidate] = []
    chosen: Candidate | None = None
    for wish in wishes:
        reason = _passed_over(wish, wishes, config, chosen)
        candidate = _unused(wish, reason) if reason else await _try(wish, config, env, places)
        found.append(candidate)
        if candidate.verdict == "taken" and chosen is None:
            chosen = candidate
        elif not reason and candidate.verdict in ("no answer", "absent", "denied") and _insisted(wish, config):
            keep.append(candidate)
    return Discovery(tuple(found), chosen or (keep[0] if keep else None))


def lines(discovery: Discovery) -> Iterator[tuple[str, bool, str]]:
    """One row for each place, for `doctor`: what it is, whether all is well with it, everything known about it."""
    for each in discovery.candidates:
        good = each.verdict in ("taken", "not tried") or (each.verdict == "absent" and each is not discovery.chosen)
        mode = tr("access mode {access_mode}", access_mode=each.access_mode) if each.access_mode else ""
        said = "; ".join(filter(None, (each.reason, mode, each.remedy)))
        yield (
            each.kind,
            good,
            f"{safe_text(each.path)} ({each.origin}) {tr(_SHOWN[each.verdict])}{': ' if said else ''}{said}",
        )
    if discovery.chosen is None:
        yield "server", False, tr("none found; start tmux or cmux, or name a socket (mux: in the configuration)")


def problem(discovery: Discovery) -> str:
    """Why there is nothing to open, in one line: what was named and cannot be used goes before what was only found."""
    wrong = [each for each in discovery.candidates if each.verdict not in ("taken", "not tried")]
    named = [each for each in wrong if each.origin.startswith(("mux.", "$"))]
    closed = [each for each in wrong if each.verdict == "denied" or (each.kind == "cmux-cli" and each.path != "cmux")]
    for each in (*named, *closed):
        said = "; ".join(filter(None, (each.reason, each.remedy)))
        return f"{safe_text(each.path)} ({each.origin}) {said}"
    return tr("no tmux and no cmux server answers; start one, or name its socket")


def _configured(config: MuxConfig, env: Mapping[str, str]) -> Iterator[_Wish]:
    if config.cmux_socket and config.backend not in ("tmux", "cmux-cli"):  # the program is told of it, see below
        path = os.path.expanduser(config.cmux_socket)  # noqa: PTH111 - Path.expanduser raises without a home directory
        sure = config.backend if config.backend in ("cmux-app", "cmux-tui") else ""
        yield _Wish(sure or _guess(path, env), path, "mux.cmux_socket", "config", unsure=not sure)
    if config.tmux_socket and config.backend in ("auto", "tmux"):
        yield _Wish("tmux", str(socket_path(config.tmux_socket, env)), "mux.tmux_socket", "config")


def _guess(path: str, env: Mapping[str, str]) -> Kind:
    """The kind of a cmux socket that does not answer."""
    if path == env.get("CMUX_TUI_SOCKET") or "cmux-tui" in path:
        return "cmux-tui"
    return "cmux-app" if Path(path).name.startswith("cmux") else "cmux-tui"


def _environment(config: MuxConfig, env: Mapping[str, str], places: Places) -> Iterator[_Wish]:
    unsure = config.backend in ("auto", "cmux")
    values = {name: env[name] for name in ("CMUX_SOCKET_PATH", "CMUX_SOCKET") if env.get(name)}
    one, two = values.get("CMUX_SOCKET_PATH", ""), values.get("CMUX_SOCKET", "")
    # The program of 0.64 ends with an error here too.
    conflict = bool(one and two) and os.path.realpath(one) != os.path.realpath(two)
    seen: set[str] = set()
    for name, value in values.items():
        if value in seen:
            continue
        seen.add(value)
        wrong, remedy = "", ""
        if conflict:
            wrong, remedy = tr("CMUX_SOCKET_PATH and CMUX_SOCKET name two sockets"), tr("unset the one that is wrong")
        elif cmux_paths.is_relay(value):
            wrong = tr(_RELAY)
            remedy = tr("with the `cmux` program on PATH the console goes through that; or run it where cmux runs")
        usual = not wrong and cmux_paths.is_default(places, value)
        rank: Literal["environment", "usual"] = "usual" if usual else "environment"
        yield _Wish("cmux-app", value, f"${name}", rank, unsure=unsure, wrong=wrong, remedy=remedy)
    for name in ("CMUX_TUI_SOCKET", "CMUX_MUX_SOCKET"):
        if env.get(name) and env[name] not in seen:
            seen.add(env[name])
            yield _Wish("cmux-tui", env[name], f"${name}", "environment")
    if env.get("TMUX"):
        yield _Wish("tmux", str(socket_path("", env)), "$TMUX", "environment")


def _usual(env: Mapping[str, str], places: Places) -> Iterator[_Wish]:
    for named in cmux_paths.app_sockets(places, env):
        if named.path not in (env.get("CMUX_SOCKET_PATH"), env.get("CMUX_SOCKET")):
            yield _Wish("cmux-app", named.path, named.origin, "usual")
    for named in cmux_paths.daemon_sockets(places, env):
        if named.path not in (env.get("CMUX_TUI_SOCKET"), env.get("CMUX_MUX_SOCKET")):
            yield _Wish("cmux-tui", named.path, named.origin, "usual")
    default = str(socket_path("default", env))
    if not env.get("TMUX") or str(socket_path("", env)) != default:
        yield _Wish("tmux", default, tr("default of tmux"), "usual")


def _program(env: Mapping[str, str]) -> Iterator[_Wish]:
    yield _Wish("cmux-cli", shutil.which("cmux", path=env.get("PATH")) or "", tr("program on PATH"), "usual")


def _passed_over(wish: _Wish, wishes: list[_Wish], config: MuxConfig, chosen: Candidate | None) -> str:
    """Why *wish* is not looked at; empty when it is its turn."""
    if chosen is not None:
        return tr("{path} was taken before", path=safe_text(chosen.path))
    if wish.rank != "config" and any(each.rank == "config" for each in wishes):
        return tr("the configuration names another")
    if wish.rank != "config" and config.backend != "auto" and not wish.kind.startswith(config.backend):
        return tr("mux.backend is {backend}", backend=config.backend)
    if wish.rank == "usual" and wish.kind != "cmux-cli":
        for named in wishes:
            if named.rank == "environment" and named.kind == wish.kind:
                return tr("{origin} names another", origin=named.origin)
    return ""


def _insisted(wish: _Wish, config: MuxConfig) -> bool:
    """Whether the operator has asked for just this, so that it is opened even if it does not answer now."""
    if wish.rank == "config":
        return True
    if wish.kind in ("tmux", "cmux-cli"):
        return config.backend == wish.kind
    return config.backend.startswith("cmux") and wish.rank == "environment"


def _unused(wish: _Wish, reason: str) -> Candidate:
    if wish.wrong:
        return Candidate(wish.kind, wish.path, wish.origin, "not tried", wish.wrong, wish.remedy)
    return Candidate(wish.kind, wish.path or "cmux", wish.origin, "not tried", reason)


async def _try(wish: _Wish, config: MuxConfig, env: Mapping[str, str], places: Places) -> Candidate:
    """Look at one place, ask it, and say what came of it."""
    base = Candidate(wish.kind, wish.path, wish.origin)
    if wish.wrong:
        unsupported = cmux_paths.is_relay(wish.path) and wish.wrong == tr(_RELAY)
        verdict: Verdict = "unsupported" if unsupported else "refused"
        return replace(base, verdict=verdict, reason=wish.wrong, remedy=wish.remedy)
    if wish.kind == "cmux-cli":
        if not wish.path:
            return replace(base, path="cmux", verdict="absent", reason=tr("there is no cmux program on PATH"))
        return await _try_program(base, config.cmux_socket, env)
    # Several users may share a tmux server on purpose (`tmux server-access`), and tmux itself looks who comes.
    look = inspect(wish.path, places.uid, shared=wish.kind == "tmux" and wish.rank != "usual")
    if look.reason:
        said = "; ".join(filter(None, (look.note, look.reason)))
        return replace(base, verdict="absent" if look.absent else "refused", reason=said, remedy=look.remedy)
    kind, answer = await _ask(wish, config, env, places)
    candidate = replace(base, kind=kind, access_mode=answer.access_mode)
    if answer.verdict == "taken" and look.open and kind != "tmux" and answer.access_mode != "allowAll":
        remedy = f"chmod 600 '{safe_text(wish.path)}'"
        if answer.access_mode:
            reason = tr("other users can connect to it too, though its access mode is {mode}", mode=answer.access_mode)
        else:
            reason = tr("other users can connect to it too")
        return replace(candidate, verdict="refused", reason=reason, remedy=remedy)
    return _judged(candidate, look, answer)


def _judged(candidate: Candidate, look: Look, answer: Answer) -> Candidate:
    reason = "; ".join(filter(None, (look.note, answer.reason)))
    verdict: Verdict = "refused" if answer.verdict == "other" else answer.verdict
    return replace(candidate, verdict=verdict, reason=reason, remedy=answer.remedy)


async def _ask(wish: _Wish, config: MuxConfig, env: Mapping[str, str], places: Places) -> tuple[Kind, Answer]:
    timeout = USUAL_TIMEOUT if wish.rank == "usual" else NAMED_TIMEOUT
    if wish.kind == "tmux":
        return "tmux", await probe_listener(wish.path, timeout)
    answers: dict[Kind, Answer] = {}
    kinds: tuple[Kind, ...] = ("cmux-app", "cmux-tui") if wish.unsure else (wish.kind,)
    for kind in kinds:
        if kind == "cmux-app":
            answer = await probe_app(wish.path, env, _password(config, env, places), timeout)
        else:
            answer = await probe_daemon(wish.path, timeout)
        if answer.verdict in ("taken", "denied"):
            return kind, answer
        answers[kind] = answer
        if answer.verdict == "no answer":
            break  # the other question would wait as long
    return wish.kind, answers.get(wish.kind) or next(iter(answers.values()))


def _password(config: MuxConfig, env: Mapping[str, str], places: Places) -> str:
    """Where a password for the app is known, in the order cmux looks; empty when nowhere."""
    if config.cmux_password:
        return "mux.cmux_password"
    if env.get("CMUX_SOCKET_PASSWORD"):
        return "$CMUX_SOCKET_PASSWORD"
    for folder in (places.state, places.support):
        path = folder / "socket-control-password"
        if path.is_file():
            return safe_text(str(path))
    return ""


async def _try_program(candidate: Candidate, socket: str, env: Mapping[str, str]) -> Candidate:
    program = CmuxProgram(candidate.path, socket, env)
    try:
        version = await program.version()
        if generation(version) == "daemon":
            remedy = tr("start a session with `cmux`, and its socket is found")
            reason = tr("is the cmux-tui program, whose daemon is reached by its socket")
            return replace(candidate, verdict="unsupported", reason=reason, remedy=remedy)
        said = (await program.ask("ping")).strip()
    except CmuxSaid as error:
        denied = error.why in ("denied", "password")
        return replace(candidate, verdict="denied" if denied else "no answer", reason=str(error))
    finally:
        await program.close()
    if said != "PONG":
        reason = tr("answers {said!r} to `cmux ping`", said=safe_text(said, limit=60))
        return replace(candidate, verdict="no answer", reason=reason)
    return replace(candidate, verdict="taken", reason=tr("{version} answers", version=version))
