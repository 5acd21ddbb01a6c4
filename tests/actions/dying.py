"""A process that gives a site a new secret key, and is killed as it writes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mailchimpsync.actions import open_site, rotate_key_file
from mailchimpsync.actions.configuration import rotate_key


def rotate_dying(home: Path, calls: int) -> None:
    """Die instead of writing once so many writes are done: of the key file, or of a version that is encrypted again."""
    left = calls

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return function(*given, **named)

        return call

    rotate_key.reencrypted = dying(rotate_key.reencrypted)  # type: ignore[attr-defined]
    Path.replace = dying(Path.replace)  # type: ignore[method-assign]
    os.fsync = dying(os.fsync)
    with open_site(home) as site:
        list(rotate_key_file(site))
