"""A program that speaks tmux's control mode and answers with rows made to break its framing.

A real server cannot be told which number it gives to a command; this one prints exactly the markers of its own reply.
Run as ``tmux -C attach-session …`` with the rows of pane %0 in ``$ROWS``, separated by ``|``; ``{t}`` and ``{n}`` are
replaced by the time and the number of the reply they stand in. Several screens, separated by ``||``, take turns with
every command list, as a pane does that is resized all the time. With ``$REFUSES`` it refuses to attach, in these words.
"""

from __future__ import annotations

import os
import sys
import time

LIST = "%0\ts\t0\t0\t80\t{height}\t0\t1\t/dev/null\t\t\tsh"


def main() -> None:
    """Answer until the input ends."""
    if "list-sessions" in sys.argv:
        print("3.3a\t1\t$0")
        return
    if os.environ.get("REFUSES"):
        print(f"%begin 1 1 0\n{os.environ['REFUSES']}\n%error 1 1 0\n%exit", flush=True)
        return
    screens, number = os.environ["ROWS"].split("||"), 100
    print("%begin 1 1 0\n%end 1 1 0", flush=True)
    for turn, line in enumerate(sys.stdin):
        rows = screens[turn % len(screens)].split("|")
        for command in line.rstrip("\n").split(" ; "):
            number += 1
            now, error, out = int(time.time()), False, [""]
            if command.startswith("list-panes"):
                out = [LIST.format(height=len(rows))]
            elif command.startswith("display-message") and "pane_id" in command:
                out = [f"%0\t{len(rows)}\t{len(rows)}\t80\t0\t0\t1\t0"]
            elif command.endswith("-t %0"):
                out = [row.format(t=now, n=number) for row in rows]
            elif command.startswith("capture-pane"):
                out, error = ["can't find pane: %7"], True
            sys.stdout.write(f"%begin {now} {number} 1\n")
            sys.stdout.write("".join(f"{row}\n" for row in out))
            sys.stdout.write(f"%{'error' if error else 'end'} {now} {number} 1\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
