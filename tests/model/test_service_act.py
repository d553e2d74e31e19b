"""Acts on services: commands, consequences, refusals."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from console import i18n
from console.model.service import Judgement, Service, State
from console.model.service_act import MANAGERS, About, Step, Verb, called, rows_about, wanted
from console.model.service_offers import offer, offers

LABEL = "com.openclaw.otel"


def row(state: State | str = State.RUNNING, manager: str = "launchd", **more: object) -> Service:
    pid = 700 if state == State.RUNNING else None
    made = Service(
        "수집기", "running", str(state), Judgement.OK, "seen", manager=manager, label=LABEL, state=str(state)
    )
    return replace(made, pid=pid, **more)  # type: ignore[arg-type]


KNOWN = About(uid=501, plist=f"/L/{LABEL}.plist", keep_alive=False, socket="/s.sock", program="g:p")


@pytest.mark.parametrize(
    ("manager", "state", "verb", "command"),
    [
        ("launchd", State.LOADED, Verb.START, f"launchctl kickstart gui/501/{LABEL}"),
        ("launchd", State.LOADED, Verb.KICKSTART, f"launchctl kickstart gui/501/{LABEL}"),
        ("launchd", State.RUNNING, Verb.RESTART, f"launchctl kickstart -k gui/501/{LABEL}"),
        ("launchd", State.RUNNING, Verb.STOP, f"launchctl kill SIGTERM gui/501/{LABEL}"),
        ("launchd", State.UNLOADED, Verb.LOAD, f"launchctl bootstrap gui/501 /L/{LABEL}.plist"),
        ("launchd", State.RUNNING, Verb.UNLOAD, f"launchctl bootout gui/501/{LABEL}"),
        ("systemd --user", State.LOADED, Verb.START, f"systemctl --user --no-pager --no-ask-password start -- {LABEL}"),
        ("systemd --user", State.RUNNING, Verb.UNLOAD,
         f"systemctl --user --no-pager --no-ask-password disable --now -- {LABEL}"),
        ("supervisor", State.STOPPED, Verb.START, 'supervisor.startProcess("g:p", true) at /s.sock'),
        ("supervisor", State.RUNNING, Verb.RESTART,
         'supervisor.stopProcess("g:p", true) at /s.sock; then supervisor.startProcess("g:p", true) at /s.sock'),
        ("supervisor", State.UNLOADED, Verb.LOAD,
         'supervisor.reloadConfig() at /s.sock; then supervisor.addProcessGroup("g") at /s.sock'),
        ("supervisor", State.STOPPED, Verb.UNLOAD,
         'supervisor.stopProcessGroup("g", true) at /s.sock; then supervisor.removeProcessGroup("g") at /s.sock'),
    ],
)  # fmt: skip
def test_the_exact_command_is_told_with_its_consequence(manager: str, state: State, verb: Verb, command: str) -> None:
    made = offer(row(state, manager), verb, KNOWN)
    assert (made.command, made.refusal) == (command, "")
    assert made.consequence


@pytest.mark.parametrize(
    ("service", "verb", "about", "why", "remedy"),
    [
        (row(), Verb.STOP, replace(KNOWN, keep_alive=True), "keeps it alive", "unload"),
        (row(), Verb.STOP, replace(KNOWN, keep_alive=None, plist=""), "nobody knows", "unload"),
        (row(), Verb.STOP, replace(KNOWN, schedule="every 5m"), "every 5m", "unload"),
        (row(State.UNLOADED), Verb.START, KNOWN, "not loaded", "load it"),
        (row(State.UNLOADED), Verb.LOAD, replace(KNOWN, plist=""), "no property list", ""),
        (row(State.UNLOADED), Verb.LOAD, replace(KNOWN, expected=("unloaded",)), "to be unloaded", "expected:"),
        (row(State.LOADED), Verb.START, replace(KNOWN, expected=("running", "absent")), "expected to be absent", ""),
        (row(State.LOADED), Verb.START, replace(KNOWN, automatic=True, lacks=("a rate limit", "a dry run")),
         "needs a rate limit and a dry run", "entry"),
        (row(), Verb.RESTART, replace(KNOWN, codex=("코덱스 2",)), "코덱스 2", "wait"),
        (row(), Verb.UNLOAD, replace(KNOWN, codex=("CODEX 1",)), "at work", "wait"),
        (row(), Verb.UNLOAD, replace(KNOWN, daemon=True), "root", "sudo"),
        (row(manager="systemd"), Verb.RESTART, KNOWN, "root", f"sudo systemctl restart {LABEL}"),
        (row(State.UNKNOWN), Verb.START, KNOWN, "not known", "find out"),
        (row(), Verb.START, KNOWN, "running already", "restart"),
        (row(State.STOPPED, "supervisor"), Verb.STOP, KNOWN, "does not run", ""),
        (row(State.LOADED), Verb.LOAD, KNOWN, "loaded already", ""),
        (row(State.UNLOADED), Verb.UNLOAD, KNOWN, "unloaded already", ""),
        (row(manager="process"), Verb.STOP, KNOWN, "no manager", "unit"),
        (row(manager="supervisor"), Verb.KICKSTART, KNOWN, "no kickstart", "start"),
        (row(members=(row(),)), Verb.STOP, KNOWN, "stands for 1", "name one"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why_and_what_to_do(
    service: Service, verb: Verb, about: About, why: str, remedy: str
) -> None:
    made = offer(service, verb, about)
    assert why in made.refusal, made
    assert remedy in made.remedy


def test_an_act_is_explained_in_korean_and_its_command_is_what_it_is() -> None:
    i18n.use("ko")
    made = offer(row(), Verb.RESTART, KNOWN)
    assert made.command == f"launchctl kickstart -k gui/501/{LABEL}"
    assert made.consequence == "프로세스(700) 강제 종료 후 바로 다시 시작합니다"
    barred = offer(row(State.LOADED), Verb.START, replace(KNOWN, expected=("unloaded",)))
    assert barred.refusal == "기대 상태 '언로드됨': 실행되면 경보가 됩니다"
    assert "즉시 실행" in offer(row(manager="http"), Verb.KICKSTART, KNOWN).refusal


def test_an_automatic_dispatcher_with_its_evidence_may_start_and_shows_it() -> None:
    made = offer(row(State.LOADED), Verb.START, replace(KNOWN, automatic=True, proof="it keeps to 20 an hour"))
    assert not made.refusal
    assert "20 an hour" in made.consequence


def test_every_manager_state_and_verb_has_an_answer() -> None:
    for manager, state, verb in product((*MANAGERS, "cron", "http", ""), State, Verb):
        made = offer(row(state, manager), verb, KNOWN)
        assert made.refusal or (made.steps and made.consequence), (manager, state, verb)
        assert not (state is State.UNKNOWN and not made.refusal)
    assert not offers(row(manager="http"), KNOWN)


def test_what_counts_as_done() -> None:
    before, began = row(), 1000.0
    assert wanted(Verb.RESTART, before, replace(before, pid=701), began)
    assert wanted(Verb.RESTART, before, replace(before, since=1000.5), began)
    assert not wanted(Verb.RESTART, before, before, began)
    assert wanted(Verb.STOP, before, row(State.LOADED), began)
    assert not wanted(Verb.STOP, before, row(State.UNKNOWN), began)
    assert not wanted(Verb.START, before, row(State.STARTING), began)
    assert not wanted(Verb.UNLOAD, before, row(State.LOADED), began)


def test_names_find_rows_members_and_labels() -> None:
    member = replace(row(), name="com.openclaw.x", label="com.openclaw.x")
    group = replace(row(), name="OpenClaw", label="com.openclaw.*", members=(member,))
    rows = (group, row())
    assert called(rows, "OpenClaw") is group
    assert called(rows, "com.openclaw.x") is member
    assert called(rows, LABEL) is rows[1]
    assert called(rows, "nothing") is None
    assert rows_about(rows, member) == (member,)


def test_steps_are_told_exactly() -> None:
    assert Step(("launchctl", "list")).text == "launchctl list"
