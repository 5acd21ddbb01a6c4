"""What a service says when it starts."""

from __future__ import annotations

from rich.text import Text

from mailchimpsync.cli.output.console import print_sentence, stderr


def print_listening(address: str) -> None:
    """Say where the service listens."""
    print_sentence(stderr(), Text.assemble("Listening on ", (f"http://{address}", "bold"), ". Press Ctrl-C to stop."))


def print_first_link(address: str | None) -> None:
    """Print the link for creating the first account; None: there is one."""
    if address is None:
        return
    console = stderr()
    console.print("Nobody can sign in yet. Create the first account here, within a day:")
    console.print(Text(f"  {address}", style="bold"), soft_wrap=True)
