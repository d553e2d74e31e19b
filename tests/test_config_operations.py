"""The sections ``automation``, ``artifacts`` and ``figures``: what they may say, and how a mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config import ConfigError, load
from console.config_operations import ArtifactSection, AutomationSection, FigureSection
from console.services.globs import survey


def test_everything_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/op")
    path = tmp_path / "c.yaml"
    path.write_text(
        """
automation:
  - {name: 메시지, glob: "/tmp/cmux_msg_*.txt", expected: 0, action: surface:7, clean: true, every: 5}
  - {name: approve, script: ~/approve.sh, expected: running}
  - {name: old, process: 'monitor_dispatch\\.sh'}
artifacts:
  - {name: report, path: ../report.md}
  - {name: lint, glob: ~/p/vault_lint*.py, every: 3600}
figures:
  - {name: logs, url: "http://127.0.0.1:4318/health", json: totals.logs}
  - {name: odd, file: a.json, json: [a.b, "0"], unit: 건}
  - {name: done, command: [python3, t.py], cwd: work, pattern: '완료 ([\\d,]+\\+?)', take: last, every: 30, timeout: 2}
"""
    )
    found = load(path)
    assert found.automation == (
        AutomationSection("메시지", "/tmp/cmux_msg_*.txt", expected="0", action="surface:7", clean=True, every=5.0),
        AutomationSection("approve", script="/home/op/approve.sh", expected="running"),
        AutomationSection("old", process=r"monitor_dispatch\.sh", expected="gone"),
    )
    assert found.artifacts == (
        ArtifactSection("report", f"{tmp_path}/../report.md"),
        ArtifactSection("lint", glob="/home/op/p/vault_lint*.py", every=3600.0),
    )
    assert found.figures == (
        FigureSection("logs", url="http://127.0.0.1:4318/health", json=("totals", "logs")),
        FigureSection("odd", file=f"{tmp_path}/a.json", json=("a.b", "0"), unit="건"),
        FigureSection(
            "done",
            ("python3", "t.py"),
            pattern=r"완료 ([\d,]+\+?)",
            take="last",
            cwd=f"{tmp_path}/work",
            every=30.0,
            timeout=2.0,
        ),
    )


A, F = "automation: [{name: a, %s}]", "figures: [{name: a, %s}]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("automation: [{glob: /t/abc*}]", ":1:14 automation.1.name: is missing"),
        ("automation: [{name: ' ', glob: /t/abc*}]", ":1:21 automation.1.name: is empty"),
        ("automation: [{name: a, glob: /t/a}, {name: A, glob: /t/b}]", "automation.2.name: is the same as in entry 1"),
        ("automation: [{name: a}]", ":1:14 automation.1: says nothing to look at; write glob, process or script"),
        (A % "glob: /t/abc*, script: b", ":1:47 automation.1.script: stands beside glob; keep one of glob, process"),
        (A % "glbo: /t", ":1:24 automation.1.glbo: is not a known key; did you mean glob?"),
        (A % "glob: /t/a, expected: some", ":1:46 automation.1.expected: is not understood; write running, gone, 0,"),
        (A % "glob: /t/a, expected: -1", "automation.1.expected: is not understood"),
        (A % "glob: /t/a, expected: true", "automation.1.expected: must be text"),
        (A % "glob: /t/a, expected: running", "automation.1.expected: a file does not run"),
        (A % "process: '('", ":1:33 automation.1.process: is not a regular expression"),
        (A % "process: 'x*'", "automation.1.process: matches the empty text"),
        (A % "script: /t/a.sh, clean: true", "automation.1.clean: only files of a glob can be cleaned up"),
        (A % "glob: '/t/**/abc*', clean: true", "automation.1.clean: needs one folder without wildcards"),
        (A % "glob: '/t/d*/abc*', clean: true", "automation.1.clean: needs one folder without wildcards"),
        (A % "glob: '/abc*', clean: true", "automation.1.clean: needs a folder, without .."),
        (A % "glob: '/t/../abc*', clean: true", "automation.1.clean: needs a folder, without .."),
        (A % "glob: '/t/*', clean: true", "automation.1.clean: needs at least 3 letters"),
        (A % "glob: '/t/*.t?', clean: true", "automation.1.clean: needs at least 3 letters"),
        (A % "glob: '/t/[a-z]*', clean: true", "automation.1.clean: needs at least 3 letters"),
        (A % "glob: /t/a, every: 0", "automation.1.every: must be between 1 and 86400 seconds"),
        ("artifacts: [{name: a}]", ":1:13 artifacts.1: says nothing to look at; write path or glob"),
        ("artifacts: [{name: a, path: a, glob: b}]", "artifacts.1.glob: stands beside path"),
        ("artifacts: {a: b}", ':1:12 artifacts: must be a list; start each entry with "- "'),
        ("figures: [{name: a, json: b}]", "figures.1: says nothing to look at; write command, file or url"),
        (F % "file: a, url: 'http://h/'", "figures.1.url: stands beside file"),
        (F % "file: a, pattern: b, json: c", "figures.1.json: stands beside pattern"),
        (F % "command: ls", "figures.1.command: must be a list"),
        (F % "command: [' ']", "figures.1.command: names no program"),
        (F % "url: localhost", "figures.1.url: is not an http(s) URL"),
        (F % "file: a, pattern: '('", "figures.1.pattern: is not a regular expression"),
        (F % "file: a, pattern: '(a)(b)'", "figures.1.pattern: has several groups"),
        (F % "file: a, take: last", "figures.1.take: means something only beside pattern"),
        (F % "file: a, pattern: b, take: second", "figures.1.take: second is not possible here; write only,"),
        (F % "file: a, json: a..b", "figures.1.json: has an empty part"),
        (F % "file: a, json: 5", "figures.1.json: must be a list"),
        (F % "file: a, unit: 만", "figures.1.unit: is part of a number"),
        (F % "file: a, unit: K", "figures.1.unit: is part of a number"),
        (F % "file: a, unit: '1+'", "figures.1.unit: is part of a number"),
        (F % "file: a, cwd: b", "figures.1.cwd: means something only beside command"),
        (F % "file: a, timeout: 0", "figures.1.timeout: must be between 0.1 and 600 seconds"),
        (F % "file: a, every: 100000.0", "figures.1.every: must be between 1 and 86400 seconds"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_its_remedy(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    lines = str(caught.value).split("\n")
    assert len(lines) == 1 and expected in lines[0], lines


def test_signs_in_the_folders_a_glob_is_placed_in_are_no_wildcards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "my [ab]*"
    odd.mkdir()
    monkeypatch.setenv("HOME", str(odd))
    path = odd / "c.yaml"
    globs = ("abc*", "~/abc*", f"{tmp_path}/my ?ab?[*]/abc*", "~nobody-here/abc*")
    path.write_text("artifacts:\n" + "".join(f"  - {{name: a{n}, glob: '{each}'}}\n" for n, each in enumerate(globs)))
    (odd / "abc.md").touch()
    found = [survey(each.glob).count for each in load(path).artifacts]
    assert found == [1, 1, 1, 0]
