"""Creates the pictures of the terminal in docs/images from real output: `python docs/pictures.py`."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

IMAGES = Path(__file__).with_name("images")
WIDTH = 100
LINES_SHOWN = 58
BYTES_AT_ONCE = 65_536
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def run_on_a_terminal(command: list[str]) -> str:
    """Run a command on a terminal, and return its output with escape sequences."""
    ours, its = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(WIDTH), "LINES": "60", "TERM": "xterm-256color"}
    with subprocess.Popen(command, stdout=its, stderr=its, env=environment) as process:
        os.close(its)
        parts = []
        while True:
            try:
                part = os.read(ours, BYTES_AT_ONCE)
            except OSError:  # the program has closed the terminal
                break
            parts.append(part)
        process.wait()
    return b"".join(parts).decode(errors="replace")


def last_frames(output: str) -> list[str]:
    """Return the final lines; a bar that was redrawn counts once."""
    lines: list[str] = []
    for raw in output.replace("\r\n", "\n").split("\n"):
        ups = raw.count("\x1b[1A")
        line = raw.split("\x1b[2K")[-1].replace("\x1b[1A", "").split("\r")[-1]
        if ups:
            del lines[-ups:]
        lines.append(line.replace("\x1b[?25l", "").replace("\x1b[?25h", ""))
    return lines


def take_screenshot(lines: list[str], title: str, name: str) -> None:
    """Write lines as an SVG that needs no external font."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    for line in lines:
        console.print(Text.from_ansi(line), soft_wrap=True)
    svg = console.export_svg(title=title, theme=MONOKAI)
    start, end = svg.index("@font-face"), svg.rindex("@font-face")
    end = svg.index("}", end) + 1
    svg = (svg[:start] + svg[end:]).replace("Fira Code, monospace", FONT)
    (IMAGES / name).write_text(svg)


def main() -> None:
    """Run the demo, and save the beginning of its output."""
    output = run_on_a_terminal([str(Path(sys.executable).with_name("mailchimpsync")), "demo"])
    take_screenshot(last_frames(output)[:LINES_SHOWN], "mailchimpsync demo", "demo.svg")


if __name__ == "__main__":
    main()
