"""The life of one demo agent: a state machine over a transcript. No terminal; times come in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from console.demo import tasks
from console.demo.keys import Event

CLAUDE_PASTE: Final = (800, 2)
"""Characters and line ends of a paste from which on Claude Code shows a placeholder in its box (as recorded)."""
CODEX_PASTE: Final = 1000
"""The same for Codex, characters only."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the transcript."""

    kind: str
    """``user say tool edit note done rejected interrupted``."""
    text: str
    lines: tuple[str, ...] = ()
    """Output; of ``done`` the seconds and the time of day (``17:26``)."""


@dataclass(frozen=True, slots=True)
class Dialog:
    """A dialog that waits for an answer."""

    kind: str
    """``approval`` or ``question``."""
    title: str
    text: str
    options: tuple[tuple[str, str], ...] = ()
    """Label and explanation; only a question has its own."""

    @property
    def count(self) -> int:
        """How many numbered options are shown."""
        return 3 if self.kind == "approval" else len(self.options) + 1


class Session:
    """State, transcript and input of one agent; every method takes the time in monotonic seconds."""

    def __init__(
        self,
        agent: str,
        rng: Random,
        *,
        speed: float = 1.0,
        script: tuple[str, ...] = (),
        approval: str = "",
        lose_enters: int = 0,
        heard: Callable[[str, str], None] = lambda event, text: None,
    ) -> None:
        """*approval* is the command every approval asks for; *lose_enters* Enters into the box get lost.

        *heard* is told what came in: ``submit``, ``queue`` or ``steer`` with the text, ``answer`` with the option's
        number, ``paste`` with what a paste held.
        """
        self.agent = agent
        self.state = "idle"
        self.entries: list[Entry] = []
        self.draft = ""
        self.queue: list[str] = []
        self.dialog: Dialog | None = None
        self.selected = 0
        self.verb = ""
        self.started_at = 0.0
        self.tokens = 0
        self.wakes_itself = False
        self._rng = rng
        self._speed = speed
        self._script = script
        self._steps: list[str] = []
        self._due: float | None = None
        self._approval = approval
        self._lose_enters = lose_enters
        self._heard = heard
        self._pasted: list[tuple[str, str]] = []
        self._pastes = 0
        self._wholes: dict[str, str] = {}
        """From what is shown of a prompt to all of it."""
        self._verifies = False
        """The prompt at work wants a verdict at the end."""

    @property
    def due(self) -> float | None:
        """When `tick` has something to do; None when only a person can make it go on."""
        return self._due

    def elapsed(self, now: float) -> int:
        """Seconds of the turn."""
        return int(now - self.started_at)

    def begin(self, start: str, prompt: str, now: float) -> None:
        """Put the session into its first state, as if *prompt* ran a while: ``working idle approval question done``."""
        self.wakes_itself = start not in ("idle", "done")
        if start == "idle":
            return
        self.submit(prompt or self._rng.choice(tasks.PROMPTS), now)
        for _ in range(self._rng.randint(1, 4)):
            self._do(self._rng.choice(("say", "tool")))
        before = self._rng.uniform(8, 90)
        self.started_at, self.tokens = now - before, int(before * 31)
        if start in ("approval", "question"):
            self._steps = ["say", start, "tool", "say"] if not self._script else list(self._script)
            self._due = now + 0.4 / self._speed
        elif start == "done":
            self._finish(now)

    def submit(self, prompt: str, now: float) -> None:
        """Start a turn with *prompt*."""
        self.entries.append(Entry("user", prompt))
        self._verifies = tasks.asks_verdict(self._wholes.pop(prompt, prompt))
        asks = self._rng.random() < 0.25
        self._steps = list(self._script) if self._script else tasks.shuffled_kinds(self._rng, asks=asks)
        self.state = "working"
        self.verb = self._rng.choice(tasks.VERBS)
        self.started_at, self.tokens = now, 0
        self._due = now + self._pause()
        del self.entries[:-120]

    def tick(self, now: float) -> None:
        """Do what is due at *now*."""
        if self._due is None or now < self._due:
            return
        if self.state == "idle":
            self._due = None
            if not self.draft:
                self.submit(self._rng.choice(tasks.PROMPTS), now)
        elif not self._steps:
            self._finish(now)
        else:
            self._due = now + self._pause()
            self.tokens += self._rng.randint(8, 90)
            self._do(self._steps.pop(0))
            if self.dialog is not None:
                self.state, self._due = self.dialog.kind, None

    def handle(self, event: Event, now: float) -> None:
        """Take one input event."""
        kind, value = event
        if self.dialog is not None:
            self._answer(kind, value, now)
            return
        if kind == "text":
            self.draft += value
        elif kind == "paste":
            self._paste(value)
        elif value == "newline":
            self.draft += "\n"
        elif value == "backspace":
            self.draft = self.draft[:-1]
        elif value in ("ctrl+u", "ctrl+c") and self.draft:
            self.draft, self._pasted = "", []
        elif value in ("escape", "ctrl+c") and self.state == "working":
            self._interrupt(now)
        elif value in ("enter", "tab") and self.draft.strip():
            self._enter(value, now)
        elif value == "up" and self.queue and not self.draft:
            self.draft = self.queue.pop()

    def _paste(self, value: str) -> None:
        """Put a paste into the box: a long one as the placeholder the real programs show."""
        self._heard("paste", value)
        characters, lines = CLAUDE_PASTE
        placeholder = ""
        if self.agent == "codex" and len(value) > CODEX_PASTE:
            placeholder = f"[Pasted Content {len(value)} chars]"
        elif self.agent == "claude" and (len(value) > characters or value.count("\n") > lines):
            self._pastes += 1
            more = f" +{value.count(chr(10))} lines" if "\n" in value else ""
            placeholder = f"[Pasted text #{self._pastes}{more}]"
        if placeholder:
            self._pasted.append((placeholder, value))
        self.draft += placeholder or value

    def _enter(self, key: str, now: float) -> None:
        if key == "enter" and self._lose_enters > 0:
            self._lose_enters -= 1
        elif self.state != "working":
            if key == "enter":
                self.submit(self._take_draft("submit"), now)
        elif self.agent == "codex" and key == "enter":
            self.entries.append(Entry("user", self._take_draft("steer")))
            self._steps.insert(0, "say")
        else:
            self.queue.append(self._take_draft("queue"))

    def _take_draft(self, event: str) -> str:
        """Empty the box; return what the transcript shows of it: Claude Code shows its placeholders there too."""
        shown, self.draft = self.draft.strip(), ""
        whole = shown
        for placeholder, value in self._pasted:
            whole = whole.replace(placeholder, value, 1)
        self._pasted = []
        if whole != shown:
            self._wholes[shown] = whole
        self._heard(event, whole)
        return shown if self.agent == "claude" else whole

    def _answer(self, kind: str, value: str, now: float) -> None:
        # A paste is lost in a dialog, as in the real programs.
        for key in value if kind == "text" else ([value] if kind == "key" else []):
            dialog = self.dialog
            if dialog is not None:
                self._answer_key(key, dialog, now)

    def _answer_key(self, key: str, dialog: Dialog, now: float) -> None:
        letters = {"y": 0, "p": 1, "a": 1} if self.agent == "codex" and dialog.kind == "approval" else {}
        if key in ("up", "down"):
            self.selected = (self.selected + (1 if key == "down" else -1)) % dialog.count
        elif key.isdigit() and 1 <= int(key) <= dialog.count:
            self._choose(int(key) - 1, dialog, now)
        elif key in letters:
            self._choose(letters[key], dialog, now)
        elif key in ("enter", "newline"):
            # Also an Enter glued to a paste: the real programs lose the paste and take the Enter.
            self._choose(self.selected, dialog, now)
        elif key in ("escape", "ctrl+c"):
            self._choose(dialog.count - 1 if dialog.kind == "approval" else -1, dialog, now)

    def _choose(self, index: int, dialog: Dialog, now: float) -> None:
        self._heard("answer", str(index + 1))
        self.dialog, self.selected = None, 0
        self.state = "working"
        if dialog.kind == "approval" and index == 2:
            self.entries.append(Entry("rejected", dialog.text))
            self._interrupt(now)
            return
        if index < 0:
            self._interrupt(now)
            return
        if dialog.kind == "approval":
            self.entries.append(Entry("tool", dialog.text, ("(완료, 출력 없음)",)))
        else:
            label = dialog.options[index][0] if index < len(dialog.options) else "자유 입력"
            self.entries.append(Entry("note", f"{dialog.title}: {label}"))
        self._due = now + self._pause()

    def _do(self, kind: str) -> None:
        choice = self._rng.choice
        if kind == "tool":
            command, lines = choice(tasks.TOOLS)
            self.entries.append(Entry("tool", command, lines))
        elif kind == "edit":
            path, lines = choice(tasks.EDITS)
            self.entries.append(Entry("edit", path, lines))
        elif kind == "approval":
            command, why = choice(tasks.APPROVALS)
            self.dialog, self.selected = Dialog("approval", why, self._approval or command), 0
        elif kind == "question":
            title, text, options = choice(tasks.QUESTIONS)
            self.dialog, self.selected = Dialog("question", title, text, options), 0
        else:
            self.entries.append(Entry("say", choice(tasks.SAYINGS)))

    def _finish(self, now: float) -> None:
        self.entries.append(Entry("say", self._rng.choice(tasks.VERDICTS if self._verifies else tasks.REPORTS)))
        self.entries.append(
            Entry("done", self._rng.choice(tasks.PAST), (str(self.elapsed(now)), time.strftime("%H:%M")))
        )
        self._rest(now)

    def _interrupt(self, now: float) -> None:
        self.entries.append(Entry("interrupted", ""))
        self._rest(now)

    def _rest(self, now: float) -> None:
        self.state, self._steps, self._due = "idle", [], None
        if self.queue:
            self.submit(self.queue.pop(0), now)
        elif self.wakes_itself:
            self._due = now + self._rng.uniform(12, 45) / self._speed

    def _pause(self) -> float:
        return self._rng.choice((0.3, 0.5, 0.8, 1.2, 2.0)) * self._rng.uniform(1.0, 1.6) / self._speed
