"""Serves the stand-in: `python -m mailchimpsync_sandbox.mailchimp --port 0 [--database FILE]`."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from mailchimpsync_sandbox.kit.server import Served
from mailchimpsync_sandbox.mailchimp.http.app import MailchimpSandbox


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="mailchimpsync_sandbox.mailchimp", description="A local Mailchimp for tests.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--database", type=Path, help="a SQLite file; without one, everything is kept in memory")
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    app = MailchimpSandbox(given.database)
    with Served(app, given.port) as served:
        print(f"listening on {served.url}", flush=True)  # noqa: T201 (what whoever started it waits for)
        stop.wait()
    app.close()


if __name__ == "__main__":
    main()
