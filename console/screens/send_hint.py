"""The last lines of the composer: what is wrong with the text, how long it is, which keys there are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from console.commands import COMPOSER
from console.i18n import tr, trn
from console.model.guard_facts import Verdict
from console.model.parcel import Fate, Parcel, waits
from console.model.surface import Surface
from console.safety import check_outgoing
from console.screens.desk import Desk

Judged = tuple[Surface, Parcel, tuple[Verdict, ...]]
"""A target, what becomes of the text there, and what the guards say."""


def hint(judged: Sequence[Judged], written: str, desk: Desk, remark: str, width: int) -> Content:
    """*written* is the text as it stands there; *remark* is about the template it was made from; *width* in cells."""
    text, wrong = check_outgoing(written)
    lines: list[Content] = []
    if wrong:
        told = tr(
            "✗ line {line}: {name} cannot be typed; take it out ({count} in all)",
            line=wrong[0].line,
            name=wrong[0].name,
            count=len(wrong),
        )
        lines.append(Content.assemble((told, "bold $error")))
    if len(judged) == 1:
        surface, parcel, verdicts = judged[0]
        current = desk.snapshot().dispatch_of(surface)
        if parcel.fate is Fate.SEND and current is not None:
            task = " ".join(current.task.split())
            lines.append(Content(tr("▲ {label} is still open here: {task}", label=current.label, task=task)))
        if parcel.fate is Fate.REFUSE and desk.queues and waits(verdicts, parcel.composed.overrides):
            lines.append(Content.assemble((tr("◌ ctrl+l queues it until this has passed"), "$primary")))
    if remark:
        lines.append(Content(f"▲ {remark}"))
    characters = trn("{count} character", "{count} characters", len(text))
    rows = trn("{count} line", "{count} lines", text.count("\n") + 1)
    return Content("\n").join([*lines, *_keys(f"{characters}, {rows}.  ", desk.queues, width)])


def _keys(length: str, queues: bool, width: int) -> list[Content]:
    """The length of the text and the keys, in rows; a key and its word stay together."""
    left_out = ("composer.later", "" if queues else "composer.queue")
    rows, room = [[Content(length)]], width - cell_len(length)
    for command in COMPOSER:
        if command.id in left_out:
            continue
        key = Content.assemble((command.keys.split(" ", 1)[0], "bold"), f" {tr(command.title)}  ")
        if key.cell_length - 2 > room and width > 0:
            rows.append([])
            room = width
        rows[-1].append(key)
        room -= key.cell_length
    return [Content("").join(row) for row in rows]
