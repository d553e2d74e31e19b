"""Trace contexts, and spans that reach a real receiver, or nobody, without anything being blocked or printed."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.telemetry import spans
from console.telemetry.spans import LIMIT, MISSING
from console.telemetry.trace import About, SpanName, TraceParent, Tracer, child, make, parse
from tests.eventually import eventually_now
from tests.telemetry.otlp import SDK, answering, free_port, hanging, missing, rotel
from tests.tmux_server import ROOT

A, B = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{A}-{B}-01"
ABOUT = About("#54", "%3", "codex", "submitted", 1, 40)

needs_sdk = pytest.mark.skipif(bool(missing(*SDK)), reason=missing(*SDK))
needs_rotel = pytest.mark.skipif(bool(missing(*SDK, "rotel")), reason=missing(*SDK, "rotel"))


@pytest.mark.parametrize("flags", [0, 1, 2, 3, 255])
def test_every_flag_is_read(flags: int) -> None:
    found = parse(f"00-{A}-{B}-{flags:02x}")
    assert found == TraceParent(A, B, flags)
    assert found.sampled is bool(flags & 1)
    assert str(found) == f"00-{A}-{B}-{flags:02x}"


@pytest.mark.parametrize(
    "text",
    [
        "", "00", PARENT[:-1], f"{PARENT}0", f"{PARENT}-00", f"ff{PARENT[2:]}", PARENT.upper(), f"00_{PARENT[3:]}",
        f"00-{'0' * 32}-{B}-01", f"00-{A}-{'0' * 16}-01", f"0x{PARENT[2:]}", f"{PARENT}\n{PARENT}",
        f"00-{A}-{B}-1g", f"00-{A[:-1]}é-{B}-01", f"01-{A}-{B}-01x",
    ],
)  # fmt: skip
def test_what_is_not_valid_is_none(text: str) -> None:
    assert parse(text) is None


def test_of_a_later_version_the_known_part_is_read() -> None:
    assert parse(f"cc-{A}-{B}-01-what-will-be") == parse(f"01-{A}-{B}-01") == parse(f" {PARENT}\n")


@given(st.text(max_size=80))
def test_no_text_breaks_it_and_what_is_read_is_written_the_same(text: str) -> None:
    found = parse(text)
    assert found is None or parse(str(found)) == found


@given(st.integers(0, 255))
def test_what_is_made_is_valid_random_and_its_children_are_in_its_trace(flags: int) -> None:
    made = make(flags=flags)
    assert parse(str(made)) == made
    below = child(made)
    assert (below.trace_id, below.flags) == (made.trace_id, flags)
    assert below.span_id != made.span_id and make().trace_id != made.trace_id


def test_ids_of_zeros_are_never_made() -> None:
    zeros = iter(["0" * 32, A, "0" * 16, "0" * 16, B])
    assert str(make(lambda size: next(zeros), 1)) == PARENT
    assert make().flags == 3


def test_a_span_says_who_and_how_it_ended_and_has_no_place_for_a_text() -> None:
    fields = {field.name for field in dataclasses.fields(About)}
    assert fields == {"dispatch", "surface", "agent", "outcome", "enters", "characters"}
    said = About("#1", "surface:1 \x1b[31m token=abcdefgh12345" + "x" * 200, "claude").attributes()
    assert said["dispatch.surface"] == "surface:1  token=[redacted]"
    assert all(len(str(value)) <= 81 for value in said.values())
    assert said["gen_ai.provider.name"] == "anthropic" and "dispatch.enters" not in said


@pytest.mark.parametrize("url", ["", "  "])
def test_it_is_off_by_default(url: str) -> None:
    tracer = Tracer(url)
    tracer.span("dispatch", PARENT, 1.0, 2.0, ABOUT)
    assert (tracer.enabled, tracer.problem, tracer.counts, tracer.close()) == (False, "", (0, 0, 0), True)


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "ftp://x", "http://", "http://x:99999", "http://[x", "grpc://x:1"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    tracer = Tracer(url)
    tracer.span("dispatch", PARENT, 1.0, 2.0, ABOUT)
    assert not tracer.enabled and "is no address of a collector" in tracer.problem


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
        ("https://c.example/otlp/v1/traces?k=1", "https://c.example/otlp/v1/traces?k=1"),
    ],
)
def test_the_base_or_the_whole_address_may_be_given(url: str, address: str) -> None:
    assert Tracer(url).url == address


def test_without_the_extra_it_is_told_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("opentelemetry", "requests"):
        monkeypatch.setitem(sys.modules, name, None)
    tracer = Tracer(f"http://127.0.0.1:{free_port()}")
    tracer.span("dispatch", PARENT, 1.0, 2.0, ABOUT)
    assert tracer.close(20)
    assert tracer.problem == MISSING and tracer.counts == (0, 1, 0)


@needs_rotel
def test_a_real_receiver_gets_every_span_with_its_ids_and_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a shell of the operator may have set and what must not matter here.
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "user.name=somebody")
    with rotel(tmp_path) as receiver:
        tracer = Tracer(receiver.url)
        names: tuple[SpanName, ...] = ("dispatch", "dispatch.send", "dispatch.verify")
        sent = [make() for _ in range(50)]
        for each in sent:
            for name in names:
                tracer.span(name, str(each), 1_700_000_000.0, 1_700_000_003.5, ABOUT, links=[PARENT, "nonsense"])
        tracer.span("dispatch", f"00-{A}-{B}-02", 1.0, 2.0, ABOUT)  # not sampled
        tracer.span("dispatch", "nonsense", 1.0, 2.0, ABOUT)
        assert tracer.close(30)
        eventually_now(lambda: receiver.count() >= 150, 20, receiver.text)
        text = receiver.text()
    assert receiver.count() == 150
    assert (tracer.counts, tracer.problem) == ((150, 0, 0), "")
    assert all(text.count(f"Trace ID       : {each.trace_id}") == 3 for each in sent)
    assert all(text.count(f"\n    ID             : {each.span_id}") == 1 for each in sent), "the root has the id"
    assert all(text.count(f"\n    Parent ID      : {each.span_id}") == 2 for each in sent)
    assert text.count(f"-> ID: {B}") == 150, "the links"
    assert text.count("Start time: 1700000000000000000\nEnd time: 1700000003500000000") == 150
    assert "service.name: Str(oc-console)" in text and "somebody" not in text


@needs_sdk
@pytest.mark.parametrize("status", [400, 404, 405, 415, 500, 503])
def test_a_receiver_that_refuses_is_told_and_its_spans_are_counted(status: int) -> None:
    with answering(status) as server:
        tracer = Tracer(server.url, timeout=0.5)
        tracer.span("dispatch", PARENT, 1.0, 2.0, ABOUT)
        assert tracer.close(20)
        assert set(server.asked) == {"/v1/traces"}
    assert tracer.counts == (0, 1, 0)
    assert tracer.problem.startswith(f"spans do not arrive at {server.url}/v1/traces: ")


@needs_sdk
def test_a_span_that_cannot_be_put_together_does_not_end_the_exporting(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200) as server:
        tracer = Tracer(server.url)
        with monkeypatch.context() as broken:
            broken.setattr(spans, "_readable", lambda *_: 1 / 0)
            tracer.span("dispatch", PARENT, 1.0, 2.0, ABOUT)
            eventually_now(lambda: tracer.counts == (0, 1, 0))
        assert "ZeroDivisionError" in tracer.problem
        tracer.span("dispatch", PARENT, -1.0, float("nan"), ABOUT)
        assert tracer.close(20)
    assert (tracer.counts, tracer.problem) == ((1, 1, 0), "")


@needs_sdk
def test_it_is_not_led_elsewhere() -> None:
    with answering(200) as elsewhere, answering(307, Location=f"{elsewhere.url}/v1/traces") as server:
        tracer = Tracer(server.url)
        tracer.span("dispatch", PARENT, 1.0, 2.0, ABOUT)
        assert tracer.close(20)
        assert server.asked and not elsewhere.asked
    assert tracer.counts == (0, 1, 0)


@needs_sdk
def test_a_receiver_that_hangs_holds_up_nobody() -> None:
    with hanging() as server:
        tracer = Tracer(server.url, timeout=600)
        tracer.span("dispatch", PARENT, 1.0, 2.0, ABOUT)
        eventually_now(lambda: server.connections)
        for _ in range(LIMIT + 10):
            tracer.span("dispatch.send", PARENT, 1.0, 2.0, ABOUT)
        assert tracer.counts == (0, 0, 10), "what waits is bounded"
        assert not tracer.close(0.01), "it is told that something was left"
        assert server.thread.is_alive(), "nobody has answered yet"
        tracer.span("dispatch", PARENT, 1.0, 2.0, ABOUT)
        assert tracer.counts == (0, LIMIT, 11)
    eventually_now(lambda: not any(each.name == "oc-spans" for each in threading.enumerate()), 30)


def _program(url: str, end: str, begin: str = "") -> subprocess.CompletedProcess[str]:
    """A console that sends spans to *url* and ends; every warning and every log is let through."""
    program = f"""
{begin}
import sys, threading
from console.telemetry.trace import About, Tracer
tracer = Tracer({url!r})
for number in range(5):
    tracer.span("dispatch", {PARENT!r}, 1.0, 2.0, About("#1", "%1", "claude", "submitted"))
{end}
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OTEL_LOG_LEVEL": "debug", "PYTHONWARNINGS": "always"}
    argv = [sys.executable, "-c", program]
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)


WAIT = "tracer.close(30); assert tracer.counts == (0, 5, 0) and tracer.problem, (tracer.counts, tracer.problem)"


@needs_sdk
def test_a_dead_collector_prints_nothing() -> None:
    done = _program(f"http://127.0.0.1:{free_port()}", WAIT, "import logging; logging.basicConfig(level=0)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_sdk
@pytest.mark.parametrize("end", [WAIT, "tracer.close()", "", "import time; time.sleep(0.3)"])
def test_a_hanging_collector_prints_nothing_and_the_program_ends(end: str) -> None:
    with hanging() as server:
        done = _program(server.url, end)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_is_loaded_and_no_thread_is_started_when_it_is_off() -> None:
    check = (
        "assert not {'opentelemetry', 'requests', 'logging', 'console.telemetry.spans'} & set(sys.modules)\n"
        "assert threading.active_count() == 1"
    )
    done = _program("", check)
    assert (done.returncode, done.stderr) == (0, "")
