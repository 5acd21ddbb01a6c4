"""Serves the CiviCRM stand-in: `python -m mailchimpsync_sandbox.civicrm --port 0 [--database FILE]`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from threading import Event

from mailchimpsync_sandbox.civicrm.app import DEFAULT_KEY, CivicrmSandbox
from mailchimpsync_sandbox.civicrm.endpoint import URL_FORMS
from mailchimpsync_sandbox.kit.server import Served


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    options = _parser().parse_args()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    app = CivicrmSandbox(
        options.database,
        api_key=options.api_key,
        utc_offset_minutes=options.utc_offset_minutes,
        url_forms=options.url_form or ("clean",),
    )
    with Served(app, options.port) as served:
        sys.stdout.write(f"listening on {served.url}\n")
        sys.stdout.flush()
        stop.wait()
    app.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mailchimpsync_sandbox.civicrm", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--database", type=Path, help="keep the data in this file instead of memory")
    parser.add_argument("--api-key", default=DEFAULT_KEY, help="the administrator's key")
    parser.add_argument("--utc-offset-minutes", type=int, default=0, help="the site's time zone")
    parser.add_argument("--url-form", action="append", choices=URL_FORMS, help="may be given several times")
    return parser


if __name__ == "__main__":
    sys.exit(main())
