"""Which steps a line of a hand-off asks for: its commands and its words are recognised, or it is ticked by hand. Pure.

A wrong link would let a line pass that nobody has checked: what is not surely understood stays manual.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from console.i18n import tr, trn
from console.model.checklist import CHECKS, FIRST, OWN, Step, StepState, followed
from console.model.checks_given import SHORT, Given
from console.model.handoff_items import Found, PointEntry
from console.model.naming import identity

Ids = set[str]
_REF: Final = re.compile(r"surface:\d+|(?<![\w%])%\d+")
_READS: Final = re.compile(
    r"\b(?:cmux\s+(?:--?\S+\s+)*(?:read-screen|tree|list-\w+|capture-pane)|tmux\s+(?:-[LSf]\s*\S+\s+)*"
    r"(?:capture-pane|capturep|list-\w+|ls\b|lsp\b|has-session)|oc-console\s+(?:status|doctor))"
)
_MANAGERS: Final = re.compile(
    r"\b(?:launchctl\s+(?:list|print)|systemctl\s+(?:--user\s+)?(?:status|list-\w+|is-active|is-enabled)|"
    r"supervisorctl\s+(?:-\S+\s+\S+\s+)*status|service\s+\S+\s+status)\b"
)
_ASKS: Final = re.compile(
    r"\b(?:curl|wget|http)\s[^\n|;]*?((?:https?://)?[\w.\[\]-]+:\d+[^\s\"'|;]*|https?://[^\s\"'|;]+)"
)
_SUMMARY: Final = re.compile(r"dispatch[_-]?tracker\S*\s+summary|oc-console\s+summary", re.IGNORECASE)
_RECORD: Final = re.compile(r"\boc-console\s+log\s+show\s+#?(\d+)\b")
_PROCESSES: Final = re.compile(r"\b(?:pgrep|ps)\b")
_GREP: Final = re.compile(r"\b(?:grep|egrep|pgrep|rg)\s+(?:-\w+\s+)*(\"[^\"]*\"|'[^']*'|[^\s|;]+)")
_FILES: Final = re.compile(r"\b(?:ls|stat|find|wc|test)\s+(?:-\w+\s+)*((?:[~/])[^\s|;\"']*)")
_HARMLESS: Final = re.compile(
    r"(?:cd|echo|done|do|fi|then|else|for\s+\w+\s+in|head|tail|sort|wc|grep|egrep|rg|cat|sleep|true|jq|column|less)\b|#"
)
"""Parts of a command that look at nothing themselves."""

_WORDS: Final[tuple[tuple[str, str], ...]] = (
    (
        r"(?:\d+\s*개?\s*|각\s*|모든\s*|전체\s*)(?:cmux\s*|tmux\s*)?(?:세션|surface)[^,;]*(?:상태|살아|확인|읽기|수거)"
        r"|(?:all|each|every|the|\d+|six)\s+(?:\w+\s+){0,2}(?:sessions?|surfaces?|panes?)\b[^,;]*"
        r"\b(?:state|status|alive|answers?|there|up|running)"
        r"|\b(?:state|status)\s+of\s+(?:all|each|every|the)\s+(?:\w+\s+){0,2}(?:sessions?|surfaces?|panes?)\b",
        "surfaces",
    ),
    (r"결과[^,;]*수거|수거[^,;]*결과|collect\w*\s+(?:\w+\s+){0,3}(?:results?|finished|work)", "collect"),
    (
        r"auto[-_ ]?dispatch\w*[^,;]*(?:unload|off\b|disabled|stopped|재활성화|꺼|중단|비활성)"
        r"|자동\s*배분[^,;]*(?:꺼|중단|해제|비활성|unload)",
        "dispatcher",
    ),
    (
        r"(?:\b(?:otel|opentelemetry)\b|\bcollector\b|수집기)[^,;]*"
        r"(?:\bup\b|uptime|health|상태|확인|가동|재시작|\bruns?\b|running|counts?)",
        "collector",
    ),
    (r"dispatch[_-]?(?:tracker|log)\w*\s+(?:summary|요약|현황)|dispatch summary|작업\s*현황|배분\s*현황", "summary"),
    (r"승인\s*스크립트[^,;]*(?:실행|동작|상태)|approv\w+\s+script[^,;]*\b(?:run\w*|up)\b", "approval"),
    (r"중복\s*(?:배분|작업)[^,;]*(?:없|확인)|\bduplicate (?:dispatch|task)", "duplicates"),
    (r"임시\s*파일[^,;]*(?:확인|정리|수|개)|\btemp(?:orary)? files?\b[^,;]*\b(?:check|count|clean|left)", "temporary"),
    (r"산출물[^,;]*(?:확인|존재|있)"
     r"|\b(?:artifacts|deliverables)\b[^,;]*\b(?:exist|there|check\w*|changed)", "artifacts"),
    (r"(?:감시|launchd|전체|모든|영구)\s*서비스[^,;]*(?:상태|확인|가동)"
     r"|\b(?:all|the)\s+services?\b[^,;]*\b(?:state|status|up|run\w*)\b",
     "services"),
    (r"결정\s*(?:대기|사항)[^,;]*(?:확인|처리)|\bdecisions?\b[^,;]*\b(?:pending|waiting|open)", "decisions"),
)  # fmt: skip
"""What a line of words asks for: pattern, topic."""
_TOPICS: Final[dict[str, tuple[str, ...]]] = {
    "surfaces": ("surface ", "server"),
    "collect": ("collect", "collect "),
    "dispatcher": ("dispatcher",),
    "collector": ("collector",),
    "summary": ("summary", "record "),
    "approval": (),
    "duplicates": ("duplicates",),
    "temporary": ("automation ",),
    "artifacts": ("artifacts", "artifact "),
    "services": ("service ", "dispatcher"),
    "decisions": ("decisions",),
}
"""By topic, the ids of its steps, or how they begin."""
_CALLED: Final = {"dispatcher": "automatic dispatcher"}
"""What people search for, beside the id of a step: a pattern of ``grep`` finds these."""
_COMPILED: Final = tuple((re.compile(pattern, re.IGNORECASE), topic) for pattern, topic in _WORDS)


def lines(given: Given, steps: Sequence[Step]) -> Iterator[Step]:
    """The hand-off's first steps and checks: each follows the steps it asks for, or is ticked by hand."""
    if given.handoff is None:
        return
    by_id = {step.id: step for step in steps}
    for name, group, entries in (("first", FIRST, given.handoff.first_steps), ("check", CHECKS, given.handoff.checks)):
        for entry in entries:
            yield _line(given, f"{name} {entry.line}", group, entry, by_id)


def _line(given: Given, id: str, group: str, entry: Found[PointEntry], by_id: dict[str, Step]) -> Step:
    title = entry.item.text or next(iter(entry.item.commands), "")
    asked, whole = _of_commands(given, entry.item.commands, by_id)
    if not entry.item.commands:
        asked = _of_text(given, entry.item, by_id)
        whole = bool(asked)
    links = tuple(id for id in by_id if id in asked)
    if links and whole:
        return followed(Step(id, title, group, StepState.RUNNING, line=entry.line, links=links), by_id)
    said = tr("no check knows it")
    if links:
        said = trn(
            "a part of it no check knows; {count} step below is a part of it",
            "a part of it no check knows; {count} steps below are a part of it", len(links),
        )  # fmt: skip
    return Step(id, title, group, StepState.MANUAL, said, tr("do it, then tick it"), checked_at=None, line=entry.line)


# -- commands ----------------------------------------------------------------------------------------------------


def _of_commands(given: Given, commands: Sequence[str], by_id: dict[str, Step]) -> tuple[Ids, bool]:
    """(Ids of the steps that *commands* ask for, whether all of them are understood)."""
    found: Ids = set()
    whole = bool(commands)
    for command in commands:
        asked = _of_command(given, command, by_id)
        found |= asked
        whole = whole and (bool(asked) and not _unknown(command))
    return found, whole


def _unknown(command: str) -> bool:
    """Whether a part of *command* looks at something that is not recognised."""
    for part in re.split(r"&&|\|\||[;\n|]", _unquoted(command)):
        text = part.strip()
        text = re.sub(r"^(?:do|then|else)\s+", "", text)
        known = (_READS, _MANAGERS, _ASKS, _SUMMARY, _RECORD, _PROCESSES, _FILES)
        if text and not _HARMLESS.match(text) and not any(each.search(text) for each in known):
            return True
    return False


def _unquoted(command: str) -> str:
    """*command* with nothing between its quotes that could part it."""
    return re.sub(r"\"[^\"]*\"|'[^']*'", lambda match: re.sub(r"[|;&\n]", "_", match.group()), command)


def _of_command(given: Given, command: str, by_id: dict[str, Step]) -> Ids:
    found: Ids = set()
    if _READS.search(command):
        refs = {identity(ref) for ref in _REF.findall(command)}
        every = {id for id in by_id if id.startswith("surface ")}
        named = {id for id in every if identity(id.removeprefix("surface ")) in refs}
        found |= (named or (every if not refs else set())) | ({"server"} & set(by_id))
    if _MANAGERS.search(command):
        found |= _services(command, by_id)
    for asked in _ASKS.finditer(command):
        found |= _of_url(given, asked.group(1), by_id)
    if _SUMMARY.search(command):
        found |= _topic("summary", by_id)
    for number in _RECORD.findall(command):
        found |= _of_record(number, by_id)
    if _PROCESSES.search(command):
        found |= _named(_pattern(command), by_id, ("automation ", "service ", "dispatcher"))
    for path in _FILES.findall(command):
        found |= _of_path(given, path, by_id)
    return found


def _of_record(number: str, by_id: dict[str, Step]) -> Ids:
    """What is known of one dispatch: its result waits, its record is gone; else what is said of all of them."""
    own = {f"collect #{number}", f"record {number}"} & set(by_id)
    return own or {"collect", "summary"} & set(by_id)


def _services(command: str, by_id: dict[str, Step]) -> Ids:
    """The services a listing is searched for; all of them without a search."""
    pattern = _pattern(command)
    if not pattern:
        return _topic("services", by_id)
    return _named(pattern, by_id, ("service ", "dispatcher", "collector"))


def _pattern(command: str) -> str:
    found = _GREP.search(command)
    return found.group(1).strip("\"'") if found is not None else ""


def _named(pattern: str, by_id: dict[str, Step], kinds: tuple[str, ...]) -> Ids:
    """Steps of *kinds* that *pattern* finds; titles are in the language of the interface and say nothing here."""
    parts = [part for part in re.split(r"\\?\|", pattern) if len(part) >= SHORT - 1] if pattern else []
    words = [re.sub(r"\\(.)|[\[\]()^$]", r"\1", part).casefold() for part in parts]
    return {
        id
        for id, step in by_id.items()
        if id.startswith(kinds)
        and any(word in f"{id} {_CALLED.get(id, '')} {step.about.name}".casefold() for word in words)
    }


def _of_url(given: Given, url: str, by_id: dict[str, Step]) -> Ids:
    """The collector, or the service that is asked at this address."""
    plain = _address(url)
    if given.snapshot.collector.source and _address(given.snapshot.collector.source) == plain:
        return _topic("collector", by_id)
    for service in given.every_service:
        if service.manager == "http" and _address(service.label) == plain:
            return {f"service {service.name}"} & set(by_id)
    if not given.snapshot.collector.source and re.search(r":4318\b|:8888/metrics|:13133\b", url):
        return _topic("collector", by_id)
    return set()


def _address(url: str) -> tuple[str, str]:
    """(Port, path): a host of this machine has many names."""
    rest = url.split("://", 1)[-1]
    host, _, path = rest.partition("/")
    name, _, port = host.rpartition(":")
    local = name or host
    kept = "" if local in ("localhost", "127.0.0.1", "[::1]", "0.0.0.0") else local
    return f"{kept}:{port}" if name else host, path.rstrip("/")


# -- words -------------------------------------------------------------------------------------------------------


def _of_text(given: Given, point: PointEntry, by_id: dict[str, Step]) -> Ids:
    found: Ids = set()
    for path in point.paths:
        found |= _of_path(given, path, by_id)
    if found:
        return found
    for pattern, topic in _COMPILED:
        if pattern.search(point.text):
            found |= _topic(topic, by_id)
    if not found:
        found |= _mentioned(point.text, by_id)
    return found


def _of_path(given: Given, path: str, by_id: dict[str, Step]) -> Ids:
    """The script, files or artifact at *path*."""
    plain = given.expanded(path)
    seen = given.snapshot.operations
    for each in (*seen.automation, *given.automation):
        name = plain.rsplit("/", 1)[-1]
        if each.target == plain or (each.kind == "process" and name and name in each.target.replace("\\", "")):
            return {f"automation {each.name}"} & set(by_id)
    for artifact in (*seen.artifacts, *given.artifacts):
        if artifact.pattern.rstrip("/") == plain.rstrip("/"):
            id = f"artifact {artifact.name}"
            return {id if id in by_id else "artifacts"} & set(by_id)
    return {f"automation {path}"} & set(by_id)


def _mentioned(text: str, by_id: dict[str, Step]) -> Ids:
    """Services, scripts and own steps that are named in full."""
    plain = text.casefold()
    found: Ids = set()
    for id, step in by_id.items():
        if not (id.startswith(("service ", "automation ")) or step.group == OWN):
            continue
        name = step.title.casefold()  # of these it is a name, which is never translated
        if len(name) >= SHORT and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", plain):
            found.add(id)
    return found


def _topic(topic: str, by_id: dict[str, Step]) -> Ids:
    if topic == "approval":
        is_one: Callable[[str], bool] = lambda id: id.startswith("automation ") and "approv" in id.casefold()  # noqa: E731
        return {id for id in by_id if is_one(id)}
    whole = {id for id in by_id for each in _TOPICS[topic] if id == each or (each[-1] == " " and id.startswith(each))}
    if topic == "dispatcher" and not whole:
        return {id for id in by_id if id.startswith("service ") and re.search(r"auto.*dispatch", id.casefold())}
    return whole
