"""Configuration: where it is looked for, what it may say, and how every mistake is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console import config_collector, i18n
from console.config import (
    CollectorConfig,
    Config,
    ConfigError,
    TrackerConfig,
    find,
    load,
)
from console.config_log import FIELDS, PLACEHOLDERS
from console.config_sections import (
    VerifySection,
)
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


def test_how_a_dispatch_is_verified_can_be_said(write: Path) -> None:
    write.write_text("verify:\n  template: 검증 {number}\n  verifiers: CLAUDE V\n  pattern: '총평 (?P<cross>\\d)'\n")
    assert load(write).verify == VerifySection(("검증 {number}",), ("CLAUDE V",), ("총평 (?P<cross>\\d)",))
    write.write_text(re.sub(r"(?m)^#(?= {4})", " ", EXAMPLE.read_text()))
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


def test_mistakes_are_told_in_the_language_of_the_interface(write: Path) -> None:
    i18n.use("ko")
    assert problems(write, "servises: []\ntheme: [x]\n") == [
        ":1:1 servises: 알 수 없는 항목입니다; services을(를) 뜻했나요?",
        ":2:8 theme: 필요한 값: 텍스트; 텍스트를 따옴표 안에 쓰세요",
    ]
