"""Runs `mailchimpsync` with the given arguments; the last line of standard error says, as JSON, what it took."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections import Counter

import httpx2

from mailchimpsync.http import Answer, Remote

STARTED = float(os.environ.get("BENCHMARK_STARTED", time.time()))
"""When the measuring program started this process (seconds since 1970), so that the start of Python counts too."""


def main() -> None:
    """Run the command, and count its requests."""
    requests: Counter[str] = Counter()
    exchange = Remote.exchange

    def counted(client: Remote, request: httpx2.Request, *, changes: bool) -> Answer:
        requests[client.service.name] += 1
        return exchange(client, request, changes=changes)

    Remote.exchange = counted  # type: ignore[method-assign, assignment]
    from mailchimpsync.cli.main import main as command  # noqa: PLC0415 (its imports are part of what is measured)

    try:
        command()
    finally:
        used = resource.getrusage(resource.RUSAGE_SELF)
        took = {
            "seconds": round(time.time() - STARTED, 2),
            "cpu": round(used.ru_utime + used.ru_stime, 2),
            "peak_mb": round(used.ru_maxrss / 1024),
            "requests": dict(requests),
        }
        print(json.dumps(took), file=sys.stderr)


if __name__ == "__main__":
    main()
