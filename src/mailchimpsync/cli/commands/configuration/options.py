"""What can be typed to set up a site and change its configuration."""

from __future__ import annotations

from pathlib import Path

import click

from mailchimpsync.cli.declaring import JSON, WITHOUT_ASKING, Group, examples, implemented_in
from mailchimpsync.model import NewMembers, Resubscribe

AS_AUDIENCE = "audience"

_FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["toml", "json"]),
    default="toml",
    show_default=True,
    help="The format of the text.",
)
_NO_CHECK = click.option(
    "--no-check", is_flag=True, help="Don't check with Mailchimp and CiviCRM that everything exists."
)
_GROUP_ID = click.option("--group-id", type=int, help="The connection with this subscription group.")


@click.command(
    epilog=examples(
        "init --civicrm-url https://crm.example.org", "init --civicrm-url https://crm.example.org --web-server-user ann"
    )
)
@click.option("--civicrm-url", envvar="MAILCHIMPSYNC_CIVICRM_URL", help="The CiviCRM site's base address.")
@click.option("--civicrm-pattern", help="The pattern of its API URLs, with {entity} and {action}. Detected if omitted.")
@click.option("--web-server-user", help="The user name for the web server, if it asks for one in front of CiviCRM.")
@click.option(
    "--time-zone", help="CiviCRM's time zone, such as America/New_York. Only campaigns on some dates need it."
)
@click.option("--database", help="The database URL. Default: a SQLite file in the home directory.")
@implemented_in("commands.configuration.init:init")
def init() -> None:
    """Create a site: home directory, database, secret key, and CiviCRM's address and API key, which are tested.

    You're asked for the API key, unless MAILCHIMPSYNC_CIVICRM_KEY is set, and for the password of --web-server-user,
    unless MAILCHIMPSYNC_WEB_SERVER_PASSWORD is set. Run it again to change CiviCRM's address or key; connections are
    kept.
    """


@click.command(epilog=examples("connect", 'connect --audience Newsletter --group News --interest "Walks=Walks"'))
@click.option("--account", "account_name", help="The account's name here. Default: its name at Mailchimp.")
@click.option("--base-url", help="Use this address instead of Mailchimp's own, for a proxy or a local stand-in.")
@click.option("--audience", help="The audience, by id or name.")
@click.option("--group", help="The subscription group, by id or title.")
@click.option(
    "--interest",
    "interests",
    multiple=True,
    metavar="INTEREST=GROUP",
    help="Ids or names; can be given several times. `INTEREST=` disconnects the interest.",
)
@click.option("--no-interests", is_flag=True, help="Connect no interests except those given.")
@click.option(
    "--resubscribe",
    type=click.Choice([one.value for one in Resubscribe]),
    help="If staff re-add someone who unsubscribed: let Mailchimp ask them to confirm (default), or never resubscribe.",
)
@click.option(
    "--new-members",
    type=click.Choice([*(one.value for one in NewMembers), AS_AUDIENCE]),
    help=(
        "Subscribe new members immediately; let Mailchimp ask them to confirm first; or follow the audience's own "
        "double opt-in setting (default)."
    ),
)
@click.option(
    "--contact-records/--no-contact-records",
    default=None,
    help="Show on contacts in CiviCRM what Mailchimp says about them. Default: don't. Run `civicrm install` after it.",
)
@implemented_in("commands.configuration.connect:connect")
def connect() -> None:
    """Connect a Mailchimp audience to a CiviCRM group, and its interests to groups, and test the connection.

    The API key comes from MAILCHIMPSYNC_MAILCHIMP_KEY or from an earlier connection; otherwise you're asked for it, as
    for everything that no option answers. For an audience that is already connected, only the given options change.
    """


@click.command(epilog=examples("takeover --check", "takeover", "takeover --back"))
@click.option("--check", is_flag=True, help="Only show what there is to take over.")
@click.option("--back", is_flag=True, help="Go back to the PHP extension. Possible for seven days.")
@click.option(
    "--from-database",
    is_flag=True,
    help="Read the extension's tables from CiviCRM's own database instead of by its API.",
)
@click.option(
    "--leave-out", multiple=True, metavar="AUDIENCE", help="Leave out this audience; several times if needed."
)
@click.option(
    "--new-key",
    multiple=True,
    metavar="ACCOUNT",
    help="Ask for another API key for this account; several times if needed.",
)
@click.option("--base-url", help="Use this address instead of Mailchimp's own, for a proxy or a local stand-in.")
@click.option("--ignore-unfinished", is_flag=True, help="Don't wait for the extension's runs and batches.")
@WITHOUT_ASKING
@implemented_in("commands.configuration.takeover:takeover")
def takeover() -> None:
    """Take over from the PHP extension: its configuration, its records, and its place.

    You see what was understood, and are asked before anything is changed. Then its scheduled job is turned off, its
    connections and records are taken over, and its webhooks are replaced. The first sync is only previewed, until you
    agree to what it would do. If a step fails, run the command again: it goes on from there.

    The API key's user in CiviCRM needs the permission “administer CiviCRM” meanwhile. With --from-database, you're
    asked for the database's URL, such as mariadb://user:password@host/civicrm, unless
    MAILCHIMPSYNC_EXTENSION_DATABASE is set.
    """


@click.group(cls=Group, epilog=examples("config show", "config edit"))
def config() -> None:
    """Show, edit, export and import the configuration, see earlier versions, and change the secret key."""


@config.command("show", epilog=examples("config show", "config show --format json"))
@_FORMAT
@implemented_in("commands.configuration.text:show")
def show_config() -> None:
    """Show the configuration, with masked API keys."""


@config.command("export", epilog=examples("config export --output mailchimpsync.backup.toml --encrypted"))
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A new file, readable only by you."
)
@click.option("--encrypted", is_flag=True, help="Include API keys, encrypted with this site's secret key.")
@click.option("--with-secrets", is_flag=True, help="Include API keys in plain text. Keep the output safe.")
@_FORMAT
@implemented_in("commands.configuration.text:export")
def export_config() -> None:
    """Export the configuration as text, with masked API keys by default."""


@config.command("import", epilog=examples("config import mailchimpsync.backup.toml"))
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--yes", is_flag=True, help="Delete the records of audiences that are no longer in the file.")
@_NO_CHECK
@implemented_in("commands.configuration.text:import_text")
def import_config() -> None:
    """Import the configuration from FILE (- for standard input): TOML, JSON, or the PHP extension's JSON.

    Everything is checked, here and on both sides, and all problems are listed before anything is saved. A masked key
    keeps the stored one; a plain key is encrypted.
    """


@config.command("edit", epilog=examples("config edit"))
@_NO_CHECK
@implemented_in("commands.configuration.text:edit")
def edit_config() -> None:
    """Edit the configuration as TOML in your EDITOR. It is saved when you close the editor.

    If there are problems, they are shown, nothing is saved, and you can continue editing.
    """


@config.command("history", epilog=examples("config history --limit 5", "config history --json"))
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many to show.")
@JSON
@implemented_in("commands.configuration.versions:history")
def config_history() -> None:
    """List the versions of the configuration, newest first: when, by whom, and what changed.

    The newest 200 versions are kept.
    """


@config.command("diff", epilog=examples("config diff", "config diff 3 5"))
@click.argument("a", metavar="[A | FILE]", required=False)
@click.argument("b", metavar="[B]", required=False, type=int)
@implemented_in("commands.configuration.versions:diff")
def diff_config() -> None:
    """Show the changes from version A to version B, or what importing FILE would change and delete.

    B defaults to the newest version, and A to the one before it. Keys are masked.
    """


@config.command("restore", epilog=examples("config restore 3"))
@click.argument("version", type=int)
@click.option("--yes", is_flag=True, help="Delete the records of audiences that aren't in the version.")
@_NO_CHECK
@implemented_in("commands.configuration.versions:restore")
def restore_config() -> None:
    """Restore an earlier VERSION: it is checked like a new one, and saved as the newest version."""


@config.command("rotate-key", epilog=examples("config rotate-key"))
@implemented_in("commands.configuration.rotate_key:rotate_key")
def rotate_key() -> None:
    """Create a new secret key, encrypt all stored secrets with it, and remove the old key.

    It is safe to interrupt: the site still opens, and you can run the command again. If the key comes from
    MAILCHIMPSYNC_SECRET_KEY, it takes two runs, and each one tells you what to set.
    """


@click.group(cls=Group, epilog=examples("data sources", "data preview --contact-id 11"))
def data() -> None:
    """Show what is sent to Mailchimp besides subscriptions: tags, names, merge fields."""


@data.command("plugins", epilog=examples("data plugins"))
@_GROUP_ID
@JSON
@implemented_in("commands.configuration.data:list_plugins")
def data_plugins() -> None:
    """List the plugins, whether they are on, and their problems."""


@data.command("sources", epilog=examples("data sources --group-id 8"))
@_GROUP_ID
@JSON
@implemented_in("commands.configuration.data:list_sources")
def data_sources() -> None:
    """List the CiviCRM data that can be mapped, and the audience's merge fields."""


@data.command("preview", epilog=examples("data preview --limit 3", "data preview --contact-id 11 --contact-id 12"))
@_GROUP_ID
@click.option("--contact-id", "contact_ids", type=int, multiple=True, help="Show this contact. Repeatable.")
@click.option("--limit", type=click.IntRange(1, 200), default=10, show_default=True, help="The most people to show.")
@JSON
@implemented_in("commands.configuration.data:preview")
def preview_data() -> None:
    """Show what would be sent for real contacts. Nothing is written on either side."""


@data.command("create-fields", epilog=examples("data create-fields --group-id 8"))
@_GROUP_ID
@JSON
@implemented_in("commands.configuration.data:create_fields")
def create_data_fields() -> None:
    """Create the merge fields that are in the field map but not in the audience."""


@data.command("findings", epilog=examples("data findings", "data findings --json"))
@_GROUP_ID
@JSON
@implemented_in("commands.configuration.data:show_findings")
def data_findings() -> None:
    """Show what the last run with data found: values that don't fit, and plugins that failed."""


@click.group(cls=Group, epilog=examples("webhooks check", "webhooks repair"))
def webhooks() -> None:
    """Check and repair the webhooks that report changes at Mailchimp."""


@webhooks.command("check", epilog=examples("webhooks check"))
@JSON
@implemented_in("commands.configuration.webhooks:check")
def check_webhooks() -> None:
    """Compare Mailchimp's webhooks with those it should have, without changing anything.

    This also calls the service's public address, as Mailchimp would.
    """


@webhooks.command("repair", epilog=examples("webhooks repair"))
@JSON
@implemented_in("commands.configuration.webhooks:repair")
def repair_webhooks() -> None:
    """Create missing webhooks, correct wrong ones and delete duplicates. Other programs' webhooks are left alone."""


@webhooks.command("list", epilog=examples("webhooks list", "webhooks list --json"))
@JSON
@implemented_in("commands.configuration.webhooks:list_all")
def list_webhooks() -> None:
    """List all webhooks of the connected audiences and accounts, including other programs' ones, without secrets."""


@webhooks.command("events", epilog=examples("webhooks events --limit 50"))
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Show this many.")
@JSON
@implemented_in("commands.configuration.webhooks:list_events")
def webhook_events() -> None:
    """Show the newest webhook events and their outcomes, without addresses."""


_OTHER_KEY = click.option(
    "--other-key",
    is_flag=True,
    help="Use another API key this once: asked for, or taken from MAILCHIMPSYNC_CIVICRM_ADMIN_KEY. It isn't stored.",
)


@click.group(cls=Group, epilog=examples("civicrm install", "civicrm install --other-key"))
def civicrm() -> None:
    """Put links to the screens into CiviCRM: two entries in its menu, and a tab on every contact."""


@civicrm.command("install", epilog=examples("civicrm install", "civicrm install --other-key"))
@_OTHER_KEY
@JSON
@implemented_in("commands.configuration.civicrm:install")
def install_in_civicrm() -> None:
    """Put them there, or correct them. The API key's user needs the permission "administer CiviCRM".

    They lead to the address `public_url` in mailchimpsync.toml. The tab needs FormBuilder, which is part of CiviCRM. If
    a connection has --contact-records, the fields for them and a search are made too.
    """


@civicrm.command("remove", epilog=examples("civicrm remove", "civicrm remove --yes"))
@_OTHER_KEY
@WITHOUT_ASKING
@implemented_in("commands.configuration.civicrm:remove")
def remove_from_civicrm() -> None:
    """Remove them all, with what contacts show of Mailchimp. Before records are deleted, you're asked."""


@civicrm.command("status", epilog=examples("civicrm status"))
@_OTHER_KEY
@JSON
@implemented_in("commands.configuration.civicrm:status")
def status_in_civicrm() -> None:
    """Say whether they are there and lead to this service."""
