"""Configuration text to plain data with positions. Stricter than YAML where YAML 1.1 surprises people."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Final

import yaml

from console.i18n import tr
from console.safety import safe_text

Path = tuple[str | int, ...]
"""Keys and list indexes from the top of the document to a value."""
Place = tuple[int, int]
"""Line and column, both from 1."""

DEPTH_LIMIT: Final = 12
NODE_LIMIT: Final = 20_000

_TAG: Final = "tag:yaml.org,2002:"
_ODD_NUMBER: Final = re.compile(r"[-+]?(?:0[0-7_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)")
TEXTS: Final = frozenset({("templates", "*", "text")})
"""Keys whose text may have several lines; ``*`` is a place in a list."""
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong."""

    place: Place
    path: str
    """``surfaces.1.agent``; empty for the file as a whole."""
    text: str
    """What is wrong; what to write."""


@dataclass(slots=True)
class Document:
    """What a file says."""

    data: object = None
    """dict, list, str, int, float, bool; keys without a value are left out."""
    places: dict[Path, Place] = field(default_factory=dict)
    """Where each value starts."""
    key_places: dict[Path, Place] = field(default_factory=dict)
    plain: dict[Path, str] = field(default_factory=dict)
    """Unquoted scalars as written."""
    problems: list[Problem] = field(default_factory=list)


def dotted(path: Path) -> str:
    """``surfaces.1.agent``: list entries count from 1, as people do."""
    return ".".join(str(part + 1) if isinstance(part, int) else safe_text(part, limit=60) for part in path)


def parse(text: str) -> Document:
    """Return the data of one YAML document; everything wrong is in `Document.problems`. Never raises."""
    document = Document()
    try:
        refused = _guard(text)
        if refused is not None:
            document.problems.append(refused)
            return document
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        document.problems.append(_syntax(error, text))
        return document
    if node is not None:
        document.data = _value(document, node, ())
    return document


def _guard(text: str) -> Problem | None:
    """Look at the events first: composing recurses, and an alias can stand for millions of nodes."""
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        mark = event.start_mark
        place = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        if isinstance(event, yaml.AliasEvent):
            return Problem(
                place,
                "",
                tr("alias *{anchor} is not supported; write the value", anchor=safe_text(event.anchor or "", limit=40)),
            )
        if depth > DEPTH_LIMIT:
            return Problem(
                place,
                "",
                tr("nested more than {depth_limit} levels deep; see config.example.yaml", depth_limit=DEPTH_LIMIT),
            )
        if nodes > NODE_LIMIT:
            return Problem(
                place,
                "",
                tr("more than {node_limit} entries; this is not a configuration of oc-console", node_limit=NODE_LIMIT),
            )
    return None


def _syntax(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1)
        wrong = safe_text(error.problem or tr("not readable"), limit=200)
        line = "".join(text.split("\n")[mark.line : mark.line + 1])
        if "\\t" in wrong or "\t" in line[: len(line) - len(line.lstrip())]:
            return Problem(place, "", tr("a tab in the indentation; indent with spaces"))
        if "expected a single document" in str(error):
            return Problem(place, "", tr("a second document starts here; keep one document per file"))
        return Problem(place, "", tr("not valid YAML: {wrong}; check indentation, colons and quotes here", wrong=wrong))
    at = getattr(error, "position", 0)
    before = text[:at] if isinstance(at, int) else ""
    place = (before.count("\n") + 1, at - before.rfind("\n") if isinstance(at, int) else 1)
    return Problem(place, "", tr("a control character is in the file; remove it"))


def _value(document: Document, node: yaml.Node, path: Path) -> object:
    place = (node.start_mark.line + 1, node.start_mark.column + 1)
    document.places[path] = place
    if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
        return _mapping(document, node, path)
    if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
        return [_value(document, item, (*path, index)) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(document, node, path, place)
    tag = safe_text(node.tag, limit=60)
    document.problems.append(
        Problem(place, dotted(path), tr("tag {tag} is not supported; write a plain value", tag=tag))
    )
    return None


def _mapping(document: Document, node: yaml.MappingNode, path: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for key_node, value_node in node.value:
        place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, yaml.ScalarNode) or _FORBIDDEN.search(key_node.value):
            document.problems.append(
                Problem(place, dotted(path), tr("a key must be one word; see config.example.yaml"))
            )
            continue
        inner = (*path, key_node.value)
        if inner in document.key_places:
            line = document.key_places[inner][0]
            document.problems.append(
                Problem(place, dotted(inner), tr("is already set in line {line}; keep one of them", line=line))
            )
            continue
        document.key_places[inner] = place
        value = _value(document, value_node, inner)
        if value is not None:  # "log:" with everything under it commented out means: not set
            found[key_node.value] = value
    return found


def _scalar(document: Document, node: yaml.ScalarNode, path: Path, place: Place) -> object:
    def refuse(text: str) -> None:
        document.problems.append(Problem(place, dotted(path), text))

    raw: str = node.value
    shown = safe_text(raw, limit=60)
    kind = node.tag.removeprefix(_TAG)
    if node.style is None:
        document.plain[path] = raw
    whole = raw.replace("\n", "") if tuple("*" if isinstance(part, int) else part for part in path) in TEXTS else raw
    if (bad := _FORBIDDEN.search(whole)) is not None:
        refuse(tr("contains the control character U+{code:04X}; write one line without it", code=ord(bad.group())))
    elif kind in ("str", "timestamp", "value"):
        return raw
    elif kind == "null":
        return None
    elif kind == "bool":
        return raw.casefold() in ("true", "yes", "on")
    elif kind in ("int", "float") and _ODD_NUMBER.fullmatch(raw):
        refuse(
            tr(
                '{shown} would be read as a number to base 60 or 8; write "{shown}" for the text, or a decimal number',
                shown=shown,
            )
        )
    elif kind in ("int", "float"):
        number = _number(raw)
        if number is None:
            refuse(tr("{shown} is not a usable number; write a finite decimal number", shown=shown))
        return number
    else:
        refuse(tr("tag {tag} is not supported; write a plain value", tag=safe_text(node.tag, limit=60)))
    return None


def _number(raw: str) -> float | None:
    try:
        number = yaml.safe_load(raw)
    except ValueError:  # more digits than Python converts
        return None
    usable = isinstance(number, int | float) and math.isfinite(number) and abs(number) < 1e15
    return number if usable else None
