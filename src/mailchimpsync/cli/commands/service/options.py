"""What can be typed to run the service, and to operate a site."""

from __future__ import annotations

from typing import Any

import click

from mailchimpsync import __version__
from mailchimpsync.cli.declaring import JSON, Group, examples, implemented_in

SCOPES = ("read", "run", "configure")
ROLES = ("viewer", "operator", "administrator")


@click.command(epilog=examples("serve", "serve --init", "serve --listen 0.0.0.0:8321"))
@click.option("--listen", metavar="ADDRESS:PORT", help="Default: the setting `listen`, or 127.0.0.1:8321.")
@click.option("--init", "make", is_flag=True, help="Create the site if needed; set up the rest in the browser.")
@click.option("--no-schedule", is_flag=True, help="Don't sync automatically; webhooks are still handled.")
@click.option("--json-logs/--no-json-logs", default=None, help="The log format. Default: JSON, except on a terminal.")
@implemented_in("commands.service.serve:serve")
def serve() -> None:
    """Run the service: screens, schedule, webhooks, API.

    It runs until it is stopped with SIGTERM or Ctrl-C. Messages go to standard error. The log goes to standard output,
    one line for each event.
    """


@click.command(epilog=examples("worker", "worker --concurrency 16 --listen 127.0.0.1:8322"))
@click.option("--concurrency", type=click.IntRange(2, 64), default=8, show_default=True, help="How many jobs at once.")
@click.option("--listen", metavar="ADDRESS:PORT", help="Answer /health and /metrics there. Default: nowhere.")
@click.option("--json-logs/--no-json-logs", default=None, help="The log format. Default: JSON, except on a terminal.")
@implemented_in("commands.service.worker:worker")
def worker() -> None:
    """Do the work of a fleet: syncs, webhook events, alerts and housekeeping of all its sites.

    Start as many as you want, on any machine that reaches the database. It runs until it is stopped with SIGTERM or
    Ctrl-C; work in progress ends at its next step, and goes on in another worker.
    """


@click.command(epilog=examples("migrate"))
@implemented_in("commands.service.migrate:migrate")
def migrate() -> None:
    """Update the database to this version, or create its tables."""


@click.command(epilog=examples("doctor", "doctor --deep", "doctor --all"))
@JSON
@click.option("--all", "all_sites", is_flag=True, help="Check all sites of the fleet, and show what is wrong.")
@click.option("--deep", is_flag=True, help="Also check that the CiviCRM site behaves as expected. Takes a minute.")
@implemented_in("commands.service.doctor:doctor")
def doctor() -> None:
    """Check for problems and show how to fix them, without changing anything.

    The exit code is 7 if something is wrong, and 0 if there are no problems or only warnings.
    """


@click.group(cls=Group, epilog=examples("alerts list", "alerts ack 12"))
def alerts() -> None:
    """List and acknowledge problems, and send test alerts."""


@alerts.command("list", epilog=examples("alerts list", "alerts list --all --json"))
@click.option("--all", "over", is_flag=True, help="Also list resolved problems, newest first.")
@JSON
@implemented_in("commands.service.alerts:list_problems")
def list_alerts() -> None:
    """List open problems, what they mean, and what to do."""


@alerts.command("ack", epilog=examples("alerts ack 12"))
@click.argument("alert_id", metavar="ID", type=click.IntRange(min=1))
@implemented_in("commands.service.alerts:acknowledge")
def acknowledge_alert() -> None:
    """Acknowledge a problem, which stops its reminders."""


@alerts.command("test", epilog=examples("alerts test"))
@JSON
@implemented_in("commands.service.alerts:send_test")
def send_test_alert() -> None:
    """Send a test alert through every channel, and show the results."""


class _ApiCommand(click.Command):
    """A command with two helps: its own, and that of an action, which needs the actions."""

    def invoke(self, ctx: click.Context) -> Any:
        """Print the command's own help without loading the actions."""
        if ctx.params["with_help"] and ctx.params["name"] is None:
            click.echo(ctx.get_help())
            return None
        return super().invoke(ctx)


@click.command(
    cls=_ApiCommand,
    add_help_option=False,
    epilog=examples("api", "api Mailchimpsync.getstatus", "api MailchimpsyncAlert.get --help"),
)
@click.argument("name", metavar="Entity.action", required=False)
@click.argument("words", metavar="key=value", nargs=-1)
@click.option("--json", "as_json", metavar="JSON", help="Parameters as a JSON object; - for standard input.")
@click.option(
    "--in",
    "source",
    type=click.Choice(["args", "json"]),
    default="args",
    help="json: the same as `--json -`, like `cv`.",
)
@click.option(
    "--out",
    "form",
    type=click.Choice(["json", "json-pretty"]),
    default="json-pretty",
    help="The output format, like `cv`.",
)
@click.option("-h", "--help", "with_help", is_flag=True, help="Explain the action and its parameters.")
@implemented_in("commands.service.api:call_action")
def api() -> None:
    """Call an API action, like `cv api`, and print the result as JSON. Without an action, list all actions."""


@click.group(cls=Group, epilog=examples('token create "the website" --scope read', "token list"))
def token() -> None:
    """Create and revoke tokens for the HTTP API."""


@token.command("create", epilog=examples('token create "the website" --scope read --expires-in-days 365'))
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    required=True,
    help="read: see everything; run: also sync; configure: also change the configuration.",
)
@click.option("--expires-in-days", type=int, help="From 1 to 3650. Default: valid until revoked.")
@implemented_in("commands.service.tokens:create")
def create_token() -> None:
    """Create a token and print it. NAME says what it is for. The token is shown only once."""


@token.command("list", epilog=examples("token list", "token list --json"))
@JSON
@implemented_in("commands.service.tokens:list_all")
def list_tokens() -> None:
    """List tokens with their scope, expiry and last use."""


@token.command("revoke", epilog=examples("token revoke 3"))
@click.argument("token_id", metavar="ID", type=int)
@implemented_in("commands.service.tokens:revoke")
def revoke_token() -> None:
    """Revoke the token with this ID (see `token list`) immediately."""


@click.group(cls=Group, epilog=examples("user create ann --role administrator", "user list"))
def user() -> None:
    """Manage the users of the screens, and create links for setting their passwords."""


@user.command("create", epilog=examples("user create ann --role administrator"))
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    required=True,
    help="viewer: see everything; operator: also sync and approve; administrator: also configure.",
)
@implemented_in("commands.service.users:create")
def create_user() -> None:
    """Create the user NAME, and print a link for choosing a password."""


@user.command("link", epilog=examples("user link ann"))
@click.argument("name")
@implemented_in("commands.service.users:print_link")
def link_for_user() -> None:
    """Print a link for the user NAME to choose a new password."""


@user.command("role", epilog=examples("user role ann operator"))
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@implemented_in("commands.service.users:change_role")
def role_of_user() -> None:
    """Give the user NAME another ROLE."""


@user.command("remove", epilog=examples("user remove ann"))
@click.argument("name")
@implemented_in("commands.service.users:remove")
def remove_user() -> None:
    """Remove the user NAME, and sign them out immediately."""


@user.command("list", epilog=examples("user list", "user list --json"))
@JSON
@implemented_in("commands.service.users:list_all")
def list_users() -> None:
    """List the users with their roles and last sign-in."""


@click.command("explain-code", epilog=examples("explain-code MC_FORGOTTEN"))
@click.argument("code")
@implemented_in("commands.service.codes:explain_code")
def explain_code() -> None:
    """Explain a reason or error CODE: what it means, its cause, and what to do."""


@click.command(epilog=examples("version"))
def version() -> None:
    """Show the version, like --version."""
    click.echo(f"mailchimpsync {__version__}")
