"""`mailchimpsync`: the commands, each loaded only when it is called, so that help is quick."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

COMMANDS = {
    "demo": ("demo.command", "Show what it does, on a local Mailchimp and a local CiviCRM."),
    "init": ("commands.init", "Make a site: its home directory, database, key, and CiviCRM."),
    "connect": ("commands.connect", "Connect a Mailchimp audience with CiviCRM groups."),
    "sync": ("commands.sync", "Sync every connection, or one."),
    "plan": ("commands.plan", "See what the next sync would do, before it is done."),
    "apply": ("commands.apply", "Do exactly what a plan says."),
    "approve": ("commands.approve", "Allow a plan that is held."),
    "drop": ("commands.drop", "Refuse a plan."),
    "status": ("commands.status", "Show where every connection stands."),
    "undo": ("commands.undo", "Make a plan that takes back what a run did."),
    "verify": ("commands.verify", "Compare both sides in full, and list what differs."),
    "campaigns": ("commands.campaigns", "Make activities in CiviCRM of campaigns that were sent."),
    "data": ("commands.data", "Show what goes to Mailchimp besides subscriptions."),
    "alerts": ("commands.alerts", "Show problems, say that you know of them, try who is told."),
    "webhooks": ("commands.webhooks", "Check and repair the webhooks at Mailchimp."),
    "abort": ("commands.abort", "Stop a run, and drop what it has not finished."),
    "serve": ("commands.serve", "Run the service: screens, schedule, webhooks, API."),
    "api": ("commands.api", "Call an action, like `cv api`."),
    "config": ("commands.config", "Show, export and import the configuration."),
    "user": ("commands.user", "Make and remove users of the screens."),
    "token": ("commands.token", "Make and revoke tokens for the API over HTTP."),
    "migrate": ("commands.migrate", "Bring the database up to this version."),
    "doctor": ("commands.doctor", "Look for what is wrong, and say what to do about it."),
    "explain": ("commands.explain", "Say why somebody is, or is not, on a list."),
    "erase": ("commands.erase", "Erase an address for good, here and at Mailchimp."),
    "journal": ("commands.journal", "Check and export the journal of all changes."),
    "explain-code": ("commands.explain_code", "Explain a reason or error code."),
    "version": ("commands.version", "Show the version."),
}

EPILOG = """\b
Exit codes:
  0    done
  1    failed
  2    the call can't be understood
  3    more to do: out of time, Mailchimp still at work, another run busy, or
       a passing fault; call again and it goes on
  7    needs a person: see the message
  130  interrupted by Ctrl-C; call again and it goes on
"""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the commands in the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"mailchimpsync.cli.{COMMANDS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Call the command; errors of the product become a message and an exit code, in this one place."""
        from mailchimpsync.cli.output.errors import showing_failures  # noqa: PLC0415 (help needs none of it)

        with showing_failures(ctx):
            return super().invoke(ctx)


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The site's directory. Default: MAILCHIMPSYNC_HOME, else the current directory if it holds a "
    "mailchimpsync.toml, else ~/.mailchimpsync.",
)
@click.pass_context
def cli(ctx: click.Context, home: Path | None) -> None:
    """Keep CiviCRM mailing groups and Mailchimp audiences telling the same truth, both ways."""
    ctx.obj = home


def main() -> None:
    """Run the command line. A terminal that can't show a letter gets a `?` in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(cli.main(prog_name="mailchimpsync"))
