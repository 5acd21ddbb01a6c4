"""`mailchimpsync init`."""

from __future__ import annotations

import os

import click
from pydantic import SecretStr
from rich.text import Text

from mailchimpsync.actions import create_site, probe_site
from mailchimpsync.actions.configuration.rights import findings_of_rights, rights_in_use
from mailchimpsync.civicrm import Group
from mailchimpsync.cli.input.questions import ask, current_user
from mailchimpsync.cli.opening import home_of, site_name_of
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.output.findings import show_findings
from mailchimpsync.config import CivicrmSite, Settings
from mailchimpsync.config import time_zone as checked_zone

KEY_VARIABLE = "MAILCHIMPSYNC_CIVICRM_KEY"
PASSWORD_VARIABLE = "MAILCHIMPSYNC_WEB_SERVER_PASSWORD"  # noqa: S105 (the name of a variable)


def _checked_zone(ctx: click.Context, name: str | None) -> str | None:
    if name is None:
        return None
    try:
        return checked_zone(name)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", ctx, param_hint="--time-zone") from error


def init(
    ctx: click.Context,
    civicrm_url: str | None,
    civicrm_pattern: str | None,
    web_server_user: str | None,
    time_zone: str | None,
    database: str | None,
) -> None:
    console, zone = stdout(), _checked_zone(ctx, time_zone)
    url = civicrm_url or ask("CiviCRM's address", "--civicrm-url")
    wanted = CivicrmSite(
        url=url,
        api_key=SecretStr(_secret("CiviCRM's API key", KEY_VARIABLE)),
        pattern=civicrm_pattern,
        time_zone=zone,
        web_server_user=web_server_user,
        web_server_password=SecretStr(_secret("Password", PASSWORD_VARIABLE)) if web_server_user else None,
    )
    with create_site(home_of(ctx), site=site_name_of(ctx), database=database) as site:
        console.print(Text.assemble(("✓ ", "good"), _where(site.settings)))
        wanted = _keep_known_settings(wanted, site.configuration.civicrm)
        found = probe_site(site, site.configuration.with_civicrm(wanted).civicrm or wanted)
        site.save(site.configuration.with_civicrm(found.civicrm), by=current_user())
        needed = rights_in_use(site.configuration)
    console.print(Text.assemble(("✓ ", "good"), f"CiviCRM's API responds at {found.civicrm.pattern}."), soft_wrap=True)
    console.print(Text.assemble(("✓ ", "good"), "The API key's user has all permissions that a sync needs."))
    show_findings(console, list(findings_of_rights(found.rights, needed)))
    _print_groups(found.groups)


def _where(settings: Settings) -> str:
    """Say where the site is."""
    if settings.site:
        return f"The site {settings.site} is in the fleet of {settings.home}."
    return f"The site's home directory is {settings.home}."


def _keep_known_settings(wanted: CivicrmSite, known: CivicrmSite | None) -> CivicrmSite:
    """Keep the other settings of this address unless they are given again; a new address doesn't inherit any."""
    if known is None or known.url != wanted.url:
        return wanted
    kept = {"time_zone": wanted.time_zone or known.time_zone}
    if wanted.web_server_user is None:
        kept |= {name: getattr(known, name) for name in ("web_server_user", "web_server_password")}
    return wanted.model_copy(update=kept)


def _secret(what: str, variable: str) -> str:
    """Return a secret from the environment or a hidden prompt; an option would show it in the process list."""
    return os.environ.get(variable) or ask(what, f"the variable {variable}", secret=True)


def _print_groups(groups: list[Group]) -> None:
    console = stdout()
    if not groups:
        console.print(
            "[warn]![/] There is no mailing group yet. Create one in CiviCRM, then run `mailchimpsync connect`."
        )
        return
    titles = ", ".join(f"{group.title} ({group.id})" for group in groups)
    console.print(Text.assemble(("✓ ", "good"), f"Mailing groups that can be connected: {titles}."))
    console.print("Next: `mailchimpsync connect`")
