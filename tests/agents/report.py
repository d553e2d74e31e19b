"""How often the detector is right on the recorded screens: ``python -m tests.agents.report``.

The label ``dialog`` counts as menu, and a pane whose process is gone counts as dead whatever it shows.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable

from console.agents.detector import Detector
from console.model.agent import AgentState, Detection
from tests.agents.recorded import LABELS, MISSING, Row, build, expected, judge, rows, version

Judge = Callable[[Detector, Row], Detection]


def _screen_alone(detector: Detector, row: Row) -> Detection:
    return detector.detect(build(row, plain=True), dead=row["dead"])


WAYS: dict[str, Judge] = {"with title, command, cursor": judge, "screen alone (plain text)": _screen_alone}


def main() -> int:
    """Print the report; 1 when the recorded screens are not there."""
    if not LABELS.is_file():
        print(f"{MISSING}: {LABELS.parent}", file=sys.stderr)
        return 1
    detector, every = Detector.load(), rows()
    for name, way in WAYS.items():
        found = [(row, way(detector, row)) for row in every]
        print(f"\n== {name}: {len(found)} screens")
        _by_version(found)
        _matrix(found)
        _wrong(found)
    return 0


def _by_version(found: list[tuple[Row, Detection]]) -> None:
    right: defaultdict[tuple[str, tuple[int, ...]], Counter[bool]] = defaultdict(Counter)
    for row, seen in found:
        right[row["agent"], version(row)][seen.state is expected(row) and seen.agent in ("", row["agent"])] += 1
    for (agent, numbers), count in sorted(right.items()):
        share = 100 * count[True] / count.total()
        print(f"  {agent:7}{'.'.join(map(str, numbers)):9}{count[True]:4} of {count.total():4}  {share:6.2f} %")


def _matrix(found: list[tuple[Row, Detection]]) -> None:
    counts = Counter((expected(row), seen.state) for row, seen in found)
    states = [state for state in AgentState if any(state in pair for pair in counts)]
    print("  label \\ verdict " + " ".join(f"{state[:5]:>5}" for state in states))
    for label in states:
        cells = " ".join(f"{counts[label, state] or '.':>5}" for state in states)
        print(f"  {label:16} {cells}")


def _wrong(found: list[tuple[Row, Detection]]) -> None:
    for row, seen in found:
        if seen.state is not expected(row):
            print(f"  {row['version']:8} {row['file']:36} {expected(row)} -> {seen.state} ({seen.rule or 'no rule'})")


if __name__ == "__main__":
    sys.exit(main())
