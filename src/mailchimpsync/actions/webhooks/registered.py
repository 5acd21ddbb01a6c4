"""Checks whether Mailchimp has the webhooks it should have, and mends them. Other people's are never touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mailchimpsync.actions.finding import Finding, Level, failed, ok, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.messages import say
from mailchimpsync.actions.time_limit import within
from mailchimpsync.actions.webhooks.reachable import check_reachable
from mailchimpsync.actions.webhooks.targets import Hook, Target, targets
from mailchimpsync.actions.webhooks.urls import Path, is_ours, show_url
from mailchimpsync.errors import AccessError, Code, ConfigurationError, MailchimpsyncError, TransientError
from mailchimpsync.mailchimp import MailchimpClient, batch_webhooks, webhooks

ACCOUNT_SECONDS = 60
"""How long one account may take, so that one that does not answer keeps nobody waiting."""

NO_PUBLIC_URL = say("Set `public_url` in mailchimpsync.toml, or MAILCHIMPSYNC_PUBLIC_URL, to where `serve` is reached.")

WebhookCheck = Callable[[Site, Target, MailchimpClient], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class _State:
    """How a target stands: the webhook to keep, if there is one, what is wrong with it, and those too many."""

    kept: Hook | None
    faults: tuple[str, ...]
    doubled: Sequence[Hook]


def check_webhooks(site: Site) -> list[Finding]:
    """Compare the webhooks Mailchimp has with those it should have, and see whether we can be reached; change nothing.

    One account that can't be asked does not keep the others.
    """
    return list(iterate_webhook_checks(site))


def iterate_webhook_checks(site: Site) -> Iterator[Finding]:
    """Yield what `check_webhooks` returns, as it is found: each account may take a minute."""
    if site.settings.public_url is None:
        yield _no_public_url()
        return
    yield from check_reachable(site)
    yield from _for_each_target(site, _check)


def repair_webhooks(site: Site) -> list[Finding]:
    """Create missing webhooks, correct wrong ones, delete doubled ones of ours; each thing done is a finding.

    One account that can't be mended does not keep the others.

    Raises:
        ConfigurationError: the site has no `public_url`.
    """
    if site.settings.public_url is None:
        raise ConfigurationError(f"Mailchimp can't be told where to reach us: no public_url is set. {NO_PUBLIC_URL}")
    return list(_for_each_target(site, _repair))


def list_webhooks(site: Site) -> list[dict[str, Any]]:
    """Return all webhooks of the connected audiences and their accounts as plain values, secrets not shown.

    Raises:
        AccessError, TransientError, RefusedError: an account can't be asked, or an audience is gone.
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
    what = say("No public_url is set, so Mailchimp can't tell us of changes: they arrive with the next sync.")
    return trouble("Webhooks", what, Code.WEBHOOK_MISSING, level=Level.WARNING, remedy=NO_PUBLIC_URL)


def _for_each_target(site: Site, look: WebhookCheck) -> Iterator[Finding]:
    for account in site.configuration.accounts:
        try:
            yield from _in_account(site, account, look)
        except ConfigurationError as error:  # its key has not the form of a key
            yield failed(f"Webhooks of account “{account}”", error)


def _in_account(site: Site, account: str, look: WebhookCheck) -> Iterator[Finding]:
    """Look at every target of an account; what one of them refuses does not keep the others."""
    wanted = targets(site, account)
    if not wanted:
        return
    with within(site.mailchimp(account), ACCOUNT_SECONDS) as client:
        for target in wanted:
            try:
                yield from look(site, target, client)
            except (AccessError, TransientError) as error:
                yield failed(f"Webhooks of account “{account}”", _without_secrets(error, target))
                break
            except MailchimpsyncError as error:
                yield failed(target.subject, _without_secrets(error, target))


def _without_secrets(error: MailchimpsyncError, target: Target) -> MailchimpsyncError:
    """What Mailchimp says of an address may repeat it, with its secret."""
    secret = target.url.rpartition("=")[2]
    return MailchimpsyncError(error.code, error.what, detail=error.detail.replace(secret, "…"))


def _state(site: Site, target: Target, client: MailchimpClient) -> _State:
    """Of several webhooks of ours the one that needs least is kept, first of all one with the right address."""
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
    elif not state.doubled:
        yield ok(target.subject, say("It is as it should be."))
    if state.doubled:
        what = say(
            "There are %(number)s of ours, so that every change is told as often.", number=len(state.doubled) + 1
        )
        yield trouble(target.subject, what, Code.WEBHOOK_WRONG, level=Level.WARNING)


def _repair(site: Site, target: Target, client: MailchimpClient) -> Iterator[Finding]:
    state = _state(site, target, client)
    if state.kept is None:
        target.create(client)
        yield ok(target.subject, say("It was missing and is there now."))
    elif state.faults:
        target.correct(client, state.kept)
        yield ok(target.subject, say("Corrected: %(faults)s.", faults="; ".join(state.faults)))
    elif not state.doubled:
        yield ok(target.subject, say("It is as it should be."))
    for hook in state.doubled:
        target.delete(client, hook)
    if state.doubled:
        yield ok(target.subject, say("%(number)s of ours too many deleted.", number=len(state.doubled)))
