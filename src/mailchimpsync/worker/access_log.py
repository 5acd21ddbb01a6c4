"""gunicorn's log as lines of ours: an access line has no query, since webhooks carry their secret in it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from mailchimpsync.worker.logs import logger

NOTES_KEY = "mailchimpsync.notes"
"""In a request's environment: a dict in which the application notes the id of the caller's `token`."""


class AccessLogger(Logger):
    """Hands everything to the process's own log."""

    def setup(self, cfg: Config) -> None:
        """Add no handlers; gunicorn's own comings and goings are told by the service itself."""
        self.cfg = cfg
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True
            log.setLevel(logging.WARNING)

    def access(self, resp: Any, req: Any, environ: Mapping[str, Any], request_time: timedelta) -> None:
        """Log a request that was answered."""
        status = str(resp.status).partition(" ")[0]
        logger().info(
            "request",
            method=environ.get("REQUEST_METHOD", getattr(req, "method", "")),
            path=environ.get("PATH_INFO", ""),
            status=int(status) if status.isdecimal() else 0,
            ms=round(request_time.total_seconds() * 1_000, 1),
            token_id=environ.get(NOTES_KEY, {}).get("token"),
        )

    def reopen_files(self) -> None:
        """There are no files to open again."""

    def close_on_exec(self) -> None:
        """There are no files to close."""
