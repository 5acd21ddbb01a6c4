"""How commands are declared: options and help apart from what they do, so that help and completion load only click.

A declaration is a function with a docstring (the help) and no body.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from difflib import get_close_matches
from functools import update_wrapper
from importlib import import_module
from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
GROUP_ID = click.option("--group-id", type=int, help="Only the connection with this subscription group.")
WITHOUT_ASKING = click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
PLAN = click.argument("plan_id", metavar="PLAN", type=int)


def max_time(seconds: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that limits the time of a command."""
    return click.option(
        "--max-time", type=click.FloatRange(min=0), default=seconds, show_default=True, help="Seconds; 0: no limit."
    )


class Group(click.Group):
    """A group that suggests the closest command where it knows none of a name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a mistyped name, suggest the closest one."""
        name, known = args[0] if args else "", self.list_commands(ctx)
        if name not in known and (close := get_close_matches(name, known, n=1)):
            ctx.fail(f"No such command '{name}'. Did you mean '{close[0]}'?")
        return super().resolve_command(ctx, args)


def examples(*calls: str) -> str:
    """Return the end of a command's help: calls of it, as people type them."""
    return "\n".join(("\b", "Examples:", *(f"  mailchimpsync {call}" for call in calls)))


class Implementation:
    """A function that is imported when its command is called, with click's context and the values of the options."""

    def __init__(self, declaration: Callable[[], None], module: str, function: str) -> None:
        update_wrapper(self, declaration)
        self._module, self._function = module, function

    def load(self) -> Callable[..., None]:
        """Import the function."""
        gc.disable()  # what modules create stays, so looking for garbage meanwhile takes time and finds nothing
        try:
            module = import_module(self._module)
        finally:
            gc.enable()
        function: Callable[..., None] = getattr(module, self._function)
        return function

    def __call__(self, **values: Any) -> None:
        context = click.get_current_context()
        if context.invoked_subcommand is None:  # a group with a function of its own is also called before subcommands
            self._call(context, values)

    def _call(self, context: click.Context, values: dict[str, Any]) -> None:
        """Call the function. All errors of the package become a message and an exit code here."""
        from mailchimpsync.cli.output.errors import showing_failures  # noqa: PLC0415 (help needs none of it)

        with showing_failures(context):
            self.load()(context, **values)


def implemented_in(path: str) -> Callable[[Callable[[], None]], Implementation]:
    """Let a declaration call a function, given as `package.module:function` below `mailchimpsync.cli`."""
    module, _, function = path.partition(":")
    return lambda declaration: Implementation(declaration, f"mailchimpsync.cli.{module}", function)
