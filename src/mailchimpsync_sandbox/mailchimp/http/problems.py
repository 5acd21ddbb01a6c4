"""Refusals, as problem documents (RFC 7807) with Mailchimp's titles and details."""

from __future__ import annotations

from typing import Any

GLOSSARY = "https://mailchimp.com/developer/marketing/docs/errors/"
NOT_VALIDATED = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."
# These three come without `type` (docs/reference/mailchimp-behaviour.md#error-answers).
_UNTYPED = {"Member Exists", "Member In Compliance State", "Forgotten Email Not Subscribed"}


class Problem(Exception):  # noqa: N818 (the standard's word for what is answered)
    """A refused request: `errors` holds (field, message) pairs."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        errors: list[tuple[str, str]] | None = None,
        allow: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.errors, self.allow = status, title, detail, errors, allow

    def document(self, instance: str) -> dict[str, Any]:
        """Return the document; `instance` is the request id, empty inside batch results."""
        document: dict[str, Any] = {} if self.title in _UNTYPED else {"type": GLOSSARY}
        document |= {"title": self.title, "status": self.status, "detail": self.detail, "instance": instance}
        if self.errors:
            document["errors"] = [{"field": field, "message": message} for field, message in self.errors]
        return document


def invalid_resource(detail: str, *errors: tuple[str, str]) -> Problem:
    return Problem(400, "Invalid Resource", detail, errors=list(errors) or None)


def not_validated(*errors: tuple[str, str]) -> Problem:
    return invalid_resource(NOT_VALIDATED, *errors)


def bad_request(detail: str) -> Problem:
    return Problem(400, "Bad Request", detail)


def unreadable_json() -> Problem:
    return Problem(400, "JSON Parse Exception", "We encountered an unspecified JSON parsing error.")


def not_found() -> Problem:
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


def invalid_path() -> Problem:
    return Problem(404, "Resource Not Found", "Invalid path")


def method_not_allowed(allow: str, detail: str | None = None) -> Problem:
    detail = detail or "The requested method and resource are not compatible. See the Allow header for options."
    return Problem(405, "Method Not Allowed", detail, allow=allow)


def cannot_archive() -> Problem:
    return method_not_allowed(
        "GET, PUT", "This list member cannot be removed. Can not archive a contact that is bounced, pending or archived"
    )


def member_exists(address: str) -> Problem:
    detail = f"{address} is already a list member. Use PUT to insert or update list members."
    return Problem(400, "Member Exists", detail)


def in_compliance_state(address: str) -> Problem:
    reason = "is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed."
    return Problem(400, "Member In Compliance State", f"{address} {reason}")


def forgotten(address: str) -> Problem:
    reason = "was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list."
    return Problem(400, "Forgotten Email Not Subscribed", f"{address} {reason}")


def throttled(address: str) -> Problem:
    reason = "has signed up to a lot of lists very recently; we're not allowing more signups for now"
    return invalid_resource(f"{address} {reason}")


def key_missing() -> Problem:
    return Problem(401, "API Key Missing", "Your request did not include an API key.")


def key_invalid() -> Problem:
    detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter."
    return Problem(401, "API Key Invalid", detail)


def key_ambiguous() -> Problem:
    detail = (
        "The API key included in the query parameters is not consistent with the Authorization header. "
        "Please provide authorization using a single method."
    )
    return Problem(401, "API Key Invalid", detail)


def user_disabled() -> Problem:
    return Problem(403, "User Disabled", "This account has been disabled.")


def too_many_connections(limit: int) -> Problem:
    return Problem(429, "Too Many Requests", f"You have exceeded the limit of {limit} simultaneous connections.")


def too_many_batches(limit: int) -> Problem:
    return Problem(429, "Too Many Requests", f"You have more than {limit} pending batches.")


def too_many_webhook_events(limit: int) -> Problem:
    advice = "Please wait for some to complete before adding any more batches."
    return Problem(429, "Too Many Requests", f"You have more than {limit} pending webhooks. {advice}")


def internal_error() -> Problem:
    detail = "A deep, internal error has occurred during the processing of your request. Please contact support."
    return Problem(500, "Internal Server Error", detail)


# What the header `X-Trigger-Error` asks for (docs/reference/mailchimp-behaviour.md#error-answers), by the glossary's
# names.
TRIGGERED: dict[str, Problem] = {
    "BadRequest": bad_request("The request could not be understood."),
    "InvalidResource": not_validated(("", "Triggered by the request")),
    "InvalidAction": Problem(400, "Invalid Action", "The action requested was not valid for this resource."),
    "JSONParseException": unreadable_json(),
    "APIKeyMissing": key_missing(),
    "APIKeyInvalid": key_invalid(),
    "Forbidden": Problem(403, "Forbidden", "You are not permitted to access this resource."),
    "UserDisabled": user_disabled(),
    "ResourceNotFound": not_found(),
    "MethodNotAllowed": method_not_allowed("GET"),
    "ResourceNestingTooDeep": Problem(
        414, "Resource Nesting Too Deep", "The sub-resource requested is nested too deeply."
    ),
    "InvalidMethodOverride": Problem(
        422, "InvalidMethodOverride", "You can only use the X-HTTP-Method-Override header with POST."
    ),
    "TooManyRequests": too_many_connections(10),
    "InternalServerError": internal_error(),
}


def triggered(name: str) -> Problem:
    """Return a fresh problem of a name in `TRIGGERED`: one that is raised twice would keep both its tracebacks."""
    model = TRIGGERED[name]
    return Problem(model.status, model.title, model.detail, errors=model.errors, allow=model.allow)
