"""Which home a command means: one site has one home directory."""

from __future__ import annotations

import os
from pathlib import Path

CONFIG_FILE = "mailchimpsync.toml"
HOME_VARIABLE = "MAILCHIMPSYNC_HOME"
DEFAULT_HOME = ".mailchimpsync"


def find_home(given: Path | None = None) -> Path:
    """Return the home: the given one, the environment's, the current directory if it is one, `~/.mailchimpsync`."""
    if given is not None:
        return given.expanduser().absolute()
    if named := os.environ.get(HOME_VARIABLE):
        return Path(named).expanduser().absolute()
    here = Path.cwd()
    return here if (here / CONFIG_FILE).is_file() else Path.home() / DEFAULT_HOME
