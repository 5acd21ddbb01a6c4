"""What can be the URL of a server, checked in one place for all callers."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

import idna


def is_http_url(text: str) -> bool:
    """Say whether a text is an http or https URL with a valid host, and without a user name or password.

    Whether a server answers there is not checked.
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
    if ":" in host:  # an IPv6 address in brackets: `urlsplit` has checked it
        return True
    with suppress(idna.IDNAError, ValueError):
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode()
        return bool(ascii_host) and bool(ascii_host.encode("idna"))
    return False
