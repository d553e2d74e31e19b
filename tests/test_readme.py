"""The README tells what is: its tables are generated, what it names exists. ``make readme`` writes the tables."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Final

import pytest
from textual.app import App

from console.cli import _parser
from console.commands import composer_table, key_table
from console.model.agent import NEEDS_PERSON, SYMBOLS, AgentState

ROOT: Final = Path(__file__).parents[1]
README: Final = ROOT / "README.md"
DOCUMENTS: Final = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")

MEANINGS: Final = {
    AgentState.WORKING: "The agent is at work.",
    AgentState.IDLE: "It has finished; the input box is empty.",
    AgentState.APPROVAL: "It asks for permission to do something.",
    AgentState.QUESTION: "It asks a question with options.",
    AgentState.TYPED: "A text stands in the input box and is not submitted.",
    AgentState.MENU: "A menu, a list or a transcript is open.",
    AgentState.ERROR: "Its last turn ended in an error.",
    AgentState.LIMIT: "A usage limit is reached.",
    AgentState.BACKGROUND: "Its turn is over; something it started still runs.",
    AgentState.LOGIN: "It wants to be logged in.",
    AgentState.TRUST: "It asks whether to trust a folder or a setting.",
    AgentState.STARTUP: "It is starting.",
    AgentState.SHELL: "A shell prompt: no agent runs here.",
    AgentState.DEAD: "The program of the pane has ended.",
    AgentState.UNKNOWN: "Nothing on the screen is recognised.",
}


def state_table() -> str:
    """The README's table of states, in Markdown; those that wait for a person first."""
    rows = ["| symbol | state | waits for you | meaning |", "|---|---|---|---|"]
    for state in sorted(AgentState, key=lambda state: state not in NEEDS_PERSON):
        rows.append(f"| `{SYMBOLS[state]}` | {state} | {'yes' if state in NEEDS_PERSON else ''} | {MEANINGS[state]} |")
    return "\n".join(rows)


def fresh(text: str) -> str:
    """*text* with every generated section as it has to be. Raises ValueError when a marker is missing."""
    for name, table in (("keys", key_table()), ("composer", composer_table()), ("states", state_table())):
        before, found, rest = text.partition(f"<!-- {name} -->\n")
        _, closed, after = rest.partition(f"<!-- /{name} -->")
        if not (found and closed):
            raise ValueError(f"README.md: the markers of {name} are gone; write <!-- {name} --> and <!-- /{name} -->")
        text = f"{before}{found}{table}\n{closed}{after}"
    return text


def links(text: str) -> list[str]:
    """Targets of links and pictures that are files here."""
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [target.split("#")[0] for target in targets if not re.match(r"https?://|#", target)]


def machine_paths(text: str) -> list[str]:
    """Absolute paths that only one machine has."""
    return re.findall(r"(?<![\w~.])/(?:home|root|Users|work|opt|tmp|private|var|mnt|srv)/[\w./-]+", text)


def make_targets(text: str) -> set[str]:
    """Targets named as ``make target`` in code."""
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    return {target for part in code for target in re.findall(r"^\s*make ([a-z-]+)", part, re.M)}


def defined_targets(makefile: str) -> set[str]:
    """Targets a Makefile has a rule for."""
    return set(re.findall(r"^([a-z-]+):(?!=)", makefile, re.M))


def test_the_tables_are_fresh() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == fresh(text), "run `make readme`"
    stale = text.replace("| approval |", "| asks |").replace("Leave the console", "Quit")
    assert stale != text and fresh(stale) == text, "a stale table is seen and written again"
    with pytest.raises(ValueError, match="markers of keys"):
        fresh(text.replace("<!-- /keys -->", ""))


def test_every_sub_command_is_named() -> None:
    choices = [a.choices for a in _parser()._actions if isinstance(a, argparse._SubParsersAction)]
    names = {name for each in choices if each for name in each}
    assert names
    text = README.read_text(encoding="utf-8")
    assert not {name for name in names if f"oc-console {name}" not in text}
    assert "oc-console no-such-command" not in text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_it_names_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not [target for target in links(text) if not (ROOT / target).exists()]
    assert make_targets(text) <= defined_targets((ROOT / "Makefile").read_text(encoding="utf-8"))
    assert not machine_paths(text)


def test_what_is_looked_for_is_found() -> None:
    assert links("![p](docs/a.svg) [b](B.md#top) [c](https://example.org)") == ["docs/a.svg", "B.md"]
    assert machine_paths("see `/home/ann/x` and ~/.config/x and https://a.org/home/ann/x") == ["/home/ann/x"]
    assert make_targets("`make run` and make it\n```sh\nmake test\n  make bench\n```\n") == {"run", "test", "bench"}
    assert defined_targets("run: x\nVENV := y\n.PHONY: z\n\t@a: b\n") == {"run"}
    text = README.read_text(encoding="utf-8")
    assert "docs/wide.svg" in links(text) and {"run", "test", "demo"} <= make_targets(text)


async def test_the_widget_of_contributing_runs_alone() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    names: dict[str, object] = {"__name__": "alone"}
    exec(compile(code, "CONTRIBUTING.md", "exec"), names)
    made = names["Alone"]
    assert isinstance(made, type) and issubclass(made, App)
    app = made()
    async with app.run_test(size=(80, 4)) as pilot:
        await pilot.pause()
        row = "".join(segment.text for segment in app.screen.query_one("TopBar").render_line(0))
    assert "oc-console" in row and "alone" in row and "0 surfaces" in row


def main() -> int:
    """Write the generated sections; with ``--write`` only, so that nobody does by mistake."""
    if sys.argv[1:] != ["--write"]:
        print("python -m tests.test_readme --write", file=sys.stderr)
        return 2
    README.write_text(fresh(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
