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

    def as_json(self) -> dict[str, Any]:
        """Return the error object of an API answer."""
        return {
            "error_id": new_error_id(),
            "error_code": self.code,
            "error_message": self.message,
            "status": self.status,
        }


class PermissionDeniedError(ApiError):
    """The user may not do this; CiviCRM tells no more than an error id."""

    def __init__(self) -> None:
        text = f"Sorry an error occurred and your request was not completed. (Error ID: {new_error_id()})"
        super().__init__(text, status=403, code="1")

    def as_json(self) -> dict[str, Any]:
        """Return the error object, which has no `error_id` of its own."""
        return {"error_code": self.code, "error_message": self.message, "status": self.status}


class PostOnlyError(ApiError):
    """A write by GET."""

    def __init__(self) -> None:
        super().__init__(
            "SECURITY: All requests that modify the database must be http POST, not GET.", status=405, code=405
        )

    def as_json(self) -> dict[str, Any]:
        """Return the error object, which has neither `error_id` nor `status`."""
        return {"error_code": self.code, "error_message": self.message}


class UnknownActionError(ApiError):
    """No such entity or action: an HTML page for a single call, an error object in a multi-call."""

    def __init__(self, entity: str, action: str) -> None:
        super().__init__(f"API ({entity}, {action}) does not exist (or the extension it belongs to is not enabled).")


def new_error_id() -> str:
    """Return a made-up error id of CiviCRM's form, `xxxx-xxxx-xxxx`."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
