"""Numbers, sizes and durations as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.telemetry.amounts import duration, number, octets, since

NOW = 1_775_806_860.0


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("12.92MB", 12_920_000), ("12.92 mb", 12_920_000), ("1,024 KiB", 1_048_576), ("3 GiB", 3 << 30), ("17", 17),
        ("0.5 TB", 5 * 10**11), (12_920_000, 12_920_000), ("5 bytes", 5), ("5 kbytes", 5000), (1e17, 10**17),
        ("1e18", None), ("9999999 TB", None), ("MB", None), ("1.2.3MB", None), ("-5 MB", None), ("", None),
        (True, None), (None, None), (float("nan"), None), ("5 MBps", None),
    ],
)  # fmt: skip
def test_sizes(value: object, found: int | None) -> None:
    assert octets(value) == found


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1h2m3.5s", 3723.5), ("16m24.684476004s", 984.684476004), ("500ms", 0.5), ("1.5µs", 1.5e-6), ("0s", 0.0),
        ("2d3h", 183_600.0), ("1 day, 2:03:04", 93_784.0), ("2:03:04.5", 7384.0), ("3 hours 5 min", 11_100.0),
        ("3 hours, 5 minutes", 11_100.0), ("PT1H2M3S", 3723.0), ("P1DT1H", 90_000.0), ("1w", 604_800.0),
        ("-5s", None), ("5", None), ("h", None), ("5 parsecs", None), ("1.2.3s", None), ("", None), (5, None),
        ("99999999999h", None), ("P", None),
    ],
)  # fmt: skip
def test_durations(value: object, seconds: float | None) -> None:
    found = duration(value)
    assert found == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-04-10T07:40:00Z", 60.0), ("2026-04-10T16:40:00.123456789+09:00", 59.876544), (NOW - 5, 5.0),
        ((NOW - 5) * 1000, 5.0), (str(NOW - 5), 5.0), ("0001-01-01T00:00:00Z", None), ("2036-04-10T07:40:00Z", None),
        ("soon", None), (5, None), (True, None), (None, None), ("9999-12-31T23:59:59+00:00", None),
    ],
)  # fmt: skip
def test_moments(value: object, seconds: float | None) -> None:
    assert since(value, NOW) == (None if seconds is None else pytest.approx(seconds, abs=1e-3))


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.text("0123456789.,hmsdPTµ :-+eE", max_size=30)))
def test_nothing_is_an_error_and_nothing_is_negative(value: object) -> None:
    for found in (number(value), octets(value), duration(value), since(value, NOW)):
        assert found is None or 0 <= found < 2e18
