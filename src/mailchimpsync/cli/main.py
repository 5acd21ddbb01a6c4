"""The `mailchimpsync` command. What a subcommand does is loaded only when it is called, which keeps help fast."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from mailchimpsync import __version__
from mailchimpsync.cli.declaring import Group, examples

COMMANDS = {
    # by name: the package whose `options.py` declares it, and the line in the list of commands
    "demo": ("demo", "See it work with a simulated Mailchimp and CiviCRM."),
    "init": ("commands.configuration", "Create a site: home directory, database, key, CiviCRM."),
    "takeover": ("commands.configuration", "Take over from the PHP extension, and go back."),
    "connect": ("commands.configuration", "Connect a Mailchimp audience to CiviCRM groups."),
    "sync": ("commands.sync", "Sync all connections, or one."),
    "plan": ("commands.plans", "Preview the next sync."),
    "apply": ("commands.plans", "Apply a plan exactly as shown."),
    "approve": ("commands.plans", "Approve a plan that is held for review."),
    "drop": ("commands.plans", "Discard a plan."),
    "status": ("commands.sync", "Show the status of all connections."),
    "undo": ("commands.plans", "Create a plan that undoes a run."),
    "verify": ("commands.sync", "Compare both sides in full and list the differences."),
    "campaigns": ("commands.sync", "Import sent campaigns as activities in CiviCRM."),
    "data": ("commands.configuration", "Show the tags, names and merge fields sent to Mailchimp."),
    "alerts": ("commands.service", "List and acknowledge problems, and send test alerts."),
    "civicrm": ("commands.configuration", "Put links to the screens into CiviCRM."),
    "webhooks": ("commands.configuration", "Check and repair webhooks at Mailchimp."),
    "pause": ("commands.sync", "Pause connections until someone resumes them."),
    "resume": ("commands.sync", "Resume paused connections."),
    "abort": ("commands.sync", "Stop a run and drop its unfinished updates."),
    "serve": ("commands.service", "Run the service: screens, schedule, webhooks, API."),
    "worker": ("commands.service", "Do the work of a fleet's sites."),
    "api": ("commands.service", "Call an API action, like `cv api`."),
    "config": ("commands.configuration", "Show, edit, export and import the configuration."),
    "user": ("commands.service", "Manage the users of the screens."),
    "token": ("commands.service", "Create and revoke tokens for the HTTP API."),
    "fleet": ("commands.fleet", "Create a fleet, which serves many sites."),
    "site": ("commands.fleet", "Add, list, move and remove the sites of a fleet."),
    "migrate": ("commands.service", "Update the database to this version."),
    "doctor": ("commands.service", "Check for problems and show how to fix them."),
    "explain": ("commands.people", "Explain why a person is on a list or not."),
    "include": ("commands.people", "Have the next sync decide about people again."),
    "failures": ("commands.people", "List people who can't be synced, and accept some."),
    "erase": ("commands.people", "Erase an address for good, here and at Mailchimp."),
    "journal": ("commands.people", "Check and export the journal of all changes."),
    "explain-code": ("commands.service", "Explain a reason or error code."),
    "version": ("commands.service", "Show the version."),
}

EPILOG = f"""\b
Exit codes:
  0    done
  1    failed
  2    invalid command line
  3    not finished: out of time, waiting for Mailchimp or another run, or a
       temporary error; run the command again to continue
  7    needs a person: see the message
  130  interrupted with Ctrl-C; run the command again to continue

{examples("demo", "plan", "sync --group-id 8", "explain bella@example.org", "sync --help")}
"""


class LazyGroup(Group):
    """A group that imports the declaration of a command only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the commands in the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command, or None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        package = import_module(f"mailchimpsync.cli.{COMMANDS[cmd_name][0]}.options")
        command: click.Command = getattr(package, cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; if an option of the whole program stands behind its name, say where it belongs."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            if error.option_name in {"--site", "--home"}:
                where = "It goes before the command's name, right after `mailchimpsync`."
                raise click.NoSuchOption(error.option_name, f"{error.message} {where}", ctx=error.ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The home of the site or fleet. Default: MAILCHIMPSYNC_HOME, else the current directory if it contains "
    "mailchimpsync.toml, else ~/.mailchimpsync.",
)
@click.option("--site", metavar="NAME", help="Which site of a fleet. Default: MAILCHIMPSYNC_SITE.")
@click.version_option(__version__, prog_name="mailchimpsync", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, home: Path | None, site: str | None) -> None:  # noqa: ARG001 (`site_name_of` reads it)
    """Keep CiviCRM mailing groups and Mailchimp audiences in sync, in both directions."""
    ctx.obj = home


def main() -> None:
    """Run the command line. Letters that the terminal can't show are replaced by `?`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to find some, it reads about every installed package
    sys.exit(cli.main(prog_name="mailchimpsync"))
