"""Configuration: where it is looked for, what it may say, and how every mistake is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console import config_attention, config_collector
from console.config import (
    CollectorConfig,
    Config,
    ConfigError,
    LogConfig,
    MuxConfig,
    ServiceConfig,
    SurfaceConfig,
    TrackerConfig,
    find,
    load,
)
from console.config_log import FIELDS, PLACEHOLDERS
from console.config_operations import ArtifactSection, AutomationSection, FigureSection
from console.config_sections import (
    ApprovalSection,
    AutomaticSection,
    GuardSection,
    NotifySection,
    TemplateSection,
    TraceSection,
    VerifySection,
)
from console.model.dispatch import DispatchStatus
from console.model.guard import FINAL, RULES
from console.telemetry.health import FIELDS as HEALTH_FIELDS
from console.tracker.external import VERBS
from console.tracker.names import CHECK_SYNONYMS, SYNONYMS

EXAMPLE = Path(__file__).parents[1] / "config.example.yaml"
COMMANDS = ("surface.send", "surface.answer", "app.quit")


@pytest.fixture
def write(tmp_path: Path) -> Path:
    return tmp_path / "c.yaml"


def problems(path: Path, text: str | bytes) -> list[str]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(path, COMMANDS)
    return [line.removeprefix(str(path)) for line in str(caught.value).split("\n")]


def test_importing_it_imports_no_parser() -> None:
    code = "import sys, console.config; print({'yaml', 'pydantic', 'platformdirs', 'textual'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=EXAMPLE.parent)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "log:\nservices:\nmux:\n  backend:\n", "\ufeff"])
def test_an_empty_file_gives_the_defaults(write: Path, text: str) -> None:
    write.write_text(text)
    assert load(write) == Config()


def test_everything_can_be_set(write: Path) -> None:
    write.write_text(
        """
mux: {backend: tmux, tmux_socket: fleet, cmux_socket: run/cmux.sock}
show: agents
surfaces:
  - {ref: "%3", name: CODEX 1, role: 검증 전담, agent: codex}
  - ref: openclaw:0.1
log:
  path: memory/dispatch_log.json
  fields: {task: "작업내용, what", surface: [seat]}
  statuses: {인계 대기: needs-check}
  tracker:
    append: [tracker, add, "--task={task}"]
    patch: [tracker, "{number}", "{field}", "{value}"]
    set_status: [tracker, status, "{number}", "{status}"]
    verify: [tracker, "{number}", "{self_score}/{cross_score}"]
    statuses: {done: 완료}
    cwd: shared
    timeout: 3
services:
  - {name: watcher, process: 'dispatch_watcher\\.sh'}
  - {name: auto, process: auto_dispatcher, expected: absent}
  - {name: lint, cron: vault_lint, expected: 'loaded, younger than 1d', every: 30, timeout: 1, group: 크론,
     log: lint.log, marker: lint.done, grace: 60}
  - {name: web, http: 'http://127.0.0.1:8000/', status: 204, field: a.b, equals: ok}
  - {name: unit, systemd: a.service, scope: user}
  - {name: fleet, launchd: com.openclaw.*}
  - {name: program, supervisor: web, socket: s.sock}
  - {name: any, unit: web}
  - {name: report, file: r.md}
  - {name: messages, glob: /tmp/x*, expected: at most 0}
collector:
  url: "http://127.0.0.1:4318/health"
  every: 5
  metrics_url: "http://127.0.0.1:8888/metrics"
  health_check_url: "http://127.0.0.1:13133/"
  otlp_url: "http://127.0.0.1:4318/v1/logs"
  probe: always
  timeout: 1
  fields: {logs: "a.b, c", uptime: [up]}
trace: {otlp: "http://127.0.0.1:4318", timeout: 1}
guards:
  quiet: ["22:00-07:00"]
  automatic: {service: Auto, records: {source: auto_dispatcher}, minutes: 5}
  lock: run/manual.lock
theme: harbour
keys:
  surface.send: ctrl+s, f5
  app.quit: [ctrl+q]
"""
    )
    assert load(write, COMMANDS) == Config(
        mux=MuxConfig("tmux", "fleet", str(write.parent / "run/cmux.sock")),
        show="agents",
        surfaces=(SurfaceConfig("%3", "CODEX 1", "검증 전담", "codex"), SurfaceConfig("openclaw:0.1")),
        log=LogConfig(
            str(write.parent / "memory/dispatch_log.json"),
            {"task": ("작업내용", "what"), "surface": ("seat",)},
            {"인계 대기": DispatchStatus.NEEDS_CHECK},
            TrackerConfig(
                ("tracker", "add", "--task={task}"),
                ("tracker", "{number}", "{field}", "{value}"),
                ("tracker", "status", "{number}", "{status}"),
                ("tracker", "{number}", "{self_score}/{cross_score}"),
                {"done": "완료"},
                str(write.parent / "shared"),
                3.0,
            ),
        ),
        services=(
            ServiceConfig("watcher", "dispatch_watcher\\.sh"),
            ServiceConfig("auto", "auto_dispatcher", "absent"),
            ServiceConfig(
                "lint",
                cron="vault_lint",
                expected="loaded, younger than 1d",
                every=30.0,
                timeout=1.0,
                group="크론",
                log=str(write.parent / "lint.log"),
                marker=str(write.parent / "lint.done"),
                grace=60.0,
            ),
            ServiceConfig("web", http="http://127.0.0.1:8000/", status=204, field="a.b", equals="ok"),
            ServiceConfig("unit", systemd="a.service", scope="user"),
            ServiceConfig("fleet", launchd="com.openclaw.*"),
            ServiceConfig("program", supervisor="web", socket=str(write.parent / "s.sock")),
            ServiceConfig("any", unit="web"),
            ServiceConfig("report", file=str(write.parent / "r.md")),
            ServiceConfig("messages", glob="/tmp/x*", expected="at most 0"),
        ),
        collector=CollectorConfig(
            "http://127.0.0.1:4318/health",
            5.0,
            "http://127.0.0.1:8888/metrics",
            "http://127.0.0.1:13133/",
            "http://127.0.0.1:4318/v1/logs",
            "always",
            1.0,
            {"logs": ("a.b", "c"), "uptime": ("up",)},
        ),
        trace=TraceSection("http://127.0.0.1:4318", 1.0),
        guards=GuardSection(
            quiet=("22:00-07:00",),
            automatic=AutomaticSection("Auto", {"source": "auto_dispatcher"}, 5.0),
            lock=str(write.parent / "run/manual.lock"),
        ),
        theme="harbour",
        keys={"surface.send": ("ctrl+s", "f5"), "app.quit": ("ctrl+q",)},
    )


def test_the_fields_of_the_collector_are_those_its_reader_knows() -> None:
    assert config_collector.FIELDS == HEALTH_FIELDS
    assert CollectorConfig(metrics_url="http://m").source == "http://m" and not CollectorConfig().source


def test_the_fields_and_verbs_are_those_of_the_tracker() -> None:
    assert {*FIELDS} == {*SYNONYMS, *CHECK_SYNONYMS}
    assert tuple(PLACEHOLDERS) == VERBS
    assert not TrackerConfig(statuses={"done": "x"}).used and TrackerConfig(patch=("a",)).used


def test_home_and_socket_paths_are_made_absolute(write: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/op")
    write.write_text("log: {path: ~/log.json}\nmux: {tmux_socket: ~/t.sock, cmux_socket: /run/c.sock}\n")
    found = load(write)
    assert found.log.path == "/home/op/log.json"
    assert (found.mux.tmux_socket, found.mux.cmux_socket) == ("/home/op/t.sock", "/run/c.sock")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("muxx: 1", ":1:1 muxx: is not a known key; did you mean mux?"),
        ("\ufeffmuxx: 1", ":1:1 muxx: is not a known key"),
        ("log:\n  pth: x", ":2:3 log.pth: is not a known key; did you mean path?"),
        ("log: {fields: {tusk: a}}", ":1:22 log.fields.tusk: is not a field of a dispatch; did you mean task?"),
        ("log: {fields: {task: ''}}", ":1:22 log.fields.task: names no field of the log"),
        ("log: {fields: {task: 3}}", "log.fields.task: must be a list"),
        (
            "log: {statuses: {끝: over}}",
            ":1:21 log.statuses.끝: over is not possible here; write queued, sending, sent, working,",
        ),
        ("log: {tracker: {verfy: [a]}}", ":1:17 log.tracker.verfy: is not a known key; did you mean verify?"),
        ("log: {tracker: {verify: a b}}", ':1:25 log.tracker.verify: must be a list; start each entry with "- "'),
        ("log: {tracker: {verify: ['{by}']}}", "log.tracker.verify: names no program"),
        (
            "log: {tracker: {patch: [a, 'x{feld}']}}",
            "log.tracker.patch: {feld} stands for nothing here; did you mean field?",
        ),
        ("log: {tracker: {patch: [a, {field}]}}", "log.tracker.patch.2: must be text; write text in quotes"),
        ("log: {tracker: {statuses: {dome: x}}}", "log.tracker.statuses.dome: is not a status; did you mean done?"),
        ("log: {tracker: {statuses: {done: ''}}}", "log.tracker.statuses.done: is empty"),
        ("log: {tracker: {timeout: 0}}", ":1:26 log.tracker.timeout: must be between 0.1 and 600 seconds"),
        ("surfaces:\n- {ref: a, agnt: b}", ":2:12 surfaces.1.agnt: is not a known key; did you mean agent?"),
        ("zzz: 1", ":1:1 zzz: is not a known key; known are approve, artifacts, automation,"),
        ("mux: {backend: tmx}", ":1:16 mux.backend: tmx is not possible here; write auto, tmux, cmux, cmux-app,"),
        ("show: on", ":1:7 show: on is not possible here; write all or agents"),
        ("theme: no", ':1:8 theme: must be text; in YAML this is not text; write "no" in quotes'),
        ("theme: on", 'write "on" in quotes'),
        ("theme: 12", 'write "12" in quotes'),
        ("theme: 60:30", ':1:8 theme: 60:30 would be read as a number to base 60 or 8; write "60:30" for the text'),
        ("collector: {every: 010}", ":1:20 collector.every: 010 would be read as a number to base 60 or 8"),
        ("collector: {every: yes}", ":1:20 collector.every: must be a number; write a number such as 10.0"),
        ("collector: {every: 0}", ":1:20 collector.every: must be between 1 and 3600 seconds"),
        ("collector: {every: .inf}", ".inf is not a usable number"),
        ("collector: {every: 1" + "0" * 5000 + "}", "is not a usable number"),
        ("collector: {url: localhost:4318}", ":1:18 collector.url: is not an http(s) URL"),
        ("collector: {url: 'http://[::1'}", "is not an http(s) URL"),
        ("collector: {metrics_url: x}", ":1:26 collector.metrics_url: is not an http(s) URL; write for example http:"),
        ("collector: {timeout: 0}", ":1:22 collector.timeout: must be between 0.1 and 60 seconds"),
        ("collector: {probe: on}", ":1:20 collector.probe: on is not possible here; write auto, always or never"),
        ("collector: {probe: always}", "collector.probe: needs to know where; write otlp_url: http://127.0.0.1:4318"),
        ("collector: {fields: {lugs: a}}", ":1:28 collector.fields.lugs: is not a field of a collector; did you mean"),
        ("collector: {fields: {logs: ''}}", "collector.fields.logs: names no place in the document"),
        ("theme: a\ntheme: b", ":2:1 theme: is already set in line 1; keep one of them"),
        ("services: {a: b}", ':1:11 services: must be a list; start each entry with "- "'),
        ("services: [3]", ":1:12 services.1: must be a group of keys"),
        ("services: [{name: a}]", ":1:12 services.1: says not what to watch; write one of process, launchd, systemd"),
        ("services: [{name: a, process: }]", ":1:12 services.1: says not what to watch"),
        ("services: [{name: a, process: b, file: c}]", ":1:40 services.1.file: process is given already; keep one"),
        ("services: [{name: a, proces: b}]", ":1:22 services.1.proces: is not a known key; did you mean process?"),
        ("services: [{name: a, cron: '['}]", ":1:28 services.1.cron: is not a regular expression"),
        ("services: [{name: a, http: 'x:1'}]", ":1:28 services.1.http: is not an http(s) URL"),
        ("services: [{name: a, file: b, expected: runing}]", ":1:41 services.1.expected: runing cannot be expected"),
        (
            "services: [{name: a, process: b, expected: unloaded}]",
            ":1:44 services.1.expected: process cannot tell whether it is unloaded; write running, absent, at most 3",
        ),
        ("services: [{name: a, glob: b, expected: at most x}]", "services.1.expected: x is no count; write for"),
        ("services: [{name: a, file: b, expected: younger than 2q}]", "2q is no length of time; write for example 30s"),
        ("services: [{name: a, launchd: b, expected: 'loaded, unloaded'}]", "cannot be loaded and unloaded at once"),
        ("services: [{name: a, file: b, every: 0.5}]", "services.1.every: must be between 1 and 86400 seconds"),
        ("services: [{name: a, file: b, timeout: 0}]", "services.1.timeout: must be between 0.1 and 60 seconds"),
        ("services: [{name: a, cron: b, grace: -1}]", "services.1.grace: must be between 0 and 86400 seconds"),
        ("services: [{name: a, http: 'http://h', status: 7}]", "services.1.status: is no HTTP status"),
        ("services: [{name: a, file: b, socket: c}]", "socket: means nothing for file; it belongs to supervisor and"),
        ("services: [{name: a, http: 'http://h', equals: c}]", "services.1.equals: needs field"),
        ("services: [{name: a, systemd: b, scope: root}]", "services.1.scope: root is not possible here; write auto,"),
        ("services: [{name: a, process: '('}]", ":1:31 services.1.process: is not a regular expression"),
        ("services: [{name: a, process: 'x*'}]", ":1:31 services.1.process: matches every process"),
        ("templates: [{name: a}]", ":1:13 templates.1.text: is missing"),
        ("templates: [{name: a, text: ' '}]", ":1:29 templates.1.text: is empty; write what is to be sent"),
        ("templates: [{name: a, text: b}, {name: A, text: c}]", "templates.2.name: is the same as in entry 1"),
        ("services: [{name: a, process: b}, {name: A, process: c}]", "services.2.name: is the same as in entry 1"),
        ("surfaces: [{ref: ' '}]", ":1:18 surfaces.1.ref: is empty"),
        ("keys: {surface.sned: f1}", ":1:22 keys.surface.sned: is not a command; did you mean surface.send?"),
        ("keys: {surface.send: f1, app.quit: 'f2,f1'}", "keys.app.quit: f1 is already the key of surface.send"),
        ("keys: {surface.send: ''}", "keys.surface.send: names no key"),
        ("keys: {surface.send: 1}", 'keys.surface.send: must be text; in YAML this is not text; write "1" in quotes'),
        ("- 1", ":1:1: must be a group of keys"),
        ("a: b: c", ":1:5: not valid YAML: mapping values are not allowed here"),
        ("log:\n\tpath: x", ":2:1: a tab in the indentation; indent with spaces"),
        ("a: 1\n--- \nb: 2", ":2:1: a second document starts here"),
        ("a: &x [1]\nb: *x", ":2:4: alias *x is not supported; write the value"),
        ("a: " + "[" * 5000, "nested more than 12 levels deep"),
        ("a: [" + "1," * 30_000 + "]", "more than 20000 entries"),
        ("? [a]\n: b", "a key must be one word"),
        ("!!python/object:os.system {}", "is not supported; write a plain value"),
        ("theme: !!binary aGk=", "is not supported; write a plain value"),
        ('theme: "a\\x1bb"', ":1:8 theme: contains the control character U+001B"),
        ("a\x00b", ":1:2: a control character is in the file"),
        (b"# ok\ntheme: \xff", ":2:8: is not UTF-8; save the file as UTF-8"),
        (b"#" * (1024 * 1024 + 1), ": is larger than 1 MiB"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_remedy(write: Path, text: str | bytes, expected: str) -> None:
    found = problems(write, text)
    assert any(expected in line for line in found), found
    assert len(found) == 1


def test_all_mistakes_are_told_at_once_in_order(write: Path) -> None:
    found = problems(write, "show: some\nlog: 3\ntheme: 7\n")
    assert [line.split(" ")[0] for line in found] == [":1:7", ":2:6", ":3:8"]


def test_the_list_of_mistakes_ends(write: Path) -> None:
    found = problems(write, "".join(f"key{n}: 1\n" for n in range(500)))
    assert len(found) == 21
    assert found[-1] == ": and 480 more; correct these first"


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path, expected in (
        (tmp_path, "is a directory"),
        (fifo, "not a regular file"),
        (tmp_path / "x", "No such file"),
    ):
        with pytest.raises(ConfigError, match=expected):
            load(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_told(write: Path) -> None:
    write.write_text("")
    write.chmod(0)
    with pytest.raises(ConfigError, match="Permission denied"):
        load(write)


YAML_PIECES = st.sampled_from(
    [
        *"{}[]:,-?&*!|>'\"%@` \n\tab1",
        "mux",
        "log",
        ": ",
        "\n  ",
        "- ",
        "surfaces:\n",
        "services:\n",
        "keys:\n",
        "name: ",
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.lists(YAML_PIECES, max_size=30).map(lambda p: "".join(p).encode())))
def test_no_file_gives_a_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    try:
        load(path, COMMANDS)
    except ConfigError as error:
        for line in str(error).split("\n"):
            assert re.match(rf"{re.escape(str(path))}(:\d+:\d+)?[ :]", line), line
            assert not re.search("[\x00-\x1f\x7f-\x9f]", line)


def test_the_order_in_which_files_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home/.config"))
    here = tmp_path / "here"
    here.mkdir()
    assert find(None, {}, here) is None
    from platformdirs import user_config_path

    user = user_config_path("oc-console") / "config.yaml"
    user.parent.mkdir(parents=True)
    user.touch()
    assert find(None, {}, here) == user
    (here / "oc-console.yaml").touch()
    assert find(None, {}, here) == here / "oc-console.yaml"
    (here / "env.yaml").touch()
    assert find(None, {"OC_CONSOLE_CONFIG": "env.yaml"}, here) == here / "env.yaml"
    (here / "mine.yaml").touch()
    assert find("mine.yaml", {"OC_CONSOLE_CONFIG": "env.yaml"}, here) == here / "mine.yaml"
    assert find(str(user), {}, here) == user


def test_a_named_file_has_to_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml: does not exist; --config names it"):
        find("gone.yaml", {}, tmp_path)
    with pytest.raises(ConfigError, match=r"gone\.yaml: does not exist; \$OC_CONSOLE_CONFIG names it"):
        find(None, {"OC_CONSOLE_CONFIG": "gone.yaml"}, tmp_path)
    with pytest.raises(ConfigError, match="no usable file name"):
        find("a\0b", {}, tmp_path)


def test_the_example_is_the_operators_fleet_and_else_changes_nothing() -> None:
    found = load(EXAMPLE)
    assert replace(found, surfaces=()) == Config()
    where = {surface.ref: surface.workspace for surface in found.surfaces}
    first = {f"surface:{n}": "workspace:1" for n in (1, 2, 3, 5)}
    assert where == {**first, "surface:6": "workspace:2", "surface:7": "workspace:3"}
    assert all(surface.name and surface.role and surface.agent for surface in found.surfaces)


def test_the_example_fleet_loads(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text(uncommented(EXAMPLE.read_text()))
    found = load(path, ("surface.send",))
    assert [surface.ref for surface in found.surfaces] == [f"surface:{n}" for n in (1, 2, 3, 5, 6, 7)]
    assert {service.name: service.expected for service in found.services}["auto-dispatcher"] == "unloaded"
    assert found.keys == {"surface.send": ("ctrl+s",)}
    assert [each.expected for each in found.automation] == ["running", "gone", "0", "at most 3"]
    assert found.automation[2].clean and found.artifacts[2].glob.startswith("/")
    assert found.figures[1].json == ("dispatches", "#") and found.figures[2].pattern == r"완료 ([\d,]+\+?)"
    assert found.log.fields == {"task": ("작업내용", "what"), "surface": ("seat",)}
    assert found.log.statuses == {"인계 대기": DispatchStatus.NEEDS_CHECK}
    assert (
        found.log.tracker.set_status[-2:] == ("{number}", "{status}") and found.log.tracker.statuses["done"] == "완료"
    )


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^#(?= {4})", " ", text)


def test_the_example_documents_every_key_with_its_default() -> None:
    """Above each ``key:`` stands its ``Default:``; the keys of a list's entries have a line each in its comment."""
    text = whole = EXAMPLE.read_text()
    for section, after in (
        (Config, ""),
        (MuxConfig, ""),
        (LogConfig, ""),
        (TrackerConfig, ""),
        (CollectorConfig, "\ncollector:\n"),
        (NotifySection, ""),
        (ApprovalSection, ""),
        (GuardSection, "\nguards:\n"),
        (AutomaticSection, "\n  automatic:\n"),
        (TraceSection, "\ntrace:\n"),
        (VerifySection, "\nverify:\n"),
    ):
        text = whole[whole.index(after) :]
        for field in fields(section):
            if is_dataclass(field.default) and not isinstance(field.default, type):
                assert re.search(rf"(?m)^ *{field.name}:$", text), field.name
                continue
            comment = re.search(rf"((?:^ *#.*\n)+)^ *{field.name}:", text, re.M)
            assert comment, field.name
            assert documented(re.sub(r"(?m)^#   .*\n", "", comment.group(1))) == shown(field.default), field.name
    text = whole
    entries = (
        *(("surfaces", SurfaceConfig), ("services", ServiceConfig), ("automation", AutomationSection)),
        *(("artifacts", ArtifactSection), ("figures", FigureSection), ("templates", TemplateSection)),
    )
    for name, entry in entries:
        table = re.search(rf"((?:^#.*\n)+)^{name}:", text, re.M)
        assert table, name
        for field in fields(entry):
            line = re.search(rf"(?m)^#   {field.name} +\S.*$", table.group(1))
            assert line, field.name
            said = "required" if line.group().endswith("; required") else documented(line.group())
            assert said == ("required" if field.default is MISSING else shown(field.default)), field.name


def test_the_guards_of_the_configuration_are_those_there_are() -> None:
    assert set(config_attention.FINAL) == FINAL
    assert {*config_attention.GUARDS, *FINAL} == {rule.name for rule in RULES}


def documented(comment: str) -> str:
    found = re.findall(r'Default: (""|[\w.]+)', comment)
    return found[-1] if found else ""


def shown(default: object) -> str:
    if default == "":
        return '""'
    return "none" if default is MISSING or default == () else str(default)


def test_how_a_dispatch_is_verified_can_be_said(write: Path) -> None:
    write.write_text("verify:\n  template: 검증 {number}\n  verifiers: CLAUDE V\n  pattern: '총평 (?P<cross>\\d)'\n")
    assert load(write).verify == VerifySection(("검증 {number}",), ("CLAUDE V",), ("총평 (?P<cross>\\d)",))
    write.write_text(uncommented(EXAMPLE.read_text()))
    section = load(write, ("surface.send",)).verify
    assert len(section.template) == 4 and section.verifiers == ("CLAUDE V", "CODEX V") and len(section.pattern) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("verify: {pattern: '(?P<cross>'}", ":1:19 verify.pattern.1: is not a regular expression"),
        ("verify:\n  pattern:\n    - '(?P<self>x)'\n    - 'x'", ":4:7 verify.pattern.2: has no group"),
        ("verify: {pattern: ['(?P<gap>x)']}", ":1:20 verify.pattern.1: has a group gap"),
        ("verify: {template: ['{number}', '{x}']}", ":1:33 verify.template.2: {x} stands for nothing here"),
        ("verify: {template: ' '}", ":1:20 verify.template: is empty"),
        ("verify: {template: 'self 4 cross 3'}", ":1:20 verify.template.1: “self 4 cross 3” itself would be taken"),
        ("verify: {pattern: '(?P<verdict>pass)'}", ":1:19 verify.pattern: “End with one line"),
        ("verify: {verifiers: ['']}", ":1:22 verify.verifiers.1: is empty"),
        ("verify: {templat: x}", ":1:10 verify.templat: is not a known key; did you mean template?"),
        ("verify: {pattern: 3}", ":1:19 verify.pattern: must be a list"),
    ],
)
def test_what_is_wrong_with_it_is_told_with_its_place(write: Path, text: str, expected: str) -> None:
    found = problems(write, text)
    assert any(line.startswith(expected) for line in found), found
