"""Names of the processes that hold leases, made so that other processes can tell whether they are still alive."""

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
    """Return the name of a process on this machine."""
    return f"{socket.gethostname()[:HOST_LENGTH_MAX]}/{process_namespace() or 'unknown'}:{pid}"


def current_process() -> str:
    """Return the name of this process."""
    return process_name(os.getpid())


def is_dead(name: str) -> bool:
    """Return whether it was a process on this machine that no longer exists; when in doubt, it is alive."""
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
    """Return a value that is equal only where process ids mean the same: same namespace, boot and machine.

    All three are needed: the first namespace has the same number on every machine, containers may share a host name,
    and copies of a virtual machine a machine id. None if the system doesn't provide them: then no process is known to
    be dead.
    """
    try:
        parts = (_BOOT.read_text().strip(), str(_NAMESPACE.stat().st_ino), socket.gethostname())
    except OSError:
        return None
    machine = ""
    with suppress(OSError):
        machine = _MACHINE.read_text().strip()
    return sha256("/".join((machine, *parts)).encode()).hexdigest()[:16]
