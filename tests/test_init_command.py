"""``oc-console init``: the file loads whatever the document holds, says where it is from, and replaces nothing."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.cli import main
from console.config import Config, load
from console.init_command import _problems
from console.init_draft import Draft, Group, Item
from console.init_handoff import draft
from console.model.handoff import HandoffFacts, read, write
from tests.eventually import eventually_now
from tests.model.handoff_cases import FOLDER, NAMES, REAL, vocabulary
from tests.model.handoff_facts import FACTS
from tests.tmux_server import TmuxServer, agent

BROKEN = FOLDER / "01-broken-ko.md"


def test_from_a_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--from-handoff", str(BROKEN)]) == 0
    path = tmp_path / "oc-console.yaml"
    assert capsys.readouterr().out == "written: oc-console.yaml\n"
    config = load(path)
    assert [(each.ref, each.name, each.agent, each.workspace) for each in config.surfaces] == [
        ("surface:11", "BLUE", "claude", "workspace:8"),
        ("surface:12", "", "codex", "workspace:8"),
        ("surface:13", "", "gemini", "workspace:9"),
    ]
    assert [each.role for each in config.surfaces] == ["", "문서 담당", "검증 전담"]
    assert [each.started for each in config.surfaces] == ["", "-a never", ""]
    services = {each.name: (each.launchd, each.expected) for each in config.services}
    assert services == {
        "collector": ("org.fleet.collector", "running"),
        "watcher": ("org.fleet.watcher", "running"),
        "night-batch": ("org.fleet.night-batch", "unloaded"),
        "기타 fleet 서비스 3+": ("org.fleet.*", "loaded, at least 3"),
    }
    assert config.collector.url == "http://127.0.0.1:4321/health"
    assert [(each.subject, each.expected) for each in config.automation] == [
        (("script", "/tmp/press_enter.sh"), "running"),
        (("glob", "/tmp/out_*.log"), "0"),
    ]
    assert len(config.artifacts) == 3 and [each.json for each in config.figures] == [("logs",), ("spans",)]
    text = path.read_text(encoding="utf-8")
    assert '  # line 18\n  - {ref: "surface:11"' in text and "#   line 93: 야간 배치 성급한 재개" in text
    assert text.count("line 90:") == 1 and "전체 101건" in text


@pytest.mark.skipif(not REAL.exists(), reason="the operator's own document is not beside the project")
def test_from_the_operators_own_document(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    assert main(["init", "--from-handoff", str(REAL), "-o", str(path)]) == 0
    config = load(path)
    assert (len(config.surfaces), len(config.services), len(config.automation), len(config.artifacts)) == (6, 5, 4, 14)
    assert config.log.path.endswith("/.openclaw/workspace/memory/dispatch_log.json")
    assert config.collector.url == "http://localhost:4318/health"
    assert config.services[2].expected == "unloaded" and config.services[4].launchd == "com.openclaw.*"


@pytest.mark.parametrize("name", NAMES)
def test_every_document_gives_a_file_that_loads(name: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    assert main(["init", "--from-handoff", str(FOLDER / f"{name}.md"), "-o", str(path)]) == 0
    load(path)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(FACTS, st.sampled_from(("ko", "en")))
def test_strange_names_load(facts: HandoffFacts, lang: str) -> None:
    told = read(write(facts, "ko" if lang == "ko" else "en"), vocabulary())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.yaml"
        path.write_text(draft(told, lang).settle(lambda text: _problems(text, None)), encoding="utf-8")
        config = load(path)
        assert len(config.surfaces) <= len(facts.surfaces)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.text(max_size=20) | st.text("\ufffe\U0001f600\"\\'{}[],:&*!|>%@`#\t\n\x85\u2028\x00", max_size=9), max_size=5
    )
)
def test_every_text_stands_in_the_file(texts: list[str]) -> None:
    group = Group(
        "surfaces", "about\nit", [Item({"ref": f"{at}{text}", "role": text}, text) for at, text in enumerate(texts)]
    )
    text = Draft([*texts], [group], [*texts]).settle(lambda text: _problems(text, None))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.yaml"
        path.write_text(text, encoding="utf-8")
        assert len(load(path).surfaces) == len(texts)


def test_what_the_loader_does_not_take_stands_behind_a_sign(tmp_path: Path) -> None:
    groups = [
        Group(
            "surfaces",
            "a",
            [Item({"ref": "surface:1"}), Item({"ref": "SURFACE:1"}), Item({"ref": "x", "mood": "good"})],
        ),
        Group("weather", "b", [Item({"rain": True, "wind": 3, "days": ["mon"]}, "line 9")]),
        Group("collector", "c", [Item({"url": "nowhere"})], listed=False),
    ]
    text = Draft(["head"], groups).settle(lambda text: _problems(text, None))
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    assert [each.ref for each in load(path).surfaces] == ["surface:1"]
    assert '  # - {ref: "SURFACE:1"}' in text and '  # - {rain: true, wind: 3, days: ["mon"]}' in text
    assert "# collector:" in text and "# weather:" in text and "  # line 9\n" in text
    assert Draft([], groups).settle(lambda text: "broken, nobody knows where").count("\n  #") == 6


def test_a_file_that_is_there_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("mine: 1\n")
    path.chmod(0o640)
    arguments = ["init", "--from-handoff", str(BROKEN), "-o", str(path)]
    assert main(arguments) == 1 and path.read_text() == "mine: 1\n"
    assert "--force" in capsys.readouterr().err
    assert main([*arguments, "--force"]) == 0
    assert (tmp_path / "c.yaml.bak").read_text() == "mine: 1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    first = path.read_text()
    assert main([*arguments, "--force"]) == 0
    assert (tmp_path / "c.yaml.bak").read_text() == "mine: 1\n" and (tmp_path / "c.yaml.bak2").read_text() == first
    assert sorted(each.name for each in tmp_path.iterdir()) == ["c.yaml", "c.yaml.bak", "c.yaml.bak2"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "dots").mkdir()
    real, link = tmp_path / "dots" / "real.yaml", tmp_path / "c.yaml"
    real.write_text("mine: 1\n")
    link.symlink_to(real)
    assert main(["init", "--from-handoff", str(BROKEN), "-o", str(link), "--force"]) == 0
    assert link.is_symlink() and load(real).surfaces
    assert (tmp_path / "dots" / "real.yaml.bak").read_text() == "mine: 1\n"


def test_what_cannot_be_written_or_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--from-handoff", str(BROKEN), "-o", str(tmp_path / "no" / "c.yaml")]) == 1
    assert "not written" in capsys.readouterr().err
    (tmp_path / "folder").mkdir()
    assert main(["init", "--from-handoff", str(BROKEN), "-o", str(tmp_path / "folder"), "--force"]) == 1
    assert main(["init", "--from-handoff", str(tmp_path / "nobody"), "-o", str(tmp_path / "c.yaml")]) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_it_can_be_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--from-handoff", str(BROKEN), "-o", "-"]) == 0
    path = tmp_path / "printed.yaml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert len(load(path).surfaces) == 3


@pytest.mark.tmux
def test_from_what_is_found(tmux: TmuxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pane = tmux.new(agent("claude"), "fleet", width=100, height=40)
    tmux.new(name="플릿 둘")
    eventually_now(lambda: "for shortcuts" in tmux.screen(pane))
    path = tmp_path / "c.yaml"
    assert main(["init", "--tmux-socket", str(tmux.socket), "-o", str(path)]) == 0, capsys.readouterr().err
    config = load(path)
    assert config.mux.tmux_socket == str(tmux.socket)
    assert [each.ref for each in config.surfaces] == ["fleet:0.0", "플릿 둘:0.0"]
    assert config.surfaces[0].agent == "claude" and config.surfaces[0].workspace == "fleet"
    assert "# now %0" in path.read_text(encoding="utf-8")


def test_where_nothing_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.yaml"
    assert main(["init", "--tmux-socket", str(tmp_path / "no.sock"), "-o", str(path)]) == 0
    assert "no surfaces were found" in capsys.readouterr().err
    assert load(path).surfaces == Config().surfaces and "# surfaces:" in path.read_text()


def test_secrets_of_the_document_are_not_in_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "h.md"
    path.write_text("# Hand-off\n## Sessions\n- surface:1 Claude\n## Decisions\n- password: hunter2hunter2\n", "utf-8")
    assert main(["init", "--from-handoff", str(path), "-o", "-"]) == 0
    told = capsys.readouterr().out
    assert "password: [redacted]" in told and "hunter2" not in told
