"""How the demo draws a session like Codex CLI 0.169 (rows as recorded)."""

from __future__ import annotations

from typing import Final

from console.demo.cells import cut, width, wrap
from console.demo.paint import Frame, paint
from console.demo.session import Dialog, Entry, Session

USER = "38;2;238;238;238;48;2;68;68;68"
COMMAND = "38;2;137;180;250"
MODEL = "gpt-5-codex default"
PLACE = "~/openclaw"
BRAILLE: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def title(session: Session, now: float, tmux: bool) -> str:
    """The title spins while at work and asks while a dialog is open, in tmux and outside."""
    if session.dialog is not None:
        return "[ ! ] Action Required | openclaw"
    return f"{BRAILLE[int(now) % len(BRAILLE)]} openclaw" if session.state == "working" else "openclaw"


def banner(cols: int) -> list[str]:
    """The rows above the transcript."""
    head = "  " + paint("38;2;99;168;248", ">_") + " " + paint("1", "OpenAI Codex") + paint("2", " (v0.169.0)")
    return ["", head, "     " + paint("2", PLACE), ""]


def entry_rows(entry: Entry, cols: int) -> list[str]:
    """One entry of the transcript with the blank row above it."""
    room = max(8, cols - 3)
    match entry.kind:
        case "user":
            blank = paint(USER, " " * cols)
            rows = wrap(entry.text, room)
            said = [_user(row, cols, first=number == 0) for number, row in enumerate(rows)]
            return ["", blank, *said, blank]
        case "say":
            rows = wrap(entry.text, room)
            return ["", paint("2", "• ") + rows[0], *(f"  {row}" for row in rows[1:])]
        case "tool":
            program, _, rest = entry.text.partition(" ")
            head = paint("38;5;2", "• ") + paint("1", "Ran") + " " + paint(COMMAND, program)
            return ["", head + cut(f" {rest}", room - 4 - width(program)), *_output(entry.lines, room)]
        case "edit":
            head = "• " + paint("1", "Edited") + f" {cut(entry.text, room - 18)} (+{len(entry.lines)} -0)"
            body = [
                paint("48;2;33;58;43", cut(f"    {number} +{line}", cols - 1))
                for number, line in enumerate(entry.lines, 1)
            ]
            return ["", paint("2", head[:2]) + head[2:], *body]
        case "note":
            return ["", paint("2", cut(f"• {entry.text}", cols))]
        case "rejected":
            return ["", cut(f"✗ You canceled the request to run {entry.text}", cols)]
        case "interrupted":
            return ["", cut("■ Conversation interrupted - use /feedback if something went wrong", cols)]
        case _:
            seconds, at = entry.lines
            return ["", paint("2", cut(f"  Worked for {seconds}s • {at}", cols))]


def _user(row: str, cols: int, *, first: bool) -> str:
    fill = " " * max(0, cols - 2 - width(row))
    mark = paint(f"1;2;{USER}", "› ") if first else paint(USER, "  ")
    return mark + paint(USER, row + fill)


def _output(lines: tuple[str, ...], room: int) -> list[str]:
    return [paint("2", cut(("  └ " if n == 0 else "    ") + line, room)) for n, line in enumerate(lines)]


def bottom(session: Session, cols: int, now: float) -> Frame:
    """Everything under the transcript, with the cursor relative to its first row."""
    if session.dialog is not None:
        return _approval(session, cols) if session.dialog.kind == "approval" else _question(session, cols)
    rows: list[str] = []
    if session.state == "working":
        spinner = paint("1;38;2;167;167;167", "•") + " " + paint("2", "Working") + " "
        clock = paint("2", f"({session.elapsed(now)}s • ") + paint("1", "esc") + paint("2", " to interrupt)")
        rows += ["", spinner + (clock if cols >= 40 else "")]
    for text in session.queue:
        rows.append(paint("2", cut(f"  ↳ {text}".replace("\n", " "), cols)))
    rows += ["", ""]
    top = len(rows)
    draft = wrap(session.draft, cols - 3)[-6:]
    if session.draft:
        rows += [(paint("1", "›") + " " if number == 0 else "  ") + row for number, row in enumerate(draft)]
        cursor = (min(cols - 1, 2 + width(draft[-1])), top + len(draft) - 1)
    else:
        rows.append(paint("1", "›") + " " + paint("2", "Ask Codex to do anything"))
        cursor = (2, top)
    status = "  " + paint("38;2;246;226;183", MODEL) + " · " + paint("38;2;171;223;167", PLACE)
    rows += ["", status, _footer(session)]
    return Frame(rows, cursor)


def _footer(session: Session) -> str:
    if session.draft and session.state == "working":
        return "  " + paint("1", "tab") + " to queue message"
    if session.draft:
        return ""
    return "  " + paint("1", "←") + " for agents · " + paint("1", "?") + " for shortcuts"


def _approval(session: Session, cols: int) -> Frame:
    dialog = session.dialog or Dialog("approval", "", "")
    program, _, rest = dialog.text.partition(" ")
    rows = ["", "", "  " + paint("1", cut("Would you like to run the following command?", cols - 2)), ""]
    rows += ["  Environment: " + paint("1", "local"), "", "  Reason: " + paint("3", cut(dialog.title, cols - 10)), ""]
    rows += ["  $ " + paint(COMMAND, program) + cut(f" {rest}", cols - 4 - len(program)), "", ""]
    options = (
        ("Yes, proceed", "y"),
        (f"Yes, and don't ask again for commands that start with `{program}`", "p"),
        ("No, and tell Codex what to do differently", "esc"),
    )
    for number, (label, key) in enumerate(options):
        text = f"{number + 1}. {cut(label, cols - 12)}"
        if number == session.selected:
            rows.append(paint("1;7", f"› {text} ({key})"))
        else:
            rows.append(f"  {text} ({paint('1', key)})")
    rows += ["", _keys(("enter", " to confirm or "), ("esc", " to cancel"), before="Press " if cols > 42 else "")]
    return Frame(rows, None)


def _question(session: Session, cols: int) -> Frame:
    dialog = session.dialog or Dialog("question", "", "")
    rows = ["", "", "  " + paint("2", "Question 1/1 (1 unanswered)")]
    rows += ["  " + paint("38;2;99;168;248", row) for row in wrap(dialog.text, cols - 3)]
    rows.append("")
    options = (*dialog.options, ("None of the above", "Optionally, add details in notes (tab)"))
    for number, (label, why) in enumerate(options):
        text = cut(f"{number + 1}. {label}  {why}", cols - 5)
        rows.append("  " + paint("1;7", f"› {text}") if number == session.selected else f"    {text}")
    rows += ["", cut("  tab to add notes | enter to submit answer | esc to interrupt", cols)]
    return Frame(rows, None)


def _keys(*keys: tuple[str, str], before: str) -> str:
    return "  " + paint("2", before) + "".join(paint("1", key) + paint("2", text) for key, text in keys)
