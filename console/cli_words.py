"""The texts of `argparse` itself, which asks the catalogue of Python for them; here they come from the console's.

A text that a newer Python words in another way stays English.
"""

from __future__ import annotations

import argparse
from typing import Final

from console.i18n import mark, tr

TEXTS: Final = (
    mark("usage: "),
    mark("positional arguments"),
    mark("options"),
    mark("show this help message and exit"),
    mark("show program's version number and exit"),
    mark("argument %(argument_name)s: %(message)s"),
    mark("unrecognized arguments: %s"),
    mark("not allowed with argument %s"),
    mark("ignored explicit argument %r"),
    mark("the following arguments are required: %s"),
    mark("one of the arguments %s is required"),
    mark("expected one argument"),
    mark("expected at most one argument"),
    mark("expected at least one argument"),
    mark("ambiguous option: %(option)s could match %(matches)s"),
    mark("invalid %(type)s value: %(value)r"),
    mark("invalid choice: %(value)r (choose from %(choices)s)"),
    mark("%(prog)s: error: %(message)s\n"),
)


def speak() -> None:
    """Let `argparse` ask the language of the interface: it looks its texts up by the name ``_`` of its module."""
    vars(argparse)["_"] = tr
