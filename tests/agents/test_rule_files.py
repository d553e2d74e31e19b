"""Rule files: a folder of the operator's, wrong files, versions, and everything that is shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from console.agents.detector import Detector
from console.agents.rule_files import compile_set, load_all, load_yaml, shipped
from console.model.agent import AgentState
from tests.agents.samples import APPROVAL, CODEX_TURN, DETECTOR, TURN, claude, codex, screen
from tests.agents.samples_more import ROBOT_RULES

SAID = ">> please\n<< I did.\n"


@pytest.fixture(name="robot")
def _robot(tmp_path: Path) -> Detector:
    (tmp_path / "robot.yaml").write_text(ROBOT_RULES, encoding="utf-8")
    return Detector.load([tmp_path])


@pytest.mark.parametrize(
    ("text", "state", "reason"),
    [
        (f"{SAID}robot> \n[robot brain alpha mem 40%]", "idle", ""),
        (f"{SAID}~~ thinking\nrobot> \n[robot brain alpha mem 40%]", "working", "thinking"),
        (f"{SAID}robot> again\n[robot brain alpha mem 40%]", "typed", ""),
        (f"{SAID}?? May I delete it?\n > 1) yes\n   2) no\npress a number", "approval", "May I delete it?"),
        ("<< It says:\n~~ thinking\n<< done\nrobot> \n[robot brain alpha mem 40%]", "idle", ""),
    ],
)
def test_a_file_in_a_folder_is_a_new_agent(robot: Detector, text: str, state: str, reason: str) -> None:
    found = robot.detect(screen(text))
    assert (found.agent, found.state.value, found.reason) == ("robot", state, reason)
    assert DETECTOR.detect(screen(text)).agent == ""


def test_everything_else_of_a_new_agent(robot: Detector) -> None:
    assert robot.agents == (*DETECTOR.agents, "robot")
    idle = screen(f"{SAID}robot> say something\n[robot brain alpha mem 40%]")
    found = robot.detect(idle)
    assert (found.facts.model, found.facts.context_left, found.facts.ghost) == ("alpha", 40, "say something")
    assert robot.detect(idle, title="robot: busy").state is AgentState.WORKING
    asks = robot.detect(screen("?? May I?\n > 1) yes\n   2) no\npress a number"))
    assert asks.options == ("yes", "no")
    assert robot.detect(screen("ROBOT 7 starts"), command="robot").agent == "robot"
    assert robot.detect(screen(APPROVAL)).agent == "claude"
    assert robot.detect(codex(CODEX_TURN)).agent == "codex"


def test_a_file_of_a_known_agent_takes_its_place(tmp_path: Path) -> None:
    raw = load_yaml("claude.yaml")
    raw["rules"] = [rule for rule in raw["rules"] if rule["id"] != "claude.spinner"]
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    working = claude(TURN + "\n✻ Pondering… (9s)\n")
    assert DETECTOR.detect(working).state is AgentState.WORKING
    changed = Detector.load([tmp_path])
    assert changed.detect(working).state is AgentState.IDLE
    assert changed.agents == DETECTOR.agents


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert len(load_all([tmp_path / "none"])) == len(shipped())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a list", "not a mapping"),
        ("agent: [", "robot.yaml"),
        ("agent: Robot!", "agent"),
        ("agent: robot\nlayout: circle", "circle"),
        ("agent: robot\nrecognise: {}\nstructure: {turn: a}", "prompt missing"),
        ("agent: robot\nrecognise: 3\nstructure: {prompt: a}", "recognise"),
        ("agent: robot\nrecognise: {}\nstructure: {prompt: '('}", "pattern"),
        ("agent: robot\nrecognise: {}\nstructure: {prompt: 3}", "not a pattern"),
        ("agent: robot\nrecognise: {}\nstructure: {prompt: a}\nrules: {a: b}", "list of mappings"),
        ("agent: robot\nrecognise: {}\nstructure: {prompt: a}\ncolour: red", "unknown keys"),
        ("agent: robot\nrecognise: {}\nstructure: {prompt: a}\ntitles: [{state: cosy, regex: a}]", "cosy"),
        ("agent: robot\nrecognise: {}\nstructure: {prompt: a}\nfacts: [{region: box, regex: a}]", "named groups"),
        (
            "agent: robot\nrecognise: {}\nstructure: {prompt: a}\nfacts: [{region: x, regex: '(?P<left>a)'}]",
            "unknown region",
        ),
        ("agent: robot\nrecognise: {}\nstructure: {prompt: a}\nrules: [{id: a, also: 3}]", "rule a"),
        (
            "agent: robot\nrecognise: {}\nstructure: {prompt: a}\nrules:\n"
            + "- {id: a, state: idle, priority: 1, region: box, regex: a}\n" * 2,
            "two of that id",
        ),
        ("agent: robot\x00", "robot.yaml"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "robot.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"robot\.yaml") as caught:
        Detector.load([tmp_path])
    assert message in str(caught.value)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "robot.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"robot\.yaml"):
        Detector.load([tmp_path])


@pytest.mark.parametrize(
    ("versions", "given", "holds"),
    [
        ({"from": "2.0"}, "1.9.9", False),
        ({"from": "2.0"}, "2.0.0", True),
        ({"below": "2.0"}, "2.0.0", False),
        ({"from": "1.0", "below": "2.0"}, "1.5", True),
        ({"from": "2.0"}, "", True),
        ({"from": "0.100"}, "0.87.0", False),
    ],
)
def test_a_rule_holds_for_its_versions(versions: dict[str, str], given: str, holds: bool) -> None:
    raw: dict[str, Any] = yaml.safe_load(ROBOT_RULES)
    raw["rules"].append(
        {"id": "robot.new", "state": "limit", "priority": 999, "region": "box", "regex": "^", "versions": versions}
    )
    detector = Detector(**{**_fields(DETECTOR), "sets": (compile_set(raw, "x.yaml"),)})
    found = detector.detect(screen("robot> \n[robot x]"), version=given)
    assert (found.rule == "robot.new") is holds


def test_the_version_is_read_off_the_screen() -> None:
    help_below = "  ! for bash mode   double tap esc to clear input\n  / for commands    shift + tab to auto-accept"
    for version, state in (("2.1.100", "idle"), ("2.1.330", "menu")):
        seen = claude(f" ▐▛███▜▌   Claude Code v{version}\n{TURN}", footer=help_below)
        assert DETECTOR.detect(seen).state.value == state


@pytest.mark.parametrize("name", shipped())
def test_what_is_shipped_is_well_formed(name: str) -> None:
    rules = compile_set(load_yaml(name), name)
    assert rules.agent == name.removesuffix(".yaml")
    assert len(rules.rules) > 5
    assert all(rule.id.startswith(f"{rules.agent}.") for rule in rules.rules)
    assert [rule.priority for rule in rules.rules] == sorted((rule.priority for rule in rules.rules), reverse=True)
    dialogs = [rule.priority for rule in rules.rules if rule.region == "dialog"]
    work = [rule.priority for rule in rules.rules if rule.state is AgentState.WORKING]
    errors = [rule.priority for rule in rules.rules if rule.state is AgentState.ERROR]
    idle = [rule.priority for rule in rules.rules if rule.state is AgentState.IDLE and rule.region == "box"]
    assert min(dialogs) > max(work)
    assert max(errors) > max(idle)


def test_gemini_has_no_code() -> None:
    assert load_yaml("gemini.yaml")["layout"] == "lines"
    folder = Path(__file__).parents[2] / "console" / "agents"
    names = ["detector", "facts", "lines_layout", "questions", "reasons", "regions", "rule_files", "rules"]
    text = "\n".join((folder / f"{name}.py").read_text(encoding="utf-8") for name in names)
    assert "claude_layout" in text
    assert "gemini" not in text.replace("agent: gemini", "").replace("'^gemini$'", "")


def _fields(detector: Detector) -> dict[str, Any]:
    return {name: getattr(detector, name) for name in Detector.__slots__}
