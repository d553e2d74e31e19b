"""The base of the widgets that change often: rows kept as strips, and only rows that differ are painted again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.containers import Container
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from console.model.agent import NEEDS_PERSON, AgentState
from console.widgets.ansi import steady

Part = tuple[str, Style]
"""A text and its style."""


Row = tuple[Segment, ...]

CACHED_ROWS: Final = 600
"""Drawn rows a widget keeps. A row that only moved (its screen scrolled) is not drawn again."""


class Lines(Widget):
    """Draws exactly the rows it was given by `put` (Textual's Line API).

    It has neither border nor padding, so the finished strips go straight to the compositor: Textual's own cache of
    styled lines works by position, and would style every row of a screen again that scrolled by one.
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._rows: list[Row] = []
        self._strips: dict[Row, Strip] = {}
        self._styles_by_name: dict[tuple[str, bool], Style] = {}
        self._base: Style | None = None
        self.painted = 0
        """Rows asked to be painted again so far; for tests and the benchmark."""

    def put(self, rows: Sequence[Row], *, all_new: bool = False) -> None:
        """Show *rows*; rows equal to the ones shown cost nothing."""
        before, self._rows = self._rows, list(rows)
        if all_new:
            self.painted += len(self._rows)
            self.refresh()
            return
        width = self.size.width
        changed = [
            row
            for row in range(max(len(before), len(self._rows)))
            if row >= len(before) or row >= len(self._rows) or before[row] != self._rows[row]
        ]
        self.painted += len(changed)
        if changed:
            self.refresh(*(Region(0, row, width, 1) for row in changed))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of *crop*, finished."""
        strips = [self.render_line(y) for y in crop.line_range]
        left, right = crop.column_span
        if left <= 0 and right >= self.size.width:
            return strips
        return [strip.crop(left, right) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """One row, padded with the widget's own background, in the colours the terminal gets."""
        row = self._rows[y] if 0 <= y < len(self._rows) else ()
        strip = self._strips.get(row)
        if strip is None:
            base = self.base
            strip = _finished(self, Strip(row).apply_style(base).adjust_cell_length(self.size.width, base))
            if len(self._strips) >= CACHED_ROWS:
                self._strips.clear()
            self._strips[row] = strip
        return strip

    @property
    def base(self) -> Style:
        """The widget's own text and background colour."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def part(self, name: str, *, filled: bool = False) -> Style:
        """The style of a component class; with its background only when *filled*."""
        style = self._styles_by_name.get((name, filled))
        if style is None:
            style = self.get_component_rich_style(name, partial=not filled)
            self._styles_by_name[name, filled] = style
        return style

    def state_style(self, state: AgentState) -> Style:
        """Colour of a state, from the theme (``$state-approval``); bold where a person is needed.

        Not a component class for each state: Textual works all of them out for every widget, at every change of it.
        """
        style = self._styles_by_name.get((state, False))
        if style is None:
            colour = Color.parse(self.app.theme_variables.get(f"state-{state}", "ansi_default")).rich_color
            style = self._styles_by_name[state, False] = Style(color=colour, bold=state in NEEDS_PERSON or None)
        return style

    def forget(self) -> None:
        """Nothing drawn before is right any more."""
        self._strips.clear()
        self._styles_by_name.clear()
        self._base = None

    def notify_style_update(self) -> None:
        """Colours changed: everything is drawn again, a moment later.

        Textual 8.2.8 calls this before it works out the component classes: read now, they are those of before.
        """
        self.forget()
        super().notify_style_update()
        if self.is_mounted:
            self.call_next(self._restyle)

    def _restyle(self) -> None:
        self.forget()
        self.redraw()

    def redraw(self) -> None:
        """Make the rows again, as they hold colours."""
        self.refresh()

    def on_resize(self) -> None:
        """The width changed: everything is drawn again, also what was painted before this event came."""
        self.forget()
        self.redraw()
        self.refresh()


class Ground(Container):
    """A container of which nothing is seen but its background. Textual renders it under every change of a child."""

    def __init__(self, *children: Widget, id: str | None = None) -> None:
        super().__init__(*children, id=id)
        self._blanks: dict[int, Strip] = {}

    def render_lines(self, crop: Region) -> list[Strip]:
        """Blank rows."""
        return ground(self, self._blanks, crop)

    def notify_style_update(self) -> None:
        """The colour changed."""
        self._blanks.clear()
        super().notify_style_update()


def ground(widget: Widget, blanks: dict[int, Strip], crop: Region) -> list[Strip]:
    """The rows of *crop* of an empty *widget*; *blanks* keeps them by width."""
    strip = blanks.get(crop.width)
    if strip is None:
        strip = blanks[crop.width] = _finished(widget, Strip.blank(crop.width, widget.rich_style))
    return [strip] * crop.height


def _finished(widget: Widget, strip: Strip) -> Strip:
    """*strip* in the colours the terminal gets."""
    background = widget.background_colors[1]
    for line_filter in widget.app.get_line_filters():
        strip = strip.apply_filter(line_filter, background)
    return strip


def bar(width: int, left: Sequence[Part], right: Sequence[Part], fill: Style) -> tuple[Segment, ...]:
    """One row of *width* cells: *left* cut to what *right* leaves, *fill* under both."""
    tail = [(steady(text), style) for text, style in right if text]
    tail_width = sum(cell_len(text) for text, _ in tail)
    if tail_width > width:
        tail, tail_width = [], 0
    room = width - tail_width
    out: list[Segment] = []
    for raw, style in left:
        text = steady(raw)
        cells = cell_len(text)
        if cells > room:
            text = cut(text, room)
            out.append(Segment(text, fill + style))
            room -= cell_len(text)  # a cell can be left where a wide character or a blank was cut
            break
        if text:
            out.append(Segment(text, fill + style))
        room -= cells
    if room > 0:
        out.append(Segment(" " * room, fill))
    out += [Segment(text, fill + style) for text, style in tail]
    return tuple(out)


def cut(text: str, width: int) -> str:
    """*text* in exactly *width* cells at most, with an ellipsis when it was longer."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    return set_cell_size(text, width - 1).rstrip() + "…"
