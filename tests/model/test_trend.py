"""Rates, restarts and worries out of readings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.reading import CollectorRead
from console.model.snapshot import Snapshot, reduce
from console.model.telemetry import Collector, CollectorState, Exporter
from console.model.trend import POINTS, RESTARTS, SAMPLES, Rates, Trend, follow

NOW = 1_775_800_000.0
FROM_URL = (("logs", "url"), ("spans", "url"), ("uptime", "url"))
FROM_METRICS = (("logs", "metrics_url"), ("refused", "metrics_url"), ("exporters", "metrics_url"))
HEALTHY = Collector(CollectorState.UP, "200", ":4318", logs=1000, spans=100, uptime=5000.0, origins=FROM_URL)
BUSY = Collector(CollectorState.UP, "200", logs=1000, refused=4, exporters=(Exporter("otlp", 900, 7, 10, 100),),
                 origins=FROM_METRICS)  # fmt: skip
GONE = Collector(CollectorState.DOWN, "connection refused")


def read(*readings: tuple[float, Collector]) -> tuple[Collector, Trend]:
    """The last reading and the trend after readings at so many seconds."""
    found, trend = Collector(CollectorState.UNKNOWN, ""), Trend()
    for at, collector in readings:
        found, trend = follow(trend, NOW + at, collector)
    return found, trend


def later(seconds: float, logs: int, spans: int = 100, **more: object) -> tuple[float, Collector]:
    return seconds, replace(HEALTHY, logs=logs, spans=spans, uptime=5000 + seconds, **more)  # type: ignore[arg-type]


def test_one_reading_gives_no_rate() -> None:
    found, trend = read((0, HEALTHY))
    assert found == HEALTHY and trend.rates == Rates() and trend.rates.total is None and trend.history == ()
    assert (trend.state, trend.since) == (CollectorState.UP, NOW)


def test_rates_are_per_minute_and_look_back_a_minute() -> None:
    _, trend = read((0, HEALTHY), later(10, 1007, 101))
    assert trend.rates == Rates(42.0, 6.0) and trend.rates.total == 48.0
    _, trend = read((0, HEALTHY), later(10, 1100), later(50, 1100), later(65, 1100), later(75, 1100))
    assert trend.rates.logs == 0
    _, trend = read((0, HEALTHY), later(600, 2000))
    assert trend.rates.logs == 100, "rarer readings are compared with the one before"


def test_what_falls_comes_from_elsewhere_or_comes_too_fast_gives_no_rate() -> None:
    other = replace(HEALTHY, logs=5, origins=(("logs", "metrics_url"), ("spans", "url"), ("uptime", "url")))
    assert read((0, HEALTHY), (10, replace(other, uptime=5010.0)))[1].rates == Rates(None, 0.0)
    assert read((0, HEALTHY), later(10, 900, 101))[1].rates == Rates(None, 6.0)
    assert read((0, HEALTHY), later(0.1, 2000))[1].rates == Rates()
    assert read((0, HEALTHY), later(-50, 2000))[1].rates == Rates(), "the clock was set back"


def test_a_source_that_comes_and_goes_makes_neither_rate_nor_restart() -> None:
    metrics = Collector(CollectorState.UP, "", logs=5, origins=(("logs", "metrics_url"),))
    _, trend = read((0, HEALTHY), (10, metrics), later(20, 1014), (30, metrics), later(40, 1028))
    assert trend.restarts == () and trend.rates.logs == 42


def test_an_uptime_that_falls_is_a_restart_with_its_time() -> None:
    found, trend = read((0, HEALTHY), (10, replace(HEALTHY, logs=3, uptime=4.0)))
    assert found.state is CollectorState.UP and trend.rates == Rates()
    (restart,) = trend.restarts
    assert restart.at == NOW + 6 and restart.evidence == "uptime 5000 s, then 4 s"


def test_a_restart_while_nobody_looked_is_seen() -> None:
    _, trend = read((0, HEALTHY), (10, GONE), (20_000, replace(HEALTHY, uptime=9000.0)))
    assert [restart.at for restart in trend.restarts] == [NOW + 11_000]


def test_counters_that_fall_are_a_restart_only_without_an_uptime() -> None:
    bare = replace(HEALTHY, uptime=None, origins=FROM_URL[:2])
    _, trend = read((0, bare), (10, replace(bare, logs=4, spans=0)))
    assert [(each.at, each.evidence) for each in trend.restarts] == [(NOW + 10, "logs 1,000, then 4")]
    assert read((0, bare), (10, replace(bare, logs=4, spans=101)))[1].restarts == (), "rows were cleared away"
    assert read((0, HEALTHY), later(10, 4))[1].restarts == ()


def test_rounding_and_a_clock_that_is_set_are_no_restart() -> None:
    rounded = [(at, replace(HEALTHY, uptime=float(at // 60 * 60))) for at in range(0, 200, 10)]
    assert read(*rounded)[1].restarts == ()
    started = replace(HEALTHY, uptime=4990.0)  # from a time of start, with our clock set back by 20 s
    assert read((0, HEALTHY), (10, HEALTHY), (-10, started))[1].restarts == ()


def test_data_that_is_refused_or_not_sent_degrades_for_a_minute() -> None:
    def at(seconds: float, refused: int, failed: int) -> tuple[float, Collector]:
        return seconds, replace(BUSY, refused=refused, exporters=(Exporter("otlp", 900, failed, 10, 100),))

    assert read((0, BUSY))[0].state is CollectorState.UP, "counted since the start, not now"
    found, trend = read(at(0, 4, 7), at(10, 16, 8))
    assert found.state is trend.state is CollectorState.DEGRADED
    assert found.reason == "receivers refused 12 in 10 s; otlp failed to send 1 in 10 s"
    assert read(at(0, 4, 7), at(10, 16, 8), at(55, 16, 8))[0].state is CollectorState.DEGRADED
    assert read(at(0, 4, 7), at(10, 16, 8), at(30, 16, 8), at(75, 16, 8))[0].state is CollectorState.UP


def test_a_series_that_appears_with_its_first_event_counts() -> None:
    before = replace(
        BUSY, refused=None, exporters=(Exporter("otlp", 900),), origins=FROM_METRICS[:1] + FROM_METRICS[2:]
    )
    found, _ = read((0, before), (10, replace(BUSY, refused=2)))
    assert found.reason == "receivers refused 2 in 10 s; otlp failed to send 7 in 10 s"
    assert read((0, HEALTHY), (10, BUSY))[0].reason == "", "the metrics were not asked before"


@pytest.mark.parametrize(
    ("queued", "worry"), [(80, ""), (81, "queue of otlp 81% full"), (100, "queue of otlp 100% full")]
)
def test_a_queue_that_fills_up(queued: int, worry: str) -> None:
    found, _ = read((0, replace(BUSY, exporters=(Exporter("otlp", None, None, queued, 100),))))
    assert found.reason == worry
    assert Exporter("x", queued=5).fill is None and Exporter("x", queued=5, capacity=0).fill is None


def test_worries_never_make_it_better() -> None:
    full = (Exporter("otlp", None, None, 100, 100),)
    assert read((0, replace(BUSY, state=CollectorState.DOWN, exporters=full)))[0].state is CollectorState.DOWN


def test_since_when_and_history() -> None:
    _, trend = read((0, HEALTHY), later(10, 1007), (20, GONE), (30, GONE))
    assert (trend.state, trend.since, trend.rates) == (CollectorState.DOWN, NOW + 20, Rates())
    assert [point.at for point in trend.history] == [NOW + 10]


def test_everything_kept_has_an_end() -> None:
    many = [later(at / 2, 1000 + at) for at in range(3000)]
    _, trend = read(*many)
    assert len(trend.samples) <= SAMPLES and len(trend.history) == POINTS
    gaps = [b.at - a.at for a, b in zip(trend.history, trend.history[1:], strict=False)]
    assert all(gap >= 10 for gap in gaps)
    _, trend = read(*((at * 10.0, replace(HEALTHY, uptime=5.0)) for at in range(100)))
    assert len(trend.restarts) <= RESTARTS


def test_the_fold_keeps_it_in_the_slice() -> None:
    snapshot = Snapshot()
    for at, collector in ((0, HEALTHY), later(10, 1007)):
        snapshot = reduce(snapshot, CollectorRead(NOW + at, "http://c", collector))
    assert snapshot.collector.trend.rates.logs == 42
    full = replace(BUSY, exporters=(Exporter("otlp", None, None, 100, 100),))
    snapshot = reduce(snapshot, CollectorRead(NOW + 20, "http://c", full))
    assert snapshot.troubles() == ("collector degraded: queue of otlp 100% full",)


COLLECTORS = st.builds(
    Collector, st.sampled_from(CollectorState), st.just("e"),
    logs=st.none() | st.integers(0, 9), refused=st.none() | st.integers(0, 9),
    uptime=st.none() | st.floats(0, 1e9), origins=st.sampled_from([FROM_URL, FROM_METRICS, ()]),
    exporters=st.lists(st.builds(Exporter, st.sampled_from("ab"), queued=st.integers(0, 9), capacity=st.integers(0, 9)),
                       max_size=2).map(tuple),
)  # fmt: skip


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), COLLECTORS), max_size=12))
def test_no_readings_are_an_error_and_nothing_gets_healthier(readings: list[tuple[float, Collector]]) -> None:
    trend = Trend()
    for at, collector in readings:
        found, trend = follow(trend, at, collector)
        assert found.state is collector.state or (found.state, collector.state) == (
            CollectorState.DEGRADED, CollectorState.UP,
        )  # fmt: skip
        assert all(rate is None or rate >= 0 for rate in (trend.rates.logs, trend.rates.total))
        assert len(trend.samples) <= SAMPLES
