"""Receivers of alerts: a mail server and a web server that keep what they are sent."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from werkzeug.wrappers import Request, Response

from mailchimpsync_sandbox.kit.server import Served
from support.service import free_port

PASSWORD = "the-post-office-knows-me"


@dataclass
class MailServer:
    """A mail server; `refused` are addresses it doesn't take mail for, `broken` that it takes none at all."""

    port: int = field(default_factory=free_port)
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    broken: bool = False

    @property
    def subjects(self) -> list[str]:
        return [mail["Subject"].strip() for mail in self.mails]  # a long one is folded

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802 (aiosmtpd's name for it)
        _server, _session, envelope, address, _options = given
        if address in self.refused:
            return f"550 5.1.1 <{address}> nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *given: Any) -> str:  # noqa: N802
        _server, _session, envelope = given
        if self.broken:
            return "451 4.3.0 try again later, ann@example.org"
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def authenticate(self, *given: Any) -> AuthResult:
        data = given[-1]
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)


def text_of(mail: EmailMessage) -> str:
    """Return what a mail says in plain text."""
    return _part(mail, "plain")


def html_of(mail: EmailMessage) -> str:
    """Return what a mail says in HTML."""
    return _part(mail, "html")


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@contextmanager
def served_mail_server(tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """Serve a mailbox; with `tls` it wants STARTTLS and a login."""
    mailbox = MailServer()
    wants: dict[str, Any] = {"tls_context": tls, "require_starttls": True, "auth_required": True} if tls else {}
    controller = Controller(mailbox, "127.0.0.1", mailbox.port, authenticator=mailbox.authenticate, **wants)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@dataclass(frozen=True)
class Call:
    """What the web server was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebhookReceiver:
    """A web server; `status` is what it answers, and `location` where it sends callers to."""

    url: str = ""
    status: int = 200
    location: str = ""
    calls: list[Call] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        self.calls.append(Call(request.method, request.path, dict(request.headers), request.get_data()))
        headers = {"Location": self.location} if self.location else {}
        return Response("thank you, ann@example.org", status=self.status, headers=headers)(environ, start_response)

    @property
    def paths(self) -> list[str]:
        return [call.path for call in self.calls]


@contextmanager
def served_webhook_receiver() -> Iterator[WebhookReceiver]:
    pager = WebhookReceiver()
    with Served(pager) as served:
        pager.url = served.url
        yield pager
