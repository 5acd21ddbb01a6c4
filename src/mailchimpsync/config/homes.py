"""Finds a site's home directory."""

from __future__ import annotations

import os
from pathlib import Path

CONFIG_FILE = "mailchimpsync.toml"
HOME_VARIABLE = "MAILCHIMPSYNC_HOME"
DEFAULT_HOME = ".mailchimpsync"


def find_home(given: Path | None = None) -> Path:
    """Return the given home, else the environment's, else the current directory if it is one, else the default."""
    if given is not None:
        return given.expanduser().absolute()
    if named := os.environ.get(HOME_VARIABLE):
        return Path(named).expanduser().absolute()
    here = Path.cwd()
    return here if (here / CONFIG_FILE).is_file() else Path.home() / DEFAULT_HOME
