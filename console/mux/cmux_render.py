"""The screen of one cmux-tui terminal, built from the snapshot and patches of `terminal.attach`.

Source: types RenderSnapshot, RenderPatch, RenderRun in the program's catalogue. A run is text with resolved colours
(``#rrggbb``, null = the terminal's default); `attrs` bits seen live: 1 bold, 2 italic, 4 strikethrough, 8 inverse,
16 faint, 32 hidden, 64 blink.
"""

from __future__ import annotations

from typing import Any, Final

from console.i18n import tr
from console.model.surface import Screen
from console.safety import safe_text

_ATTRS: Final = ((1, "1"), (16, "2"), (2, "3"), (64, "5"), (8, "7"), (32, "8"), (4, "9"))
_UNDERLINES: Final = {"single": "4", "double": "4:2", "curly": "4:3", "dotted": "4:4", "dashed": "4:5"}


class Grid:
    """Rows as they are now. `apply` raises ValueError on what is not a render item."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str]] = []
        self._size = (0, 0)
        self._cursor: tuple[int, int] | None = None
        self._screen: Screen | None = None

    @property
    def ready(self) -> bool:
        """Whether a whole screen has arrived."""
        return bool(self._rows)

    def apply(self, item: dict[str, Any]) -> None:
        """Take one stream item; a scroll of somebody's viewport changes nothing here."""
        if item.get("kind") not in ("snapshot", "patch"):
            return
        try:
            self._render(item["render"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(tr("a render item has no usable {error}", error=safe_text(str(error)))) from error

    def screen(self) -> Screen:
        """The screen; the same object until something changes."""
        if self._screen is None:
            plain = tuple(row[0] for row in self._rows)
            styled = tuple(row[1] for row in self._rows)
            self._screen = Screen(plain, styled, self._size[0], self._size[1], self._cursor)
        return self._screen

    def _render(self, render: dict[str, Any]) -> None:
        size = render.get("size")
        if size is not None:
            self._size = (int(size["cols"]), int(size["rows"]))
            self._rows = [("", "")] * min(self._size[1], 10_000)
        for row in render["rows"]:
            at = int(row["row"])
            if 0 <= at < len(self._rows):
                self._rows[at] = draw_row(row["runs"])
        cursor = render["cursor"]
        self._cursor = (int(cursor["x"]), int(cursor["y"])) if cursor["visible"] else None
        self._screen = None


def plain_screen(result: dict[str, Any]) -> Screen:
    """Read a `terminal.screen.read` result: text only, so both forms are the same. Raises ValueError."""
    try:
        rows = tuple(safe_text(row).rstrip() for row in str(result["text"]).split("\n"))
        width, height = int(result["cols"]), int(result["rows"])
        cursor = (int(result["cursor_col"]), int(result["cursor_row"])) if result["cursor_visible"] else None
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(tr("a screen has no usable {error}", error=safe_text(str(error)))) from error
    rows += ("",) * (height - len(rows))
    return Screen(rows, rows, width, height, cursor)


def draw_row(runs: list[dict[str, Any]]) -> tuple[str, str]:
    """Return (plain row, the row with SGR); both without trailing blanks, coloured blanks stay in the second."""
    plain: list[str] = []
    styled: list[str] = []
    for run in runs:
        text = safe_text(str(run["text"]))
        codes = _codes(run)
        plain.append(text)
        styled.append(f"\x1b[{codes}m{text}\x1b[0m" if codes else text)
    return "".join(plain).rstrip(), "".join(styled).rstrip()


def _codes(run: dict[str, Any]) -> str:
    bits = int(run["attrs"])
    codes = [code for bit, code in _ATTRS if bits & bit]
    underline = run.get("underline")
    if underline is not None:
        codes.append(_UNDERLINES.get(str(underline), "4"))
    for layer, colour in (("38", run["fg"]), ("48", run["bg"])):
        if colour is not None:
            red, green, blue = bytes.fromhex(str(colour).removeprefix("#"))
            codes.append(f"{layer};2;{red};{green};{blue}")
    return ";".join(codes)
