"""gunicorn's log in the service's format. Access lines omit the query, which contains the webhooks' secret."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from mailchimpsync.worker.logs import logger

NOTES_KEY = "mailchimpsync.notes"
"""In a request's environment: a dict in which the application records the id of the caller's `token`."""


class AccessLogger(Logger):
    """Passes everything on to the process's own log."""

    def setup(self, cfg: Config) -> None:
        """Add no handlers; the service itself logs when gunicorn starts and stops."""
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
        """Do nothing: there are no files to reopen."""

    def close_on_exec(self) -> None:
        """Do nothing: there are no files to close."""
