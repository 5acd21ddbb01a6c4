"""What can be typed to operate a fleet, and to add, move and remove its sites."""

from __future__ import annotations

import click

from mailchimpsync.cli.declaring import JSON, WITHOUT_ASKING, Group, examples, implemented_in

_NAME = click.argument("name")
_TITLE = click.option("--title", help="What people call the site, such as the charity's name.")
_HOST = click.option("--host", help="The host name at which the site is reached. Default: by its name in the path.")


@click.group(cls=Group, epilog=examples("fleet init --database postgresql://ann@db/fleet", "fleet rotate-key"))
def fleet() -> None:
    """Create a fleet, which serves many sites from one PostgreSQL database, and replace its master key."""


@fleet.command("init", epilog=examples("fleet init --database postgresql://ann@db/fleet"))
@click.option("--database", required=True, help="The URL of a PostgreSQL database.")
@implemented_in("commands.fleet.fleet:init")
def init_fleet() -> None:
    """Create a fleet: home directory, master key, and the tables that its sites share."""


@fleet.command("rotate-key", epilog=examples("fleet rotate-key"))
@implemented_in("commands.fleet.fleet:rotate_key")
def rotate_master_key() -> None:
    """Replace the master key. The sites' own keys stay as they are; they are encrypted again."""


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


@site.command("remove", epilog=examples("site remove charity-a"))
@_NAME
@WITHOUT_ASKING
@implemented_in("commands.fleet.sites:remove")
def remove_site() -> None:
    """Remove a site with all of its data. Nothing changes in CiviCRM or at Mailchimp.

    You are asked to type the site's name.
    """
