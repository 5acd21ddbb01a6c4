"""The storage of results: signed URLs on what stands for another host.

See docs/reference/mailchimp-behaviour.md#results-of-batches.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from mailchimpsync_sandbox.mailchimp.world import World

VALID_SECONDS = 600
PREFIX = "/storage/"
SUFFIX = "-response.tar.gz"
_KEY = b"the storage's own key, which guards nothing but made-up people"


def _sign(batch_id: str, expires: str) -> str:
    return hmac.digest(_KEY, f"{batch_id}/{expires}".encode(), "sha256").hex()


def result_url(host: str, batch_id: str, now: int) -> str:
    """Return a URL that is good for ten minutes; `now` in Unix seconds."""
    expires = str(now + VALID_SECONDS)
    query = {"GoogleAccessId": "sandbox", "Expires": expires, "Signature": _sign(batch_id, expires)}
    return f"{host}{PREFIX}{batch_id}{SUFFIX}?{urlencode(query)}"


def fetch(world: World, request: Request) -> Response:
    """Answer a download: no credentials but the URL's own are allowed, and not after it expired."""
    if "Authorization" in request.headers:
        return _refused(400, "InvalidArgument", "Only one auth mechanism allowed.")
    batch_id = request.path.removeprefix(PREFIX).removesuffix(SUFFIX)
    expires, signature = request.args.get("Expires", ""), request.args.get("Signature", "")
    if not hmac.compare_digest(_sign(batch_id, expires).encode(), signature.encode()):
        return _refused(403, "SignatureDoesNotMatch", "The signature does not match the request.")
    if int(expires) < world.clock.now().timestamp():
        return _refused(400, "ExpiredToken", "The provided token has expired.")
    archive = world.db.value("SELECT archive FROM batch WHERE id = ? AND status = 'finished'", batch_id)
    if archive is None:
        return _refused(404, "NoSuchKey", "The specified key does not exist.")
    return Response(archive, content_type="application/x-gzip")


def _refused(status: int, code: str, message: str) -> Response:
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Response(text, status=status, content_type="application/xml; charset=UTF-8")
