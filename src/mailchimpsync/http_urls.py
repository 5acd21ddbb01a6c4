"""What can be the address of a server: the only place that knows, whoever gives it."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

import idna


def is_http_url(text: str) -> bool:
    """Say whether a text is an http or https address that can be asked: with a host, and no name and password in it.

    Whether anybody answers there is another question.
    """
    if not text.isprintable() or any(sign.isspace() for sign in text):
        return False
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and "@" not in parts.netloc and _is_host(host)


def _is_host(host: str) -> bool:
    if ":" in host:  # in brackets, so that it was looked at already
        return True
    with suppress(idna.IDNAError, ValueError):
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode()
        return bool(ascii_host) and bool(ascii_host.encode("idna"))
    return False
