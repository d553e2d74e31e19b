"""From a row with colours to Textual segments, wrapped to a width.

Input has passed `safety.safe_text(sgr=True)`: SGR is the only escape sequence in it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme

_SGR: Final = re.compile(r"\x1b\[([0-9;:]*)m")
_UNSTEADY: Final = re.compile("\u200d.|[\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]", re.DOTALL)
_RULE: Final = re.compile(r"\s*([─━═╌╍┄┈▔▁—_-])\1{7,}\s*\Z")
_ATTRIBUTES: Final = {
    1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike",
}  # fmt: skip
_OFF: Final = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


def steady(text: str) -> str:
    """Return *text* without what terminals disagree about the width of.

    Emoji selectors, keycaps, skin tones and what is joined on by U+200D go; the base character stays. tmux 3.3a gives
    these one cell, four cells or two, Unicode two: a row drawn wrong would shift every pane to its right.
    """
    return text if text.isascii() else _UNSTEADY.sub("", text)


@lru_cache(maxsize=8192)
def row_segments(styled: str) -> tuple[Segment, ...]:
    """The segments of one row. Blink and conceal are not drawn: nothing blinks, nothing hides."""
    parts: list[Segment] = []
    attributes: dict[str, bool] = {}
    colours: dict[str, Color | None] = {"color": None, "bgcolor": None}
    style: Style | None = None
    at = 0
    for match in _SGR.finditer(styled):
        if match.start() > at:
            parts.append(Segment(steady(styled[at : match.start()]), style))
        at = match.end()
        _apply(match.group(1), attributes, colours)
        style = _style(tuple(sorted(attributes)), colours["color"], colours["bgcolor"])
    if at < len(styled):
        parts.append(Segment(steady(styled[at:]), style))
    return tuple(parts)


@lru_cache(maxsize=1024)
def _style(attributes: tuple[str, ...], color: Color | None, bgcolor: Color | None) -> Style | None:
    if not attributes and color is None and bgcolor is None:
        return None
    names = dict.fromkeys(attributes, True)
    return Style(color=color, bgcolor=bgcolor, **names)  # type: ignore[arg-type]


def _apply(parameters: str, attributes: dict[str, bool], colours: dict[str, Color | None]) -> None:
    codes = _codes(parameters)
    at = 0
    while at < len(codes):
        code = codes[at]
        at += 1
        if code == 0:
            attributes.clear()
            colours.update(color=None, bgcolor=None)
        elif code in _ATTRIBUTES:
            attributes[_ATTRIBUTES[code]] = True
        elif code in _OFF:
            for name in _OFF[code]:
                attributes.pop(name, None)
        elif code in (38, 48, 58):
            colour, at = _extended(codes, at)
            if code != 58:
                colours["color" if code == 38 else "bgcolor"] = colour
        elif code in (39, 49):
            colours["color" if code == 39 else "bgcolor"] = None
        elif 30 <= code <= 37 or 90 <= code <= 97:
            colours["color"] = Color.from_ansi(code - 30 if code < 40 else code - 82)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            colours["bgcolor"] = Color.from_ansi(code - 40 if code < 50 else code - 92)


def _codes(parameters: str) -> list[int]:
    """The parameters as numbers; what is written with colons (ITU-T T.416, styles of underline) as with semicolons."""
    codes: list[int] = []
    for parameter in parameters.split(";"):
        head, *rest = [int(part) if part.isdigit() else 0 for part in parameter.split(":")]
        if head == 4 and rest:
            codes.append(4 if rest[0] else 24)
        elif head in (38, 48, 58) and rest[:1] == [2] and len(rest) > 4:
            codes += [head, 2, *rest[2:5]]  # a colour space stands before red
        else:
            codes += [head, *rest] if head in (38, 48, 58) else [head]
    return codes


def _extended(codes: list[int], at: int) -> tuple[Color | None, int]:
    """The colour after a 38 or 48 at *at*, and where the parameters go on."""
    kind = codes[at] if at < len(codes) else 0
    if kind == 5 and at + 1 < len(codes):
        return Color.from_ansi(min(codes[at + 1], 255)), at + 2
    if kind == 2 and at + 3 < len(codes):
        red, green, blue = (min(value, 255) for value in codes[at + 1 : at + 4])
        return Color.from_rgb(red, green, blue), at + 4
    return None, at + 1


CONTRAST: Final = 2.6
"""Least contrast (WCAG ratio) of an agent's text; what an agent drew for another background is drawn in our colours."""


def readable(row: tuple[Segment, ...], base: Style, palette: TerminalTheme) -> tuple[Segment, ...]:
    """*row* with the colour of hard-to-read text put right for a screen of *base*'s colours."""
    if not any(segment.style is not None for segment in row):
        return row
    return tuple(
        segment
        if segment.style is None or (segment.style.color is None and segment.style.bgcolor is None)
        else Segment(segment.text, _readable(segment.style, base, palette))
        for segment in row
    )


@lru_cache(maxsize=2048)
def _readable(style: Style, base: Style, palette: TerminalTheme) -> Style:
    text, ground = style.color or base.color, style.bgcolor or base.bgcolor
    if text is None or ground is None or style.reverse:
        return style
    text_rgb, ground_rgb = text.get_truecolor(palette), ground.get_truecolor(palette, foreground=False)
    if _contrast(text_rgb, ground_rgb) >= CONTRAST:
        return style
    better = max((base.color, base.bgcolor), key=lambda c: _contrast(c.get_truecolor(palette), ground_rgb) if c else 0)
    return style + Style(color=better)


def _contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """WCAG 2.1 contrast ratio, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(rgb: tuple[int, int, int]) -> float:
    red, green, blue = ((v / 3294.6 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4) for v in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_rule(plain: str) -> bool:
    """Whether a row is a horizontal line, which is cut and never wrapped."""
    return _RULE.match(plain) is not None


@lru_cache(maxsize=4096)
def wrap_row(styled: str, plain: str, width: int) -> tuple[tuple[Segment, ...], ...]:
    """The row as one or more rows of at most *width* cells; words stay whole where that costs less than a third.

    What goes on in the next row keeps the indentation of the first.
    """
    segments = row_segments(styled)
    if width <= 0:
        return ((),)
    if cell_len(steady(plain)) <= width or is_rule(plain):
        return (segments,)
    chars = [(char, segment.style) for segment in segments for char in segment.text]
    while chars and chars[-1][0] == " ":
        chars.pop()
    rows: list[tuple[Segment, ...]] = []
    lead = len(plain) - len(plain.lstrip(" "))
    hang = " " * lead if lead <= width // 4 else ""
    start = 0
    while start < len(chars):
        end, used = start, len(hang) if rows else 0
        while end < len(chars) and used + cell_len(chars[end][0]) <= width:
            used += cell_len(chars[end][0])
            end += 1
        end = max(end, start + 1)
        if end < len(chars):
            space = next((i for i in range(end, start, -1) if chars[i][0] == " "), 0)
            if space > start + lead and end - space <= width // 3:
                end = space
        row = _joined(chars[start:end])
        rows.append((Segment(hang), *row) if rows and hang else row)
        start = end
        while start < len(chars) and chars[start][0] == " ":
            start += 1
    return tuple(rows) or ((),)


def _joined(chars: list[tuple[str, Style | None]]) -> tuple[Segment, ...]:
    out: list[Segment] = []
    for char, style in chars:
        if out and out[-1].style is style:
            out[-1] = Segment(out[-1].text + char, style)
        else:
            out.append(Segment(char, style))
    return tuple(out)
