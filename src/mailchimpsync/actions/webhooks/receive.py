"""Receives calls of Mailchimp's webhooks: checks, stores and answers them; events are handled later.

Responses are HTTP statuses (docs/reference/php-extension.md#webhooks). They are never a 5xx because of what was sent,
since Mailchimp counts that as our failure, and never 410, after which Mailchimp abandons a webhook at once.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.webhooks.form import Form, address, fingerprint, fired_at, is_signed, read_form, short_text
from mailchimpsync.actions.work import Kind
from mailchimpsync.addresses import member_id_of
from mailchimpsync.config import Link
from mailchimpsync.store.changes import batches
from mailchimpsync.store.site import tombstones, webhook_events

OK, NOT_OURS, UNUSABLE, FORGED = 200, 204, 400, 401

MEMBER_EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail")
_BATCH_ID = re.compile(r"[0-9A-Za-z]{1,64}")


def receive_audience(site: Site, *, secret: str | None, body: bytes, signature: str | None) -> int:
    """Receive a call of an audience's webhook, store the event, and return the HTTP status to respond with.

    200: stored, already known, or empty, as when Mailchimp tests the address; 204: about an audience that isn't
    connected, or a campaign; 400: not a form, of unknown type, or a field is missing; 401: the secret isn't that of the
    audience's account, or the connection has a signing secret and the signature is missing, wrong, or older than 5
    minutes. Only the store and the configuration of the site are used, so threads may share it.

    Args:
        site: with the newest configuration, see `Site.refresh`.
        secret: the secret in the URL that was called.
        body: the request's body, unchanged.
        signature: the header `X-Mailchimp-Signature`.

    Raises:
        StoreError: the event could not be stored; Mailchimp tries again after a 503.
    """
    accounts = _accounts(site, secret)
    if not accounts:
        return FORGED
    if not body:
        return OK
    form = read_form(body)
    kind, list_id = form.get("type", ""), form.get("data[list_id]", "")
    if (kind != "campaign" and kind not in MEMBER_EVENTS) or not list_id:
        return UNUSABLE
    link = _link(site, list_id)
    if link is None:
        return NOT_OURS
    if link.account not in accounts or not _signature_is_valid(site, link, signature, body):
        return FORGED
    return NOT_OURS if kind == "campaign" else _store_event(site, list_id, kind, form)


def receive_batch(site: Site, *, secret: str | None, body: bytes) -> int:
    """Receive the news that a batch is finished, store it, and return the HTTP status to respond with.

    200: stored, already known, empty, of another type, or about a batch that isn't ours or whose results have been
    read; 400: not a form, or the batch's id is malformed (500 in the PHP extension, which Mailchimp would count as our
    failure); 401: the secret isn't that of an account, or not that of the batch's account.
    Only the store and the configuration of the site are used, so threads may share it.

    Raises:
        StoreError: it could not be stored; Mailchimp tries again after a 503.
    """
    if not body:
        return OK
    accounts = _accounts(site, secret)
    if not accounts:
        return FORGED
    form = read_form(body)
    if not form.get("type"):
        return UNUSABLE
    if form["type"] != "batch_operation_completed":
        return OK
    batch_id = form.get("data[id]", "")
    if not _BATCH_ID.fullmatch(batch_id):
        return UNUSABLE
    return _store_batch_event(site, accounts, batch_id, form)


def _accounts(site: Site, secret: str | None) -> Collection[str]:
    """Return the accounts with this secret; all are compared, so that the time taken reveals nothing."""
    given = (secret or "").encode("utf-8", "replace")
    return [
        name
        for name, account in site.configuration.accounts.items()
        if account.webhook_secret is not None
        and hmac.compare_digest(account.webhook_secret.get_secret_value().encode(), given)
    ]


def _link(site: Site, list_id: str) -> Link | None:
    return next((one for one in site.configuration.connections if one.audience_id == list_id), None)


def _signature_is_valid(site: Site, link: Link, signature: str | None, body: bytes) -> bool:
    if link.signing_secret is None:
        return True
    return is_signed(link.signing_secret.get_secret_value(), signature, body, site.runtime.now())


def _store_event(site: Site, list_id: str, kind: str, form: Form) -> int:
    email = address(form, "old_email" if kind == "upemail" else "email")
    new_email = address(form, "new_email") if kind == "upemail" else None
    if email is None or (kind == "upemail" and new_email is None) or (kind == "profile" and not _has_merges(form)):
        return UNUSABLE
    if _is_erased(site, email, new_email):
        return OK
    data = {
        "email": email,
        "new_email": new_email,
        "reason": short_text(form, "reason"),
        "action": short_text(form, "action"),
    }
    with site.store.begin() as tx:
        webhook_events.add_event(
            tx,
            list_id=list_id,
            kind=kind,
            fingerprint=fingerprint(form),
            data={name: value for name, value in data.items() if value is not None},
            now=site.runtime.now(),
            member_key=member_id_of(email),
            other_key=member_id_of(new_email) if new_email is not None else None,
            fired_at=fired_at(form),
        )
    site.enqueue(Kind.EVENTS, list_id)
    return OK


def _is_erased(site: Site, *addresses: str | None) -> bool:
    """Say whether an address was erased: nothing is stored about it, not even that Mailchimp sent an event."""
    key = site.erasure_key()
    if key is None:
        return False
    digests = [tombstones.digest_of(key, address) for address in addresses if address is not None]
    with site.store.reading() as tx:
        return any(tombstones.tombstone_of(tx, digest) is not None for digest in digests)


def _has_merges(form: Form) -> bool:
    return any(key.startswith("data[merges]") for key in form)


def _store_batch_event(site: Site, accounts: Collection[str], batch_id: str, form: Form) -> int:
    with site.store.begin() as tx:
        batch = batches.batch_of(tx, batch_id)
        link = _link(site, batch.mailchimp_list_id) if batch is not None else None
        if batch is None or link is None:
            return OK
        if link.account not in accounts:
            return FORGED
        if batch.response_processed < batches.HANDLED:
            webhook_events.add_event(
                tx,
                list_id=link.audience_id,
                kind="batch",
                fingerprint=fingerprint(form),
                data={"batch_id": batch_id},
                now=site.runtime.now(),
                fired_at=fired_at(form),
            )
    site.enqueue(Kind.EVENTS, link.audience_id)
    return OK
