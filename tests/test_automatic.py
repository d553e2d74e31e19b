"""An automatic dispatcher that is on forbids sending by hand: what the watched services tell of it."""

from __future__ import annotations

import pytest

from console.model.expected import parse
from console.model.guard import Automatic
from console.model.service import Observation, Service, State
from console.model.service_rows import Watched, group_row, row
from console.sending import automatic


def service(state: State, name: str = "auto-dispatcher", manager: str = "launchd", label: str = "") -> Service:
    return row(Watched(name, parse("unloaded"), manager, label), Observation(state, "seen"), 0.0)


@pytest.mark.parametrize(
    ("state", "loaded", "runs"),
    [
        (State.RUNNING, True, True),
        (State.STARTING, True, True),
        (State.LOADED, True, False),
        (State.FAILED, True, False),
        (State.STOPPED, False, False),
        (State.UNLOADED, False, False),
        (State.ABSENT, False, False),
        (State.UNKNOWN, None, None),
    ],
)
def test_the_state_of_its_service_tells(state: State, loaded: bool | None, runs: bool | None) -> None:
    assert automatic([service(state)]) == Automatic("auto-dispatcher", loaded=loaded, running=runs)


def test_one_row_that_says_it_is_on_is_enough_and_off_is_what_all_say() -> None:
    off, on, lost = service(State.UNLOADED), service(State.RUNNING, "auto_dispatcher.sh"), service(State.UNKNOWN)
    assert automatic([off, on]) == Automatic("auto_dispatcher.sh", loaded=True, running=True)
    assert automatic([off, lost]) == Automatic("auto-dispatcher", loaded=None, running=None)
    assert automatic([off, off]) == Automatic("auto-dispatcher", loaded=False, running=False)


def test_it_is_found_by_its_label_and_among_the_members_of_a_pattern() -> None:
    assert automatic([service(State.LOADED, "배분", label="com.openclaw.auto-dispatcher")]) is not None
    members = [("com.openclaw.auto-dispatcher", Observation(State.LOADED, "")), ("b", Observation(State.RUNNING, ""))]
    group = group_row(Watched("OpenClaw", parse("loaded"), "launchd", "com.openclaw.*"), members, 0.0)
    assert automatic([group]) == Automatic("com.openclaw.auto-dispatcher", loaded=True, running=False)


def test_what_is_not_the_dispatcher_tells_nothing_of_it() -> None:
    assert automatic([service(State.RUNNING, "dispatch-watcher"), service(State.RUNNING, "automation")]) is None
    assert automatic([service(State.EXISTS, "auto-dispatcher log", "file")]) is None


def test_a_row_of_an_older_reader_tells_by_what_it_observed() -> None:
    from console.model.service import Judgement

    old = Service("auto-dispatcher", "absent", "running", Judgement.ALARM, "pid 9")
    assert automatic([old]) == Automatic("auto-dispatcher", loaded=True, running=True)
