"""Markdown to read, with each table drawn as one text.

Textual's own table makes a widget of every cell, and a hand-off with a few hundred of them took seconds to open.
"""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Markdown, Static
from textual.widgets._markdown import MarkdownBlock, MarkdownTable


class TableText(MarkdownTable):
    """A table of Markdown as one text; cells wrap, nothing is cut."""

    def compose(self) -> ComposeResult:
        """The rows under their headings."""
        heads, rows = self._get_headers_and_rows()
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for head in heads:
            table.add_column(Text(head.plain), overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell.plain) for cell in row[: len(heads)]))
        yield Static(table, markup=False)


class Document(Markdown):
    """A document to read; a link is shown and never opened."""

    BLOCKS: dict[str, type[MarkdownBlock]] = {**Markdown.BLOCKS, "table_open": TableText}

    def __init__(self, text: str) -> None:
        super().__init__(text, open_links=False)
