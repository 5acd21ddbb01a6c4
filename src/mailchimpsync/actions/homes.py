"""What a home needs: settings, a database and a key."""

from __future__ import annotations

from mailchimpsync.config import Settings, create_key_file
from mailchimpsync.errors import ConfigurationError, UsageError
from mailchimpsync.messages import say


def check_initialised(settings: Settings) -> None:
    """Check that there is a site or a fleet.

    Raises:
        ConfigurationError: there is none.
    """
    if not settings.is_initialised:
        raise ConfigurationError(say("There is no site in %(home)s yet; run `mailchimpsync init`.", home=settings.home))


def complete(settings: Settings, database: str | None) -> Settings:
    """Return the settings of a home after creating its key if there is none.

    Raises:
        UsageError: it has another database than the one that is asked for.
    """
    if database and settings.database.get_secret_value() != database:
        raise UsageError(say("%(home)s already has another database; see its mailchimpsync.toml.", home=settings.home))
    if settings.secret_key is None:
        create_key_file(settings.key_path)
    return settings
