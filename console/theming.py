"""themes/*.yaml -> Textual themes: read, checked key by key before anything is registered, watched while running.

A theme file is data only. A bad file is skipped and described; it never stops the console, and a theme that loaded
before stays in use. `App.get_theme_variable_defaults` returns ``state_variables(self.current_theme)``, so every
``$state-…`` variable exists in every theme, Textual's own ones too; a style sheet that names a variable the theme does
not have ends the app (Textual 8.2.8).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from textual.color import BLACK, WHITE, Color
from textual.theme import BUILTIN_THEMES, Theme

from console.i18n import tr
from console.model.agent import NEEDS_PERSON, AgentState
from console.safety import safe_text
from console.theme_file import ThemeFile

DEFAULT_THEME: Final = "oc-dark"
"""Name of the shipped theme that is used when the configuration names none."""

STATE_VARIABLES: Final[tuple[str, ...]] = tuple(f"state-{state}" for state in AgentState)
"""Variables for style sheets, one for each `AgentState`: ``state-working`` is written ``$state-working``."""

_CALM: Final = frozenset({AgentState.WORKING, AgentState.BACKGROUND})
_HELD: Final = frozenset({AgentState.TYPED, AgentState.MENU})
_BROKEN: Final = frozenset({AgentState.ERROR, AgentState.DEAD})


def theme_folders(extra: Path | None = None) -> tuple[Path, ...]:
    """Return where theme files are looked for, in order: shipped, the user's configuration folder, then *extra*.

    A later folder's theme replaces an earlier one of the same name. The folders need not exist.
    """
    from platformdirs import user_config_path

    here = Path(__file__).parent
    installed = here / "_data" / "themes"
    shipped = installed if installed.is_dir() else here.parent / "themes"
    folders = [shipped, user_config_path("oc-console") / "themes"]
    if extra is not None and extra not in folders:
        folders.append(extra)
    return tuple(folders)


def load_themes(folders: Iterable[Path]) -> tuple[list[Theme], list[str]]:
    """Return (themes ready for `App.register_theme`, problems); never raises for what is in the files.

    Each problem is one safe line, ``file:line key: what is wrong; what to write``; all problems of all files are
    there at once. A file with a problem gives no theme. Folders that do not exist are no problem.
    """
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for folder in folders:
        found: dict[str, Path] = {}
        for path in _theme_files(folder, problems):
            sheet = ThemeFile(path)
            theme = sheet.load()
            if theme is not None and theme.name in found:
                used = found[theme.name].name
                sheet.problem(
                    sheet.line_of("name"),
                    "name",
                    tr("{name} is taken by {used}", name=theme.name, used=used),
                    tr("write another name"),
                )
            elif theme is not None:
                found[theme.name] = path
                themes[theme.name] = theme
            problems += sheet.problems()
    return list(themes.values()), problems


def state_variables(theme: Theme) -> dict[str, str]:
    """Return every name of `STATE_VARIABLES` with a concrete colour for *theme*, and ``oc-text`` and ``oc-muted``.

    What the theme itself gives stands; the rest follows its palette: warning and error for states that need a person,
    primary half faded into the background for work, muted text for the others, each moved until it reads on the
    theme's background, surface and panel (WCAG contrast 4.5, and 3 for states that need nobody).
    A theme in the terminal's own colours (``ansi-dark``) cannot be measured and gets its plain colours.
    """
    colours = theme.to_color_system().generate()
    given = theme.variables
    states = {f"state-{state}": given.get(f"state-{state}") or _derived(state, colours) for state in AgentState}
    return states | _text_variables(theme)


def _text_variables(theme: Theme) -> dict[str, str]:
    """Return ``oc-text`` and ``oc-muted`` as concrete colours for *theme*.

    Textual's own ``$text`` is worked out against a background when it is drawn; a style without one (a component class
    drawn on rows of several grounds) would get white on a light theme.
    """
    colours = theme.to_color_system().generate()
    given = theme.variables
    text = given.get("text", "")
    muted = given.get("text-muted", "")
    plain = colours.get("foreground", "ansi_default")
    if not muted.startswith("#"):
        try:
            ground, ink = Color.parse(colours["background"]), Color.parse(plain)
            muted = plain if ground.ansi is not None or ink.ansi is not None else ink.blend(ground, 0.35).hex6
        except (KeyError, ValueError):
            muted = plain
    return {"oc-text": text if text.startswith("#") else plain, "oc-muted": muted}


def variable_defaults() -> dict[str, str]:
    """Return `state_variables` of ``textual-dark``: defaults that suit no theme in particular but always exist."""
    return state_variables(BUILTIN_THEMES["textual-dark"])


async def watch_themes(folders: Iterable[Path]) -> AsyncGenerator[None, None]:
    """Yield each time a theme file was written, replaced or removed, until cancelled.

    Folders that do not exist now are skipped; with none left, or when the system refuses to watch (the limit of
    inotify watches), the iterator ends: themes then change at the next start. Folders are watched, not files, because
    an editor that replaces a file takes the watch on it away.
    """
    present = [folder for folder in folders if folder.is_dir()]
    if not present:
        return
    from contextlib import aclosing

    from watchfiles import awatch

    changes = awatch(*present, watch_filter=lambda _change, path: _is_theme_file(Path(path)), recursive=False)
    async with aclosing(changes):
        while True:
            try:
                await anext(changes)
            except (StopAsyncIteration, OSError, RuntimeError):  # watchfiles reports its own faults as RuntimeError
                return
            yield


def _is_theme_file(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml") and not path.name.startswith(".")


def _theme_files(folder: Path, problems: list[str]) -> Iterator[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if _is_theme_file(path))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        problems.append(
            safe_text(
                tr(
                    "{folder}: cannot be read: {strerror}; make the folder readable",
                    folder=folder,
                    strerror=error.strerror,
                )
            )
        )
        return
    yield from paths


def _derived(state: AgentState, colours: Mapping[str, str]) -> str:
    grounds = [Color.parse(colours[name]) for name in ("background", "surface", "panel")]
    text = Color.parse(colours["foreground"])
    warning, error, primary = (Color.parse(colours[name]) for name in ("warning", "error", "primary"))
    if any(colour.ansi is not None for colour in (text, *grounds)):
        signal = error if state in _BROKEN else warning if state in NEEDS_PERSON else text
        return (primary if state in _CALM else signal).hex
    base = grounds[0].with_alpha(1.0)
    if state in NEEDS_PERSON:
        wanted, ratio = error if state in _BROKEN else warning, 4.5
    else:
        faded = primary.blend(base, 0.4) if state in _CALM else text.blend(base, 0.25 if state in _HELD else 0.45)
        wanted, ratio = faded, 3.0
    return _legible(wanted, [base + ground for ground in grounds], ratio).hex


def _legible(colour: Color, grounds: Collection[Color], ratio: float) -> Color:
    """Return *colour* moved towards white or black, no further than needed to reach *ratio* on every ground."""
    target = max((WHITE, BLACK), key=lambda extreme: min(_contrast(extreme, ground) for ground in grounds))
    for step in range(20):
        moved = colour.blend(target, step / 20, alpha=1.0)
        if all(_contrast(moved, ground) >= ratio for ground in grounds):
            return moved
    return target


def _luminance(colour: Color) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: Color, other: Color) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)
