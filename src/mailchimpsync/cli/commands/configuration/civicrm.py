"""`mailchimpsync civicrm`."""

from __future__ import annotations

import os
from collections.abc import Callable

import click

from mailchimpsync.actions import Finding, Site, entries_in_civicrm, install_in_civicrm, remove_from_civicrm
from mailchimpsync.cli.input.confirmation import with_confirmation
from mailchimpsync.cli.input.questions import ask
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.output.findings import exit_code_of, show_findings
from mailchimpsync.cli.output.json import print_json

KEY = "MAILCHIMPSYNC_CIVICRM_ADMIN_KEY"


def install(ctx: click.Context, other_key: bool, as_json: bool) -> None:
    _report(ctx, install_in_civicrm, other_key=other_key, as_json=as_json)


def status(ctx: click.Context, other_key: bool, as_json: bool) -> None:
    _report(ctx, entries_in_civicrm, other_key=other_key, as_json=as_json)


def remove(ctx: click.Context, other_key: bool, yes: bool) -> None:
    with site_of(ctx) as site:
        key = _key(other_key=other_key)
        were_there = with_confirmation(lambda confirm: remove_from_civicrm(site, key, confirm=confirm), yes=yes)
    stdout().print("The entries in CiviCRM are removed." if were_there else "There were no entries in CiviCRM.")


def _report(
    ctx: click.Context, work: Callable[[Site, str | None], list[Finding]], *, other_key: bool, as_json: bool
) -> None:
    with site_of(ctx) as site:
        findings = work(site, _key(other_key=other_key))
    if as_json:
        print_json(findings)
    else:
        show_findings(stdout(), findings)
    ctx.exit(exit_code_of(findings))


def _key(*, other_key: bool) -> str | None:
    if not other_key:
        return None
    return os.environ.get(KEY) or ask("The API key of an administrator", f"the variable {KEY}", secret=True)
