"""What the endpoint answers when it refuses, as recorded from CiviCRM 6.17."""

from __future__ import annotations

import secrets
import string
from typing import Any

_ALPHABET = string.ascii_letters + string.digits


class ApiError(Exception):
    """An error an API call answers with; `status` is the HTTP status, `code` goes out as `error_code`."""

    def __init__(self, message: str, *, status: int = 500, code: int | str = 0) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code

    def as_json(self, *, in_words: bool) -> dict[str, Any]:
        """Return the error object of an API answer; `in_words` for users with *view debug output*.

        Others see only the status and an id to search for in the site's log.
        """
        error_id = new_error_id()
        if in_words:
            said = {"error_code": self.code, "error_message": self.message, "status": self.status}
            return {"error_id": error_id, **said}
        text = f"Sorry an error occurred and your request was not completed. (Error ID: {error_id})"
        return {"error_code": "1", "error_message": text, "status": self.status}


class UnknownFieldError(ApiError):
    """A path leads to no field: an error in a condition; a selection leaves it out."""

    def __init__(self, path: str) -> None:
        super().__init__(f"Invalid field '{path}'")


class PermissionDeniedError(ApiError):
    """The user may not do this."""

    def __init__(self) -> None:
        super().__init__("Authorization failed", status=403)


class PostOnlyError(ApiError):
    """A write by GET."""

    def __init__(self) -> None:
        super().__init__(
            "SECURITY: All requests that modify the database must be http POST, not GET.", status=405, code=405
        )

    def as_json(self, *, in_words: bool) -> dict[str, Any]:  # noqa: ARG002 (these words are for everybody)
        """Return the error object, which has neither `error_id` nor `status`."""
        return {"error_code": self.code, "error_message": self.message}


class UnknownActionError(ApiError):
    """No such entity or action: an HTML page for a single call, an error object in a multi-call."""

    def __init__(self, entity: str, action: str) -> None:
        super().__init__(f"API ({entity}, {action}) does not exist (or the extension it belongs to is not enabled).")


def new_error_id() -> str:
    """Return a made-up error id of CiviCRM's form, `xxxx-xxxx-xxxx`."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
