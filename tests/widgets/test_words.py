"""Numbers and times as people read them."""

from __future__ import annotations

import pytest

from console.widgets.words import count, size, span


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h00"), (11_100, "3h05"),
     (86_399, "23h59"), (86_400, "1d"), (10**9, "11574d")],
)  # fmt: skip
def test_span(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (30_306, "30.3k"), (4_200_000, "4.2M")],
)
def test_count(number: int, shown: str) -> None:
    assert count(number) == shown


@pytest.mark.parametrize(
    ("octets", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_920_000, "12.9 MB"), (5 * 10**9, "5.0 GB"),
     (7 * 10**15, "7000.0 TB")],
)  # fmt: skip
def test_size(octets: int, shown: str) -> None:
    assert size(octets) == shown
