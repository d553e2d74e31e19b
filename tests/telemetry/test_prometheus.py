"""Internal metrics of collectors, as their versions write them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.telemetry import Collector, CollectorState, Exporter
from console.telemetry.prometheus import EXPORTERS, canonical, looks_like, parse, read_metrics
from tests.telemetry.metrics_texts import DEFAULT, SHAPES

FOUND = Collector(
    CollectorState.UP, "", logs=80, spans=5, metrics=7, uptime=16.483, memory=129_454_080, refused=3, failed=0,
    exporters=(Exporter("debug", 85, None, 0, 10), Exporter("otlphttp/dead", None, 83, 100, 200)),
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_facts_in_every_shape(shape: str) -> None:
    found = read_metrics(SHAPES[shape].encode())
    assert found is not None and found.evidence.endswith(" series")
    assert replace(found, evidence="") == FOUND
    assert found.exporters[1].fill == 0.5


def test_the_shapes_differ() -> None:
    names = {shape: {name for name, _, _ in parse(text)} for shape, text in SHAPES.items()}
    assert "otelcol_receiver_accepted_spans__spans__total" in names["units"]
    assert "otelcol_process_uptime_seconds_total" in names["explicit"]
    assert "otelcol.receiver.accepted_spans" in names["dotted"]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("otelcol_process_uptime", "process_uptime"), ("otelcol_process_uptime_seconds_total", "process_uptime"),
        ("otelcol_receiver_accepted_spans__spans__total", "receiver_accepted_spans"),
        ("otelcol.receiver.accepted_spans", "receiver_accepted_spans"),
        ("otelcol_exporter_queue_size__batches_", "exporter_queue_size"), ("process_uptime", ""), ("up", ""),
    ],
)  # fmt: skip
def test_one_name_for_every_spelling(name: str, known: str) -> None:
    assert canonical(name) == known


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('a{b="c"} 5', [("a", {"b": "c"}, 5.0)]),
        ('a{b="c",} 5 1700', [("a", {"b": "c"}, 5.0)]),
        ('a{ b = "c" , d="e\\"}{\\n" } 5', [("a", {"b": "c", "d": 'e"}{\n'}, 5.0)]),
        ("a 1e3", [("a", {}, 1000.0)]),
        ('{"a.b",c="d"} 1', [("a.b", {"c": "d"}, 1.0)]),
        ("a NaN", []), ("a +Inf", []), ("a -1", []), ("a", []), ('a{b="c" 5', []), ("a{b=c} 5", []), ("{} 5", []),
        ("# a 5", []), ("<html> 5", []), ("", []), ("5 5", []),
    ],
)  # fmt: skip
def test_a_line(line: str, found: list[tuple[str, dict[str, str], float]]) -> None:
    assert list(parse(line)) == found


def test_what_has_no_series_of_a_collector() -> None:
    for text in ("", "<html>otelcol_process_uptime 5</html>", "node_load1 0.5\n", "otelcol_process_cpu_seconds 1\n"):
        assert read_metrics(text.encode()) is None, text
    assert read_metrics(b"otelcol_receiver_accepted_spans_created 1.7e9\n") is None
    assert looks_like(b"# HELP a", "text/plain") and not looks_like(b"<!doctype>", "text/html")
    assert not looks_like(b"otelcol is a program", "text/html") and not looks_like(b"OK", "text/plain")


def test_names_of_exporters_are_safe_and_not_without_end() -> None:
    lines = (f'otelcol_exporter_sent_spans{{exporter="x\x1b[2J{n}"}} 1' for n in range(EXPORTERS * 2))
    found = read_metrics("\n".join(lines).encode())
    assert found is not None and len(found.exporters) == EXPORTERS
    assert all("\x1b" not in exporter.name for exporter in found.exporters)


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*DEFAULT.split("\n"), '{"otelcol.process.uptime"', "} 5", "otelcol_x{a=", "\\"])),
       st.text(max_size=20))  # fmt: skip
def test_no_text_is_an_error(lines: list[str], noise: str) -> None:
    for text in (noise.join(lines), "\n".join([*lines, noise]), noise):
        found = read_metrics(text.encode("utf-8", "replace"))
        if found is not None:
            counts = (found.logs, found.spans, found.metrics, found.uptime, found.memory, found.refused)
            assert all(count is None or count >= 0 for count in counts)
            assert all(each.fill is None or each.fill >= 0 for each in found.exporters)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_no_bytes_are_an_error(body: bytes) -> None:
    assert read_metrics(body) is None or b"otelcol" in body
