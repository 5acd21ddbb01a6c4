"""Why no connection to a server was made."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who


def _unreachable(name: str, what_is_there: str) -> tuple[Entry, Entry, Entry, Entry]:
    """Explain why no connection comes about: unknown name, nobody listens, certificate, protocol."""
    return (
        Entry(
            f"The name of {name}'s server could not be found.",
            "The address is misspelt, or this machine's name service (DNS) or network fails.",
            f"{what_is_there} See that this machine finds other names. If it passes, the next run goes on from here.",
            Who.IMPLEMENTER,
            Retry.NEXT_RUN,
        ),
        Entry(
            f"Nothing listens at {name}'s address and port.",
            "The server is not running, the port is another one, or a firewall refuses the connection.",
            f"{what_is_there} See that the server runs. If it passes, the next run goes on from here.",
            Who.IMPLEMENTER,
            Retry.NEXT_RUN,
        ),
        Entry(
            f"The certificate of {name}'s server is not trusted.",
            "It has expired, is for another name, comes from an authority that this machine does not know, or a proxy "
            "between the two opens the connection; or this machine's clock is wrong. It does not pass.",
            f"{what_is_there} Renew the certificate, or let this machine know its authority: SSL_CERT_FILE names the "
            "file with the certificates to be trusted.",
            Who.IMPLEMENTER,
        ),
        Entry(
            f"{name}'s server speaks another protocol at this address and port.",
            "An address with https:// leads to a port that speaks http, or the other way round. It does not pass.",
            f"{what_is_there} Change https:// into http:// or the port, or the other way round.",
            Who.IMPLEMENTER,
        ),
    )


NO_CONNECTION: dict[Code, Entry] = {
    **dict(
        zip(
            (Code.MC_UNKNOWN_NAME, Code.MC_NOBODY_LISTENS, Code.MC_CERTIFICATE, Code.MC_WRONG_PROTOCOL),
            _unreachable("Mailchimp", "See that this machine reaches the internet, and the base URL if one is set."),
            strict=True,
        )
    ),
    **dict(
        zip(
            (Code.CV_UNKNOWN_NAME, Code.CV_NOBODY_LISTENS, Code.CV_CERTIFICATE, Code.CV_WRONG_PROTOCOL),
            _unreachable("CiviCRM", "Open CiviCRM's address in a browser on this machine, and compare it."),
            strict=True,
        )
    ),
}
