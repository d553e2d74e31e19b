"""What a command that a decision unlocks would do when it is run from here: exactly which program, where, or why not.

There is no shell: a command is run as the list of its words, and one that needs a shell is refused rather than guessed.
Pure.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from console.i18n import mark, tr
from console.model.agent import AgentState
from console.model.decision import Decision
from console.model.decision_danger import EVERYTHING, danger
from console.model.guard_facts import AVOID, Facts, Policy, Task
from console.model.guard_text import avoid, restart
from console.model.outcome import Written
from console.model.surface import Surface

Kind = Literal["run", "send", "refused"]

LONGEST: Final = 2000
"""Characters of a command that is looked at."""
AGENTS: Final = ("codex", "claude", "gemini", "aider", "opencode", "cursor-agent")
"""Programs that are a session of their own: they belong into a surface."""
BY_HAND: Final = mark("run it yourself in a terminal")
_ANOTHER: Final = {
    **dict.fromkeys(
        ("sh", "bash", "zsh", "dash", "ksh", "fish", "csh", "tcsh", "busybox", "eval", "exec", "source", "."),
        mark("runs a text as a program, which cannot be shown beforehand"),
    ),
    **dict.fromkeys(
        ("env", "xargs", "nohup", "setsid", "time", "nice", "command", "builtin", "parallel", "watch", "timeout"),
        mark("hides the program it starts"),
    ),
    **dict.fromkeys(("sudo", "doas", "su", "pkexec"), mark("asks for other rights, and perhaps for a password")),
}
"""Programs behind which another one stands, and why they are not run from here."""
_SHELL: Final = re.compile(r"[|&;<>`$(){}*?\[\]!\\\n]|(?<=\s)#")
"""What a shell does not take as plain text, or only behind quotes."""
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"$`\\!]*\"")
_DISPATCHER: Final = re.compile(r"(?i)auto[-_. ]?dispatch")
_STARTS: Final = re.compile(
    r"(?i)(load|bootstrap|(re-?)?enable|unmask|kickstart|(re)?start|(try-|reload-or-(try-)?)?restart|update|add|run|up"
    r"|submit)"
)
_MANAGERS: Final = ("launchctl", "systemctl", "supervisorctl", "service", "brew", "docker")
_LOOKS: Final = (
    "cat",
    "ls",
    "less",
    "head",
    "tail",
    "grep",
    "rg",
    "wc",
    "stat",
    "diff",
    "git",
    "plutil",
    "file",
    "open",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done with one command."""

    command: str
    """As the decision has it."""
    kind: Kind
    argv: tuple[str, ...] = ()
    """Exactly the program and its arguments."""
    cwd: str = ""
    """Directory it would run in; absolute."""
    text: str = ""
    """For ``send``: what would be written into the composer."""
    why: str = ""
    """Why it is refused, or what is special about it."""
    remedy: str = ""

    @property
    def shown(self) -> str:
        """The program and its arguments, each as it is, in the quotes a shell would need."""
        return shlex.join(self.argv)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    written: Written
    """`done` when the command ended with exit status 0."""
    output: str = ""
    """What it wrote, safe to draw."""
    exit: int | None = None


@dataclass(frozen=True, slots=True)
class Here:
    """Where it would run."""

    home: str
    cwd: str
    """Directory of commands that name none."""
    read_only: bool = False
    dispatcher: tuple[str, str] = (
        mark("it stays off until it has a rate limit and a dry run"),
        mark("let it prove both, then load it from its service; --dry-run may be run"),
    )
    """(Why the automatic dispatcher may not be started, what to do instead); empty texts where it may."""


def plans(decision: Decision, here: Here, facts: Facts, policy: Policy) -> tuple[Plan, ...]:
    """One plan for each command, then one for each start line of an agent that the decision's options imply."""
    found = [plan(command, here, facts, policy) for command in decision.commands]
    found += [_send(line, line.split()) for line in start_lines(decision)]
    return tuple(found)


def start_lines(decision: Decision) -> tuple[str, ...]:
    """``codex -a never``: options of an agent's program, where the decision names that agent and no command."""
    if decision.commands:
        return ()
    named = [agent for agent in AGENTS if re.search(rf"(?i)\b{agent}\b|{agent}(?=[가-힣])", decision.text)]
    options = [option for option in decision.options if option.startswith("-") and not _SHELL.search(option)]
    return tuple(f"{named[0]} {option}" for option in options) if len(named) == 1 else ()


def plan(command: str, here: Here, facts: Facts, policy: Policy) -> Plan:
    """What would be done with *command* now. Never raises."""
    line = command.strip()
    if len(line) > LONGEST:
        return _no(command, tr("it is longer than {longest} characters", longest=LONGEST), tr(BY_HAND))
    line, cwd, why = _directory(line, here)
    words, wrong = _words(line)
    why = why or wrong
    if why:
        return _no(command, why, tr(BY_HAND))
    program = words[0].rpartition("/")[2].casefold()
    if program in AGENTS:
        return _send(command, words)
    if _starts_dispatcher(words, program):
        why, remedy = here.dispatcher
        if why:
            return _no(command, tr("it starts the automatic dispatcher: {why}", why=tr(why)), tr(remedy))
        # The rule of thumb that it stays off is for want of a proof.
        policy = replace(policy, avoid=tuple(each for each in policy.avoid if each[0] != AVOID[0][0]))
    why, remedy = danger(program, words, cwd or here.cwd, here.home), tr(BY_HAND)
    if not why:
        why, remedy = _against(command, words, program, facts, policy)
    if not why and here.read_only:
        why, remedy = tr("the console is read-only"), tr("start it without --read-only")
    if why:
        return _no(command, why, remedy)
    argv = tuple(_home(word, here.home) for word in words)
    return Plan(command, "run", argv, cwd or here.cwd)


def _no(command: str, why: str, remedy: str = "") -> Plan:
    return Plan(command, "refused", why=why, remedy=remedy)


def _send(command: str, words: Collection[str]) -> Plan:
    program = next(iter(words), "")
    why = tr("{program} is a session of its own: it is started in a surface", program=program)
    return Plan(command, "send", text=command.strip(), why=why)


def _directory(line: str, here: Here) -> tuple[str, str, str]:
    """(The rest, the directory, what is wrong) of ``cd DIR && …``, the one joint that is understood."""
    found = re.match(r"cd\s+(?P<where>[^&|;<>`$(){}*?!\\\n]+?)\s*&&\s*", line)
    if found is None:
        return line, "", ""
    words, wrong = _words(found["where"])
    if wrong or len(words) != 1:
        return line, "", wrong or tr("the directory it changes to is not one word")
    where = _home(words[0], here.home)
    return line[found.end() :], where if where.startswith("/") else f"{here.cwd.rstrip('/')}/{where}", ""


def _words(line: str) -> tuple[list[str], str]:
    """(Its words, why it cannot be taken apart without a shell)."""
    bare = _QUOTED.sub("_", line)
    found = _SHELL.search(bare)
    if found is not None:
        sign = tr("a line break") if found[0] == "\n" else found[0]
        return [], tr("it needs a shell ({sign}), and commands are run here without one", sign=sign)
    try:
        words = shlex.split(line)
    except ValueError:
        return [], tr("its quotes are not closed")
    if not words:
        return [], tr("it is empty")
    if "=" in words[0]:
        name = words[0].partition("=")[0]
        return [], tr("{name}= sets a variable for the program, which needs a shell", name=name)
    if words[0].startswith("-") or any("\0" in word for word in words):
        return [], tr("its first word is no program")
    return words, ""


def _home(word: str, home: str) -> str:
    return home + word[1:] if word == "~" or word.startswith("~/") else word


def _against(command: str, words: list[str], program: str, facts: Facts, policy: Policy) -> tuple[str, str]:
    """(What stands against running it, what to do instead); empty when nothing does."""
    if program in _ANOTHER:
        return tr("{program} {does}", program=program, does=tr(_ANOTHER[program])), tr(BY_HAND)
    if program in ("tmux", "cmux") and any("send" in word.casefold() for word in words[1:]):
        return tr("it types into a surface past the guards"), tr("send it from the composer (s)")
    for rule in (avoid, restart):
        hit = rule(Task(command), facts, policy)
        if hit is not None:
            return hit.evidence, hit.remedy
    if program in ("kill", "pkill", "killall"):
        ended = _ended(words[1:], facts.fleet)
        if ended:
            return tr("it ends {names}, at work now", names=", ".join(ended)), tr("wait until it is done")
    return "", ""


def _starts_dispatcher(words: list[str], program: str) -> bool:
    starts = program in _MANAGERS and any(_STARTS.fullmatch(word) for word in words[1:])
    if starts and any(EVERYTHING.fullmatch(word) for word in words[1:]):
        return True  # and with everything the dispatcher
    if not any(_DISPATCHER.search(word) for word in words):
        return False
    if any(re.fullmatch(r"--?dry[-_]?run(=(1|true|yes))?", word, re.IGNORECASE) for word in words[1:]):
        return False
    return starts if program in _MANAGERS else program not in _LOOKS


def _ended(words: Iterable[str], fleet: Iterable[Surface]) -> list[str]:
    """Names of the surfaces at work whose process *words* name by its number."""
    pids = {int(word.lstrip("-")) for word in words if re.fullmatch(r"-?[0-9]{1,9}", word)}
    return [
        each.name
        for each in fleet
        if each.status is not None
        and each.status.state in (AgentState.WORKING, AgentState.BACKGROUND)
        and ({each.info.pid, each.started.pid if each.started else None} & pids)
    ]
