"""How an agent was started, judged against what the configuration expects (Codex with ``-a never``).

Judging is pure. What is expected is written as on a command line; flags that mean the same are the same:
``-a never``, ``--ask-for-approval=never``, ``-c approval_policy="never"`` and
``--dangerously-bypass-approvals-and-sandbox`` all give Codex the approval policy "never". Meanings are those of the
programs' own help (Codex 0.107 to 0.169, Claude Code 2.x).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from console.agents.joining import AgentProcess, agent_at
from console.i18n import mark, tr
from console.model.service import Judgement
from console.safety import redact, safe_text

WORD_SHOWN: Final = 80
"""Characters of one argument that are shown: a prompt may be an argument."""
ARGV_SHOWN: Final = 400
"""Characters of a whole argv that are shown."""

APPROVAL, SANDBOX, PERMISSIONS = "approval", "sandbox", "permissions"

_CODEX: Final[Mapping[str, str]] = {
    "-a": APPROVAL,
    "--ask-for-approval": APPROVAL,
    "-s": SANDBOX,
    "--sandbox": SANDBOX,
    "-m": "model",
    "--model": "model",
    "-p": "profile",
    "--profile": "profile",
    "-C": "folder",
    "--cd": "folder",
    "-i": "image",
    "--image": "image",
    "--add-dir": "add-dir",
    "--remote": "remote",
    "--enable": "enable",
    "--disable": "disable",
    "--local-provider": "local-provider",
}
_CLAUDE: Final[Mapping[str, str]] = {
    "--permission-mode": PERMISSIONS,
    "--model": "model",
    "--settings": "settings",
    "--append-system-prompt": "append-system-prompt",
    "--system-prompt": "system-prompt",
    "--session-id": "session-id",
    "--output-format": "output-format",
    "--input-format": "input-format",
    "--fallback-model": "fallback-model",
    "--permission-prompt-tool": "permission-prompt-tool",
    "--agents": "agents",
    "--agent": "agent",
    "--setting-sources": "setting-sources",
    "--max-turns": "max-turns",
    "--effort": "effort",
}
_TAKES_VALUE: Final[Mapping[str, Mapping[str, str]]] = {"codex": _CODEX, "claude": _CLAUDE}
"""Options with a value of each agent, and what they set."""

_ALONE: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "codex": {
        "--dangerously-bypass-approvals-and-sandbox": {APPROVAL: "never", SANDBOX: "danger-full-access"},
        "--yolo": {APPROVAL: "never", SANDBOX: "danger-full-access"},
        "--full-auto": {APPROVAL: "on-request", SANDBOX: "workspace-write"},
    },
    "claude": {"--dangerously-skip-permissions": {PERMISSIONS: "bypassPermissions"}},
}
"""Options without a value that set something."""
_CONFIG_KEYS: Final = {"approval_policy": APPROVAL, "sandbox_mode": SANDBOX, "model": "model", "profile": "profile"}
_ELSEWHERE: Final = {
    ("codex", APPROVAL): mark("config.toml decides"),
    ("codex", SANDBOX): mark("config.toml decides"),
    ("claude", PERMISSIONS): mark("settings.json decides"),
}
_SECRET_FLAG: Final = re.compile(
    r"^--?[\w-]*(?:key|token|secret|password|passwd|credential|auth)[\w-]*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Start:
    """How an agent was started, against what is expected."""

    judgement: Judgement
    """OK, ATTENTION (started otherwise), or UNKNOWN (no process seen, or nothing expected)."""
    evidence: str
    """One line for people: ``approval never, as expected``."""
    argv: str = ""
    """The argv with secrets taken out and long arguments cut."""


def judge(process: AgentProcess | None, expected: str | Sequence[str]) -> Start:
    """Return how *process* was started against the options *expected* (``-a never``). Never raises."""
    try:
        wanted_argv = shlex.split(expected) if isinstance(expected, str) else list(expected)
    except ValueError as error:
        return Start(
            Judgement.UNKNOWN, safe_text(tr("what is expected cannot be read: {error}", error=error), limit=200)
        )
    if process is None:
        return Start(Judgement.UNKNOWN, tr("no process of the agent was found"))
    shown = show(process.argv)
    wanted = settings(process.agent, wanted_argv)
    if not wanted:
        return Start(Judgement.UNKNOWN, tr("nothing is expected of its options"), shown)
    given = settings(process.agent, _options(process.argv))
    wrong = [
        told for key, value in wanted.items() if (told := _difference(process.agent, key, value, given)) is not None
    ]
    if wrong:
        return Start(Judgement.ATTENTION, _line("; ".join(wrong)), shown)
    right = ", ".join(f"{key} {value}".strip() for key, value in wanted.items())
    return Start(Judgement.OK, _line(tr("{right}, as expected", right=right)), shown)


def settings(agent: str, options: Sequence[str]) -> dict[str, str]:
    """Return what *options* (an argv without the program) set, by what they mean; of two, the last one holds.

    What is no option, and the value of one, is never taken for an option; nothing after ``--`` counts.
    """
    values, alone = _TAKES_VALUE.get(agent, {}), _ALONE.get(agent, {})
    found: dict[str, str] = {}
    rest = iter(options)
    for word in rest:
        if word == "--":
            break
        name, equals, value = word.partition("=")
        if agent == "codex" and name in ("-c", "--config"):
            key, _, setting = (value if equals else next(rest, "")).partition("=")
            key = key.strip()
            found[_CONFIG_KEYS.get(key, f"config {key}")] = setting.strip().strip("\"'")
        elif name in values:
            found[values[name]] = value if equals else next(rest, "")
        elif len(word) > 2 and word[:2] in values and not word.startswith("--"):
            found[values[word[:2]]] = word[2:].removeprefix("=")  # -anever
        elif word in alone:
            found.update(alone[word])
        elif word.startswith("-"):
            found[name] = value
    return found


def _difference(agent: str, key: str, value: str, given: Mapping[str, str]) -> str | None:
    """What is not as expected of one setting, for people; None when it is."""
    actual = given.get(key)
    if actual is not None and actual.casefold() == value.casefold():
        return None
    named = f"{key} {value}".strip()
    if actual is not None:
        return tr("{key} {actual}, expected {value}", key=key, actual=actual, value=value).replace("  ", " ")
    if agent == "codex" and "profile" in given and key in (APPROVAL, SANDBOX):
        return tr("expected {named}; not given, the profile {given} decides", named=named, given=given["profile"])
    elsewhere = _ELSEWHERE.get((agent, key))
    if elsewhere:
        return tr("expected {named}; not given, {elsewhere}", named=named, elsewhere=tr(elsewhere))
    return tr("expected {named}; not given", named=named)


def _options(argv: Sequence[str]) -> Sequence[str]:
    """What comes after the program, also when an interpreter runs it."""
    return argv[agent_at(argv)[1] + 1 :]


def show(argv: Sequence[str]) -> str:
    """Return *argv* as one line for people: without secrets, long arguments cut, no control characters."""
    words: list[str] = []
    secret = False
    for word in argv[:64]:
        if secret and not word.startswith("-"):
            words.append("[redacted]")
        else:
            words.append(safe_text(redact(word), limit=WORD_SHOWN))
        secret = _SECRET_FLAG.match(word) is not None
    return safe_text(redact(" ".join(words)), limit=ARGV_SHOWN)


def _line(text: str) -> str:
    return safe_text(redact(text), limit=200)
