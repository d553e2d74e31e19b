"""The text tree, against a printer by the documented rules and titles made to deceive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.mux.cmux_text_tree import Node, parse

_Item = TypeVar("_Item")

SAMPLE = """\
window window:1 [current] ◀ active
├── workspace workspace:1 "openclaw" [selected] ◀ active
│   ├── pane pane:1 [focused] ◀ active
│   │   └── surface surface:1 [terminal] "CODEX 1" [selected] ◀ active tty=ttys001
│   └── pane pane:4
│       └── surface surface:5 [terminal] "✳ CLAUDE 1" [selected] ◀ here tty=ttys005
└── workspace workspace:2 "cross-verify"
    └── pane pane:5 [focused]
        └── surface surface:6 [browser] "Docs" [selected] https://example.com
"""


@dataclass(frozen=True)
class PrintedSurface:
    number: int
    uuid: str
    kind: str
    title: str
    selected: bool
    active: bool
    here: bool
    tty: str
    url: str
    dock: bool


@dataclass(frozen=True)
class PrintedPane:
    number: int
    uuid: str
    focused: bool
    dock: bool
    surfaces: list[PrintedSurface]


@dataclass(frozen=True)
class PrintedWorkspace:
    number: int
    uuid: str
    title: str
    selected: bool
    panes: list[PrintedPane]


@dataclass(frozen=True)
class PrintedWindow:
    number: int
    uuid: str
    current: bool
    workspaces: list[PrintedWorkspace] = field(default_factory=list)


def handle(kind: str, number: int, uuid: str, ids: str) -> str:
    return {"refs": f"{kind}:{number}", "both": f"{kind}:{number} {uuid}", "uuids": uuid}[ids]


def printed(windows: list[PrintedWindow], ids: str) -> str:
    """What `cmux tree --all` prints, by its rules: titles trimmed and raw, parts joined by one space."""
    lines: list[str] = []
    for window in windows:
        marks = [" [current] ◀ active"] if window.current else []
        lines.append(f"window {handle('window', window.number, window.uuid, ids)}{''.join(marks)}")
        for workspace, branch, below in branches(window.workspaces, ""):
            parts = ["workspace", handle("workspace", workspace.number, workspace.uuid, ids)]
            parts += [f'"{workspace.title.strip()}"'] if workspace.title.strip() else []
            parts += ["[selected]"] if workspace.selected else []
            lines.append(branch + " ".join(parts))
            for pane, pane_branch, pane_below in branches(workspace.panes, below):
                parts = ["pane", handle("pane", pane.number, pane.uuid, ids)]
                parts += ["[dock:left]"] if pane.dock else []
                parts += ["[focused]"] if pane.focused else []
                lines.append(pane_branch + " ".join(parts))
                for surface, surface_branch, _ in branches(pane.surfaces, pane_below):
                    lines.append(surface_branch + surface_line(surface, ids))
    return "\n".join(lines) + "\n" if lines else "No windows\n"


def surface_line(surface: PrintedSurface, ids: str) -> str:
    parts = ["surface", handle("surface", surface.number, surface.uuid, ids), f"[{surface.kind}]"]
    parts += ["[dock:right]"] if surface.dock else []
    parts += [f'"{surface.title.strip()}"'] if surface.title.strip() else []
    parts += ["[selected]"] if surface.selected else []
    parts += ["◀ active"] if surface.active else []
    parts += ["◀ here"] if surface.here else []
    parts += [f"tty={surface.tty}"] if surface.tty else []
    parts += [surface.url] if surface.kind == "browser" and surface.url else []
    return " ".join(parts)


def branches(items: list[_Item], prefix: str) -> list[tuple[_Item, str, str]]:
    last = len(items) - 1
    return [
        (item, prefix + ("└── " if at == last else "├── "), prefix + ("    " if at == last else "│   "))
        for at, item in enumerate(items)
    ]


TITLES = st.one_of(
    st.sampled_from(
        [
            "", " ", '"', '""', 'a" [selected] ◀ active tty=ttys009', '" [terminal] "', "◀ here", "tty=t1", "[browser]",
            "│   └── surface surface:99 [terminal]", "├── pane pane:7 [focused]", "window window:3", "한글 제목 ✳",
            "https://example.com", '" https://example.com', "[dock:left]", "a\u2028b\x85c\x0bd\re", "\\n", "[selected]",
            "00000000-0000-0000-0000-000000000000", '"x" ◀ here tty=ttys001', "No windows", "\x1b[31mred\x07",
        ]
    ),
    st.text(alphabet=st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=20),
    st.text(alphabet='"[]◀ │├└─=:tysurface1\\', max_size=30),
)  # fmt: skip
NUMBERS = st.integers(1, 999)
UUIDS = st.uuids().map(lambda uuid: str(uuid).upper())
TTYS = st.sampled_from(["", "ttys001", "/dev/ttys123"])
URLS = st.sampled_from(
    ["", "https://example.com", "about:blank", "https://e.com/?q=%22[selected]#tty=x", "file:///a b"]
)
SURFACES = st.builds(
    PrintedSurface, number=NUMBERS, uuid=UUIDS, kind=st.sampled_from(["terminal", "browser", "markdown"]), title=TITLES,
    selected=st.booleans(), active=st.booleans(), here=st.booleans(), tty=TTYS, url=URLS, dock=st.booleans(),
)  # fmt: skip
PANES = st.builds(
    PrintedPane, number=NUMBERS, uuid=UUIDS, focused=st.booleans(), dock=st.booleans(),
    surfaces=st.lists(SURFACES, max_size=3),
)  # fmt: skip
WORKSPACES = st.builds(
    PrintedWorkspace, number=NUMBERS, uuid=UUIDS, title=TITLES, selected=st.booleans(),
    panes=st.lists(PANES, max_size=3),
)  # fmt: skip
WINDOWS = st.builds(
    PrintedWindow, number=NUMBERS, uuid=UUIDS, current=st.booleans(), workspaces=st.lists(WORKSPACES, max_size=3)
)
FORMS = st.sampled_from(["refs", "both", "uuids"])


def expected(windows: list[PrintedWindow], ids: str) -> list[object]:
    """Everything that can be told from the text."""

    def name(kind: str, number: int, uuid: str) -> tuple[str | None, str | None]:
        return (None if ids == "uuids" else f"{kind}:{number}", None if ids == "refs" else uuid)

    return [
        (
            name("window", w.number, w.uuid), w.current,
            [
                (
                    name("workspace", k.number, k.uuid), k.title.strip(), k.selected,
                    [
                        (
                            name("pane", p.number, p.uuid), p.focused,
                            [
                                (
                                    name("surface", s.number, s.uuid), s.kind, s.title.strip(), s.selected, s.active,
                                    s.here, s.tty or None, (s.url if s.kind == "browser" else "") or None,
                                )
                                for s in p.surfaces
                            ],
                        )
                        for p in k.panes
                    ],
                )
                for k in w.workspaces
            ],
        )
        for w in windows
    ]  # fmt: skip


def told(tree: Node) -> list[object]:
    """The same of what was parsed."""
    return [
        (
            (w["ref"], w["id"]), w["current"],
            [
                (
                    (k["ref"], k["id"]), k["title"], k["selected"],
                    [
                        (
                            (p["ref"], p["id"]), p["focused"],
                            [
                                (
                                    (s["ref"], s["id"]), s["type"], s["title"], s["selected"], s["active"], s["here"],
                                    s["tty"], s["url"],
                                )
                                for s in p["surfaces"]
                            ],
                        )
                        for p in k["panes"]
                    ],
                )
                for k in w["workspaces"]
            ],
        )
        for w in tree["windows"]
    ]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(windows=st.lists(WINDOWS, max_size=3), ids=FORMS)
def test_what_is_printed_is_read_back(windows: list[PrintedWindow], ids: str) -> None:
    assert told(parse(printed(windows, ids))) == expected(windows, ids)


@settings(max_examples=200, deadline=None)
@given(text=st.one_of(st.text(max_size=200), st.text(alphabet='│├└─ windowpae:1"[]\n', max_size=200)))
def test_any_text_is_a_tree_or_a_value_error(text: str) -> None:
    try:
        tree = parse(text)
    except ValueError as error:
        assert "cmux tree" in str(error)
    else:
        assert isinstance(tree["windows"], list)


def test_the_documented_sample() -> None:
    tree = parse(SAMPLE)
    (window,) = tree["windows"]
    assert (window["ref"], window["current"], window["active"]) == ("window:1", True, True)
    one, two = window["workspaces"]
    assert [(w["ref"], w["title"], w["selected"]) for w in (one, two)] == [
        ("workspace:1", "openclaw", True),
        ("workspace:2", "cross-verify", False),
    ]
    claude = one["panes"][1]["surfaces"][0]
    assert (claude["title"], claude["here"], claude["tty"], claude["pane_ref"]) == (
        "✳ CLAUDE 1", True, "ttys005", "pane:4",
    )  # fmt: skip
    docs = two["panes"][0]["surfaces"][0]
    assert (docs["type"], docs["title"], docs["url"], docs["tty"]) == ("browser", "Docs", "https://example.com", None)


def test_a_line_of_a_newer_release_is_left_out_with_what_is_below_it() -> None:
    text = SAMPLE.replace(
        "│   └── pane pane:4\n", "│   └── dock dock:4\n│       └── pane pane:8\n", 1
    )  # the surface below it is a child of a thing not known
    text = text.replace("└── workspace", "│   note about all this\n└── workspace")
    panes = [p for w in parse(text)["windows"][0]["workspaces"] for p in w["panes"]]
    assert [p["ref"] for p in panes] == ["pane:1", "pane:5"]
    assert [s["ref"] for p in panes for s in p["surfaces"]] == ["surface:1", "surface:6"]


@pytest.mark.parametrize("text", ["", "PONG\n", '{"windows": []}', "Error: no\n", "├── pane pane:1\n", "window\n"])
def test_what_is_no_tree_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="cmux tree"):
        parse(text)


def test_no_windows_is_an_empty_tree() -> None:
    assert parse("No windows\n") == {"windows": []}
