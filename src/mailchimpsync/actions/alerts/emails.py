"""Makes an e-mail of a message: the same in plain text and in HTML, in the language that was chosen.

The HTML loads nothing: no images, no fonts, no scripts. Names come from other systems, so everything is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from html import escape
from importlib.resources import files
from string import Template

from mailchimpsync.actions.alerts.for_people import for_people
from mailchimpsync.actions.alerts.messages import BULLET, Content, headline, paragraphs
from mailchimpsync.config import Email

_COLOURS = {"problem": "#b3261e", "reminder": "#b3261e", "recovered": "#1a7f4b"}
_USUAL_COLOUR = "#2457a6"
_CODE = re.compile("`([^`]+)`")


def make_email(email: Email, content: Content, now: datetime) -> EmailMessage:
    """Return the e-mail of a message to all who get alerts."""
    translated = for_people(content, email.language)
    message = EmailMessage()
    message["From"], message["To"] = email.sender, ", ".join(email.to)
    message["Subject"] = headline(translated)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=email.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = email.language
    message.set_content("\n\n".join(paragraphs(translated)).replace(f"\n\n{BULLET}", f"\n{BULLET}") + "\n")
    message.add_alternative(_html(translated, email.language), subtype="html")
    return message


def _html(content: Content, language: str) -> str:
    page = Template(files(__package__).joinpath("email.html").read_text("utf-8"))
    return page.substitute(
        language=language,
        colour=_COLOURS.get(content["event"], _USUAL_COLOUR),
        site=escape(content["site"]),
        title=escape(content["title"]),
        body="\n".join(_blocks(content["lines"])),
        button=_button(content),
    )


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    """Yield paragraphs; items become a list, and the line before them its heading."""
    followers = [*lines[1:], ""]
    for number, (line, follower) in enumerate(zip(lines, followers, strict=True)):
        if line.startswith(BULLET):
            is_first = number == 0 or not lines[number - 1].startswith(BULLET)
            item = f'<li style="margin:0 0 6px">{_text(line.removeprefix(BULLET))}</li>'
            start = '<ul style="margin:0 0 20px;padding:0 0 0 20px">' if is_first else ""
            yield start + item + ("" if follower.startswith(BULLET) else "</ul>")
        elif follower.startswith(BULLET):
            yield f'<h2 style="margin:0 0 8px;font-size:17px;line-height:24px">{_text(line)}</h2>'
        else:
            yield f'<p style="margin:0 0 16px">{_text(line)}</p>'


def _text(line: str) -> str:
    """Return a line in which nothing is HTML but the commands, which are set as such."""
    code = r'<code class="code" style="font:14px Consolas,Menlo,monospace;background:#eef0f3">\1</code>'
    return _CODE.sub(code, escape(line))


def _button(content: Content) -> str:
    if not content["url"]:
        return ""
    url, label = escape(content["url"]), escape(content.get("button") or content["url"])
    style = "display:inline-block;padding:13px 22px;color:#ffffff;text-decoration:none;font-weight:bold"
    cell = '<td bgcolor="#2457a6" style="border-radius:6px;background:#2457a6">'
    link = f'<a href="{url}" style="{style}">{label}</a>'
    return f'<table role="presentation" cellpadding="0" cellspacing="0"><tr>{cell}{link}</td></tr></table>'
