"""The registry of commands: one key for one command, and everything drawn from it says the same."""

from __future__ import annotations

from collections import Counter

import pytest

from console.app import ConsoleApp
from console.commands import COMMANDS, DIGITS, IDS, key_table, with_keys
from console.screens.main import MainScreen


def test_ids_and_keys_are_given_once() -> None:
    assert len(IDS) == len(COMMANDS)
    keys = Counter(key for command in COMMANDS for key in command.key.split(","))
    assert [key for key, times in keys.items() if times > 1] == []


def test_every_command_says_what_it_does_and_has_its_action() -> None:
    for command in COMMANDS:
        assert command.help.endswith(".") and command.title and command.group, command.id
        owner: type = MainScreen
        name = command.action.split("(")[0]
        if name.startswith("app."):
            owner, name = ConsoleApp, name.removeprefix("app.")
        assert callable(getattr(owner, f"action_{name}", None)), command.id


def test_only_sending_changes_something_outside() -> None:
    assert [command.id for command in COMMANDS if command.danger] == [
        "surface.yes", "surface.no", "surface.send", "dispatch.verify", "log.lost", "log.cut_off", "queue.show",
        "operations.show", "decisions.show",
    ]  # fmt: skip


def test_own_keys_replace_the_default_ones() -> None:
    changed = {command.id: command for command in with_keys({"surface.send": ("ctrl+s", "f5")})}
    assert changed["surface.send"].key == "ctrl+s,f5" and changed["surface.send"].keys == "ctrl+s f5"
    assert [c for c in with_keys({}) if c not in COMMANDS] == []
    assert changed["app.quit"].key == "q,ctrl+q"


@pytest.mark.parametrize(
    ("id_", "shown"),
    [("app.help", "?"), ("surface.zoom", "Enter z"), ("table.filter", "/"), ("surface.next_page", "] pagedown")],
)
def test_keys_are_shown_as_they_stand_on_the_keyboard(id_: str, shown: str) -> None:
    assert next(command for command in COMMANDS if command.id == id_).keys == shown


def test_the_readme_table_has_every_command_once() -> None:
    table = key_table().split("\n")
    assert table[:2] == ["| key | what it does |", "|---|---|"]
    for command in COMMANDS:
        rows = [row for row in table if row.endswith(f"| {command.help} |")]
        focus = command.id.startswith("surface.focus_")
        assert len(rows) == (0 if focus else 1), command.id
    assert f"| `1`–`9` | {DIGITS} |" in table


def test_the_screen_binds_exactly_the_registry() -> None:
    bound = {binding.id: binding for binding in MainScreen.BINDINGS}  # type: ignore[union-attr]
    assert set(bound) == IDS
    for command in COMMANDS:
        binding = bound[command.id]
        assert (binding.key, binding.action, binding.show) == (command.key, command.action, command.show)  # type: ignore[union-attr]
