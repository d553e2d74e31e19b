"""The watched services without a screen."""

from __future__ import annotations

import json
import re
from dataclasses import fields

from console.headless_services import all_well, service_checks, service_document, service_lines
from console.model.expected import parse
from console.model.reading import ServicesRead
from console.model.service import Observation, Service, State
from console.model.service_rows import Watched, group_row, row
from console.model.snapshot import ServicesSlice, Snapshot, reduce

NOW = 1_775_806_860.0
AUTO = row(
    Watched("auto-dispatcher", parse("unloaded"), "launchd", "com.openclaw.auto-dispatcher", "openclaw", 10.0, "/l"),
    Observation(State.UNLOADED, "not in the list"),
    NOW,
)
LOST = row(
    Watched("web", parse("running"), "supervisor", "web"),
    Observation(State.UNKNOWN, "", error="no socket; start it"),
    NOW,
)
GROUP = group_row(
    Watched("OpenClaw", parse("loaded"), "launchd", "com.openclaw.*"),
    [
        ("a", Observation(State.LOADED, "idle")),
        ("b", Observation(State.LOADED, "idle", last_exit="exit 1", warning="bad")),
    ],
    NOW,
)


def taken(*rows: Service) -> ServicesSlice:
    snapshot = Snapshot(services=ServicesSlice("services"))
    return reduce(snapshot, ServicesRead(NOW, "services", rows)).services


def test_the_document_has_every_field() -> None:
    services = taken(AUTO, LOST, GROUP)
    said = [json.loads(json.dumps(service_document(each, services.history))) for each in services.services]
    auto, lost, group = said
    assert (auto["state"], auto["since"], auto["judgement"], auto["every_s"]) == ("unloaded", NOW, "ok", 10.0)
    assert auto["history"] == [{"at": NOW, "state": "unloaded"}] and auto["label"] == "com.openclaw.auto-dispatcher"
    assert (lost["error"], lost["judgement"], lost["since"]) == ("no socket; start it", "unknown", None)
    assert [member["name"] for member in group["members"]] == ["a", "b"] and group["count"] == 2
    renamed = {"size": "bytes", "age": "age_s", "latency": "latency_s", "period": "every_s"}
    assert {renamed.get(field.name, field.name) for field in fields(Service)} | {"history"} == set(auto)


def test_the_lines_tell_since_when_and_who_is_odd() -> None:
    lines = list(service_lines(taken(AUTO, GROUP)))
    assert re.fullmatch(
        r"  ok: auto-dispatcher unloaded, expected unloaded, since [\d: -]+ \(not in the list\)", lines[0]
    ), lines
    assert lines[1].startswith("  attention: OpenClaw 1 of 2 odd, expected loaded (2 loaded; not as expected: b loaded")
    assert lines[2] == "    attention: b loaded (idle; bad)"
    assert list(service_lines(ServicesSlice())) == ["services: not configured"]


def test_what_is_not_known_is_not_said_to_be_well() -> None:
    assert all_well(taken(AUTO)) == "all well" == all_well(ServicesSlice())
    assert all_well(taken(AUTO, LOST)).endswith("; unknown: web")


def test_doctor_says_what_cannot_be_read_and_what_to_do() -> None:
    found = service_checks(taken(AUTO, LOST, GROUP))
    assert found[0] == ("services", False, "3 by launchd, supervisor: 1 ok, 1 attention, 1 unknown")
    assert ("service", False, "web: unknown, expected running (no socket; start it)") in found and len(found) == 3
    assert service_checks(taken(AUTO)) == [("services", True, "1 by launchd: 1 ok")]
    assert service_checks(ServicesSlice())[0][1] is True
