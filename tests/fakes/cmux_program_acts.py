"""The commands that type, notify and publish; and those that need no socket."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.fakes.cmux_program_call import Call, unescape
from tests.fakes.cmux_program_client import CliError, Json

QUEUED: Final = " queued (terminal starting; input will be sent when its PTY is ready)"
_DIALOG: Final = (
    "{command}: {ref} is waiting on a question or dialog, so nothing was sent."
    " Retry once it is answered, or pass --force to send anyway."
)
_DRAFT: Final = (
    "{command}: the agent prompt in {ref} holds text someone is typing, so nothing was sent."
    " Retry when the prompt is clear, or pass --force to send anyway."
)
UNCONFIRMED: Final = "{command}: the text may already be submitted, do not paste it again without checking the target"


def _sent(call: Call, result: Json) -> None:
    call.done(result, more=QUEUED if result.get("queued") else "")


def _guard(call: Call, command: str, params: Json) -> None:
    """C refuses to type into a dialog or over a draft."""
    if not call.release.next_wave or call.flag("--force"):
        return
    state = call.rpc("surface.input_state", params)
    rows = call.rpc("system.tree", {"all_windows": True})["windows"]
    every = [s for w in rows for ws in w["workspaces"] for p in ws["panes"] for s in p["surfaces"]]
    ref = next((s["ref"] for s in every if s["id"] == state.get("surface_id")), "surface")
    if state.get("blocks_typing"):
        raise CliError(_DIALOG.format(command=command, ref=ref))
    if state.get("state") == "draft" and command != "send-key":
        raise CliError(_DRAFT.format(command=command, ref=ref))


def _send(call: Call) -> int:
    params = call.place()
    modern = call.release.next_wave
    submit, paste = (modern and call.flag("--submit")), (modern and call.flag("--paste"))
    forced = modern and call.flag("--force")
    text = " ".join(call.rest())
    if not text:
        raise CliError("send requires text")
    if not forced:
        _guard(call, "send", params)
    if submit:
        return _submit(call, "send", params, text)
    if paste:
        call.rpc("terminal.paste", {**params, "text": text, "submit_key": "none"})
        print("OK")
        return 0
    _sent(call, call.rpc("surface.send_text", {**params, "text": unescape(text)}))
    return 0


def _paste(call: Call) -> int:
    params = call.place()
    submit, forced = call.flag("--submit"), call.flag("--force")
    text = " ".join(call.rest())
    if text in ("", "-"):
        text = sys.stdin.read()
    if not text:
        raise CliError("paste requires text")
    if not forced:
        _guard(call, "paste", params)
    if submit:
        return _submit(call, "paste", params, text)
    call.rpc("terminal.paste", {**params, "text": text, "submit_key": "none"})
    print("OK")
    return 0


def _submit(call: Call, command: str, params: Json, text: str) -> int:
    """Paste, wait until the draft shows, press Return (Tab in a busy Codex), and look whether it was taken."""
    before = call.rpc("surface.input_state", params)
    call.rpc("terminal.paste", {**params, "text": text, "submit_key": "none"})
    if not before.get("agent"):
        call.rpc("surface.send_key", {**params, "key": "enter"})
        return _told(call, "sent")
    for wait in (0.1, 0.2, 0.3):
        time.sleep(wait)
        if call.rpc("surface.input_state", params).get("state") == "draft":
            break
    busy = bool(before.get("busy")) and before.get("agent_kind") == "codex"
    for _ in range(3):
        call.rpc("surface.send_key", {**params, "key": "tab" if busy else "enter"})
        time.sleep(0.3)
        if call.rpc("surface.input_state", params).get("state") != "draft":
            return _told(call, "queued" if busy else "submitted")
    _told(call, "unconfirmed")
    raise CliError(UNCONFIRMED.format(command=command))


def _told(call: Call, word: str) -> int:
    if call.json:
        call.json_out({"status": word, "submitted": word in ("submitted", "sent"), "queued": word == "queued"})
    else:
        print(word)
    return 0


def _send_key(call: Call) -> None:
    params = call.place()
    forced = call.release.next_wave and call.flag("--force")
    words = call.rest()
    if not words:
        raise CliError("send-key requires a key")
    if not forced and words[0].lower() in ("enter", "return"):
        _guard(call, "send-key", params)
    _sent(call, call.rpc("surface.send_key", {**params, "key": words[0]}))


def _v1(call: Call, line: str) -> None:
    said = call.link.v1(line)
    if said.startswith("ERROR:"):
        raise CliError(said)
    print(said)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    for char, letter in (("\n", "n"), ("\r", "r"), ("\t", "t")):
        escaped = escaped.replace(char, f"\\{letter}")
    return f'"{escaped}"'


def _notify(call: Call) -> None:
    title = call.option("--title") or "Notification"
    subtitle, body = call.option("--subtitle") or "", call.option("--body") or ""
    params = call.place()
    workspace = call.link.workspace_uuid(params.get("workspace_id"))
    surface = params.get("surface_id")
    if surface is None:
        rows = call.rpc("surface.list", {"workspace_id": workspace})["surfaces"]
        surface = next((row["id"] for row in rows if row.get("focused")), None)
    if surface is None:
        raise CliError("Surface not found")
    text = "|".join(part.replace("|", "¦").replace("\n", " ") for part in (title, subtitle, body))
    _v1(call, f"notify_target {workspace} {surface} {text}")


def _notifications(call: Call) -> None:
    _v1(call, "list_notifications")


def _sidebar(verb: str, *, words: int, message: bool = False, tail: bool = False) -> Callable[[Call], None]:
    """A command that becomes a v1 line: *words* are required; *message* goes after ``--``, *tail* quotes the second."""

    def act(call: Call) -> None:
        said = call.option("--workspace") or os.environ.get("CMUX_WORKSPACE_ID")
        tab = _tab(call, said)
        flags, plain = _flags(call.words)
        if len(plain) < words:
            raise CliError(f"{verb.replace('_', '-')} requires {'a message' if message else f'{words} argument(s)'}")
        parts = [verb]
        if tail:
            parts += [plain[0], _quoted(" ".join(plain[1:]))]
        elif not message:
            parts += plain
        parts += [*flags, f"--tab={tab}"]
        if message:
            parts += ["--", _quoted(" ".join(plain))]
        _v1(call, " ".join(parts))

    return act


def _tab(call: Call, said: str | None) -> str:
    """The UUID of a workspace; a ref nobody has goes to the app as it is, which says ``ERROR: Tab not found``."""
    try:
        return call.link.workspace_uuid(said)
    except CliError as error:
        if said is None or str(error) != "Workspace not found":
            raise
        return said


def _flags(words: list[str]) -> tuple[list[str], list[str]]:
    """``--icon X`` and ``--icon=X`` as v1 wants them, and the other words."""
    flags: list[str] = []
    plain: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            return flags, plain + words[at + 1 :]
        if word.startswith("--") and "=" in word:
            name, _, value = word.partition("=")
            flags.append(f"{name}={_quoted(value)}")
        elif word.startswith("--") and at + 1 < len(words):
            at += 1
            flags.append(f"{word}={_quoted(words[at])}")
        else:
            plain.append(word)
        at += 1
    return flags, plain


def _events(call: Call) -> int:
    """``cmux events``: the frames as they come."""
    names, limit = call.option("--name"), call.option("--limit")
    after = call.option("--after") or call.option("--after-seq")
    params: Json = {"include_heartbeats": not call.flag("--no-heartbeat")}
    if names:
        params["names"] = [names]
    if categories := call.option("--category"):
        params["categories"] = [categories]
    if after:
        params["after_seq"] = int(after)
    no_ack, seen = call.flag("--no-ack"), 0
    for line in call.link.stream({"id": "cli", "method": "events.stream", "params": params}):
        frame = json.loads(line)
        if not (no_ack and frame.get("type") == "ack"):
            print(line, flush=True)
        seen += frame.get("type") == "event"
        if limit and seen >= int(limit):
            break
    return 0


def _sessions(call: Call) -> int:
    """``cmux sessions list --json``: the hooks' own files, no socket."""
    if call.words[:1] != ["list"]:
        raise CliError("sessions: expected 'list'", 2)
    folder = Path.home() / ".cmuxterm"
    rows: list[Json] = []
    stores: list[Json] = []
    for path in sorted(folder.glob("*-hook-sessions.json")):
        agent = path.name.removesuffix("-hook-sessions.json")
        stores.append({"agent": agent, "path": str(path)})
        rows += _session_rows(agent, json.loads(path.read_text(encoding="utf-8")))
    found = {"state_dir": str(folder), "total_matches": len(rows), "limit": 100, "stores": stores, "sessions": rows}
    if call.json:
        call.json_out(found, plain=True)
    else:
        for row in rows:
            print(f"{row['agent']}  {row['session_id']}  {row['runtime_status'] or 'unknown'}")
    return 0


def _session_rows(agent: str, file: Json) -> list[Json]:
    active = {entry.get("sessionId") for entry in file.get("activeSessionsBySurface", {}).values()}
    return [
        {
            "agent": agent,
            "session_id": entry.get("sessionId"),
            "workspace_id": entry.get("workspaceId"),
            "surface_id": entry.get("surfaceId"),
            "cwd": entry.get("cwd"),
            "pid": entry.get("pid"),
            "runtime_status": entry.get("runtimeStatus"),
            "agent_lifecycle": entry.get("agentLifecycle"),
            "transcript_path": entry.get("transcriptPath"),
            "active_for_surface": entry.get("sessionId") in active,
            "updated_at_unix": entry.get("updatedAt"),
        }
        for entry in file.get("sessions", {}).values()
    ]


ACTS: Final[dict[str, Callable[[Call], int | None]]] = {
    "send": _send,
    "send-panel": _send,
    "send-key": _send_key,
    "send-key-panel": _send_key,
    "paste": _paste,
    "events": _events,
    "notify": _notify,
    "list-notifications": _notifications,
    "clear-notifications": lambda call: _v1(call, "clear_notifications"),
    "set-status": _sidebar("set_status", words=2, tail=True),
    "clear-status": _sidebar("clear_status", words=1),
    "list-status": _sidebar("list_status", words=0),
    "set-progress": _sidebar("set_progress", words=1),
    "clear-progress": _sidebar("clear_progress", words=0),
    "log": _sidebar("log", words=1, message=True),
    "clear-log": _sidebar("clear_log", words=0),
    "list-log": _sidebar("list_log", words=0),
    "sidebar-state": _sidebar("sidebar_state", words=0),
}
FREE: Final[dict[str, Callable[[Call], int]]] = {"sessions": _sessions}
"""Commands that need no socket."""
