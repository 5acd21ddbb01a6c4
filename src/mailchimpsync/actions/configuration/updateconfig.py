"""`Mailchimpsync.updateconfig` (docs/reference/php-extension.md#updateconfig)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.configuration.change import SavedConfiguration, change_configuration, read_configuration
from mailchimpsync.actions.site import Site
from mailchimpsync.config import from_json_text, to_stored


def _present(saved: SavedConfiguration) -> dict[str, Any]:
    return {
        "version": saved.version,
        "config": to_stored(saved.configuration),
        "deleted": plain(saved.deleted),
    }


@action("Mailchimpsync", Scope.CONFIGURE, present=_present, helpers=("by",))
def updateconfig(
    site: Site,
    *,
    config: Annotated[
        dict[str, Any] | str,
        Field(
            description="The whole configuration, as an object or as its JSON text: `{civicrm, accounts, connections}`,"
            " or `{lists, accounts}` as in the PHP extension. A masked key stands for the stored key."
        ),
    ],
    confirm: Annotated[
        bool, Field(description="Delete the data of audiences that the configuration no longer has.")
    ] = False,
    check: Annotated[
        bool, Field(description="First check with Mailchimp and CiviCRM that everything it names exists.")
    ] = True,
    by: str = "api",
) -> SavedConfiguration:
    """Check and save the whole configuration, and return it with keys masked.

    Data of audiences that it no longer connects is deleted only if the call confirms it. Otherwise the error says what
    would be deleted, and nothing is saved.

    Raises:
        ConfigurationError: it can't be used; names every problem, and nothing is saved.
        ConfirmationError: audiences would be removed; says what would be deleted.
        BusyError: an audience to be removed is being synced.
        TransientError: a side can't be reached now; `check: false` saves without checking.
    """
    site.refresh()
    values = from_json_text(config) if isinstance(config, str) else config
    return change_configuration(site, read_configuration(site, values), by=by, confirm=confirm, check=check)
