"""No screen is left in English in another language, and none loses a label in Korean.

The first test needs no catalogue: it makes a language of its own out of every text that goes through the translation,
so an ASCII word that is still there does not. It finds labels of one word, which no look at the code can.
The others, named ``…_in_korean…``, need the Korean catalogue as it is committed.
"""

from __future__ import annotations

import gettext
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from rich.cells import cell_len
from textual.app import App
from textual.command import CommandPalette
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Static

from console import i18n
from console.commands import COMMANDS
from tests.screens.every_screen import console, groups, show, start
from tests.ui_helpers import rows, strips

ASCII: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTHER: Final = "áƀćđéƒğħíĵķľɱñóƥɋřšťúʋŵẋýžÁƁĆĐÉƑĞĤÍĴĶĽṀÑÓƤɊŘŠŤÚƲŴẊÝŽ"
"""As wide as the letters they stand for."""
_VALUE: Final = re.compile(r"(\{[^{}]*\})")
_LEFT: Final = re.compile(r"[a-z]{3,}")
NAMES: Final = frozenset(
    (
        *("oc-console", "claude", "codex", "tmux", "cmux", "cron", "launchd", "systemd", "supervisor"),
        *("otel", "otlp", "logs", "spans", "metrics", "resources", "uuid", "pid", "json", "yaml", "fleet"),
        *("pagedown", "pageup", "fg"),
    )
)
"""Programs, protocols, keys: these stand as they are in every language."""
KEYS: Final = frozenset({"Enter", "Esc", "Tab", "tab", "Home", "End", "space"})
MORE: Final[dict[str, str]] = {
    "themes": r"(oc|ansi|atom|catppuccin|flexoki|gruvbox|monokai|nord|rose|solarized|textual|tokyo|dracula)[a-z-]*",
    "composer-refused": r"dialog",  # the name of the guard, which is typed to set it aside
    "hand-off": r".*",  # the document has its own words, in the language that it is written in
}
"""What else may stand on one screen, and why."""


class Pseudo(gettext.NullTranslations):
    """Every text in letters that are not ASCII; values in braces stay."""

    def gettext(self, message: str) -> str:
        parts = _VALUE.split(message)
        return "".join(part if at % 2 else part.translate(_LETTERS) for at, part in enumerate(parts))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


_LETTERS: Final = str.maketrans(ASCII, OTHER)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, so that no path is cut in two on a screen."""
    made = Path(tempfile.mkdtemp(prefix="OC", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def english(text: str, more: str = "") -> list[str]:
    """The words of *text* that are left in English; paths, refs, keys with a plus and numbers with units are none."""
    found = []
    for token in text.split():
        bare = token.strip(".,;:()[]{}‹›·│┃|\"'`“”…—-+=×?!")
        if not _LEFT.search(bare) or any(sign in bare for sign in "/\\+%_"):
            continue
        if bare in NAMES or bare in KEYS or (more and re.fullmatch(more, bare)):
            continue
        found.append(bare)
    return found


def test_the_other_letters_are_as_wide_and_none_is_ascii() -> None:
    assert len(OTHER) == len(ASCII) == cell_len(OTHER) and not any(map(str.isascii, OTHER))
    assert Pseudo().gettext("two {words} here") == "ťŵó {words} ħéřé"
    assert english("ťŵó words /a/path claude Enter ctrl+p 12s") == ["words"]


@pytest.mark.parametrize("names", groups(), ids=" ".join)
async def test_no_english_is_left_on_a_screen(
    names: Sequence[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.app.CUT_OFF_AFTER", 3600.0)
    monkeypatch.setattr(i18n._Now, "texts", Pseudo())
    monkeypatch.setattr(i18n._Now, "language", "ko")  # not that of the code
    fleet = console(folder, cut_off="cut-off" in names)
    left = []
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        async for name in show(names, fleet, pilot):
            for row in foremost(fleet.app):
                left += [f"{name}: {word!r} in {row.strip()}" for word in english(row, MORE.get(name, ""))]
    assert not left, "\n".join(left)


def foremost(app: App[None]) -> list[str]:
    """The rows of the dialog in front, without what is seen behind it."""
    if len(app.screen_stack) == 1:
        return rows(app)
    palette = isinstance(app.screen, CommandPalette)
    parts = list(app.screen.query("#--input, CommandList")) if palette else app.screen.children
    region = Region.from_union([each.region for each in parts if each.display and each.region])
    return [strip.crop(region.x, region.right).text for strip in strips(app)[region.y : region.bottom]]


# -- with the catalogue ------------------------------------------------------------------------------------------------


def test_the_line_of_keys_in_korean_is_no_wider() -> None:
    shown = [command for command in COMMANDS if command.show]
    english_cells = sum(cell_len(command.title) for command in shown)
    i18n.use("ko")
    korean = [i18n.tr(command.title) for command in shown]
    assert all(korean) and sum(map(cell_len, korean)) <= english_cells
    assert all(title != command.title for title, command in zip(korean, shown, strict=True))


async def test_the_line_of_keys_in_korean_shows_the_same_keys(folder: Path) -> None:
    shown = [command for command in COMMANDS if command.show]
    i18n.use("ko")
    fleet = console(folder)
    async with fleet.app.run_test(size=(80, 24)) as pilot:
        await start(fleet, pilot)
        for command in shown:
            assert f"{command.keys.split(' ', 1)[0]} {i18n.tr(command.title)} " in rows(fleet.app)[-1], command.id


@dataclass(frozen=True)
class Labels:
    """What one screen says of its keys and columns."""

    keys: list[str]
    heads: list[str]
    cut: list[str]


@pytest.mark.parametrize("names", groups(), ids=" ".join)
async def test_labels_stand_whole_in_korean(names: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Key lines and headings: each whole on the screen, with the keys that the English one names."""
    monkeypatch.setattr("console.app.CUT_OFF_AFTER", 3600.0)
    english_ones, korean_ones = await labels("en", names), await labels("ko", names)
    assert list(english_ones) == list(korean_ones) == list(names)
    for name in names:
        compare(name, english_ones[name], korean_ones[name])


async def labels(language: i18n.Language, names: Sequence[str]) -> dict[str, Labels]:
    """What the screens *names* show in *language* in a small terminal."""
    i18n.use(language)
    found = {}
    place = Path(tempfile.mkdtemp(prefix="OC", dir="/tmp"))
    try:
        fleet = console(place, cut_off="cut-off" in names)
        async with fleet.app.run_test(size=(80, 24)) as pilot:
            async for name in show(names, fleet, pilot):
                app = fleet.app
                found[name] = Labels(lines_of_keys(app), headings(app), cut_lines(app))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return found


def compare(name: str, before: Labels, after: Labels) -> None:
    """Fail when the Korean screen *after* says less than the English one."""
    assert len(after.cut) <= len(before.cut), f"{name}: cut off: {after.cut}"
    assert len(after.keys) >= len(before.keys), f"{name}: no line of keys: {before.keys}"
    for one, other in zip(before.keys, after.keys, strict=False):
        missing = [key for key in named(one) if key not in named(other)]
        assert not missing, f"{name}: {missing} of {one!r} are not in {other!r}"
    for one, other in zip(before.heads, after.heads, strict=True):
        assert "…" not in other, f"{name}: {other}"
        columns = [len(re.split(r"\s{2,}", each.strip())) for each in (one, other)]
        assert columns[0] == columns[1], f"{name}: {one!r} against {other!r}"


def lines_of_keys(app: App[None]) -> list[str]:
    """The texts that say which keys there are, in the order of the screen."""
    return [" ".join(str(each.visual).split()) for each in _hints(app)]


def cut_lines(app: App[None]) -> list[str]:
    """Those of them that are not drawn whole."""
    drawn = [(" ".join(str(each.visual).split()), _drawn(app, each)) for each in _hints(app)]
    return [text for text, there in drawn if "".join(text.split()) not in "".join(there.split())]


def _hints(app: App[None]) -> list[Static]:
    return [each for each in app.screen.query(".dialog--hint").results(Static) if each.display and str(each.visual)]


def _drawn(app: App[None], widget: Widget) -> str:
    region = widget.region
    lines = strips(app)[max(0, region.y) : region.bottom]
    return " ".join(strip.crop(region.x, region.right).text for strip in lines)


def headings(app: App[None]) -> list[str]:
    """The first row of each table."""
    tables = [each for each in app.screen.query("DispatchTable, OperationsTable") if each.display and each.size.height]
    return [_drawn(app, each).strip() if each.size.height == 1 else _first_row(app, each) for each in tables]


def _first_row(app: App[None], widget: Widget) -> str:
    region = widget.region
    return strips(app)[region.y].crop(region.x, region.right).text.strip()


def named(text: str) -> list[str]:
    """The keys that a line names."""
    return re.findall(r"(?<![A-Za-z])(?:Enter|Esc|Tab|[Cc]trl[-+]\w|f\d+)(?![A-Za-z])", text)
