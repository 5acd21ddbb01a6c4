"""Who holds a lease: processes, named so that another process can tell whether they are still alive."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

HOST_LENGTH_MAX = 40
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MACHINE = Path("/etc/machine-id")
_NAMESPACE = Path("/proc/self/ns/pid")


def process_name(pid: int) -> str:
    """Return the name of a process of this machine."""
    return f"{socket.gethostname()[:HOST_LENGTH_MAX]}/{process_namespace() or 'unknown'}:{pid}"


def current_process() -> str:
    """Return our own name."""
    return process_name(os.getpid())


def is_dead(name: str) -> bool:
    """Say whether it was a process of this machine that no longer exists; when in doubt, it lives."""
    machine, _, pid = name.rpartition(":")
    if process_namespace() is None or process_name(0).rpartition(":")[0] != machine or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@cache
def process_namespace() -> str | None:
    """Return what is the same only where process numbers mean the same: one namespace, of one boot, of one machine.

    The first namespace has the same number on every machine, containers may share a host name, and copies of a virtual
    machine a machine id; so all of it counts. None where the system does not tell: nobody is known to be dead there.
    """
    try:
        told = (_BOOT.read_text().strip(), str(_NAMESPACE.stat().st_ino), socket.gethostname())
    except OSError:
        return None
    machine = ""
    with suppress(OSError):
        machine = _MACHINE.read_text().strip()
    return sha256("/".join((machine, *told)).encode()).hexdigest()[:16]
