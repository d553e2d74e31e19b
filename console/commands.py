"""ONE registry of what the operator can do: keys, footer, palette, help screen and the README's table come from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from console.i18n import mark


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the operator can do."""

    id: str
    """Stable name, used in the config's ``keys:`` section."""
    key: str
    """Default keys, comma separated, as Textual names them."""
    title: str
    """Two or three words for the footer and the palette."""
    help: str
    """One sentence for the help screen and the README."""
    group: str
    action: str
    """Textual action string."""
    show: bool = False
    """Whether the footer shows it."""
    danger: bool = False
    """Whether it changes something outside the console."""

    @property
    def keys(self) -> str:
        """The keys for people."""
        return " ".join(_SHOWN.get(key, key) for key in self.key.split(","))


_SHOWN: Final = {
    "question_mark": "?",
    "slash": "/",
    "enter": "Enter",
    "escape": "Esc",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
}

COMMANDS: Final[tuple[Command, ...]] = (
    Command("surface.zoom", "enter,z", "zoom", "Give the focused pane the whole screen, and back.",
            "Surfaces", "zoom", show=True),
    Command("surface.waiting", "w", "who waits", "Go to the surface that waits longest for a person; then the next.",
            "Surfaces", "next_waiting", show=True),
    Command("surface.yes", "y", "yes, once", "Answer the open dialog: accept, this once (never \"always\").",
            "Surfaces", "answer('y')", danger=True),
    Command("surface.no", "n", "no", "Answer the open dialog: reject.",
            "Surfaces", "answer('n')", danger=True),
    Command("surface.send", "s", "send", "Type a text into the surface, press Enter, see whether it was taken.",
            "Surfaces", "app.send", show=True, danger=True),
    Command("surface.details", "i", "details", "Everything known of a surface: who says so, since when, its last hour.",
            "Surfaces", "app.details"),
    Command("surface.focus", "f", "go there", "Bring the real surface to the front in tmux or cmux.",
            "Surfaces", "app.go_there"),
    Command("surface.confirm", "C", "confirm", "Take a surface that was renumbered for the one that is configured.",
            "Surfaces", "app.confirm"),
    Command("surface.next_page", "right_square_bracket,pagedown", "next page",
            "Show the next page of surfaces.",
            "Surfaces", "page(1)"),
    Command("surface.previous_page", "left_square_bracket,pageup", "previous page",
            "Show the previous page of surfaces.",
            "Surfaces", "page(-1)"),
    *(
        Command(f"surface.focus_{n}", str(n), f"pane {n}",
                f"Focus pane {n} of this page; with a dialog open where you are: give answer {n}.",
                "Surfaces", f"digit({n})")
        for n in range(1, 10)
    ),
    Command("view.next", "tab", "next", "Move the focus to the next pane or table.", "View", "app.focus_next"),
    Command("view.previous", "shift+tab", "previous", "Move the focus back.", "View", "app.focus_previous"),
    Command("table.filter", "slash", "filter",
            "Filter the dispatches as you type: status:working surface:5 word; Esc clears.",
            "Dispatches", "filter", show=True),
    Command("table.open_surface", "g", "go to surface", "Go to the surface of the dispatch under the cursor.",
            "Dispatches", "go_to_dispatch"),
    Command("table.sort", "S", "sort", "Sort the dispatch table by number, age, status or surface.",
            "Dispatches", "sort"),
    Command("dispatch.verify", "v", "verify",
            "Have the dispatch under the cursor verified by another agent; then take its verdict.",
            "Dispatches", "app.verify", danger=True),
    Command("log.ledger", "l", "ledger", "Who verified whom, the gaps of their scores, and what awaits verification.",
            "Dispatches", "app.ledger"),
    Command("log.lost", "L", "lost changes", "What the console wrote and another writer has undone; write it again.",
            "Dispatches", "app.lost", danger=True),
    Command("log.cut_off", "U", "cut-off sends",
            "Sends that a crash has cut off: what the screen shows of each; say what became of it.",
            "Dispatches", "app.cut_off", danger=True),
    Command("queue.show", "Q", "queue", "What waits to be sent: its order, why not yet; pause, resume, reorder, drop.",
            "Dispatches", "app.queue", danger=True),
    Command("checklist.show", "R", "checklist",
            "What has to be looked at after a restart, checked against the hand-off, with evidence and remedy.",
            "Application", "app.checklist"),
    Command("handoff.write", "H", "hand-off",
            "The hand-off document as it would be written now, what changed, your notes; write it.",
            "Application", "app.hand_over"),
    Command("operations.show", "o", "operations",
            "Services, schedules, temporary automation, artifacts, figures, collector; start, stop, clean up, open.",
            "Operations", "app.operations", danger=True),
    Command("decisions.show", "d", "decisions", "What waits for your decision, what was decided, and what it unlocks.",
            "Application", "app.decisions", danger=True),
    Command("app.stop_all", "X", "stop all",
            "Approve and send nothing without a person any more; once more takes it back as far as nothing is sent.",
            "Application", "app.stop_all"),
    Command("app.reread", "r", "re-read", "Read every surface again now.", "View", "app.reread", show=True),
    Command("view.theme", "t", "theme", "Choose a theme, with a preview.", "View", "app.theme", show=True),
    Command("app.help", "question_mark", "help", "Show every key.", "Application", "app.help", show=True),
    Command("app.palette", "ctrl+p", "palette", "Search every command, surface and open dispatch.",
            "Application", "app.command_palette"),
    Command("app.suspend", "ctrl+z", "suspend", "Put the console to sleep; `fg` brings it back.",
            "Application", "app.suspend_process"),
    Command("app.quit", "q,ctrl+q", "quit", "Leave the console; the agents go on.",
            "Application", "app.quit", show=True),
)  # fmt: skip

COMPOSER: Final[tuple[Command, ...]] = (
    Command("composer.send", "ctrl+s,ctrl+enter,f5", "send", "Send the text; with several surfaces, after a question.",
            "Composer", "send", danger=True),
    Command("composer.queue", "ctrl+l", "queue", "Let the text wait until its surface is idle.",
            "Composer", "queue", danger=True),
    Command("composer.preview", "ctrl+d", "bytes", "Show the exact bytes that would be typed.", "Composer", "preview"),
    Command("composer.template", "ctrl+t", "templates", "Put in a prepared text from the configuration.",
            "Composer", "template"),
    Command("composer.targets", "ctrl+b", "targets", "Mark the surfaces that get the text: one, or several at once.",
            "Composer", "targets"),
    Command("composer.edit", "ctrl+e", "editor", "Write the text in your own editor ($VISUAL, $EDITOR).",
            "Composer", "edit"),
    Command("composer.earlier", "ctrl+up,alt+up", "earlier", "Bring back the draft, then texts sent before.",
            "Composer", "before(1)"),
    Command("composer.later", "ctrl+down,alt+down", "later", "The other way, back to what you were writing.",
            "Composer", "before(-1)"),
    Command("composer.leave", "escape", "leave", "Leave the composer; the text is kept as a draft.",
            "Composer", "leave"),
)  # fmt: skip
"""The keys of the composer; these are the same for everybody."""

DIGITS: Final = mark("Focus a pane of this page; in a pane with an open dialog: give that answer.")
"""What the digits do, for the help screen and the README."""
IDS: Final = frozenset(command.id for command in COMMANDS)


def with_keys(overrides: Mapping[str, Sequence[str]]) -> tuple[Command, ...]:
    """The registry with the operator's own keys; unknown ids have been refused by the config loader."""
    return tuple(replace(c, key=",".join(overrides[c.id])) if c.id in overrides else c for c in COMMANDS)


def clashes(overrides: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str, str], ...]:
    """(Command id, key, the other command's id) for every key of *overrides* that another command has as well.

    Textual drops one of the two without a word (8.2.8).
    """
    holders: dict[str, list[str]] = {}
    for command in with_keys(overrides):
        for key in command.key.split(","):
            holders.setdefault(key, []).append(command.id)
    return tuple(
        (mine, key, next(other for other in ids if other != mine))
        for key, ids in holders.items()
        for mine in ids
        if mine in overrides and len(set(ids)) > 1
    )


def key_table() -> str:
    """The README's table of keys, in Markdown."""
    rows = ["| key | what it does |", "|---|---|"]
    for command in COMMANDS:
        if command.id.startswith("surface.focus_"):
            if command.id == "surface.focus_1":
                rows.append(f"| `1`–`9` | {DIGITS} |")
            continue
        keys = " ".join(f"`{key}`" for key in command.keys.split(" "))
        rows.append(f"| {keys} | {command.help} |")
    return "\n".join(rows)


def composer_table() -> str:
    """The README's table of the composer's keys, in Markdown."""
    rows = ["| key | what it does |", "|---|---|"]
    for command in COMPOSER:
        rows.append(f"| {' '.join(f'`{key}`' for key in command.keys.split(' '))} | {command.help} |")
    return "\n".join(rows)
