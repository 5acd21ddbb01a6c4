"""Exceptions that end a call or a run. Each has a code, and says what happened and what to do.

See docs/decisions/errors.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from mailchimpsync.errors.codes import Code
from mailchimpsync.errors.lasting import remedy_when_lasting
from mailchimpsync.errors.registry import REGISTRY
from mailchimpsync.errors.rights import Right, remedy_for_missing

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_MORE_TO_DO = 3
EXIT_NEEDS_A_PERSON = 7
_EXITS: Mapping[Code, int] = {Code.MC_AUDIENCE_GONE: EXIT_NEEDS_A_PERSON, Code.STORE_LOCKED: EXIT_MORE_TO_DO}
"""The exit codes of errors whose type alone doesn't decide it."""


class MailchimpsyncError(Exception):
    """The base class of all errors that this package raises on purpose.

    `what` says what happened, without secrets and e-mail addresses. If there are values in it, it is a message (see
    `mailchimpsync.messages`), which keeps them. The remedy comes from the registry.
    `exit_code` is the exit code of commands (1 failed, 2 usage, 3 more to do, 7 needs a person).
    """

    exit_code = EXIT_FAILED

    lasts_since: datetime | None = None
    """When the unbroken series of calls with this error began; None if the error isn't a lasting one."""

    def __init__(self, code: Code, what: str, *, detail: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.detail = detail
        self.exit_code = _EXITS.get(code, type(self).exit_code)

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REGISTRY[self.code].remedy if self.lasts_since is None else remedy_when_lasting(self.code)

    def note_lasting(self, since: datetime) -> None:
        """Mark the error as lasting: a person has to act, even if it usually passes."""
        self.lasts_since = since
        if self.exit_code == EXIT_MORE_TO_DO:
            self.exit_code = EXIT_NEEDS_A_PERSON


class UsageError(MailchimpsyncError):
    """The call is invalid: for example an unknown stage, an unreadable date or a group that isn't configured."""

    exit_code = EXIT_USAGE

    def __init__(self, what: str, *, code: Code = Code.USAGE) -> None:
        super().__init__(code, what)


class ConfigurationError(MailchimpsyncError):
    """The configuration can't be used; `what` names every problem, and `problems` has them one by one."""

    exit_code = EXIT_NEEDS_A_PERSON

    def __init__(self, what: str, *, code: Code = Code.CONFIG, problems: Sequence[str] = ()) -> None:
        super().__init__(code, what)
        self.problems = tuple(problems)


class ConfirmationError(MailchimpsyncError):
    """The call has to be confirmed first, and nothing was done. `what` lists everything that would be lost."""

    exit_code = EXIT_NEEDS_A_PERSON

    def __init__(self, what: str) -> None:
        super().__init__(Code.CONFIRM, what)


class DeniedError(MailchimpsyncError):
    """An HTTP call is denied: `TOKEN`, `SCOPE` or `TOO_MANY_CALLS`."""


class RemoteError(MailchimpsyncError):
    """A request to Mailchimp or CiviCRM failed. `status` is the HTTP status, or 0 if there was no response."""

    def __init__(self, code: Code, what: str, *, status: int = 0, detail: str = "") -> None:
        super().__init__(code, what, detail=detail)
        self.status = status


class TransientError(RemoteError):
    """The request may succeed later: no connection, a timeout, 429, 5xx or an unreadable body.

    `work_may_be_done`: the request may have been carried out although its response was lost.
    """

    exit_code = EXIT_MORE_TO_DO

    def __init__(
        self, code: Code, what: str, *, status: int = 0, detail: str = "", work_may_be_done: bool = True
    ) -> None:
        super().__init__(code, what, status=status, detail=detail)
        self.work_may_be_done = work_may_be_done


class RefusedError(RemoteError):
    """The other side understood the request and refused it. Other requests may still succeed."""


class AccessError(RemoteError):
    """The key is wrong, revoked or not allowed to do this. `lacking`: the permissions proved to be missing."""

    exit_code = EXIT_NEEDS_A_PERSON

    def __init__(
        self, code: Code, what: str, *, status: int = 0, detail: str = "", lacking: Sequence[Right] = ()
    ) -> None:
        super().__init__(code, what, status=status, detail=detail)
        self.lacking = tuple(lacking)

    @property
    def remedy(self) -> str:
        """What to do about it. If the missing permissions are known, it names them and no others."""
        return remedy_for_missing(self.lacking) if self.lacking else super().remedy


class EvidenceError(MailchimpsyncError):
    """Nothing proves that everything was read, so nobody may be removed, and the run stops.

    See docs/decisions/proof-before-removal.md.
    """

    exit_code = EXIT_NEEDS_A_PERSON


class SuspicionError(EvidenceError):
    """Everything was read, but so much is missing that it isn't plausible, and the run stops.

    A person has to check what happened, and accept it if it is true.
    """


class BusyError(MailchimpsyncError):
    """Another run holds the lease of this connection."""

    exit_code = EXIT_MORE_TO_DO


class PausedError(MailchimpsyncError):
    """Someone has paused the connection, so it isn't synced until someone resumes it."""

    exit_code = EXIT_NEEDS_A_PERSON


class LeaseLostError(MailchimpsyncError):
    """Another run has taken over the lease; this one may not write any more."""

    exit_code = EXIT_MORE_TO_DO


class StoreError(MailchimpsyncError):
    """The service's own database can't be used."""
