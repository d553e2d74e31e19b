"""Reads a configuration file into `Config`; every problem in it is found in one go and located."""

from __future__ import annotations

import difflib
import os
import re
import stat
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, to_json

from console import (
    config,
    config_attention,
    config_checklist,
    config_collector,
    config_handoff,
    config_log,
    config_operations,
    config_services,
    config_verify,
    config_yaml,
)
from console.config_sections import (
    ApprovalRuleSection,
    ApprovalSection,
    AutomaticSection,
    GuardSection,
    HandoffSection,
    NotifySection,
    TemplateSection,
    TraceSection,
    VerifySection,
)
from console.config_yaml import Document, Problem, dotted
from console.i18n import mark, tr
from console.safety import safe_text

SIZE_LIMIT: Final = 1024 * 1024
"""Bytes of a configuration file that are accepted."""

PROBLEM_LIMIT: Final = 20
"""Problems that are listed."""

NAME_LIMIT: Final = 200
"""Characters of a name or role that are kept."""

SURFACE_TEXTS: Final = ("ref", "name", "role", "agent", "workspace", "started")
_SECTIONS: Final = {
    (): config.Config,
    ("mux",): config.MuxConfig,
    ("log",): config.LogConfig,
    ("log", "tracker"): config.TrackerConfig,
    ("collector",): config.CollectorConfig,
    ("trace",): TraceSection,
    ("guards",): GuardSection,
    ("guards", "automatic"): AutomaticSection,
    ("verify",): VerifySection,
    ("handoff",): HandoffSection,
    ("notify",): NotifySection,
    ("approve",): ApprovalSection,
    ("approve", "rules", "*"): ApprovalRuleSection,
    ("surfaces", "*"): config.SurfaceConfig,
    ("services", "*"): config.ServiceConfig,
    ("templates", "*"): TemplateSection,
    ("automation", "*"): config_operations.AutomationSection,
    ("artifacts", "*"): config_operations.ArtifactSection,
    ("figures", "*"): config_operations.FigureSection,
    ("checklist", "*"): config_checklist.ChecklistSection,
}
_FORMS: Final = {
    "string_type": (mark("text"), mark("write text in quotes")),
    "float_type": (mark("a number"), mark("write a number such as 10.0")),
    "tuple_type": (mark("a list"), mark('start each entry with "- "')),
    "dict_type": (mark("a group of keys"), mark("write one key: value per line")),
    "dataclass_type": (mark("a group of keys"), mark("write one key: value per line")),
}


def load_file(path: Path, known_commands: Collection[str]) -> config.Config:
    """See `console.config.load`."""
    name = safe_text(str(path))
    text = _read(path, name)
    document = config_yaml.parse(text)
    problems = document.problems
    result = config.Config()
    if not problems or document.data is not None:
        result = _typed(document, problems) or result
    if not problems:
        _check(result, document, problems, known_commands)
    if problems:
        raise config.ConfigError(_report(name, problems))
    return _finish(result, path)


def _report(name: str, problems: list[Problem]) -> str:
    lines = [_line(name, problem) for problem in sorted(problems, key=lambda problem: problem.place)]
    more = len(lines) - PROBLEM_LIMIT
    return "\n".join(
        lines
        if more <= 0
        else [*lines[:PROBLEM_LIMIT], tr("{name}: and {more} more; correct these first", name=name, more=more)]
    )


def _line(name: str, problem: Problem) -> str:
    where = f" {problem.path}" if problem.path else ""
    return f"{name}:{problem.place[0]}:{problem.place[1]}{where}: {problem.text}"


def _read(path: Path, name: str) -> str:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise config.ConfigError(tr("{name}: is a directory; name a YAML file in it", name=name))
        if not stat.S_ISREG(found.st_mode):
            raise config.ConfigError(tr("{name}: is not a regular file; save the configuration in a file", name=name))
        if found.st_size > SIZE_LIMIT:
            raise config.ConfigError(
                tr("{name}: is larger than 1 MiB; this is not a configuration of oc-console", name=name)
            )
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise config.ConfigError(
            tr("{name}: cannot be read ({reason}); check the path and its permissions", name=name, reason=reason)
        ) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        place = f"{before.count(10) + 1}:{error.start - before.rfind(10)}"
        raise config.ConfigError(
            tr("{name}:{place}: is not UTF-8; save the file as UTF-8", name=name, place=place)
        ) from error


def _typed(document: Document, problems: list[Problem]) -> config.Config | None:
    data = {} if document.data is None else document.data
    if isinstance(data, dict) and isinstance(data.get("keys"), dict):
        data["keys"] = {command: _key_list(value) for command, value in data["keys"].items()}
    if isinstance(data, dict):
        config_operations.prepare(data)
        config_checklist.prepare(data.get("checklist"))
    log = data.get("log") if isinstance(data, dict) else None
    if isinstance(log, dict) and isinstance(log.get("fields"), dict):
        log["fields"] = {name: _key_list(value) for name, value in log["fields"].items()}
    collector = data.get("collector") if isinstance(data, dict) else None
    if isinstance(collector, dict) and isinstance(collector.get("fields"), dict):
        collector["fields"] = {name: _key_list(value) for name, value in collector["fields"].items()}
    if isinstance(data, dict):
        config_verify.as_lists(data.get("verify"))
    try:
        # As JSON, because strict validation of Python values accepts no dict where a dataclass stands.
        return TypeAdapter(config.Config).validate_json(to_json(data))
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=True, include_input=False):
            problem = _explain(detail, document)
            if problem is not None and problem not in problems:
                problems.append(problem)
        return None


def _key_list(value: object) -> object:
    return [key.strip() for key in value.split(",")] if isinstance(value, str) else value


def _explain(detail: ErrorDetails, document: Document) -> Problem | None:
    path = tuple(detail["loc"])
    kind = detail["type"]
    place = document.places.get(path) or document.places.get(path[:-1]) or (1, 1)
    if path[:1] == ("keys",) and kind == "tuple_type":
        kind = "string_type"
    if kind == "unexpected_keyword_argument":
        group = tuple("*" if isinstance(part, int) else part for part in path[:-1])
        near = _near(str(path[-1]), [field.name for field in fields(_SECTIONS[group])])
        return Problem(document.key_places.get(path, place), dotted(path), tr("is not a known key; {near}", near=near))
    if kind == "missing":
        if path in document.key_places and document.places.get(path) != document.places.get(path[:-1]):
            return _empty(path, document)
        return Problem(place, dotted(path), tr("is missing; every entry of this list needs it"))
    if kind in ("literal_error", "enum"):
        choices = str(detail.get("ctx", {}).get("expected", "")).replace("'", "")
        return Problem(
            place,
            dotted(path),
            tr("{shown} is not possible here; write {choices}", shown=_shown(path, document), choices=choices),
        )
    if kind not in _FORMS:
        return Problem(
            place, dotted(path), tr("{detail}; see config.example.yaml", detail=safe_text(detail["msg"], limit=200))
        )
    wanted, remedy = (tr(each) for each in _FORMS[kind])
    plain = document.plain.get(path)
    if kind == "string_type" and plain is not None and plain not in ("", "~", "null"):
        remedy = tr('in YAML this is not text; write "{plain}" in quotes', plain=safe_text(plain, limit=60))
    return Problem(place, dotted(path), tr("must be {wanted}; {remedy}", wanted=wanted, remedy=remedy))


def _empty(path: config_yaml.Path, document: Document) -> Problem | None:
    if any(problem.path == dotted(path) for problem in document.problems):
        return None
    return Problem(document.key_places[path], dotted(path), tr("has no value; write one after the colon"))


def _shown(path: config_yaml.Path, document: Document) -> str:
    return safe_text(document.plain[path], limit=60) if path in document.plain else tr("this value")


def _near(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    if close:
        return tr("did you mean {close}?", close=close[0])
    listed = sorted(known)
    if len(listed) > 12:
        return tr("known are {listed}, …", listed=", ".join(listed[:12]))
    return tr("known are {listed}", listed=", ".join(listed))


def _check(result: config.Config, document: Document, problems: list[Problem], known: Collection[str]) -> None:
    """Rules that types cannot say."""

    def wrong(path: config_yaml.Path, text: str) -> None:
        place = document.places.get(path) or document.places.get(path[:-1]) or (1, 1)
        problems.append(Problem(place, dotted(path), text))

    config_collector.check(result.collector, wrong, _near)
    if result.trace.otlp and not config_collector.is_url(result.trace.otlp):
        wrong(("trace", "otlp"), tr("is not an http(s) URL; write for example http://127.0.0.1:4318"))
    if not 0.1 <= result.trace.timeout <= 60:
        wrong(("trace", "timeout"), tr("must be between 0.1 and 60 seconds; write for example 2.0"))
    for field_name, group in (("ref", "surfaces"), ("name", "services"), ("name", "templates")):
        seen: dict[str, int] = {}
        for index, entry in enumerate(getattr(result, group)):
            value = getattr(entry, field_name).strip().casefold()
            if not value:
                wrong((group, index, field_name), tr("is empty; write what it is called"))
            elif value in seen:
                wrong(
                    (group, index, field_name), tr("is the same as in entry {seen}; keep one of them", seen=seen[value])
                )
            seen.setdefault(value, index + 1)
    config_services.check(result.services, wrong, _bad_pattern, config_collector.is_url)
    for index, template in enumerate(result.templates):
        if not template.text.strip():
            wrong(("templates", index, "text"), tr("is empty; write what is to be sent"))
    config_log.check(result.log, wrong, _near)
    config_attention.check(result, wrong)
    config_verify.check(result.verify, wrong)
    config_handoff.check(result.handoff, wrong)
    config_operations.check(result.automation, result.artifacts, result.figures, wrong)
    config_checklist.check(result.checklist, [each.name for each in result.services], wrong)
    _check_keys(result.keys, known, wrong)


def _bad_pattern(pattern: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "possible nested set": the pattern works all the same
            if re.compile(pattern).search("") is None:
                return ""
    except (re.error, RecursionError, OverflowError) as error:
        wrong = safe_text(str(error), limit=120)
        return tr(
            "is not a regular expression ({wrong}); put a backslash before . + * ? ( ) [ ] meant literally", wrong=wrong
        )
    return tr("matches every process; write a part of its command line")


def _check_keys(
    keys: Mapping[str, tuple[str, ...]], known: Collection[str], wrong: Callable[[config_yaml.Path, str], None]
) -> None:
    owner: dict[str, str] = {}
    for command, bound in keys.items():
        path = ("keys", command)
        if known and command not in known:
            wrong(path, tr("is not a command; {near}", near=_near(command, known)))
        if not bound or any(not key for key in bound):
            wrong(path, tr("names no key; write for example ctrl+s, or several separated by commas"))
        for key in bound:
            if owner.setdefault(key, command) != command:
                other = safe_text(owner[key], limit=60)
                wrong(
                    path,
                    tr(
                        "{key} is already the key of {other}; give each key to one command",
                        key=safe_text(key, limit=60),
                        other=other,
                    ),
                )


def _finish(result: config.Config, path: Path) -> config.Config:
    """Make paths absolute and texts for people safe to draw."""
    base = Path(os.path.abspath(path)).parent  # noqa: PTH100 - resolve() would follow a linked configuration
    tmux = result.mux.tmux_socket
    automation, artifacts, figures = config_operations.placed(result.automation, result.artifacts, result.figures, base)
    return replace(
        result,
        automation=automation,
        artifacts=artifacts,
        figures=figures,
        checklist=config_checklist.placed(result.checklist, base),
        decisions=_place(result.decisions, base),
        mux=replace(
            result.mux,
            tmux_socket=_place(tmux, base) if "/" in tmux or tmux.startswith("~") else tmux,
            cmux_socket=_place(result.mux.cmux_socket, base),
        ),
        log=replace(
            result.log,
            path=_place(result.log.path, base),
            tracker=replace(result.log.tracker, cwd=_place(result.log.tracker.cwd, base)),
        ),
        surfaces=tuple(_clean(surface) for surface in result.surfaces),
        guards=replace(result.guards, lock=_place(result.guards.lock, base)),
        handoff=replace(result.handoff, path=_place(result.handoff.path, base)),
        services=tuple(config_services.finish(service, lambda text: _place(text, base)) for service in result.services),
        templates=tuple(_clean_template(template) for template in result.templates),
        theme=safe_text(result.theme, limit=NAME_LIMIT),
    )


def _place(text: str, base: Path) -> str:
    return str(base / os.path.expanduser(text)) if text else ""  # noqa: PTH111 - never raises


def _clean(surface: config.SurfaceConfig) -> config.SurfaceConfig:
    values: dict[str, Any] = {name: getattr(surface, name) for name in SURFACE_TEXTS}
    return config.SurfaceConfig(**{name: safe_text(value, limit=NAME_LIMIT) for name, value in values.items()})


def _clean_template(template: TemplateSection) -> TemplateSection:
    """The text stays exact: it is checked like every other text when it is sent."""
    name, role, verifier = (safe_text(t, limit=NAME_LIMIT) for t in (template.name, template.role, template.verifier))
    return TemplateSection(name, template.text, role, verifier)
