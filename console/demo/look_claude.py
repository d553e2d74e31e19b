"""How the demo draws a session like Claude Code 2.1 (rows as recorded from 2.1.330)."""

from __future__ import annotations

from typing import Final

from console.demo.cells import cut, width, wrap
from console.demo.paint import Frame, paint
from console.demo.session import Dialog, Entry, Session

GREY, DIM, WHITE, ACCENT, BLUE, RULE = "38;5;246", "38;5;239", "38;5;231", "38;5;174", "38;5;153", "38;5;244"
GLYPHS: Final = "·✢✳✶✻✽"
BANNER: Final = (
    (" ▐▛███▛█  ", "Claude Code v2.1.330"),
    ("▝▜██████▀ ", "Opus 5.5 · API Usage Billing"),
    (" ▝▝   ▝▝  ", "~/openclaw"),
)


def title(session: Session, now: float, tmux: bool) -> str:
    """Inside tmux the real program never changes its title."""
    if tmux or session.state != "working":
        return "✳ Claude Code"
    return f"{'◐◑'[int(now) % 2]} Claude Code"


def banner(cols: int) -> list[str]:
    """The rows above the transcript."""
    return ["", *(paint(ACCENT, art) + " " + paint(GREY, cut(text, cols - 12)) for art, text in BANNER), ""]


def entry_rows(entry: Entry, cols: int) -> list[str]:
    """One entry of the transcript with the blank row above it."""
    room = max(8, cols - 2)
    match entry.kind:
        case "user":
            rows = wrap(entry.text, room - 1)
            return ["", *(_user(row, first=number == 0) for number, row in enumerate(rows))]
        case "say":
            rows = wrap(entry.text, room - 1)
            return ["", paint(WHITE, "●") + " " + rows[0], *(f"  {row}" for row in rows[1:])]
        case "tool":
            head = paint("38;5;114", "●") + " " + paint("1", "Bash") + cut(f"({entry.text})", room - 5)
            return ["", head, *_results(entry.lines, room)]
        case "edit":
            head = paint("38;5;114", "●") + " " + paint("1", "Update") + cut(f"({entry.text})", room - 7)
            count = f"Added {len(entry.lines)} line{'s' if len(entry.lines) > 1 else ''}"
            body = [
                paint("48;5;22", cut(f"      {number} + {line}", cols - 1))
                for number, line in enumerate(entry.lines, 1)
            ]
            return ["", head, *_results((count,), room), *body]
        case "note":
            return ["", paint(GREY, cut(f"● 답변을 받았습니다 · {entry.text}", cols))]
        case "rejected":
            return ["", paint(GREY, "●") + cut(f" Bash({entry.text})", room), *_results(("Rejected",), room)]
        case "interrupted":
            return [paint(GREY, cut("  ⎿  Interrupted · What should Claude do instead?", cols))]
        case _:
            seconds, at = entry.lines
            return ["", paint(GREY, cut(f"✻ {entry.text} for {seconds}s · done {_twelve(at)}", cols))]


def _twelve(at: str) -> str:
    hour, minute = at.split(":")
    return f"{(int(hour) - 1) % 12 + 1}:{minute} {'AM' if int(hour) < 12 else 'PM'}"


def _user(row: str, *, first: bool) -> str:
    return paint(f"{GREY};48;5;237", "❯ " if first else "  ") + paint(f"{WHITE};48;5;237", f"{row} ")


def _results(lines: tuple[str, ...], room: int) -> list[str]:
    return [paint(GREY, cut(("  ⎿  " if n == 0 else "     ") + line, room)) for n, line in enumerate(lines)]


def bottom(session: Session, cols: int, now: float) -> Frame:
    """Everything under the transcript, with the cursor relative to its first row."""
    if session.dialog is not None:
        return _approval(session, cols) if session.dialog.kind == "approval" else _question(session, cols)
    rows: list[str] = []
    for text in session.queue:
        rows += ["", _user(cut(text.replace("\n", " "), cols - 4), first=True)]
        rows.append(paint(GREY, cut("  ⎿  Queued · ctrl+x ctrl+s to send now", cols)))
    if session.state == "working":
        seconds = session.elapsed(now)
        detail = f" ({seconds}s · ↓ {session.tokens} tokens)" if seconds else ""
        glyph = GLYPHS[int(now * 5) % len(GLYPHS)]
        spinner = paint(ACCENT, f"{glyph} {session.verb}…") + paint(GREY, detail)
        rows += ["", spinner if cols >= 44 else paint(ACCENT, f"{glyph} {session.verb}…")]
    rule = paint(RULE, "─" * cols)
    rows += ["", rule]
    top = len(rows)
    draft = wrap(session.draft, cols - 3)[-6:]
    if session.draft:
        rows += [("❯ " if number == 0 else "  ") + row for number, row in enumerate(draft)]
        cursor = (min(cols - 1, 2 + width(draft[-1])), top + len(draft) - 1)
    else:
        rows.append(paint(GREY, "❯ ") + paint("2", "Press up to edit queued messages" if session.queue else ""))
        cursor = (2, top)
    rows += [rule, paint(GREY, cut(_footer(session), cols))]
    return Frame(rows, cursor)


def _footer(session: Session) -> str:
    mode = "  ⏸ manual mode on"
    if session.draft:
        return mode
    return mode + (" · esc to interrupt" if session.state == "working" else " · ? for shortcuts")


def _approval(session: Session, cols: int) -> Frame:
    dialog = session.dialog or Dialog("approval", "", "")
    program = " ".join(dialog.text.split()[:2])
    dashes = paint(DIM, "╌" * cols)
    rows = ["", paint(BLUE, "─" * cols), " " + paint(f"1;{BLUE}", "Bash command")]
    rows += [" " + paint(GREY, cut(dialog.title, cols - 2)), dashes]
    rows += [f" {row}" for row in wrap(dialog.text, cols - 2)]
    rows += [dashes, " Do you want to proceed?"]
    at = len(rows)
    options = ("Yes", f"Yes, and don't ask again for {program} commands in ~/openclaw", "No")
    for number, label in enumerate(options):
        rows.append(_option(number, cut(label, cols - 7), number == session.selected, indent=1))
    rows += ["", " " + paint(GREY, cut("Esc to cancel · Tab to amend", cols - 1))]
    return Frame(rows, (1, at + session.selected))


def _question(session: Session, cols: int) -> Frame:
    dialog = session.dialog or Dialog("question", "", "")
    rows = [paint(GREY, "─" * cols), paint("38;5;16;48;5;153", f" ☐ {dialog.title} "), ""]
    rows += [paint(f"1;{WHITE}", row) for row in wrap(dialog.text, cols - 1)]
    rows.append("")
    at = len(rows)
    for number, (label, why) in enumerate((*dialog.options, ("Type something.", ""))):
        if number == session.selected:
            at = len(rows)
        rows.append(_option(number, cut(label, cols - 6), number == session.selected, indent=0))
        if why:
            rows.append("     " + paint(GREY, cut(why, cols - 6)))
    rows += [paint(GREY, "─" * cols), f"  {dialog.count + 1}. Chat about this", ""]
    rows.append(paint(GREY, cut("Enter to select · ↑/↓ to navigate · Esc to cancel", cols)))
    return Frame(rows, (0, at))


def _option(number: int, label: str, selected: bool, *, indent: int) -> str:
    pad = " " * indent
    if selected:
        return pad + paint(BLUE, "❯") + " " + paint(GREY, f"{number + 1}.") + " " + paint(BLUE, label)
    return f"{pad}  " + paint(GREY, f"{number + 1}.") + f" {label}"
