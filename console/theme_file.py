"""One theme file, checked key by key: everything that is wrong is gathered before the file is given up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from console.i18n import mark, tr
from console.model.agent import AgentState
from console.safety import safe_text

if TYPE_CHECKING:
    import yaml

REQUIRED_COLOURS: Final = (
    *("primary", "secondary", "accent", "foreground", "background"),
    *("surface", "panel", "warning", "error", "success"),
)
"""Palette entries every theme file gives; ``boost`` is optional."""

FILE_LIMIT: Final = 64 * 1024
"""Bytes of a theme file; a larger one is refused."""

_PALETTE: Final = (*REQUIRED_COLOURS, "boost")
_KEYS: Final = ("name", "dark", *_PALETTE, "states", "variables")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_AUTO: Final = re.compile(r"auto(?: (?:100|\d?\d)%)?")
_TEXT_VARIABLES: Final = frozenset({"text", "text-muted", "text-disabled"})
_STYLES: Final = frozenset(
    {"bold", "dim", "italic", "reverse", "strike", "underline", "overline", "blink", "none", "not"}
)
_COLOUR_HINT: Final = mark('write one in quotes, such as "#7fa7b8"')
_COLOUR_OR_NAME_HINT: Final = mark('write one in quotes, such as "#7fa7b8", or the name of a palette entry')
_NESTING: Final = 4


@dataclass(frozen=True, slots=True)
class _Entry:
    """One scalar of a theme file."""

    value: str
    line: int


class ThemeFile:
    """One file being checked: gathers everything that is wrong before it gives up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problems: list[tuple[int, str]] = []
        self._lines: dict[str, int] = {}

    def problem(self, line: int, key: str, wrong: str, write: str) -> None:
        """Note what is *wrong* at *line* (from 1) and what to *write* there."""
        where = f"{self._path}:{line} {key}" if key else f"{self._path}:{line}"
        self._problems.append((line, safe_text(f"{where}: {wrong}; {write}", limit=600)))

    def problems(self) -> list[str]:
        """Every problem noted, by line."""
        return [text for _line, text in sorted(self._problems, key=lambda item: item[0])]

    def line_of(self, key: str) -> int:
        """Line of a top-level key, from 1."""
        return self._lines.get(key, 1)

    def load(self) -> Theme | None:
        """Return the theme, or None when there is any problem."""
        top = self._read()
        if top is None:
            return None
        entries, groups = top
        palette = self._palette(entries)
        name, dark = self._name(entries), self._dark(entries)
        states = self._group(groups, "states", frozenset(AgentState), palette)
        variables = self._group(groups, "variables", _known_variables(), palette)
        if self._problems:
            return None
        # Textual 8.2.8 does not look at `boost` when a panel colour is given, except through the variables.
        boost = {"boost": palette["boost"]} if "boost" in palette else {}
        state_colours = {f"state-{state}": colour for state, colour in states.items()}
        colours: dict[str, Any] = dict(palette)
        return Theme(name=name, dark=dark, variables={**boost, **variables, **state_colours}, **colours)

    def _read(self) -> tuple[dict[str, _Entry], dict[str, dict[str, _Entry]]] | None:
        import yaml

        text = self._text()
        if text is None:
            return None
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            # The C composer recurses without a limit and would take the process down; the event stream does not.
            too_deep = _depth(yaml.parse(text, Loader=loader)) >= _NESTING
            root = None if too_deep else yaml.compose(text, Loader=loader)
        except yaml.YAMLError as error:
            at = getattr(error, "problem_mark", None)
            wrong = getattr(error, "problem", None) or tr("it holds a character YAML does not allow")
            self.problem(
                at.line + 1 if at else 1, "", tr("not YAML: {wrong}", wrong=wrong), tr("write `key: value` lines")
            )
            return None
        if not isinstance(root, yaml.MappingNode):
            wrong = tr("nested too deeply") if too_deep else tr("not a list of keys") if root else tr("empty")
            self.problem(1, "", wrong, tr("write `name:`, `dark:` and the colours"))
            return None
        return self._split(root)

    def _text(self) -> str | None:
        try:
            if not self._path.is_file():
                raise OSError(0, tr("not a regular file"))
            with self._path.open("rb") as file:
                data = file.read(FILE_LIMIT + 1)
            if len(data) <= FILE_LIMIT:
                return data.decode("utf-8-sig")
            self.problem(
                1, "", tr("larger than {file_limit} bytes", file_limit=FILE_LIMIT), tr("keep only the theme in it")
            )
        except OSError as error:
            self.problem(
                1, "", tr("cannot be read: {strerror}", strerror=error.strerror), tr("make it a readable file")
            )
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            self.problem(line, "", tr("not UTF-8 text"), tr("save the file as UTF-8"))
        return None

    def _split(self, root: yaml.MappingNode) -> tuple[dict[str, _Entry], dict[str, dict[str, _Entry]]]:
        import yaml

        entries: dict[str, _Entry] = {}
        groups: dict[str, dict[str, _Entry]] = {}
        for key, node in self._pairs(root, "", _KEYS):
            self._lines[key] = node.start_mark.line + 1
            if key not in ("states", "variables"):
                self._scalar(entries, key, key, node)
            elif isinstance(node, yaml.MappingNode):
                groups[key] = {}
                allowed = tuple(AgentState) if key == "states" else tuple(_known_variables())
                for inner, value in self._pairs(node, f"{key}.", allowed):
                    self._scalar(groups[key], inner, f"{key}.{inner}", value)
            elif node.value != "":
                self.problem(
                    node.start_mark.line + 1, key, tr("not a mapping"), tr("write `key: colour` lines under it")
                )
        return entries, groups

    def _pairs(self, node: yaml.Node, prefix: str, allowed: Iterable[str]) -> Iterator[tuple[str, yaml.Node]]:
        from difflib import get_close_matches

        seen: set[str] = set()
        for key_node, value in node.value:
            line, key = key_node.start_mark.line + 1, key_node.value
            if not isinstance(key, str) or key not in allowed:
                shown = key if isinstance(key, str) else "?"
                close = get_close_matches(shown, tuple(allowed), 1)
                write = (
                    tr("did you mean {close}?", close=close[0])
                    if close
                    else tr("remove it, or use one of: {some}", some=_some(allowed))
                )
                self.problem(line, prefix + shown, tr("unknown key"), write)
            elif key in seen:
                self.problem(line, prefix + key, tr("given twice"), tr("keep one of them"))
            else:
                seen.add(key)
                yield key, value

    def _scalar(self, into: dict[str, _Entry], key: str, shown: str, node: yaml.Node) -> None:
        line = node.start_mark.line + 1
        if not isinstance(node.value, str):
            self.problem(line, shown, tr("not one value"), tr("write a single value after the colon"))
        elif not node.value.strip():
            self.problem(
                line, shown, tr("no value"), tr('write one; a colour that begins with # stands in quotes: "#7fa7b8"')
            )
        else:
            into[key] = _Entry(node.value.strip(), line)

    def _name(self, entries: Mapping[str, _Entry]) -> str:
        entry = entries.get("name")
        hint = tr("write 1 to 40 of a-z, 0-9 and -, beginning with a letter, such as my-theme")
        if entry is None:
            self._missing("name", hint)
            return ""
        if _NAME.fullmatch(entry.value) is None:
            self.problem(entry.line, "name", tr("{entry!r} is not a theme name", entry=entry.value), hint)
        return entry.value

    def _dark(self, entries: Mapping[str, _Entry]) -> bool:
        entry = entries.get("dark")
        if entry is None:
            self._missing("dark", tr("write true or false"))
        elif entry.value not in ("true", "false"):
            self.problem(
                entry.line,
                "dark",
                tr("{entry!r} is neither true nor false", entry=entry.value),
                tr("write true or false"),
            )
        return entry is None or entry.value == "true"

    def _palette(self, entries: Mapping[str, _Entry]) -> dict[str, str]:
        palette: dict[str, str] = {}
        for key in _PALETTE:
            entry = entries.get(key)
            if entry is not None:
                palette[key] = self._colour(entry, key, {})
            elif key in REQUIRED_COLOURS:
                self._missing(key, tr(_COLOUR_HINT))
        return palette

    def _missing(self, key: str, hint: str) -> None:
        if key not in self._lines:  # a key without a value has had its own problem
            self.problem(1, key, tr("missing"), hint)

    def _group(
        self,
        groups: Mapping[str, dict[str, _Entry]],
        group: str,
        known: frozenset[str],
        palette: Mapping[str, str],
    ) -> dict[str, str]:
        checked: dict[str, str] = {}
        for key, entry in groups.get(group, {}).items():
            shown = f"{group}.{key}"
            if key.endswith(("-style", "-style-hover")):
                checked[key] = self._style(entry, shown)
            elif key in _TEXT_VARIABLES and _AUTO.fullmatch(entry.value):
                checked[key] = entry.value
            elif key in known:
                checked[key] = self._colour(entry, shown, palette)
        return checked

    def _colour(self, entry: _Entry, shown: str, palette: Mapping[str, str]) -> str:
        if entry.value in palette:
            return palette[entry.value]
        parsed = _parse(entry.value)
        if parsed is not None:
            return parsed.hex
        hint = _COLOUR_OR_NAME_HINT if palette else _COLOUR_HINT
        self.problem(entry.line, shown, tr("{entry!r} is not a colour", entry=entry.value), tr(hint))
        return ""

    def _style(self, entry: _Entry, shown: str) -> str:
        words = entry.value.split()
        if not set(words) <= _STYLES or ("none" in words and len(words) > 1) or words[-1] == "not":
            self.problem(
                entry.line,
                shown,
                tr("{entry!r} is not a text style", entry=entry.value),
                tr("write bold, underline, none, …"),
            )
        return " ".join(words)


def _parse(value: str) -> Color | None:
    try:
        return Color.parse(value)
    except (ColorParseError, ValueError, OverflowError):  # rgb() with a number beyond any float overflows
        return None


def _depth(events: Iterable[yaml.Event]) -> int:
    """How deep collections are nested, counted only as far as it matters."""
    import yaml

    depth = deepest = 0
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if deepest >= _NESTING:
            break
    return deepest


def _known_variables() -> frozenset[str]:
    """Every variable Textual's own style sheets know."""
    generated = BUILTIN_THEMES["textual-dark"].to_color_system().generate()
    return frozenset(generated) - frozenset(_PALETTE)


def _some(names: Iterable[str]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:24]) + (" …" if len(shown) > 24 else "")
