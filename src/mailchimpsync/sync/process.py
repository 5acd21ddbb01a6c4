"""Who holds a lease: processes, named so that another process can tell whether they are still alive."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def name_of(pid: int) -> str:
    """Return the name of a process of this machine."""
    return f"{_machine()}:{pid}"


def this_process() -> str:
    """Return our own name."""
    return name_of(os.getpid())


def is_dead(name: str) -> bool:
    """Say whether it was a process of this machine that no longer exists; when in doubt, it lives."""
    machine, _, pid = name.rpartition(":")
    if machine != _machine() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _machine() -> str:
    """Name the place where process numbers mean the same: containers may share a host name, but not a namespace."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{namespace}"
