"""The example configuration: complete, the operator's fleet, and else nothing but defaults."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path

from console import config_attention
from console.config import (
    CollectorConfig,
    Config,
    LogConfig,
    MuxConfig,
    ServiceConfig,
    SurfaceConfig,
    TrackerConfig,
    load,
)
from console.config_operations import ArtifactSection, AutomationSection, FigureSection
from console.config_sections import (
    ApprovalSection,
    AutomaticSection,
    GuardSection,
    NotifySection,
    TemplateSection,
    TraceSection,
    VerifySection,
)
from console.model.dispatch import DispatchStatus
from console.model.guard import FINAL, RULES

EXAMPLE = Path(__file__).parents[1] / "config.example.yaml"
COMMANDS = ("surface.send", "surface.answer", "app.quit")


def test_the_example_is_the_operators_fleet_and_else_changes_nothing() -> None:
    found = load(EXAMPLE)
    assert replace(found, surfaces=()) == Config()
    where = {surface.ref: surface.workspace for surface in found.surfaces}
    first = {f"surface:{n}": "workspace:1" for n in (1, 2, 3, 5)}
    assert where == {**first, "surface:6": "workspace:2", "surface:7": "workspace:3"}
    assert all(surface.name and surface.role and surface.agent for surface in found.surfaces)


def test_the_example_fleet_loads(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text(uncommented(EXAMPLE.read_text()))
    found = load(path, ("surface.send",))
    assert [surface.ref for surface in found.surfaces] == [f"surface:{n}" for n in (1, 2, 3, 5, 6, 7)]
    assert {service.name: service.expected for service in found.services}["auto-dispatcher"] == "unloaded"
    assert found.keys == {"surface.send": ("ctrl+s",)}
    assert [each.expected for each in found.automation] == ["running", "gone", "0", "at most 3"]
    assert found.automation[2].clean and found.artifacts[2].glob.startswith("/")
    assert found.figures[1].json == ("dispatches", "#") and found.figures[2].pattern == r"완료 ([\d,]+\+?)"
    assert found.log.fields == {"task": ("작업내용", "what"), "surface": ("seat",)}
    assert found.log.statuses == {"인계 대기": DispatchStatus.NEEDS_CHECK}
    assert (
        found.log.tracker.set_status[-2:] == ("{number}", "{status}") and found.log.tracker.statuses["done"] == "완료"
    )


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^#(?= {4})", " ", text)


def test_the_example_documents_every_key_with_its_default() -> None:
    """Above each ``key:`` stands its ``Default:``; the keys of a list's entries have a line each in its comment."""
    text = whole = EXAMPLE.read_text()
    for section, after in (
        (Config, ""),
        (MuxConfig, ""),
        (LogConfig, ""),
        (TrackerConfig, ""),
        (CollectorConfig, "\ncollector:\n"),
        (NotifySection, ""),
        (ApprovalSection, ""),
        (GuardSection, "\nguards:\n"),
        (AutomaticSection, "\n  automatic:\n"),
        (TraceSection, "\ntrace:\n"),
        (VerifySection, "\nverify:\n"),
    ):
        text = whole[whole.index(after) :]
        for field in fields(section):
            if is_dataclass(field.default) and not isinstance(field.default, type):
                assert re.search(rf"(?m)^ *{field.name}:$", text), field.name
                continue
            comment = re.search(rf"((?:^ *#.*\n)+)^ *{field.name}:", text, re.M)
            assert comment, field.name
            assert documented(re.sub(r"(?m)^#   .*\n", "", comment.group(1))) == shown(field.default), field.name
    text = whole
    entries = (
        *(("surfaces", SurfaceConfig), ("services", ServiceConfig), ("automation", AutomationSection)),
        *(("artifacts", ArtifactSection), ("figures", FigureSection), ("templates", TemplateSection)),
    )
    for name, entry in entries:
        table = re.search(rf"((?:^#.*\n)+)^{name}:", text, re.M)
        assert table, name
        for field in fields(entry):
            line = re.search(rf"(?m)^#   {field.name} +\S.*$", table.group(1))
            assert line, field.name
            said = "required" if line.group().endswith("; required") else documented(line.group())
            assert said == ("required" if field.default is MISSING else shown(field.default)), field.name


def test_the_guards_of_the_configuration_are_those_there_are() -> None:
    assert set(config_attention.FINAL) == FINAL
    assert {*config_attention.GUARDS, *FINAL} == {rule.name for rule in RULES}


def documented(comment: str) -> str:
    found = re.findall(r'Default: (""|[\w.]+)', comment)
    return found[-1] if found else ""


def shown(default: object) -> str:
    if default == "":
        return '""'
    return "none" if default is MISSING or default == () else str(default)
