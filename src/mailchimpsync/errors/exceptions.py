"""Exceptions stop a call or a run; each has a code and says what happened, to what, and what to do.

See docs/decisions/errors.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailchimpsync.errors.codes import Code
from mailchimpsync.errors.lasting import remedy_of_lasting
from mailchimpsync.errors.registry import REGISTRY
from mailchimpsync.errors.rights import Right, remedy_of_lacking

EXIT_MORE_TO_DO = 3
EXIT_NEEDS_A_PERSON = 7


class MailchimpsyncError(Exception):
    """The root of all errors this product raises on purpose.

    `what` says what happened and to what, without secrets and without addresses; the remedy comes from the registry.
    `exit_code` is what a command line ends with (1 failed, 2 usage, 3 more to do, 7 needs a person).
    """

    exit_code = 1

    lasts_since: datetime | None = None
    """Since when one call after the other has ended with this error; None: it is no lasting one."""

    def __init__(self, code: Code, what: str, *, detail: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.detail = detail

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REGISTRY[self.code].remedy if self.lasts_since is None else remedy_of_lasting(self.code)

    def note_lasting(self, since: datetime) -> None:
        """Note that it has come back again and again: what would pass needs a person now."""
        self.lasts_since = since
        if self.exit_code == EXIT_MORE_TO_DO:
            self.exit_code = EXIT_NEEDS_A_PERSON


class UsageError(MailchimpsyncError):
    """The call's words are off: an unknown stage, a date nobody can read, a group that isn't configured."""

    exit_code = 2

    def __init__(self, what: str, *, code: Code = Code.USAGE) -> None:
        super().__init__(code, what)


class ConfigurationError(MailchimpsyncError):
    """The configuration can't be used; `what` names every problem."""

    exit_code = EXIT_NEEDS_A_PERSON

    def __init__(self, what: str, *, code: Code = Code.CONFIG) -> None:
        super().__init__(code, what)


class ConfirmationError(MailchimpsyncError):
    """What the call would destroy has to be confirmed first; `what` says all of it, and nothing was done."""

    exit_code = EXIT_NEEDS_A_PERSON

    def __init__(self, what: str) -> None:
        super().__init__(Code.CONFIRM, what)


class DeniedError(MailchimpsyncError):
    """A call over HTTP that may not be made: `TOKEN`, `SCOPE` or `TOO_MANY_CALLS`."""


class RemoteError(MailchimpsyncError):
    """Mailchimp or CiviCRM did not do what was asked. `status` is the HTTP status, 0 where there was no answer."""

    def __init__(self, code: Code, what: str, *, status: int = 0, detail: str = "") -> None:
        super().__init__(code, what, detail=detail)
        self.status = status


class TransientError(RemoteError):
    """It may work later: no connection, a timeout, 429, 5xx, an odd body.

    `work_may_be_done`: the request may have reached its aim although the answer did not reach us.
    """

    exit_code = EXIT_MORE_TO_DO

    def __init__(
        self, code: Code, what: str, *, status: int = 0, detail: str = "", work_may_be_done: bool = True
    ) -> None:
        super().__init__(code, what, status=status, detail=detail)
        self.work_may_be_done = work_may_be_done


class RefusedError(RemoteError):
    """The other side understood and said no: to this request, not to the next one."""

    def __init__(self, code: Code, what: str, *, status: int = 0, detail: str = "") -> None:
        super().__init__(code, what, status=status, detail=detail)
        self.exit_code = EXIT_NEEDS_A_PERSON if code is Code.MC_AUDIENCE_GONE else 1


class AccessError(RemoteError):
    """The key is wrong, revoked, or may not do this. `lacking`: the permissions that are proved to be missing."""

    exit_code = EXIT_NEEDS_A_PERSON

    def __init__(
        self, code: Code, what: str, *, status: int = 0, detail: str = "", lacking: Sequence[Right] = ()
    ) -> None:
        super().__init__(code, what, status=status, detail=detail)
        self.lacking = tuple(lacking)

    @property
    def remedy(self) -> str:
        """What to do about it: to give the permissions that are missing, where they are known, and no others."""
        return remedy_of_lacking(self.lacking) if self.lacking else super().remedy


class EvidenceError(MailchimpsyncError):
    """There is no proof that everything was read, so nothing may be removed: the run stops.

    See docs/decisions/proof-before-removal.md.
    """

    exit_code = EXIT_NEEDS_A_PERSON


class SuspicionError(EvidenceError):
    """All was read, and looks too unlike what was known to be believed: most of it is gone. The run stops.

    A person looks what happened, and says so if it is true.
    """


class BusyError(MailchimpsyncError):
    """Another run holds the lease of this connection."""

    exit_code = EXIT_MORE_TO_DO


class LeaseLostError(MailchimpsyncError):
    """Another run has taken over the lease; this one may write nothing more."""

    exit_code = EXIT_MORE_TO_DO


class StoreError(MailchimpsyncError):
    """Our own database can't be used."""

    def __init__(self, code: Code, what: str, *, detail: str = "") -> None:
        super().__init__(code, what, detail=detail)
        self.exit_code = EXIT_MORE_TO_DO if code is Code.STORE_LOCKED else 1
