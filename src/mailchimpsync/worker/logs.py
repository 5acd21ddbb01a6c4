"""Structured logs: JSON lines, or readable text on a terminal, never with addresses or secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

HIDDEN = "…"

_SECRET_NAMES = re.compile(r"(?i)(key|secret|token|password|authorization)$")
_SECRETS = re.compile(
    r"[0-9a-f]{32}-us\d{1,3}"  # a Mailchimp key
    r"|(?i:(?<=secret=)|(?<=api_key=)|(?<=apikey=)|(?<=bearer )|(?<=basic ))[^\s&\"']+"
    r"|(?<=://)[^\s/@]*:[^\s/@]*(?=@)"  # a password in a URL
    r"|[A-Za-z0-9_-]{32,}"  # anything else that is long and random: tokens and webhook secrets
)
_ADDRESS = re.compile(r"[^\s@<>\"]+(?:@|%40)[^\s@<>\"]+")


def redact(text: str) -> str:
    """Return a text in which everything that looks like an address or a secret is hidden."""
    return _ADDRESS.sub(HIDDEN, _SECRETS.sub(HIDDEN, text))


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Redact all values of a log line: a last line of defence, since none should contain a secret."""
    return {name: HIDDEN if _SECRET_NAMES.search(name) else _redacted(value) for name, value in event.items()}


def _redacted(value: Any) -> Any:
    match value:
        case str():
            return redact(value)
        case bool() | int() | float() | None:
            return value
        case dict():
            return hide_secrets(None, "", {str(name): one for name, one in value.items()})
        case list() | tuple() | set() | frozenset():
            return [_redacted(one) for one in value]
        case _:
            return redact(str(value))


def set_up_logs(*, as_json: bool, stream: TextIO | None = None) -> None:
    """Send the logs of the process and its libraries to standard output, one line for each event."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else _console_renderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide_secrets, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("httpx", "httpx2", "httpcore", "httpcore2", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)  # URLs of requests name members


def _console_renderer() -> Any:
    return structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback)


def logger() -> structlog.stdlib.BoundLogger:
    """Return the service's logger."""
    found: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("mailchimpsync")
    return found
