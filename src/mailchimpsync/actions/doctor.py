"""`Mailchimpsync.doctor`: finds problems, and says what to do about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from mailchimpsync.actions.alerts import check as alerts
from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.checkup import campaigns, civicrm, data, local, mailchimp, work
from mailchimpsync.actions.checkup import deep as deep_checks
from mailchimpsync.actions.configuration.entries import check_entries
from mailchimpsync.actions.finding import Finding, failed, trouble
from mailchimpsync.actions.opening import open_site
from mailchimpsync.actions.site import Clients, Site
from mailchimpsync.actions.webhooks.registered import check_webhooks
from mailchimpsync.config import Settings, load_settings
from mailchimpsync.errors import Code, MailchimpsyncError
from mailchimpsync.messages import say
from mailchimpsync.runtime import Runtime

T = TypeVar("T")
Check = Callable[[T], Iterator[Finding]]
Checks = Sequence[tuple[str, Check[T]]]

_SETTINGS_CHECKS: Checks[Settings] = (
    ("Versions", local.check_versions),
    ("Home", local.check_home),
    ("Secret key", local.check_key),
    ("Database", local.check_database),
    ("Disk", local.check_disk),
)
_SITE_CHECKS: Checks[Site] = (
    ("Configuration", local.check_configuration),
    ("CiviCRM", civicrm.check_access),
    ("CiviCRM's clock", civicrm.check_clock),
    ("Groups in CiviCRM", civicrm.check_groups),
    ("PHP extension", civicrm.check_php_extension),
    ("Entries in CiviCRM", check_entries),
    ("Mailchimp", mailchimp.check_accounts),
    ("Webhooks", lambda site: iter(check_webhooks(site))),
    ("Syncs", work.check_syncs),
    ("Events from webhooks", work.check_events),
    ("Data", data.check_data),
    ("Campaigns", campaigns.check_campaigns),
    ("Alerts", alerts.check_alerts),
)
_DEEP_CHECKS: Checks[Site] = (
    ("Permissions", deep_checks.check_rights_in_depth),
    ("CiviCRM's time zone", deep_checks.check_time_zone),
    ("CiviCRM in depth", deep_checks.check_behaviour),
)


@action("Mailchimpsync", Scope.READ)
def doctor(site: Site) -> list[Finding]:
    """Find problems, and say what to do about them; change nothing.

    The checks cover the home directory, the secret key, database, disk and configuration; CiviCRM, its key, clock and
    groups; Mailchimp, its keys, audiences, interests and webhooks; the last syncs, waiting events, the data and
    campaigns that are switched on, and alerts. A check that fails is a finding itself, and the other checks still run.
    A side that doesn't respond may take a minute or two.
    """
    return [*_run_checks(_SETTINGS_CHECKS, site.settings), *_run_checks(_SITE_CHECKS, site)]


def examine(
    home: Path | None = None,
    *,
    site_name: str | None = None,
    runtime: Runtime | None = None,
    clients: Clients | None = None,
    deep: bool = False,
) -> list[Finding]:
    """Do what `doctor` does, even if the site can't be opened; with `deep`, also check how CiviCRM behaves.

    Raises:
        ConfigurationError: its settings can't be read, so there is nothing to check.
    """
    settings = load_settings(home)
    findings = list(_run_checks(_SETTINGS_CHECKS, settings))
    try:
        site = open_site(home, site=site_name, runtime=runtime, clients=clients)
    except MailchimpsyncError as error:
        is_reported = any(one.code is error.code for one in findings)
        return findings if is_reported else [*findings, failed("Site", error)]
    with site:
        return [*findings, *_run_checks(_SITE_CHECKS, site), *(_run_checks(_DEEP_CHECKS, site) if deep else ())]


def _run_checks(checks: Checks[T], what: T) -> Iterator[Finding]:
    for subject, check in checks:
        try:
            yield from check(what)
        except MailchimpsyncError as error:
            yield failed(subject, error)
        except Exception as error:  # noqa: BLE001 (an unexpected error in one check must not stop the others)
            yield trouble(subject, say("The check failed (%(error)s).", error=type(error).__name__), Code.INTERNAL)
