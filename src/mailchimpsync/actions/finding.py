"""Findings of checks: how bad something is, what was checked, what was found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailchimpsync.errors import REGISTRY, Code, MailchimpsyncError
from mailchimpsync.messages import say, sentence, without_period


class Level(StrEnum):
    """How bad a finding is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Step(StrEnum):
    """What to do about a finding, where it isn't the remedy of a code. Screens offer their own page for it."""

    SET_UP_CIVICRM = say("Run `mailchimpsync init`.")
    CONNECT = say("Run `mailchimpsync connect`.")
    SYNC = say("Run `mailchimpsync sync`.")
    RESUME = say("Run `mailchimpsync sync` to continue from there.")
    KEEP_RUNNING = say(
        "Make sure that `mailchimpsync serve` is running, or that a schedule calls `mailchimpsync sync`."
    )
    ADD_CHANNEL = say("Add a channel to the part `alerts` of the configuration with `mailchimpsync config edit`.")
    TEST_CHANNELS = say("See that the server is right, then `mailchimpsync alerts test`.")
    INSTALL_ENTRIES = say("Run `mailchimpsync civicrm install`.")
    SEE_ALERTS = say("See `mailchimpsync alerts list`.")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. Its texts contain no secrets and no addresses of people."""

    level: Level
    subject: str
    found: str
    remedy: str = ""
    code: Code | None = None


def ok(subject: str, found: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(Level.GOOD, subject, found)


def trouble(subject: str, found: str, code: Code, *, level: Level = Level.BAD, remedy: str = "") -> Finding:
    """Return a finding that something is wrong; the remedy is the code's own, unless you give a better one."""
    return Finding(level, subject, found, remedy or REGISTRY[code].remedy, code)


def failed(subject: str, error: MailchimpsyncError) -> Finding:
    """Return a finding that the check itself failed."""
    if not error.detail:
        return trouble(subject, sentence(error.what), error.code)
    found = say("%(what)s (%(detail)s).", what=without_period(error.what), detail=error.detail)
    return trouble(subject, found, error.code)
