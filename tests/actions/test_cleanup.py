"""Cleaning up: what is shown, what goes, and that it returns."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.actions.cleanup import FRESH, JOURNAL, Refused, Wanted, plan, restore, run
from console.actions.trash import MANIFEST, bags
from console.state_journal import read_lines
from tests.actions.cleaning import NOW, OLD, Ground, other_device


@pytest.fixture(params=["same device", "other device"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    """Litter and trash on one device, and on two."""
    if request.param == "same device":
        yield Ground(tmp_path / "in" / "litter", tmp_path / "state")
        return
    with other_device() as folder:
        if folder is None:
            pytest.skip("there is no second device to write to")
        yield Ground(folder / "litter", tmp_path / "state")


def test_what_was_shown_goes_and_comes_back_as_it_was(ground: Ground) -> None:
    for number in range(3):
        ground.put(f"m_{number}", f"text {number}", OLD + number).chmod(0o640)
    made = ground.plan()
    assert [item.path for item in made.items] == [str(ground.root / f"m_{n}") for n in range(3)]
    assert (made.size, made.items[1].size, made.items[1].mtime) == (18, 6, OLD + 1)
    done = ground.run(made)
    assert (done.moved, done.size, done.left) == (3, 18, ()) and done.id
    assert ground.names() == [] and ground.trash() == ["text 0", "text 1", "text 2"]
    (bag,) = bags(ground.state)
    assert (bag.id, bag.at, bag.size, len(bag.items)) == (done.id, NOW, 18, 3)
    trash = ground.state / "trash" / done.id
    assert trash.stat().st_mode & 0o777 == 0o700 and (trash / MANIFEST).stat().st_mode & 0o777 == 0o600
    assert restore(ground.state, "", NOW) == (done.id, 3, ())
    for number in range(3):
        path = ground.root / f"m_{number}"
        assert path.read_text() == f"text {number}" and path.stat().st_mtime == OLD + number
        assert path.stat().st_mode & 0o777 == 0o640
    assert ground.names() == ["m_0", "m_1", "m_2"] and not trash.exists() and bags(ground.state) == ()


def test_it_is_journaled_before_and_after(ground: Ground) -> None:
    ground.put("m_1")
    done = ground.run()
    restore(ground.state, done.id, NOW)
    events = [(line["event"], line["id"], line["files"]) for line in read_lines(ground.state / JOURNAL)]
    assert events == [("begin", done.id, 1), ("end", done.id, 1), ("restore", done.id, 1), ("restored", done.id, 1)]


def test_the_newest_stay_when_some_may(ground: Ground) -> None:
    for number in range(5):
        ground.put(f"m_{number}", at=OLD - number)
    made = ground.plan(keep=3)
    assert [item.name for item in made.items] == ["m_4", "m_3"]
    assert {Path(left.path).name for left in made.left} == {"m_0", "m_1", "m_2"}
    assert made.left[0].why == "one of the newest 3, which stay"
    ground.run(made)
    assert ground.names() == ["m_0", "m_1", "m_2"]
    assert ground.plan(keep=3).items == ()


@pytest.mark.parametrize(
    "name", ["a\nb", "\x1b[2J\x07", "-rf", " ", "한글 파일.txt", "\u202etxt.exe", "a" * 255, "*", "~", "\\", '"']
)
def test_odd_names(ground: Ground, name: str) -> None:
    ground.put(name, "mine")
    made = ground.plan()
    assert made.items[0].name == name
    assert "\x1b" not in made.items[0].path and "\n" not in made.items[0].path and "\u202e" not in made.items[0].path
    assert ground.run(made).moved == 1 and ground.names() == []
    assert restore(ground.state, "", NOW)[1] == 1 and (ground.root / name).read_text() == "mine"


def test_two_odd_names_never_look_the_same(ground: Ground) -> None:
    for name in ("a b", "a\nb", "a\x1b[1mb", "ab"):
        ground.put(name)
    assert len({item.path for item in ground.plan().items}) == 4


def test_a_name_that_is_no_text_comes_back_byte_for_byte(ground: Ground) -> None:
    name = b"m_\xff\xfe"
    try:
        (ground.root / os.fsdecode(name)).touch()
    except OSError:
        pytest.skip("the file system takes only UTF-8 names")
    os.utime(ground.root / os.fsdecode(name), (OLD, OLD))
    assert ground.run().moved == 1 and restore(ground.state, "", NOW)[1] == 1
    assert os.listdir(os.fsencode(ground.root)) == [name]  # noqa: PTH208


@pytest.mark.parametrize("name", ["..", ".", "", "../outside/secret", "a/b", "/etc/passwd", "a\0b"])
def test_what_is_no_name_is_never_opened(ground: Ground, name: str) -> None:
    (ground.outside / "secret").write_text("secret")
    os.utime(ground.outside / "secret", (OLD, OLD))
    made = plan([Wanted("m", str(ground.root), [name])], ground.state, NOW)
    assert made.items == () and made.left[0].why == "is no name of a file"


def test_only_regular_files_go(ground: Ground) -> None:
    secret = ground.outside / "secret"
    secret.write_text("secret")
    os.utime(secret, (OLD, OLD))
    (ground.root / "link").symlink_to(secret)
    (ground.root / "dangling").symlink_to("/nowhere")
    (ground.root / "folder").mkdir()
    os.mkfifo(ground.root / "pipe")
    with tempfile.TemporaryDirectory(prefix="oct-", dir="/tmp") as short, socket.socket(socket.AF_UNIX) as listening:
        (Path(short) / "d").symlink_to(ground.root)  # a socket's path is short
        listening.bind(f"{short}/d/socket")
    for name in ground.names():
        os.utime(ground.root / name, (OLD, OLD), follow_symlinks=False)
    made = ground.plan()
    assert made.items == ()
    assert {Path(left.path).name: left.why for left in made.left} == {
        "link": "is a link", "dangling": "is a link", "folder": "is a folder", "pipe": "is a pipe",
        "socket": "is a socket",
    }  # fmt: skip


def test_what_is_fresh_or_of_another_account_stays(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.put("fresh", at=NOW - FRESH + 1)
    ground.put("ahead", at=NOW + 5)
    assert {left.why for left in ground.plan().left} == {f"was changed within the last {FRESH:g} s"}
    ground.put("old")
    monkeypatch.setattr("console.actions.cleanup.os.geteuid", lambda: 12345)
    assert ground.plan().items == () and "belongs to another account" in {left.why for left in ground.plan().left}


def test_a_file_that_two_entries_name_goes_once(ground: Ground) -> None:
    ground.put("m_1")
    made = plan([ground.wanted(), Wanted("again", str(ground.root), ["m_1"])], ground.state, NOW)
    assert [item.entry for item in made.items] == ["messages"] and ground.run(made).moved == 1


def test_nothing_to_do_touches_nothing(ground: Ground) -> None:
    gone = plan(
        [Wanted("m", str(ground.root / "none"), ["a"]), Wanted("m", str(ground.root), ["a"])], ground.state, NOW
    )
    assert (gone.items, gone.left) == ((), ())
    assert run(gone, ground.state, NOW).moved == 0 and not ground.state.exists()


def test_read_only_refuses(ground: Ground) -> None:
    ground.put("m_1")
    with pytest.raises(Refused, match="read-only"):
        run(ground.plan(), ground.state, NOW, read_only=True)
    assert ground.names() == ["m_1"] and not ground.state.exists()
    done = ground.run()
    with pytest.raises(Refused, match="read-only"):
        restore(ground.state, done.id, NOW, read_only=True)
    assert ground.trash() == ["text"]


def test_without_a_journal_or_a_trash_nothing_moves(ground: Ground) -> None:
    ground.put("m_1")
    made = ground.plan()
    (ground.state / JOURNAL).mkdir(parents=True)
    with pytest.raises(Refused, match="the journal cannot be written"):
        ground.run(made)
    assert not list(ground.state.glob("trash/*")), "nothing is left of it"
    (ground.state / JOURNAL).rmdir()
    (ground.state / "trash").rmdir()
    (ground.state / "trash").touch()
    with pytest.raises(Refused, match="the trash cannot be written"):
        ground.run(made)
    assert ground.names() == ["m_1"]


def test_the_trash_itself_is_never_cleaned_up(ground: Ground) -> None:
    ground.put("m_1")
    done = ground.run()
    inside = ground.state / "trash" / done.id / "files"
    made = plan([Wanted("m", str(inside), ["000000"])], ground.state, NOW)
    assert made.items == () and made.left[0].why == "is the trash itself"


def test_nothing_is_written_over_when_it_comes_back(ground: Ground) -> None:
    ground.put("m_1", "old one")
    ground.put("m_2", "other")
    done = ground.run()
    ground.put("m_1", "new one")
    _, back, left = restore(ground.state, done.id, NOW)
    assert back == 1 and left[0].why == "there is something of that name now"
    assert (ground.root / "m_1").read_text() == "new one" and ground.trash() == ["old one"]
    (ground.root / "m_1").unlink()
    assert restore(ground.state, done.id, NOW)[1:] == (1, ())
    assert (ground.root / "m_1").read_text() == "old one" and ground.names() == ["m_1", "m_2"]


def test_it_comes_back_only_into_a_real_folder(ground: Ground) -> None:
    ground.put("m_1")
    done = ground.run()
    ground.root.rmdir()
    assert restore(ground.state, done.id, NOW)[2][0].why == "its folder is gone"
    ground.root.symlink_to(ground.outside)
    assert "its folder cannot be used" in restore(ground.state, done.id, NOW)[2][0].why
    assert list(ground.outside.iterdir()) == [] and ground.trash() == ["text"]
    ground.root.unlink()
    ground.root.mkdir()
    assert restore(ground.state, done.id, NOW)[1] == 1 and ground.names() == ["m_1"]


def test_the_newest_comes_back_unless_one_is_named(ground: Ground) -> None:
    with pytest.raises(Refused, match="the trash is empty"):
        restore(ground.state, "", NOW)
    ground.put("m_1")
    first = ground.run()
    ground.put("m_2")
    second = run(ground.plan(), ground.state, NOW + 60)
    with pytest.raises(Refused, match="there is no clean-up 2026x"):
        restore(ground.state, "2026x\x1b[2J", NOW)
    assert restore(ground.state, first.id, NOW)[0] == first.id and restore(ground.state, "", NOW)[0] == second.id


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../outside/x"}, {"name": ".."}, {"claim": "a/b"}, {"stored": "../../../secret"},
        {"folder": "relative"}, {"name": 5}, {"size": "x"}, {"folder": "/tmp/a\0b"},
    ],
)  # fmt: skip
def test_a_manifest_that_names_anything_but_names_is_not_believed(ground: Ground, change: dict[str, object]) -> None:
    ground.put("m_1")
    done = ground.run()
    path = ground.state / "trash" / done.id / MANIFEST
    held = json.loads(path.read_text())
    held["items"][0].update(change)
    path.write_text(json.dumps(held))
    assert bags(ground.state) == () and ground.trash() == ["text"]


def test_a_manifest_with_a_way_out_goes_nowhere(ground: Ground) -> None:
    ground.put("m_1")
    done = ground.run()
    path = ground.state / "trash" / done.id / MANIFEST
    path.write_text(path.read_text().replace(str(ground.root), f"{ground.root}/../outside"))
    assert "its folder cannot be used" in restore(ground.state, done.id, NOW)[2][0].why
    assert list(ground.outside.iterdir()) == []


def test_what_is_no_bag_is_left_out(ground: Ground) -> None:
    for name, content in (("a", "{"), ("b", "[]"), ("c", '{"format": 9}'), ("d", None)):
        (ground.state / "trash" / name).mkdir(parents=True)
        if content is not None:
            (ground.state / "trash" / name / MANIFEST).write_text(content)
    (ground.state / "trash" / "e").touch()
    assert bags(ground.state) == ()


def test_fifty_thousand_files_go_and_come_back(tmp_path: Path) -> None:
    with other_device() as memory:  # faster, where there is one
        base = memory or tmp_path
        ground = Ground(base / "in" / "litter", base / "state")
        folder = os.open(ground.root, os.O_RDONLY)
        try:
            for number in range(50_000):
                os.close(os.open(f"m_{number}", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=folder))
                os.utime(f"m_{number}", (OLD, OLD), dir_fd=folder)
        finally:
            os.close(folder)
        done = ground.run()
        assert (done.moved, done.left, ground.names()) == (50_000, (), [])
        assert restore(ground.state, "", NOW) == (done.id, 50_000, ()) and len(ground.names()) == 50_000
