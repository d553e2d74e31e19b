"""HTTP checks over real sockets."""

from __future__ import annotations

import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.config import ServiceConfig
from console.http_get import Answer
from console.model.service import Judgement, Service, State
from console.services.http import Http, _value, probe
from console.services.scheduler import read_once
from tests.services.http_ground import Talk, drips, floods, hangs, mumbles, says, server

HEALTH = json.dumps({"status": "ok", "checks": {"db": "정상", "queue": 3, "disk": "down"}, "ready": True}).encode()


def spec(
    url: str, expected: str = "", status: int = 0, field: str = "", equals: str = "", patience: float = 10.0
) -> ServiceConfig:
    return ServiceConfig(
        "web", http=url, expected=expected, status=status, field=field, equals=equals, timeout=patience
    )


async def look(one: ServiceConfig) -> Service:
    [row] = await read_once(Http([one]))
    return row


@pytest.mark.parametrize(
    ("field", "equals", "word", "judgement", "evidence"),
    [
        ("", "", "up", "ok", "200 application/json"),
        ("status", "", "up", "ok", "200 status=ok"),
        ("status", "OK", "up", "ok", "200 status=ok"),
        ("status", "green", "failed", "alarm", "200 status=ok, green is wanted"),
        ("ready", "", "up", "ok", "200 ready=true"),
        ("checks.db", "", "up", "ok", "200 checks.db=정상"),
        ("checks.queue", "", "up", "ok", "200 checks.queue=3"),
        ("checks.disk", "", "failed", "alarm", "200 checks.disk=down"),
        ("checks", "", "unknown", "unknown", "is that good?"),
        ("checks.none", "", "unknown", "unknown", "there is no checks.none in the answer"),
        ("status.a", "", "unknown", "unknown", "there is no status.a"),
    ],
)
async def test_a_value_of_the_answer_is_judged(
    field: str, equals: str, word: str, judgement: str, evidence: str
) -> None:
    with server(says(HEALTH)) as url:
        row = await look(spec(url, field=field, equals=equals))
    assert (row.word, str(row.judgement)) == (word, judgement) and evidence in row.evidence
    assert row.latency is not None or word == "unknown"


@pytest.mark.parametrize(
    ("talk", "field", "word", "evidence"),
    [
        (says(b"<!doctype html><h1>ok</h1>", kind="text/html"), "", "up", "200 text/html"),
        (says(b"<!doctype html><h1>ok</h1>", kind="text/html"), "status", "failed", "text/html is no JSON"),
        (says(b"<!doctype html>", kind="application/json"), "status", "failed", "is no JSON"),
        (says(b"", status="302 Found"), "", "unknown", "302: a redirect, not followed"),
        (says(HEALTH, status="404 Not Found"), "status", "failed", "404"),
        (says(HEALTH, status="503 Service Unavailable"), "status", "failed", "503"),
        (says(HEALTH, length=9999), "status", "failed", "shorter than it says"),
        (says(b"[" * 5000), "status", "failed", "is no JSON"),
        (floods, "", "up", "200 text/html"),
        (floods, "status", "unknown", "larger than 256 kB"),
        (mumbles, "", "failed", "is not HTTP"),
    ],
)
async def test_other_answers(talk: Talk, field: str, word: str, evidence: str) -> None:
    with server(talk) as url:
        row = await look(spec(url, field=field))
    assert row.word == word and evidence in row.evidence
    assert (row.judgement is Judgement.OK) == (word == "up")


@pytest.mark.parametrize("talk", [hangs, drips])
async def test_one_that_does_not_come_to_an_end_has_failed(talk: Talk) -> None:
    with server(talk) as url:
        row = await look(spec(url, patience=0.6))
    assert row.judgement is not Judgement.OK and "no answer within" in row.evidence


def test_the_request_itself_comes_to_an_end() -> None:
    """Not only the one who waits for it: a thread that reads on for ever would be lost."""
    with server(drips) as url:
        assert probe(spec(url, patience=0.6)).evidence == "no answer within 0.3 s"


async def test_nobody_there_and_nowhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    refused = await look(spec(url))
    assert (refused.word, refused.judgement) == ("absent", Judgement.ALARM) and "refused" in refused.evidence
    assert (await look(spec(url, "absent"))).judgement is Judgement.OK
    assert (await look(spec("http://no-such-host.invalid/"))).judgement is Judgement.UNKNOWN


async def test_another_status_can_be_right_and_slow_can_be_wrong() -> None:
    with server(says(b"", status="302 Found")) as url:
        assert (await look(spec(url, status=302))).judgement is Judgement.OK
        assert (await look(spec(url, status=204))).judgement is Judgement.ALARM
        slow = await look(spec(url, "up, faster than 0ms", status=302))
    assert slow.judgement is Judgement.ATTENTION and "took longer than" in slow.evidence


@given(st.binary(max_size=100) | st.text(max_size=60).map(str.encode), st.sampled_from(["a", "a.b", "0", "a.0.b", "."]))
def test_no_body_breaks_the_reader(body: bytes, field: str) -> None:
    seen = _value(spec("http://h/", field=field), Answer(200, "x", body, True, 0.1))
    if seen.state is State.UP:
        json.loads(body.decode("utf-8-sig"))
    assert "\x1b" not in seen.evidence


def test_a_url_that_is_none_is_told() -> None:
    assert probe(spec("http://[::1")).state is not State.UP
