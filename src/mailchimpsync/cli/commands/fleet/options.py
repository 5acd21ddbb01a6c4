"""What can be typed to operate a fleet, and to add, move and remove its sites."""

from __future__ import annotations

from pathlib import Path

import click

from mailchimpsync.cli.declaring import JSON, WITHOUT_ASKING, Group, examples, implemented_in

_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_NAME = click.argument("name")
_TITLE = click.option("--title", help="What people call the site, such as the charity's name.")
_ROLES = ("viewer", "operator", "administrator")
_ROLE = click.option(
    "--role",
    type=click.Choice(_ROLES),
    required=True,
    help="viewer: see all sites; operator: also sync, pause and resume them; administrator: also upgrade and "
    "configure them.",
)
_HOST = click.option("--host", help="The host name at which the site is reached. Default: by its name in the path.")


@click.group(cls=Group, epilog=examples("fleet init --database postgresql://ann@db/fleet", "fleet rotate-key"))
def fleet() -> None:
    """Create a fleet, which serves many sites from one PostgreSQL database, and manage its key and its operators."""


@fleet.command("init", epilog=examples("fleet init --database postgresql://ann@db/fleet"))
@click.option("--database", help="The URL of a PostgreSQL database. Default: the setting `database`.")
@implemented_in("commands.fleet.fleet:init")
def init_fleet() -> None:
    """Create a fleet: home directory, master key, and the tables that its sites share."""


@fleet.command("rotate-key", epilog=examples("fleet rotate-key"))
@implemented_in("commands.fleet.fleet:rotate_key")
def rotate_master_key() -> None:
    """Replace the master key. The sites' own keys stay as they are; they are encrypted again."""


@fleet.group("user", cls=Group, epilog=examples("fleet user create ann --role administrator", "fleet user list"))
def operators() -> None:
    """Manage the fleet's operators, who see all sites and sign in at /fleet/."""


@operators.command("create", epilog=examples("fleet user create ann --role operator"))
@_NAME
@_ROLE
@implemented_in("commands.fleet.users:create")
def create_operator() -> None:
    """Create the operator NAME, and print a link for choosing a password."""


@operators.command("link", epilog=examples("fleet user link ann"))
@_NAME
@implemented_in("commands.fleet.users:print_link")
def link_for_operator() -> None:
    """Print a link for the operator NAME to choose a new password."""


@operators.command("role", epilog=examples("fleet user role ann viewer"))
@_NAME
@click.argument("role", type=click.Choice(_ROLES))
@implemented_in("commands.fleet.users:change_role")
def role_of_operator() -> None:
    """Give the operator NAME another ROLE. It applies at once, at the sites too."""


@operators.command("remove", epilog=examples("fleet user remove ann"))
@_NAME
@implemented_in("commands.fleet.users:remove")
def remove_operator() -> None:
    """Remove the operator NAME, and sign them out immediately, of all sites too."""


@operators.command("list", epilog=examples("fleet user list", "fleet user list --json"))
@JSON
@implemented_in("commands.fleet.users:list_all")
def list_operators() -> None:
    """List the operators with their roles and last sign-in."""


@fleet.group("token", cls=Group, epilog=examples('fleet token create "Prometheus"', "fleet token list"))
def fleet_token() -> None:
    """Create and revoke tokens for the metrics of the fleet's web service."""


@fleet_token.command("create", epilog=examples('fleet token create "Prometheus" --expires-in-days 365'))
@_NAME
@click.option("--expires-in-days", type=int, help="From 1 to 3650. Default: valid until revoked.")
@implemented_in("commands.fleet.tokens:create")
def create_fleet_token() -> None:
    """Create a token and print it. NAME says what it is for. The token is shown only once."""


@fleet_token.command("list", epilog=examples("fleet token list", "fleet token list --json"))
@JSON
@implemented_in("commands.fleet.tokens:list_all")
def list_fleet_tokens() -> None:
    """List tokens with their expiry and last use."""


@fleet_token.command("revoke", epilog=examples("fleet token revoke 3"))
@click.argument("token_id", metavar="ID", type=int)
@implemented_in("commands.fleet.tokens:revoke")
def revoke_fleet_token() -> None:
    """Revoke the token with this ID (see `fleet token list`) immediately."""


@click.group(cls=Group, epilog=examples("site add charity-a --title 'Charity A'", "site list"))
def site() -> None:
    """Add, list, change, move and remove the sites of a fleet."""


@site.command("add", epilog=examples("site add charity-a", "site add charity-a --title 'Charity A'"))
@_NAME
@_TITLE
@_HOST
@implemented_in("commands.fleet.sites:add")
def add_site() -> None:
    """Add a site to the fleet, with tables, users and a secret key of its own.

    NAME has 1 to 40 lower-case letters, digits and hyphens, and begins with a letter. It is part of addresses, so it
    can't be changed. Then set the site up: `mailchimpsync --site NAME init`.
    """


@site.command("list", epilog=examples("site list", "site list --json"))
@JSON
@implemented_in("commands.fleet.sites:list_all")
def list_sites() -> None:
    """List the sites of the fleet."""


@site.command("show", epilog=examples("site show charity-a", "site show charity-a --json"))
@_NAME
@JSON
@implemented_in("commands.fleet.sites:show")
def show_site() -> None:
    """Show a site: its address, its schema and when it was added."""


@site.command("change", epilog=examples("site change charity-a --title 'Charity A'", "site change charity-a --disable"))
@_NAME
@_TITLE
@_HOST
@click.option("--no-host", is_flag=True, help="Let the site be reached by its name in the path.")
@click.option("--disable/--enable", "disable", default=None, help="Stop all work for the site, or start it again.")
@implemented_in("commands.fleet.sites:change")
def change_site() -> None:
    """Change a site's title or host name, or stop all work for it."""


@site.command("remove", epilog=examples("site remove charity-a", "site remove charity-a --export charity-a.site"))
@_NAME
@click.option("--export", "file", type=_NEW_FILE, help="Export it to this file first.")
@WITHOUT_ASKING
@implemented_in("commands.fleet.sites:remove")
def remove_site() -> None:
    """Remove a site with all of its data. Nothing changes in CiviCRM or at Mailchimp.

    You are asked to type the site's name. The passphrase of an export is asked for, or taken from
    MAILCHIMPSYNC_PASSPHRASE.
    """


@site.command("export", epilog=examples("site export charity-a.site charity-a", "site export home.site"))
@click.argument("file", type=_NEW_FILE)
@click.argument("name", required=False)
@implemented_in("commands.fleet.moving:export")
def export_site() -> None:
    """Export a site of the fleet, or the home's only site, to FILE, to keep it or to import it elsewhere.

    FILE has people's addresses, so keep it safe. The site's keys in it are encrypted with a passphrase, which is asked
    for, or taken from MAILCHIMPSYNC_PASSPHRASE. Sessions aren't exported. No sync may be at work on the site.
    """


@site.command("import", epilog=examples("site import charity-a.site", "site import charity-a.site --new-home"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("name", required=False)
@click.option("--new-home", is_flag=True, help="Import into a new home for this one site, instead of a fleet.")
@click.option("--database", help="With --new-home: the new site's database URL. Default: SQLite.")
@implemented_in("commands.fleet.moving:import_file")
def import_site() -> None:
    """Import a site from a FILE of `site export`, as a new site of the fleet; NAME is by default the one in the file.

    All of it is imported, or nothing. Stop the old site first: two sites with one audience undo each other's changes.
    """
