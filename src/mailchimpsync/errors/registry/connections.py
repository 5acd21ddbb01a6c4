"""Codes of failed connections to a server."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who


def _unreachable(name: str, check: str) -> tuple[Entry, Entry, Entry, Entry]:
    """Return the entries for an unknown host name, a refused connection, a bad certificate and a wrong protocol."""
    return (
        Entry(
            f"The name of {name}'s server couldn't be found.",
            "The address is misspelt, or this machine's name resolution (DNS) or network isn't working.",
            f"{check} Check that this machine can resolve other names. If it passes, the next sync continues from "
            "here.",
            Who.IMPLEMENTER,
            Retry.NEXT_RUN,
        ),
        Entry(
            f"Nothing is listening at {name}'s address and port.",
            "The server isn't running, the port is wrong, or a firewall refuses the connection.",
            f"{check} Check that the server is running. If it passes, the next sync continues from here.",
            Who.IMPLEMENTER,
            Retry.NEXT_RUN,
        ),
        Entry(
            f"The certificate of {name}'s server isn't trusted.",
            "It has expired, is for another name, comes from an authority that this machine doesn't know, or a proxy "
            "intercepts the connection. Or this machine's clock is wrong. Waiting doesn't help.",
            f"{check} Renew the certificate, or make its authority known to this machine: SSL_CERT_FILE "
            "names the file with the trusted certificates.",
            Who.IMPLEMENTER,
        ),
        Entry(
            f"{name}'s server uses another protocol at this address and port.",
            "An https:// address leads to a port that speaks http, or the other way round. Waiting doesn't help.",
            f"{check} Change https:// to http:// or the other way round, or change the port.",
            Who.IMPLEMENTER,
        ),
    )


CONNECTION_FAILURES: dict[Code, Entry] = {
    **dict(
        zip(
            (Code.MC_UNKNOWN_NAME, Code.MC_NOBODY_LISTENS, Code.MC_CERTIFICATE, Code.MC_WRONG_PROTOCOL),
            _unreachable(
                "Mailchimp", "Check that this machine can reach the internet, and check the base URL if one is set."
            ),
            strict=True,
        )
    ),
    **dict(
        zip(
            (Code.CV_UNKNOWN_NAME, Code.CV_NOBODY_LISTENS, Code.CV_CERTIFICATE, Code.CV_WRONG_PROTOCOL),
            _unreachable(
                "CiviCRM",
                "Open CiviCRM's address in a browser on this machine, and compare it with the configured one.",
            ),
            strict=True,
        )
    ),
}
