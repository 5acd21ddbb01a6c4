"""Checks and repairs the webhooks registered at Mailchimp. Webhooks of others are never touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mailchimpsync.actions.finding import Finding, Level, failed, ok, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.actions.webhooks.reachable import check_reachable
from mailchimpsync.actions.webhooks.targets import Hook, Target, targets
from mailchimpsync.actions.webhooks.urls import Path, is_ours, show_url
from mailchimpsync.errors import AccessError, Code, ConfigurationError, MailchimpsyncError, TransientError
from mailchimpsync.mailchimp import MailchimpClient, batch_webhooks, webhooks
from mailchimpsync.messages import say

ACCOUNT_SECONDS = 60
"""How long one account may take, so that an unresponsive one doesn't delay the others."""

NO_PUBLIC_URL = say(
    "Set `public_url` in mailchimpsync.toml, or MAILCHIMPSYNC_PUBLIC_URL, to the address at "
    "which `serve` can be reached."
)

WebhookCheck = Callable[[Site, Target, MailchimpClient], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class _State:
    """The state of a target: the webhook to keep, if there is one, its faults, and duplicates."""

    kept: Hook | None
    faults: tuple[str, ...]
    duplicates: Sequence[Hook]


def check_webhooks(site: Site) -> list[Finding]:
    """Compare Mailchimp's webhooks with those it should have, and check the public address; change nothing.

    If one account can't be reached, the others are still checked.
    """
    return list(iterate_webhook_checks(site))


def iterate_webhook_checks(site: Site) -> Iterator[Finding]:
    """Yield the findings of `check_webhooks` one by one: each account may take a minute."""
    if site.settings.public_url is None:
        yield _no_public_url()
        return
    yield from check_reachable(site)
    yield from _for_each_target(site, _check)


def repair_webhooks(site: Site) -> list[Finding]:
    """Create missing webhooks, correct wrong ones and delete our duplicates; each change is a finding.

    If one account can't be repaired, the others still are.

    Raises:
        ConfigurationError: the site has no `public_url`.
    """
    if site.settings.public_url is None:
        raise ConfigurationError(
            say(
                "This service has no public address for Mailchimp: public_url is not set. %(remedy)s",
                remedy=NO_PUBLIC_URL,
            )
        )
    return list(_for_each_target(site, _repair))


def list_webhooks(site: Site) -> list[dict[str, Any]]:
    """Return all webhooks of the connected audiences and their accounts as plain values, without secrets.

    Raises:
        AccessError, TransientError, RefusedError: an account can't be reached, or an audience is gone.
    """
    found = []
    for link in site.configuration.connections:
        for one in webhooks(site.mailchimp(link.account), link.audience_id):
            of, ours = link.audience_name or link.audience_id, is_ours(site, one.url, Path.AUDIENCE)
            of_audience = {"list_id": link.audience_id, "events": sorted(one.events)}
            found.append(_plain(site, of, one.id, one.url, ours) | of_audience)
    for account in dict.fromkeys(link.account for link in site.configuration.connections):
        for hook in batch_webhooks(site.mailchimp(account)):
            ours, events = is_ours(site, hook.url, Path.BATCH), ["batches"] if hook.enabled else []
            found.append(_plain(site, account, hook.id, hook.url, ours) | {"list_id": None, "events": events})
    return found


def _plain(site: Site, of: str, key: str, url: str, ours: bool) -> dict[str, Any]:
    return {"of": of, "id": key, "ours": ours, "url": show_url(site, url)}


def _no_public_url() -> Finding:
    what = say("No public_url is set, so Mailchimp can't report changes at once. They arrive with the next sync.")
    return trouble(say("Webhooks"), what, Code.WEBHOOK_MISSING, level=Level.WARNING, remedy=NO_PUBLIC_URL)


def _for_each_target(site: Site, check: WebhookCheck) -> Iterator[Finding]:
    for account in site.configuration.accounts:
        try:
            yield from _in_account(site, account, check)
        except ConfigurationError as error:  # its key doesn't look like a key
            yield failed(say("Webhooks of account “%(name)s”", name=account), error)


def _in_account(site: Site, account: str, check: WebhookCheck) -> Iterator[Finding]:
    """Check every target of an account; a refusal by one doesn't stop the others."""
    wanted = targets(site, account)
    if not wanted:
        return
    with within(site.mailchimp(account), ACCOUNT_SECONDS) as client:
        for target in wanted:
            try:
                yield from check(site, target, client)
            except (AccessError, TransientError) as error:
                yield failed(say("Webhooks of account “%(name)s”", name=account), _without_secrets(error, target))
                break
            except MailchimpsyncError as error:
                yield failed(target.subject, _without_secrets(error, target))


def _without_secrets(error: MailchimpsyncError, target: Target) -> MailchimpsyncError:
    """Remove the secret, since Mailchimp's message may repeat the URL that contains it."""
    secret = target.url.rpartition("=")[2]
    return MailchimpsyncError(error.code, error.what, detail=error.detail.replace(secret, "…"))


def _state(site: Site, target: Target, client: MailchimpClient) -> _State:
    """Keep the one of our webhooks that needs the least correction, preferably one with the right address."""
    hooks = sorted(target.ours(site, client), key=lambda hook: (hook.url != target.url, len(hook.faults)))
    if not hooks:
        return _State(None, (), ())
    kept = hooks[0]
    faults = kept.faults if kept.url == target.url else ("old address or old secret", *kept.faults)
    return _State(kept, faults, hooks[1:])


def _check(site: Site, target: Target, client: MailchimpClient) -> Iterator[Finding]:
    state = _state(site, target, client)
    if state.kept is None:
        yield trouble(target.subject, say("It is missing."), Code.WEBHOOK_MISSING)
    elif state.faults:
        yield trouble(target.subject, say("Wrong: %(faults)s.", faults="; ".join(state.faults)), Code.WEBHOOK_WRONG)
    elif not state.duplicates:
        yield ok(target.subject, say("It is correct."))
    if state.duplicates:
        what = say(
            "There are %(number)s of our webhooks, so every change is reported %(number)s times.",
            number=len(state.duplicates) + 1,
        )
        yield trouble(target.subject, what, Code.WEBHOOK_WRONG, level=Level.WARNING)


def _repair(site: Site, target: Target, client: MailchimpClient) -> Iterator[Finding]:
    state = _state(site, target, client)
    if state.kept is None:
        target.create(client)
        yield ok(target.subject, say("It was missing and has been created."))
    elif state.faults:
        target.correct(client, state.kept)
        yield ok(target.subject, say("Corrected: %(faults)s.", faults="; ".join(state.faults)))
    elif not state.duplicates:
        yield ok(target.subject, say("It is correct."))
    for hook in state.duplicates:
        target.delete(client, hook)
    if state.duplicates:
        yield ok(target.subject, say("Duplicates deleted: %(number)s.", number=len(state.duplicates)))
