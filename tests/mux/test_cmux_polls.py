"""Who is read next."""

from __future__ import annotations

from console.model.surface import SurfaceInfo
from console.mux.base import Interest
from console.mux.cmux_app_tree import Place
from console.mux.cmux_polls import BACKOFF, FOCUSED_EVERY, HIDDEN_EVERY, VISIBLE_EVERY, Polls


def place(number: int, workspace: str = "w") -> Place:
    info = SurfaceInfo(ref=f"surface:{number}", uuid=f"u{number}", workspace=workspace, place=f"w:{number}")
    return Place(info, f"u{number}", workspace)


def started(polls: Polls, now: float, limit: int = 9) -> list[str]:
    return [poll.place.info.key for poll in polls.start(now, limit)]


def read_all(polls: Polls, now: float, took: float = 0.0, *, good: bool = True) -> list[str]:
    keys = started(polls, now)
    for key in keys:
        polls.finished(key, now, now + took, good=good)
    return keys


def test_the_focused_first_and_never_more_than_allowed() -> None:
    polls = Polls()
    polls.follow([place(1), place(2), place(3)])
    polls.interest = Interest(frozenset({"u2", "u3"}), "u3")
    assert started(polls, 100, 2) == ["u3", "u2"]
    assert started(polls, 100, 2) == [] and polls.dues(2) == []
    polls.finished("u3", 100, 100, good=True)
    assert started(polls, 100, 2) == ["u1"]


def test_each_at_its_rate() -> None:
    polls = Polls()
    polls.follow([place(1), place(2), place(3)])
    polls.interest = Interest(frozenset({"u2", "u3"}), "u3")
    assert sorted(read_all(polls, 100)) == ["u1", "u2", "u3"]
    assert min(polls.dues(9)) == 100 + FOCUSED_EVERY
    assert read_all(polls, 100 + FOCUSED_EVERY) == ["u3"]
    assert read_all(polls, 100 + VISIBLE_EVERY) == ["u3", "u2"]
    assert set(read_all(polls, 100 + HIDDEN_EVERY)) == {"u1", "u2", "u3"}


def test_slow_and_failing_reads_are_asked_for_less_often() -> None:
    polls = Polls()
    polls.follow([place(1)])
    polls.interest = Interest(frozenset({"u1"}))
    read_all(polls, 100, took=4)
    assert polls.dues(9) == [108]
    polls.reread()
    for count in range(1, BACKOFF + 3):
        assert read_all(polls, 200, good=False) == ["u1"]
        assert polls.dues(9) == [200 + VISIBLE_EVERY * 2 ** min(count, BACKOFF)]
        polls.reread()
    read_all(polls, 300)
    assert polls.dues(9) == [300 + VISIBLE_EVERY]


def test_a_moved_surface_keeps_its_times_and_a_gone_one_goes() -> None:
    polls = Polls()
    polls.follow([place(1), place(2)])
    read_all(polls, 100)
    polls.follow([place(1, "elsewhere")])
    assert polls.dues(9) == [100 + HIDDEN_EVERY]
    (poll,) = polls.start(200, 9)
    assert poll.place.workspace_id == "elsewhere"
    polls.finished("u2", 1, 2, good=True)


def test_what_is_off_screen_is_read_too_where_reads_are_slow() -> None:
    polls = Polls()
    polls.follow([place(number) for number in range(8)])
    polls.interest = Interest(frozenset(f"u{number}" for number in range(6)), "u0")
    read: list[str] = []
    running: list[tuple[float, str]] = []
    for tick in range(400):  # 40 seconds with three reads at a time of 0.6 seconds each
        now = 100 + tick / 10
        for began, key in [each for each in running if now - each[0] >= 0.6]:
            running.remove((began, key))
            polls.finished(key, began, now, good=True)
        keys = started(polls, now, 3)
        running += [(now, key) for key in keys]
        read += keys
    counts = {key: read.count(key) for key in sorted(set(read))}
    assert set(counts) == {f"u{number}" for number in range(8)}
    assert min(counts.values()) >= 3 and counts["u0"] == max(counts.values()) > counts["u7"]
